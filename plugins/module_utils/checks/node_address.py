# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0
"""The choice of a node's address: one that is stable, global or unique-local, and reached by the default route's
interface.

kURL takes any IPv6 address that is there, also link-local, temporary and tentative ones; ``ansible_default_ipv6`` is
the temporary privacy address where there is one. The address goes into certificates, etcd's membership and the Node
object, so that it must not change.
"""

from collections import namedtuple

from ansible_collections.kurl.ipv6.plugins.module_utils.checks import addressing, interfaces

#: ``address`` (empty if there is none), ``interface``, ``reason`` (a sentence), ``candidates`` ([address map] from best
#: to worst), ``rejected`` ([(address, interface, why)]).
Choice = namedtuple("Choice", "address interface reason candidates rejected")


def rejection(entry, nature):
    """Say why an address cannot be a node's address.

    Arguments:
        entry: an address map of the facts.
        nature: what its interface is (``interfaces.nature``).
    Returns:
        The reason, empty if it can be used.
    """
    address = addressing.parse_address(entry["address"])
    reason = addressing.special(address)
    if reason:
        return reason
    flags = entry["flags"]
    if "dadfailed" in flags:
        return "duplicate address detection failed: another machine has it"
    if "tentative" in flags and "optimistic" not in flags:
        return "tentative: duplicate address detection has not finished"
    if "temporary" in flags:
        return "temporary privacy address, changes within days"
    if "deprecated" in flags or entry["preferred"] == 0:
        return "deprecated: its prefix is no longer announced"
    if nature in ("tunnel", "container network"):
        return f"on {entry['interface']}, a {nature} interface"
    return ""


def _rank(entry, uplinks, nature):
    """Order candidates: the default route's interface, then no lifetime, then global before unique-local, then subnets
    before single addresses.
    """
    address = addressing.parse_address(entry["address"])
    return (
        uplinks.index(entry["interface"]) if entry["interface"] in uplinks else len(uplinks),
        nature != "nic",
        entry["valid"] != -1,
        address in addressing.UNIQUE_LOCAL,
        entry["prefix"] == 128,
        int(address),
    )


def _description(entry, uplinks):
    address = addressing.parse_address(entry["address"])
    words = ["unique-local" if address in addressing.UNIQUE_LOCAL else "global"]
    words.append("permanent" if entry["valid"] == -1 else "dynamic (lifetime {} s)".format(entry["valid"]))
    where = (
        "the interface of the default route"
        if uplinks and entry["interface"] == uplinks[0]
        else "not the default route's interface"
    )
    return "{} address on {}, {}".format(
        ", ".join(words), entry["interface"], where if uplinks else "no default route to go by"
    )


def choose(addresses, links, default_routes, wanted=""):
    """Choose a node's address.

    Arguments:
        addresses, links, default_routes: as in the facts.
        wanted: the address that the inventory gives (``node_ip``), empty if it leaves the choice to us.
    Returns:
        A :class:`Choice`. With ``wanted`` its address is ``wanted`` if the host has it and can use it, else empty.
    """
    natures = {link["name"]: interfaces.nature(link) for link in links}
    uplinks = []
    for route in default_routes:
        if route["type"] == "unicast" and route["interface"] not in uplinks:
            uplinks.append(route["interface"])
    candidates = []
    rejected = []
    for entry in addresses:
        if entry["family"] != 6:
            continue
        reason = rejection(entry, natures.get(entry["interface"], "nic"))
        if reason:
            rejected.append((entry["address"], entry["interface"], reason))
        else:
            candidates.append(entry)
    candidates.sort(key=lambda entry: _rank(entry, uplinks, natures.get(entry["interface"], "nic")))

    if wanted:
        return _given(wanted, addresses, candidates, rejected, uplinks)
    if not candidates:
        return Choice("", "", "no usable address", candidates, rejected)
    best = candidates[0]
    reason = _description(best, uplinks)
    others = [entry["address"] for entry in candidates[1:]]
    if others:
        reason += "; preferred to {}".format(", ".join(others[:3])) + (" ..." if len(others) > 3 else "")
    return Choice(best["address"], best["interface"], reason, candidates, rejected)


def _given(wanted, addresses, candidates, rejected, uplinks):
    """The choice where the inventory names the address."""
    address = addressing.parse_address(wanted)
    if address is None:
        return Choice("", "", f"node_ip {wanted} is not an IPv6 address", candidates, rejected)
    for entry in candidates:
        if addressing.parse_address(entry["address"]) == address:
            reason = "given as node_ip: " + _description(entry, uplinks)
            return Choice(entry["address"], entry["interface"], reason, candidates, rejected)
    for text, interface, reason in rejected:
        if addressing.parse_address(text) == address:
            # An address on a tunnel may be meant: the user said so. Everything else would not work.
            if reason.startswith("on "):
                return Choice(text, interface, f"given as node_ip, {reason}", candidates, rejected)
            return Choice("", interface, f"node_ip {wanted} cannot be used: {reason}", candidates, rejected)
    return Choice("", "", f"node_ip {wanted} is not on this host", candidates, rejected)
