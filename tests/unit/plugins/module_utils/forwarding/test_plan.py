# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0
"""Turning forwarding on: who handles router advertisements, in which order it goes, and which files are against it."""

import pytest

from ansible_collections.kurl.ipv6.plugins.module_utils.forwarding import plan
from ansible_collections.kurl.ipv6.plugins.module_utils.host import sysctl


def link(name, kind="", flags=("up", "lower_up")):
    return {"index": 2, "name": name, "kind": kind, "flags": list(flags), "type": 1, "master": 0, "mtu": 1500}


def route(interface="eth0", protocol="ra", gateway="fe80::1", metric=1024, destination="default", expires=1800):
    return {
        "destination": destination,
        "gateway": gateway,
        "interface": interface,
        "metric": metric,
        "protocol": protocol,
        "type": "unicast",
        "expires": expires,
    }


def address(interface="eth0", valid=-1, prefix=64, scope="global"):
    return {
        "address": "fd00::10",
        "interface": interface,
        "family": 6,
        "scope": scope,
        "valid": valid,
        "prefix": prefix,
        "flags": [],
    }


def network(links=(), default_routes=(), routes=(), addresses=()):
    return {
        "links": list(links) or [link("eth0")],
        "default_routes": list(default_routes),
        "routes": list(routes) + list(default_routes),
        "addresses": list(addresses),
    }


@pytest.mark.parametrize("accepts, managers, handler", [
    ("1", {}, "kernel"),
    ("2", {}, "kernel"),
    # NetworkManager with ipv6.method=ignore leaves advertisements to the kernel, whose value tells.
    ("1", {"eth0": "NetworkManager"}, "kernel"),
    ("0", {"eth0": "NetworkManager"}, "NetworkManager"),
    ("0", {"eth0": "networkd"}, "networkd"),
    ("0", {}, "program"),
    (None, {}, "program"),
])  # fmt: skip
def test_the_kernels_own_value_says_who_handles_advertisements(accepts, managers, handler):
    assert plan.handlers(network(default_routes=[route()]), managers, {"eth0": accepts}) == {"eth0": handler}


def test_a_static_host_needs_nothing():
    host = network(default_routes=[route(protocol="static", expires=-1)], addresses=[address()])
    assert plan.handlers(host, {}, {"eth0": "1"}) == {"eth0": "static"}
    assert plan.wanted({"eth0": "static"}, True) == [(plan.FORWARDING, "1"), (plan.BRIDGE, "1")]


@pytest.mark.parametrize("host", [
    # The kernel ignores every advertisement once it forwards: the address would expire, whatever the default route is.
    network(default_routes=[route(protocol="static", expires=-1)], addresses=[address(valid=86400)]),
    network(default_routes=[route(protocol="static", expires=-1)],
            routes=[route(protocol="kernel", destination="fd00::/64", expires=86400)]),
    network(routes=[route(destination="fd00:5::/48")]),
])  # fmt: skip
def test_an_interface_that_learned_anything_keeps_learning(host):
    assert plan.handlers(host, {}, {"eth0": "1"}) == {"eth0": "kernel"}


@pytest.mark.parametrize("entry", [address(), address(valid=3600, prefix=128), address(valid=3600, scope="link")])
def test_what_is_not_autoconfigured_is_not_learned(entry):
    assert plan.handlers(network(addresses=[entry]), {}, {"eth0": "1"}) == {}


def test_two_interfaces_are_told_apart():
    host = network(
        [link("eth0"), link("eth1"), link("lo", flags=("up", "loopback"))],
        default_routes=[route("eth0"), route("eth1", metric=2048)],
    )
    found = plan.handlers(host, {"eth1": "networkd"}, {"eth0": "1", "eth1": "0", "lo": "1"})
    assert found == {"eth0": "kernel", "eth1": "networkd"}


@pytest.mark.parametrize("name, kind", [("antrea-gw0", "openvswitch"), ("cni0", "bridge"), ("veth12ab", "veth")])
def test_no_pod_may_become_the_hosts_router(name, kind):
    host = network([link("eth0"), link(name, kind)], default_routes=[route("eth0"), route(name)])
    assert plan.handlers(host, {}, {"eth0": "1", name: "1"}) == {"eth0": "kernel"}


def test_what_our_file_says_is_kept_while_no_router_was_heard_yet():
    assert plan.handlers(network(), {}, {"eth0": "2"}, kept={"eth0"}) == {"eth0": "kernel"}
    # A program has taken over, or the interface is gone.
    assert plan.handlers(network(), {}, {"eth0": "0"}, kept={"eth0"}) == {}
    assert plan.handlers(network(), {}, {"eth0": "2"}, kept={"eth7"}) == {}


def test_accept_ra_comes_before_forwarding():
    settings = plan.wanted({"eth1": "kernel", "eth0": "kernel", "eth2": "networkd"}, bridge=True)
    assert settings == [
        ("net/ipv6/conf/eth0/accept_ra", "2"),
        ("net/ipv6/conf/eth1/accept_ra", "2"),
        ("net/ipv6/conf/all/forwarding", "1"),
        ("net/bridge/bridge-nf-call-ip6tables", "1"),
    ]
    assert plan.wanted({}, bridge=False) == [("net/ipv6/conf/all/forwarding", "1")]


def test_nothing_of_ipv4_and_no_default_for_new_interfaces():
    paths = [path for path, _value in plan.wanted({"eth0": "kernel"}, True)]
    assert not [path for path in paths if "ipv4" in path or "/default/" in path or path.endswith("call-iptables")]


def test_only_what_differs_changes():
    settings = plan.wanted({"eth0": "kernel"}, True)
    now = {"net/ipv6/conf/eth0/accept_ra": "1", plan.FORWARDING: "1"}
    assert plan.changes(settings, now) == [
        {"path": "net/ipv6/conf/eth0/accept_ra", "before": "1", "after": "2"},
        {"path": plan.BRIDGE, "before": None, "after": "1"},
    ]
    assert plan.changes(settings, dict(settings)) == []


def test_the_file_reads_back_as_it_was_meant():
    settings = plan.wanted({"eth0.100": "kernel", "eth1": "kernel"}, True)
    text = plan.file_text(settings)
    assert sysctl.parse(text) == settings
    assert plan.kept_interfaces(text) == {"eth0.100", "eth1"}
    assert text.startswith(plan.HEADER + "\n")
    assert "net.ipv6.conf.eth0/100.accept_ra = 2\n" in text


def conflicts(files, found=None):
    return plan.contradictions(files, plan.wanted(found or {}, True))


@pytest.mark.parametrize("name, text, value", [
    ("/etc/sysctl.d/95-vendor.conf", "net.ipv6.conf.all.forwarding = 0", "0"),
    ("/etc/sysctl.d/99-sysctl.conf", "net/ipv6/conf/all/forwarding=0", "0"),
    ("/etc/sysctl.conf", "net.ipv6.conf.all.forwarding=0", "0"),
    ("/usr/lib/sysctl.d/98-hardening.conf", "-net.ipv6.conf.all.forwarding = 0", "0"),
])  # fmt: skip
def test_a_later_file_that_says_otherwise_is_found(name, text, value):
    found = conflicts([(name, text)])
    assert found == [{"path": plan.FORWARDING, "value": value, "file": name, "wanted": "1", "remedy": ""}]


@pytest.mark.parametrize("name, text", [
    ("/etc/sysctl.d/10-early.conf", "net.ipv6.conf.all.forwarding = 0"),
    ("/usr/lib/sysctl.d/50-default.conf", "net.ipv6.conf.all.forwarding = 0"),
    ("/etc/sysctl.d/95-same.conf", "net.ipv6.conf.all.forwarding = 1"),
    # An exact name wins over a pattern, wherever that is.
    ("/etc/sysctl.d/95-pattern.conf", "net.ipv6.conf.*.forwarding = 0"),
    ("/etc/sysctl.d/95-other.conf", "net.ipv6.conf.default.forwarding = 0"),
    ("/etc/sysctl.d/95-comment.conf", "# net.ipv6.conf.all.forwarding = 0"),
    # Ours, as an earlier version may have written it.
    ("/etc/sysctl.d/90-kurl-ipv6.conf", "net.ipv6.conf.all.forwarding = 0"),
])  # fmt: skip
def test_what_does_not_win_is_no_contradiction(name, text):
    assert conflicts([(name, text)]) == []


def test_a_setting_for_the_uplink_counts_only_where_the_kernel_handles_advertisements():
    files = [("/etc/sysctl.d/99-cis.conf", "net.ipv6.conf.eth0.accept_ra = 0\n")]
    assert conflicts(files) == []
    assert [entry["value"] for entry in conflicts(files, {"eth0": "kernel"})] == ["0"]


def test_the_message_names_file_and_command():
    files = [
        ("/etc/sysctl.d/95-vendor.conf", "net.ipv6.conf.all.forwarding = 0"),
        ("/usr/lib/sysctl.d/98-virt.conf", "net.bridge.bridge-nf-call-ip6tables = 0"),
    ]
    message = plan.contradiction_message(conflicts(files))
    assert "/etc/sysctl.d/95-vendor.conf sets net.ipv6.conf.all.forwarding to 0 at boot" in message
    assert "/98-virt.conf sets net.bridge.bridge-nf-call-ip6tables to 0" in message
    assert " /usr/lib/sysctl.d/98-virt.conf > /etc/sysctl.d/98-virt.conf" in message
    assert "Nothing was changed" in message


def later(value, remedy="mend it", path=plan.FORWARDING):
    return {"path": path, "value": value, "file": "/etc/program.conf", "remedy": remedy}


def test_what_a_program_sets_afterwards_counts():
    settings = plan.wanted({}, False)
    assert plan.contradictions([], settings, [later("0")]) == [dict(later("0"), wanted="1")]
    assert plan.contradictions([], settings, [later("1")]) == []
    assert plan.contradictions([], settings, [later("0", path=plan.BRIDGE)]) == []
    # The last one to set it wins.
    assert plan.contradictions([], settings, [later("0"), later("1")]) == []


def test_the_message_has_a_programs_own_remedy():
    found = plan.contradictions([], plan.wanted({}, False), [later("0")])
    message = plan.contradiction_message(found)
    assert "/etc/program.conf sets net.ipv6.conf.all.forwarding to 0 at boot" in message
    assert message.endswith("Remedy:\nmend it")


def test_a_route_is_the_same_by_interface_gateway_and_metric():
    before = [route(expires=1800), route("eth1", metric=100, protocol="static")]
    assert plan.lost(before, [route(expires=5), before[1]]) == []
    assert plan.lost(before, [route()]) == [before[1]]
    assert plan.lost(before, [route(gateway="fe80::2"), before[1]]) == [before[0]]


def test_only_routes_that_carry_packets_are_watched():
    assert plan.usable([dict(route(), type="unreachable"), route()]) == [route()]


def test_routes_are_written_as_ip_takes_them():
    assert plan.route_text(route()) == "default via fe80::1 dev eth0 metric 1024"
    assert plan.route_text(route(gateway="")) == "default dev eth0 metric 1024"
