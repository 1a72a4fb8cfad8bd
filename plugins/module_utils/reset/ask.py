# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0
"""Netlink messages that change something: the kernel acknowledges each. Source: netlink(7)."""

import socket
import struct

from ansible_collections.kurl.ipv6.plugins.module_utils.host import netlink

_REQUEST, _ACKNOWLEDGE = 0x1, 0x4
_HEADER = struct.Struct("=IHHII")


def text_attribute(kind, text):
    """Return an attribute that holds a text."""
    data = text.encode("ascii") + b"\0"
    return struct.pack("=HH", 4 + len(data), kind) + data + b"\0" * (-len(data) % 4)


def message(kind, body):
    """Return a message that asks for an acknowledgement."""
    return _HEADER.pack(_HEADER.size + len(body), kind, _REQUEST | _ACKNOWLEDGE, 1, 0) + body


def answer(data):
    """Return the error number of the kernel's acknowledgement, 0 if all went well, None if ``data`` holds none."""
    for kind, _flags, payload in netlink.split_messages(data):
        if kind == netlink.NLMSG_ERROR:
            return -struct.unpack_from("=i", payload)[0]
    return None


def send(protocol, request):
    """Send a message and return the error number of the acknowledgement. Raises OSError."""
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW | socket.SOCK_CLOEXEC, protocol) as channel:
        channel.settimeout(30)
        channel.send(request)
        return answer(channel.recv(65536))
