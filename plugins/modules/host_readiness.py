#!/usr/bin/python
# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0
"""Reads a host once and judges whether it is ready for an IPv6-only cluster. Changes nothing."""

DOCUMENTATION = r"""
module: host_readiness
short_description: Judge whether a host is ready for an IPv6-only Kubernetes cluster
version_added: 0.1.0
description:
  - Reads the host's network, kernel, parameters, sockets and system once, and judges what it found. Nothing is changed.
  - Every judgement is a finding with a remedy that can be pasted. The module does not fail because of a finding;
    the report of M(kurl.ipv6.report) does.
  - Runs without a plan too, for example as C(ansible all -m kurl.ipv6.host_readiness); what is not planned is then
    not demanded.
author:
  - the kurl.ipv6 authors (@kurl-ipv6)
options:
  plan:
    description:
      - What will be installed, as RV(kurl.ipv6.installer#module:role_vars) says it.
      - Keys that are understood are C(kubernetes_version), C(pod_cidr), C(service_cidr), C(antrea_version),
        C(antrea_encryption), C(rook_version), C(load_balancer_enabled), C(load_balancer_port), C(airgap),
        C(external_cni) and C(max_pods). A component that is not planned is absent or empty.
    type: dict
    default: {}
  roles:
    description:
      - The inventory groups of the host that matter, V(kube_control_plane) and V(kube_node).
      - Without any the host is judged as a control plane node.
    type: list
    elements: str
    default: []
  node_ip:
    description:
      - The node's address as the inventory gives it. Without it a stable, usable address is chosen.
    type: str
    default: ""
  subject:
    description:
      - The host's name in the inventory, which the findings carry. The default is the host's own name.
    type: str
    default: ""
extends_documentation_fragment:
  - ansible.builtin.action_common_attributes
attributes:
  check_mode:
    description: The module only reads.
    support: full
  diff_mode:
    description: Nothing changes, so that there is nothing to show.
    support: none
  platform:
    platforms: linux
notes:
  - Needs root to see which process holds a port.
  - Works with Python 3.6 and newer and the standard library alone.
seealso:
  - module: kurl.ipv6.installer
"""

EXAMPLES = r"""
- name: Judge every host
  kurl.ipv6.host_readiness:
    plan:
      kubernetes_version: 1.34.4
      antrea_version: 2.4.1
      antrea_encryption: wireguard
      pod_cidr: fd00:c00b:1::/56
      service_cidr: fd00:c00b:2::/112
    roles: "{{ group_names }}"
    subject: "{{ inventory_hostname }}"
  register: readiness

- name: Show what must be done on this host
  ansible.builtin.debug:
    msg: "{{ readiness.findings | selectattr('status', 'equalto', 'fail') | map(attribute='remedy') }}"
"""

RETURN = r"""
findings:
  description: One entry for each judgement.
  returned: always
  type: list
  elements: dict
  contains:
    id:
      description: Stable name of the check, see the catalogue of checks.
      type: str
      sample: route.default
    subject:
      description: O(subject).
      type: str
      sample: node1
    status:
      description: V(pass), V(info), V(warn), V(fail) or V(skip).
      type: str
      sample: fail
    title:
      description: What was looked at.
      type: str
      sample: IPv6 default route
    observed:
      description: What was seen.
      type: str
      sample: no default route
    expected:
      description: What was wanted.
      type: str
      sample: a default route through a router on ens5
    remedy:
      description: Commands to paste, one a line.
      type: str
      sample: ip -6 route add default via fe80::1 dev ens5
    reference:
      description: The source of the rule.
      type: str
      sample: seed S35
facts:
  description:
    - What was read of the host, and RV(facts.node_ip) with RV(facts.node_ip_reason).
    - At most 200 routes and neighbours each are returned.
  returned: always
  type: dict
  contains:
    node_ip:
      description: The node's address, empty if there is none that can be used.
      type: str
      sample: fd00:10::11
    node_ip_reason:
      description: Why this address.
      type: str
      sample: unique-local, permanent address on eth0, the interface of the default route
    node_interface:
      description: The interface of the node's address.
      type: str
      sample: eth0
"""

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.kurl.ipv6.plugins.module_utils.checks import readiness
from ansible_collections.kurl.ipv6.plugins.module_utils.host import collect, netlink, reader


def main():
    """Collect, judge, return."""
    module = AnsibleModule(
        argument_spec={
            "plan": {"type": "dict", "default": {}},
            "roles": {"type": "list", "elements": "str", "default": []},
            "node_ip": {"type": "str", "default": ""},
            "subject": {"type": "str", "default": ""},
        },
        supports_check_mode=True,
    )
    arguments = module.params
    facts, errors = collect.collect(reader.Reader(), netlink.Netlink())
    result = readiness.judge(
        facts,
        errors,
        plan=arguments["plan"],
        roles=arguments["roles"],
        subject=arguments["subject"] or facts.get("hostname") or "localhost",
        node_ip=arguments["node_ip"],
    )
    module.exit_json(changed=False, **result)


if __name__ == "__main__":
    main()
