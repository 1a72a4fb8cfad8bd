#!/usr/bin/python
# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0

from __future__ import absolute_import, division, print_function

__metaclass__ = type

DOCUMENTATION = r"""
module: artifacts
short_description: Fetch and verify what an installation needs
version_added: "0.1.0"
description:
  - Makes binaries, archives, manifests and image archives available as verified files on the controller, from upstream,
    from a mirror behind a URL or from a mirror folder. All three have upstream's own layout.
  - Every file is compared with the sha256 that upstream publishes, and recorded in C(artifacts.lock.json) in the cache
    folder; a later run that would get other bytes from a server fails. A mirror folder is the user's own; where its
    files and sums have changed, that is a warning.
  - A download that breaks off goes on where it stopped, in the same run or the next one.
  - Run it on the controller, by C(delegate_to=localhost). Nodes need no access to the outside.
author:
  - the kurl.ipv6 authors (@kurl-ipv6)
options:
  versions:
    description:
      - Versions of the components whose files are wanted, without a leading C(v). An empty version leaves the component
        out.
      - Known components are V(kubernetes), V(containerd), V(runc), V(cni_plugins) and V(antrea).
    type: dict
    default: {}
  images:
    description: Image references, each with a tag.
    type: list
    elements: str
    default: []
  architecture:
    description: The nodes' architecture, as upstream spells it.
    type: str
    choices: [amd64, arm64]
    default: amd64
  mirror:
    description:
      - Folder or URL with upstream's layout, for example V(/srv/mirror) with the file
        C(/srv/mirror/dl.k8s.io/v1.34.4/bin/linux/amd64/kubeadm).
      - Empty means upstream itself. Images then come from their registries through C(skopeo).
    type: str
    default: ""
  cache:
    description: Folder on the controller for downloads and for the lock file.
    type: path
    default: ~/.cache/kurl.ipv6/artifacts
extends_documentation_fragment:
  - ansible.builtin.action_common_attributes
attributes:
  check_mode:
    support: full
    description: Nothing is fetched; what is not there yet is listed in RV(missing).
  diff_mode:
    support: none
  platform:
    platforms: posix
"""

EXAMPLES = r"""
- name: Fetch the binaries of Kubernetes and containerd
  kurl.ipv6.artifacts:
    versions:
      kubernetes: 1.34.4
      containerd: 2.2.6
    mirror: /srv/mirror
  delegate_to: localhost
  run_once: true
  register: fetched
"""

RETURN = r"""
paths:
  description:
    - The verified files, by name. Images have their full reference as name.
    - In check mode what is not there yet has an empty path.
  returned: success
  type: dict
  contains:
    path:
      description: Local file on the controller.
      type: str
    sha256:
      description: Sum of the file.
      type: str
    size:
      description: Size in bytes.
      type: int
  sample:
    kubeadm:
      path: /srv/mirror/dl.k8s.io/v1.34.4/bin/linux/amd64/kubeadm
      sha256: 5d1d6e4a2f6c3a0cf0a0a1f8d6b0f1b7a29c1d3a1f5b7f6e0f4f0d7a6b3c2e1d
      size: 74027192
fetched:
  description: Names of what was fetched by this run.
  returned: success
  type: list
  elements: str
missing:
  description: Names of what would be fetched; filled in check mode only.
  returned: success
  type: list
  elements: str
"""

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.kurl.ipv6.plugins.module_utils.artifacts.catalog import file_artifacts, image_artifacts
from ansible_collections.kurl.ipv6.plugins.module_utils.artifacts.fetch import fetch_all


def main():
    module = AnsibleModule(
        argument_spec={
            "versions": {"type": "dict", "default": {}},
            "images": {"type": "list", "elements": "str", "default": []},
            "architecture": {"type": "str", "choices": ["amd64", "arm64"], "default": "amd64"},
            "mirror": {"type": "str", "default": ""},
            "cache": {"type": "path", "default": "~/.cache/kurl.ipv6/artifacts"},
        },
        supports_check_mode=True,
    )
    options = module.params
    try:
        artifacts = file_artifacts(options["versions"], options["architecture"])
        artifacts += image_artifacts(options["images"], options["architecture"])
    except ValueError as error:
        module.fail_json(msg=str(error))
    result = fetch_all(artifacts, options["mirror"], options["cache"], only_look=module.check_mode)
    for warning in result["warnings"]:
        module.warn(warning)
    if result["errors"]:
        module.fail_json(
            msg="Not every artifact can be had:\n- " + "\n- ".join(result["errors"]), errors=result["errors"]
        )
    paths = {name: {"path": "", "sha256": "", "size": 0} for name in result["missing"]}
    paths.update(
        (one["name"], {"path": one["path"], "sha256": one["sha256"], "size": one["size"]}) for one in result["files"]
    )
    module.exit_json(
        changed=bool(result["fetched"] or result["missing"]),
        paths=paths,
        fetched=result["fetched"],
        missing=result["missing"],
    )


if __name__ == "__main__":
    main()
