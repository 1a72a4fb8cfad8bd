#!/usr/bin/python
# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0

from __future__ import absolute_import, division, print_function

__metaclass__ = type

DOCUMENTATION = r"""
module: host_images
short_description: Give a host's containerd the images that it lacks
version_added: "0.1.0"
description:
  - Sends image archives from the controller and imports them into containerd, in the namespace of Kubernetes. Images
    that came from the same archive before are left alone and not sent.
  - The images are pinned, so that the kubelet does not remove them to free space; on hosts without a registry they
    could not come back.
author:
  - the kurl.ipv6 authors (@kurl-ipv6)
options:
  images:
    description: The images.
    type: list
    elements: dict
    required: true
    suboptions:
      name:
        description: Full reference with its tag.
        type: str
        required: true
      src:
        description: Archive on the controller.
        type: str
        required: true
      sha256:
        description: Digest of the archive.
        type: str
        required: true
  ctr:
    description: containerd's client on the host.
    type: str
    default: /usr/local/bin/ctr
  phase:
    description: For the action plugin's own use.
    type: str
    choices: [plan, apply]
    default: apply
  sources:
    description: For the action plugin's own use.
    type: dict
    default: {}
extends_documentation_fragment:
  - ansible.builtin.action_common_attributes
attributes:
  check_mode:
    support: full
  diff_mode:
    support: full
  platform:
    platforms: posix
"""

EXAMPLES = r"""
- name: Load pause
  kurl.ipv6.host_images:
    images:
      - name: registry.k8s.io/pause:3.10.1
        src: /srv/mirror/images/registry.k8s.io/pause/3.10.1-amd64.tar
        sha256: 5d1d6e4a2f6c3a0cf0a0a1f8d6b0f1b7a29c1d3a1f5b7f6e0f4f0d7a6b3c2e1d
"""

RETURN = r"""
loaded:
  description: Images that were loaded, or would be in check mode.
  returned: success
  type: list
  elements: str
"""

import os

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.kurl.ipv6.plugins.module_utils.hostfiles import leftovers, lock
from ansible_collections.kurl.ipv6.plugins.module_utils.hostimages.store import Store, StoreError


def main():
    image_options = {
        "name": {"type": "str", "required": True},
        "src": {"type": "str", "required": True},
        "sha256": {"type": "str", "required": True},
    }
    module = AnsibleModule(
        argument_spec={
            "images": {"type": "list", "elements": "dict", "required": True, "options": image_options},
            "ctr": {"type": "str", "default": "/usr/local/bin/ctr"},
            "phase": {"type": "str", "choices": ["plan", "apply"], "default": "apply"},
            "sources": {"type": "dict", "default": {}},
        },
        supports_check_mode=True,
    )
    store = Store(module.run_command, module.params["ctr"])
    try:
        done = plan(module, store)
        if module.params["phase"] == "apply" and not module.check_mode:
            load(store, done, module.params["sources"])
    except (StoreError, lock.Busy) as error:
        module.fail_json(msg=str(error))
    except EnvironmentError as error:
        module.fail_json(msg="{0}: {1}".format(error.filename or "the host", error.strerror or error))
    names = [image["name"] for image in done]
    lines = "".join(name + "\n" for name in names)
    diff = {"before_header": "images", "after_header": "images", "before": "", "after": lines}
    module.exit_json(changed=bool(names), needed=names, loaded=names, diff=diff)


def plan(module, store):
    """Return the images that the store lacks, or has from another archive."""
    images = []
    for image in module.params["images"]:
        if image["name"] not in [one["name"] for one in images]:
            images.append(image)
    try:
        if not os.path.exists(module.params["ctr"]):
            raise StoreError("there is no {0}: containerd is not installed yet".format(module.params["ctr"]))
        there = store.archives()
    except StoreError:
        # Before containerd is installed and started nothing is there: check mode still says what would be loaded.
        if not module.check_mode:
            raise
        there = {}
    return [image for image in images if there.get(image["name"]) != image["sha256"]]


def load(store, images, sources):
    """Import archives. Each is removed once it is in the store: a small disk need not hold all of them twice."""
    if sources:
        leftovers.sweep(sorted(sources.values())[0])
    with lock.hold():
        for image in images:
            if image["name"] not in sources:
                raise StoreError("{0} is needed and was not sent. Run the playbook again".format(image["name"]))
            store.load(image["name"], sources[image["name"]], image["sha256"])
            os.unlink(sources[image["name"]])


if __name__ == "__main__":
    main()
