#!/usr/bin/python
# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0

from __future__ import absolute_import, division, print_function

__metaclass__ = type

DOCUMENTATION = r"""
module: manifest
short_description: Apply Kubernetes objects on a control plane node
version_added: "0.1.0"
description:
  - Brings the objects of a manifest into the cluster by C(kubectl apply --server-side), and says what that changed by
    comparing each object before and after.
  - The objects come from the controller; the host needs C(kubectl) and a kubeconfig, no Python library.
  - Namespaces are applied first, then CustomResourceDefinitions, which are waited for, then the rest in the order
    given.
  - Fields of the same objects that others manage are left alone, those that the manifest names are taken over.
author:
  - the kurl.ipv6 authors (@kurl-ipv6)
options:
  documents:
    description:
      - The objects, as a list of maps or as YAML text with one or more documents.
      - They are not logged on the host and not shown with the module's arguments.
    type: raw
    required: true
  state:
    description:
      - V(present) applies the objects.
      - V(absent) deletes them, the last first; an object that is not there is no error.
    type: str
    choices: [present, absent]
    default: present
  wait:
    description:
      - Wait until Deployments, DaemonSets, StatefulSets and APIServices among the objects are ready.
      - Done also when nothing changed, so that a run which was interrupted is taken up.
    type: bool
    default: false
  wait_timeout:
    description:
      - How long to wait, in seconds. Afterwards the task fails with the cause.
      - It fails sooner where the cause is one that no waiting mends, such as a kernel without the module that a pod
        loads.
    type: int
    default: 300
  kubeconfig:
    description: How to reach the API server.
    type: path
    default: /etc/kubernetes/admin.conf
  kubectl:
    description: The program.
    type: path
    default: /usr/local/bin/kubectl
  packed:
    description: For the action plugin's own use.
    type: str
  wait_round:
    description: For the action plugin's own use.
    type: int
    default: 0
  wait_only:
    description: For the action plugin's own use.
    type: bool
    default: false
  waited:
    description: For the action plugin's own use.
    type: int
    default: 0
extends_documentation_fragment:
  - ansible.builtin.action_common_attributes
attributes:
  check_mode:
    support: full
    details:
      - The API server makes a dry run.
      - What needs a namespace or a kind that the manifest itself brings is not asked and counts as created.
  diff_mode:
    support: full
    details: The values of Secrets are hidden.
  platform:
    platforms: posix
"""

EXAMPLES = r"""
- name: Make a namespace
  kurl.ipv6.manifest:
    documents:
      - apiVersion: v1
        kind: Namespace
        metadata:
          name: demo

- name: Apply a release's manifest and wait for it
  kurl.ipv6.manifest:
    documents: "{{ lookup('ansible.builtin.file', 'antrea.yml') }}"
    wait: true
    wait_timeout: 180
"""

RETURN = r"""
changes:
  description: Objects that were changed, or would be in check mode.
  returned: always
  type: list
  elements: dict
  contains:
    object:
      description: Kind, namespace and name.
      type: str
      sample: DaemonSet kube-system/antrea-agent
    action:
      description: What was done.
      type: str
      sample: configured
findings:
  description: Workloads that were not ready in time, each with its cause.
  returned: always
  type: list
  elements: dict
"""

import base64
import json
import zlib

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.kurl.ipv6.plugins.module_utils.cluster import apply, compare, rollout
from ansible_collections.kurl.ipv6.plugins.module_utils.cluster.kubectl import Kubectl, KubectlError
from ansible_collections.kurl.ipv6.plugins.module_utils.manifest import documents as manifest_documents
from ansible_collections.kurl.ipv6.plugins.module_utils.manifest.documents import ManifestError, flatten


def unpack(text):
    """Return the documents that the action plugin packed."""
    return json.loads(zlib.decompress(base64.b64decode(text)).decode("utf-8"))


def change(module, kubectl, documents, result):
    """Apply or delete the objects, and put into the result what that changed."""
    act = apply.present if module.params["state"] == "present" else apply.absent
    changes = [item for item in act(kubectl, documents, module.check_mode) if item["action"] != "unchanged"]
    result["changed"] = bool(changes)
    result["changes"] = [{"object": item["object"], "action": item["action"]} for item in changes]
    if module._diff:
        result["diff"] = [compare.diff(item["before"], item["after"]) for item in changes]


def await_rollout(kubectl, documents, arguments, result):
    """Wait for the workloads, for a round that the controller follows by another, or to the end."""
    if not arguments["wait_round"]:
        if arguments["wait_only"]:
            states = rollout.unfinished(kubectl, documents, 0)
            result["findings"] = rollout.findings(kubectl, states, arguments["waited"])
        else:
            result["findings"] = rollout.wait(kubectl, documents, arguments["wait_timeout"])
        return
    states = rollout.unfinished(kubectl, documents, arguments["wait_round"])
    result["waiting"] = ["%s: %s" % (manifest_documents.identity(item), rollout.progress(item)) for item in states]
    result["hopeless"] = rollout.hopeless(kubectl, states)


def main():
    module = AnsibleModule(
        argument_spec={
            "documents": {"type": "raw", "required": True},
            "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
            "wait": {"type": "bool", "default": False},
            "wait_timeout": {"type": "int", "default": 300},
            "kubeconfig": {"type": "path", "default": "/etc/kubernetes/admin.conf"},
            "kubectl": {"type": "path", "default": "/usr/local/bin/kubectl"},
            # One long secret: Secrets in the manifest are not logged, and nothing else of the answer is blotted out.
            "packed": {"type": "str", "no_log": True},
            "wait_round": {"type": "int", "default": 0},
            "wait_only": {"type": "bool", "default": False},
            "waited": {"type": "int", "default": 0},
        },
        supports_check_mode=True,
    )
    arguments = module.params
    kubectl = Kubectl(arguments["kubeconfig"], arguments["kubectl"])
    result = {"changed": False, "changes": [], "findings": []}
    try:
        documents = flatten(unpack(arguments["packed"]))
        if not arguments["wait_only"]:
            change(module, kubectl, documents, result)
        if arguments["wait"] and arguments["state"] == "present" and not module.check_mode:
            await_rollout(kubectl, documents, arguments, result)
    except (KubectlError, ManifestError) as error:
        module.fail_json(msg=str(error), **result)
    if result["findings"]:
        lines = ["%s: %s" % (item["title"], item["observed"]) for item in result["findings"]]
        module.fail_json(msg="not so in time: " + "\n".join(lines), **result)
    module.exit_json(**result)


if __name__ == "__main__":
    main()
