# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0
"""The packet filter's policies: crafted answers of the kernel, and real rules in a namespace."""

import json
import shutil
import struct
import subprocess
import sys

import pytest

from ansible_collections.kurl.ipv6.plugins.module_utils.host import netlink, packetfilter
from ansible_collections.kurl.ipv6.plugins.module_utils.host.reader import Reader
from ansible_collections.kurl.ipv6.tests.unit.plugins.module_utils.host.messages import attribute, message


def text(kind, value):
    """A text attribute."""
    return attribute(kind, value.encode() + b"\0")


def number(kind, value):
    """A big-endian number."""
    return attribute(kind, struct.pack(">I", value))


def chain(family=1, table="filter", name="input", hook=1, policy=0, rules=2):
    """An NFT_MSG_NEWCHAIN message; without a hook it is no base chain."""
    body = struct.pack(">BBH", family, 0, 0) + text(1, table) + text(3, name)
    if hook is not None:
        body += attribute(4 | 0x8000, number(1, hook) + number(2, 0)) + number(5, policy)
    return message(10 << 8 | 3, body + number(6, rules))


def test_base_chains_are_read():
    data = chain() + chain(10, "raw", "PREROUTING", 0, 1) + chain(1, "filter", "fwd", 2, 0, 0)
    assert packetfilter.parse_chains(data) == [
        {"family": "inet", "table": "filter", "chain": "input", "hook": "input", "policy": "drop", "rules": 2},
        {"family": "ip6", "table": "raw", "chain": "PREROUTING", "hook": "prerouting", "policy": "accept", "rules": 2},
        {"family": "inet", "table": "filter", "chain": "fwd", "hook": "forward", "policy": "drop", "rules": 0},
    ]


def test_what_sees_no_ipv6_or_is_no_base_chain_is_left_out():
    data = chain(2) + chain(7) + chain(hook=None) + chain(hook=9) + message(10 << 8, b"\1\0\0\0")
    assert packetfilter.parse_chains(data) == []


def expression(name, inner=b""):
    """One expression of a rule."""
    return attribute(1, text(1, name) + attribute(2 | 0x8000, inner))


@pytest.mark.parametrize(
    "expressions, found",
    [
        (expression("meta") + expression("fib") + expression("immediate"), True),
        (expression("match", text(1, "rpfilter")), True),
        (expression("match", text(1, "comment")), False),
        (expression("counter"), False),
        (b"", False),
    ],
)
def test_reverse_path_rules_are_recognized(expressions, found):
    body = struct.pack(">BBH", 1, 0, 0) + text(1, "t") + text(2, "c") + attribute(4 | 0x8000, expressions)
    assert packetfilter.parse_reverse_path(message(10 << 8 | 6, body)) is found


def legacy(verdicts):
    """A struct ip6t_getinfo and entries: one policy entry for each of input, forward and output."""
    entry_size = 168 + 40
    entries = b""
    underflow = [0] * 5
    for hook, verdict in verdicts.items():
        underflow[hook] = len(entries)
        entry = bytearray(entry_size)
        struct.pack_into("=HH", entry, 140, 168, entry_size)
        struct.pack_into("=H", entry, 168, 40)
        struct.pack_into("=i", entry, 168 + 32, verdict)
        entries += bytes(entry)
    valid = sum(1 << hook for hook in verdicts)
    return struct.pack("=32s13I", b"filter", valid, *underflow, *underflow, 3, len(entries)), entries


def test_policies_of_the_legacy_table():
    info, entries = legacy({1: -1, 2: -2, 3: -2})
    assert packetfilter.parse_legacy(info, entries) == {"input": "drop", "forward": "accept", "output": "accept"}
    assert packetfilter.parse_legacy(info, entries[:100]) == {}


ASK = """
import json, sys
sys.path.insert(0, sys.argv[1])
from ansible_collections.kurl.ipv6.plugins.module_utils.host import packetfilter, reader
print(json.dumps(packetfilter.collect(reader.Reader(), {"nf_tables": "builtin"})))
"""


@pytest.fixture
def namespace():
    """Runs programs in a network namespace."""
    name = "re-unit-filter"
    if not shutil.which("ip") or subprocess.run(["ip", "netns", "add", name], check=False).returncode:
        pytest.skip("no network namespaces here (they need root and iproute2)")

    def run(*words, **options):
        return subprocess.run(
            ["ip", "netns", "exec", name, *words],
            check=True,
            stdout=subprocess.PIPE,
            universal_newlines=True,
            **options,
        ).stdout

    try:
        yield run
    finally:
        subprocess.run(["ip", "netns", "del", name], check=False)


def ask(run):
    """What is read in the namespace."""
    return json.loads(run(sys.executable, "-c", ASK, netlink.__file__.split("/ansible_collections/", 1)[0]))


def need(program):
    """Skip without a program."""
    if not shutil.which(program):
        pytest.skip("no {} here".format(program))


def test_an_empty_filter(namespace):
    assert ask(namespace) == {"chains": [], "reverse_path": False}


def test_real_rules_of_nft(namespace):
    need("nft")
    rules = """
    table inet site {
      chain incoming {
        type filter hook input priority 0; policy drop;
        ct state established accept; tcp dport 22 accept;
      }
      chain passing { type filter hook forward priority 0; policy accept; }
      chain other { accept; }
    }
    table ip four { chain incoming { type filter hook input priority 0; policy drop; }; }
    """
    namespace("nft", "-f", "-", input=rules)
    found = ask(namespace)
    assert [(entry["chain"], entry["hook"], entry["policy"], entry["rules"]) for entry in found["chains"]] == [
        ("incoming", "input", "drop", 2),
        ("passing", "forward", "accept", 0),
    ]
    assert found["reverse_path"] is False


def test_a_real_reverse_path_filter(namespace):
    need("nft")
    rules = (
        "table inet raw { chain p { type filter hook prerouting priority -300; fib saddr . iif oif missing drop; }; }"
    )
    namespace("nft", "-f", "-", input=rules)
    assert ask(namespace)["reverse_path"] is True


def test_real_policies_of_ip6tables_legacy(namespace):
    need("ip6tables-legacy")
    namespace("ip6tables-legacy", "-P", "FORWARD", "DROP")
    namespace("ip6tables-legacy", "-A", "INPUT", "-p", "tcp", "-j", "ACCEPT")
    found = {entry["chain"]: entry["policy"] for entry in ask(namespace)["chains"] if entry["family"] == "legacy"}
    assert found == {"INPUT": "accept", "FORWARD": "drop", "OUTPUT": "accept"}


def test_what_is_not_loaded_is_not_asked(tmp_path):
    assert packetfilter.collect(Reader(str(tmp_path)), {"nf_tables": "loadable"}) == {
        "chains": [],
        "reverse_path": False,
    }


RULES = """
table inet site {
  set nodes { type ipv6_addr; flags interval; elements = { fd00:99::/64 }; }
  chain incoming {
    type filter hook input priority 0; policy drop;
    ct state established,related accept
    ct state invalid drop
    iifname "lo" accept
    meta l4proto ipv6-icmp accept
    tcp dport 22 counter accept
    tcp dport { 6443, 10250 } ct state new accept
    tcp dport { 2379-2380, 10349-10351 } ip6 saddr fd00:10::/64 accept
    udp dport 6081 ip6 saddr fd00:10::/61 accept
    udp dport 8472 iifname "eth0" accept
    ip6 saddr @nodes accept
    %s
    tcp dport 9999 accept
  }
}
"""
BEFORE = [
    {"protocol": "ipv6-icmp", "ports": "any", "source": "any"},
    {"protocol": "tcp", "ports": "22", "source": "any"},
    {"protocol": "tcp", "ports": "6443,10250", "source": "any"},
    {"protocol": "tcp", "ports": "2379:2380,10349:10351", "source": "fd00:10::/64"},
    {"protocol": "udp", "ports": "6081", "source": "fd00:10::/61"},
]
AFTER = {"protocol": "tcp", "ports": "9999", "source": "any"}


@pytest.mark.parametrize(
    "rule, goes_on",
    [
        ("", True),
        ("log", True),
        ("ip6 saddr fd00:66::/64 drop", False),
        ("reject", False),
        ("tcp dport vmap { 80 : drop }", False),
        ("meta l4proto sctp drop", True),
    ],
)
def test_what_real_rules_accept_for_certain(namespace, rule, goes_on):
    need("nft")
    namespace("nft", "-f", "-", input=RULES % rule)
    (found,) = ask(namespace)["chains"]
    accepts = [entry for entry in found["accepts"] if entry["source"] != "fd00:99::/64"]
    assert accepts == BEFORE + ([AFTER] if goes_on else [])


def test_what_real_rules_of_ip6tables_accept(namespace):
    need("ip6tables-nft")
    for words in (
        "-P INPUT DROP",
        "-A INPUT -p tcp --dport 6443 -j ACCEPT",
        "-A INPUT -p udp -m udp --dport 6081:6082 -s fd00:10::/64 -m comment --comment x -j ACCEPT",
        "-A INPUT -p tcp -m multiport --dports 2379:2380,10250 -j ACCEPT",
        "-A INPUT -p tcp --sport 7 --dport 8 -j ACCEPT",
        "-A INPUT -p tcp --dport 99 ! -s fd00:10::/64 -j ACCEPT",
        "-A INPUT -m conntrack --ctstate RELATED -j ACCEPT",
        "-A INPUT -j REJECT",
        "-A INPUT -p tcp --dport 1 -j ACCEPT",
    ):
        namespace("ip6tables-nft", *words.split())
    (found,) = [chain for chain in ask(namespace)["chains"] if chain["hook"] == "input"]
    assert found["accepts"] == [
        {"protocol": "tcp", "ports": "6443", "source": "any"},
        {"protocol": "udp", "ports": "6081:6082", "source": "fd00:10::/64"},
        {"protocol": "tcp", "ports": "2379:2380,10250", "source": "any"},
    ]


def test_a_real_legacy_reverse_path_filter(namespace):
    need("ip6tables-legacy")
    done = subprocess.run(
        ["ip", "netns", "exec", "re-unit-filter", *"ip6tables-legacy -t raw -A PREROUTING".split()]
        + "-m rpfilter --invert -j DROP".split(),
        check=False,
        stderr=subprocess.PIPE,
    )
    if done.returncode:
        pytest.skip("this kernel has no legacy rpfilter")
    assert ask(namespace)["reverse_path"] is True
