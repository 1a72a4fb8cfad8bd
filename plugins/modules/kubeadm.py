#!/usr/bin/python
# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0

from __future__ import absolute_import, division, print_function

__metaclass__ = type

DOCUMENTATION = r"""
module: kubeadm
short_description: Make a cluster or join one with kubeadm
version_added: "0.1.0"
description:
  - Brings a host into a cluster with C(kubeadm), once. A run that was interrupted is taken up where it stopped.
  - Of kubeadm's preflight errors only those are ignored that an interrupted run of its own causes, by name.
  - A host that holds what another run of kubeadm left, or that is a node of another cluster, is refused with the
    remedy.
author:
  - the kurl.ipv6 authors (@kurl-ipv6)
options:
  action:
    description:
      - V(inspect) says how far the host is, and changes nothing.
      - V(init) makes the cluster, unless it is there.
      - V(join) joins the cluster, unless the host has.
      - V(credentials) makes a token, and for control plane nodes uploads the certificates, for V(join).
      - V(renew) renews the certificates of a control plane node that are about to expire, those in kubeconfigs
        included, and restarts only the static pods that use them.
      - V(certify) makes the API server's certificate anew where it lacks names of O(sans).
      - V(publish) writes O(endpoint) and O(sans) into the cluster's own configuration, on one control plane node.
      - V(follow) writes O(endpoint) into the kubeconfigs of a node, and restarts what reads them.
      - V(kubelet_certificate) makes a client certificate for the kubelet of O(node), on a control plane node.
      - V(replace_kubelet_certificate) gives it to the kubelet of this host, whose own has ended, and restarts it.
    type: str
    choices:
      - inspect
      - init
      - join
      - credentials
      - renew
      - certify
      - publish
      - follow
      - kubelet_certificate
      - replace_kubelet_certificate
    required: true
  config:
    description: Documents of kubeadm's configuration.
    type: list
    elements: dict
    default: []
  control_plane:
    description: For V(join) and V(credentials), whether control plane nodes join.
    type: bool
    default: false
  credentials:
    description: What O(action=credentials) returned.
    type: dict
  endpoint:
    description:
      - As C(host:port). For V(join), an API server that can be reached now; for V(publish) and V(follow), where all
        nodes find the API.
      - For V(inspect), where the spec wants the API to be found, empty for no wish.
    type: str
    default: ""
  members:
    description:
      - For V(inspect), the addresses of all control plane nodes, without brackets.
      - Without a wish one of them that is in use stays in use.
    type: list
    elements: str
    default: []
  sans:
    description:
      - For V(inspect), V(certify) and V(publish), names and addresses that the API servers' certificates must have.
    type: list
    elements: str
    default: []
  address:
    description: Address of the API server on this host, without brackets. Empty on a worker.
    type: str
    default: ""
  days:
    description: For V(renew), a certificate is due when it is valid for fewer days than these.
    type: int
    default: 30
  node:
    description: For V(kubelet_certificate), the name of the node.
    type: str
    default: ""
  kubelet_certificate:
    description: For V(replace_kubelet_certificate), what O(action=kubelet_certificate) returned.
    type: str
  authority:
    description:
      - For V(join), what RV(authority) is on the first control plane node. A host that is a node of another cluster is
        refused then.
    type: str
    default: ""
  token_lifetime:
    description: For V(credentials), how long the token is valid.
    type: str
    default: 15m
extends_documentation_fragment:
  - ansible.builtin.action_common_attributes
attributes:
  check_mode:
    support: full
  diff_mode:
    support: none
  platform:
    platforms: posix
"""

EXAMPLES = r"""
- name: See how far the host is
  kurl.ipv6.kubeadm:
    action: inspect
  register: node

- name: Make credentials for two more nodes
  kurl.ipv6.kubeadm:
    action: credentials
  register: credentials
  no_log: true
"""

RETURN = r"""
joined:
  description: Whether the host is a node of a cluster, and no run of kubeadm was interrupted on the way.
  returned: success
  type: bool
control_plane:
  description: Whether it is a control plane node.
  returned: success
  type: bool
unfinished:
  description: What an interrupted run of kubeadm was in the midst of, empty if there was none.
  returned: success
  type: str
authority:
  description: SHA-256 sum of the certificate of the cluster's authority, empty if there is none yet.
  returned: success
  type: str
endpoint:
  description: For V(inspect), where this node should find the API, as C(host:port).
  returned: O(action=inspect)
  type: str
outdated:
  description: For V(inspect), kubeconfigs of this node that name another API server.
  returned: O(action=inspect)
  type: list
  elements: str
missing_names:
  description: For V(inspect), names of O(sans) that the API server's certificate lacks.
  returned: O(action=inspect)
  type: list
  elements: str
owed:
  description: For V(inspect), parts of Kubernetes that a run which was killed has not restarted.
  returned: O(action=inspect)
  type: list
  elements: str
unreachable_endpoint:
  description: For V(inspect), why RV(endpoint) cannot be used yet although kubeconfigs are to name it, empty if it can.
  returned: O(action=inspect)
  type: str
renewed:
  description: Certificates that were renewed, as kubeadm calls them.
  returned: O(action=renew)
  type: list
  elements: str
restarted:
  description: Parts of Kubernetes that were restarted.
  returned: O(action=renew), O(action=certify), O(action=follow)
  type: list
  elements: str
credentials:
  description: Secrets to join with.
  returned: O(action=credentials)
  type: dict
kubelet_ended:
  description: For V(inspect), whether the client certificate of the node's kubelet is no longer valid.
  returned: O(action=inspect)
  type: bool
kubelet_certificate:
  description: Certificate and key, as PEM text. A secret.
  returned: O(action=kubelet_certificate)
  type: str
"""

import copy
import os
import time

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.kurl.ipv6.plugins.module_utils.cluster.kubectl import Kubectl, KubectlError
from ansible_collections.kurl.ipv6.plugins.module_utils.hostfiles import lock
from ansible_collections.kurl.ipv6.plugins.module_utils.kubeadm import certificates, kubelet, move, node, parts
from ansible_collections.kurl.ipv6.plugins.module_utils.kubeadm import endpoint as endpoints
from ansible_collections.kurl.ipv6.plugins.module_utils.kubeadm.config import API_PORT
from ansible_collections.kurl.ipv6.plugins.module_utils.kubeadm.registration import await_registered
from ansible_collections.kurl.ipv6.plugins.module_utils.kubeadm.run import (
    Kubeadm,
    KubeadmError,
    init_needed,
    join_needed,
    search_path,
)


def main():
    module = AnsibleModule(
        argument_spec={
            "action": {"type": "str", "choices": list(ACTIONS), "required": True},
            "config": {"type": "list", "elements": "dict", "default": []},
            "control_plane": {"type": "bool", "default": False},
            "credentials": {"type": "dict", "no_log": True},
            "endpoint": {"type": "str", "default": ""},
            "members": {"type": "list", "elements": "str", "default": []},
            "sans": {"type": "list", "elements": "str", "default": []},
            "address": {"type": "str", "default": ""},
            "days": {"type": "int", "default": 30},
            "node": {"type": "str", "default": ""},
            "kubelet_certificate": {"type": "str", "no_log": True},
            "authority": {"type": "str", "default": ""},
            "token_lifetime": {"type": "str", "default": "15m", "no_log": False},
        },
        required_if=[
            ("action", "join", ("endpoint",)),
            ("action", "renew", ("address",)),
            ("action", "certify", ("address",)),
            ("action", "publish", ("endpoint",)),
            ("action", "follow", ("endpoint",)),
            ("action", "kubelet_certificate", ("node",)),
            ("action", "replace_kubelet_certificate", ("kubelet_certificate",)),
        ],
        supports_check_mode=True,
    )
    if module.params["action"] in NEED_CONFIG and not module.params["config"]:
        module.fail_json(msg="config: {0} needs kubeadm's configuration".format(module.params["action"]))
    try:
        result = ACTIONS[module.params["action"]](module)
    except (KubeadmError, KubectlError, endpoints.EndpointError, lock.Busy) as error:
        module.fail_json(msg=str(error))
    except EnvironmentError as error:
        module.fail_json(msg="{0}: {1}".format(error.filename or "the host", error.strerror or error))
    state = node.inspect()
    shown = {name: state[name] for name in ("joined", "control_plane", "unfinished", "authority")}
    module.exit_json(**dict(result, **shown))


def inspect(module):
    state = node.inspect()
    options = module.params
    wanted = move.wanted(options["endpoint"], [beside_of(address) for address in options["members"]], move.current())
    result = {"changed": False, "endpoint": wanted, "outdated": [], "missing_names": [], "unreachable_endpoint": ""}
    result["owed"] = parts.owed()
    result["kubelet_ended"] = state["joined"] and kubelet.ended(time.time())
    if state["joined"] and wanted:
        beside = beside_of(options["address"]) if state["control_plane"] else ""
        result["outdated"] = endpoints.outdated(wanted, beside)
        if result["outdated"]:
            result["unreachable_endpoint"] = move.unreachable(wanted)
        if state["control_plane"]:
            result["missing_names"] = certificates.missing_names(options["sans"])
    return result


def init(module):
    if module.check_mode:
        return {"changed": init_needed(node.inspect())}
    with lock.hold() as descriptor:
        kubeadm = kubeadm_with_lock(module, descriptor)
        changed = kubeadm.init(module.params["config"])
    await_node(module)
    return {"changed": changed}


def beside_of(address):
    """Return the endpoint of the API server at an address, empty without an address."""
    return "[{0}]:{1}".format(address, API_PORT) if address else ""


def kubeadm_with_lock(module, descriptor):
    """Return kubeadm with the lock: it goes on when this process is killed, and the next run must wait for it."""
    environment = {"PATH": search_path(os.environ.get("PATH", "/usr/sbin:/usr/bin:/sbin:/bin"))}
    return Kubeadm(lambda words: module.run_command(words, pass_fds=[descriptor], environ_update=environment))


def join(module):
    options = module.params
    if module.check_mode:
        return {"changed": join_needed(node.inspect(), options["control_plane"], options["authority"])}
    documents = with_discovery(options["config"], options["credentials"] or {}, options["endpoint"])
    with lock.hold() as descriptor:
        kubeadm = kubeadm_with_lock(module, descriptor)
        changed = kubeadm.join(documents, options["control_plane"], options["authority"])
    await_node(module)
    return {"changed": changed}


def await_node(module):
    """Wait for what kubeadm does not: that the cluster knows the node. In every run, because one may be killed here."""
    name = module.params["config"][0]["nodeRegistration"]["name"]
    await_registered(module.run_command, "/usr/local/bin/kubectl", name)


def with_discovery(documents, credentials, endpoint):
    """Return the configuration of a join with its secrets."""
    documents = copy.deepcopy(documents)
    joining = documents[0]
    joining["discovery"] = {
        "bootstrapToken": {
            "token": credentials.get("token", ""),
            "apiServerEndpoint": endpoint,
            "caCertHashes": [credentials.get("ca_cert_hash", "")],
        }
    }
    if "controlPlane" in joining:
        joining["controlPlane"]["certificateKey"] = credentials.get("certificate_key", "")
    return documents


def credentials(module):
    if module.check_mode:
        return {"changed": False, "credentials": {}}
    kubeadm = Kubeadm(module.run_command)
    made = kubeadm.credentials(module.params["token_lifetime"], module.params["control_plane"])
    return {"changed": False, "credentials": made}


def renew(module):
    """Renew what expires soon; a run that was killed before its restarts makes up for them."""
    options = module.params
    due = certificates.expiring(time.time(), options["days"])
    for path, days in sorted(certificates.ending_authorities(time.time(), options["days"]).items()):
        module.warn("the authority {0} ends in {1} days, and kubeadm cannot renew it".format(path, days))
    if module.check_mode or not (due or parts.owed()):
        return {"changed": bool(due or parts.owed()), "renewed": [one.name for one in due], "restarted": parts.owed()}
    with lock.hold() as descriptor:
        parts.owe(one.part for one in due if one.part)
        renewed = kubeadm_with_lock(module, descriptor).renew([one.name for one in due])
        return {"changed": True, "renewed": renewed, "restarted": restarted(module)}


def restarted(module):
    return parts.Parts(module.run_command, module.params["address"]).restart_owed()


def certify(module):
    missing = certificates.missing_names(module.params["sans"])
    if module.check_mode or not (missing or parts.owed()):
        return {"changed": bool(missing or parts.owed()), "restarted": []}
    with lock.hold() as descriptor:
        if missing:
            parts.owe(["kube-apiserver"])
            kubeadm_with_lock(module, descriptor).certify(module.params["config"])
        return {"changed": True, "restarted": restarted(module)}


def publish(module):
    options = module.params
    return {"changed": move.publish(Kubectl(), options["endpoint"], options["sans"], module.check_mode)}


def follow(module):
    options = module.params
    beside = beside_of(options["address"])
    old = endpoints.outdated(options["endpoint"], beside)
    if module.check_mode or not (old or parts.owed()):
        return {"changed": bool(old or parts.owed()), "restarted": []}
    with lock.hold():
        parts.owe(endpoints.READERS[name] for name in old if name in endpoints.READERS)
        for name in old:
            move.rewrite(name, options["endpoint"])
        return {"changed": True, "restarted": restarted(module)}


def kubelet_certificate(module):
    if module.check_mode:
        return {"changed": False, "kubelet_certificate": ""}
    with lock.hold() as descriptor:
        kubeadm = kubeadm_with_lock(module, descriptor)
        made = kubeadm.kubelet_kubeconfig(module.params["node"], module.params["config"])
    return {"changed": False, "kubelet_certificate": kubelet.pair(made)}


def replace_kubelet_certificate(module):
    """Give the kubelet its certificate, unless a run that was killed has: what is owed then is the restart."""
    ended = kubelet.ended(time.time())
    due = ended or parts.KUBELET in parts.owed()
    if module.check_mode or not due:
        return {"changed": due, "restarted": []}
    with lock.hold():
        parts.owe([parts.KUBELET])
        if ended:
            kubelet.store(module.params["kubelet_certificate"], time.time())
        # The static pods wait for the kubelet, so it is first here.
        return {"changed": True, "restarted": parts.Parts(module.run_command, "").restart_kubelet()}


ACTIONS = {
    "inspect": inspect,
    "init": init,
    "join": join,
    "credentials": credentials,
    "renew": renew,
    "certify": certify,
    "publish": publish,
    "follow": follow,
    "kubelet_certificate": kubelet_certificate,
    "replace_kubelet_certificate": replace_kubelet_certificate,
}
NEED_CONFIG = ("init", "join", "certify", "kubelet_certificate")


if __name__ == "__main__":
    main()
