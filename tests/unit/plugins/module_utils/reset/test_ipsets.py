# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0
"""The messages that list and delete IP sets, byte by byte."""

import struct

import pytest

from ansible_collections.kurl.ipv6.plugins.module_utils.host import netlink
from ansible_collections.kurl.ipv6.plugins.module_utils.reset import ask, ipsets


def test_the_request_names_the_set():
    message = ipsets.request("ANTREA-POD-IP6")
    length, kind, flags, _sequence, _port = struct.unpack_from("=IHHII", message)
    assert (length, kind, flags) == (len(message), 0x603, 0x5)
    assert netlink.split_attributes(message[20:]) == [(1, b"\x06"), (2, b"ANTREA-POD-IP6\0")]
    assert len(message) % 4 == 0


def test_names_are_read_and_other_messages_are_not():
    def answer(kind, name):
        body = struct.pack("=BBH", 2, 0, 0) + struct.pack("=HHBxxx", 5, 1, 6) + ask.text_attribute(2, name)
        return struct.pack("=IHHII", 16 + len(body), kind, 2, 1, 0) + body

    done = struct.pack("=IHHIIi", 20, netlink.NLMSG_DONE, 2, 1, 0, 0)
    data = answer(0x607, "KUBE-CLUSTER-IP") + answer(0x601, "other") + answer(0x607, "blocklist") + done
    assert ipsets.parse(data) == ["KUBE-CLUSTER-IP", "other", "blocklist"]
    assert ipsets.parse(answer(0x107, "not-a-set")) == []
    assert ipsets.parse(b"") == []


def test_a_kernel_without_sets_is_not_asked(monkeypatch, tmp_path):
    monkeypatch.setattr(ipsets, "MODULE", str(tmp_path / "ip_set"))
    monkeypatch.setattr(netlink, "dump", None)
    assert ipsets.names() == []


@pytest.mark.parametrize("code, said", [(16, "busy"), (4102, "error 4102 of IP sets")])
def test_a_refusal_is_an_error_and_a_set_that_is_gone_is_none(monkeypatch, code, said):
    monkeypatch.setattr(ask, "send", lambda _protocol, _request: code)
    with pytest.raises(OSError, match=said):
        ipsets.destroy("KUBE-CLUSTER-IP")
    monkeypatch.setattr(ask, "send", lambda _protocol, _request: 2)
    ipsets.destroy("KUBE-CLUSTER-IP")
