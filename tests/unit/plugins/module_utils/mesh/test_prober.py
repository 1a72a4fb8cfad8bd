# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0
"""What the prober tells of what it found, whom it asks, and what it reads from the kernel."""

import collections
import socket
import struct

import pytest

from ansible_collections.kurl.ipv6.plugins.module_utils.mesh import interface, packets, prober, protocol, remedies

TABLE = """\
00000000000000000000000000000001 01 80 10 80       lo
fd000010000000000000000000000011 02 40 00 80     eth0
fe80000000000000b8d0f6fffe123456 02 40 20 80     eth0
broken line
"""


def test_the_interface_that_carries_an_address():
    assert interface.carrier("fd00:10::11", TABLE) == "eth0"
    assert interface.carrier("fd00:10:0::0011", TABLE) == "eth0"
    assert interface.carrier("::1", TABLE) == "lo"
    assert interface.carrier("fd00:10::12", TABLE) == ""
    assert interface.mtu("lo") > 1280
    assert interface.mtu("no such one") == 0


def test_an_error_with_who_reported_it():
    reporter = struct.pack("=HHI", socket.AF_INET6, 0, 0) + protocol.packed("fd00::fe") + bytes(4)
    told = struct.pack("=IBBBxII", 90, 3, 2, 0, 1400, 0) + reporter
    assert packets.extended_error(told) == (90, 1400, "fd00::fe")
    local = struct.pack("=IBBBxII", 90, 1, 0, 0, 1500, 0) + bytes(28)
    assert packets.extended_error(local) == (90, 1500, "")
    assert packets.extended_error(local[:16]) == (90, 1500, "")


def test_an_echo_that_an_error_quotes_is_recognized_with_its_header():
    message = protocol.Codec("s").write(protocol.Way("icmp", 0, "::1", "::1"), protocol.ASK, 77)
    assert packets.Echo.quoted(bytes(8) + message[:60]) == 77
    assert packets.Echo.quoted(message) == 77
    assert packets.Echo.quoted(b"") is None


def test_this_node_is_no_peer_of_itself():
    nodes = [
        {"address": "fd00::1", "roles": ["kube_control_plane"]},
        {"address": "fd00:0::2", "roles": ["kube_node"], "held": ["tcp.10250"]},
        {"address": "fd00::3", "roles": ["kube_control_plane"]},
    ]
    peers = prober.peers_of(nodes, "fd00::2", {}, ["kube_node"])
    assert [(peer.number, peer.address) for peer in peers] == [(0, "fd00::1"), (2, "fd00::3")]
    assert {port.number for port in peers[0].ports} == {6443, 10250}
    assert prober.peers_of(nodes, "fd00::1", {}, ["kube_control_plane"])[0].held == {"tcp.10250"}


class Found:
    """A prober that is through."""

    mtu = 1500
    notes = []
    loss = {1: [20, 0], 2: [20, 3], 3: [0, 0]}
    peers = [prober.Peer(number, "fd00::%d" % number, [], frozenset(), number) for number in range(5)]
    outcomes = {(0, "icmp"): "ok", (1, "icmp"): "silent", (2, "tcp.10250"): "refused", (0, "tcp.10250"): "ok"}
    path = {
        0: {"size": 1500, "limit": 0, "reporter": ""},
        1: {"size": 1400, "limit": 1400, "reporter": "fd00::fe"},
        2: {"size": 1280, "limit": 1400, "reporter": "fd00::fd"},
        3: {"size": 0, "limit": 0, "reporter": ""},
    }
    clock = {0: (1e30, 0.0), 1: (0.00012, 0.0005)}


def test_a_summary_tells_only_what_is_not_as_it_must_be():
    found = prober.summary(Found)
    assert found["tested"] == {"icmp": 2, "tcp.10250": 2}
    assert found["faults"] == {"icmp": {"silent": [1]}, "tcp.10250": {"refused": [2]}}
    assert found["mtu"] == {
        "own": 1500,
        "unmeasured": [4],
        # A router that tells a size at which packets vanish all the same is not believed.
        "smaller": {"1400": [1]},
        "lost": {"1280": [2], "0": [3]},
        "reporters": ["fd00::fe"],
    }
    assert found["clock"] == [[0, 1e11, 0.0], [1, 0.1, 0.5]]
    assert found["loss"] == [[1, 20, 0], [2, 20, 3]]


@pytest.mark.parametrize("number", [3, 17, 40, 200])
def test_each_port_of_each_listener_is_proved_by_several_and_not_by_all(number):
    roles = [["kube_control_plane"] if place in (1, number - 1) else ["kube_node"] for place in range(number)]
    nodes = [{"address": "fd00::%x" % (place + 1), "roles": roles[place]} for place in range(number)]
    plan = {"antrea_version": "2.4.1"}
    proofs = collections.Counter()
    for place, node in enumerate(nodes):
        asking = prober.Prober("::1", prober.peers_of(nodes, node["address"], plan, roles[place]), None)
        asking.close()
        for peer in asking.peers:
            proofs.update((peer.number, probe) for probe in asking._proving(peer))
    several = number - 1 if number - 1 <= prober.PROVE_ALL else prober.PROOFS
    for place in range(number):
        found = {probe: times for (target, probe), times in proofs.items() if target == place}
        plane = place in (1, number - 1)
        expected = dict.fromkeys(("tcp.10250", "tcp.10349", "tcp.10351"), several)
        # antrea-agent's API is asked by control plane nodes, and so is etcd.
        expected["tcp.10350"] = 1 if plane else 2
        if plane:
            expected.update({"tcp.6443": several, "tcp.2379": 1, "tcp.2380": 1})
        assert found == expected


def test_remedies_name_the_nodes_network_where_they_share_one():
    assert remedies.prefix_of(["fd00:10::11", "fd00:10::12"]) == "fd00:10::/64"
    assert remedies.prefix_of(["fd00:10::11", "fd00:11::12"]) == ""
    assert remedies.open_port("ufw", "udp", 6081, True, "fd00:10::/64") == (
        "ufw allow proto udp from fd00:10::/64 to any port 6081"
    )
    assert "ip6tables -I INPUT -p tcp --dport 10250 -s fd00:10::/64 -j ACCEPT" in remedies.open_port(
        "", "tcp", 10250, True, "fd00:10::/64"
    )
    assert "ip6tables -I OUTPUT -p tcp --dport 10250 -j ACCEPT" in remedies.open_port("", "tcp", 10250, False, "")
    assert "--add-source=fd00:10::/64" in remedies.open_all("firewalld", True, "fd00:10::/64")
