# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0
"""What the kernel's packet filter does with what no rule decides: the policies of nf_tables and of the legacy tables;
and what the rules accept before a policy drops.

Only what is loaded is asked, because asking would load it.

Sources: linux/netfilter/nf_tables.h, linux/netfilter/nfnetlink.h, linux/netfilter_ipv6/ip6_tables.h.
"""

import contextlib
import ctypes
import socket
import struct

from ansible_collections.kurl.ipv6.plugins.module_utils.host import netlink, nftrules

NETLINK_NETFILTER = 12
_NEWCHAIN, _GETCHAIN, _NEWRULE, _GETRULE = 10 << 8 | 3, 10 << 8 | 4, 10 << 8 | 6, 10 << 8 | 7
_GETSETELEM = 10 << 8 | 13
FAMILIES = {1: "inet", 10: "ip6"}
HOOKS = ("prerouting", "input", "forward", "output", "postrouting")
_GET_INFO, _GET_ENTRIES = 64, 65
#: struct ip6t_getinfo: name, valid_hooks, hook_entry[5], underflow[5], num_entries, size.
_INFO = struct.Struct("=32s13I")
#: Bytes of struct ip6t_entry before its matches, and of the table's header before the entries.
_ENTRY, _TABLE = 168, 40
#: The largest table that is read; one with more has more to say than its policies.
TABLE_LIMIT = 4 * 1024 * 1024


def parse_chains(data):
    """Parse the answer to NFT_MSG_GETCHAIN.

    Returns:
        The base chains that see IPv6 packets: ``[{"family" (inet or ip6), "table", "chain", "hook", "policy" (accept or
        drop), "rules"}]``.
    """
    chains = []
    for kind, _flags, payload in netlink.split_messages(data):
        if kind != _NEWCHAIN or len(payload) < 4 or payload[0] not in FAMILIES:
            continue
        attributes = dict(netlink.split_attributes(payload[4:]))
        hook = dict(netlink.split_attributes(attributes.get(4, b"")))
        number = _big(hook.get(1, b""))
        if number is None or number >= len(HOOKS):
            continue
        chains.append(
            {
                "family": FAMILIES[payload[0]],
                "table": _text(attributes.get(1, b"")),
                "chain": _text(attributes.get(3, b"")),
                "hook": HOOKS[number],
                "policy": "drop" if _big(attributes.get(5, b"")) == 0 else "accept",
                "rules": _big(attributes.get(6, b"")) or 0,
            }
        )
    return chains


def parse_reverse_path(data):
    """Return whether rules (the answer to NFT_MSG_GETRULE) look up a packet's way back: ``fib`` or ``rpfilter``."""
    for kind, _flags, payload in netlink.split_messages(data):
        if kind != _NEWRULE:
            continue
        expressions = dict(netlink.split_attributes(payload[4:])).get(4, b"")
        for _number, element in netlink.split_attributes(expressions):
            parts = dict(netlink.split_attributes(element))
            name = _text(parts.get(1, b""))
            matched = _text(dict(netlink.split_attributes(parts.get(2, b""))).get(1, b""))
            if name == "fib" or (name == "match" and matched == "rpfilter"):
                return True
    return False


def parse_legacy(info, entries):
    """Return the policies of a legacy table: ``{"input": "accept" | "drop", ...}``.

    Arguments:
        info: a struct ip6t_getinfo.
        entries: the table's entries.
    """
    fields = _INFO.unpack_from(info)
    valid, underflow = fields[1], fields[7:12]
    policies = {}
    for number, hook in enumerate(HOOKS):
        offset = underflow[number]
        if not valid & 1 << number or offset + _ENTRY + 36 > len(entries):
            continue
        target = offset + struct.unpack_from("=H", entries, offset + 140)[0]
        if target + 36 > len(entries):
            continue
        verdict = struct.unpack_from("=i", entries, target + 32)[0]
        policies[hook] = "drop" if verdict == -1 else "accept"
    return policies


def _text(data):
    return data.split(b"\0", 1)[0].decode("utf-8", "replace")


def _big(data):
    """Return the number of a big-endian attribute of 32 bits, None if it is absent."""
    return struct.unpack(">I", data)[0] if len(data) == 4 else None


def _attribute(kind, text):
    data = text.encode() + b"\0"
    return struct.pack("=HH", 4 + len(data), kind) + data + b"\0" * (-len(data) % 4)


def _nftables():
    """Return the base chains, and whether one that sees arriving packets filters by the way back."""
    chains = parse_chains(netlink.dump(NETLINK_NETFILTER, _GETCHAIN, struct.pack(">BBH", 0, 0, 0)))
    reverse = False
    numbers = {name: number for number, name in FAMILIES.items()}
    for chain in chains:
        wanted = chain["hook"] == "prerouting" and not reverse
        dropping = chain["hook"] == "input" and chain["policy"] == "drop"
        if not wanted and not dropping:
            continue
        header = struct.pack(">BBH", numbers[chain["family"]], 0, 0) + _attribute(1, chain["table"])
        rules = netlink.dump(NETLINK_NETFILTER, _GETRULE, header + _attribute(2, chain["chain"]))
        if wanted:
            reverse = parse_reverse_path(rules)
        if dropping:
            chain["accepts"] = nftrules.accepted(rules, lambda name, header=header: _elements(header, name))
    return chains, reverse


def _elements(header, name):
    """Return the elements of a set of a table, None if they cannot be had."""
    try:
        return nftrules.elements(netlink.dump(NETLINK_NETFILTER, _GETSETELEM, header + _attribute(2, name)))
    except (netlink.NetlinkError, OSError):
        return None


def _legacy(table=b"filter"):
    """Return ``(info, entries)`` of a legacy table, a struct ip6t_getinfo and what follows the header; None if they
    cannot be had.
    """
    library = ctypes.CDLL(None, use_errno=True)
    with socket.socket(socket.AF_INET6, socket.SOCK_RAW, socket.IPPROTO_RAW) as channel:

        def ask(option, buffer):
            size = ctypes.c_uint(len(buffer))
            return library.getsockopt(channel.fileno(), socket.IPPROTO_IPV6, option, buffer, ctypes.byref(size)) == 0

        info = ctypes.create_string_buffer(table, _INFO.size)
        if not ask(_GET_INFO, info):
            return None
        size = _INFO.unpack(info.raw)[-1]
        if size > TABLE_LIMIT:
            return None
        entries = ctypes.create_string_buffer(_TABLE + size)
        struct.pack_into("=32sI", entries, 0, table, size)
        return (info.raw, entries.raw[_TABLE:]) if ask(_GET_ENTRIES, entries) else None


def collect(reader, modules):
    """Read the packet filter.

    Arguments:
        modules: ``{name: state}`` as in the facts.
    Returns:
        ``{"chains": [...], "reverse_path": bool}``; the legacy filter table's chains are of the family ``legacy``. A
        chain of nf_tables that drops what arrives has ``accepts`` as well, see ``nftrules.accepted``.
    """
    chains, reverse = [], False
    if modules.get("nf_tables") in ("loaded", "builtin"):
        # Refused without the right to ask, or where nf_tables was built in without IPv6.
        with contextlib.suppress(netlink.NetlinkError, OSError):
            chains, reverse = _nftables()
    loaded = reader.lines("/proc/net/ip6_tables_names")
    for table in ("raw", "mangle"):
        if table in loaded and not reverse:
            with contextlib.suppress(AttributeError, OSError):
                known = _legacy(table.encode())
                # A match stands in an entry with its name (struct xt_entry_match).
                reverse = known is not None and b"rpfilter\0" in known[1]
    if "filter" in loaded:
        try:
            known = _legacy()
        except (AttributeError, OSError):
            known = None
        policies = parse_legacy(*known) if known else {}
        for hook, policy in policies.items():
            chains.append(
                {
                    "family": "legacy",
                    "table": "filter",
                    "chain": hook.upper(),
                    "hook": hook,
                    "policy": policy,
                    "rules": 0,
                }
            )
    return {"chains": chains[:64], "reverse_path": reverse}
