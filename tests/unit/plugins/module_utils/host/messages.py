# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0
"""Netlink messages as the kernel sends them, packed byte by byte, and a kernel that answers with them.

Nothing is shared with the code under test: numbers and layouts are those of linux/rtnetlink.h, if_link.h, if_addr.h,
neighbour.h and genetlink.h.
"""

import socket
import struct

LINK_BITS = {"up": 0x1, "loopback": 0x8, "pointopoint": 0x10, "noarp": 0x80, "multicast": 0x1000, "lower_up": 0x10000}
ADDRESS_BITS = {
    "temporary": 0x01,
    "nodad": 0x02,
    "optimistic": 0x04,
    "dadfailed": 0x08,
    "deprecated": 0x20,
    "tentative": 0x40,
    "permanent": 0x80,
    "mngtmpaddr": 0x100,
    "noprefixroute": 0x200,
    "stable-privacy": 0x800,
}
STATES = {"unknown": 0, "notpresent": 1, "down": 2, "lowerlayerdown": 3, "testing": 4, "dormant": 5, "up": 6}
PROTOCOLS = {"unspec": 0, "redirect": 1, "kernel": 2, "boot": 3, "static": 4, "ra": 9, "dhcp": 16}
TYPES = {"unicast": 1, "local": 2, "blackhole": 6, "unreachable": 7, "prohibit": 8}
SCOPES = {"global": 0, "site": 200, "link": 253, "host": 254}
PREFERENCES = {"medium": 0, "high": 1, "low": 3}
FOREVER = 0xFFFFFFFF


def message(kind, body, flags=2):
    """Return one netlink message, padded."""
    data = struct.pack("=IHHII", 16 + len(body), kind, flags, 1, 4242) + body
    return data + b"\0" * (-len(data) % 4)


def attribute(kind, value):
    """Return one attribute, padded."""
    data = struct.pack("=HH", 4 + len(value), kind) + value
    return data + b"\0" * (-len(data) % 4)


def packed(address):
    """Return an address as bytes."""
    return socket.inet_pton(socket.AF_INET6 if ":" in address else socket.AF_INET, address)


def link(index, name, flags=("up", "lower_up"), mtu=1500, kind="", hardware=1, state="up", mac="", master=0):
    """Return an RTM_NEWLINK message."""
    bits = sum(LINK_BITS[flag] for flag in flags)
    body = struct.pack("=BxHiII", 0, hardware, index, bits, 0)
    body += attribute(3, name.encode() + b"\0") + attribute(4, struct.pack("=I", mtu))
    body += attribute(16, bytes([STATES[state]]))
    if mac:
        body += attribute(1, bytes(int(part, 16) for part in mac.split(":")))
    if master:
        body += attribute(10, struct.pack("=I", master))
    if kind:
        # Nested attributes carry the flag NLA_F_NESTED in their type.
        body += attribute(18 | 0x8000, attribute(1, kind.encode() + b"\0") + attribute(2, b"\1\2\3\4"))
    return message(16, body)


def address(text, index, prefix=64, flags=("permanent",), scope="global", valid=-1, preferred=-1, peer=""):
    """Return an RTM_NEWADDR message."""
    family = socket.AF_INET6 if ":" in text else socket.AF_INET
    bits = sum(ADDRESS_BITS[flag] for flag in flags)
    body = struct.pack("=BBBBI", family, prefix, bits & 0xFF, SCOPES[scope], index)
    if peer or family == socket.AF_INET:
        body += attribute(1, packed(peer or text)) + attribute(2, packed(text))
    else:
        body += attribute(1, packed(text))
    lifetimes = [FOREVER if value == -1 else value for value in (preferred, valid)]
    body += attribute(6, struct.pack("=IIII", lifetimes[0], lifetimes[1], 0, 0))
    body += attribute(8, struct.pack("=I", bits))
    return message(20, body)


def route(
    destination="default",
    gateway="",
    index=0,
    metric=1024,
    protocol="static",
    type="unicast",
    table=254,
    expires=-1,
    preference="medium",
    mtu=0,
    source="",
    flags=0,
    family=socket.AF_INET6,
    hops=(),
):
    """Return an RTM_NEWROUTE message; ``hops`` are (gateway, index) of a multipath route."""
    base, _slash, length = destination.partition("/")
    source_base, _slash, source_length = source.partition("/")
    body = struct.pack(
        "=BBBBBBBBI",
        family,
        int(length or 0) if destination != "default" else 0,
        int(source_length or 0),
        0,
        table if table < 256 else 252,
        PROTOCOLS[protocol],
        0,
        TYPES[type],
        flags,
    )
    body += attribute(15, struct.pack("=I", table))
    if destination != "default":
        body += attribute(1, packed(base))
    if source:
        body += attribute(2, packed(source_base))
    if metric:
        body += attribute(6, struct.pack("=I", metric))
    if gateway:
        body += attribute(5, packed(gateway))
    if index:
        body += attribute(4, struct.pack("=I", index))
    if mtu:
        body += attribute(8, attribute(2, struct.pack("=I", mtu)))
    if hops:
        packed_hops = b""
        for via, number in hops:
            nested = attribute(5, packed(via)) if via else b""
            packed_hops += struct.pack("=HBBi", 8 + len(nested), 0, 0, number) + nested
        body += attribute(9, packed_hops)
    # rta_cacheinfo: clntref, lastuse, expires (ticks of 1/100 s), error, used, id, ts, tsage
    body += attribute(12, struct.pack("=IIiIIIII", 0, 0, 0 if expires == -1 else expires * 100, 0, 0, 0, 0, 0))
    body += attribute(20, bytes([PREFERENCES[preference]]))
    return message(24, body)


def neighbour(text, index, state=2, router=False, family=socket.AF_INET6):
    """Return an RTM_NEWNEIGH message."""
    body = struct.pack("=BxxxiHBB", family, index, state, 0x80 if router else 0, 1)
    body += attribute(1, packed(text)) + attribute(2, b"\2\0\0\0\0\1")
    return message(28, body)


def family(name, number=30):
    """Return one answer to CTRL_CMD_GETFAMILY."""
    body = struct.pack("=BBH", 1, 2, 0) + attribute(1, struct.pack("=H", number)) + attribute(2, name.encode() + b"\0")
    return message(0x10, body)


def done():
    """Return the message that ends a dump."""
    return message(3, struct.pack("=i", 0))


class Kernel:
    """Answers like ``netlink.Netlink``, from the plain description of a host's network.

    Arguments:
        network: ``links``, ``addresses``, ``routes``, ``neighbours``: lists of the functions' arguments as maps, in
            which ``interface`` stands for ``index``; ``families``: names.
    """

    def __init__(self, network):
        self._network = network
        self._index = {entry["name"]: number for number, entry in enumerate(network.get("links", []), 1)}

    def _arguments(self, entry):
        words = dict(entry)
        name = words.pop("interface", "")
        if name:
            words["index"] = self._index[name]
        return words

    def links(self):
        """All links, numbered in their order."""
        made = []
        for entry in self._network.get("links", []):
            words = dict(entry)
            if "master" in words:
                words["master"] = self._index[words["master"]]
            made.append(link(self._index[entry["name"]], **words))
        return b"".join(made) + done()

    def addresses(self):
        """All addresses."""
        made = [address(**self._arguments(entry)) for entry in self._network.get("addresses", [])]
        return b"".join(made) + done()

    def routes(self, family=socket.AF_INET6):
        """The routes of one family; those of IPv4 are listed as ``ipv4_routes``."""
        name = "routes" if family == socket.AF_INET6 else "ipv4_routes"
        made = [route(family=family, **self._arguments(entry)) for entry in self._network.get(name, [])]
        return b"".join(made) + done()

    def neighbours(self):
        """All neighbours."""
        made = [neighbour(**self._arguments(entry)) for entry in self._network.get("neighbours", [])]
        return b"".join(made) + done()

    def families(self):
        """The names of the generic netlink families."""
        return b"".join(family(name) for name in self._network.get("families", ["nlctrl"])) + done()
