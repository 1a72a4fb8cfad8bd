# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0
"""Netlink answers: crafted ones, broken ones, and those of the running kernel."""

import json
import shutil
import socket
import struct
import subprocess
import sys

import pytest

from ansible_collections.kurl.ipv6.plugins.module_utils.host import netlink
from ansible_collections.kurl.ipv6.tests.unit.plugins.module_utils.host import messages

NAMES = {1: "lo", 2: "eth0", 7: "eth0.100"}


def test_a_link_is_read_with_its_kind_and_flags():
    data = messages.link(
        2, "antrea-gw0", flags=("up", "lower_up", "multicast"), mtu=1420, kind="openvswitch", mac="52:54:00:12:34:56"
    )
    assert netlink.parse_links(data) == [
        {
            "index": 2,
            "name": "antrea-gw0",
            "mtu": 1420,
            "kind": "openvswitch",
            "type": 1,
            "flags": ["up", "multicast", "lower_up"],
            "state": "up",
            "mac": "52:54:00:12:34:56",
            "master": 0,
        }
    ]


def test_several_messages_of_other_kinds_between_are_no_trouble():
    data = (
        messages.link(1, "lo") + messages.neighbour("fe80::1", 2) + messages.link(2, "eth0", master=1) + messages.done()
    )
    assert [(entry["name"], entry["master"]) for entry in netlink.parse_links(data)] == [("lo", 0), ("eth0", 1)]


@pytest.mark.parametrize(
    "arguments, expected",
    [
        ({}, {"flags": ["permanent"], "valid": -1, "preferred": -1, "scope": "global", "prefix": 64}),
        (
            {"flags": ("temporary", "noprefixroute"), "valid": 86400, "preferred": 0},
            {"flags": ["temporary", "noprefixroute"], "valid": 86400, "preferred": 0},
        ),
        # The flags beyond the eighth bit come in an attribute of their own.
        ({"flags": ("mngtmpaddr", "stable-privacy")}, {"flags": ["mngtmpaddr", "stable-privacy"]}),
        ({"flags": ("tentative", "dadfailed")}, {"flags": ["dadfailed", "tentative"]}),
        ({"prefix": 128, "scope": "host"}, {"prefix": 128, "scope": "host"}),
    ],
)
def test_addresses_are_read_with_flags_and_lifetimes(arguments, expected):
    (found,) = netlink.parse_addresses(messages.address("2001:db8::5", 2, **arguments), NAMES)
    assert (found["address"], found["interface"], found["family"]) == ("2001:db8::5", "eth0", 6)
    assert {key: found[key] for key in expected} == expected


def test_on_a_point_to_point_link_the_own_address_counts_not_the_peer():
    (found,) = netlink.parse_addresses(messages.address("fd00::1", 2, peer="fd00::2", prefix=128), NAMES)
    assert found["address"] == "fd00::1"


def test_a_secondary_ipv4_address_is_not_a_temporary_one():
    (found,) = netlink.parse_addresses(messages.address("192.0.2.7", 2, prefix=24, flags=("temporary",)), NAMES)
    assert (found["address"], found["family"], found["flags"]) == ("192.0.2.7", 4, [])


def test_an_address_of_an_unknown_interface_shows_its_number():
    (found,) = netlink.parse_addresses(messages.address("fd00::1", 99), NAMES)
    assert found["interface"] == "99"


@pytest.mark.parametrize(
    "arguments, expected",
    [
        (
            {"gateway": "fe80::1", "protocol": "ra", "expires": 1795, "metric": 100},
            {"destination": "default", "gateway": "fe80::1", "protocol": "ra", "expires": 1795, "metric": 100},
        ),
        ({"gateway": "fe80::1"}, {"expires": -1, "preference": "medium", "mtu": 0, "source": "", "table": 254}),
        ({"preference": "high"}, {"preference": "high"}),
        ({"preference": "low", "mtu": 1400}, {"preference": "low", "mtu": 1400}),
        ({"type": "unreachable"}, {"type": "unreachable"}),
        ({"type": "blackhole", "index": 0}, {"type": "blackhole", "interface": ""}),
        ({"destination": "2001:db8:1::/48"}, {"destination": "2001:db8:1::/48"}),
        ({"destination": "2000::/3"}, {"destination": "2000::/3"}),
        ({"source": "2001:db8::/56"}, {"source": "2001:db8::/56", "destination": "default"}),
        ({"table": 1000}, {"table": 1000}),
        ({"flags": 0x11}, {"flags": ["dead", "linkdown"]}),
    ],
)
def test_routes_are_read(arguments, expected):
    arguments = dict({"index": 2}, **arguments)
    (found,) = netlink.parse_routes(messages.route(**arguments), NAMES)
    assert {key: found[key] for key in expected} == expected


def test_every_hop_of_a_multipath_route_is_a_route():
    data = messages.route(hops=[("fe80::1", 2), ("fe80::2", 7)])
    assert [(entry["gateway"], entry["interface"]) for entry in netlink.parse_routes(data, NAMES)] == [
        ("fe80::1", "eth0"),
        ("fe80::2", "eth0.100"),
    ]


def test_cached_clones_are_no_routes():
    assert netlink.parse_routes(messages.route(index=2, flags=0x200), NAMES) == []


def test_neighbours_of_ipv6_are_read_and_routers_recognized():
    data = (
        messages.neighbour("fe80::1", 2, state=4, router=True)
        + messages.neighbour("192.0.2.1", 2, family=socket.AF_INET)
        + messages.neighbour("fe80::2", 7, state=0x20)
    )
    assert netlink.parse_neighbours(data, NAMES) == [
        {"address": "fe80::1", "interface": "eth0", "router": True, "state": 4},
        {"address": "fe80::2", "interface": "eth0.100", "router": False, "state": 32},
    ]


def test_generic_families_are_read():
    data = messages.family("nlctrl") + messages.family("ovs_datapath") + messages.family("wireguard")
    assert netlink.parse_families(data) == ["nlctrl", "ovs_datapath", "wireguard"]


def test_what_comes_after_a_broken_length_is_not_believed():
    good = messages.link(1, "lo")
    assert [entry["name"] for entry in netlink.parse_links(good + struct.pack("=IHHII", 3, 16, 0, 0, 0) + good)] == [
        "lo"
    ]
    assert netlink.parse_links(good[:-8]) == []


def test_this_kernels_own_answers_are_understood():
    kernel = netlink.Netlink()
    links = netlink.parse_links(kernel.links())
    names = {entry["index"]: entry["name"] for entry in links}
    assert "lo" in names.values()
    assert sorted(names.values()) == sorted(name for _index, name in socket.if_nameindex())
    loopback = next(entry for entry in links if entry["name"] == "lo")
    assert loopback["type"] == 772 and "loopback" in loopback["flags"]
    addresses = netlink.parse_addresses(kernel.addresses(), names)
    assert {entry["interface"] for entry in addresses} <= set(names.values())
    assert "nlctrl" in netlink.parse_families(kernel.families())
    for route in netlink.parse_routes(kernel.routes(), names):
        assert route["family"] == 6


def test_a_dump_that_changes_meanwhile_is_asked_again_but_not_for_ever(monkeypatch):
    answers = []

    def changing(protocol, kind, payload):
        answers.append(b"%d" % len(answers))
        return answers[-1], len(answers) < 3

    monkeypatch.setattr(netlink, "_ask", changing)
    assert netlink.dump(0, 0, b"") == b"2"
    monkeypatch.setattr(netlink, "_ask", lambda protocol, kind, payload: (b"x", True))
    assert netlink.dump(0, 0, b"") == b"x"


def test_a_refused_request_is_an_error_with_its_number():
    with pytest.raises(netlink.NetlinkError, match="error 95 .*request 9999"):
        netlink.dump(socket.NETLINK_ROUTE, 9999, b"\0" * 16)


PROGRAM = """
import json, sys
sys.path.insert(0, sys.argv[1])
from ansible_collections.kurl.ipv6.plugins.module_utils.host import collect, netlink
print(json.dumps(collect.read_network(netlink.Netlink())))
"""


@pytest.fixture
def namespace():
    """A network namespace with a pair of interfaces, one of which plays the node's."""
    name = "re-unit-netlink"
    if not shutil.which("ip") or subprocess.run(["ip", "netns", "add", name], check=False).returncode:
        pytest.skip("no network namespaces here (they need root and iproute2)")

    def command(*words):
        subprocess.run(["ip", "-netns", name, *words], check=True)

    try:
        command("link", "set", "lo", "up")
        command("link", "add", "uplink", "mtu", "1400", "type", "veth", "peer", "name", "router")
        command("link", "set", "uplink", "up")
        command("link", "set", "router", "up")
        command("link", "add", "br0", "type", "bridge")
        yield name, command
    finally:
        subprocess.run(["ip", "netns", "del", name], check=False)


def test_a_real_network_is_read_as_it_was_made(namespace):
    name, command = namespace
    command("-6", "addr", "add", "2001:db8::10/64", "dev", "uplink", "nodad")
    command("-6", "addr", "add", "fd00::10/128", "dev", "uplink", "valid_lft", "1000", "preferred_lft", "0", "nodad")
    command("-6", "route", "add", "default", "via", "2001:db8::1", "dev", "uplink", "metric", "50", "proto", "ra")
    command("-6", "route", "add", "unreachable", "fd99::/48")
    command("-6", "route", "add", "default", "via", "2001:db8::9", "dev", "uplink", "metric", "10", "mtu", "1300")
    top = netlink.__file__.split("/ansible_collections/", 1)[0]
    output = subprocess.run(
        ["ip", "netns", "exec", name, sys.executable, "-c", PROGRAM, top],
        check=True,
        stdout=subprocess.PIPE,
        universal_newlines=True,
    ).stdout
    facts = json.loads(output)
    links = {entry["name"]: entry for entry in facts["links"]}
    assert links["uplink"]["mtu"] == 1400 and links["uplink"]["kind"] == "veth" and links["br0"]["kind"] == "bridge"
    addresses = {entry["address"]: entry for entry in facts["addresses"] if entry["interface"] == "uplink"}
    assert addresses["2001:db8::10"]["flags"] == ["nodad", "permanent"]
    assert addresses["fd00::10"]["preferred"] == 0 and 990 <= addresses["fd00::10"]["valid"] <= 1000
    assert "deprecated" in addresses["fd00::10"]["flags"]
    assert [(entry["gateway"], entry["metric"], entry["mtu"]) for entry in facts["default_routes"]] == [
        ("2001:db8::9", 10, 1300),
        ("2001:db8::1", 50, 0),
    ]
    assert facts["default_routes"][1]["protocol"] == "ra"
    assert {"destination": "fd99::/48", "type": "unreachable"}.items() <= next(
        entry for entry in facts["routes"] if entry["destination"] == "fd99::/48"
    ).items()
