#!/usr/bin/python
# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0
"""Prepares a host for Kubernetes: kernel modules, swap, names of the nodes."""

DOCUMENTATION = r"""
module: host_setup
short_description: Load kernel modules, turn swap off and name the nodes
version_added: 0.1.0
description:
  - Loads kernel modules now, and at boot through C(/etc/modules-load.d/kurl-ipv6.conf). What is built into the kernel
    counts as loaded and is not listed. What the kernel does not have is reported, and does not fail.
  - Turns swap off now and for every boot. Lines of swap in C(/etc/fstab) become comments that can be told from others,
    after a copy was kept as C(/etc/fstab.kurl-ipv6). Units of swap that are not in C(/etc/fstab), such as those of
    zram-generator, are masked. In a container swap is the machine's and is left alone.
  - Keeps a block of C(/etc/hosts) that names all nodes, so that they find each other where there is no resolver. All
    other lines stay as they are.
author:
  - the kurl.ipv6 authors (@kurl-ipv6)
options:
  state:
    description:
      - V(present) prepares the host.
      - V(absent) removes our file of modules, our block of C(/etc/hosts), the comments in C(/etc/fstab) and the masks
        of units. Modules stay loaded. Swap is on again after the next boot, or C(swapon --all).
    type: str
    choices: [present, absent]
    default: present
  modules:
    description:
      - Kernel modules that are needed. One that can be loaded and fails to is an error; a missing one is a warning.
    type: list
    elements: str
    default: []
  optional_modules:
    description: Kernel modules that are loaded where there are any.
    type: list
    elements: str
    default: []
  swap_off:
    description: Turn swap off.
    type: bool
    default: true
  nodes:
    description: Names of nodes and their IPv6 addresses. Empty removes the block from C(/etc/hosts).
    type: dict
    default: {}
  nodes_complete:
    description: Whether O(nodes) are all nodes. If not, the names that the block already has stay in it.
    type: bool
    default: true
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
  - module: kurl.ipv6.forwarding
  - module: kurl.ipv6.host_readiness
"""

EXAMPLES = r"""
- name: Prepare a host
  kurl.ipv6.host_setup:
    modules: [br_netfilter, overlay, nf_conntrack]
    optional_modules: [ip6_tables]
    nodes:
      node1: fd00:10::11
      node2: fd00:10::12

- name: Take it back
  kurl.ipv6.host_setup:
    state: absent
"""

RETURN = r"""
loaded:
  description: Modules that were loaded, or would be in check mode.
  returned: success
  type: list
  elements: str
  sample: [br_netfilter]
missing:
  description: Modules of O(modules) that this kernel does not have.
  returned: success
  type: list
  elements: str
  sample: [wireguard]
swap:
  description: Devices and files of swap that were turned off, or would be in check mode.
  returned: success
  type: list
  elements: str
  sample: [/dev/sda3]
"""

import ipaddress
import os

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.kurl.ipv6.plugins.module_utils.host import kernel, netlink, reader, system
from ansible_collections.kurl.ipv6.plugins.module_utils.hostsetup import files, hosts, modules, swap

ITEM = "kernel-modules"
UNITS = "/etc/systemd/system"
#: The units of swap that we masked, one a line.
MASKED = "/var/lib/kurl-ipv6/masked-swap-units"


class Setup:
    """What has been found to change; with ``doing`` it is changed at once.

    Arguments:
        module: the AnsibleModule.
    """

    def __init__(self, module):
        self.module = module
        self.doing = not module.check_mode
        self.reader = reader.Reader()
        self.container = bool(system.container(self.reader))
        self.diff = []
        self.result = {"loaded": [], "missing": [], "swap": []}

    def note(self, name, before, after):
        """Add a part to the diff; whatever is noted is a change."""
        self.diff.append({"before_header": name, "after_header": name, "before": before, "after": after})

    def file(self, path, text, new, mode=None):
        """Give a file another text; an empty one removes a file that is ours alone."""
        if text == new:
            return
        self.note(path, text, new)
        if self.doing:
            files.write(self.module, path, new, mode)

    def command(self, words, problem):
        """Run a command; a failure ends the module."""
        code, out, err = self.module.run_command(words)
        if code != 0:
            self.module.fail_json(msg="{}: {}".format(problem, (err or out).strip()), cmd=" ".join(words))

    def modules(self, needed, optional):
        """Load modules and persist them."""
        release = self.reader.value("/proc/sys/kernel/osrelease") or os.uname().release
        host = modules.read(self.reader, netlink.Netlink(), release)
        plan = modules.plan(needed, optional, host, self.container)
        self.result["loaded"] = plan["load"]
        self.result["missing"] = plan["missing"]
        if plan["load"]:
            self.note("kernel modules", "", "".join(name + "\n" for name in plan["load"]))
        if self.doing:
            for name in plan["load"]:
                self.command(["modprobe", name], f"the kernel module {name} cannot be loaded")
            host = modules.read(self.reader, netlink.Netlink(), release) if plan["load"] else host
            refused = [name for name in plan["load"] if modules.state(name, host) == kernel.LOADABLE]
            if refused:
                self.module.fail_json(
                    msg="modprobe says that it loaded {0}, but the kernel does not have it. Is it forbidden? grep -r"
                    " {0} /etc/modprobe.d /usr/lib/modprobe.d".format(", ".join(refused))
                )
        for name in plan["missing"]:
            self.module.warn(f"kernel {release} has no module {name}, which is needed; preflight says how to get it")
        self.own_modules_file(modules.file_text(plan["persist"]))

    def own_modules_file(self, new):
        """Write our file of modules-load.d, or remove it where nothing is to be loaded."""
        text = files.text_of(modules.PATH)
        if not files.is_ours(modules.PATH, modules.HEADER):
            if new:
                self.module.fail_json(msg=files.foreign_message(modules.PATH))
            return
        if new:
            self.file(modules.PATH, text, new, 0o644)
            if self.doing:
                files.claim(ITEM, modules.PATH)
        elif os.path.lexists(modules.PATH):
            self.note(modules.PATH, text, "")
            if self.doing:
                os.unlink(modules.PATH)
                files.release(ITEM)

    def swap_off(self):
        """Turn swap off, now and for every boot."""
        if self.container:
            return
        active = [entry["device"] for entry in system.parse_swaps(self.reader.read("/proc/swaps") or "")]
        fstab = files.text_of(swap.FSTAB)
        listed = {os.path.realpath(swap.device_of(spec)) for spec in swap.specs(fstab)}
        # For every boot first: a run that is killed in between must not leave swap to come back.
        new = swap.without_swap(fstab)
        if new != fstab and self.doing and not os.path.exists(swap.BACKUP):
            files.write(self.module, swap.BACKUP, fstab, os.stat(swap.FSTAB).st_mode & 0o7777)
        self.file(swap.FSTAB, fstab, new)
        for device in active:
            if os.path.realpath(device) not in listed:
                self.mask(swap.unit_of(device))
        if new != fstab and self.doing:
            self.command(["systemctl", "daemon-reload"], "systemd cannot be told of the new /etc/fstab")
        if active:
            self.note("swap", "".join(device + "\n" for device in active), "")
            self.result["swap"] = active
            if self.doing:
                self.command(["swapoff", "--all"], "swap cannot be turned off")

    def mask(self, unit):
        """Mask a unit of swap that is not of /etc/fstab; a unit file that lies where the mask would is not ours."""
        path = f"{UNITS}/{unit}"
        if os.path.islink(path) and os.readlink(path) == "/dev/null":
            return
        if os.path.lexists(path):
            self.module.fail_json(
                msg=f"{path} turns swap on at boot, and is not ours to remove: systemctl disable --now {unit} && mv"
                f" {path} {path}.before"
            )
        self.note(path, "", "-> /dev/null\n")
        if self.doing:
            # Noted first: a mask that nobody remembers would never go away.
            masked = files.text_of(MASKED).splitlines()
            if unit not in masked:
                files.write(self.module, MASKED, "".join(name + "\n" for name in masked + [unit]), 0o644)
            os.symlink("/dev/null", path)

    def swap_back(self):
        """Take back what :meth:`swap_off` wrote."""
        fstab = files.text_of(swap.FSTAB)
        new = swap.with_swap(fstab)
        self.file(swap.FSTAB, fstab, new)
        if self.doing and os.path.exists(swap.BACKUP):
            os.unlink(swap.BACKUP)
        for unit in files.text_of(MASKED).splitlines():
            path = f"{UNITS}/{unit}"
            if os.path.islink(path) and os.readlink(path) == "/dev/null":
                self.note(path, "-> /dev/null\n", "")
                if self.doing:
                    os.unlink(path)
        if self.doing and os.path.exists(MASKED):
            os.unlink(MASKED)

    def names(self, nodes, complete):
        """Keep the block of /etc/hosts."""
        text = files.text_of(hosts.PATH)
        for name, address in hosts.contradictions(text, nodes):
            self.module.warn(
                f"{hosts.PATH} gives {name} the address {address}, and not only {nodes[name]}. Remove that line"
            )
        self.file(hosts.PATH, text, hosts.updated(text, nodes, complete))


def main():
    """Do one part after the other."""
    module = AnsibleModule(
        argument_spec={
            "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
            "modules": {"type": "list", "elements": "str", "default": []},
            "optional_modules": {"type": "list", "elements": "str", "default": []},
            "swap_off": {"type": "bool", "default": True},
            "nodes": {"type": "dict", "default": {}},
            "nodes_complete": {"type": "bool", "default": True},
        },
        supports_check_mode=True,
    )
    arguments = module.params
    for name, address in arguments["nodes"].items():
        try:
            ipaddress.IPv6Address(address)
        except ValueError:
            module.fail_json(msg=f"nodes: {name} has the address {address!r}, which is no IPv6 address")
    setup = Setup(module)
    try:
        if arguments["state"] == "present":
            setup.modules(arguments["modules"], arguments["optional_modules"])
            if arguments["swap_off"]:
                setup.swap_off()
            setup.names(arguments["nodes"], arguments["nodes_complete"])
        else:
            setup.own_modules_file("")
            setup.swap_back()
            setup.names({}, True)
    except OSError as error:
        module.fail_json(msg="{}: {}".format(error.filename or "the host", error.strerror or error))
    module.exit_json(changed=bool(setup.diff), diff=setup.diff, **setup.result)


if __name__ == "__main__":
    main()
