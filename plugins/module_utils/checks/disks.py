# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0
"""Checks of space and of the block devices that Rook would take."""

import re

from ansible_collections.kurl.ipv6.plugins.module_utils.checks.registry import check

GIB = 1024**3
#: Shares below which kubelet evicts pods and taints the node: nodefs.available 10 %, imagefs.available 15 %,
#: nodefs.inodesFree 5 % (kubelet's defaults).
EVICTION = {"/var/lib/kubelet": 0.10, "/var/lib/containerd": 0.15}
INODES = 0.05
#: What an installation itself writes, and what kURL asks for.
NEEDED, RECOMMENDED = 4 * GIB, 10 * GIB
#: Smallest device that Rook takes (ceph-volume: "Insufficient space (<5GB)"), and what kURL asks for.
SMALLEST, WANTED = 5 * GIB, 10 * GIB
#: What a device of Ceph's holds.
CONTENT = "ceph_bluestore"


def size(number):
    """Return bytes as text: ``72.5 GiB``."""
    return "{:.1f} GiB".format(number / GIB)


def _applies(path, host):
    if path == "/var/lib/etcd":
        return host.control_plane
    return path != "/var/lib/rook" or bool(host.plan.get("rook_version"))


@check(
    "disk.space",
    title="disk space",
    why="kubelet evicts pods and takes no new ones where less than 10 % (15 % for images) of the file system is free.",
    reference="kURL: host preflights; kubelet: default hard eviction thresholds",
    remedy="Make room, or put a larger file system there.",
    needs=("filesystems",),
)
def space(host, verdict):
    """Every file system that an installation fills: kubelet's thresholds, what is written, inodes, read-only."""
    good = []
    for entry in host.facts["filesystems"]:
        paths = [path for path in entry["paths"] if _applies(path, host)]
        if not paths:
            continue
        where = ", ".join(paths)
        case = paths[0].rsplit("/", 1)[-1]
        available, total = entry["available"], entry["total"]
        threshold = max([EVICTION.get(path, 0) for path in paths])
        words = "{} of {} free for {}".format(size(available), size(total), where)
        if entry["read_only"]:
            verdict.fail(
                f"read-only: {where}",
                case=case,
                expected="a file system that can be written",
                remedy="mount -o remount,rw /",
            )
        elif total and (available < NEEDED or available < threshold * total):
            verdict.fail(
                words,
                case=case,
                expected="at least {}{}".format(
                    size(NEEDED),
                    ", and {:.0f} %, below which kubelet evicts pods".format(threshold * 100) if threshold else "",
                ),
                remedy="du -xh --max-depth=2 {} | sort -h | tail   # what is large?".format(_existing_parent(paths[0])),
            )
        elif entry["files"] and entry["files_free"] < INODES * entry["files"]:
            verdict.fail(
                "{:.1f} % of the inodes free for {}".format(100.0 * entry["files_free"] / entry["files"], where),
                case=case,
                expected="at least 5 %, below which kubelet evicts pods",
                remedy="df -i {}".format(_existing_parent(paths[0])),
            )
        elif total and available < RECOMMENDED:
            verdict.warn(
                words,
                case=case,
                expected=f"at least {size(RECOMMENDED)}",
                remedy="du -xh --max-depth=2 {} | sort -h | tail   # what is large?".format(_existing_parent(paths[0])),
            )
        else:
            good.append(words)
    if good:
        verdict.passed("; ".join(good))
    elif not verdict.findings:
        verdict.skip("no file system could be read")


def _existing_parent(path):
    return "/var" if path.startswith("/var/") else path


def rejection(device):
    """Say why Rook would not take a block device, empty if it would."""
    if device["read_only"]:
        return "read-only"
    if device["removable"]:
        return "removable"
    if device["children"]:
        return "in use by {}".format(", ".join(device["children"][:3]))
    if device["mounted"]:
        return "mounted"
    if device["bytes"] < SMALLEST:
        return "smaller than {}".format(size(SMALLEST))
    if device["content"]:
        return "holds {}".format(device["content"])
    if device["content"] is None:
        return "could not be read"
    return ""


class Choice:
    """Which devices of a host the plan wants.

    Arguments:
        plan: with ``rook_block_device_filter`` and ``rook_nodes``, as the role ``rook`` has them.
        name: the node's name, which is the host's.

    Attributes:
        chosen: whether the host is to store at all.
        names: the devices that are named exactly, as the plan writes them; empty if none is.
    """

    def __init__(self, plan, name):
        nodes = [node for node in plan.get("rook_nodes") or [] if isinstance(node, dict)]
        mine = [node for node in nodes if str(node.get("name", "")).lower() == str(name).lower()]
        entry = mine[0] if mine else {}
        self.chosen = not nodes or bool(mine)
        self.names = [
            str(device["name"])
            for device in entry.get("devices") or []
            if isinstance(device, dict) and device.get("name")
        ]
        self._filter = str(entry.get("deviceFilter") or plan.get("rook_block_device_filter") or "")
        self._path_filter = str(entry.get("devicePathFilter") or "")

    def refusal(self, device):
        """Say why the plan does not want a device, empty if it does. Go's regular expressions search, as these do."""
        name = device["name"]
        if self.names:
            return "" if {name, "/dev/" + name} & set(self.names) else "not named in rook.nodes"
        if device["kind"] == "loop":
            return "a loop device, which is taken only where rook.nodes names it"
        try:
            if self._path_filter:
                fits = re.search(self._path_filter, "/dev/" + name)
            else:
                fits = re.search(self._filter, name)
        except re.error:
            return ""  # Go's expressions are not quite Python's; the spec's own check judges them.
        return "" if fits else "does not match {}".format(self._path_filter or self._filter)

    def unseen(self, devices):
        """Return the named devices that are not among a host's."""
        seen = {device["name"] for device in devices}
        return [name for name in self.names if name not in seen and name.partition("/dev/")[2] not in seen]


def choice(host_facts, plan):
    """Return the Choice for a host's facts."""
    return Choice(plan, host_facts.get("hostname") or "")


def judged(host_facts, plan):
    """Return the devices of a host with why each would not be taken, ``[(device, reason)]``; an empty reason is a yes.

    Loop devices are left out where none is named: they are files of somebody else's.
    """
    wanted = choice(host_facts, plan)
    found = []
    for device in host_facts["block_devices"]:
        if device["kind"] != "loop" or wanted.names:
            found.append((device, wanted.refusal(device) or rejection(device)))
    return found


def meant(host_facts, plan):
    """Tell whether a host's devices are its own to give: in a container only those that the plan names exactly are."""
    return not host_facts.get("container") or bool(choice(host_facts, plan).names)


def _sized(devices):
    more = ", and {} more".format(len(devices) - 8) if len(devices) > 8 else ""
    return ", ".join("{} ({})".format(device["name"], size(device["bytes"])) for device in devices[:8]) + more


_LOOK = "lsblk -o NAME,SIZE,TYPE,FSTYPE,MOUNTPOINT"


@check(
    "disk.rook",
    title="block device for Rook",
    why=(
        "Rook stores on raw devices: whole disks or partitions without a file system, that blockDeviceFilter or nodes"
        " of the spec means. Directories are no longer supported. What holds data is never touched."
    ),
    reference="Rook: prerequisites, CephCluster storage selection; ceph-volume inventory; kURL: block device preflight",
    remedy="Attach an empty disk, or wipe one: wipefs --all /dev/<disk>",
    needs=("block_devices",),
)
def rook_devices(host, verdict):
    """Which devices Rook would take, and why not the others. One host without any does not stop Rook on several; a
    host whose devices the spec names must have one of them.
    """
    if not host.plan.get("rook_version"):
        verdict.skip("Rook is not planned")
        return
    wanted = choice(host.facts, host.plan)
    if not wanted.chosen:
        verdict.skip("rook.nodes of the spec does not name this host")
        return
    if not meant(host.facts, host.plan):
        verdict.skip("the disks are the machine's, not the container's")
        return
    found = judged(host.facts, host.plan)
    taken = [device for device, reason in found if not reason]
    stored = [device for device, reason in found if reason and device["content"] == CONTENT]
    running = host.joined and bool(host.facts.get("remains", {}).get("rook"))
    others = "; ".join("{}: {}".format(device["name"], reason) for device, reason in found if reason) or "no disks"
    unseen = wanted.unseen(host.facts["block_devices"])
    if unseen:
        # Names such as /dev/disk/by-id/... and /dev/vg/lv lead to devices that are called otherwise.
        others += "; not seen by that name: " + ", ".join(unseen)
    if taken:
        words = "Rook would take {}{}".format(
            _sized(taken), "; not " + others if len(taken) < len(found) or unseen else ""
        )
        small = [device for device in taken if device["bytes"] < WANTED]
        if small:
            verdict.warn(
                words,
                expected="disks of at least {}".format(size(WANTED)),
                remedy="{}\n# larger disks, or a rook.blockDeviceFilter that leaves out {}".format(
                    _LOOK, ", ".join(device["name"] for device in small)
                ),
            )
        else:
            verdict.passed(words)
    elif running and (stored or not wanted.names):
        # What a running OSD holds the kernel may not let anybody else read.
        verdict.info(
            "no empty device, Rook's data is already here ({})".format(others), expected="an empty disk, or Rook's own"
        )
    elif wanted.names and len(unseen) < len(wanted.names):
        verdict.fail(
            "none of the devices that rook.nodes names can be taken ({})".format(others),
            expected="an empty one among {}".format(", ".join(wanted.names)),
            remedy=_LOOK + "\n# what holds data is never touched; when you do not need it: wipefs --all /dev/<disk>",
        )
    else:
        verdict.info(
            "no device that Rook would take ({})".format(others),
            expected="an empty disk or partition of at least {}, on one host at least".format(size(WANTED)),
            remedy=_LOOK + "\n# attach an empty disk, or wipe one whose data you do not need: wipefs --all /dev/<disk>",
        )
