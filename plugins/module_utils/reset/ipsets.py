# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0
"""Lists and deletes the kernel's IP sets without ``ipset``: what makes them runs in containers that bring their own, so
that a host may have sets and no program for them.

Sources: linux/netfilter/nfnetlink.h, linux/netfilter/ipset/ip_set.h, net/netfilter/ipset/ip_set_core.c.
"""

import errno
import os
import socket
import struct

from ansible_collections.kurl.ipv6.plugins.module_utils.host import netlink
from ansible_collections.kurl.ipv6.plugins.module_utils.reset import ask

#: Asking for sets loads the kernel's module for them; where it is not there, there are none.
MODULE = "/sys/module/ip_set"
_NETFILTER = 12
_SUBSYSTEM = 6
_DESTROY, _LIST = 3, 7
_PROTOCOL, _NAME, _FLAGS = 1, 2, 6
#: The oldest version of the protocol that kernels still take.
_VERSION = 6
_NAMES_ONLY = 0x2
_NETWORK_ORDER = 0x4000


def _kind(command):
    return _SUBSYSTEM << 8 | command


def _body(attributes):
    """Return struct nfgenmsg and the attributes that follow it, the version first."""
    version = struct.pack("=HHBxxx", 5, _PROTOCOL, _VERSION)
    return struct.pack("=BBH", socket.AF_INET, 0, 0) + version + attributes


def parse(data):
    """Return the names of the sets in the answer to IPSET_CMD_LIST."""
    found = []
    for kind, _flags, payload in netlink.split_messages(data):
        if kind >> 8 == _SUBSYSTEM:
            name = dict(netlink.split_attributes(payload[4:])).get(_NAME, b"")
            found.append(name.split(b"\0", 1)[0].decode("utf-8", "replace"))
    return found


def names():
    """Return the names of all sets.

    Raises:
        NetlinkError: the kernel refuses.
        OSError: no socket can be had.
    """
    if not os.path.isdir(MODULE):
        return []
    flags = struct.pack("=HH", 8, _FLAGS | _NETWORK_ORDER) + struct.pack("!I", _NAMES_ONLY)
    return parse(netlink.dump(_NETFILTER, _kind(_LIST), _body(flags)))


def request(name):
    """Return the message IPSET_CMD_DESTROY for a set."""
    return ask.message(_kind(_DESTROY), _body(ask.text_attribute(_NAME, name)))


def destroy(name):
    """Delete a set; none of that name is no error.

    Raises:
        OSError: the kernel refuses, for example because a rule refers to the set.
    """
    code = ask.send(_NETFILTER, request(name))
    # Messages of IP sets have error numbers of their own from 4096 on; one of these says that a rule refers to the set.
    if code and code != errno.ENOENT:
        said = os.strerror(code) if code < 4096 else "in use, or not a set (error {0} of IP sets)".format(code)
        raise OSError(code, said, name)
