# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0
"""Which disks are Ceph's, and that they are empty afterwards."""

import os

import pytest

from ansible_collections.kurl.ipv6.plugins.module_utils.host import reader, storage
from ansible_collections.kurl.ipv6.plugins.module_utils.reset import disks

LABEL = b"bluestore block device\n"


def device(name, **changes):
    whole = {"name": name, "kind": "disk", "bytes": 1 << 30, "read_only": False, "removable": False, "children": []}
    whole.update({"mounted": False, "content": "ceph_bluestore"})
    return dict(whole, **changes)


def test_only_disks_with_the_label_are_found_and_those_in_use_are_not_free():
    found = disks.judge(
        [
            device("vda", content="ext4"),
            device("vdb"),
            device("vdc", children=["dm-0"]),
            device("vdd", mounted=True),
            device("vde", read_only=True),
            device("vdf", content=""),
            device("vdg", content=None),
        ]
    )
    assert [(disk["device"], disk["free"]) for disk in found] == [
        ("/dev/vdb", True),
        ("/dev/vdc", False),
        ("/dev/vdd", False),
        ("/dev/vde", False),
    ]
    assert "dm-0" in found[1]["why"]


def test_volumes_of_lvm_are_named_and_not_wiped(tmp_path):
    folder = tmp_path / "sys" / "block" / "dm-0" / "dm"
    folder.mkdir(parents=True)
    (folder / "name").write_text("ceph--1--2-osd--block--3\n")
    (found,) = disks.volumes(reader.Reader(str(tmp_path)))
    assert (found["device"], found["free"]) == ("/dev/mapper/ceph--1--2-osd--block--3", False)
    assert found["remedy"].startswith("vgremove")


OURS, OTHERS = "11111111-2222-3333-4444-555555555555", "99999999-2222-3333-4444-555555555555"


def labelled(folder, name, osd):
    """A block device in a folder that stands for a host, with the label of an OSD."""
    for path, text in (("dev", "7:0"), ("size", str(1 << 21)), ("ro", "0"), ("removable", "0")):
        file = folder / "sys" / "block" / name / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    (folder / "dev").mkdir(exist_ok=True)
    (folder / "dev" / name).write_bytes(LABEL + osd.encode() + b"\n" + b"\0" * 4096)


def test_in_a_container_and_of_loop_devices_only_osds_of_this_host_are_ours(tmp_path):
    for number, osd in enumerate((OURS, OTHERS)):
        labelled(tmp_path, "loop%d" % number, osd)
        labelled(tmp_path, "vd%s" % "ab"[number], osd)

    def found(container):
        return sorted(disk["device"] for disk in disks.find(reader.Reader(str(tmp_path)), container))

    assert found(True) == []
    # What BlueStore lies on is the host's own outside of containers; a loop device may be anybody's file there, too.
    assert found(False) == ["/dev/vda", "/dev/vdb"]
    (tmp_path / "var" / "lib" / "rook" / "rook-ceph" / ("00000000-0000-0000-0000-000000000001_" + OURS)).mkdir(
        parents=True
    )
    assert found(True) == ["/dev/loop0", "/dev/vda"]
    assert found(False) == ["/dev/loop0", "/dev/vda", "/dev/vdb"]


@pytest.mark.parametrize("size", [23, 1 << 20, (1 << 30) + 12345, (11 << 30) + 1])
def test_ranges_lie_within_the_device(size):
    assert all(0 < length and offset + length <= size for offset, length in disks.ranges(size))


def test_the_label_and_its_copies_are_gone_and_the_rest_stays(tmp_path):
    path = tmp_path / "disk"
    kept = 200 * disks.MEBIBYTE
    with open(path, "wb") as stream:
        stream.truncate(11 * disks.GIBIBYTE)
        for offset in (0, disks.GIBIBYTE, 10 * disks.GIBIBYTE):
            stream.seek(offset)
            stream.write(LABEL)
        stream.seek(kept)
        stream.write(b"data")
    disks.wipe(str(path))
    with open(path, "rb") as stream:
        assert storage.signature(stream.read(storage.READ)) == ""
        for offset in (disks.GIBIBYTE, 10 * disks.GIBIBYTE):
            stream.seek(offset)
            assert stream.read(len(LABEL)) == b"\0" * len(LABEL)
        stream.seek(kept)
        assert stream.read(4) == b"data"
    assert os.path.getsize(path) == 11 * disks.GIBIBYTE


def test_a_device_without_the_label_is_left_alone(tmp_path):
    path = tmp_path / "disk"
    path.write_bytes(b"somebody's data" + b"\0" * 100000)
    disks.wipe(str(path))
    assert path.read_bytes().startswith(b"somebody's data")
