# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0
"""IPv6 arithmetic that must be the same on every Python from 3.6 on: own prefix tables, no zones, no ``subnet_of``."""

import ipaddress

#: Prefixes whose addresses are no use as a node's address, with the reason. The ``ipaddress`` module's own
#: ``is_global`` and ``is_private`` depend on the patch level of Python.
SPECIAL_PREFIXES = tuple(
    (ipaddress.IPv6Network(prefix), reason)
    for prefix, reason in (
        ("::1/128", "loopback"),
        ("::/128", "unspecified"),
        ("::ffff:0:0/96", "IPv4-mapped"),
        ("fe80::/10", "link-local"),
        ("fec0::/10", "site-local, deprecated by RFC 3879"),
        ("ff00::/8", "multicast"),
        ("2001::/32", "Teredo tunnel"),
        ("2002::/16", "6to4 tunnel"),
        ("64:ff9b::/96", "NAT64"),
        ("64:ff9b:1::/48", "NAT64"),
        ("100::/64", "discard-only"),
    )
)
UNIQUE_LOCAL = ipaddress.IPv6Network("fc00::/7")


def parse_address(text):
    """Return the IPv6Address of a text without brackets and zone, or None if it is none."""
    if not isinstance(text, str):
        return None
    try:
        return ipaddress.IPv6Address(text.strip().strip("[]").split("%", 1)[0])
    except ValueError:
        return None


def parse_network(text):
    """Return the IPv6Network of ``address/length`` (host bits are cleared), or None if it is none."""
    if not isinstance(text, str) or "/" not in text:
        return None
    try:
        return ipaddress.IPv6Network(text.strip(), strict=False)
    except ValueError:
        return None


def contains(outer, inner):
    """Return whether network ``outer`` covers network ``inner``."""
    return outer.prefixlen <= inner.prefixlen and inner.network_address in outer


def overlap(first, second):
    """Return whether two networks share an address."""
    return contains(first, second) or contains(second, first)


def special(address):
    """Return why an address (IPv6Address) is no use as a node's address, empty if it is."""
    return next((reason for prefix, reason in SPECIAL_PREFIXES if address in prefix), "")
