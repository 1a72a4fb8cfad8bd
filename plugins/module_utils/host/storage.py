# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0
"""Space of the folders that fill, and block devices with what is on them."""

import re

#: Folders that an installation fills.
FOLDERS = ("/var/lib/kubelet", "/var/lib/containerd", "/var/lib/etcd", "/var/log", "/var/lib/rook", "/usr/local/bin")
#: Devices that are no disks: of memory, of files, of the network, read from discs, or made of other devices.
_NO_DISK = re.compile(r"^(?:ram|loop|zram|sr|fd|nbd|rbd|dm-|md|drbd|mtdblock)\d*")
#: ``offset``, ``magic``, ``name`` of what may be found on a device (libblkid's superblocks; the common ones).
SIGNATURES = (
    (0, b"bluestore block device", "ceph_bluestore"),
    (0, b"XFSB", "xfs"),
    (0, b"LUKS\xba\xbe", "crypto_LUKS"),
    (3, b"NTFS    ", "ntfs"),
    (54, b"FAT", "vfat"),
    (82, b"FAT32", "vfat"),
    (512, b"EFI PART", "partition table (gpt)"),
    (512, b"LABELONE", "LVM2_member"),
    (1080, b"\x53\xef", "ext4"),
    (4086, b"SWAPSPACE2", "swap"),
    (4096, b"\xfc\x4e\x2b\xa9", "linux_raid_member"),
    (65600, b"_BHRfS_M", "btrfs"),
    (32769, b"CD001", "iso9660"),
)
#: What BlueStore's label begins with; the OSD's UUID follows in the next line.
_BLUESTORE = re.compile(rb"bluestore block device\n([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\n")
#: Bytes of a device that are read; the last signature lies before.
READ = 66 * 1024


def signature(data):
    """Return what lies on a device, from its first bytes; empty if nothing that is known."""
    for offset, magic, name in SIGNATURES:
        if data[offset : offset + len(magic)] == magic:
            return name
    # A partition table of the old kind: the mark at the end of the first sector, and an entry in use.
    if data[510:512] == b"\x55\xaa" and any(data[446 + 16 * number + 4] for number in range(4)):
        return "partition table (dos)"
    return ""


def osd_uuid(data):
    """Return the UUID of the OSD whose BlueStore lies on a device, from its first bytes; empty if there is none."""
    found = _BLUESTORE.match(data)
    return found.group(1).decode("ascii") if found else ""


def parse_udev(text):
    """Return the properties (``E:`` lines) of a file of udev's database."""
    values = {}
    for line in text.splitlines():
        if line.startswith("E:"):
            key, _equals, value = line[2:].partition("=")
            values[key] = value
    return values


def parse_mounted(text):
    """Return the device numbers (``major:minor``) that /proc/self/mountinfo shows as mounted."""
    return {words[2] for words in (line.split() for line in text.splitlines()) if len(words) > 4}


def filesystems(reader):
    """Return ``[{"paths", "total", "available", "files", "files_free", "read_only"}]``, one a file system; bytes and
    inodes.

    A folder that does not exist yet lies on the file system of its nearest parent.
    """
    found = {}
    for folder in FOLDERS:
        path = folder
        while path and not reader.exists(path):
            path = path.rsplit("/", 1)[0]
        space = reader.space(path or "/")
        if space is None:
            continue
        entry = found.setdefault(space.pop("device"), dict(space, paths=[]))
        entry["paths"].append(folder)
    return list(found.values())


def _size(reader, folder):
    text = reader.value(folder + "/size") or ""
    return int(text) * 512 if text.isdecimal() else 0


def _content(reader, name, number):
    """Return what lies on a device: as udev recorded it, else by its first bytes; None if neither can be had."""
    recorded = reader.read("/run/udev/data/b" + number)
    if recorded is not None:
        values = parse_udev(recorded)
        table = values.get("ID_PART_TABLE_TYPE", "")
        if values.get("ID_FS_TYPE") or table:
            return values.get("ID_FS_TYPE") or "partition table ({})".format(table)
    data = reader.read_bytes("/dev/" + name, READ)
    return None if data is None else signature(data)


def block_devices(reader):
    """Return disks and their partitions, and loop devices that could be stored on: those that can be written.

    Returns:
        ``[{"name", "kind" (disk, part or loop), "bytes", "read_only", "removable", "children" (names of partitions and
        of devices made of it), "mounted", "content" (file system or other use; empty if none, None if unknown)}]``.
    """
    mounted = parse_mounted(reader.read("/proc/self/mountinfo") or "")
    swaps = {line.split()[0] for line in reader.lines("/proc/swaps")[1:] if line.split()}
    devices = []

    def add(name, folder, kind, removable):
        number = reader.value(folder + "/dev") or ""
        partitions = [part for part in reader.names(folder) if reader.exists("{}/{}/partition".format(folder, part))]
        holders = reader.names(folder + "/holders")
        devices.append(
            {
                "name": name,
                "kind": kind,
                "bytes": _size(reader, folder),
                "read_only": reader.value(folder + "/ro") == "1",
                "removable": removable,
                "children": partitions + holders,
                "mounted": number in mounted or "/dev/" + name in swaps,
                "content": _content(reader, name, number),
            }
        )
        for part in partitions:
            add(part, "{}/{}".format(folder, part), "part", removable)

    for name in reader.names("/sys/block")[:256]:
        folder = "/sys/block/" + name
        if not _NO_DISK.match(name) and _size(reader, folder):
            add(name, folder, "disk", reader.value(folder + "/removable") == "1")
        elif name.startswith("loop") and _size(reader, folder) and reader.value(folder + "/ro") != "1":
            # In a container /sys shows those of the machine; its own are in /dev.
            if reader.exists("/dev/" + name):
                add(name, folder, "loop", False)
    return devices


def collect(reader):
    """Return the facts ``filesystems``, ``block_devices`` and ``lvm2`` (whether LVM's program is installed)."""
    return {
        "filesystems": filesystems(reader),
        "block_devices": block_devices(reader),
        "lvm2": any(reader.exists(folder + "/lvm") for folder in ("/usr/sbin", "/sbin", "/usr/bin")),
    }
