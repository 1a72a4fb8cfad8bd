#!/usr/bin/python
# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0

from __future__ import absolute_import, division, print_function

__metaclass__ = type

DOCUMENTATION = r"""
module: host_files
short_description: Install files on a host, and restart the units that use them
version_added: "0.1.0"
description:
  - Installs many files in one step. What a host already has is not sent again.
  - A file that is there and was not installed by this module is never overwritten, unless O(replace_foreign=true).
  - Units whose files have changed are restarted. A restart that an interrupted run did not come to is made up for by the next one.
  - What was installed is recorded in C(/var/lib/kurl-ipv6/files.json) on the host.
author:
  - the kurl.ipv6 authors (@kurl-ipv6)
options:
  items:
    description: The files, in the order in which they are installed.
    type: list
    elements: dict
    default: []
    suboptions:
      name:
        description: Name under which the item is recorded.
        type: str
        required: true
      dest:
        description: The file on the host; for archives the folder.
        type: str
        required: true
      src:
        description: File on the controller. Either this or O(items[].content).
        type: str
        default: ""
      content:
        description: Text of the file.
        type: str
      mode:
        description: Mode of the file, or of every file of an archive.
        type: str
        default: "0644"
      unpack:
        description: O(items[].src) is a tar archive whose files go to the folder O(items[].dest). Files of deeper folders are left out.
        type: bool
        default: false
      strip:
        description: Leading folders to take off the names in the archive.
        type: int
        default: 0
      sha256:
        description: Digest of the content. Worked out on the controller if it is not given.
        type: str
        default: ""
      units:
        description: Units of O(units) that are restarted when the item changes.
        type: list
        elements: str
        default: []
  units:
    description: Units to enable, in this order.
    type: list
    elements: dict
    default: []
    suboptions:
      name:
        description: Name of the unit, with its suffix.
        type: str
        required: true
      started:
        description: Start it, too. A unit that is active is restarted when its files change in any case.
        type: bool
        default: true
  replace_foreign:
    description: Overwrite files that were not installed by this module.
    type: bool
    default: false
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
  - ansible.builtin.action_common_attributes.files
attributes:
  check_mode:
    support: full
  diff_mode:
    support: full
  platform:
    platforms: posix
  safe_file_operations:
    support: full
  vault:
    support: none
"""

EXAMPLES = r"""
- name: Install kubectl and a unit
  kurl.ipv6.host_files:
    items:
      - name: kubectl
        src: /srv/mirror/dl.k8s.io/v1.34.4/bin/linux/amd64/kubectl
        dest: /usr/local/bin/kubectl
        mode: "0755"
      - name: hello.service
        dest: /etc/systemd/system/hello.service
        content: |
          [Service]
          ExecStart=/bin/sleep infinity
          [Install]
          WantedBy=multi-user.target
        units: [hello.service]
    units:
      - name: hello.service
"""

RETURN = r"""
installed:
  description: Names of the items that were installed, or would be in check mode.
  returned: success
  type: list
  elements: str
units:
  description: What was done with which unit, or would be in check mode.
  returned: success
  type: dict
  sample: {containerd.service: [enable, start]}
"""

import os

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.kurl.ipv6.plugins.module_utils.hostfiles import install, registry, units

_DIFF_BYTES = 256 * 1024


def main():
    item_options = {
        "name": {"type": "str", "required": True},
        "dest": {"type": "str", "required": True},
        "src": {"type": "str", "default": ""},
        "content": {"type": "str"},
        "mode": {"type": "str", "default": "0644"},
        "unpack": {"type": "bool", "default": False},
        "strip": {"type": "int", "default": 0},
        "sha256": {"type": "str", "default": ""},
        "units": {"type": "list", "elements": "str", "default": []},
    }
    unit_options = {"name": {"type": "str", "required": True}, "started": {"type": "bool", "default": True}}
    module = AnsibleModule(
        argument_spec={
            "items": {"type": "list", "elements": "dict", "default": [], "options": item_options},
            "units": {"type": "list", "elements": "dict", "default": [], "options": unit_options},
            "replace_foreign": {"type": "bool", "default": False},
            "phase": {"type": "str", "choices": ["plan", "apply"], "default": "apply"},
            "sources": {"type": "dict", "default": {}},
        },
        supports_check_mode=True,
    )
    items = [dict(item, mode=int(item["mode"], 8)) for item in module.params["items"]]
    try:
        record = registry.read()
        wanted = [item for item in items if not registry.current(record, item)]
        if module.params["phase"] == "plan":
            finish_plan(module, record, items, wanted)
        apply(module, record, items, wanted)
    except (install.InstallError, units.UnitError) as error:
        module.fail_json(msg=str(error))
    except EnvironmentError as error:
        module.fail_json(msg="{0}: {1}".format(error.filename or "the host", error.strerror or error))


def finish_plan(module, record, items, wanted):
    """Say which items must be sent, and what the whole call would change."""
    if not module.params["replace_foreign"]:
        ours = registry.owned(record)
        foreign = [
            item["dest"]
            for item in wanted
            if not item["unpack"]
            and os.path.lexists(item["dest"])
            and item["dest"] not in ours
            and not (os.path.isfile(item["dest"]) and install.digest(item["dest"]) == item["sha256"])
        ]
        if foreign:
            module.fail_json(msg=install.foreign_message(foreign))
    pending = set(record["pending"]) | set(unit for item in wanted for unit in item["units"])
    planned = plan_units(module, pending)
    module.exit_json(
        changed=bool(wanted or planned),
        needed=[item["name"] for item in wanted],
        installed=[item["name"] for item in wanted],
        units=planned,
        diff=[difference(item) for item in wanted],
    )


def apply(module, record, items, wanted):
    """Install what was sent, then bring the units up."""
    sources = module.params["sources"]
    diffs = [difference(item) for item in wanted]
    for item in wanted:
        # Noted before the file changes: a run that is killed in between restarts the unit next time.
        pending = sorted(set(record["pending"]) | set(item["units"]))
        if pending != record["pending"]:
            record["pending"] = pending
            registry.write(record)
        if item["name"] not in sources:
            module.fail_json(msg="{0} is needed and was not sent. Run the playbook again".format(item["name"]))
        install.install(record, item, sources[item["name"]], module.params["replace_foreign"])
        registry.write(record)
    planned = plan_units(module, set(record["pending"]))
    for unit in module.params["units"]:
        units.act(module.run_command, unit["name"], planned.get(unit["name"], []))
        if unit["name"] in record["pending"]:
            record["pending"].remove(unit["name"])
            registry.write(record)
    module.exit_json(
        changed=bool(wanted or planned), needed=[], installed=[item["name"] for item in wanted], units=planned, diff=diffs
    )


def plan_units(module, pending):
    """Return {unit: actions} for the units that need any."""
    planned = {}
    for unit in module.params["units"]:
        actions = units.plan(unit, units.read(module.run_command, unit["name"]), unit["name"] in pending)
        if actions:
            planned[unit["name"]] = actions
    return planned


def difference(item):
    """Return an item's part of the diff: text where there is text, else the fact that it changes."""
    if item["content"] is None:
        before = "there\n" if os.path.exists(item["dest"]) else ""
        name = item["dest"] if not item["unpack"] else "{0} in {1}".format(item["name"], item["dest"])
        return {"before_header": name, "after_header": name, "before": before, "after": "sha256 {0}\n".format(item["sha256"])}
    before = ""
    if os.path.isfile(item["dest"]) and os.path.getsize(item["dest"]) < _DIFF_BYTES:
        with open(item["dest"], "rb") as stream:
            before = stream.read().decode("utf-8", "replace")
    return {"before_header": item["dest"], "after_header": item["dest"], "before": before, "after": item["content"]}


if __name__ == "__main__":
    main()
