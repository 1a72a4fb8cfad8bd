#!/usr/bin/python
# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0

from __future__ import absolute_import, division, print_function

__metaclass__ = type

DOCUMENTATION = r"""
module: node_port_check
short_description: Ask a NodePort of every node from a host
version_added: "0.1.0"
description:
  - Asks C([node]:port) of every node over HTTP, all at once, from the host on which it runs, and judges the answers.
  - Says besides whether the host is one of the nodes.
  - Changes nothing, and does not fail because of a finding.
author:
  - the kurl.ipv6 authors (@kurl-ipv6)
options:
  nodes:
    description: The cluster's nodes as RV(kurl.ipv6.cluster_check#module:nodes) names them.
    type: list
    elements: dict
    required: true
    suboptions:
      name:
        description: Name of the node.
        type: str
        required: true
      address:
        description: Its IPv6 address. A node without one is not asked.
        type: str
        default: ""
  port:
    description: The port, as RV(kurl.ipv6.cluster_check#module:node_port) names it. V(0) asks nobody.
    type: int
    default: 0
  timeout:
    description: How long a node that does not answer is asked again, in seconds.
    type: int
    default: 15
extends_documentation_fragment:
  - ansible.builtin.action_common_attributes
attributes:
  check_mode:
    support: full
    details: The module only reads.
  diff_mode:
    support: none
    details: Nothing changes, so that there is nothing to show.
  platform:
    platforms: linux
seealso:
  - module: kurl.ipv6.cluster_check
"""

EXAMPLES = r"""
- name: Ask every node from every node
  kurl.ipv6.node_port_check:
    nodes: "{{ verification.nodes }}"
    port: "{{ verification.node_port }}"
  register: answers
"""

RETURN = r"""
findings:
  description: The findings C(cluster.node.joined) and C(cluster.node-port) of this host.
  returned: always
  type: list
  elements: dict
"""

import socket

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.kurl.ipv6.plugins.module_utils.cluster import nodeport


def main():
    module = AnsibleModule(
        argument_spec={
            "nodes": {
                "type": "list",
                "elements": "dict",
                "required": True,
                "options": {
                    "name": {"type": "str", "required": True},
                    "address": {"type": "str", "default": ""},
                },
            },
            "port": {"type": "int", "default": 0},
            "timeout": {"type": "int", "default": 15},
        },
        supports_check_mode=True,
    )
    nodes, port = module.params["nodes"], module.params["port"]
    answers = nodeport.ask(nodes, port, module.params["timeout"]) if port else []
    # The kubelet calls a node by the host's name in lower case.
    hostname = socket.gethostname().lower()
    module.exit_json(changed=False, findings=nodeport.findings(hostname, nodes, port, answers))


if __name__ == "__main__":
    main()
