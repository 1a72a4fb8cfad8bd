# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0
"""The namespaces of a lab and the bridge that joins them, which stands in a namespace of its own."""

import os
import subprocess

from containers import settings
from containers.process import LabError, run

BRIDGE = "lab0"
#: The kernel keeps one table of neighbours for all namespaces; these limits count for all of them together (arp(7)).
NEIGHBOURS = "/proc/sys/net/ipv6/neigh/default/gc_thresh{}"


def switch(name):
    """Return the name of the namespace that holds the bridge."""
    return f"{name}-switch"


def uplink(name):
    """Return the name of this machine's interface in the lab's network; interfaces have at most 15 characters."""
    return f"{name[:10]}-lab"


def batch(lines, namespace=""):
    """Run many commands of `ip` at once."""
    words = ["ip"] + (["-netns", namespace] if namespace else []) + ["-batch", "-"]
    done = subprocess.run(words, input="\n".join(lines) + "\n", text=True, capture_output=True, check=False)
    if done.returncode:
        raise LabError(f"ip: {done.stderr.strip()[:500]}")


def namespaces(name):
    """Return the names of a lab's namespaces."""
    words = run(["ip", "netns", "list"])[1].splitlines()
    mine = [line.split()[0] for line in words if line.strip()]
    return [
        entry
        for entry in mine
        if entry == switch(name) or entry.startswith(f"{name}-n") and entry[len(name) + 2 :].isdecimal()
    ]


def create(name, subnet, addresses):
    """Make the namespaces, each with an interface eth0, an address and a default route.

    Arguments:
        name: the lab.
        subnet: its network; this machine gets the first address of it.
        addresses: node -> address.
    """
    length = subnet.rsplit("/", 1)[1]
    gateway = settings.gateway(subnet)
    central = switch(name)
    for entry in (central, *addresses):
        run(["ip", "netns", "add", entry])
    batch([f"link add {BRIDGE} type bridge mcast_snooping 0", f"link set {BRIDGE} up", "link set lo up"], central)
    lines = [f"link add {uplink(name)} type veth peer name uplink netns {central}"]
    lines += [f"link set {uplink(name)} up", f"address add {gateway}/{length} dev {uplink(name)} nodad"]
    batch(lines)
    ports = ["link set uplink master " + BRIDGE, "link set uplink up"]
    for number, (node, address) in enumerate(addresses.items(), 1):
        batch([f"link add port{number} type veth peer name eth0 netns {node}"], central)
        ports += [f"link set port{number} master {BRIDGE}", f"link set port{number} up"]
        lines = ["link set lo up", "link set eth0 up", f"address add {address}/{length} dev eth0 nodad"]
        batch(lines + [f"route add default via {gateway} dev eth0"], node)
    batch(ports, central)


def make_room(count, memory):
    """Let the kernel's table hold the neighbours of so many nodes, all to all.

    Arguments:
        count: the number of nodes.
        memory: a file that keeps what the limits were.
    """
    room = 4 * count * (count + 8)
    before = []
    for number in (1, 2, 3):
        with open(NEIGHBOURS.format(number), encoding="ascii") as file:
            before.append(int(file.read()))
    if before[0] >= room:
        return
    with open(memory, "w", encoding="ascii") as file:
        file.write(" ".join(map(str, before)))
    _set_room([max(room, value) for value in before])


def restore_room(memory):
    """Set the limits as they were before :func:`make_room`."""
    if os.path.exists(memory):
        with open(memory, encoding="ascii") as file:
            _set_room([int(word) for word in file.read().split()])
        os.unlink(memory)


def _set_room(values):
    # From the last to the first: the kernel keeps them in order.
    for number, value in reversed(list(enumerate(values, 1))):
        with open(NEIGHBOURS.format(number), "w", encoding="ascii") as file:
            file.write(str(value))


def remove(name):
    """Remove the namespaces, and with them everything in them."""
    mine = namespaces(name)
    for entry in mine:
        run(["ip", "netns", "delete", entry])
    # The other end of this machine's interface is gone with its namespace, but not always at once.
    run(["ip", "link", "delete", uplink(name)], check=False)
