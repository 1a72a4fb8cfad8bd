# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0
"""Disks that Rook gave to Ceph: which they are, and how they become empty again.

Sources: BlueStore's label (``src/os/bluestore/BlueStore.cc``: at the start of a device, since Ceph 19 repeated at 1,
10, 100 and 1000 GiB), Rook's documentation on cleaning up a cluster (the first 100 MB).
"""

import os

from ansible_collections.kurl.ipv6.plugins.module_utils.host import storage

CONTENT = "ceph_bluestore"
#: Where Rook keeps a folder ``<namespace>/<cluster>_<OSD's UUID>`` for each OSD of the host.
FOLDER = "/var/lib/rook"
MEBIBYTE = 1 << 20
GIBIBYTE = 1 << 30
_HEAD = 100 * MEBIBYTE
_COPIES = (1 * GIBIBYTE, 10 * GIBIBYTE, 100 * GIBIBYTE, 1000 * GIBIBYTE)


def find(reader, container):
    """Return the block devices that hold data of Ceph.

    In a container disks are the machine's, and a loop device may be anybody's: there, and of those, only what Rook's
    own folder on this host names by the OSD's UUID is found.

    Arguments:
        reader: a Reader.
        container: whether the host is a container.
    Returns:
        ``[{"device" (path), "bytes", "content", "free" (may be wiped), "why" and "remedy" (if it may not)}]``.
    """
    ours = own_osds(reader)
    devices = [
        device
        for device in storage.block_devices(reader)
        if (device["kind"] != "loop" and not container) or _osd(reader, device) in ours
    ]
    return judge(devices) + ([] if container else volumes(reader))


def own_osds(reader):
    """Return the UUIDs of the OSDs that ran on this host, as Rook's folder has them."""
    found = set()
    for namespace in reader.names(FOLDER):
        for name in reader.names("{0}/{1}".format(FOLDER, namespace)):
            cluster, _line, osd = name.partition("_")
            if cluster and osd:
                found.add(osd)
    return found


def _osd(reader, device):
    if device["content"] != CONTENT:
        return None
    return storage.osd_uuid(reader.read_bytes("/dev/" + device["name"], storage.READ) or b"") or None


def volumes(reader):
    """Return the volumes of LVM that Ceph has made, which are not wiped: their groups may hold more."""
    found = []
    for name in reader.names("/sys/block"):
        volume = reader.value("/sys/block/{0}/dm/name".format(name)) or ""
        if volume.startswith("ceph--"):
            device = "/dev/mapper/" + volume
            found.append(
                {
                    "device": device,
                    "bytes": 0,
                    "content": "LVM",
                    "free": False,
                    "why": "it is a volume of LVM that Ceph has made",
                    "remedy": "vgremove --force $(lvs --noheadings --options vg_name {0})".format(device),
                }
            )
    return found


def judge(devices):
    """Return those of :func:`storage.block_devices` that hold data of Ceph. Pure."""
    found = []
    for device in devices:
        if device["content"] != CONTENT:
            continue
        why = ""
        if device["mounted"] or device["children"]:
            why = "it holds data of Ceph and is in use ({0})".format(", ".join(device["children"]) or "mounted")
        elif device["read_only"]:
            why = "it holds data of Ceph and cannot be written"
        found.append(
            {
                "device": "/dev/" + device["name"],
                "bytes": device["bytes"],
                "content": device["content"],
                "free": not why,
                "why": why,
                "remedy": "take it out of use, and reset again",
            }
        )
    return found


def ranges(size):
    """Return ``[(offset, length)]`` of what is overwritten on a device of ``size`` bytes."""
    wanted = [(0, _HEAD)] + [(offset, MEBIBYTE) for offset in _COPIES]
    return [(offset, min(length, size - offset)) for offset, length in wanted if offset < size]


def wipe(path):
    """Overwrite what makes a device one of Ceph's. Raises OSError.

    The copies of the label go before the label: a run that is killed must find the device again.
    """
    # O_EXCL: the kernel refuses a block device that is in use.
    descriptor = os.open(path, os.O_RDWR | os.O_EXCL)
    with os.fdopen(descriptor, "r+b", buffering=0) as device:
        size = device.seek(0, os.SEEK_END)
        device.seek(0)
        if storage.signature(device.read(storage.READ)) != CONTENT:
            return
        for offset, length in reversed(ranges(size)):
            first = offset + (length - 1) // MEBIBYTE * MEBIBYTE
            for start in range(first, offset - 1, -MEBIBYTE):
                device.seek(start)
                _write(device, b"\0" * min(MEBIBYTE, offset + length - start))
        os.fsync(device.fileno())


def _write(device, data):
    while data:
        data = data[device.write(data) :]
