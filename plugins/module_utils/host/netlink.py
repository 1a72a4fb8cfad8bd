# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0
"""Links, addresses, routes, neighbours and generic families of the kernel, by netlink and without any program.

The ``parse_*`` functions are pure: bytes of one or more netlink messages in, plain data out. :class:`Netlink` asks the
kernel. Only dumps are requested: they change nothing, and unlike a request for one generic family by name they load no
module.

Sources: rtnetlink(7), netlink(7), linux/rtnetlink.h, linux/if_addr.h, linux/if_link.h, linux/neighbour.h,
    linux/genetlink.h.
"""

import socket
import struct

_HEADER = struct.Struct("=IHHII")
_ATTRIBUTE = struct.Struct("=HH")

NLMSG_ERROR, NLMSG_DONE = 2, 3
NLM_F_REQUEST, NLM_F_DUMP, NLM_F_DUMP_INTR = 0x1, 0x300, 0x10
RTM_NEWLINK, RTM_GETLINK = 16, 18
RTM_NEWADDR, RTM_GETADDR = 20, 22
RTM_NEWROUTE, RTM_GETROUTE = 24, 26
RTM_NEWNEIGH, RTM_GETNEIGH = 28, 30
GENL_ID_CTRL, CTRL_CMD_GETFAMILY = 0x10, 3

#: A host with full Internet tables has 200,000 routes; what comes after this many bytes is not read.
DUMP_LIMIT = 32 * 1024 * 1024

LINK_FLAGS = (
    (0x1, "up"),
    (0x8, "loopback"),
    (0x10, "pointopoint"),
    (0x80, "noarp"),
    (0x1000, "multicast"),
    (0x10000, "lower_up"),
)
ADDRESS_FLAGS = (
    (0x01, "temporary"),
    (0x02, "nodad"),
    (0x04, "optimistic"),
    (0x08, "dadfailed"),
    (0x20, "deprecated"),
    (0x40, "tentative"),
    (0x80, "permanent"),
    (0x100, "mngtmpaddr"),
    (0x200, "noprefixroute"),
    (0x800, "stable-privacy"),
)
ROUTE_TYPES = {
    1: "unicast",
    2: "local",
    3: "broadcast",
    4: "anycast",
    5: "multicast",
    6: "blackhole",
    7: "unreachable",
    8: "prohibit",
    9: "throw",
}
ROUTE_PROTOCOLS = {
    0: "unspec",
    1: "redirect",
    2: "kernel",
    3: "boot",
    4: "static",
    9: "ra",
    11: "zebra",
    12: "bird",
    16: "dhcp",
    18: "keepalived",
    186: "bgp",
    187: "isis",
    188: "ospf",
}
OPERATIONAL_STATES = ("unknown", "notpresent", "down", "lowerlayerdown", "testing", "dormant", "up")
ROUTER_PREFERENCES = {0: "medium", 1: "high", 3: "low"}
#: Clock ticks a second in which the kernel reports a route's age (USER_HZ, the same on every architecture Kubernetes
#: runs on).
USER_HZ = 100
FOREVER = 0xFFFFFFFF


class NetlinkError(Exception):
    """The kernel refused a request or answered what cannot be understood."""


def split_messages(data):
    """Yield ``(type, flags, payload)`` of each netlink message in ``data``; an incomplete last one is left out."""
    offset = 0
    while offset + _HEADER.size <= len(data):
        length, kind, flags, _sequence, _port = _HEADER.unpack_from(data, offset)
        if length < _HEADER.size or offset + length > len(data):
            return
        yield kind, flags, data[offset + _HEADER.size : offset + length]
        offset += (length + 3) & ~3


def split_attributes(data):
    """Return ``[(type, payload)]`` of the attributes in ``data``; flag bits of the type (nested, byte order) are
    removed.
    """
    attributes = []
    offset = 0
    while offset + _ATTRIBUTE.size <= len(data):
        length, kind = _ATTRIBUTE.unpack_from(data, offset)
        if length < _ATTRIBUTE.size or offset + length > len(data):
            break
        attributes.append((kind & 0x3FFF, data[offset + _ATTRIBUTE.size : offset + length]))
        offset += (length + 3) & ~3
    return attributes


def _text(data):
    return data.split(b"\0", 1)[0].decode("utf-8", "replace")


def _number(data):
    return int.from_bytes(data, "little" if struct.pack("=H", 1) == b"\1\0" else "big")


def _address(data):
    if len(data) == 16:
        return socket.inet_ntop(socket.AF_INET6, data)
    if len(data) == 4:
        return socket.inet_ntop(socket.AF_INET, data)
    return ""


def _names(bits, table):
    return [name for bit, name in table if bits & bit]


def parse_links(data):
    """Parse RTM_NEWLINK messages.

    Returns:
        A list of maps: ``index``, ``name``, ``mtu`` (bytes), ``kind`` (``bridge``, ``veth``, ``geneve`` ...; empty for
        a NIC), ``type`` (ARP hardware type: 1 Ethernet, 512 PPP, 65534 none, 772 loopback), ``flags``, ``state``,
        ``mac``, ``master`` (index).
    """
    links = []
    for kind, _flags, payload in split_messages(data):
        if kind != RTM_NEWLINK or len(payload) < 16:
            continue
        _family, hardware, index, flags, _change = struct.unpack_from("=BxHiII", payload)
        link = {
            "index": index,
            "name": "",
            "mtu": 0,
            "kind": "",
            "type": hardware,
            "flags": _names(flags, LINK_FLAGS),
            "state": "unknown",
            "mac": "",
            "master": 0,
        }
        for attribute, value in split_attributes(payload[16:]):
            if attribute == 3:
                link["name"] = _text(value)
            elif attribute == 4:
                link["mtu"] = _number(value)
            elif attribute == 1 and len(value) == 6:
                link["mac"] = ":".join(f"{byte:02x}" for byte in value)
            elif attribute == 10:
                link["master"] = _number(value)
            elif attribute == 16 and value and value[0] < len(OPERATIONAL_STATES):
                link["state"] = OPERATIONAL_STATES[value[0]]
            elif attribute == 18:
                link["kind"] = next((_text(nested) for number, nested in split_attributes(value) if number == 1), "")
        links.append(link)
    return links


def parse_addresses(data, link_names):
    """Parse RTM_NEWADDR messages.

    Arguments:
        data: the bytes of the messages.
        link_names: ``{interface index: name}``.
    Returns:
        A list of maps: ``address``, ``prefix`` (length), ``interface``, ``family`` (4 or 6), ``scope`` (``global``,
        ``site``, ``link``, ``host``), ``flags`` (names as ip-address(8) prints them), ``valid`` and ``preferred``
        (seconds, -1 = for ever).
    """
    scopes = {0: "global", 200: "site", 253: "link", 254: "host"}
    addresses = []
    for kind, _flags, payload in split_messages(data):
        if kind != RTM_NEWADDR or len(payload) < 8:
            continue
        family, prefix, flags, scope, index = struct.unpack_from("=BBBBI", payload)
        entry = {
            "address": "",
            "prefix": prefix,
            "interface": link_names.get(index, str(index)),
            "family": 6 if family == socket.AF_INET6 else 4,
            "scope": scopes.get(scope, str(scope)),
            "flags": [],
            "valid": -1,
            "preferred": -1,
        }
        peer = local = ""
        for attribute, value in split_attributes(payload[8:]):
            if attribute == 1:
                peer = _address(value)
            elif attribute == 2:
                local = _address(value)
            elif attribute == 6 and len(value) >= 8:
                preferred, valid = struct.unpack_from("=II", value)
                entry["preferred"] = -1 if preferred == FOREVER else preferred
                entry["valid"] = -1 if valid == FOREVER else valid
            elif attribute == 8 and len(value) == 4:
                flags = _number(value)
        # On a point-to-point link IFA_ADDRESS is the peer and IFA_LOCAL the host's own address.
        entry["address"] = local or peer
        # For IPv4 the first flag means a secondary address, which is as stable as any other.
        entry["flags"] = [
            name for name in _names(flags, ADDRESS_FLAGS) if not (entry["family"] == 4 and name == "temporary")
        ]
        if entry["address"]:
            addresses.append(entry)
    return addresses


def _next_hops(data, link_names):
    """Parse RTA_MULTIPATH: ``[(gateway, interface)]``."""
    hops = []
    offset = 0
    while offset + 8 <= len(data):
        length, _flags, _hops, index = struct.unpack_from("=HBBi", data, offset)
        if length < 8 or offset + length > len(data):
            break
        gateway = ""
        for attribute, value in split_attributes(data[offset + 8 : offset + length]):
            if attribute == 5:
                gateway = _address(value)
        hops.append((gateway, link_names.get(index, str(index))))
        offset += (length + 3) & ~3
    return hops


def parse_routes(data, link_names):
    """Parse RTM_NEWROUTE messages; clones that the kernel caches are left out.

    Arguments:
        data: the bytes of the messages.
        link_names: ``{interface index: name}``.
    Returns:
        A list of maps, one a next hop: ``destination`` (``default`` or ``address/prefix``), ``gateway``, ``interface``,
        ``metric``, ``protocol`` (``ra``, ``static``, ``kernel`` ...), ``type`` (``unicast``, ``unreachable`` ...),
        ``table``, ``family`` (4 or 6), ``expires`` (seconds, -1 = never), ``preference`` (RFC 4191), ``mtu`` (bytes, 0
        = the link's), ``source`` (prefix of a source-specific route, else empty), ``flags`` (``dead``, ``linkdown``).
    """
    routes = []
    for kind, _flags, payload in split_messages(data):
        if kind != RTM_NEWROUTE or len(payload) < 12:
            continue
        family, length, source_length, _tos, table, protocol, _scope, route_type, flags = struct.unpack_from(
            "=BBBBBBBBI", payload
        )
        if flags & 0x200:
            continue
        route = {
            "destination": "default",
            "gateway": "",
            "interface": "",
            "metric": 0,
            "protocol": ROUTE_PROTOCOLS.get(protocol, str(protocol)),
            "type": ROUTE_TYPES.get(route_type, str(route_type)),
            "table": table,
            "family": 6 if family == socket.AF_INET6 else 4,
            "expires": -1,
            "preference": "medium",
            "mtu": 0,
            "source": "",
            "flags": _names(flags, ((0x1, "dead"), (0x10, "linkdown"))),
        }
        destination = ""
        hops = []
        for attribute, value in split_attributes(payload[12:]):
            if attribute == 1:
                destination = _address(value)
            elif attribute == 2:
                route["source"] = f"{_address(value)}/{source_length}"
            elif attribute == 4:
                route["interface"] = link_names.get(_number(value), str(_number(value)))
            elif attribute == 5:
                route["gateway"] = _address(value)
            elif attribute == 6:
                route["metric"] = _number(value)
            elif attribute == 8:
                route["mtu"] = next((_number(metric) for number, metric in split_attributes(value) if number == 2), 0)
            elif attribute == 9:
                hops = _next_hops(value, link_names)
            elif attribute == 12 and len(value) >= 12:
                expires = struct.unpack_from("=IIi", value)[2]
                # The kernel says 0 for a route without a lifetime.
                route["expires"] = -1 if expires == 0 else max(expires // USER_HZ, 0)
            elif attribute == 15:
                route["table"] = _number(value)
            elif attribute == 20 and value:
                route["preference"] = ROUTER_PREFERENCES.get(value[0], "medium")
        if length:
            zero = "::" if route["family"] == 6 else "0.0.0.0"
            route["destination"] = f"{destination or zero}/{length}"
        if not hops:
            routes.append(route)
        for gateway, interface in hops:
            routes.append(dict(route, gateway=gateway, interface=interface))
    return routes


def parse_neighbours(data, link_names):
    """Parse RTM_NEWNEIGH messages of IPv6.

    Returns:
        A list of maps: ``address``, ``interface``, ``router`` (it has announced itself as one), ``state`` (bits of
        NUD_*, e.g. 2 reachable, 4 stale, 32 failed).
    """
    neighbours = []
    for kind, _flags, payload in split_messages(data):
        if kind != RTM_NEWNEIGH or len(payload) < 12 or payload[0] != socket.AF_INET6:
            continue
        index, state, flags = struct.unpack_from("=iHB", payload, 4)
        for attribute, value in split_attributes(payload[12:]):
            if attribute == 1 and len(value) == 16:
                neighbours.append(
                    {
                        "address": _address(value),
                        "interface": link_names.get(index, str(index)),
                        "router": bool(flags & 0x80),
                        "state": state,
                    }
                )
    return neighbours


def parse_families(data):
    """Parse the answer to CTRL_CMD_GETFAMILY: the names of the generic netlink families that the running kernel has
    now.
    """
    families = []
    for kind, _flags, payload in split_messages(data):
        if kind == GENL_ID_CTRL:
            families.extend(_text(value) for attribute, value in split_attributes(payload[4:]) if attribute == 2)
    return families


class Netlink:
    """Asks the kernel; every method returns the raw bytes of the answer for the function that parses them.

    Raises:
        NetlinkError: the kernel refuses the request.
        OSError: no socket can be had.
    """

    def links(self):
        """Return RTM_NEWLINK messages of all interfaces."""
        return dump(socket.NETLINK_ROUTE, RTM_GETLINK, struct.pack("=BxHiII", 0, 0, 0, 0, 0))

    def addresses(self):
        """Return RTM_NEWADDR messages of all addresses, both families."""
        return dump(socket.NETLINK_ROUTE, RTM_GETADDR, struct.pack("=BBBBI", 0, 0, 0, 0, 0))

    def routes(self, family=socket.AF_INET6):
        """Return RTM_NEWROUTE messages of all tables of one family."""
        return dump(socket.NETLINK_ROUTE, RTM_GETROUTE, struct.pack("=BBBBBBBBI", family, 0, 0, 0, 0, 0, 0, 0, 0))

    def neighbours(self):
        """Return RTM_NEWNEIGH messages of IPv6."""
        return dump(socket.NETLINK_ROUTE, RTM_GETNEIGH, struct.pack("=BxxxiHBB", socket.AF_INET6, 0, 0, 0, 0))

    def families(self):
        """Return the answer to a dump of the generic netlink families."""
        return dump(16, GENL_ID_CTRL, struct.pack("=BBH", CTRL_CMD_GETFAMILY, 1, 0))


def dump(protocol, kind, payload):
    """Send one dump request and return all of its answer; it is asked again when the tables changed meanwhile.

    Arguments:
        protocol: the netlink protocol, e.g. ``NETLINK_ROUTE``.
        kind: the message's type.
        payload: what follows the header.
    Raises:
        NetlinkError: the kernel refuses the request.
        OSError: no socket can be had.
    """
    for _attempt in range(3):
        data, interrupted = _ask(protocol, kind, payload)
        if not interrupted:
            break
    return data


def _ask(protocol, kind, payload):
    collected = []
    size = 0
    interrupted = False
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW | socket.SOCK_CLOEXEC, protocol) as channel:
        channel.settimeout(10)
        channel.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1024 * 1024)
        channel.send(_HEADER.pack(_HEADER.size + len(payload), kind, NLM_F_REQUEST | NLM_F_DUMP, 1, 0) + payload)
        while size < DUMP_LIMIT:
            data = channel.recv(1024 * 1024)
            done = False
            for message, flags, body in split_messages(data):
                interrupted = interrupted or bool(flags & NLM_F_DUMP_INTR)
                if message == NLMSG_ERROR:
                    code = struct.unpack_from("=i", body)[0]
                    if code:
                        raise NetlinkError(f"the kernel answers error {-code} to netlink request {kind}")
                done = done or message in (NLMSG_DONE, NLMSG_ERROR)
            collected.append(data)
            size += len(data)
            if done:
                break
    return b"".join(collected), interrupted
