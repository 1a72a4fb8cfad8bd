#!/usr/bin/python
# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0

from __future__ import absolute_import, division, print_function

__metaclass__ = type

DOCUMENTATION = r"""
module: cluster_check
short_description: Verify a running IPv6-only cluster
version_added: "0.1.0"
description:
  - Reads nodes, system pods, Services and endpoints of a cluster and judges them.
  - Then runs a pod on each node and lets each ask the pods of all other nodes, the API service, a Service and the
    cluster's resolver, all at once.
  - Where Rook is, Ceph's health, monitors, OSDs, addresses and pools are judged, a block image is written and read,
    and, where the CSI driver runs, a volume is written on one node and read on another.
  - Runs on a control plane node; needs C(kubectl) and a kubeconfig there, no Python library.
  - The test objects live in a namespace of their own, C(kurl-ipv6-verify), which is removed afterwards, also when
    something fails. One that an interrupted run left behind is replaced.
  - V(changed) is always V(false), as nothing stays that was not there before.
  - The module does not fail because of a finding; the report of M(kurl.ipv6.report) does.
author:
  - the kurl.ipv6 authors (@kurl-ipv6)
options:
  action:
    description:
      - V(check) verifies.
      - V(clean) removes what a call with O(keep=true) left for others to ask.
    type: str
    choices: [check, clean]
    default: check
  image:
    description:
      - Image of the test pods; it has the commands C(netexec) and C(serve-hostname) of Kubernetes' own test image.
      - It must be on the nodes, or they must be able to pull it.
    type: str
    default: registry.k8s.io/e2e-test-images/agnhost:2.53
  namespaces:
    description: Namespaces whose pods and workloads are judged. One that does not exist is left out.
    type: list
    elements: str
    default: [kube-system, rook-ceph]
  wait:
    description: How long to wait for an API server, nodes and system pods that are not ready yet, in seconds.
    type: int
    default: 60
  timeout:
    description:
      - How long all may take, the wait included, in seconds.
      - The removal of the test objects, which is waited for another minute at most, is not counted.
    type: int
    default: 180
  dns_domain:
    description: The cluster's domain.
    type: str
    default: cluster.local
  keep:
    description:
      - Leave the test objects, so that RV(node_port) can be asked from elsewhere.
      - Whoever says so removes them with O(action=clean). Nothing is left where RV(node_port) is V(0).
    type: bool
    default: false
  kubeconfig:
    description: How to reach the API server.
    type: path
    default: /etc/kubernetes/admin.conf
  kubectl:
    description: The program.
    type: path
    default: /usr/local/bin/kubectl
extends_documentation_fragment:
  - ansible.builtin.action_common_attributes
attributes:
  check_mode:
    support: partial
    details: Reads and judges, but makes no test pods; what these would have told is skipped.
  diff_mode:
    support: none
    details: Nothing stays changed, so that there is nothing to show.
  platform:
    platforms: linux
notes:
  - Test pods run without privileges, without a token and as a user without a name. What answers at the NodePort says
    the pod's name and nothing else. The NodePort is a free one between 30000 and 32767 if the cluster's range has
    such.
seealso:
  - module: kurl.ipv6.node_port_check
  - module: kurl.ipv6.report
"""

EXAMPLES = r"""
- name: Verify the cluster
  kurl.ipv6.cluster_check:
  register: verification

- name: Show what is wrong
  kurl.ipv6.report:
    title: verify
    findings: "{{ verification.findings }}"
"""

RETURN = r"""
findings:
  description:
    - One entry for each judgement, with C(id), C(subject), C(status), C(title), C(observed), C(expected), C(remedy) and
      C(reference).
    - Subjects are V(cluster), V(node/<name>) and V(pod/<namespace>/<name>).
  returned: always
  type: list
  elements: dict
nodes:
  description: The cluster's nodes.
  returned: always
  type: list
  elements: dict
  contains:
    name:
      description: Name of the node.
      type: str
      sample: n1
    address:
      description: Its IPv6 InternalIP, empty if it has none.
      type: str
      sample: fd00:10::11
node_port:
  description: Port at which a test pod answers on every node, V(0) if there is none.
  returned: always
  type: int
  sample: 31480
"""

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.kurl.ipv6.plugins.module_utils.cluster import trial, verify
from ansible_collections.kurl.ipv6.plugins.module_utils.cluster.kubectl import Kubectl


def main():
    module = AnsibleModule(
        argument_spec={
            "action": {"type": "str", "choices": ["check", "clean"], "default": "check"},
            "image": {"type": "str", "default": trial.IMAGE},
            "namespaces": {"type": "list", "elements": "str", "default": ["kube-system", "rook-ceph"]},
            "wait": {"type": "int", "default": 60},
            "timeout": {"type": "int", "default": 180},
            "dns_domain": {"type": "str", "default": "cluster.local"},
            "keep": {"type": "bool", "default": False},
            "kubeconfig": {"type": "path", "default": "/etc/kubernetes/admin.conf"},
            "kubectl": {"type": "path", "default": "/usr/local/bin/kubectl"},
        },
        supports_check_mode=True,
    )
    arguments = module.params
    kubectl = Kubectl(arguments["kubeconfig"], arguments["kubectl"], patience=arguments["wait"])
    if arguments["action"] == "clean":
        removed = [] if module.check_mode else verify.remove(kubectl)
        module.exit_json(changed=False, findings=removed, nodes=[], node_port=0)
    result = verify.check(
        kubectl,
        arguments["image"],
        arguments["namespaces"],
        arguments["wait"],
        arguments["timeout"],
        dns_domain=arguments["dns_domain"],
        keep=arguments["keep"],
        read_only=module.check_mode,
    )
    module.exit_json(changed=False, **result)


if __name__ == "__main__":
    main()
