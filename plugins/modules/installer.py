#!/usr/bin/python
# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0
"""Translates kURL's Installer spec; the action plugin of the same name does the same in ansible's own process."""

DOCUMENTATION = r"""
module: installer
short_description: Translate a kURL Installer spec for an IPv6-only cluster
version_added: 0.1.0
description:
  - Reads a kURL C(Installer) spec, C(cluster.kurl.sh/v1beta1), with patches and overrides, and says what will be
    installed, what cannot work on IPv6 and why, and what was not understood.
  - Every field of every section becomes a role variable, or is refused with a reason, or is named as having no effect
    here. C(docs/spec.md) lists all of them.
  - Strings are data. Nothing in a spec is evaluated as a template, a shell command or a YAML object.
  - A spec with errors makes the module fail, with one message that lists all of them.
  - Runs on the controller, as an action plugin, and needs no connection.
author:
  - the kurl.ipv6 authors (@kurl-ipv6)
options:
  src:
    description:
      - The spec, a YAML file on the controller of at most 1 MiB. A relative path is relative to the working directory.
    type: path
    required: true
  patches:
    description:
      - Files that are merged over O(src), in this order. Maps are merged, lists and everything else replaced, and
        V(null) removes what was there.
      - A patch is an Installer whose C(apiVersion), C(kind) and C(metadata) may be left out.
    type: list
    elements: path
    default: []
  overrides:
    description:
      - Merged last, in the same way. Either sections of the spec, such as C({"kubernetes":{"version":"1.34.4"}}), or
        a document with C(spec).
    type: dict
    default: {}
  external_cni:
    description:
      - You install a cluster network of your own afterwards. Without it a spec without C(antrea) is refused, with it
        a spec with C(antrea).
    type: bool
    default: false
  show:
    description: Print RV(plan) on the terminal.
    type: bool
    default: false
extends_documentation_fragment:
  - ansible.builtin.action_common_attributes
  - ansible.builtin.action_common_attributes.flow
attributes:
  action:
    description: The work is done on the controller.
    support: full
  async:
    support: none
  bypass_host_loop:
    support: none
  check_mode:
    description: The module only reads.
    support: full
  diff_mode:
    description: Nothing changes, so that there is nothing to show.
    support: none
  platform:
    platforms: all
requirements:
  - pyyaml, which ansible-core brings
seealso:
  - module: kurl.ipv6.host_readiness
"""

EXAMPLES = r"""
- name: Translate a spec
  kurl.ipv6.installer:
    src: installer.yml
  delegate_to: localhost
  run_once: true
  register: installer

- name: Translate it with a patch, another Kubernetes, and a network of your own
  kurl.ipv6.installer:
    src: installer.yml
    patches: [no-antrea.yml]
    overrides:
      kubernetes:
        version: 1.34.x
    external_cni: true
  delegate_to: localhost
  run_once: true
"""

RETURN = r"""
role_vars:
  description:
    - Variables of the roles. A component that is not in the spec has no C(<component>_version).
    - Empty if the spec is refused.
  returned: always
  type: dict
  sample:
    kubernetes_version: 1.34.4
    kubernetes_pod_cidr: fd00:c00b:1::/56
    kubernetes_node_cidr_mask: 64
    containerd_version: 2.2.6
    antrea_version: 2.4.1
    antrea_encryption: wireguard
    kubernetes_ha: false
findings:
  description: Everything there is to say about the spec, worst first.
  returned: always
  type: list
  elements: dict
  contains:
    id:
      description: Id of the rule, see C(docs/spec.md).
      type: str
      sample: spec.field.unknown
    subject:
      description: The path in the spec, behind C(spec:).
      type: str
      sample: spec:kubernetes.verison
    status:
      description: V(fail), V(warn) or V(info).
      type: str
      sample: fail
    title:
      description: What was looked at.
      type: str
      sample: unknown field
    observed:
      description: What the spec says, with file and line.
      type: str
      sample: there is no field kubernetes.verison (installer.yml:9)
    expected:
      description: What was wanted.
      type: str
      sample: is kubernetes.version meant?
    remedy:
      description: What to write or to type.
      type: str
      sample: "# correct the name, or remove it: kURL drops it in silence (fields: docs/spec.md)"
    reference:
      description: The source of the rule.
      type: str
      sample: kURL v2026.08.06-0, im
spec:
  description: The merged spec, typed and with old names renamed. Secrets are left out.
  returned: always
  type: dict
  sample: {kurl: {ipv6: true}, kubernetes: {version: 1.34.4}}
versions:
  description: Every component's version, what was asked for, whether the catalogue knows it, and its images if known.
  returned: always
  type: dict
  sample: {kubernetes: {version: 1.34.4, requested: 1.34.4, catalogued: true, images: []}}
networks:
  description: The ranges of pods and services, and how many nodes and pods they have room for.
  returned: always
  type: dict
  sample:
    pods: {cidr: "fd00:c00b:1::/56", node_mask: 64, nodes: 256, pods_per_node: 18446744073709551613}
    services: {cidr: "fd00:c00b:2::/112", cluster_dns: "fd00:c00b:2::a"}
plan:
  description: The plan as lines for a person. Empty if the spec is refused.
  returned: always
  type: list
  elements: str
  sample: ["Plan of installer.yml", "", "Components", "  kubernetes   1.34.4"]
vars_file:
  description:
    - RV(role_vars) as the text of a vars file. Text that looks like a template is tagged V(!unsafe), so that loading
      the file evaluates nothing. Empty if the spec is refused.
  returned: always
  type: str
  sample: |
    ---
    # kubernetes.version, installer.yml:9
    kubernetes_version: 1.34.4
sources:
  description: Where each value of RV(spec) was written.
  returned: always
  type: dict
  sample: {kubernetes.version: "installer.yml:9"}
"""

from ansible.module_utils.basic import AnsibleModule, missing_required_lib

from ansible_collections.kurl.ipv6.plugins.module_utils.installer import reading, run


def main():
    """Read, translate, return."""
    module = AnsibleModule(argument_spec=run.ARGUMENTS, supports_check_mode=True)
    if reading.yaml is None:
        module.fail_json(msg=missing_required_lib("PyYAML"), findings=[], role_vars={})
    result = run.run(module.params)
    if result.get("failed"):
        module.fail_json(**result)
    module.exit_json(**result)


if __name__ == "__main__":
    main()
