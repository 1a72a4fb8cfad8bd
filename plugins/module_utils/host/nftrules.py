# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0
"""What the rules of an nf_tables chain accept for certain, before anything in it may drop. Pure, but for sets, which
are asked for.

What is not understood is taken for something that may not match: an accepting rule then accepts nothing, and with a
dropping one, or one that leads elsewhere, the certainty ends.

Sources: linux/netfilter/nf_tables.h; linux/netfilter/xt_tcpudp.h and xt_multiport.h for what ip6tables writes.
"""

import ipaddress
import struct

from ansible_collections.kurl.ipv6.plugins.module_utils.host import netlink

NEWRULE, NEWSETELEM = 10 << 8 | 6, 10 << 8 | 12
PROTOCOLS = {6: "tcp", 17: "udp", 58: "ipv6-icmp"}
#: Codes of verdicts: NF_ACCEPT, and NFT_CONTINUE, which is no verdict.
ACCEPT, CONTINUE = 1, -1
#: Expressions that change nothing about what a rule matches.
_IDLE = ("counter", "log", "comment")
_META_L4PROTO, _META_NFPROTO, _CT_STATE, _CT_NEW, _AF_INET6 = 16, 15, 0, 8, 10
_EQUAL, _INVERTED = 0, 1
#: Rules of a chain that are looked at, and entries that are kept.
LIMIT = 512


def _parts(data):
    return dict(netlink.split_attributes(data))


def _text(data):
    return data.split(b"\0", 1)[0].decode("utf-8", "replace")


def _big(data):
    return struct.unpack(">I", data)[0] if len(data) == 4 else None


def _value(data):
    """Return the bytes in a nested NFTA_DATA_VALUE."""
    return _parts(data).get(1, b"")


class Rule:
    """What one rule matches and does.

    Attributes:
        protocol: a name, empty for any; ``ports``: [(low, high)], None for any; ``source``: an IPv6Network, None for
            any; ``certain``: whether nothing else is matched; ``beginning``: whether it may match the first packet of a
        connection; ``verdict``: a code, None if there is none.
    """

    def __init__(self):
        self.protocol = ""
        self.ports = None
        self.source = None
        self.certain = True
        self.beginning = True
        self.verdict = None

    def as_fact(self):
        """Return ``{"protocol", "ports", "source"}``, in the words of ufw's rules."""
        spans = ["{}:{}".format(*span) if span[0] != span[1] else str(span[0]) for span in self.ports or ()]
        return {
            "protocol": self.protocol or "any",
            "ports": ",".join(spans) if self.ports is not None else "any",
            "source": str(self.source) if self.source is not None else "any",
        }


def read_rule(expressions, elements_of):
    """Read a rule.

    Arguments:
        expressions: the attribute NFTA_RULE_EXPRESSIONS.
        elements_of: a function from a set's name to [(low, high)] of bytes, None if it cannot be had.
    Returns:
        A :class:`Rule`.
    """
    rule = Rule()
    loaded = None
    for _kind, element in netlink.split_attributes(expressions):
        parts = _parts(element)
        name, data = _text(parts.get(1, b"")), parts.get(2, b"")
        fields = _parts(data)
        if name in ("payload", "meta", "ct"):
            loaded = (name, [_big(fields.get(number, b"")) for number in (2, 3, 4)], None)
        elif name == "bitwise" and loaded:
            loaded = (loaded[0], loaded[1], _value(fields.get(4, b"")))
        elif name == "cmp":
            value = _value(fields.get(3, b""))
            operator = _big(fields.get(2, b""))
            _compare(rule, loaded, operator, [(value, value)])
        elif name == "range":
            operator = _big(fields.get(2, b""))
            _compare(rule, loaded, operator, [(_value(fields.get(3, b"")), _value(fields.get(4, b"")))])
        elif name == "lookup" and 3 in fields:
            # A map: its verdict may be any.
            rule.certain, rule.verdict = False, 0
        elif name == "lookup":
            spans = elements_of(_text(fields.get(1, b""))) if _big(fields.get(5, b"\0\0\0\0")) == 0 else None
            _compare(rule, loaded, _EQUAL if spans is not None else None, spans)
        elif name == "match":
            _match(rule, _text(fields.get(1, b"")), fields.get(3, b""))
        elif name == "immediate":
            verdict = _parts(_parts(fields.get(2, b"")).get(2, b""))
            code = verdict.get(1, b"")
            rule.verdict = struct.unpack(">i", code)[0] if len(code) == 4 else 0
        elif name in ("reject", "target"):
            rule.verdict = 0
        elif name not in _IDLE:
            rule.certain = False
    return rule


def _compare(rule, loaded, operator, spans):
    """Take what was loaded being in one of these spans into the rule."""
    kind, numbers, mask = loaded or ("", [None] * 3, None)
    if kind == "ct" and numbers[0] == _CT_STATE and mask and operator == _INVERTED:
        # One of the mask's bits is set; a packet that begins a connection has that one.
        rule.beginning = len(mask) == 4 and bool(struct.unpack("=I", mask)[0] & _CT_NEW)
        return
    if operator != _EQUAL or not spans or any(len(low) != len(high) for low, high in spans):
        rule.certain = False
    elif kind == "meta" and numbers[0] == _META_L4PROTO and mask is None and len(spans) == 1:
        rule.protocol = PROTOCOLS.get(spans[0][0][0], "another")
    elif kind == "meta" and numbers[0] == _META_NFPROTO and mask is None:
        rule.certain = rule.certain and spans[0][0][:1] == struct.pack("B", _AF_INET6)
    elif kind == "payload" and numbers[:2] == [2, 2] and mask is None and numbers[2] == 2:
        rule.ports = [(struct.unpack(">H", low[:2])[0], struct.unpack(">H", high[:2])[0]) for low, high in spans]
    elif kind == "payload" and numbers[:2] == [1, 8] and len(spans) == 1 and spans[0][0] == spans[0][1]:
        rule.source = _network(spans[0][0], mask, numbers[2])
        rule.certain = rule.certain and rule.source is not None
    else:
        rule.certain = False


def _network(value, mask, length):
    """Return the network of an address's first bytes, or of an address under a mask; None if it is none."""
    if mask is not None:
        bits = bin(int.from_bytes(mask, "big"))[2:].zfill(8 * len(mask))
        prefix = len(bits.rstrip("0"))
        if len(mask) != 16 or "0" in bits[:prefix]:
            return None
    else:
        prefix = 8 * (length or 0)
    if not 0 < len(value) <= 16 or prefix > 128:
        return None
    return ipaddress.IPv6Network((value.ljust(16, b"\0"), prefix), strict=False)


def _match(rule, name, info):
    """Take a match of ip6tables into the rule."""
    if name in ("tcp", "udp") and len(info) >= 8:
        sources, targets = struct.unpack_from("=HH", info, 0), struct.unpack_from("=HH", info, 4)
        # struct xt_tcp: option, two bytes of flags, then what is inverted; struct xt_udp: what is inverted.
        more = info[8:12] if name == "tcp" else info[8:9]
        rule.certain = rule.certain and sources == (0, 0xFFFF) and not any(more)
        rule.protocol = name
        rule.ports = [targets]
    elif name == "multiport" and len(info) >= 48 and info[0] == 1 and not info[47]:
        # struct xt_multiport_v1: flags (1: destination), count, ports[15], pflags[15], invert.
        count = min(info[1], 15)
        numbers = struct.unpack_from("=15H", info, 2)[:count]
        continued = info[32 : 32 + count]
        rule.ports = []
        for place, port in enumerate(numbers):
            if place and continued[place - 1]:
                rule.ports[-1] = (rule.ports[-1][0], port)
            else:
                rule.ports.append((port, port))
    elif name != "comment":
        rule.certain = False


def accepted(data, elements_of):
    """Return what a chain accepts for certain.

    Arguments:
        data: the answer to NFT_MSG_GETRULE for one chain.
        elements_of: as for :func:`read_rule`.
    Returns:
        ``[{"protocol", "ports", "source"}]`` as ``Rule.as_fact``, of the rules before the first that may drop.
    """
    found = []
    for kind, _flags, payload in netlink.split_messages(data):
        if kind != NEWRULE or len(found) >= LIMIT:
            continue
        try:
            rule = read_rule(_parts(payload[4:]).get(4, b""), elements_of)
        except (struct.error, IndexError, ValueError):
            break
        if rule.verdict is None or rule.verdict == CONTINUE or rule.protocol == "another" or not rule.beginning:
            # It decides nothing, or nothing about the beginning of what a cluster's nodes say to each other.
            continue
        if rule.verdict != ACCEPT:
            break
        if rule.certain:
            found.append(rule.as_fact())
    return found


def elements(data):
    """Return the elements of a set, the answer to NFT_MSG_GETSETELEM, as [(low, high)] of bytes.

    A set of intervals has each begin and, flagged, what comes after each end.
    """
    found = []
    for kind, _flags, payload in netlink.split_messages(data):
        if kind != NEWSETELEM:
            continue
        for _number, element in netlink.split_attributes(_parts(payload[4:]).get(3, b"")):
            parts = _parts(element)
            found.append((_value(parts.get(1, b"")), bool((_big(parts.get(3, b"")) or 0) & 1)))
    found = sorted(entry for entry in found if entry[0])
    if not any(end for _key, end in found):
        return [(key, key) for key, _end in found]
    spans = []
    for key, end in found:
        if not end:
            spans.append((key, b"\xff" * len(key)))
        elif spans:
            before = int.from_bytes(key, "big") - 1
            spans[-1] = (spans[-1][0], max(before, 0).to_bytes(len(key), "big"))
    return spans
