# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0
"""The choice of a node's address, and what is said where there is none."""

import pytest

from ansible_collections.kurl.ipv6.plugins.module_utils.checks import node_address
from ansible_collections.kurl.ipv6.tests.unit.plugins.module_utils.checks import recorded

GLOBAL, LOCAL = "2001:db8:1::10", "fd00:1::10"


def entry(address, interface="eth0", **more):
    """An address of the facts."""
    family = 6 if ":" in address else 4
    base = {"prefix": 64, "family": family, "scope": "global", "flags": ["permanent"], "valid": -1, "preferred": -1}
    return dict(base, address=address, interface=interface, **more)


def link(name, kind="", hardware=1, flags=("up", "lower_up"), master=0):
    """A link of the facts."""
    return {
        "name": name,
        "kind": kind,
        "type": hardware,
        "flags": list(flags),
        "master": master,
        "mtu": 1500,
        "index": 2,
    }


LINKS = [
    link("lo", hardware=772, flags=("up", "loopback")),
    link("eth0"),
    link("eth1"),
    link("docker0", "bridge"),
    link("wg0", "wireguard", 65534),
    link("tailscale0", "tun", 65534),
    link("antrea-gw0", "openvswitch"),
    link("br0", "bridge"),
    link("virbr0", "bridge"),
]
ROUTES = ({"type": "unicast", "interface": "eth0", "gateway": "fe80::1"},)


def choose(*addresses, routes=ROUTES, wanted=""):
    """The choice among these addresses."""
    return node_address.choose(list(addresses), LINKS, routes, wanted)


@pytest.mark.parametrize(
    "bad, reason",
    [
        (entry("::1", "lo"), "loopback"),
        (entry("fe80::1"), "link-local"),
        (entry("fec0::1"), "site-local"),
        (entry("2001:0:53aa::1"), "Teredo"),
        (entry("2002:c000:204::1"), "6to4"),
        (entry("64:ff9b::1"), "NAT64"),
        (entry("64:ff9b:1::1"), "NAT64"),
        (entry("100::1"), "discard"),
        (entry("::ffff:192.0.2.1"), "IPv4-mapped"),
        (entry(GLOBAL, flags=["tentative", "dadfailed"]), "duplicate address detection failed"),
        (entry(GLOBAL, flags=["tentative"]), "tentative"),
        (entry(GLOBAL, flags=["temporary"]), "temporary"),
        (entry(GLOBAL, flags=["deprecated"], preferred=0), "deprecated"),
        (entry(GLOBAL, preferred=0, valid=500), "deprecated"),
        (entry(GLOBAL, "docker0"), "container network"),
        (entry(GLOBAL, "antrea-gw0"), "container network"),
        (entry(GLOBAL, "virbr0"), "container network"),
        (entry(GLOBAL, "wg0"), "tunnel"),
        (entry(GLOBAL, "tailscale0"), "tunnel"),
    ],
)
def test_no_such_address_is_taken_and_the_reason_is_told(bad, reason):
    choice = choose(bad)
    assert choice.address == ""
    assert reason in choice.rejected[0][2]
    # And a decent one beside it is.
    assert choose(bad, entry("2001:db8:9::9")).address == "2001:db8:9::9"


@pytest.mark.parametrize(
    "better, worse",
    [
        (entry(LOCAL, "eth0"), entry(GLOBAL, "eth1")),  # the default route's interface before the kind
        (entry(LOCAL), entry(GLOBAL, valid=3600, preferred=1800)),  # no lifetime before the kind
        (entry(GLOBAL), entry(LOCAL)),
        (entry("2001:db8:1::20"), entry("2001:db8:1::10", prefix=128)),
        (entry("2001:db8:1::9"), entry("2001:db8:1::10")),  # by number, not by text
        (entry(GLOBAL, valid=3600, preferred=1800), entry("2001:db8:1::1", flags=["temporary"])),
        (entry(GLOBAL, "br0"), entry("2001:db8:1::1", "docker0")),
    ],
)
def test_the_better_address_wins_in_either_order(better, worse):
    assert choose(better, worse).address == better["address"]
    assert choose(worse, better).address == better["address"]


def test_an_address_on_the_loopback_interface_is_taken_where_there_is_no_other():
    # As hosts have it that announce their address to their routers themselves.
    announced = entry(GLOBAL, "lo", prefix=128)
    assert choose(announced, routes=[]).address == GLOBAL
    assert choose(announced, entry(LOCAL, "eth1"), routes=[]).address == LOCAL


def test_optimistic_addresses_may_be_used_while_they_are_tested():
    assert choose(entry(GLOBAL, flags=["tentative", "optimistic"])).address == GLOBAL


def test_ipv4_of_a_dual_stack_host_does_not_count():
    assert choose(entry("192.0.2.1"), entry(LOCAL)).address == LOCAL
    assert choose(entry("192.0.2.1")).reason == "no usable address"


def test_the_reason_names_what_was_preferred():
    choice = choose(entry(GLOBAL), entry(LOCAL))
    assert choice.reason == (
        "global, permanent address on eth0, the interface of the default route; preferred to " + LOCAL
    )
    assert "no default route to go by" in choose(entry(GLOBAL), routes=[]).reason


def test_a_single_address_with_a_link_local_gateway_is_a_good_one():
    choice = choose(entry(GLOBAL, prefix=128))
    assert (choice.address, choice.interface) == (GLOBAL, "eth0")


@pytest.mark.parametrize(
    "wanted, addresses, address, reason",
    [
        (LOCAL, [entry(GLOBAL), entry(LOCAL)], LOCAL, "given as node_ip"),
        ("FD00:1:0::10", [entry(LOCAL)], LOCAL, "given as node_ip"),
        ("[" + LOCAL + "]", [entry(LOCAL)], LOCAL, "given as node_ip"),
        (GLOBAL, [entry(GLOBAL, "wg0")], GLOBAL, "on wg0, a tunnel interface"),
        (GLOBAL, [entry(LOCAL)], "", "is not on this host"),
        ("192.0.2.1", [entry(LOCAL)], "", "is not an IPv6 address"),
        ("node.example", [entry(LOCAL)], "", "is not an IPv6 address"),
        (GLOBAL, [entry(GLOBAL, flags=["temporary"])], "", "temporary privacy address"),
        ("fe80::1", [entry("fe80::1")], "", "link-local"),
        (GLOBAL, [entry(GLOBAL, flags=["dadfailed", "tentative"])], "", "another machine has it"),
    ],
)
def test_an_address_that_the_inventory_gives(wanted, addresses, address, reason):
    choice = choose(*addresses, wanted=wanted)
    assert choice.address == address
    assert reason in choice.reason


def judged(addresses, node_ip=""):
    """The findings of address.node with these addresses on a host."""
    facts = recorded.facts()
    loopback = [entry("::1", "lo", prefix=128), entry("127.0.0.1", "lo")]
    facts["addresses"] = loopback + [dict(one, interface="ens3") for one in addresses]
    return recorded.judge(facts, node_ip=node_ip)


def test_a_unique_local_address_alone_is_enough():
    findings = judged([entry(LOCAL)])
    assert recorded.bad(findings) == {}
    assert "unique-local" in recorded.one(findings, "address.node")["observed"]


def test_link_local_only_is_a_failure_that_shows_what_was_rejected():
    found = recorded.one(judged([entry("fe80::5")]), "address.node")
    assert found["status"] == "fail"
    assert found["observed"] == "no usable address: fe80::5 (ens3): link-local"
    assert "ip -6 addr add" in found["remedy"] and "/etc/network/interfaces" in found["remedy"]


def test_a_duplicate_gets_the_remedy_of_a_duplicate():
    findings = judged([entry(GLOBAL, flags=["tentative", "dadfailed"])])
    assert recorded.bad(findings) == {"address.node": "fail"}
    assert "ip -6 addr del " + GLOBAL in recorded.one(findings, "address.node")["remedy"]


def test_a_duplicate_besides_the_nodes_own_address_is_a_warning():
    findings = judged([entry(GLOBAL), entry("2001:db8:1::66", flags=["tentative", "dadfailed"])])
    assert recorded.bad(findings) == {"address.duplicate": "warn"}


def test_several_of_the_same_rank_are_told_and_one_can_be_named():
    findings = judged([entry("2001:db8:1::11"), entry("2001:db8:1::10")])
    several = recorded.one(findings, "address.node.several")
    assert several["status"] == "info" and "n1 node_ip=2001:db8:1::10" in several["remedy"]
    assert recorded.find(judged([entry("2001:db8:1::11"), entry(GLOBAL)], GLOBAL), "address.node.several") == []


def test_a_leased_address_is_said_to_be_one():
    found = recorded.one(judged([entry(GLOBAL, prefix=128, valid=600, preferred=300)]), "address.node")
    assert found["status"] == "info" and "leased by DHCPv6" in found["observed"]


def test_a_wrong_node_ip_fails_and_the_right_one_is_offered():
    found = recorded.one(judged([entry(GLOBAL)], node_ip="2001:db8:1::99"), "address.node")
    assert found["status"] == "fail" and found["remedy"] == "# in the inventory: n1 node_ip=" + GLOBAL
