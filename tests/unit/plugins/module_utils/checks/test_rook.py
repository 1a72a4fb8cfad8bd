# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0
"""Which devices the plan means for Rook, on one host and over all, and what else Rook needs of a host."""

import pytest

from ansible_collections.kurl.ipv6.plugins.module_utils.checks import catalogue, disks
from ansible_collections.kurl.ipv6.plugins.module_utils.checks.fleet import Fleet
from ansible_collections.kurl.ipv6.tests.unit.plugins.module_utils.checks import recorded

GIB = 1024**3
VERSION = {"rook_version": "1.18.11"}


def device(name="vdb", **more):
    """A block device of the facts."""
    base = {"kind": "disk", "bytes": 20 * GIB, "read_only": False, "removable": False, "children": [], "mounted": False}
    return dict(dict(base, name=name, content=""), **more)


def loop(name="loop0", **more):
    """A loop device of the facts."""
    return device(name, kind="loop", **more)


def nodes(*devices, name="node-1", **more):
    """``rook.nodes`` that names devices of one host."""
    entry = dict({"name": name}, **more)
    if devices:
        entry["devices"] = [{"name": item} for item in devices]
    return dict(VERSION, rook_nodes=[entry])


def judged(check_id, plan, **facts):
    """Return the finding of a check on a host called node-1."""
    whole = dict(recorded.facts(), hostname="node-1", **facts)
    found = recorded.one(recorded.judge(whole, plan), check_id)
    if found["status"] == "fail":
        assert found["observed"] and found["expected"] and found["remedy"]
    return found


def disk(plan, *devices, **facts):
    """Return status and words of what is said of a host's disks."""
    found = judged("disk.rook", plan, block_devices=list(devices), **facts)
    return found["status"], found["observed"]


def test_the_plan_names_each_disk_and_why_not_the_others():
    status, words = disk(VERSION, device("vda", children=["vda1"]), device("vdb"), device("vdc", content="ext4"))
    assert status == "pass"
    assert words == "Rook would take vdb (20.0 GiB); not vda: in use by vda1; vdc: holds ext4"


def test_the_filter_decides():
    plan = dict(VERSION, rook_block_device_filter="^vd[c-d]$")
    assert disk(plan, device("vdb"), device("vdc")) == (
        "pass",
        "Rook would take vdc (20.0 GiB); not vdb: does not match ^vd[c-d]$",
    )
    assert disk(plan, device("vdb"))[0] == "info"
    # As Go's: anywhere in the name.
    assert disk(dict(VERSION, rook_block_device_filter="db"), device("vdb"))[0] == "pass"
    # An expression that only Go understands leaves the devices to Rook.
    assert disk(dict(VERSION, rook_block_device_filter=r"\pL(?U"), device("vdb"))[0] == "pass"


def test_nodes_decide_which_host_stores():
    assert disk(nodes("vdb", name="other"), device("vdb")) == ("skip", "rook.nodes of the spec does not name this host")
    assert disk(nodes(name="NODE-1"), device("vdb"))[0] == "pass"
    assert disk(nodes(deviceFilter="^sd"), device("vdb"))[0] == "info"
    assert disk(nodes(devicePathFilter="^/dev/vd"), device("vdb"))[0] == "pass"


@pytest.mark.parametrize("written", ["vdb", "/dev/vdb"])
def test_a_named_device_is_the_only_one(written):
    status, words = disk(nodes(written), device("vdb"), device("vdc"))
    assert status == "pass" and words == "Rook would take vdb (20.0 GiB); not vdc: not named in rook.nodes"


def test_named_devices_that_cannot_be_taken_fail():
    status, words = disk(nodes("vdb"), device("vdb", content="ext4"))
    assert status == "fail" and "vdb: holds ext4" in words
    # Of another cluster, on a host that is no node yet.
    assert disk(nodes("vdb"), device("vdb", content="ceph_bluestore"))[0] == "fail"


def test_a_name_that_leads_to_a_device_called_otherwise_is_not_judged():
    status, words = disk(nodes("/dev/disk/by-id/x"), device("vdb"))
    assert status == "info" and "not seen by that name: /dev/disk/by-id/x" in words


def test_a_loop_device_is_taken_only_by_its_name_also_in_a_container():
    assert disk(VERSION, loop())[0] == "info" and "loop0" not in disk(VERSION, loop())[1]
    assert disk(nodes("/dev/loop0"), loop())[0] == "pass"
    assert disk(nodes("/dev/loop0"), loop(), container="podman")[0] == "pass"
    assert disk(nodes(), loop(), container="podman")[0] == "skip"
    assert disk(nodes("/dev/loop0"), loop(content="ext4"), container="podman")[0] == "fail"


def test_a_disk_smaller_than_kurl_wants_is_a_warning():
    status, words = disk(VERSION, device("vdb", bytes=6 * GIB))
    assert status == "warn" and words == "Rook would take vdb (6.0 GiB)"


def test_a_node_whose_named_disk_is_cephs_already_is_as_it_must_be():
    facts = {
        "remains": dict(recorded.facts()["remains"], rook=True),
        "kubernetes": dict(recorded.facts()["kubernetes"], joined=True),
    }
    assert disk(nodes("vdb"), device("vdb", content="ceph_bluestore"), **facts)[0] == "info"
    assert disk(nodes("vdb"), device("vdb", content="ext4"), **facts)[0] == "fail"


def fleet(plan, *hosts):
    """Return the finding over hosts that are called node-1, node-2 ..."""
    found = {}
    for number, facts in enumerate(hosts, 1):
        found["h%d" % number] = dict(recorded.facts(), hostname="node-%d" % number, **facts)
    return recorded.one(catalogue.run(Fleet(found, plan), "fleet"), "fleet.rook")


def test_over_all_hosts_one_device_that_the_plan_means_is_needed():
    one, none = {"block_devices": [device()]}, {"block_devices": [device(content="xfs")]}
    assert fleet(VERSION, one, none)["status"] == "pass"
    assert fleet(dict(VERSION, rook_block_device_filter="^sd"), one, one)["status"] == "fail"
    assert fleet(nodes("vdb", name="node-2"), one, none)["status"] == "fail"
    assert fleet(nodes("vdb"), one, none)["status"] == "pass"
    unknown = fleet(nodes("vdb", name="stranger"), one, one)
    assert unknown["status"] == "fail" and "node-1, node-2" in unknown["remedy"]


def test_more_copies_than_hosts_that_store_are_told_before():
    one, none = {"block_devices": [device()]}, {"block_devices": []}
    found = fleet(dict(VERSION, rook_ceph_replica_count=2), one, none)
    assert found["status"] == "fail" and "2 copies" in found["observed"]
    assert fleet(dict(VERSION, rook_ceph_replica_count=2), one, one)["status"] == "pass"


@pytest.mark.parametrize(
    "memory, devices, status",
    [(16, 1, "pass"), (5, 1, "warn"), (8, 3, "warn"), (10, 3, "pass"), (0, 1, "skip")],
)
def test_memory_for_the_disks_that_are_taken(memory, devices, status):
    names = ["vd%s" % letter for letter in "bcd"[:devices]]
    found = judged("rook.memory", VERSION, memory_bytes=memory * GIB, block_devices=[device(name) for name in names])
    assert found["status"] == status


@pytest.mark.parametrize(
    "node, installed, status",
    [
        ({}, True, "pass"),
        ({}, False, "info"),
        ({"config": {"osdsPerDevice": "1", "encryptedDevice": "false"}}, False, "info"),
        ({"config": {"osdsPerDevice": "2"}}, False, "fail"),
        ({"devices": [{"name": "vdb", "config": {"metadataDevice": "vdc"}}]}, False, "fail"),
        ({"devices": [{"name": "/dev/vg/lv"}]}, False, "fail"),
        ({"devices": [{"name": "/dev/disk/by-id/x"}]}, False, "info"),
        ({"devices": [{"name": "/dev/vg/lv"}]}, True, "pass"),
    ],
)
def test_lvm_is_needed_only_for_what_uses_it(node, installed, status):
    plan = dict(VERSION, rook_nodes=[dict(node, name="node-1")])
    assert judged("rook.lvm2", plan, lvm2=installed)["status"] == status


def test_the_kernels_file_system_is_good_to_have():
    modules = dict(recorded.facts()["modules"], ceph="missing")
    assert judged("module.ceph", VERSION, modules=modules)["status"] == "info"
    assert (
        judged("module.ceph", dict(VERSION, rook_shared_filesystem_disabled=True), modules=modules)["status"] == "skip"
    )
    assert judged("module.ceph", VERSION, modules=dict(modules, ceph="loadable"))["status"] == "pass"
    assert judged("module.ceph", {})["status"] == "skip"


def test_the_kernels_block_device_is_needed_for_volumes_only():
    modules = dict(recorded.facts()["modules"], rbd="missing")
    assert judged("module.rbd", VERSION, modules=modules)["status"] == "fail"
    assert judged("module.rbd", dict(VERSION, rook_block_volumes=False), modules=modules)["status"] != "fail"


def test_what_holds_data_is_never_among_what_is_taken():
    for content in (
        "ext4",
        "xfs",
        "LVM2_member",
        "crypto_LUKS",
        "ceph_bluestore",
        "partition table (gpt)",
        "swap",
        None,
    ):
        for plan in (VERSION, nodes("vdb"), dict(VERSION, rook_block_device_filter="vdb")):
            facts = {"hostname": "node-1", "block_devices": [device(content=content)]}
            assert all(reason for _device, reason in disks.judged(facts, plan)), (content, plan)
