# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0
"""IPv6 switched on, the default route now and later, MTU, ranges: each fault turns its own finding and no other."""

import pytest

from ansible_collections.kurl.ipv6.tests.unit.plugins.module_utils.checks import recorded

UPLINK = "ens3"


def changed(**parts):
    """A healthy host with these facts instead."""
    facts = recorded.facts()
    facts.update(parts)
    return facts


def route(**parts):
    """The healthy host's default route with these parts instead."""
    return dict(recorded.facts()["default_routes"][0], **parts)


def sysctl(**values):
    """A healthy host with these parameters of the uplink (or all, default, lo)."""
    facts = recorded.facts()
    for name, value in values.items():
        interface, parameter = name.split("__")
        facts["sysctls"]["net.ipv6.conf.{}.{}".format(interface, parameter)] = value
    return facts


@pytest.mark.parametrize("word", ["ipv6.disable=1", "ipv6.disable_ipv6=1"])
def test_switched_off_on_the_command_line(word):
    facts = changed(kernel_command_line="quiet " + word, ipv6_supported=False)
    found = recorded.one(recorded.judge(facts), "ipv6.enabled")
    assert found["status"] == "fail" and word in found["observed"] and "/etc/default/grub" in found["remedy"]


def test_a_longer_word_of_the_command_line_is_another_word():
    assert recorded.bad(recorded.judge(changed(kernel_command_line="ipv6.disable=10 xipv6.disable=1"))) == {}


def test_a_kernel_without_ipv6():
    findings = recorded.judge(changed(ipv6_supported=False))
    assert recorded.bad(findings) == {"ipv6.enabled": "fail"}
    assert recorded.one(findings, "sysctl.forwarding")["status"] == "skip"


@pytest.mark.parametrize(
    "values, status",
    [
        ({"ens3__disable_ipv6": "1"}, "fail"),
        ({"default__disable_ipv6": "1"}, "fail"),
        ({"lo__disable_ipv6": "1"}, "fail"),
        ({"all__disable_ipv6": "1", "default__disable_ipv6": "1", "lo__disable_ipv6": "1"}, "fail"),
        ({"all__disable_ipv6": "1"}, "warn"),
    ],
)
def test_disable_ipv6(values, status):
    findings = recorded.judge(sysctl(**values))
    assert recorded.bad(findings) == {"ipv6.enabled": status}
    for name in values:
        assert (
            "net.ipv6.conf.{}.disable_ipv6=0".format(name.split("__")[0])
            in recorded.one(findings, "ipv6.enabled")["remedy"]
        )


def test_on_now_but_off_after_a_reboot():
    facts = recorded.facts()
    facts["sysctls_persisted"]["net.ipv6.conf.default.disable_ipv6"] = {
        "value": "1",
        "file": "/etc/sysctl.d/10-off.conf",
    }
    findings = recorded.judge(facts)
    assert recorded.bad(findings) == {"ipv6.enabled": "fail"}
    assert "/etc/sysctl.d/10-off.conf" in recorded.one(findings, "ipv6.enabled")["remedy"]


@pytest.mark.parametrize("missing, status", [("::1", "fail"), ("127.0.0.1", "warn")])
def test_loopback_addresses(missing, status):
    facts = recorded.facts()
    facts["addresses"] = [entry for entry in facts["addresses"] if entry["address"] != missing]
    assert recorded.bad(recorded.judge(facts)) == {"address.loopback": status}


@pytest.mark.parametrize(
    "routes, status, words",
    [
        ([], "fail", "no default route"),
        ([route(type="unreachable", gateway="", interface="lo")], "fail", "of type unreachable"),
        ([route(type="blackhole", gateway="", interface="")], "fail", "of type blackhole"),
        ([route(flags=["linkdown"])], "fail", "the link is down"),
        ([route(gateway="")], "warn", "has no gateway"),
        ([route(expires=12, protocol="ra")], "warn", "expires in 12 s"),
        ([route(), route(gateway="fe80::2", interface="ens4")], "warn", "several default routes"),
    ],
)
def test_a_default_route_that_does_not_work(routes, status, words):
    findings = recorded.judge(changed(default_routes=routes))
    assert recorded.bad(findings) == {"route.default": status}
    found = recorded.one(findings, "route.default")
    assert words in found["observed"]
    assert "ip -6 route" in found["remedy"] or "ip link" in found["remedy"]


@pytest.mark.parametrize(
    "routes",
    [
        [route(expires=1790, protocol="ra")],
        [route(gateway="fe80::1")],
        # A second one is a reserve: by its metric, its preference, or through the same interface.
        [route(), route(gateway="fe80::2", interface="ens4", metric=2048)],
        [route(preference="high"), route(gateway="fe80::2", interface="ens4")],
        [route(), route(gateway="fe80::2")],
        [route(), route(type="unreachable", metric=4294967295)],
    ],
)
def test_a_default_route_that_works(routes):
    assert recorded.bad(recorded.judge(changed(default_routes=routes))) == {}


def test_behind_a_reject_an_existing_route_needs_no_second_one():
    reject = route(type="unreachable", gateway="", interface="lo", metric=1)
    alone = recorded.one(recorded.judge(changed(default_routes=[reject])), "route.default")["remedy"]
    assert "route del unreachable default metric 1" in alone and "route add default" in alone
    before = recorded.one(recorded.judge(changed(default_routes=[reject, route()])), "route.default")["remedy"]
    assert before == "ip -6 route del unreachable default metric 1"


def test_a_point_to_point_uplink_needs_no_gateway():
    facts = changed(default_routes=[route(gateway="")])
    for link in facts["links"]:
        link["flags"] = link["flags"] + (["pointopoint", "noarp"] if link["name"] == UPLINK else [])
    assert recorded.bad(recorded.judge(facts)) == {}


@pytest.mark.parametrize(
    "state, bad", [(0x20, True), (0x01, True), (0x02, False), (0x04, False), (0x80, False), (0, False)]
)
def test_a_gateway_that_does_not_answer(state, bad):
    facts = recorded.facts()
    facts["neighbours"] = [{"address": "2001:db8:10::1", "interface": UPLINK, "router": True, "state": state}]
    facts["answers"]["gateway"] = None  # not root, so that only the kernel's memory is left
    assert recorded.bad(recorded.judge(facts)) == ({"route.default": "warn"} if bad else {})


@pytest.mark.parametrize("state, answers", [(0x20, True), (0x02, False), (0, False)])
def test_an_answer_of_just_now_counts_more_than_the_kernels_memory(state, answers):
    facts = recorded.facts()
    facts["neighbours"] = [{"address": "2001:db8:10::1", "interface": UPLINK, "router": True, "state": state}]
    facts["answers"]["gateway"]["answers"] = answers
    assert recorded.bad(recorded.judge(facts)) == ({} if answers else {"route.default": "warn"})


def test_the_remedy_names_the_router_that_was_heard():
    facts = changed(default_routes=[])
    facts["routers"] = [{"address": "fe80::abcd", "interface": UPLINK, "router": True, "state": 4}]
    remedy = recorded.one(recorded.judge(facts), "route.default")["remedy"]
    assert remedy.splitlines()[0] == "ip -6 route add default via fe80::abcd dev ens3"


@pytest.mark.parametrize(
    "managers, tools, words",
    [
        ({UPLINK: "networkd"}, ["netplan"], "netplan apply"),
        ({UPLINK: "networkd"}, [], "networkctl reload"),
        ({UPLINK: "NetworkManager"}, [], "nmcli connection modify"),
        ({}, ["ifcfg"], "nmcli connection modify"),
        ({}, ["ifupdown"], "/etc/network/interfaces"),
        ({}, [], "in the host's network configuration"),
    ],
)
def test_the_remedy_lasts_with_the_tool_that_configures_the_interface(managers, tools, words):
    facts = changed(default_routes=[], network_managers=managers, network_tools=tools)
    assert words in recorded.one(recorded.judge(facts), "route.default")["remedy"]


def test_ignored_advertisements_explain_a_missing_route():
    facts = sysctl(ens3__accept_ra="1", all__forwarding="1")
    facts["default_routes"] = []
    found = recorded.one(recorded.judge(facts), "route.default")
    assert "router advertisements are ignored" in found["observed"]
    assert found["remedy"].startswith("sysctl -w net.ipv6.conf.ens3.accept_ra=2")


@pytest.mark.parametrize(
    "protocol, accept_ra, manager, status",
    [
        ("static", "1", "", "pass"),
        ("ra", "2", "", "pass"),
        ("ra", "0", "", "pass"),
        ("ra", "0", "networkd", "pass"),
        ("ra", "0", "NetworkManager", "pass"),
        ("ra", "1", "", "info"),
    ],
)
def test_whether_the_route_survives_forwarding(protocol, accept_ra, manager, status):
    facts = sysctl(ens3__accept_ra=accept_ra)
    facts["default_routes"] = [route(protocol=protocol)]
    facts["network_managers"] = {UPLINK: manager} if manager else {}
    findings = recorded.judge(facts)
    assert recorded.one(findings, "route.survives")["status"] == status
    assert recorded.bad(findings) == {}


@pytest.mark.parametrize(
    "settings, bad",
    [
        ({}, False),
        ({"IPv6AcceptRA": "yes"}, False),
        ({"IPForward": "no"}, False),
        ({"IPForward": "ipv4"}, False),
        ({"IPForward": "ipv6"}, True),
        ({"IPForward": "yes"}, True),
        ({"IPv6Forwarding": "yes"}, True),
        ({"IPv6Forwarding": "yes", "IPv6AcceptRA": "true"}, False),
        ({"IPv6Forwarding": "yes", "IPv6AcceptRA": "no"}, True),
    ],
)
def test_networkd_that_forwards_ignores_advertisements_unless_told(settings, bad):
    facts = sysctl(ens3__accept_ra="0")
    facts["default_routes"] = [route(protocol="ra")]
    facts["network_managers"], facts["networkd"] = {UPLINK: "networkd"}, {UPLINK: settings}
    findings = recorded.judge(facts)
    assert recorded.bad(findings) == ({"route.survives": "warn"} if bad else {})


@pytest.mark.parametrize(
    "mtu, plan, status",
    [
        (1500, "none", "pass"),
        (1280, "none", "pass"),
        (1279, "none", "fail"),
        (1350, {"antrea_version": "2.4.1"}, "pass"),
        (1349, {"antrea_version": "2.4.1"}, "fail"),
        (1360, {"antrea_version": "2.4.1", "antrea_encryption": "wireguard"}, "pass"),
        (1359, {"antrea_version": "2.4.1", "antrea_encryption": "wireguard"}, "fail"),
        (9001, {"antrea_version": "2.4.1", "antrea_encryption": "wireguard"}, "pass"),
    ],
)
def test_the_mtu_leaves_room_for_the_tunnel(mtu, plan, status):
    facts = recorded.facts()
    for link in facts["links"]:
        link["mtu"] = mtu if link["name"] == UPLINK else link["mtu"]
    findings = recorded.judge(facts, plan)
    assert recorded.one(findings, "network.mtu")["status"] == status
    assert set(recorded.bad(findings)) <= {"network.mtu"}


def test_a_routes_own_mtu_counts():
    assert recorded.bad(recorded.judge(changed(default_routes=[route(mtu=1200)]))) == {"network.mtu": "fail"}


RANGES = {"pod_cidr": "fd00:c00b:1::/56", "service_cidr": "fd00:c00b:2::/112"}


@pytest.mark.parametrize(
    "destination, interface, bad",
    [
        ("fd00:c00b:1:42::/64", "ens3", True),  # inside the pod range
        ("fd00::/8", "ens3", True),  # around both
        ("fd00:c00b:2::/120", "wg0", True),
        ("fd00:c00b:3::/64", "ens3", False),
        ("fd00:c00b:1:42::/64", "antrea-gw0", False),  # the cluster's own
        ("2001:db8::/32", "ens3", False),
    ],
)
def test_routes_into_the_clusters_ranges(destination, interface, bad):
    facts = recorded.facts()
    facts["routes"].append(route(destination=destination, interface=interface))
    findings = recorded.judge(facts, RANGES)
    assert recorded.bad(findings) == ({"network.cidr": "fail"} if bad else {})
    if bad:
        assert destination in recorded.one(findings, "network.cidr")["observed"]


def test_on_a_node_the_routes_to_other_nodes_pods_are_the_clusters_own():
    facts = recorded.facts()
    facts["routes"].append(route(destination="fd00:c00b:1:42::/64"))
    facts["kubernetes"]["joined"] = True
    assert recorded.bad(recorded.judge(facts, RANGES)) == {}


def test_of_many_conflicts_the_first_five_are_shown():
    facts = recorded.facts()
    facts["routes"] += [route(destination="fd00:c00b:1:{:x}::/64".format(number)) for number in range(7)]
    observed = recorded.one(recorded.judge(facts, RANGES), "network.cidr")["observed"]
    assert observed.count(" and route ") == 5 and observed.endswith(" and 2 more")


def test_an_address_inside_a_range():
    facts = recorded.facts()
    facts["addresses"].append(dict(facts["addresses"][2], address="fd00:c00b:2::9"))
    assert "network.cidr" in recorded.bad(recorded.judge(facts, RANGES))


def test_what_was_not_looked_at_is_not_said_to_be_free():
    found = recorded.one(recorded.judge(changed(routes_truncated=True), RANGES), "network.cidr")
    assert found["status"] == "info" and "which has more" in found["observed"]


def test_ranges_are_not_judged_without_a_plan():
    assert recorded.one(recorded.judge(), "network.cidr")["status"] == "skip"


def test_dual_stack_hosts_are_told_from_ipv6_only_ones():
    assert recorded.one(recorded.judge(), "network.ipv4")["status"] == "pass"
    facts = recorded.facts()
    ipv4 = dict(facts["addresses"][2], address="192.0.2.10", family=4)
    facts["addresses"].append(ipv4)
    facts["ipv4_default_routes"] = [route(family=4)]
    found = recorded.one(recorded.judge(facts), "network.ipv4")
    assert found["status"] == "info" and "192.0.2.10, with an IPv4 default route" in found["observed"]


@pytest.mark.parametrize(
    "https, no_proxy, missing",
    [
        ("", [], None),
        ("http://[2001:db8::8]:3128", [], ["2001:db8:10::11", "fd00:c00b:2::/112", "fd00:c00b:1::/56"]),
        ("http://p:1", ["2001:db8:10::/64"], ["fd00:c00b:2::/112", "fd00:c00b:1::/56"]),
        ("http://p:1", ["2001:db8:10::11", "fd00::/8"], []),
        ("http://p:1", ["[2001:db8:10::11]", "fd00:c00b::/32"], []),
        ("http://p:1", ["*"], []),
        ("http://p:1", ["10.0.0.0/8", ".example", "fd00:c00b:2::/120", "2001:db8:10::12"], None),
    ],
)
def test_a_proxy_must_not_be_asked_for_the_cluster_itself(https, no_proxy, missing):
    facts = changed(proxy={"http": "", "https": https, "no_proxy": no_proxy})
    findings = recorded.judge(facts, RANGES)
    found = recorded.one(findings, "network.proxy")
    bad = bool(https) and missing != []
    assert recorded.bad(findings) == ({"network.proxy": "warn"} if bad else {})
    if missing:
        assert found["observed"].endswith("no_proxy lacks " + ", ".join(missing))
        assert "2001:db8:10::/64" in found["remedy"]


@pytest.mark.parametrize(
    "state, message, status, words",
    [
        ("connected", "", "pass", "http://[2001:db8::8]:3128 over IPv6"),
        ("connection-refused", "", "warn", "refuses the connection"),
        ("connection-timeout", "", "warn", "does not answer"),
        ("error", "proxy has no IPv6 address: Name or service not known", "warn", "has no IPv6 address"),
        (None, "", "skip", "no proxy is used"),
    ],
)
def test_the_proxy_answers(state, message, status, words):
    facts = recorded.facts()
    facts["answers"]["proxies"] = {"http://[2001:db8::8]:3128": {"state": state, "message": message}} if state else {}
    entry = recorded.one(recorded.judge(facts), "network.proxy-reach")
    assert entry["status"] == status and words in entry["observed"]
    assert bool(entry["remedy"]) == (status == "warn")
