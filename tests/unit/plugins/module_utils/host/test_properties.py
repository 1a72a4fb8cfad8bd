# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0
"""No text and no bytes of a host may end a parser in an exception."""

import pytest

from ansible_collections.kurl.ipv6.plugins.module_utils.host import kernel, listeners, netlink, sysctl, system
from ansible_collections.kurl.ipv6.tests.unit.plugins.module_utils.host import messages

pytest.importorskip("hypothesis")
from hypothesis import given, settings  # noqa: E402
from hypothesis import strategies as st  # noqa: E402

NAMES = {1: "lo", 2: "eth0"}
PARSERS = (
    netlink.parse_links,
    lambda data: netlink.parse_addresses(data, NAMES),
    lambda data: netlink.parse_routes(data, NAMES),
    lambda data: netlink.parse_neighbours(data, NAMES),
    netlink.parse_families,
)
TEXT_PARSERS = (
    kernel.parse_loaded,
    kernel.parse_module_files,
    kernel.parse_config,
    kernel.parse_modprobe,
    sysctl.parse,
    sysctl.normalize,
    system.parse_os_release,
    system.parse_meminfo,
    system.parse_swaps,
    system.parse_fstab_swap,
    system.parse_hosts,
    system.parse_resolv,
    listeners.parse_unit,
    lambda text: listeners.parse(text, "tcp"),
    lambda text: listeners.parse(text, "udp"),
    lambda text: sysctl.persisted([("a.conf", text)], "net.ipv6.conf.all.forwarding"),
)
#: Texts made of what the files really contain, in any order.
WORDS = st.lists(
    st.one_of(
        st.sampled_from(
            [
                "\n",
                " ",
                "\t",
                "=",
                ":",
                "#",
                "-",
                "*",
                "[",
                "]",
                "0A",
                "07",
                "install",
                "/bin/false",
                "swap",
                "kB",
                "::1",
                "nameserver",
                "search",
                "CONFIG_A=y",
                "net.ipv6.conf.all.forwarding",
                "net/ipv6/conf/*/forwarding",
                "\0",
                "00000000000000000000000001000000:1F90",
                "0::/system.slice/x.service",
                "\x1b[31m",
                "\u202e",
                "x.ko.xz:",
            ]
        ),
        st.text(max_size=12),
        st.integers(-5, 2**70).map(str),
    ),
    max_size=40,
).map("".join)


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=400))
def test_any_bytes_are_read_without_an_exception(data):
    for parse in PARSERS:
        assert isinstance(parse(data), list)


@settings(max_examples=60, deadline=None)
@given(st.sampled_from([16, 20, 24, 28, 0x10]), st.binary(max_size=200))
def test_any_body_of_a_known_message_is_read_without_an_exception(kind, body):
    for parse in PARSERS:
        assert isinstance(parse(messages.message(kind, body)), list)


@settings(max_examples=60, deadline=None)
@given(
    st.sampled_from([16, 20, 24, 28, 0x10]),
    st.binary(min_size=16, max_size=16),
    st.lists(st.tuples(st.integers(0, 40), st.binary(max_size=40)), max_size=8),
)
def test_any_attributes_of_a_known_message_are_read_without_an_exception(kind, fixed, attributes):
    for length in (4, 8, 12, 16):
        body = fixed[:length] + b"".join(messages.attribute(number, value) for number, value in attributes)
        for parse in PARSERS:
            assert isinstance(parse(messages.message(kind, body)), list)


@settings(max_examples=60, deadline=None)
@given(st.one_of(st.text(max_size=300), WORDS))
def test_any_text_is_read_without_an_exception(text):
    for parse in TEXT_PARSERS:
        parse(text)


@settings(max_examples=60, deadline=None)
@given(st.lists(WORDS, min_size=10, max_size=14), st.sampled_from(["0A", "07"]))
def test_any_socket_line_is_read_without_an_exception(words, state):
    words = ["".join(word.split()) or "0" for word in words]
    words[3] = state
    for protocol in ("tcp", "udp"):
        listeners.parse("header\n" + " ".join(words) + "\n", protocol)
