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
  - Installs many files in one step. What a host already has is not sent again; nothing is changed before everything
    is there.
  - A file that is there and was not installed by this module is never overwritten, unless O(replace_foreign=true). A
    copy is kept then.
  - Units whose files have changed are restarted. A restart that an interrupted run did not come to is made up for by
    the next one.
  - What was installed, and what was there before, is recorded in C(/var/lib/kurl-ipv6/files.json) on the host.
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
        description: Text of the file, in UTF-8 on the host.
        type: str
      mode:
        description: Mode of the file, or of every file of an archive, as octal digits in quotes that begin with a zero.
        type: str
        default: "0644"
      unpack:
        description:
          - O(items[].src) is a tar archive whose files go to the folder O(items[].dest). Files of deeper folders are
            left out.
        type: bool
        default: false
      strip:
        description: Leading folders to take off the names in the archive.
        type: int
        default: 0
      sha256:
        description: Digest of O(items[].src). Worked out on the controller, for every host, if it is not given.
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
  absent:
    description:
      - Names of items that an earlier run may have installed and that the host no longer needs. Their files are
        removed, and what they replaced is put back.
    type: list
    elements: str
    default: []
  absent_units:
    description: Units of such items. They are stopped and disabled before their files go.
    type: list
    elements: str
    default: []
  replace_foreign:
    description: Overwrite files that were not installed by this module; copies go to C(/var/lib/kurl-ipv6/replaced).
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
  members:
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
  description: Names of the items of which files changed, or would in check mode.
  returned: success
  type: list
  elements: str
units:
  description: What was done with which unit, or would be in check mode.
  returned: success
  type: dict
  sample: {containerd.service: [enable, start]}
removed:
  description: Names of the items and units that were taken away, or would be in check mode.
  returned: success
  type: list
  elements: str
"""

import os

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.kurl.ipv6.plugins.module_utils.hostfiles import (
    install,
    leftovers,
    lock,
    plan,
    registry,
    remove,
    units,
)


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
            "absent": {"type": "list", "elements": "str", "default": []},
            "absent_units": {"type": "list", "elements": "str", "default": []},
            "replace_foreign": {"type": "bool", "default": False},
            "phase": {"type": "str", "choices": ["plan", "apply"], "default": "apply"},
            "sources": {"type": "dict", "default": {}},
            "members": {"type": "dict", "default": {}},
        },
        supports_check_mode=True,
    )
    try:
        items = plan.complete(module.params["items"], module.params["units"])
        if module.check_mode:
            predict(module, items)
        if module.params["phase"] == "plan":
            record = registry.read()
            wanted = [
                item for item in items if not registry.current(record, item) and not registry.settle(record, item)
            ]
            to_send = [item["name"] for item in wanted if item["content"] is None]
            if to_send:
                refuse_foreign(module, record, wanted)
                module.exit_json(changed=False, needed=to_send)
        with lock.hold():
            apply(module, items)
    except (install.InstallError, plan.PlanError, units.UnitError, lock.Busy) as error:
        module.fail_json(msg=str(error))
    except EnvironmentError as error:
        module.fail_json(msg="{0}: {1}".format(error.filename or "the host", error.strerror or error))


def refuse_foreign(module, record, wanted):
    """End with an error if a file that is not ours is in the way, as far as can be told without the archives."""
    if not module.params["replace_foreign"]:
        found = install.foreign(record, plan.expected(wanted, module.params["members"]))
        if found:
            raise install.InstallError(install.foreign_message(found))


def predict(module, items):
    """Check mode: say what would change."""
    record = registry.read()
    wanted = [item for item in items if not registry.current(record, item) and not registry.settle(record, item)]
    refuse_foreign(module, record, wanted)
    differing = [item for item in wanted if not plan.same_members(item, module.params["members"])]
    pending = set(record["pending"]) | {unit for item in differing for unit in item["units"]}
    planned = plan_units(module, pending)
    items_gone, units_gone = to_remove(module, record)
    finish(module, differing, planned, [plan.difference(record, item) for item in differing], items_gone + units_gone)


def to_remove(module, record):
    """Return the items and the units that have to go."""
    return remove.due(record, module.params["absent"], module.params["absent_units"])


def apply(module, items):
    """Install what was sent or has its content in the arguments, then bring the units up."""
    sources = module.params["sources"]
    if sources:
        leftovers.sweep(sorted(sources.values())[0])
    record = registry.read()
    wanted, settled = [], False
    for item in items:
        if not registry.current(record, item):
            if registry.settle(record, item):
                settled = True
            else:
                wanted.append(item)
    if settled:
        registry.write(record)
    items_gone, units_gone = to_remove(module, record)
    remove.take_away(module.run_command, record, items_gone, units_gone, registry.write)
    changed, diffs = install_all(module, record, wanted, sources)
    planned = plan_units(module, set(record["pending"]))
    for unit in module.params["units"]:
        pending = unit["name"] in record["pending"]
        if unit["name"] not in record["units"]:
            record["units"].append(unit["name"])
            registry.write(record)
        units.act(module.run_command, unit["name"], planned.get(unit["name"], []), pending)
        if pending:
            record["pending"].remove(unit["name"])
            registry.write(record)
    finish(module, changed, planned, diffs, items_gone + units_gone)


def install_all(module, record, wanted, sources):
    """Install items; return those that changed something, and their differences."""
    install.sweep(sorted({item["dest"] if item["unpack"] else os.path.dirname(item["dest"]) for item in wanted}))
    staged = {}
    try:
        for item in wanted:
            if item["content"] is None and item["name"] not in sources:
                raise install.InstallError(
                    "{0} is needed and was not sent. Run the playbook again".format(item["name"])
                )
            staged[item["name"]] = install.stage(record, item, sources.get(item["name"]))
        if not module.params["replace_foreign"]:
            everything = {}
            for targets in staged.values():
                everything.update(targets)
            found = install.foreign(record, everything)
            if found:
                raise install.InstallError(install.foreign_message(found))
        changed, diffs = [], []
        for item in wanted:
            difference = plan.difference(record, item)
            if install.place(record, item, staged[item["name"]], registry.write):
                changed.append(item)
                diffs.append(difference)
        return changed, diffs
    finally:
        for targets in staged.values():
            install.discard(targets)


def plan_units(module, pending):
    """Return {unit: actions} for the units that need any."""
    planned = {}
    for unit in module.params["units"]:
        actions = units.plan(unit, units.read(module.run_command, unit["name"]), unit["name"] in pending)
        if actions:
            planned[unit["name"]] = actions
    return planned


def finish(module, changed, planned, diffs, gone):
    """End the module."""
    names = [item["name"] for item in changed]
    module.exit_json(
        changed=bool(names or planned or gone), needed=[], installed=names, units=planned, removed=gone, diff=diffs
    )


if __name__ == "__main__":
    main()
