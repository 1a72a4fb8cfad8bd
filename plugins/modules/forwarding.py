#!/usr/bin/python
# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0
"""Turns IPv6 forwarding on without losing the default route."""

DOCUMENTATION = r"""
module: forwarding
short_description: Turn IPv6 forwarding on without losing the default route
version_added: 0.1.0
description:
  - Sets C(net.ipv6.conf.all.forwarding) and C(net.bridge.bridge-nf-call-ip6tables) to 1, now and for every boot.
    IPv4 settings are left alone.
  - A kernel that handles router advertisements itself drops the default route that it learned the moment it begins to
    forward. On interfaces where it does, C(accept_ra) is set to 2 first. Where a program handles them, such as
    systemd-networkd or NetworkManager, the kernel's C(accept_ra) is 0 and is left alone. Where routes and addresses
    are static nothing is needed.
  - C(net.ipv6.conf.default.accept_ra) is left alone, because the interfaces of pods would inherit it, and a pod could
    then become the host's router.
  - Afterwards every default route must still be there. If one is not, everything is set back, the route is brought
    back, and the module fails and says what to do.
  - The settings are persisted in C(/etc/sysctl.d/90-kurl-ipv6.conf). No other file is written. A file that is applied
    later at boot and says otherwise is an error that names it, before anything is changed.
  - A run that was killed in the middle is taken up by the next one.
author:
  - the kurl.ipv6 authors (@kurl-ipv6)
options:
  state:
    description:
      - V(present) turns forwarding on.
      - V(absent) removes the file, and sets back the parameters that the module had changed.
    type: str
    choices: [present, absent]
    default: present
  bridge_netfilter:
    description:
      - Send packets between pods on one bridge through ip6tables. Needs the kernel module C(br_netfilter).
    type: bool
    default: true
extends_documentation_fragment:
  - ansible.builtin.action_common_attributes
attributes:
  check_mode:
    description: What would be changed is worked out. Whether the route stays can be seen only when it is done.
    support: full
  diff_mode:
    description: Shows the file, and the parameters of the running kernel.
    support: full
  platform:
    platforms: linux
notes:
  - Works with Python 3.6 and newer and the standard library alone.
  - What parameters were before the first change is kept in C(/var/lib/kurl-ipv6/forwarding.json).
seealso:
  - module: kurl.ipv6.host_readiness
  - module: kurl.ipv6.host_setup
  - name: Parameters of the kernel's IPv6
    description: What accept_ra and forwarding do.
    link: https://docs.kernel.org/networking/ip-sysctl.html
"""

EXAMPLES = r"""
- name: Let the host forward IPv6
  kurl.ipv6.forwarding:

- name: Show what that would change
  kurl.ipv6.forwarding:
  check_mode: true
  diff: true

- name: Take it back
  kurl.ipv6.forwarding:
    state: absent
"""

RETURN = r"""
router_advertisements:
  description:
    - Who handles router advertisements, for each interface that has a default route or learned something from a router.
    - V(kernel), V(networkd), V(NetworkManager), V(program) for any other program, or V(static) where nothing comes from
      advertisements.
  returned: success
  type: dict
  sample: {"eth0": "kernel"}
changes:
  description: The parameters of the running kernel that were changed, or would be in check mode, in this order.
  returned: success
  type: list
  elements: dict
  contains:
    name:
      description: The parameter.
      type: str
      sample: net.ipv6.conf.all.forwarding
    before:
      description: Its value before. V(null) if the kernel did not have it.
      type: str
      sample: "0"
    after:
      description: Its value now.
      type: str
      sample: "1"
default_routes:
  description: The IPv6 default routes after the change.
  returned: success
  type: list
  elements: str
  sample: ["default via fe80::1 dev eth0 metric 1024"]
contradictions:
  description: Settings of other files that are applied after ours at boot and undo it.
  returned: when there are any, on failure
  type: list
  elements: dict
  contains:
    name:
      description: The parameter.
      type: str
      sample: net.ipv6.conf.all.forwarding
    file:
      description: The file.
      type: str
      sample: /etc/sysctl.d/95-vendor.conf
    value:
      description: What it sets.
      type: str
      sample: "0"
    wanted:
      description: What is needed.
      type: str
      sample: "1"
file:
  description: The file that persists the parameters.
  returned: success
  type: str
  sample: /etc/sysctl.d/90-kurl-ipv6.conf
"""

import os

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.kurl.ipv6.plugins.module_utils.forwarding import change, journal, others, plan
from ansible_collections.kurl.ipv6.plugins.module_utils.host import collect, netlink, reader, sysctl, system
from ansible_collections.kurl.ipv6.plugins.module_utils.hostsetup import files

ITEM = "sysctl"


def main():
    """Read the host, work out what to do, do it."""
    module = AnsibleModule(
        argument_spec={
            "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
            "bridge_netfilter": {"type": "bool", "default": True},
        },
        supports_check_mode=True,
    )
    try:
        if module.params["state"] == "present":
            present(module)
        else:
            absent(module)
    except change.ForwardingError as error:
        module.fail_json(msg=str(error))
    except netlink.NetlinkError as error:
        module.fail_json(msg=f"the host's network cannot be read: {error}")
    except OSError as error:
        module.fail_json(msg="{}: {}".format(error.filename or "the host", error.strerror or error))


def observe():
    """Read what decides: the network, who manages it, and the interfaces' accept_ra."""
    host = reader.Reader()
    network = collect.read_network(netlink.Netlink())
    accepts = {link["name"]: host.value("/proc/sys/" + plan.accept_ra(link["name"])) for link in network["links"]}
    managers = system.network_managers(host, network["links"])
    return host, network, managers, accepts


def default_routes():
    """Read the default routes of now."""
    return collect.read_network(netlink.Netlink())["default_routes"]


def present(module):
    """Turn forwarding on."""
    host, network, managers, accepts = observe()
    if not host.exists("/proc/sys/net/ipv6"):
        module.fail_json(msg="the kernel has no IPv6: remove ipv6.disable=1 from its command line, or: modprobe ipv6")
    boot = host.value("/proc/sys/kernel/random/boot_id")
    making = change.Change(default_routes, network["links"], module.run_command)
    note = journal.read()
    if note["unfinished"] and not module.check_mode:
        recover(making, note, boot)
        host, network, managers, accepts = observe()
    routes = plan.usable(network["default_routes"])
    if not files.is_ours(plan.PATH, plan.HEADER):
        module.fail_json(msg=files.foreign_message(plan.PATH))

    text = files.text_of(plan.PATH)
    found = plan.handlers(network, managers, accepts, plan.kept_interfaces(text))
    settings = plan.wanted(found, module.params["bridge_netfilter"])
    against = plan.contradictions(sysctl.boot_files(host), settings, others.later(host, found))
    if against:
        shown = [
            dict(name=plan.dotted(entry["path"]), **{key: entry[key] for key in ("file", "value", "wanted")})
            for entry in against
        ]
        module.fail_json(msg=plan.contradiction_message(against), contradictions=shown)
    steps = plan.changes(settings, {path: host.value("/proc/sys/" + path) for path, _value in settings})
    new_text = plan.file_text(settings)
    file_changes = new_text != text or (os.stat(plan.PATH).st_mode & 0o7777) != 0o644

    if not module.check_mode:
        if steps:
            for step in steps:
                if step["before"] is not None:
                    note["before"].setdefault(step["path"], step["before"])
            # Noted before anything changes, for the run after one that is killed in the middle.
            note["unfinished"] = {
                "values": [[step["path"], step["before"]] for step in steps],
                "routes": routes,
                "boot": boot,
            }
            journal.write(note)
            by_program = any(handler not in ("kernel", "static") for handler in found.values())
            try:
                making.make(steps, routes, change.SETTLE if by_program else 0)
            except change.ForwardingError:
                # What was set back is not ours to remember.
                note["before"] = {
                    path: before for path, before in note["before"].items() if host.value("/proc/sys/" + path) != before
                }
                raise
            finally:
                note["unfinished"] = None
                journal.write(note)
        if file_changes:
            files.write(module, plan.PATH, new_text, 0o644)
        files.claim(ITEM, plan.PATH)
        routes = plan.usable(default_routes())
    finish(module, found, steps, routes, [difference(plan.PATH, text, new_text)] if file_changes else [])


def recover(making, note, boot):
    """Undo a change that was begun and not finished, if a default route has gone since; it is then made anew."""
    unfinished = note["unfinished"]
    if unfinished["boot"] == boot and plan.lost(unfinished["routes"], plan.usable(default_routes())):
        making.undo(unfinished["values"], unfinished["routes"])
    note["unfinished"] = None
    journal.write(note)


def absent(module):
    """Remove our file and set back what we changed."""
    host, network, managers, accepts = observe()
    text = files.text_of(plan.PATH)
    note = journal.read()
    ours = os.path.lexists(plan.PATH) and files.is_ours(plan.PATH, plan.HEADER)
    found = plan.handlers(network, managers, accepts)
    steps = []
    for path, before in sorted(note["before"].items(), key=lambda entry: entry[0] != plan.FORWARDING):
        now = host.value("/proc/sys/" + path)
        # What has another value by now was set by somebody else.
        if now is not None and now != before and now == ("2" if path.endswith("/accept_ra") else "1"):
            steps.append({"path": path, "before": now, "after": before})
    routes = plan.usable(network["default_routes"])
    if not module.check_mode:
        change.Change(default_routes, network["links"], module.run_command).make(steps, routes, 0)
        if ours:
            os.unlink(plan.PATH)
        files.release(ITEM)
        journal.remove()
        routes = plan.usable(default_routes())
    finish(module, found, steps, routes, [difference(plan.PATH, text, "")] if ours else [])


def finish(module, found, steps, routes, diff):
    """Return the result."""
    shown = [dict(name=plan.dotted(step["path"]), before=step["before"], after=step["after"]) for step in steps]
    if shown:
        before = "".join("{} = {}\n".format(entry["name"], entry["before"]) for entry in shown)
        after = "".join("{} = {}\n".format(entry["name"], entry["after"]) for entry in shown)
        diff = [difference("parameters of the running kernel", before, after)] + diff
    module.exit_json(
        changed=bool(diff),
        router_advertisements=found,
        changes=shown,
        default_routes=[plan.route_text(route) for route in routes],
        file=plan.PATH,
        diff=diff,
    )


def difference(name, before, after):
    """Return one part of the diff."""
    return {"before_header": name, "after_header": name, "before": before, "after": after}


if __name__ == "__main__":
    main()
