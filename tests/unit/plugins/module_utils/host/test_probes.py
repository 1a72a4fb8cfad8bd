# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0
"""Questions to gateway and resolvers: messages byte by byte, and a namespace where a router and a resolver answer."""

import json
import shutil
import socket
import struct
import subprocess
import sys
import time

import pytest

from ansible_collections.kurl.ipv6.plugins.module_utils.host import dns, netlink, probes


def answer(number, flags=0x8180, addresses=(), question=b"\x08ipv4only\x04arpa\0\0\x1c\0\x01"):
    """A DNS answer with AAAA records that point back to the question's name."""
    data = struct.pack(">HHHHHH", number, flags, 1, len(addresses), 0, 0) + question
    for text in addresses:
        data += struct.pack(">HHHIH", 0xC00C, 28, 1, 60, 16) + socket.inet_pton(socket.AF_INET6, text)
    return data


def test_a_question_is_written_as_rfc_1035_says():
    assert dns.query(0x1234, "ipv4only.arpa", dns.AAAA) == (
        b"\x12\x34\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00\x08ipv4only\x04arpa\x00\x00\x1c\x00\x01"
    )
    assert dns.LOCAL_NAME.split(".")[:3] == ["1", "0", "0"] and len(dns.LOCAL_NAME.split(".")) == 34


@pytest.mark.parametrize(
    "data, expected",
    [
        (answer(7), (7, 0, [])),
        (answer(7, 0x8183), (7, 3, [])),
        (answer(7, 0x8185), (7, 5, [])),
        (answer(7, 0x0100), None),  # a question
        (b"", None),
        (answer(7)[:11], None),
        (answer(7, addresses=["64:ff9b::c000:aa"])[:-1], (7, 0, [])),
        (struct.pack(">HHHHHH", 7, 0x8180, 65535, 65535, 0, 0), (7, 0, [])),
        (struct.pack(">HHHHHH", 7, 0x8180, 1, 0, 0, 0) + b"\x3fshort", (7, 0, [])),
    ],
)
def test_answers_are_read(data, expected):
    assert dns.parse(data) == expected


@pytest.mark.parametrize(
    "address, prefix",
    [
        ("64:ff9b::c000:aa", "64:ff9b::/96"),
        ("64:ff9b::192.0.0.171", "64:ff9b::/96"),
        ("2001:db8:1:2:3:4:192.0.0.170", "2001:db8:1:2:3:4::/96"),
        # RFC 6052, 2.4, with the address of RFC 7050.
        ("2001:db8:c000:aa::", "2001:db8::/32"),
        ("2001:db8:1c0:0:aa::", "2001:db8:100::/40"),
        ("2001:db8:122:c000:0:aa00::", "2001:db8:122::/48"),
        ("2001:db8:122:344:c0:0:aa00:0", "2001:db8:122:344::/64"),
        ("2001:db8::1", ""),
        ("64:ff9b::8.8.8.8", ""),
    ],
)
def test_the_nat64_prefix_is_taken_from_a_synthesized_address(address, prefix):
    data = socket.inet_pton(socket.AF_INET6, address)
    assert dns.nat64_prefix(data) == prefix


def test_a_solicitation_is_written_as_rfc_4861_says():
    message = probes.solicitation("fe80::1", "52:54:00:12:34:56")
    assert message == (
        b"\x87\0\0\0\0\0\0\0" + socket.inet_pton(socket.AF_INET6, "fe80::1") + b"\x01\x01\x52\x54\x00\x12\x34\x56"
    )
    assert probes.solicited_node("2001:db8::1:abcd") == "ff02::1:ff01:abcd"


def test_only_the_advertisement_of_the_address_is_an_answer():
    def advertisement(address, kind=136):
        return bytes([kind, 0, 0, 0, 0x60, 0, 0, 0]) + socket.inet_pton(socket.AF_INET6, address)

    assert probes.answers(advertisement("fe80::1"), "fe80::1")
    assert not probes.answers(advertisement("fe80::2"), "fe80::1")
    assert not probes.answers(advertisement("fe80::1", 135), "fe80::1")
    assert not probes.answers(advertisement("fe80::1")[:20], "fe80::1")


def test_nothing_asked_is_nothing_waited_for():
    started = time.monotonic()
    assert probes.Probes().finish() == {"gateway": None, "resolvers": {}, "proxies": {}}
    assert time.monotonic() - started < 0.1


def test_a_refusing_resolver_is_told_at_once():
    asked = probes.Probes()
    # Nobody listens on port 53 of this loopback address; the kernel refuses.
    asked.ask_resolvers(["::1", "192.0.2.1", "garbage"], {})
    found = asked.finish()["resolvers"]
    if found["::1"]["answers"]:
        pytest.skip("this machine has a resolver of its own")
    assert list(found) == ["::1"] and "refused" in found["::1"]["error"].lower()


def test_a_refusal_that_is_read_at_the_very_end_is_no_trouble(monkeypatch):
    monkeypatch.setattr(probes, "PATIENCE", 0)
    asked = probes.Probes()
    asked.ask_resolvers(["::1"], {})
    found = asked.finish()["resolvers"]["::1"]
    assert found["answers"] or "refused" in found["error"].lower()


@pytest.mark.parametrize(
    "url, expected",
    [
        ("http://[2001:db8::8]:3128", ("2001:db8::8", 3128)),
        ("http://proxy.example.com", ("proxy.example.com", 80)),
        ("https://proxy.example.com/", ("proxy.example.com", 443)),
        ("proxy.example.com:3128", ("proxy.example.com", 3128)),
        ("http://[2001:db8::8", ("", 0)),
        ("http://proxy.example.com:99999", ("", 0)),
    ],
)
def test_where_a_proxy_is(url, expected):
    assert probes.endpoint(url) == expected


def test_proxies_that_answer_and_that_refuse():
    with socket.socket(socket.AF_INET6) as listening, socket.socket(socket.AF_INET6) as refusing:
        for endpoint in (listening, refusing):
            endpoint.bind(("::1", 0))
        listening.listen(1)
        urls = ["http://[::1]:{}".format(endpoint.getsockname()[1]) for endpoint in (listening, refusing)]
        asked = probes.Probes()
        asked.ask_proxies(urls + ["http://192.0.2.1:3128", urls[0]])
        found = asked.finish()["proxies"]
    assert [found[url]["state"] for url in urls] == ["connected", "connection-refused"]
    assert found["http://192.0.2.1:3128"]["state"] == "error", "it has no IPv6 address"


def test_a_silent_proxy_is_waited_for_a_bounded_time(monkeypatch):
    monkeypatch.setattr(probes, "PROXY_PATIENCE", 0.3)
    monkeypatch.setattr(probes.asked, "connect", lambda of: time.sleep(5) or {})
    started = time.monotonic()
    asked = probes.Probes()
    asked.ask_proxies(["http://[2001:db8::8]:3128"])
    assert asked.finish()["proxies"] == {
        "http://[2001:db8::8]:3128": {"state": "connection-timeout", "message": ""},
    }
    assert time.monotonic() - started < 2


RESOLVER = """
import socket, struct, sys
s = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
s.bind(("fd00:53::1", 53))
print("ready", flush=True)
while True:
    data, peer = s.recvfrom(512)
    number = struct.unpack(">H", data[:2])[0]
    synthesize = sys.argv[1] == "dns64" and b"ipv4only" in data
    reply = struct.pack(">HHHHHH", number, 0x8180, 1, int(synthesize), 0, 0) + data[12:]
    if synthesize:
        reply += struct.pack(">HHHIH", 0xC00C, 28, 1, 60, 16) + socket.inet_pton(socket.AF_INET6, "64:ff9b::c000:aa")
    s.sendto(reply, peer)
"""
ASK = """
import json, sys, time
sys.path.insert(0, sys.argv[1])
from ansible_collections.kurl.ipv6.plugins.module_utils.host import collect, netlink, probes
network = collect.read_network(netlink.Netlink())
links = {link["name"]: link for link in network["links"]}
started = time.monotonic()
asked = probes.Probes(outbound=sys.argv[2] == "outbound")
asked.ask_gateway(sys.argv[3], links["uplink"])
asked.ask_resolvers(sys.argv[4:], {name: link["index"] for name, link in links.items()})
found = asked.finish()
print(json.dumps([found, time.monotonic() - started]))
"""


@pytest.fixture
def network():
    """Two namespaces on one link: a host, and a router at fd00:53::1 and fe80::53."""
    names = ("re-unit-host", "re-unit-router")
    if not shutil.which("ip") or subprocess.run(["ip", "netns", "add", names[0]], check=False).returncode:
        pytest.skip("no network namespaces here (they need root and iproute2)")
    running = []

    def command(number, *words):
        subprocess.run(["ip", "-netns", names[number], *words], check=True)

    def resolve(mode):
        words = ["ip", "netns", "exec", names[1], sys.executable, "-c", RESOLVER, mode]
        process = subprocess.Popen(words, stdout=subprocess.PIPE)
        running.append(process)
        process.stdout.readline()

    def ask(*words):
        top = netlink.__file__.split("/ansible_collections/", 1)[0]
        output = subprocess.run(
            ["ip", "netns", "exec", names[0], sys.executable, "-c", ASK, top, *words],
            check=True,
            stdout=subprocess.PIPE,
            universal_newlines=True,
        ).stdout
        return json.loads(output)

    try:
        subprocess.run(["ip", "netns", "add", names[1]], check=True)
        command(0, "link", "add", "uplink", "type", "veth", "peer", "name", "below", "netns", names[1])
        for number, link, low in ((0, "uplink", "2"), (1, "below", "1")):
            command(number, "link", "set", "lo", "up")
            command(number, "link", "set", link, "up")
            command(number, "addr", "add", "fd00:53::{}/64".format(low), "dev", link, "nodad")
        command(1, "addr", "add", "fe80::53/64", "dev", "below", "nodad")
        command(0, "addr", "add", "fe80::52/64", "dev", "uplink", "nodad")
        yield ask, resolve
    finally:
        for process in running:
            process.kill()
            process.wait()
            process.stdout.close()
        for name in names:
            subprocess.run(["ip", "netns", "del", name], check=False)


@pytest.mark.parametrize("gateway", ["fe80::53", "fd00:53::1"])
def test_a_living_gateway_answers_at_once(network, gateway):
    ask, _resolve = network
    found, seconds = ask("outbound", gateway)
    assert found["gateway"] == {"address": gateway, "interface": "uplink", "answers": True}
    assert seconds < probes.PATIENCE


def test_a_dead_gateway_is_waited_for_only_as_long_as_patience_lasts(network):
    ask, _resolve = network
    found, seconds = ask("outbound", "fe80::99")
    assert found["gateway"]["answers"] is False
    assert seconds < probes.PATIENCE + 0.2


def test_a_resolver_that_answers(network):
    ask, resolve = network
    resolve("plain")
    found, seconds = ask("outbound", "fe80::53", "fd00:53::1")
    assert found["resolvers"] == {"fd00:53::1": {"answers": True, "error": "", "nat64": ""}}
    assert seconds < probes.PATIENCE


def test_a_dns64_is_named_unless_the_internet_is_not_to_be_asked(network):
    ask, resolve = network
    resolve("dns64")
    found, _seconds = ask("outbound", "fe80::53", "fd00:53::1")
    assert found["resolvers"]["fd00:53::1"]["nat64"] == "64:ff9b::/96"
    found, _seconds = ask("airgap", "fe80::53", "fd00:53::1")
    assert found["resolvers"]["fd00:53::1"] == {"answers": True, "error": "", "nat64": ""}


def test_resolvers_that_are_gone(network):
    ask, _resolve = network
    found, _seconds = ask("outbound", "fe80::53", "fd00:53::1", "fd00:53::99", "2001:db8::53", "fe80::53%uplink")
    resolvers = found["resolvers"]
    assert "refused" in resolvers["fd00:53::1"]["error"].lower()
    assert resolvers["fd00:53::99"]["answers"] is False
    assert "unreachable" in resolvers["2001:db8::53"]["error"].lower()
    assert len(resolvers) == probes.SERVERS
