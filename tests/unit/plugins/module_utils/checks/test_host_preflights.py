# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0
"""The host checks of a spec, from a HostPreflight to findings over facts."""

import pytest

from ansible_collections.kurl.ipv6.plugins.module_utils.checks import host_preflights as judge
from ansible_collections.kurl.ipv6.plugins.module_utils.checks.host_view import HostView
from ansible_collections.kurl.ipv6.plugins.module_utils.checks.registry import Verdict, registered
from ansible_collections.kurl.ipv6.plugins.module_utils.installer import host_preflights as translator
from ansible_collections.kurl.ipv6.plugins.module_utils.installer.rulebook import Score

GIB = 1024**3
FACTS = {
    "cpus": 4,
    "memory_bytes": 8 * GIB,
    "os": {"id": "rhel", "version": "8.10", "name": "RHEL 8.10", "like": []},
    "kernel": "4.18.0-553.el8.x86_64",
    "clock": {"synchronized": True, "service": "chronyd"},
    "modules": {"openvswitch": "builtin"},
    "listeners": [
        {"protocol": "tcp", "address": "::", "port": 8080, "process": "java"},
        {"protocol": "tcp", "address": "127.0.0.1", "port": 9000, "process": "php"},
        {"protocol": "udp", "address": "fd00:10::1", "port": 53, "process": "named"},
        {"protocol": "tcp", "address": "::", "port": 10250, "process": "kubelet"},
    ],
    "addresses": [],
    "links": [],
    "default_routes": [],
    "routes": [{"destination": "fd00:10::/64"}, {"destination": "default"}, {"destination": "fd00::/17"}],
    "block_devices": [
        {
            "name": "sda",
            "kind": "disk",
            "bytes": 100 * GIB,
            "read_only": False,
            "removable": False,
            "children": ["sda1"],
            "mounted": False,
            "content": "partition table (gpt)",
        },
        {
            "name": "sdb",
            "kind": "disk",
            "bytes": 20 * GIB,
            "read_only": False,
            "removable": False,
            "children": [],
            "mounted": False,
            "content": "",
        },
        {
            "name": "sdc",
            "kind": "disk",
            "bytes": 1 * GIB,
            "read_only": False,
            "removable": False,
            "children": [],
            "mounted": False,
            "content": "",
        },
    ],
}


def findings(kind, outcomes, collector=None, analyzer=None, asked=None, facts=None, joined=False):
    """Translate one check and judge it; return what is said."""
    entry = dict(analyzer or {}, checkName="Check", outcomes=outcomes)
    source = "run" if kind == "textAnalyze" else kind
    if collector is not None:
        entry["collectorName"] = collector["collectorName"] = "c"
    document = {
        "apiVersion": translator.API,
        "kind": translator.KIND,
        "spec": {"collectors": [{source: collector}] if collector is not None else [], "analyzers": [{kind: entry}]},
    }
    score = Score()
    checks = translator.translate(document, score)
    assert score.findings == []
    known = dict(FACTS, **(facts or {}), kubernetes={"joined": joined})
    known["asked"] = {"check": asked} if asked is not None else {}
    verdict = Verdict(next(item for item in registered() if item.id == "host-preflight"), "node1")
    judge.host_preflights(HostView(known, {"host_preflights": checks}, subject="node1"), verdict)
    return verdict.findings


def result(*arguments, **more):
    """Return status and text of the one finding."""
    found = findings(*arguments, **more)
    assert len(found) == 1
    assert found[0]["id"] == "host-preflight.check"
    assert found[0]["title"] == "Check"
    assert found[0]["subject"] == "node1"
    return found[0]["status"], found[0]["observed"]


def graded(fail, warn=None):
    """Return outcomes that end in a pass."""
    outcomes = [{"fail": {"when": fail, "message": "too little"}}]
    if warn:
        outcomes.append({"warn": {"when": warn, "message": "not much"}})
    return outcomes + [{"pass": {"message": "good"}}]


CPU = {"physical": 2, "machine": "x86_64"}


@pytest.mark.parametrize(
    ("condition", "status"),
    [
        ("count < 4", "pass"),
        ("count < 5", "fail"),
        ("count <= 4", "fail"),
        ("logical >= 4", "fail"),
        ("physical == 2", "fail"),
        ("physical = 4", "pass"),
        ("count != 4", "pass"),
        ("machineArch != x86_64", "pass"),
        ("machineArch == arm64", "pass"),
        ("machineArch == x86_64", "fail"),
    ],
)
def test_cpu(condition, status):
    assert result("cpu", graded(condition), asked=CPU)[0] == status


def test_the_first_outcome_that_fits_wins():
    assert result("cpu", graded("count < 2", "count < 8"), asked=CPU) == ("warn", "not much (4 CPUs, x86_64)")
    assert result("cpu", graded("count < 8", "count < 8"), asked=CPU)[0] == "fail"


def test_without_an_outcome_that_fits_there_is_no_result():
    status, observed = result("cpu", [{"fail": {"when": "count < 2"}}], asked=CPU)
    assert (status, observed) == ("skip", "no outcome of the check fits: 4 CPUs, x86_64")


@pytest.mark.parametrize(
    ("condition", "status"), [("< 8Gi", "pass"), ("< 9G", "fail"), ("<= 8Gi", "fail"), ("< 8G", "pass")]
)
def test_memory(condition, status):
    assert result("memory", graded(condition))[0] == status


SPACE = {"total": 100 * GIB, "used": 81 * GIB, "available": 14 * GIB}


@pytest.mark.parametrize(
    ("condition", "status"),
    [
        ("total < 30Gi", "pass"),
        ("used/total > 80%", "fail"),
        ("used/total > 0.82", "pass"),
        ("available < 15Gi", "fail"),
        ("available/total < 10%", "pass"),
    ],
)
def test_disks(condition, status):
    found = result("diskUsage", graded(condition), {"path": "/data"}, asked=dict(SPACE))
    assert found[0] == status
    assert "/data: 14.0 of 100.0 GiB available, 81 % used" in found[1]


@pytest.mark.parametrize(
    ("condition", "status"),
    [
        ("rhel = 8", "fail"),
        ("rhel == 8.10", "fail"),
        ("rhel = 8.1", "pass"),
        ("rhel >= 8.4", "fail"),
        ("rhel < 8.4", "pass"),
        ("rhel != 8", "pass"),
        ("ubuntu >= 18.04", "pass"),
        ("rhel-8-kernel >= 4.18", "fail"),
        ("rhel-9-kernel >= 4.18", "pass"),
        ("rhel-kernel < 5.0", "fail"),
        ("kernelVersion < 4.0", "pass"),
    ],
)
def test_operating_systems(condition, status):
    assert result("hostOS", graded(condition))[0] == status


@pytest.mark.parametrize(
    ("clock", "zone", "condition", "status"),
    [
        ({"synchronized": True, "service": "chronyd"}, "UTC", "ntp == synchronized+active", "fail"),
        ({"synchronized": False, "service": "chronyd"}, "UTC", "ntp == unsynchronized+active", "fail"),
        ({"synchronized": False, "service": ""}, "UTC", "ntp == unsynchronized+inactive", "fail"),
        ({"synchronized": True, "service": ""}, "UTC", "ntp == unsynchronized+inactive", "pass"),
        ({"synchronized": True, "service": ""}, "Etc/UTC", "timezone != UTC", "pass"),
        ({"synchronized": True, "service": ""}, "Europe/Berlin", "timezone != UTC", "fail"),
    ],
)
def test_time(clock, zone, condition, status):
    assert result("time", graded(condition), asked={"timezone": zone}, facts={"clock": clock})[0] == status


@pytest.mark.parametrize(
    ("condition", "status"),
    [
        ("br_netfilter == loaded", "fail"),
        ("br_netfilter,rbd == loaded", "pass"),
        ("br_netfilter,rbd == loaded,loadable", "fail"),
        ("wireguard == loadable", "pass"),
        ("wireguard != loaded", "fail"),
        ("openvswitch == loaded", "fail"),
    ],
)
def test_kernel_modules(condition, status):
    states = {"br_netfilter": "loaded", "rbd": "loadable", "wireguard": "unloaded", "openvswitch": "unloaded"}
    asked = {"modules": {name: states[name] for name in states if name in condition}}
    assert result("kernelModules", graded(condition), asked=asked)[0] == status


@pytest.mark.parametrize(
    ("condition", "status"),
    [("vm.max_map_count < 262144", "fail"), ("vm.max_map_count >= 65530", "fail"), ("kernel.nothing = 1", "pass")],
)
def test_kernel_parameters(condition, status):
    asked = {"parameters": {"vm.max_map_count": "65530", "kernel.nothing": None}}
    assert result("sysctl", graded(condition), asked=asked)[0] == status


@pytest.mark.parametrize(
    ("kind", "port", "interface", "joined", "status"),
    [
        ("tcpPortStatus", 8080, "", False, "fail"),
        ("tcpPortStatus", 8081, "", False, "pass"),
        ("tcpPortStatus", 9000, "", False, "fail"),
        ("tcpPortStatus", 9000, "lo", False, "fail"),
        ("udpPortStatus", 53, "", False, "fail"),
        ("tcpPortStatus", 53, "", False, "pass"),
        ("tcpPortStatus", 10250, "", False, "fail"),
        ("tcpPortStatus", 10250, "", True, "pass"),
    ],
)
def test_ports(kind, port, interface, joined, status):
    collector = {"port": port, "interface": interface}
    found = result(kind, graded("address-in-use"), collector, joined=joined)
    assert found[0] == status
    if status == "fail":
        assert "is held by" in found[1]


@pytest.mark.parametrize("state", ["connected", "connection-refused", "connection-timeout", "error"])
def test_connections(state):
    found = result("tcpConnect", graded(state), {"address": "[fd00::5]:5432"}, asked={"state": state, "message": "why"})
    assert found == ("fail", f"too little ([fd00::5]:5432: {state}, why)")


@pytest.mark.parametrize(
    ("asked", "condition", "status"),
    [
        ({"statusCode": 200}, "statusCode == 200", "fail"),
        ({"statusCode": 503}, "statusCode >= 500", "fail"),
        ({"statusCode": 200}, "error", "pass"),
        ({"state": "error", "message": "no route"}, "error", "fail"),
        ({"state": "error", "message": "no route"}, "statusCode == 200", "pass"),
        ({"state": "connection-timeout"}, "error", "fail"),
    ],
)
def test_web_requests(asked, condition, status):
    assert result("http", graded(condition), {"get": {"url": "https://example.com"}}, asked=asked)[0] == status


def test_packages():
    outcomes = [
        {"fail": {"when": "{{ not .IsInstalled }}", "message": "Package {{ .Name }} is not installed."}},
        {"pass": {"when": "{{ .IsInstalled }}", "message": "there"}},
    ]
    collector = {"rhel8": ["nfs-utils", "lvm2"]}
    missing = result(
        "systemPackages", outcomes, dict(collector), asked={"packages": {"nfs-utils": False, "lvm2": True}}
    )
    assert missing == ("fail", "Package nfs-utils is not installed. (not installed: nfs-utils)")
    there = result("systemPackages", outcomes, dict(collector), asked={"packages": {"nfs-utils": True, "lvm2": True}})
    assert there == ("pass", "there (all packages are installed)")
    assert result("systemPackages", outcomes, dict(collector), asked={"packages": {}})[0] == "skip"


@pytest.mark.parametrize(
    ("condition", "smallest", "status"),
    [(".* == 2", 0, "fail"), (".* == 1", "10Gi", "fail"), ("sd[b-z] > 1", "10Gi", "pass"), ("vd.* == 0", 0, "fail")],
)
def test_block_devices(condition, smallest, status):
    analyzer = {"minimumAcceptableSize": smallest}
    assert result("blockDevices", graded(condition), {}, analyzer)[0] == status


@pytest.mark.parametrize(
    ("pool", "prefix", "status", "words"),
    [
        ("fd00::/16", 56, "pass", "free: fd00:8000::/56"),
        ("fd00::/17", 56, "fail", "no free /56 in fd00::/17"),
        ("fd01::/16", 16, "pass", "free: fd01::/16"),
        ("fd00::/16", 16, "fail", "no free /16"),
    ],
)
def test_free_ranges(pool, prefix, status, words):
    collector = {"CIDRRangeAlloc": pool, "desiredCIDR": prefix}
    found = result("subnetAvailable", graded("no-subnet-available"), collector)
    assert found[0] == status
    assert words in found[1]


@pytest.mark.parametrize(("matches", "status"), [(True, "pass"), (False, "fail"), (None, "skip")])
def test_texts(matches, status):
    collector = {"command": "cat", "args": ["/proc/cmdline"]}
    outcomes = [{"pass": {"when": "true"}}, {"fail": {"when": "false", "message": "missing"}}]
    found = result("textAnalyze", outcomes, collector, {"regex": "ipv6.disable=0"}, asked={"matches": matches})
    assert found[0] == status


@pytest.mark.parametrize(
    ("kind", "more"),
    [
        ("memory", {"facts": {"memory_bytes": 0}}),
        ("cpu", {}),
        ("cpu", {"asked": {"problem": "PermissionError: no"}}),
        ("time", {"facts": {"clock": {"synchronized": None}}}),
    ],
)
def test_what_could_not_be_read_is_not_judged(kind, more):
    conditions = {"memory": "< 8Gi", "cpu": "count < 4", "time": "timezone != UTC"}
    status, observed = result(kind, graded(conditions[kind]), **more)
    assert status == "skip"
    assert observed.startswith("not judged: ")


def test_a_plan_without_host_checks_says_nothing():
    verdict = Verdict(next(item for item in registered() if item.id == "host-preflight"), "node1")
    judge.host_preflights(HostView(FACTS, {}), verdict)
    assert verdict.findings == []


def test_every_kind_that_is_translated_is_judged():
    assert set(translator.HONOURED) == set(judge._SEEN)


def test_remedies():
    (found,) = findings("memory", [{"fail": {"when": "< 9Gi", "message": "buy more", "uri": "https://example.com"}}])
    assert (found["remedy"], found["expected"]) == ("# see https://example.com", "not: < 9Gi")
    (found,) = findings("memory", [{"fail": {"when": "< 9Gi", "message": "buy more"}}])
    assert found["remedy"] == "# buy more"
