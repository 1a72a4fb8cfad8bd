# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0
"""All hosts together: what must differ, what must agree, what is accepted."""

import pytest

from ansible_collections.kurl.ipv6.plugins.module_utils.checks import accepted, catalogue
from ansible_collections.kurl.ipv6.plugins.module_utils.checks.fleet import Fleet
from ansible_collections.kurl.ipv6.plugins.module_utils.finding import finding
from ansible_collections.kurl.ipv6.tests.unit.plugins.module_utils.checks import recorded


def host(number, **more):
    """The facts that a host sends."""
    facts = {
        "hostname": "n{}".format(number),
        "machine_id": "{:032x}".format(number),
        "product_uuid": "4c4c4544-0042-3510-8052-b4c04f3331{:02x}".format(number),
        "node_ip": "2001:db8:1::{}".format(number),
        "node_interface": "eth0",
        "links": [{"name": "eth0", "mac": "52:54:00:00:00:{:02x}".format(number), "mtu": 1500}],
        "clock": {"offset": 0.1 * number},
        "os": {"id": "debian", "version": "12"},
        "container": "",
        "ipv4_default_routes": [],
    }
    return dict(facts, **more)


def judged(*hosts, plan=None, control_planes=("h1",)):
    """The findings over hosts h1, h2, ..."""
    facts = {"h{}".format(number): entry for number, entry in enumerate(hosts, 1)}
    return catalogue.run(Fleet(facts, plan, control_planes), "fleet")


def blamed(findings):
    """Return ``{id: [hosts]}`` of failures and warnings."""
    result = {}
    for entry in findings:
        if entry["status"] in ("fail", "warn"):
            result.setdefault(entry["id"], []).append(entry["subject"])
    return result


def test_hosts_that_differ_where_they_must_are_fine():
    findings = judged(host(1), host(2), host(3))
    assert {entry["status"] for entry in findings} <= {"pass", "skip"}
    assert {entry["subject"] for entry in findings} == {"all hosts"}


@pytest.mark.parametrize(
    "check_id, twin",
    [
        ("fleet.hostname", {"hostname": "N1"}),
        ("fleet.machine-id", {"machine_id": "{:032x}".format(1)}),
        ("fleet.product-uuid", {"product_uuid": host(1)["product_uuid"].upper()}),
        ("fleet.address", {"node_ip": "2001:db8:1::1"}),
        ("fleet.mac", {"links": host(1)["links"]}),
    ],
)
def test_what_two_hosts_must_not_share(check_id, twin):
    findings = judged(host(1), host(2, **twin), host(3))
    assert blamed(findings) == {check_id: ["h1", "h2"]}
    first, _second = [entry for entry in findings if entry["status"] == "fail"]
    assert "h1, h2" in first["observed"] and first["remedy"]


def test_what_is_not_known_is_shared_by_nobody():
    findings = judged(host(1, machine_id="", product_uuid=""), host(2, machine_id="", product_uuid=""))
    assert blamed(findings) == {}


@pytest.mark.parametrize(
    "uuid",
    [
        "",
        "00000000-0000-0000-0000-000000000000",
        "03000200-0400-0500-0006-000700080009",
        "ffffffff-ffff-ffff-ffff-ffffffffffff",
    ],
)
def test_uuids_of_careless_vendors_say_nothing(uuid):
    assert blamed(judged(host(1, product_uuid=uuid), host(2, product_uuid=uuid))) == {}


def test_containers_have_their_machines_uuid():
    twin = {"product_uuid": "4c4c4544-0042-3510-8052-b4c04f333100", "container": "podman"}
    assert blamed(judged(host(1, **twin), host(2, **twin))) == {}


def with_mtu(number, mtu, **more):
    """A host with this MTU."""
    return host(number, links=[dict(host(number)["links"][0], mtu=mtu)], **more)


def test_different_mtus_on_one_link_blame_the_few():
    findings = judged(host(1), host(2), with_mtu(3, 9000))
    assert blamed(findings) == {"fleet.mtu": ["h3"]}
    other_link = with_mtu(3, 9000, node_ip="2001:db8:2::3")
    assert blamed(judged(host(1), host(2), other_link)) == {}


def test_node_addresses_inside_the_clusters_ranges():
    plan = {"pod_cidr": "2001:db8:1::/48", "service_cidr": "fd00:2::/112"}
    assert blamed(judged(host(1), host(2, node_ip="fd00:9::2"), plan=plan)) == {"fleet.ranges": ["h1"]}
    assert blamed(judged(host(1), plan={"pod_cidr": "fd00:1::/56"})) == {}


@pytest.mark.parametrize(
    "read_at, ahead",
    [
        ([1000, 900, 1002.9], []),  # read before it is judged, however slow the way was
        ([1000, 1003.1], ["h2"]),
        ([4600, 1000], ["h1"]),
        ([None, "x", 1000], []),
    ],
)
def test_clocks_that_are_ahead_of_the_controllers(read_at, ahead):
    hosts = {"h{}".format(number): host(number, clock={"now": value}) for number, value in enumerate(read_at, 1)}
    findings = catalogue.run(Fleet(hosts, now=1000), "fleet")
    assert blamed(findings) == ({"fleet.clock": ahead} if ahead else {})
    assert recorded.one(catalogue.run(Fleet(hosts), "fleet"), "fleet.clock")["status"] == "skip"


@pytest.mark.parametrize(
    "planes, status", [([], "skip"), (["h1"], "pass"), (["h1", "h2"], "info"), (["h1", "h2", "h3"], "pass")]
)
def test_the_number_of_control_plane_nodes(planes, status):
    findings = judged(host(1), host(2), host(3), control_planes=planes)
    assert recorded.one(findings, "fleet.control-plane")["status"] == status


EMPTY = {"name": "vdb", "kind": "disk", "bytes": 2**40, "read_only": False, "removable": False, "children": []}
EMPTY.update(mounted=False, content="")
FULL = dict(EMPTY, content="ext4")


@pytest.mark.parametrize(
    "devices, more, status",
    [
        ([[EMPTY], [FULL]], {}, "pass"),
        ([[FULL], [FULL]], {}, "fail"),
        ([[], []], {}, "fail"),
        ([[FULL], []], {"remains": {"rook": True}}, "pass"),
        ([[EMPTY], [EMPTY]], {"container": "podman"}, "skip"),
    ],
)
def test_one_host_with_a_device_is_enough_for_rook(devices, more, status):
    hosts = [host(number, block_devices=entry, **more) for number, entry in enumerate(devices, 1)]
    findings = judged(*hosts, plan={"rook_version": "1.18.11"})
    assert recorded.one(findings, "fleet.rook")["status"] == status
    assert recorded.one(judged(*hosts), "fleet.rook")["status"] == "skip"


def test_mixed_systems_and_families_are_told():
    findings = judged(host(1), host(2, os={"id": "rocky", "version": "9.3"}, ipv4_default_routes=[{}]))
    assert blamed(findings) == {}
    assert recorded.one(findings, "fleet.system")["observed"] == "debian 12: 1 host; rocky 9.3: 1 host"
    assert recorded.one(findings, "fleet.ipv4")["status"] == "info"


def test_hosts_that_send_nonsense_break_no_check():
    nonsense = [{}, {"clock": "x", "links": [], "os": {}, "node_ip": "x"}, {"clock": {"offset": "x"}, "node_ip": None}]
    for entry in judged(*nonsense):
        assert "the check itself failed" not in entry["observed"], entry


# --- accepted findings


def make(check_id="firewall.ufw", status="warn", subject="h1"):
    """A finding."""
    return finding(check_id, subject, status, "T", observed="on")


@pytest.mark.parametrize(
    "accepted_id, check_id, covered",
    [
        ("firewall.ufw", "firewall.ufw", True),
        ("firewall", "firewall.ufw", True),
        ("firewall.", "firewall.ufw", True),
        ("fire", "firewall.ufw", False),
        ("port.6443", "port.6443", True),
        ("port.644", "port.6443", False),
        ("firewall.ufw.x", "firewall.ufw", False),
    ],
)
def test_which_ids_an_acceptance_covers(accepted_id, check_id, covered):
    (result,) = accepted.accept([make(check_id, "fail")], [{"id": accepted_id, "reason": "known"}])
    assert result["status"] == ("info" if covered else "fail")
    if covered:
        assert result["observed"] == "on (failure accepted: known)"


@pytest.mark.parametrize("status", ["pass", "info", "skip"])
def test_what_is_no_fault_needs_no_acceptance(status):
    entry = make(status=status)
    assert accepted.accept([entry], [{"id": "firewall", "reason": "known"}]) == [entry]


@pytest.mark.parametrize(
    "entry",
    [{"id": "firewall"}, {"id": "firewall", "reason": ""}, {"reason": "x"}, {"id": 5, "reason": "x"}, "firewall", None],
)
def test_an_acceptance_without_a_reason_is_none_and_is_told(entry):
    result = accepted.accept_all([make()], {"h1": [entry]}, [])
    assert [(one["id"], one["status"]) for one in result] == [("firewall.ufw", "warn"), ("preflight.ignore", "warn")]


def test_each_host_accepts_for_itself_and_all_together_for_what_concerns_no_single_one():
    ufw, mtu = {"id": "firewall.ufw", "reason": "known"}, {"id": "fleet.mtu", "reason": "known"}
    given = [
        make(),
        make(subject="h2"),
        make("fleet.mtu", subject="all hosts"),
        make("spec.cni", subject="spec:antrea"),
    ]

    def statuses(ignored, common=()):
        return [entry["status"] for entry in accepted.accept_all(given, ignored, list(common))]

    assert statuses({"h1": [ufw], "h2": []}) == ["info", "warn", "warn", "warn"]
    assert statuses({"h1": [ufw, mtu], "h2": [mtu]}) == ["info", "warn", "info", "warn"]
    assert statuses({"h1": [mtu], "h2": []}) == ["warn", "warn", "warn", "warn"]
    assert statuses({"h1": [], "h2": []}, [{"id": "spec", "reason": "known"}]) == ["warn", "warn", "warn", "info"]
