# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0
"""Where the lab keeps things, and what this machine needs to be told."""

import contextlib
import ipaddress
import os
import shutil

HERE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


def cache(name):
    """Return a folder of the cache that clones share, made if needed."""
    base = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
    folder = os.path.join(base, "kurl.ipv6", name)
    os.makedirs(folder, exist_ok=True)
    return folder


def state(name):
    """Return the folder where a lab of that name keeps what must not be lost while it is up."""
    folder = os.path.join(HERE, ".state", name)
    os.makedirs(folder, mode=0o700, exist_ok=True)
    return folder


def forget(name):
    """Remove the state of a lab, and the folder of all states when it was the last."""
    shutil.rmtree(os.path.join(HERE, ".state", name), ignore_errors=True)
    with contextlib.suppress(OSError):
        os.rmdir(os.path.join(HERE, ".state"))


def node_names(name, count):
    """Return the names of a lab's nodes: ``kurl-n1``, ``kurl-n2`` ..."""
    return [f"{name}-n{number}" for number in range(1, count + 1)]


def node_address(subnet, number):
    """Return the address of the n-th node (from 1): ``fd00:10::11`` for the first of fd00:10::/64."""
    return str(ipaddress.IPv6Network(subnet).network_address + 0x10 + number)


def hardware_address(address):
    """Return a node's hardware address; a machine keeps its own when it restarts, and so do its neighbours' caches."""
    return "02:00:" + ":".join(f"{byte:02x}" for byte in ipaddress.IPv6Address(address).packed[-4:])


def gateway(subnet):
    """Return the host's address on the nodes' network."""
    return str(ipaddress.IPv6Network(subnet).network_address + 1)


def unified_cgroups():
    """Return whether the host has cgroup v2 alone; hybrid hosts count as version 1."""
    return os.path.exists("/sys/fs/cgroup/cgroup.controllers")


def may_raise_limits():
    """Return whether this root may raise limits (CAP_SYS_RESOURCE, bit 24 of the effective capabilities)."""
    with open("/proc/self/status", encoding="ascii") as status:
        for line in status:
            if line.startswith("CapEff:"):
                return bool(int(line.split()[1], 16) >> 24 & 1)
    return False
