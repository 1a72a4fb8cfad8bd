#!/usr/bin/python
# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0
"""Takes nodes that have left out of what a node that stays keeps about them."""

DOCUMENTATION = r"""
module: node_forget
short_description: Forget nodes that have left the cluster
version_added: 0.1.0
description:
  - Takes nodes out of the collection's block of C(/etc/hosts), and their API servers out of the load balancer of this
    node, which is restarted then. What is not there is not changed.
author:
  - the kurl.ipv6 authors (@kurl-ipv6)
options:
  left:
    description: What M(kurl.ipv6.node_removal) returned.
    type: list
    elements: dict
    default: []
    suboptions:
      host:
        description: Name in the inventory.
        type: str
        required: true
      node:
        description: Name in the cluster.
        type: str
        required: true
      addresses:
        description: All addresses.
        type: list
        elements: str
        default: []
extends_documentation_fragment:
  - ansible.builtin.action_common_attributes
attributes:
  check_mode:
    support: full
  diff_mode:
    support: full
  platform:
    platforms: linux
notes:
  - Works with Python 3.6 and newer and the standard library alone.
seealso:
  - module: kurl.ipv6.node_removal
"""

EXAMPLES = r"""
- name: Forget a node
  kurl.ipv6.node_forget:
    left:
      - host: node3
        node: node3
        addresses: [fd00:10::13]
"""

RETURN = r"""
files:
  description: Files that were changed, or would be in check mode.
  returned: success
  type: list
  elements: str
  sample: [/etc/hosts, /etc/kurl-ipv6/haproxy.cfg]
"""

import contextlib

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.kurl.ipv6.plugins.module_utils.hostfiles import install, lock, plan, registry, units
from ansible_collections.kurl.ipv6.plugins.module_utils.hostsetup import files, hosts
from ansible_collections.kurl.ipv6.plugins.module_utils.removal import backends


def main():
    """Change both files, as far as they name the nodes."""
    options = {
        "host": {"type": "str", "required": True},
        "node": {"type": "str", "required": True},
        "addresses": {"type": "list", "elements": "str", "default": []},
    }
    module = AnsibleModule(
        argument_spec={"left": {"type": "list", "elements": "dict", "default": [], "options": options}},
        supports_check_mode=True,
    )
    left = module.params["left"]
    addresses = [address for entry in left for address in entry["addresses"]]
    try:
        diff = []
        text = files.text_of(hosts.PATH)
        new = backends.without_names(text, [entry["node"] for entry in left], addresses)
        if new != text:
            diff.append(difference(hosts.PATH, text, new))
            if not module.check_mode:
                files.write(module, hosts.PATH, new)
        with contextlib.ExitStack() as held:
            if not module.check_mode:
                held.enter_context(lock.hold())
            diff += load_balancer(module, [entry["host"] for entry in left], addresses)
    except (install.InstallError, plan.PlanError, units.UnitError, lock.Busy) as error:
        module.fail_json(msg=str(error))
    except OSError as error:
        module.fail_json(msg="{0}: {1}".format(error.filename or "the host", error.strerror or error))
    module.exit_json(changed=bool(diff), files=[part["before_header"] for part in diff], diff=diff)


def difference(name, before, after):
    """Return one part of the diff."""
    return {"before_header": name, "after_header": name, "before": before, "after": after}


def load_balancer(module, names, addresses):
    """Take API servers out of the load balancer's configuration; return what differs.

    It goes the way of the other files of the collection, so that ``site`` finds it as it would write it, and a restart
    that a killed run did not come to is made up for.
    """
    record = registry.read()
    if backends.PATH not in registry.owned(record):
        return []
    text = files.text_of(backends.PATH)
    new = backends.without_backends(text, names, addresses)
    if new == text and backends.UNIT not in record["pending"]:
        return []
    changed = [difference(backends.PATH, text, new)]
    if module.check_mode:
        return changed
    item = {"name": backends.ITEM, "dest": backends.PATH, "content": new, "mode": "0644", "src": "", "sha256": ""}
    item.update({"unpack": False, "strip": 0, "units": [backends.UNIT]})
    unit = {"name": backends.UNIT, "started": True}
    (item,) = plan.complete([item], [unit])
    staged = install.stage(record, item, None)
    try:
        install.place(record, item, staged, registry.write)
    finally:
        install.discard(staged)
    actions = units.plan(unit, units.read(module.run_command, backends.UNIT), backends.UNIT in record["pending"])
    units.act(module.run_command, backends.UNIT, actions, True)
    record["pending"] = [name for name in record["pending"] if name != backends.UNIT]
    registry.write(record)
    return changed


if __name__ == "__main__":
    main()
