# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0
"""What nodes that stay keep about a node that has left. Pure: texts in, texts out."""

import re

from ansible_collections.kurl.ipv6.plugins.module_utils.hostsetup import hosts
from ansible_collections.kurl.ipv6.plugins.module_utils.removal.judge import normal

#: The load balancer's configuration, as the role ``load_balancer`` installs it.
ITEM = "load-balancer-config"
PATH = "/etc/kurl-ipv6/haproxy.cfg"
UNIT = "kurl-ipv6-load-balancer.service"
_SERVER = re.compile(r"^\s*server\s+(\S+)\s+\[([^\]]+)\]:\d+")


def without_backends(text, names, addresses):
    """Return a configuration of the load balancer without the servers of nodes.

    Arguments:
        text: the configuration.
        names: of the hosts in the inventory, by which the servers are called.
        addresses: of the hosts.
    """
    gone = {normal(address) for address in addresses}
    lines = []
    for line in text.splitlines(True):
        found = _SERVER.match(line)
        if not found or not (found.group(1) in names or normal(found.group(2)) in gone):
            lines.append(line)
    return "".join(lines)


def without_names(text, names, addresses):
    """Return the text of /etc/hosts without nodes in the collection's block; all other lines stay."""
    gone = {normal(address) for address in addresses}
    _before, block, _after = hosts.split(text)
    known = hosts.known(block)
    left = {name: address for name, address in known.items() if name not in names and normal(address) not in gone}
    return text if left == known else hosts.updated(text, left)
