# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0
"""DNS messages (RFC 1035), as few as tell whether a resolver answers and whether it is a DNS64 (RFC 7050)."""

import ipaddress
import struct

PTR, AAAA = 12, 28
#: Every common resolver answers this by itself, without asking others (RFC 6303, 4.3): the reverse name of ::1.
LOCAL_NAME = "1." + "0." * 31 + "ip6.arpa"
#: Has only A records; whoever answers with AAAA synthesizes them (RFC 7050, 3).
DNS64_NAME = "ipv4only.arpa"
#: The well-known IPv4 addresses of that name.
DNS64_ADDRESSES = (b"\xc0\x00\x00\xaa", b"\xc0\x00\x00\xab")
#: Where an IPv4 address lies in an IPv6 one, by the length of the NAT64 prefix (RFC 6052, 2.2).
_EMBEDDED = {
    32: (4, 5, 6, 7),
    40: (5, 6, 7, 9),
    48: (6, 7, 9, 10),
    56: (7, 9, 10, 11),
    64: (9, 10, 11, 12),
    96: (12, 13, 14, 15),
}


def query(number, name, kind):
    """Return the message that asks for a name.

    Arguments:
        number: the query's id, 0 to 65535.
        name: dotted ASCII name.
        kind: record type, :data:`PTR` or :data:`AAAA`.
    """
    labels = b"".join(struct.pack("B", len(label)) + label for label in name.encode("ascii").strip(b".").split(b"."))
    return struct.pack(">HHHHHH", number, 0x0100, 1, 0, 0, 0) + labels + b"\0" + struct.pack(">HH", kind, 1)


def _skip_name(data, offset):
    """Return the offset behind a name; None if the message ends before."""
    while offset < len(data):
        length = data[offset]
        if length == 0:
            return offset + 1
        if length & 0xC0 == 0xC0:
            return offset + 2
        offset += 1 + length
    return None


def parse(data):
    """Read an answer.

    Returns:
        ``(id, rcode, [IPv6 addresses as bytes])``, or None if it is no answer.
    """
    if len(data) < 12:
        return None
    number, flags, questions, answers, _authorities, _additional = struct.unpack_from(">HHHHHH", data)
    if not flags & 0x8000:
        return None
    offset = 12
    for _question in range(min(questions, 8)):
        offset = _skip_name(data, offset)
        if offset is None:
            return number, flags & 0xF, []
        offset += 4
    addresses = []
    for _answer in range(min(answers, 32)):
        offset = _skip_name(data, offset)
        if offset is None or offset + 10 > len(data):
            break
        kind, _class, _lifetime, length = struct.unpack_from(">HHIH", data, offset)
        offset += 10
        if kind == AAAA and length == 16 and offset + 16 <= len(data):
            addresses.append(data[offset : offset + 16])
        offset += length
    return number, flags & 0xF, addresses


def nat64_prefix(address):
    """Return the NAT64 prefix of a synthesized address of :data:`DNS64_NAME` (16 bytes), empty if it is none."""
    for length, places in sorted(_EMBEDDED.items(), reverse=True):
        if bytes(address[place] for place in places) in DNS64_ADDRESSES and (length == 96 or address[8] == 0):
            kept = bytes(address[: length // 8]) + b"\0" * (16 - length // 8)
            return "{}/{}".format(ipaddress.IPv6Address(kept), length)
    return ""
