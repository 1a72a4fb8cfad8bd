#!/usr/bin/python
# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0
"""Takes nodes out of a cluster: pods, member of etcd, Node object."""

DOCUMENTATION = r"""
module: node_removal
short_description: Take nodes out of a cluster
version_added: 0.1.0
description:
  - Runs on a control plane node that stays. Judges first whether all of the nodes may leave, and changes nothing if one
    may not. Then drains each, removes its member of etcd, and deletes the Node.
  - Refused are the last control plane node, a node whose own address is the cluster's endpoint, and whatever would cost
    etcd its quorum.
  - Disruption budgets of pods are honoured until a time has passed; then the module fails and names the pods and what
    holds them.
  - Pods' local data (C(emptyDir)) goes with the node.
  - What an interrupted run has done already is not done again.
author:
  - the kurl.ipv6 authors (@kurl-ipv6)
options:
  action:
    description:
      - V(survey) says who this host is and whether it is a node, and changes nothing.
      - V(remove) takes nodes out.
    type: str
    choices: [survey, remove]
    default: remove
  nodes:
    description:
      - The hosts whose nodes leave, by their names in the inventory; for each its own name and its addresses as far as
        they are known, by which its Node is found.
    type: dict
    default: {}
  gone:
    description: The hosts are lost. Nothing is drained; deleting the Node lets the cluster start the pods elsewhere.
    type: bool
    default: false
  drain_timeout:
    description: Seconds that one node's pods may take to leave.
    type: int
    default: 300
  force:
    description:
      - Delete pods without regard to disruption budgets, and those too that no controller brings back.
    type: bool
    default: false
extends_documentation_fragment:
  - ansible.builtin.action_common_attributes
attributes:
  check_mode:
    description: Whether the nodes may leave is judged; what would be done is returned.
    support: full
  diff_mode:
    support: full
  platform:
    platforms: linux
notes:
  - Works with Python 3.6 and newer and the standard library alone.
seealso:
  - module: kurl.ipv6.node_reset
  - module: kurl.ipv6.node_forget
"""

EXAMPLES = r"""
- name: Take a node out of the cluster
  kurl.ipv6.node_removal:
    nodes:
      node3: [fd00:10::13]
  delegate_to: node1
"""

RETURN = r"""
steps:
  description: What was done, or would be in check mode.
  returned: O(action=remove)
  type: list
  elements: str
  sample: [drain node3, remove etcd member node3, delete node node3]
left:
  description: The hosts, with their names in the cluster and all of their addresses.
  returned: O(action=remove)
  type: list
  elements: dict
  sample: [{"host": "node3", "node": "node3", "addresses": ["fd00:10::13"]}]
hostname:
  description: The host's own name.
  returned: O(action=survey)
  type: str
  sample: node1
joined:
  description: Whether the host is a node.
  returned: O(action=survey)
  type: bool
control_plane:
  description: Whether it is a control plane node.
  returned: O(action=survey)
  type: bool
"""

import os

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.kurl.ipv6.plugins.module_utils.cluster.kubectl import Kubectl, KubectlError, complaint
from ansible_collections.kurl.ipv6.plugins.module_utils.kubeadm import node
from ansible_collections.kurl.ipv6.plugins.module_utils.removal import judge
from ansible_collections.kurl.ipv6.plugins.module_utils.removal.etcd import Etcd, EtcdError


class RemovalError(Exception):
    """Nodes may not leave, or do not; the message says why and what to do."""


def main():
    """Survey this host, or remove nodes."""
    module = AnsibleModule(
        argument_spec={
            "action": {"type": "str", "choices": ["survey", "remove"], "default": "remove"},
            "nodes": {"type": "dict", "default": {}},
            "gone": {"type": "bool", "default": False},
            "drain_timeout": {"type": "int", "default": 300},
            "force": {"type": "bool", "default": False},
        },
        supports_check_mode=True,
    )
    try:
        if module.params["action"] == "survey":
            state = node.inspect()
            module.exit_json(
                changed=False,
                hostname=os.uname().nodename.lower(),
                joined=state["joined"],
                control_plane=state["control_plane"],
            )
        remove(module)
    except (RemovalError, KubectlError, EtcdError) as error:
        module.fail_json(msg=str(error))
    except OSError as error:
        module.fail_json(msg="{0}: {1}".format(error.filename or "the host", error.strerror or error))


def remove(module):
    """Judge all, then take one after the other out."""
    kubectl, etcd = Kubectl(), Etcd()
    nodes = kubectl.objects(["get", "nodes"])
    members = etcd.members()
    leaving = [identified(host, words, nodes) for host, words in module.params["nodes"].items()]
    refused = judge.refusals(nodes, leaving, members, endpoint(kubectl))
    if refused:
        raise RemovalError("Nothing was done: " + "; ".join(refused))
    known = {entry["metadata"]["name"] for entry in nodes}
    steps = []
    # Members that are lost already first, so that etcd is strong when it loses others.
    for entry in sorted(leaving, key=lambda one: (judge.member_of(one, members) or {}).get("healthy", True)):
        member = judge.member_of(entry, members)
        todo = [("drain " + entry["node"], drain)] if entry["node"] in known and not module.params["gone"] else []
        if member:
            todo.append(("remove etcd member " + (member["name"] or entry["host"]), leave_etcd))
        if entry["node"] in known:
            todo.append(("delete node " + entry["node"], delete))
        for what, step in todo:
            if not module.check_mode:
                step(module, kubectl, etcd, entry, member)
            steps.append(what)
    module.exit_json(
        changed=bool(steps),
        steps=steps,
        left=leaving,
        diff={"before": "".join(step + "\n" for step in steps), "after": ""},
    )


def identified(host, words, nodes):
    """Return ``{"host", "node", "addresses"}`` of a host, with what its Node object says."""
    words = [str(word) for word in words if word] + [host]
    found = judge.resolve(words, nodes)
    addresses = {judge.normal(word) for word in words if ":" in word}
    if found:
        addresses.update(judge.addresses_of(found))
    name = found["metadata"]["name"] if found else words[0].lower()
    return {"host": host, "node": name, "addresses": sorted(addresses)}


def endpoint(kubectl):
    """Return the host of the cluster's endpoint."""
    words = ["get", "configmap", "kubeadm-config", "--namespace", "kube-system"]
    (config,) = kubectl.objects(words)
    return judge.endpoint_host(config["data"].get("ClusterConfiguration", ""))


def drain(module, kubectl, _etcd, entry, _member):
    """Let the pods leave. Raises RemovalError with their names if they do not."""
    seconds = module.params["drain_timeout"]
    words = ["drain", entry["node"], "--ignore-daemonsets", "--delete-emptydir-data", "--timeout", "%ds" % seconds]
    if module.params["force"]:
        words += ["--force", "--disable-eviction"]
    code, _out, err = kubectl.try_once(words, limit=seconds + 30)
    if code != 0 and "unknown flag: --delete-emptydir-data" in err:
        # Before Kubernetes 1.20.
        words[words.index("--delete-emptydir-data")] = "--delete-local-data"
        code, _out, err = kubectl.try_once(words, limit=seconds + 30)
    if code == 0:
        return
    pods = kubectl.objects(["get", "pods", "--all-namespaces", "--field-selector", "spec.nodeName=" + entry["node"]])
    budgets = kubectl.objects(["get", "poddisruptionbudgets", "--all-namespaces"])
    lines = judge.obstacles(pods, budgets)
    raise RemovalError(
        "{0} was not drained within {1} s:\n{2}\nThe node takes no new pods meanwhile (kubectl uncordon {0} takes that "
        "back). Give the budgets more replicas or the pods more time (-e remove_node_drain_timeout=SECONDS), or delete "
        "the pods without regard to budgets: -e remove_node_force=true".format(
            entry["node"], seconds, "\n".join(lines) or complaint(err)
        )
    )


def leave_etcd(_module, _kubectl, etcd, _entry, member):
    """Take the member out of etcd."""
    etcd.remove(member["id"])


def delete(_module, kubectl, _etcd, entry, _member):
    """Delete the Node object."""
    kubectl.run(["delete", "node", entry["node"], "--ignore-not-found", "--wait=false"])


if __name__ == "__main__":
    main()
