# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0
"""From what listening tasks registered to the list of nodes. What hosts say of themselves is checked before use."""

from ansible_collections.kurl.ipv6.plugins.module_utils.mesh import ports, protocol

#: Every port that a plan can have, by probe id.
KNOWN = {
    ports.probe_id(port.protocol, port.number): port
    for encryption in ("none", "wireguard")
    for port in ports.planned({"antrea_version": "1", "antrea_encryption": encryption, "rook_version": "1"})
}
#: Largest MTU that is believed: IPv6 packets without jumbo payload option.
_MTU = 65575


def _address(value):
    """Return whether a value is an IPv6 address."""
    try:
        return isinstance(value, str) and bool(protocol.packed(value))
    except (OSError, ValueError):
        return False


def _names(value):
    """Return the probe ids in a list or map."""
    return sorted(name for name in KNOWN if isinstance(value, (list, dict)) and name in value)


def listener(result):
    """Return what a listener said of itself, checked; None if none listens.

    Arguments:
        result: the registered result of a task with ``state: listening``, or of another one that has the same under
            ``listener``.
    Returns:
        ``{"address", "interface", "mtu", "bound": [probe id], "held": [probe id]}``.
    """
    said = result.get("listener") if isinstance(result, dict) else None
    if not isinstance(said, dict) or not _address(said.get("address")):
        return None
    mtu = said.get("mtu")
    return {
        "address": said["address"],
        "interface": str(said.get("interface") or "")[:15],
        "mtu": mtu if isinstance(mtu, int) and 0 < mtu <= _MTU else 0,
        "bound": _names(said.get("bound")),
        "held": _names(said.get("held")),
    }


def listening(hosts, variables_of, registered):
    """Return the nodes that listen.

    Arguments:
        hosts: names in the inventory.
        variables_of: a function from a name to the host's variables.
        registered: name of the variable in which the listening task was registered.
    Returns:
        What :func:`listener` returns of each, with ``name`` and ``roles``; a node's number is its place in the list.
        Of two hosts with one address only the first is taken.
    """
    found = []
    addresses = set()
    for name in hosts:
        variables = variables_of(name)
        node = listener(variables.get(registered))
        if node is None or protocol.packed(node["address"]) in addresses:
            continue
        addresses.add(protocol.packed(node["address"]))
        groups = variables.get("group_names") or []
        roles = [group for group in (ports.CONTROL_PLANE, "kube_node") if group in groups]
        found.append(dict(node, name=name, roles=roles))
    return found
