# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0
"""What probers found becomes findings: each fault at the right host, healthy hosts green, liars harmless."""

import json

import pytest

from ansible_collections.kurl.ipv6.plugins.module_utils.finding import KEYS
from ansible_collections.kurl.ipv6.plugins.module_utils.mesh import judge, nodes, picture

pytest.importorskip("hypothesis")
from hypothesis import given, settings  # noqa: E402
from hypothesis import strategies as st  # noqa: E402

PROBES = ["tcp.10250", "tcp.10349", "tcp.10351", "udp.6081", "udp.10351"]
PLANE = ["tcp.6443", "tcp.2379", "tcp.2380"]


def listening(number, planes=1):
    """Return nodes n1, n2 ... of which the first are control plane nodes."""
    return [
        {
            "name": f"n{place + 1}",
            "address": f"fd00:10::{0x11 + place:x}",
            "interface": "eth0",
            "mtu": 1500,
            "roles": ["kube_control_plane"] if place < planes else ["kube_node"],
            "bound": PROBES + (PLANE if place < planes else []),
            "held": [],
        }
        for place in range(number)
    ]


def result(number, place, faults=None, **more):
    """Return what a prober registers that found nothing but these faults."""
    probe = {
        "tested": {"icmp": number - 1},
        "faults": faults or {},
        "mtu": {"own": 1500, "unmeasured": [], "smaller": {}, "lost": {}, "reporters": []},
        "clock": [[peer, 0.1, 0.5] for peer in range(number) if peer != place],
        "notes": [],
        "listener": "ours",
    }
    probe.update(more)
    return {"probe": probe, "nodes": [f"n{index + 1}" for index in range(number)]}


def mesh(number=4, changes=None, members=None, **more):
    """Return a mesh; ``changes``: {place: arguments of :func:`result`}."""
    changes = changes or {}
    results = {f"n{place + 1}": result(number, place, **changes.get(place, {})) for place in range(number)}
    return picture.Mesh(members or listening(number), results, **more)


def bad(findings):
    return {(entry["id"], entry["subject"]): entry["status"] for entry in findings if entry["status"] != "pass"}


def one(findings, identity):
    found = [entry for entry in findings if entry["id"] == identity and entry["status"] != "pass"]
    assert len(found) == 1
    return found[0]


def test_a_healthy_mesh_passes_everything():
    findings = judge.judge(mesh())
    assert bad(findings) == {}
    assert {entry["subject"] for entry in findings if entry["id"] == "mesh.tcp.10250"} == {"n1", "n2", "n3", "n4"}
    assert {entry["subject"] for entry in findings if entry["id"] == "mesh.tcp.6443"} == {"n1"}
    assert all(set(entry) == set(KEYS) for entry in findings)


def test_a_port_that_nobody_reaches():
    changes = {place: {"faults": {"tcp.10250": {"silent": [2]}}} for place in (0, 1, 3)}
    findings = judge.judge(mesh(changes=changes, firewalls={"n3": "firewalld"}))
    assert bad(findings) == {("mesh.tcp.10250", "n3"): "fail"}
    entry = one(findings, "mesh.tcp.10250")
    assert "no answer from all 3 hosts that ask to n3; the opposite direction works" in entry["observed"]
    assert "firewall-cmd --permanent --add-port=10250/tcp" in entry["remedy"]
    passed = {entry["subject"] for entry in findings if entry["id"] == "mesh.tcp.10250" and entry["status"] == "pass"}
    assert passed == {"n1", "n2", "n4"}


def test_a_host_that_may_not_send():
    findings = judge.judge(mesh(changes={1: {"faults": {"udp.6081": {"prohibited": [0, 2, 3]}}}}))
    assert bad(findings) == {("mesh.udp.6081", "n2"): "fail"}
    entry = one(findings, "mesh.udp.6081")
    assert "prohibited by a packet filter from n2 to all 3 peers" in entry["observed"]
    assert "ip6tables -I OUTPUT -p udp --dport 6081 -d fd00:10::/64 -j ACCEPT" in entry["remedy"]


def test_a_port_that_is_not_needed_only_warns():
    members = listening(2)
    for node in members:
        node["bound"] = node["bound"] + ["tcp.3300"]
    findings = judge.judge(mesh(2, {0: {"faults": {"tcp.3300": {"silent": [1]}}}}, members))
    assert bad(findings) == {("mesh.tcp.3300", "n2"): "warn"}


def test_somebody_else_answers():
    findings = judge.judge(mesh(changes={0: {"faults": {"tcp.10250": {"foreign": [1]}}}}))
    entry = one(findings, "mesh.tcp.10250")
    assert entry["subject"] == "n2" and "not to this run's listener" in entry["observed"]
    assert "ip -6 neigh show fd00:10::12   # on n1" in entry["remedy"]


def test_nothing_comes_through_is_said_once():
    every = {probe: {"silent": [2]} for probe in PROBES + ["icmp"]}
    findings = judge.judge(mesh(changes={place: {"faults": every} for place in (0, 1, 3)}))
    assert bad(findings) == {("mesh.reach", "n3"): "fail"}
    assert one(findings, "mesh.reach")["observed"].endswith("the opposite direction works")


def test_what_was_not_tried_is_skipped():
    findings = judge.judge(mesh(changes={0: {"faults": {"tcp.10250": {"untested": [1, 2]}}}}))
    assert bad(findings) == {("mesh.tcp.10250", "n1"): "skip"}


def test_a_tunnel_port_of_a_running_cluster_is_skipped_and_tcp_is_not():
    members = listening(3)
    members[1].update(bound=[name for name in members[1]["bound"] if name not in ("udp.6081", "tcp.10250")])
    members[1]["held"] = ["udp.6081", "tcp.10250"]
    findings = judge.judge(mesh(3, members=members))
    assert bad(findings) == {("mesh.udp.6081", "n2"): "skip"}
    assert ("mesh.tcp.10250", "n2") in {(entry["id"], entry["subject"]) for entry in findings}


def test_a_black_hole_and_a_router_that_speaks():
    lost = {"own": 1500, "unmeasured": [], "smaller": {}, "lost": {"1400": [2]}, "reporters": []}
    findings = judge.judge(mesh(changes={0: {"mtu": lost}}))
    assert bad(findings) == {("mesh.mtu", "n3"): "fail"}
    entry = one(findings, "mesh.mtu")
    assert "packets of 1500 bytes vanish without a packet-too-big, up to 1400 bytes pass" in entry["observed"]
    assert "ip link set dev eth0 mtu 1400" in entry["remedy"]
    told = {"own": 1500, "unmeasured": [], "smaller": {"1400": [2]}, "lost": {}, "reporters": ["fd00::fe"]}
    findings = judge.judge(mesh(changes={0: {"mtu": told}}))
    assert bad(findings) == {("mesh.mtu", "n3"): "warn"}
    assert one(findings, "mesh.mtu")["observed"].endswith("said by fd00::fe")


def test_a_peer_that_was_not_measured_does_not_pass():
    unmeasured = {"own": 1500, "unmeasured": [1], "smaller": {}, "lost": {}, "reporters": []}
    findings = judge.judge(mesh(2, {0: {"mtu": unmeasured}}))
    assert {entry["subject"] for entry in findings if entry["id"] == "mesh.mtu"} == {"n1"}


@pytest.mark.parametrize(
    "ahead, status",
    [(0.0, None), (0.9, None), (-0.9, None), (2.0, "warn"), (-2.0, "warn"), (299.0, "warn"), (400.0, "fail")],
)
@pytest.mark.parametrize("number", [3, 4, 5, 20])
def test_only_the_clock_that_is_off_is_blamed(number, ahead, status):
    clocks = dict.fromkeys(range(number), 0.0)
    clocks[1] = ahead
    changes = {
        place: {
            "clock": [[peer, 1000 * (clocks[peer] - clocks[place]), 1.0] for peer in range(number) if peer != place]
        }
        for place in range(number)
    }
    found = bad(judge.judge(mesh(number, changes)))
    assert found == ({("mesh.clock", "n2"): status} if status else {})


def test_what_the_way_may_explain_is_no_difference_of_clocks():
    slow = {"clock": [[1, 4000.0, 3900.0]]}
    assert bad(judge.judge(mesh(2, {0: slow}))) == {}


def test_who_takes_no_part_is_said():
    found = mesh(2, absent={"n9": "it could not be reached"})
    assert bad(judge.judge(found)) == {("mesh.hosts", "n9"): "skip"}
    results = {"n1": result(3, 0), "n2": {"failed": True, "msg": "no room"}, "n3": result(3, 2, listener="other")}
    findings = judge.judge(picture.Mesh(listening(3), results))
    assert bad(findings) == {("mesh.hosts", "n2"): "skip", ("mesh.hosts", "n3"): "skip"}


def test_findings_of_one_probe_are_bounded():
    number = 100
    # Each host fails to reach the next two: no group is larger than two.
    changes = {
        place: {"faults": {"tcp.10250": {"silent": [(place + 1) % number, (place + 2) % number]}}}
        for place in range(number)
    }
    findings = [entry for entry in judge.judge(mesh(number, changes)) if entry["status"] == "fail"]
    assert len(findings) == judge.LIMIT + 1
    assert findings[-1]["subject"] == "all hosts" and "more ways" in findings[-1]["observed"]


def test_the_picture_shows_each_way():
    faults = {"tcp.10250": {"silent": [1]}, "icmp": {"silent": [2]}}
    pairs = mesh(3, {0: {"faults": faults}}).statuses()
    assert pairs == {
        "n1": {"n2": "fail", "n3": "warn"},
        "n2": {"n1": "pass", "n3": "pass"},
        "n3": {"n1": "pass", "n2": "pass"},
    }


def test_numbers_are_those_of_the_list_that_the_host_was_given():
    results = {name: result(3, place) for place, name in enumerate(["n1", "n2", "n3"])}
    # n1 was told of fewer nodes, in an order of its own.
    results["n1"] = {"probe": result(2, 1)["probe"], "nodes": ["n3", "n1"]}
    results["n1"]["probe"]["faults"] = {"tcp.10250": {"silent": [0]}}
    found = picture.Mesh(listening(3), results)
    assert found.faults["tcp.10250"] == {(0, 2): "silent"}
    assert (0, 1) not in found.asked["tcp.10250"]


PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=True) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=4),
    max_leaves=12,
)
KEYS_OF_A_PROBE = ["tested", "faults", "mtu", "clock", "notes", "listener"]


@settings(max_examples=80, deadline=None)
@given(
    st.dictionaries(st.sampled_from(KEYS_OF_A_PROBE), PLAIN)
    | st.fixed_dictionaries(
        {
            "tested": st.just({"icmp": 1}),
            "faults": st.dictionaries(
                st.sampled_from(PROBES + ["icmp", "x"]),
                st.dictionaries(st.sampled_from(["silent", "foreign", "x"]), PLAIN | st.lists(st.integers(-3, 9))),
            ),
            "mtu": st.fixed_dictionaries(
                {
                    "own": st.integers(-5, 70000),
                    "lost": st.dictionaries(st.text(max_size=7), st.lists(st.integers(-3, 9))),
                    "smaller": st.dictionaries(st.sampled_from(["1280", "-1", "99999999"]), PLAIN),
                    "unmeasured": PLAIN,
                    "reporters": PLAIN,
                }
            ),
            "clock": st.lists(st.lists(st.floats() | st.integers(-3, 9), min_size=3, max_size=3)),
        }
    )
)
def test_a_host_that_lies_harms_only_what_is_said_of_itself(lie):
    number = 4
    results = {f"n{place + 1}": result(number, place) for place in range(number)}
    results["n2"] = {"probe": lie, "nodes": [f"n{place + 1}" for place in range(number)]}
    found = picture.Mesh(listening(number), results)
    findings = judge.judge(found)
    assert all(isinstance(value, str) for entry in findings for value in entry.values())
    assert not any("the check itself failed" in entry["observed"] for entry in findings)
    assert len(json.dumps(findings)) < 200000
    assert all(way[0] == 1 for faults in found.faults.values() for way in faults)
    assert all(way[0] == 1 for ways in (found.dead, found.lost, found.smaller) for way in ways)
    assert all(
        status == "pass"
        for source, targets in found.statuses().items()
        if source != "n2"
        for status in targets.values()
    )


@settings(max_examples=80, deadline=None)
@given(PLAIN)
def test_a_listener_that_lies_is_no_node(said):
    node = nodes.listener({"listener": said})
    assert node is None or set(node) == {"address", "interface", "mtu", "bound", "held"}


def test_two_hosts_with_one_address_are_one_node():
    said = {"listener": {"address": "fd00:10::11", "bound": ["tcp.10250", "tcp.1"], "held": {"udp.6081": "EADDRINUSE"}}}
    variables = {"a": {"x": said, "group_names": ["kube_node", "rack1"]}, "b": {"x": said}, "c": {}}
    assert nodes.listening(["a", "b", "c"], variables.get, "x") == [
        {
            "name": "a",
            "address": "fd00:10::11",
            "interface": "",
            "mtu": 0,
            "bound": ["tcp.10250"],
            "held": ["udp.6081"],
            "roles": ["kube_node"],
        }
    ]


def counted(*pairs):
    """Changes of :func:`mesh` for ``(source, target, echoes, lost)``."""
    changes = {}
    for source, target, sent, lost in pairs:
        changes.setdefault(source, {"loss": []})["loss"].append([target, sent, lost])
    return changes


def test_loss_is_put_to_the_host_that_all_losing_pairs_share():
    pairs = [(place, 2, 20, 3) for place in (0, 1, 3)] + [(2, place, 20, 2) for place in (0, 1, 3)]
    found = mesh(changes=counted(*pairs, (0, 1, 20, 0), (1, 0, 20, 0)))
    findings = judge.judge(found)
    assert bad(findings) == {("mesh.loss", "n3"): "warn"}
    entry = one(findings, "mesh.loss")
    assert entry["observed"] == "15 of 120 echoes between n3 and n1, n2, n4 got lost (12 %)"
    assert "ping -6" in entry["remedy"] and "fd00:10::13" in entry["remedy"]
    assert found.statuses()["n1"]["n3"] == found.statuses()["n3"]["n1"] == "warn"
    assert found.statuses()["n1"]["n2"] == "pass"


@pytest.mark.parametrize(
    "pairs, status",
    [
        ([(0, 1, 20, 0), (1, 0, 20, 0)], None),
        ([(0, 1, 20, 9), (1, 0, 20, 0)], None),  # the other side misses nothing
        ([(0, 1, 20, 1), (1, 0, 20, 1)], None),
        ([(0, 1, 20, 2), (1, 0, 20, 1)], "warn"),
        ([(0, 1, 20, 2)], None),
        ([(0, 1, 20, 3)], "warn"),
        ([(0, 1, 20, 6), (1, 0, 20, 6)], "fail"),
    ],
)
def test_how_many_echoes_may_get_lost(pairs, status):
    findings = judge.judge(mesh(changes=counted(*pairs)))
    assert bad(findings) == ({("mesh.loss", "n2"): status} if status else {})


@pytest.mark.parametrize(
    "said", [None, 7, [7], [[1, 20]], [[1, 20, 21]], [[1, -1, -1]], [[1, 10**9, 10**9]], [[9, 20, 20]], [["1", 20, 20]]]
)
def test_a_liar_about_losses_is_not_believed(said):
    assert bad(judge.judge(mesh(changes={0: {"loss": said}}))) == {}


def test_nothing_is_said_of_losses_where_nothing_comes_through():
    silent = {probe: {"silent": [1]} for probe in [*PROBES, "icmp"]}
    changes = {0: {"faults": silent, "loss": [[1, 20, 20]]}}
    assert {identity for identity, _subject in bad(judge.judge(mesh(changes=changes)))} == {"mesh.reach"}


@pytest.mark.parametrize("number, said", [(17, False), (18, True)])
def test_how_a_port_was_tested_is_told_truly(number, said):
    findings = judge.judge(mesh(number))
    (tcp,) = [entry for entry in findings if (entry["id"], entry["subject"]) == ("mesh.tcp.10250", "n2")]
    (udp,) = [entry for entry in findings if (entry["id"], entry["subject"]) == ("mesh.udp.6081", "n2")]
    assert tcp["observed"].startswith(f"reached by all {number - 1} that ask")
    assert ("4 of them had it prove to be this run's" in tcp["observed"]) == said
    assert udp["observed"] == f"reached by all {number - 1} that ask"
