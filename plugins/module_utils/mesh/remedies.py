# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0
"""What to type so that packets come through, for the tool that filters them on the host at hand."""

import ipaddress


def prefix_of(addresses):
    """Return the network that holds all addresses if it is one /64 or less, else an empty text."""
    numbers = [int(ipaddress.IPv6Address(address.split("%", 1)[0])) for address in addresses]
    networks = {number >> 64 for number in numbers}
    return str(ipaddress.IPv6Network((networks.pop() << 64, 64))) if len(networks) == 1 else ""


def open_port(tool, protocol, port, incoming, prefix):
    """Return commands that let a port's packets pass on a host.

    Arguments:
        tool: ``firewalld``, ``ufw`` or empty.
        protocol, port: what is to pass.
        incoming: whether packets come in on this host, or go out.
        prefix: the nodes' network, empty if they share none.
    """
    if tool == "firewalld" and incoming:
        return "firewall-cmd --permanent --add-port={0}/{1}\nfirewall-cmd --reload".format(port, protocol)
    if tool == "ufw" and incoming:
        return "ufw allow proto {1} from {2} to any port {0}".format(port, protocol, prefix or "any")
    if tool == "ufw":
        return "ufw allow out proto {1} from any to {2} port {0}".format(port, protocol, prefix or "any")
    match = "-p {} --dport {}".format(protocol, port)
    return _insert(match, incoming, prefix)


def open_all(tool, incoming, prefix):
    """Return commands that let all packets between the nodes pass on a host; arguments as for :func:`open_port`."""
    if tool == "firewalld" and incoming and prefix:
        return f"firewall-cmd --permanent --zone=trusted --add-source={prefix}\nfirewall-cmd --reload"
    if tool == "ufw" and prefix:
        return "ufw allow {} {}".format("from" if incoming else "out to", prefix)
    return _insert("", incoming, prefix)


def open_icmp(tool, prefix):
    """Return commands that let ICMPv6 echo pass on a host; arguments as for :func:`open_port`."""
    if tool == "firewalld":
        return (
            "firewall-cmd --permanent --remove-icmp-block=echo-request\n"
            "firewall-cmd --permanent --remove-icmp-block=echo-reply\nfirewall-cmd --reload"
        )
    if tool == "ufw":
        return "grep -n icmpv6 /etc/ufw/before6.rules   # echo-request is accepted there unless it was taken out"
    return _insert("-p ipv6-icmp", True, prefix)


def _insert(match, incoming, prefix):
    chain, side = ("INPUT", "-s") if incoming else ("OUTPUT", "-d")
    words = ["ip6tables -I", chain, match, f"{side} {prefix}" if prefix else "", "-j ACCEPT"]
    command = " ".join(word for word in words if word)
    return (
        f"nft list ruleset | grep -A30 'hook {chain.lower()}'; ip6tables -S {chain}   # which rule drops it?\n"
        f"{command}   # now; to persist, put it into the rules that your firewall loads"
    )
