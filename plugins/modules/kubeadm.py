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
author:
  - the kurl.ipv6 authors (@kurl-ipv6)
options:
  action:
    description:
      - V(inspect) says how far the host is, and changes nothing.
      - V(init) makes the cluster, unless it is there.
      - V(join) joins the cluster, unless the host has.
      - V(credentials) makes a token, and for control plane nodes uploads the certificates, for V(join).
    type: str
    choices: [inspect, init, join, credentials]
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
    description: For V(join), an API server that can be reached now, as C(host:port).
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
  description: Whether the host is a node of a cluster.
  returned: success
  type: bool
control_plane:
  description: Whether it is a control plane node.
  returned: success
  type: bool
credentials:
  description: Secrets to join with.
  returned: O(action=credentials)
  type: dict
"""

import copy

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.kurl.ipv6.plugins.module_utils.kubeadm import node
from ansible_collections.kurl.ipv6.plugins.module_utils.kubeadm.run import Kubeadm, KubeadmError


def main():
    module = AnsibleModule(
        argument_spec={
            "action": {"type": "str", "choices": ["inspect", "init", "join", "credentials"], "required": True},
            "config": {"type": "list", "elements": "dict", "default": []},
            "control_plane": {"type": "bool", "default": False},
            "credentials": {"type": "dict", "no_log": True},
            "endpoint": {"type": "str", "default": ""},
            "token_lifetime": {"type": "str", "default": "15m", "no_log": False},
        },
        required_if=[("action", "join", ("config", "endpoint")), ("action", "init", ("config",))],
        supports_check_mode=True,
    )
    kubeadm = Kubeadm(module.run_command)
    try:
        result = globals()[module.params["action"]](module, kubeadm)
    except KubeadmError as error:
        module.fail_json(msg=str(error))
    state = node.inspect()
    module.exit_json(joined=state["joined"], control_plane=state["control_plane"], **result)


def inspect(_module, _kubeadm):
    return {"changed": False}


def init(module, kubeadm):
    if kubeadm.initialised():
        return {"changed": False}
    if not module.check_mode:
        kubeadm.init(module.params["config"])
    return {"changed": True}


def join(module, kubeadm):
    state = node.inspect()
    if state["control_plane"] if module.params["control_plane"] else state["joined"]:
        return {"changed": False}
    if not module.check_mode:
        kubeadm.join(with_discovery(module.params["config"], module.params["credentials"] or {}, module.params["endpoint"]))
    return {"changed": True}


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


def credentials(module, kubeadm):
    if module.check_mode:
        return {"changed": False, "credentials": {}}
    made = kubeadm.credentials(module.params["token_lifetime"], module.params["control_plane"])
    return {"changed": False, "credentials": made}


if __name__ == "__main__":
    main()
