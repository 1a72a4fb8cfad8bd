# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0
"""The message that deletes Open vSwitch's datapath, byte by byte, and the real kernel's list of families."""

import struct

from ansible_collections.kurl.ipv6.plugins.module_utils.host import netlink
from ansible_collections.kurl.ipv6.plugins.module_utils.reset import ask, datapath


def test_the_kernel_finds_its_own_family_of_families():
    answer = netlink.Netlink().families()
    assert datapath.parse_family(answer, "nlctrl") == netlink.GENL_ID_CTRL
    assert datapath.parse_family(answer, "no_such_family") is None


def test_the_request_names_the_datapath():
    message = datapath.request(29, "ovs-system")
    length, family, flags, _sequence, _port = struct.unpack_from("=IHHII", message)
    assert (length, family, flags) == (len(message), 29, 0x5)
    command, version, _reserved, index = struct.unpack_from("=BBHi", message, 16)
    assert (command, version, index) == (2, 2, 0)
    assert netlink.split_attributes(message[24:]) == [(1, b"ovs-system\0")]
    assert len(message) % 4 == 0


def test_the_acknowledgement_is_read():
    for code in (0, -19):
        body = struct.pack("=i", code) + b"\0" * 16
        message = struct.pack("=IHHII", 16 + len(body), netlink.NLMSG_ERROR, 0, 1, 0) + body
        assert ask.answer(message) == -code
    assert ask.answer(b"") is None


def test_a_kernel_without_open_vswitch_has_nothing_to_delete():
    datapath.delete("kurl-ipv6-no-such-datapath")
