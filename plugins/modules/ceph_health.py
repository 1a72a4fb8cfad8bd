#!/usr/bin/python
# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0

from __future__ import absolute_import, division, print_function

__metaclass__ = type

DOCUMENTATION = r"""
module: ceph_health
short_description: Wait until Rook's Ceph cluster is healthy, and say why where it is not
version_added: "0.1.0"
description:
  - Looks at the operator, the CephCluster, monitors, managers, OSDs, pools and at Ceph's own health, through
    C(kubectl) on a control plane node and through C(ceph) in the pod of the toolbox or of the operator.
  - With O(wait) it looks until nothing is missing, shows on the way what has changed, and fails when the time is over,
    with the causes as findings - an image that is not there, a pod that does not start, disks that were not taken
    and why, monitors without a quorum, clocks.
  - Ceph is healthy at C(HEALTH_OK), and at C(HEALTH_WARN) of nothing but warnings that keep nobody from storing -
    C(POOL_NO_REDUNDANCY), C(TOO_MANY_PGS), C(RECENT_CRASH), C(POOL_PG_NUM_NOT_POWER_OF_TWO),
    C(AUTH_INSECURE_GLOBAL_ID_RECLAIM_ALLOWED) and C(MON_DISK_LOW).
  - Changes nothing.
author:
  - the kurl.ipv6 authors (@kurl-ipv6)
options:
  wait:
    description:
      - How long to wait, in seconds. V(0) looks once, does not fail, and finds no causes.
      - It fails sooner where an image has been missing for two minutes.
      - Not waited in check mode, where it looks once.
    type: int
    default: 0
  version:
    description:
      - The version of Rook that the operator and all daemons must have, without a leading C(v).
      - Empty for any.
    type: str
    default: ""
  steady:
    description: How many looks, one after the other, must find nothing missing.
    type: int
    default: 1
  namespace:
    description: Namespace of Rook and of the CephCluster.
    type: str
    default: rook-ceph
  kubeconfig:
    description: How to reach the API server.
    type: path
    default: /etc/kubernetes/admin.conf
  kubectl:
    description: The program.
    type: path
    default: /usr/local/bin/kubectl
  seen:
    description: For the action plugin's own use - a summary that is known already.
    type: str
    default: ""
  explain:
    description: For the action plugin's own use - whether causes are looked for.
    type: bool
    default: true
extends_documentation_fragment:
  - ansible.builtin.action_common_attributes
attributes:
  check_mode:
    support: full
    details: Looks once and fails never.
  diff_mode:
    support: none
    details: Nothing is changed.
  platform:
    platforms: linux
seealso:
  - module: kurl.ipv6.manifest
  - module: kurl.ipv6.cluster_check
"""

EXAMPLES = r"""
- name: Wait until Ceph is healthy
  kurl.ipv6.ceph_health:
    wait: 900
    steady: 3

- name: Learn which Rook is there
  kurl.ipv6.ceph_health:
  register: ceph
"""

RETURN = r"""
installed:
  description: Whether there is an operator of Rook or a CephCluster.
  returned: always
  type: bool
version:
  description: Version of the operator, empty if there is none.
  returned: always
  type: str
  sample: 1.18.11
cluster:
  description: Whether there is a CephCluster.
  returned: always
  type: bool
ceph_image:
  description: The image that the CephCluster asks for.
  returned: always
  type: str
  sample: quay.io/ceph/ceph:v19.2.3
ceph_version:
  description: The version that the daemons of Ceph have, empty if it is not known.
  returned: always
  type: str
  sample: 19.2.3
replicas:
  description: How often the pools keep their data, V(0) if there are none.
  returned: always
  type: int
monitors:
  description: How many monitors the CephCluster asks for, V(0) if there is none.
  returned: always
  type: int
storage_classes:
  description:
    - Names of the storage classes that are there, whoever made them. Their parameters cannot be changed.
    - Not read during a wait.
  returned: always
  type: list
  elements: str
healthy:
  description: Whether nothing is missing.
  returned: always
  type: bool
hopeless:
  description: Whether a pod lacks an image. The action plugin waits for that only a while.
  returned: always
  type: bool
summary:
  description: How far the cluster is, in one line.
  returned: always
  type: str
  sample: monitors 3/3, OSDs 3/3, HEALTH_OK
findings:
  description: Why it is not healthy, with the shape of all findings of the collection. Only after a wait.
  returned: always
  type: list
  elements: dict
"""

import time

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.kurl.ipv6.plugins.module_utils.cluster.kubectl import Kubectl, KubectlError
from ansible_collections.kurl.ipv6.plugins.module_utils.rook import causes, health, observe

_ABSENT_SECONDS = 5


def told(state, done, version, findings=(), classes=(), hopeless=False):
    """Return a state as the module returns it."""
    cluster = state["cluster"]
    return {
        "changed": False,
        "installed": bool(cluster) or state["operator"]["missing"] != "is not there",
        "version": state["operator"]["version"],
        "cluster": bool(cluster),
        "ceph_image": cluster.get("image", ""),
        "ceph_version": cluster.get("ceph_version", ""),
        "replicas": state["replicas"],
        "monitors": state["monitors"]["wanted"],
        "storage_classes": sorted(classes),
        "healthy": done,
        "hopeless": hopeless,
        "summary": health.summary(state, version),
        "findings": list(findings),
    }


def main():
    module = AnsibleModule(
        argument_spec={
            "wait": {"type": "int", "default": 0},
            "version": {"type": "str", "default": ""},
            "steady": {"type": "int", "default": 1},
            "namespace": {"type": "str", "default": health.NAMESPACE},
            "kubeconfig": {"type": "path", "default": "/etc/kubernetes/admin.conf"},
            "kubectl": {"type": "path", "default": "/usr/local/bin/kubectl"},
            "seen": {"type": "str", "default": ""},
            "explain": {"type": "bool", "default": True},
        },
        supports_check_mode=True,
    )
    arguments = module.params
    kubectl = Kubectl(arguments["kubeconfig"], arguments["kubectl"])
    seconds = 0 if module.check_mode else arguments["wait"]
    version, namespace = arguments["version"], arguments["namespace"]
    classes = []
    try:
        if not seconds:
            found = kubectl.objects(["get", "storageclasses.storage.k8s.io"])
            classes = [item["metadata"]["name"] for item in found]
        if not observe.present(kubectl):
            # Soon it may be there; asking again at once would only keep the API server busy.
            time.sleep(min(seconds, _ABSENT_SECONDS))
            state, objects, done = health.read([]), [], False
        else:
            state, objects, _ceph, done = observe.wait(
                kubectl, seconds, version, arguments["steady"], arguments["seen"], namespace
            )
        findings = []
        if seconds and not done and arguments["explain"]:
            findings = causes.find(kubectl, state, objects, version, namespace)
    except KubectlError as error:
        module.fail_json(msg=str(error), **told(health.read([]), False, version))
    result = told(state, done, version, findings, classes, not done and causes.hopeless(objects))
    if findings:
        lines = ["%s: %s" % (item["title"], item["observed"]) for item in findings]
        module.fail_json(msg="not so in time: " + "\n".join(lines), **result)
    module.exit_json(**result)


if __name__ == "__main__":
    main()
