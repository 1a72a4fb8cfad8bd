# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0
"""Checks of what Rook needs of a host besides its disks."""

from ansible_collections.kurl.ipv6.plugins.module_utils.checks import disks
from ansible_collections.kurl.ipv6.plugins.module_utils.checks.registry import check

GIB = 1024**3
#: What Rook advises for its daemons (advisory minima of its operator: mon 1024 MB, mgr 512, osd 2048).
DAEMONS, OSD = 1.5 * GIB, 2 * GIB
#: Keys of ``storage.nodes[].config`` and of ``devices[].config`` for which Rook makes volumes of LVM.
_LVM_KEYS = ("metadataDevice", "encryptedDevice", "osdsPerDevice")


def _stores(host, verdict):
    """Tell whether the host is to store; skip the check otherwise."""
    if not host.plan.get("rook_version"):
        verdict.skip("Rook is not planned")
    elif not disks.choice(host.facts, host.plan).chosen:
        verdict.skip("rook.nodes of the spec does not name this host")
    else:
        return True
    return False


@check(
    "rook.memory",
    title="memory for Ceph",
    why="A monitor, a manager and an OSD for each disk run beside Kubernetes; short of memory the kernel kills them.",
    reference="Rook: CephCluster, resource requirements",
    remedy="More memory, or smaller settings of Ceph in rook_ceph_config (osd_memory_target).",
    needs=("memory_bytes", "block_devices"),
)
def memory(host, verdict):
    """Rook's advisory minima for the devices that it would take, above what Kubernetes itself needs."""
    if not _stores(host, verdict):
        return
    taken = [
        device
        for device, reason in (disks.judged(host.facts, host.plan) if disks.meant(host.facts, host.plan) else [])
        if not reason or device["content"] == disks.CONTENT
    ]
    needed = 2 * GIB + DAEMONS + OSD * max(len(taken), 1)
    there = host.facts["memory_bytes"]
    words = "{:.1f} GiB".format(there / GIB)
    if not there:
        verdict.skip("the kernel does not say")
    elif there < needed:
        verdict.warn(
            words,
            expected="{:.1f} GiB for Kubernetes, Ceph's monitor and manager, and {} OSD{}".format(
                needed / GIB, max(len(taken), 1), "" if len(taken) < 2 else "s"
            ),
            remedy='# more memory, or in the inventory: rook_ceph_config: {osd: {osd_memory_target: "939524096"}}',
        )
    else:
        verdict.passed(words)


def _lvm_wanted(plan):
    """Return for what the plan needs LVM, empty if for nothing."""
    for node in plan.get("rook_nodes") or []:
        devices = [device for device in node.get("devices") or [] if isinstance(device, dict)]
        for config in [node.get("config") or {}] + [device.get("config") or {} for device in devices]:
            for key in _LVM_KEYS:
                value = str(config.get(key) or "").lower()
                if value and value not in ("false", "1" if key == "osdsPerDevice" else ""):
                    return key
        for device in devices:
            name = str(device.get("name") or "")
            if name.startswith("/dev/mapper/") or name.count("/") == 3 and not name.startswith("/dev/disk/"):
                return "the logical volume " + name
    return ""


@check(
    "rook.lvm2",
    title="lvm2",
    why="Ceph on logical volumes, encrypted, or with its metadata elsewhere, is started by the host's LVM.",
    reference="Rook: prerequisites, LVM package; kURL: add-on rook",
    remedy="apt-get install lvm2, or dnf install lvm2",
    needs=("lvm2",),
)
def lvm2(host, verdict):
    """Needed for encryption, metadata devices, several OSDs on a disk, and logical volumes; else only good to have."""
    if not _stores(host, verdict):
        return
    wanted = _lvm_wanted(host.plan)
    install = "dnf install -y lvm2" if host.family == "rhel" else "apt-get install -y lvm2"
    if host.facts["lvm2"]:
        verdict.passed("installed")
    elif wanted:
        verdict.fail("not installed", expected="installed: rook.nodes has {}".format(wanted), remedy=install)
    else:
        verdict.info("not installed, not needed for whole disks and partitions", expected="any")


@check(
    "module.ceph",
    title="kernel module ceph",
    why="The shared file system is mounted by the kernel; without its module volumes are mounted by a slower program.",
    reference="Rook: prerequisites, CephFS",
    remedy="modprobe ceph, and in /etc/modules-load.d",
    needs=("modules",),
)
def ceph(host, verdict):
    """Good to have, unless the spec leaves out the shared file system."""
    if not host.plan.get("rook_version"):
        verdict.skip("Rook is not planned")
    elif host.plan.get("rook_shared_filesystem_disabled"):
        verdict.skip("the spec leaves out the shared file system")
    elif host.module("ceph") == "missing":
        verdict.info("missing: the shared file system is mounted by ceph-fuse", expected="any")
    else:
        verdict.passed(host.module("ceph"))
