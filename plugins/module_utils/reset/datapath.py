# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0
"""Deletes Open vSwitch's datapath from the kernel, with all its ports.

Antrea runs Open vSwitch in a container, so that a host has none of its programs; and the kernel keeps a datapath when
they end. ``ip link delete`` cannot delete it.

Sources: linux/openvswitch.h, linux/genetlink.h, netlink(7).
"""

import errno
import os
import struct

from ansible_collections.kurl.ipv6.plugins.module_utils.host import netlink
from ansible_collections.kurl.ipv6.plugins.module_utils.reset import ask

#: The device by which the kernel shows the datapath of Open vSwitch's kernel module.
NAME = "ovs-system"
FAMILY = "ovs_datapath"
_GENERIC = 16
_DELETE, _VERSION, _NAME = 2, 2, 1


def parse_family(data, name):
    """Return the number of a generic netlink family in the answer to CTRL_CMD_GETFAMILY, None if it is not there."""
    for kind, _flags, payload in netlink.split_messages(data):
        if kind != netlink.GENL_ID_CTRL:
            continue
        attributes = dict(netlink.split_attributes(payload[4:]))
        if attributes.get(2, b"").split(b"\0", 1)[0].decode("utf-8", "replace") == name:
            return struct.unpack("=H", attributes[1][:2])[0]
    return None


def request(family, name):
    """Return the message OVS_DP_CMD_DEL for a datapath.

    Arguments:
        family: number of the family ``ovs_datapath``.
        name: of the datapath.
    """
    # struct genlmsghdr, then struct ovs_header: index 0, the name says which datapath.
    return ask.message(family, struct.pack("=BBHi", _DELETE, _VERSION, 0, 0) + ask.text_attribute(_NAME, name))


def delete(name=NAME):
    """Delete a datapath; none of that name is no error.

    Raises:
        OSError: the kernel refuses.
    """
    family = parse_family(netlink.Netlink().families(), FAMILY)
    if family is None:
        return
    code = ask.send(_GENERIC, request(family, name))
    if code and code not in (errno.ENODEV, errno.ENOENT):
        raise OSError(code, os.strerror(code), name)
