# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0
"""What lies on a disk, and what room there is."""

import os
import shutil
import subprocess

import pytest

from ansible_collections.kurl.ipv6.plugins.module_utils.host import storage
from ansible_collections.kurl.ipv6.plugins.module_utils.host.reader import Reader


def put(root, files):
    """Write files below a root."""
    for path, content in files.items():
        target = str(root) + path
        os.makedirs(os.path.dirname(target), exist_ok=True)
        with open(target, "wb") as stream:
            stream.write(content if isinstance(content, bytes) else content.encode())
    return Reader(str(root))


def at(offset, magic):
    """Bytes of a device with a mark at a place."""
    return (b"\0" * offset + magic).ljust(70000, b"\0")


@pytest.mark.parametrize(
    "data, name",
    [
        (at(0, b""), ""),
        (b"", ""),
        (at(0, b"bluestore block device\n"), "ceph_bluestore"),
        (at(1080, b"\x53\xef"), "ext4"),
        (at(65600, b"_BHRfS_M"), "btrfs"),
        (at(446 + 4, b"\x83" + b"\0" * 59 + b"\x55\xaa"), "partition table (dos)"),
        (at(510, b"\x55\xaa"), ""),  # a boot sector without any partition
    ],
)
def test_what_the_first_bytes_say(data, name):
    assert storage.signature(data) == name


@pytest.mark.parametrize(
    "program, name",
    [
        (["mkfs.ext4", "-q", "-F"], "ext4"),
        (["mkfs.xfs", "-q", "-f"], "xfs"),
        (["mkswap"], "swap"),
        (["mkfs.vfat"], "vfat"),
        (["mkfs.btrfs", "-q", "-f"], "btrfs"),
    ],
)
def test_what_real_programs_write_is_recognized(tmp_path, program, name):
    path = shutil.which(program[0], path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin")
    if not path:
        pytest.skip("no " + program[0] + " here")
    disk = tmp_path / "disk"
    with open(str(disk), "wb") as stream:
        stream.truncate(400 * 1024 * 1024)
    subprocess.run([path] + program[1:] + [str(disk)], check=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    with open(str(disk), "rb") as stream:
        assert storage.signature(stream.read(storage.READ)) == name


def disk(name, number, sectors=209715200, ro="0", removable="0"):
    """Files of /sys for a disk."""
    folder = "/sys/block/" + name
    return {
        folder + "/dev": number,
        folder + "/size": str(sectors),
        folder + "/ro": ro,
        folder + "/removable": removable,
    }


def test_disks_partitions_and_what_uses_them(tmp_path):
    files = {}
    files.update(disk("sda", "8:0"))
    files.update(disk("sdb", "8:16", removable="1"))
    files.update(disk("sdc", "8:32", ro="1"))
    files.update(disk("nvme0n1", "259:0"))
    files.update(disk("loop0", "7:0"))
    files.update(disk("sr0", "11:0"))
    files.update(disk("dm-0", "253:0"))
    files.update(disk("sdd", "8:48", sectors=0))  # a card reader without a card
    files["/sys/block/sda/sda1/partition"] = "1"
    files["/sys/block/sda/sda1/dev"] = "8:1"
    files["/sys/block/sda/sda1/size"] = "2048000"
    files["/sys/block/sda/sda1/holders/dm-0/x"] = ""
    files["/proc/self/mountinfo"] = "22 1 259:0 / /data rw - xfs /dev/nvme0n1 rw\n"
    files["/run/udev/data/b259:0"] = "E:ID_FS_TYPE=xfs\n"
    files["/dev/sda"] = at(512, b"EFI PART")
    files["/dev/sda1"] = at(512, b"LABELONE")
    files["/dev/sdb"] = b""
    found = {entry["name"]: entry for entry in storage.block_devices(put(tmp_path, files))}
    assert sorted(found) == ["nvme0n1", "sda", "sda1", "sdb", "sdc"]
    assert found["sda"]["children"] == ["sda1"] and found["sda"]["content"] == "partition table (gpt)"
    assert found["sda1"]["kind"] == "part" and found["sda1"]["children"] == ["dm-0"]
    assert found["sda1"]["bytes"] == 2048000 * 512 and found["sda1"]["content"] == "LVM2_member"
    assert found["sdb"]["removable"] and found["sdb"]["content"] == ""
    assert found["sdc"]["read_only"] and found["sdc"]["content"] is None
    assert found["nvme0n1"]["mounted"] and found["nvme0n1"]["content"] == "xfs"


def test_a_loop_device_of_the_host_that_can_be_written_counts(tmp_path):
    files = {}
    for number in range(4):
        files.update(disk("loop%d" % number, "7:%d" % number, sectors=0 if number == 3 else 2048, ro="01"[number == 2]))
    # loop1 is the machine's that runs this container, loop2 is read only, loop3 has no file.
    for number in (0, 2, 3):
        files["/dev/loop%d" % number] = b""
    found = storage.block_devices(put(tmp_path, files))
    assert [(entry["name"], entry["kind"]) for entry in found] == [("loop0", "loop")]


def test_the_osd_of_a_label():
    uuid = b"11111111-2222-3333-4444-555555555555"
    assert storage.osd_uuid(b"bluestore block device\n" + uuid + b"\n\0") == uuid.decode()
    for data in (b"", b"bluestore block device\n", b"x" + uuid, b"bluestore block device\n" + uuid[:-1] + b"\n"):
        assert storage.osd_uuid(data) == ""


def test_what_udev_knows_is_not_read_again(tmp_path):
    files = disk("sda", "8:0")
    files["/run/udev/data/b8:0"] = "E:ID_PART_TABLE_TYPE=gpt\n"
    files["/dev/sda"] = at(0, b"XFSB")
    assert storage.block_devices(put(tmp_path, files))[0]["content"] == "partition table (gpt)"


def test_a_device_that_is_swap_is_in_use(tmp_path):
    files = disk("sda", "8:0")
    files["/proc/swaps"] = "Filesystem Type Size Used Priority\n/dev/sda partition 1 0 -2\n"
    assert storage.block_devices(put(tmp_path, files))[0]["mounted"]


def test_folders_that_do_not_exist_yet_lie_where_their_parents_do(tmp_path):
    reader = put(tmp_path, {"/var/lib/x": ""})
    found = storage.filesystems(reader)
    assert len(found) == 1 and found[0]["paths"] == list(storage.FOLDERS)
    assert 0 < found[0]["available"] <= found[0]["total"] and not found[0]["read_only"]


def test_this_machines_space_agrees_with_statvfs():
    found = storage.filesystems(Reader())
    status = os.statvfs("/var/log")
    total = next(entry["total"] for entry in found if "/var/log" in entry["paths"])
    assert total == status.f_blocks * status.f_frsize
