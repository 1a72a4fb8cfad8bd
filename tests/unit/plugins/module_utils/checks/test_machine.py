# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0
"""System, hardware, control groups, swap, clock, SELinux, disks."""

import pytest

from ansible_collections.kurl.ipv6.plugins.module_utils.checks import disks
from ansible_collections.kurl.ipv6.tests.unit.plugins.module_utils.checks import recorded


def judged(check_id, plan="none", roles=(), **parts):
    """The finding of a check, and all that is bad, of a healthy host with these facts instead."""
    facts = recorded.facts()
    facts.update(parts)
    findings = recorded.judge(facts, plan, roles)
    return recorded.one(findings, check_id), recorded.bad(findings)


@pytest.mark.parametrize(
    "name, number, like, status",
    [
        ("ubuntu", "18.04", "debian", "pass"),
        ("ubuntu", "20.04", "debian", "pass"),
        ("centos", "8", "rhel fedora", "pass"),
        ("rhel", "8.10", "fedora", "pass"),
        ("ubuntu", "22.04", "debian", "info"),
        ("ubuntu", "26.04", "debian", "info"),
        ("rhel", "9.4", "fedora", "info"),
        ("rhel", "11.0", "fedora", "info"),
        ("rocky", "8.9", "rhel centos fedora", "info"),
        ("almalinux", "9.4", "rhel centos fedora", "info"),
        ("debian", "12", "", "info"),
        ("debian", "14", "", "info"),
        ("ubuntu", "16.04", "debian", "warn"),
        ("debian", "10", "", "warn"),
        ("centos", "7", "rhel fedora", "warn"),
        ("rhel", "7.9", "fedora", "warn"),
        ("ol", "8.9", "fedora", "warn"),
        ("amzn", "2", "centos rhel fedora", "warn"),
        ("amzn", "2023", "fedora", "warn"),
        ("opensuse-leap", "15.5", "suse", "warn"),
        ("alpine", "3.20", "", "warn"),
        ("", "", "", "warn"),
    ],
)
def test_the_support_matrix_never_fails(name, number, like, status):
    release = {"id": name, "version": number, "name": "", "like": like.split()}
    found, bad = judged("os.supported", os=release)
    assert found["status"] == status
    assert bad == ({"os.supported": "warn"} if status == "warn" else {})


@pytest.mark.parametrize("name, good", [("amd64", True), ("arm64", True), ("i686", False), ("armv7l", False)])
def test_the_architecture(name, good):
    assert judged("os.architecture", architecture=name)[1] == ({} if good else {"os.architecture": "fail"})


GB = 1000**3


@pytest.mark.parametrize(
    "cpus, memory, roles, status",
    [
        (4, 16 * GB, ["kube_control_plane"], "pass"),
        (2, 4 * GB, ["kube_control_plane"], "info"),
        (1, 16 * GB, ["kube_control_plane"], "fail"),
        (4, 1 * GB, ["kube_control_plane"], "fail"),
        (1, 1 * GB, ["kube_node"], "info"),
        (1, 16 * GB, [], "fail"),
        (0, 0, [], "skip"),
    ],
)
def test_hardware(cpus, memory, roles, status):
    found, bad = judged("os.resources", roles=roles, cpus=cpus, memory_bytes=memory)
    assert found["status"] == status
    assert bad == ({"os.resources": "fail"} if status == "fail" else {})


TWO = ["cpu", "cpuset", "io", "memory", "pids"]
ONE = ["cpu", "cpuacct", "cpuset", "devices", "freezer", "memory", "pids", "blkio"]


@pytest.mark.parametrize(
    "number, controllers, plan, status",
    [
        (2, TWO, {}, "pass"),
        (1, ONE, {}, "pass"),
        (1, ONE, {"kubernetes_version": "1.30.9"}, "pass"),
        (1, ONE, {"kubernetes_version": "1.34.4"}, "info"),
        (2, [name for name in TWO if name != "memory"], {}, "fail"),
        (2, [name for name in TWO if name != "cpuset"], {}, "fail"),
        (1, [name for name in ONE if name != "freezer"], {}, "fail"),
        (1, [], {}, "skip"),
    ],
)
def test_control_groups(number, controllers, plan, status):
    group = {"version": number, "hybrid": False, "controllers": controllers}
    found, bad = judged("kernel.cgroup", plan, cgroup=group)
    assert found["status"] == status
    assert bad == ({"kernel.cgroup": "fail"} if status == "fail" else {})


@pytest.mark.parametrize(
    "active, configured, container, words",
    [
        ([], [], "", "off"),
        ([{"device": "/dev/sda2", "bytes": 1}], [], "", "on: /dev/sda2 (site will turn it off)"),
        ([], ["UUID=x"], "", "in /etc/fstab: UUID=x (site will turn it off)"),
        ([{"device": "/dev/sda2", "bytes": 1}], ["/dev/sda2"], "podman", "the machine's"),
    ],
)
def test_swap_is_never_a_fault_because_site_turns_it_off(active, configured, container, words):
    found, bad = judged("os.swap", swap={"active": active, "configured": configured}, container=container)
    assert words in found["observed"] and bad == {}
    assert found["status"] == ("info" if active or configured else "pass")


@pytest.mark.parametrize(
    "synchronized, service, container, status",
    [
        (True, "chronyd", "", "pass"),
        (True, "", "", "pass"),
        (False, "chronyd", "", "warn"),
        (False, "systemd-timesyn", "", "warn"),
        (False, "", "", "warn"),
        (None, "", "", "skip"),
        (False, "", "podman", "skip"),
    ],
)
def test_time_synchronization(synchronized, service, container, status):
    clock = {"now": 0, "offset": None, "synchronized": synchronized, "service": service}
    found, bad = judged("time.synchronized", clock=clock, container=container)
    assert found["status"] == status
    assert bad == ({"time.synchronized": "warn"} if status == "warn" else {})


@pytest.mark.parametrize(
    "offset, status",
    [(None, "skip"), (0.3, "pass"), (-2.9, "pass"), (90.0, "pass"), (-3.5, "warn"), (-86400, "warn")],
)
def test_the_clock_against_the_controllers(offset, status):
    clock = {"now": 0, "offset": offset, "synchronized": True, "service": ""}
    found, bad = judged("time.offset", clock=clock)
    assert found["status"] == status
    assert bad == ({"time.offset": "warn"} if status == "warn" else {})


@pytest.mark.parametrize(
    "mode, policy, status",
    [
        ("disabled", False, "pass"),
        ("permissive", False, "pass"),
        ("enforcing", True, "pass"),
        ("enforcing", False, "warn"),
    ],
)
def test_selinux(mode, policy, status):
    found, bad = judged("os.selinux", selinux={"mode": mode, "container_policy": policy})
    assert found["status"] == status
    assert bad == ({"os.selinux": "warn"} if status == "warn" else {})


GIB = 1024**3


def filesystem(*paths, **more):
    """A file system of the facts."""
    base = {"total": 100 * GIB, "available": 50 * GIB, "files": 1000, "files_free": 900, "read_only": False}
    return dict(base, paths=list(paths), **more)


@pytest.mark.parametrize(
    "entry, status",
    [
        (filesystem("/var/lib/kubelet"), "pass"),
        (filesystem("/var/lib/kubelet", available=9 * GIB), "fail"),  # below 10 %
        (filesystem("/var/lib/kubelet", available=11 * GIB), "pass"),
        (filesystem("/var/lib/containerd", available=14 * GIB), "fail"),  # below 15 %
        (filesystem("/var/lib/containerd", available=16 * GIB), "pass"),
        (filesystem("/var/lib/kubelet", total=20 * GIB, available=6 * GIB), "warn"),
        (filesystem("/var/lib/kubelet", total=10 * GIB, available=3 * GIB), "fail"),
        (filesystem("/var/log", available=5 * GIB), "warn"),  # no eviction there
        (filesystem("/var/lib/kubelet", files_free=40), "fail"),
        (filesystem("/var/lib/kubelet", files=0, files_free=0), "pass"),  # btrfs has no fixed number
        (filesystem("/var/lib/kubelet", read_only=True), "fail"),
        (filesystem("/var/lib/rook", available=1), "skip"),  # not planned
    ],
)
def test_disk_space(entry, status):
    facts = recorded.facts()
    facts["filesystems"] = [entry]
    findings = recorded.judge(facts)
    assert list(recorded.bad(findings).values()) == ([status] if status in ("warn", "fail") else [])
    if status in ("pass", "skip"):
        assert recorded.one(findings, "disk.space")["status"] == status


def test_each_full_file_system_is_told_and_etcds_only_on_a_control_plane():
    full = [filesystem("/var/lib/kubelet", available=1), filesystem("/var/lib/etcd", available=1)]
    facts = recorded.facts()
    facts["filesystems"] = full
    assert recorded.bad(recorded.judge(facts)) == {"disk.space.kubelet": "fail", "disk.space.etcd": "fail"}
    assert recorded.bad(recorded.judge(facts, roles=["kube_node"])) == {"disk.space.kubelet": "fail"}


def device(name="vdb", **more):
    """A block device of the facts."""
    base = {"kind": "disk", "bytes": 20 * GIB, "read_only": False, "removable": False, "children": [], "mounted": False}
    return dict(dict(base, name=name, content=""), **more)


@pytest.mark.parametrize(
    "more, reason",
    [
        ({}, ""),
        ({"kind": "part"}, ""),
        ({"bytes": 10 * GIB}, ""),
        ({"bytes": 5 * GIB - 512}, "smaller"),
        ({"read_only": True}, "read-only"),
        ({"removable": True}, "removable"),
        ({"children": ["vdb1"]}, "in use by vdb1"),
        ({"mounted": True}, "mounted"),
        ({"content": "ext4"}, "holds ext4"),
        ({"content": "partition table (gpt)"}, "holds partition table"),
        ({"content": None}, "could not be read"),
    ],
)
def test_which_devices_rook_takes(more, reason):
    assert reason in disks.rejection(device(**more)) and bool(disks.rejection(device(**more))) == bool(reason)
    found, bad = judged("disk.rook", {"rook_version": "1.18.11"}, block_devices=[device(**more)])
    # One host without a device is no fault: whether any has one is judged over all hosts.
    assert found["status"] == ("info" if reason else "pass")
    assert reason in found["observed"]
    assert bad == {}


def test_without_rook_or_in_a_container_disks_do_not_matter():
    assert judged("disk.rook", block_devices=[])[0]["status"] == "skip"
    plan = {"rook_version": "1.18.11"}
    assert judged("disk.rook", plan, block_devices=[], container="podman")[0]["status"] == "skip"


def test_a_second_run_finds_rooks_own_data():
    remains = dict(recorded.facts()["remains"], rook=True)
    kubernetes = dict(recorded.facts()["kubernetes"], joined=True)
    found, bad = judged(
        "disk.rook",
        {"rook_version": "1.18.11"},
        block_devices=[device(content="ceph_bluestore")],
        remains=remains,
        kubernetes=kubernetes,
    )
    assert found["status"] == "info" and bad == {}
