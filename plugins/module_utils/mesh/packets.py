# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0
"""Sockets for single packets, UDP and ICMPv6 echo, never fragmented, with what the network says of those it lost."""

import contextlib
import errno
import os
import socket
import struct
from collections import namedtuple

from ansible_collections.kurl.ipv6.plugins.module_utils.mesh import listener, protocol

# <linux/in6.h>; not all of them are in Python's socket module.
_IPV6_MTU_DISCOVER = 23
_IPV6_RECVERR = 25
#: Packets as large as the interface allows, whatever the kernel has learned of the path, and never fragmented.
_IPV6_PMTUDISC_PROBE = 3
_ICMP6_FILTER = 1
_ECHO_REQUEST, _ECHO_REPLY = 128, 129
_ECHO = struct.Struct("!BBHHH")
#: sock_extended_err of <linux/errqueue.h>, and sockaddr_in6 of who reported.
_EXTENDED = struct.Struct("=IBBBxII")
_REPORTER = slice(_EXTENDED.size + 8, _EXTENDED.size + 24)
#: Bytes of the IPv6 header and of the UDP or the ICMPv6 echo header.
HEADERS = 40 + 8
#: Most bytes that are read of an error's packet.
_QUOTED = 256

#: What the network said of a packet: ``number`` of the question, ``code`` (errno), ``mtu`` (bytes, where it was too
#: big), ``reporter`` (address, empty if it is this host).
Trouble = namedtuple("Trouble", "number code mtu reporter")
#: What came back: ``data``, the ``address`` and ``port`` it came from.
Received = namedtuple("Received", "data address port")


def extended_error(data):
    """Return ``(errno, info, reporter)`` of the extended error in a control message."""
    code, origin, _kind, _code, info, _more = _EXTENDED.unpack_from(data)
    reporter = data[_REPORTER]
    remote = origin in (2, 3) and len(reporter) == 16  # SO_EE_ORIGIN_ICMP, SO_EE_ORIGIN_ICMP6
    return code, info, socket.inet_ntop(socket.AF_INET6, reporter) if remote else ""


class Datagrams:
    """UDP from one socket to all peers.

    Arguments:
        address: this node's address.
    """

    name = "udp"

    def __init__(self, address):
        self.socket = self._open(address)
        self.socket.setblocking(False)
        listener.widen(self.socket)
        for option, value in ((_IPV6_MTU_DISCOVER, _IPV6_PMTUDISC_PROBE), (_IPV6_RECVERR, 1)):
            with contextlib.suppress(OSError):
                self.socket.setsockopt(socket.IPPROTO_IPV6, option, value)

    @staticmethod
    def _open(address):
        endpoint = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
        endpoint.bind((address, 0))
        return endpoint

    def send(self, data, address, port):
        """Send one packet. Raises OSError."""
        self.socket.sendto(data, (address, port))

    def receive(self):
        """Return a :class:`Received`, None if there is nothing more. Raises OSError for an error that is pending."""
        try:
            data, sender = self.socket.recvfrom(protocol.LARGEST)
        except BlockingIOError:
            return None
        return Received(data, sender[0].split("%", 1)[0], sender[1])

    def trouble(self):
        """Return a :class:`Trouble` from the socket's queue of errors, None if there is none."""
        try:
            data, control, _flags, _peer = self.socket.recvmsg(_QUOTED, 512, socket.MSG_ERRQUEUE)
        except OSError:
            return None
        for level, kind, value in control:
            if (level, kind) == (socket.IPPROTO_IPV6, _IPV6_RECVERR) and len(value) >= _EXTENDED.size:
                code, info, reporter = extended_error(value)
                return Trouble(self.quoted(data), code, info if code == errno.EMSGSIZE else 0, reporter)
        return Trouble(None, 0, 0, "")

    @staticmethod
    def quoted(data):
        """Return the number of the question that an error quotes."""
        return protocol.number_of(data)

    def close(self):
        """Close the socket."""
        self.socket.close()


class Echo(Datagrams):
    """ICMPv6 echo from one socket to all peers; their kernels answer.

    Raises:
        OSError: neither a raw nor an echo socket is allowed.
    """

    name = "icmp"

    def __init__(self, address):
        self.raw = True
        self._identifier = struct.unpack("!H", os.urandom(2))[0]
        super().__init__(address)

    def _open(self, address):
        try:
            endpoint = socket.socket(socket.AF_INET6, socket.SOCK_RAW, socket.IPPROTO_ICMPV6)
            # A set bit blocks a type (RFC 3542, 3.2).
            blocked = [0xFFFFFFFF] * 8
            blocked[_ECHO_REPLY >> 5] &= ~(1 << (_ECHO_REPLY & 31))
            endpoint.setsockopt(socket.IPPROTO_ICMPV6, _ICMP6_FILTER, struct.pack("=8I", *blocked))
        except PermissionError:
            # Allowed to groups in net.ipv4.ping_group_range, for IPv6 as well. The kernel chooses the identifier.
            endpoint = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM, socket.IPPROTO_ICMPV6)
            self.raw = False
        endpoint.bind((address, 0))
        return endpoint

    def send(self, data, address, port):
        """Send one echo request. Raises OSError."""
        # The kernel fills in the checksum.
        self.socket.sendto(_ECHO.pack(_ECHO_REQUEST, 0, 0, self._identifier, 0) + data, (address, 0))

    def receive(self):
        """Return a :class:`Received` without the ICMPv6 header, None if there is nothing more."""
        received = super().receive()
        if received is None:
            return None
        if len(received.data) < _ECHO.size:
            return received._replace(data=b"")
        # Which question it answers, and that it is ours, is told by what it echoes.
        return received._replace(data=received.data[_ECHO.size :], port=0)

    @staticmethod
    def quoted(data):
        """Return the number of the question that an error quotes; with or without the ICMPv6 header."""
        return protocol.number_of(data) or protocol.number_of(data[_ECHO.size :])
