# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0
"""Host name, localhost, resolvers."""

import pytest

from ansible_collections.kurl.ipv6.tests.unit.plugins.module_utils.checks import recorded

NODE = "2001:db8:10::11"
LOOPBACK = [["127.0.0.1", "localhost"], ["::1", "localhost"]]


def named(name="node", *lines):
    """A healthy host of this name, with these lines of /etc/hosts."""
    facts = recorded.facts()
    facts["hostname"] = name
    facts["hosts"] = LOOPBACK + [list(line) for line in lines]
    return facts


@pytest.mark.parametrize(
    "facts, status, words",
    [
        (named("node"), "info", "not in /etc/hosts"),
        (named("node", ["127.0.1.1", "node"]), "info", "only as 127.0.1.1"),
        (named("node", [NODE, "node.example.net", "node"]), "pass", NODE),
        (named("node", ["127.0.1.1", "node"], [NODE, "node"]), "pass", NODE),
        (named("node.example.net"), "info", "not in /etc/hosts"),
        (named("Node1"), "info", "not in /etc/hosts"),
        (named("node", ["2001:db8:10::77", "node"]), "warn", "2001:db8:10::77, which is not on this host"),
        (named("node", ["192.0.2.7", "node"]), "warn", "192.0.2.7"),
        (named("localhost"), "fail", "called localhost"),
        (named("localhost.localdomain"), "fail", "called localhost.localdomain"),
        (named("(none)"), "fail", "called (none)"),
        (named("my_node"), "fail", "cannot be a node's name"),
        (named("-node"), "fail", "cannot be a node's name"),
        (named("node..x"), "fail", "cannot be a node's name"),
        (named("n" * 254), "fail", "cannot be a node's name"),
    ],
)
def test_the_host_name(facts, status, words):
    findings = recorded.judge(facts)
    found = recorded.one(findings, "name.host")
    assert (found["status"], words in found["observed"]) == (status, True), found
    assert recorded.bad(findings) == ({"name.host": status} if status in ("warn", "fail") else {})


def test_an_ipv4_address_of_the_host_itself_is_no_stranger():
    facts = named("node", ["192.0.2.10", "node"])
    facts["addresses"].append(dict(facts["addresses"][0], address="192.0.2.10", interface="ens3", family=4))
    assert recorded.bad(recorded.judge(facts)) == {}


@pytest.mark.parametrize(
    "hosts, status",
    [
        (LOOPBACK, "pass"),
        ([["127.0.0.1", "localhost"], ["::1", "ip6-localhost"]], "info"),
        ([["::1", "localhost"]], "pass"),
        ([], "warn"),
        ([["192.0.2.1", "localhost"]], "fail"),
        (LOOPBACK + [["2001:db8::1", "localhost"]], "fail"),
        ([["127.0.0.1", "localhost"], ["127.0.1.1", "localhost"]], "info"),
    ],
)
def test_localhost(hosts, status):
    facts = recorded.facts()
    facts["hosts"] = hosts
    findings = recorded.judge(facts)
    assert recorded.one(findings, "name.localhost")["status"] == status
    assert recorded.bad(findings) == ({"name.localhost": status} if status in ("warn", "fail") else {})


def resolving(*servers, stub=False, ipv4=False, answers=None):
    """A healthy host with these resolvers."""
    facts = recorded.facts()
    facts["resolver"] = {"nameservers": list(servers), "search": [], "stub": stub, "servers": list(servers)}
    facts["answers"] = {"gateway": facts["answers"]["gateway"], "resolvers": answers or {}}
    if ipv4:
        facts["ipv4_default_routes"] = [{"gateway": "192.0.2.1"}]
    return facts


@pytest.mark.parametrize(
    "facts, status, words",
    [
        (resolving("2001:db8::53"), "pass", "2001:db8::53"),
        (resolving("2001:db8::53", stub=True), "pass", "2001:db8::53"),
        (resolving("192.0.2.53", "2001:db8::53"), "pass", "2001:db8::53"),
        (resolving(), "fail", "/etc/resolv.conf names none"),
        (resolving(stub=True), "fail", "/run/systemd/resolve/resolv.conf names none"),
        (resolving("127.0.0.1"), "fail", "plugin/loop"),
        (resolving("::1"), "fail", "plugin/loop"),
        (resolving("127.0.0.53", stub=True), "fail", "plugin/loop"),
        (resolving("2001:db8::53", "127.0.0.1"), "fail", "plugin/loop"),
        (resolving("fe80::1%ens3"), "warn", "link-local"),
        (resolving("fe80::1"), "warn", "link-local"),
        (resolving("fe80::1%ens3", "2001:db8::53"), "pass", "2001:db8::53"),
        (resolving("192.0.2.53"), "warn", "nor can this host"),
        (resolving("192.0.2.53", ipv4=True), "warn", "which pods cannot reach"),
        (resolving("garbage"), "warn", "IPv4 only"),
    ],
)
def test_which_resolvers_serve_pods_without_ipv4(facts, status, words):
    findings = recorded.judge(facts)
    found = recorded.one(findings, "dns.resolver")
    assert (found["status"], words in found["observed"]) == (status, True), found
    assert recorded.bad(findings) == ({"dns.resolver": status} if status in ("warn", "fail") else {})


GOOD = {"answers": True, "error": "", "nat64": ""}
SILENT = {"answers": False, "error": "", "nat64": ""}
REFUSED = {"answers": False, "error": "Connection refused", "nat64": ""}


@pytest.mark.parametrize(
    "answers, plan, status, words",
    [
        ({"2001:db8::1": GOOD, "2001:db8::2": GOOD}, {}, "pass", "which answer"),
        ({"2001:db8::1": GOOD, "2001:db8::2": SILENT}, {}, "info", "not: 2001:db8::2 (no answer)"),
        ({"2001:db8::1": REFUSED, "2001:db8::2": SILENT}, {}, "warn", "2001:db8::1 (connection refused)"),
        (
            {"2001:db8::1": SILENT, "2001:db8::2": SILENT},
            {"airgap": True},
            "info",
            "an airgapped cluster can do without",
        ),
    ],
)
def test_whether_they_answer(answers, plan, status, words):
    findings = recorded.judge(resolving("2001:db8::1", "2001:db8::2", answers=answers), plan)
    found = recorded.one(findings, "dns.resolver")
    assert (found["status"], words in found["observed"]) == (status, True), found


def test_a_dns64_is_named():
    answers = {"2001:db8::53": {"answers": True, "error": "", "nat64": "64:ff9b::/96"}}
    found = recorded.one(recorded.judge(resolving("2001:db8::53", answers=answers)), "dns.nat64")
    assert found["status"] == "info" and "64:ff9b::/96" in found["observed"]
