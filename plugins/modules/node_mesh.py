#!/usr/bin/python
# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0
"""Listens for, and probes, the other nodes on the ports that the installation will use. Changes nothing that lasts."""

DOCUMENTATION = r"""
module: node_mesh
short_description: Test every way between the nodes-to-be on the ports that they will use
version_added: 0.1.0
description:
  - Tests from every node to every other the TCP and UDP ports of the plan, ICMPv6 echo, the largest packet that comes
    through unfragmented, and the difference of the clocks.
  - Takes two tasks, whatever the number of nodes. The first starts a listener on every node, the second asks all peers
    at once. M(kurl.ipv6.report) turns what they registered into findings.
  - A listener is bound to the node's address only, answers only who knows the run's secret and never with more than it
    was sent. It ends when all nodes are done, and by itself at O(deadline), also when the controller was killed. It
    writes no file. A listener that an interrupted run left behind gives way to the next one's.
  - A port that something else holds, as in a running cluster, is not touched; it counts as reachable if it can be
    connected to.
author:
  - the kurl.ipv6 authors (@kurl-ipv6)
options:
  state:
    description:
      - V(listening) starts the listener in a process of its own.
      - V(probed) asks the peers.
      - V(stopped) ends a listener before its time. Not needed after V(probed).
    type: str
    choices: [listening, probed, stopped]
    required: true
  address:
    description: The node's address. Required unless O(state=stopped).
    type: str
    default: ""
  secret:
    description:
      - What the nodes of one run know and nobody else does. The action plugin makes one for each run of
        C(ansible-playbook); give it only if you run the module in other ways.
    type: str
    default: ""
  plan:
    description: What will be installed, as for M(kurl.ipv6.host_readiness). Decides about the ports.
    type: dict
    default: {}
  roles:
    description:
      - The inventory groups of the host that matter, V(kube_control_plane) and V(kube_node).
      - Without any the host is treated as a control plane node.
    type: list
    elements: str
    default: []
  listeners:
    description:
      - Name of the variable in which the task with O(state=listening) was registered. The action plugin makes O(nodes)
        from it, of all hosts of the play that listen.
    type: str
    default: ""
  nodes:
    description: All nodes that listen, this one too, the same list in the same order on all.
    type: list
    elements: dict
    default: []
    suboptions:
      address:
        description: The node's address.
        type: str
        required: true
      roles:
        description: Its inventory groups that matter.
        type: list
        elements: str
        default: []
      held:
        description: What its listener could not bind, for example V(tcp.10250).
        type: list
        elements: str
        default: []
  deadline:
    description:
      - Seconds after which a listener ends in any case.
      - V(0) lets the action plugin choose by the number of hosts and forks; two minutes for a few hosts.
    type: int
    default: 0
  timeout:
    description: Seconds that all questions of one node may take together.
    type: float
    default: 5.0
extends_documentation_fragment:
  - ansible.builtin.action_common_attributes
attributes:
  check_mode:
    description: Runs as ever, because nothing that lasts is changed.
    support: full
  diff_mode:
    description: Nothing changes, so that there is nothing to show.
    support: none
  platform:
    platforms: linux
notes:
  - ICMPv6 echo needs root, or a group in C(net.ipv4.ping_group_range); without, it is left out and said.
  - Works with Python 3.6 and newer and the standard library alone.
seealso:
  - module: kurl.ipv6.host_readiness
  - module: kurl.ipv6.report
"""

EXAMPLES = r"""
- name: Listen on every node
  kurl.ipv6.node_mesh:
    state: listening
    address: "{{ readiness.facts.node_ip }}"
    roles: "{{ group_names }}"
  register: listener

- name: Ask every other node
  kurl.ipv6.node_mesh:
    state: probed
    address: "{{ readiness.facts.node_ip }}"
    roles: "{{ group_names }}"
    listeners: listener
  register: probe
"""

RETURN = r"""
listener:
  description: What listens on this host.
  returned: O(state=listening)
  type: dict
  contains:
    address:
      description: The only address that is bound.
      type: str
      sample: fd00:10::11
    interface:
      description: The interface of the address.
      type: str
      sample: eth0
    mtu:
      description: That interface's MTU in bytes.
      type: int
      sample: 1500
    roles:
      description: O(roles).
      type: list
      elements: str
    bound:
      description: What is listened on.
      type: list
      elements: str
      sample: [tcp.10250, udp.6081]
    held:
      description: What something else holds, with the reason.
      type: dict
      sample: {tcp.10250: EADDRINUSE}
probe:
  description: What the peers answered; peers are given by their place in the list of all nodes.
  returned: O(state=probed)
  type: dict
  contains:
    tested:
      description: How many peers were asked what.
      type: dict
      sample: {icmp: 2, tcp.10250: 2}
    faults:
      description: What was not answered, by kind, V(silent), V(refused), V(unreachable), V(prohibited), V(foreign) or
        V(untested).
      type: dict
      sample: {tcp.10250: {silent: [2]}}
    mtu:
      description: Paths on which packets of full size do not come through; V(smaller) if a router says so, V(lost) if
        they vanish.
      type: dict
      sample: {own: 1500, unmeasured: [], smaller: {}, lost: {"1400": [2]}, reporters: []}
    clock:
      description: For each peer its number, how far its clock is ahead, and how wrong that may be, in milliseconds.
      type: list
      elements: list
      sample: [[1, 0.1, 0.2]]
    listener:
      description: Whose listener runs on this host, V(ours), V(other), V(silent) or V(gone).
      type: str
      sample: ours
    notes:
      description: What could not be tested at all.
      type: list
      elements: str
    seconds:
      description: How long it took.
      type: float
      sample: 0.041
nodes:
  description: Names of all nodes, in the order of their numbers. Only with O(listeners).
  returned: O(state=probed)
  type: list
  elements: str
"""

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.kurl.ipv6.plugins.module_utils.mesh import task


def main():
    """Listen, probe or stop."""
    module = AnsibleModule(argument_spec=task.ARGUMENTS, supports_check_mode=True)
    result = task.perform(module.params)
    if result.get("failed"):
        module.fail_json(msg=result["msg"])
    module.exit_json(**result)


if __name__ == "__main__":
    main()
