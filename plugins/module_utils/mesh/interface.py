# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0
"""Network interfaces as far as the mesh has to know them: who carries an address, and how large its packets may be."""

import fcntl
import socket
import struct

from ansible_collections.kurl.ipv6.plugins.module_utils.mesh import protocol

#: ioctl(2) that reads an interface's MTU, ``SIOCGIFMTU`` of <linux/sockios.h>.
_SIOCGIFMTU = 0x8921


def carrier(address, table):
    """Return the name of the interface that carries an address, empty if none does.

    Arguments:
        address: an IPv6 address.
        table: the text of /proc/net/if_inet6.
    """
    wanted = protocol.packed(address).hex()
    for line in table.splitlines():
        words = line.split()
        if len(words) >= 6 and words[0] == wanted:
            return words[5]
    return ""


def mtu(interface):
    """Return an interface's MTU in bytes, 0 if it cannot be told."""
    request = struct.pack("16si12x", interface.encode("utf-8")[:15], 0)
    try:
        with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as asking:
            return struct.unpack("16si12x", fcntl.ioctl(asking.fileno(), _SIOCGIFMTU, request))[1]
    except OSError:
        return 0


def of_address(address):
    """Return ``(interface, mtu)`` of the interface that carries an address, ``("", 0)`` if none does."""
    try:
        with open("/proc/net/if_inet6", encoding="ascii") as file:
            name = carrier(address, file.read())
    except OSError:
        name = ""
    return name, mtu(name) if name else 0
