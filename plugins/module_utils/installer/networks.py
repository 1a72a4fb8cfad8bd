# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0
"""The cluster's ranges: what may be one, how the pods' range is cut into the nodes' ranges, and what fits in.

Sources: kubeadm's validation (kubernetes#95723: from 1.20 on the pod range is checked against the nodes' mask) and
its flags (kubernetes#104770: from 1.23 on it reads ``node-cidr-mask-size-ipv6``); RFC 4291, RFC 4193.
"""

import ipaddress
from collections import namedtuple

SERVICE_CIDR = "fd00:c00b:2::/112"
POD_CIDR = "fd00:c00b:1::/56"
#: kURL's own default, which kubeadm cuts by itself up to Kubernetes 1.19.
OLD_POD_CIDR = "fd00:c00b:1::/112"
#: Most bits between the pods' prefix and a node's: kube-controller-manager keeps a map of all ranges.
MOST_BITS = 16
#: Addresses of a node's range that no pod can get: the subnet-router anycast address, the gateway and one in reserve.
RESERVED = 3

Network = namedtuple("Network", "cidr nodes pods node_mask")

_NO_RANGES = (
    ("ff00::/8", "multicast"),
    ("fe80::/10", "link-local"),
    ("fec0::/10", "site-local, which RFC 3879 withdrew"),
    ("::ffff:0:0/96", "IPv4 in IPv6 clothes"),
    ("::/8", "reserved"),
    ("64:ff9b::/96", "NAT64's"),
    ("64:ff9b:1::/48", "NAT64's"),
    ("2001:db8::/32", "for documentation"),
    ("2002::/16", "6to4's"),
    ("2001::/32", "Teredo's"),
)
_NO_RANGES = tuple((ipaddress.IPv6Network(cidr), kind) for cidr, kind in _NO_RANGES)


class RangeError(Exception):
    """Text that is no usable range. ``rule`` is the id of the rule that it breaks."""

    def __init__(self, rule, observed, expected, remedy):
        super().__init__(observed)
        self.rule = rule
        self.expected = expected
        self.remedy = remedy


def parse(text, example):
    """Return a range as ``IPv6Network``.

    Arguments:
        text: what the spec says.
        example: a range for the remedy.
    Raises:
        RangeError: it is none, not IPv6, or of a kind that cannot be used.
    """
    words = text.strip()
    if "/" not in words:
        raise RangeError("spec.cidr.form", f"{text} has no prefix length", "a range such as " + example, example)
    address, _slash, length = words.rpartition("/")
    if "%" in address:
        raise RangeError("spec.cidr.form", f"{text} has a zone", "a range without a zone", example)
    try:
        network = ipaddress.ip_network(words, strict=False)
    except ValueError:
        raise RangeError("spec.cidr.form", f"{text} is no range", "a range such as " + example, example) from None
    if network.version != 6:
        raise RangeError(
            "spec.cidr.family", f"{text} is an IPv4 range", "an IPv6 range: there is no dual stack", example
        )
    if not length.isdigit():
        raise RangeError("spec.cidr.form", f"{text} has a mask instead of a prefix length", "a range", example)
    if ipaddress.IPv6Address(address) != network.network_address:
        raise RangeError(
            "spec.cidr.form",
            f"{text} has bits behind the prefix",
            f"the range itself, {network}",
            str(network),
        )
    for forbidden, kind in _NO_RANGES:
        if network.subnet_of(forbidden) or forbidden.subnet_of(network):
            raise RangeError(
                "spec.cidr.kind",
                (
                    f"{text} is {kind}"
                    if network.subnet_of(forbidden)
                    else f"{text} contains {forbidden}, which is {kind}"
                ),
                "a unique-local range out of fd00::/8, or a global one that is yours",
                example,
            )
    return network


def node_mask(prefix, kubernetes, max_pods):
    """Return the prefix length of a node's range.

    Arguments:
        prefix: length of the pods' prefix.
        kubernetes: minor of Kubernetes as numbers, ``(1, 34)``.
        max_pods: pods a node is to carry.
    Raises:
        RangeError: the range cannot be cut by this Kubernetes, or has no room for the pods of one node.
    """
    if kubernetes <= (1, 19):
        mask = _computed_by_kubeadm(prefix)
    elif kubernetes < (1, 23):
        # The flag for another mask changed from release to release here; kubeadm's default needs none.
        if not 48 <= prefix <= 64:
            raise RangeError(
                "spec.cidr.pods",
                f"/{prefix} with Kubernetes {kubernetes[0]}.{kubernetes[1]}, which cuts /64 ranges for nodes",
                "a pod range from /48 to /64, or Kubernetes 1.23 or newer",
                f"podCIDR: {POD_CIDR}",
            )
        mask = 64
    elif 48 <= prefix <= 56:
        mask = 64
    else:
        mask = max(prefix, min((prefix + MOST_BITS) // 8 * 8, 120))
        mask = max(prefix, min(mask, 128 - bits_for(max_pods)))
    room = max(2 ** (128 - mask) - RESERVED, 0)
    if mask < prefix or room < max_pods:
        raise RangeError(
            "spec.cidr.max-pods",
            f"{max_pods} pods on a node, whose /{mask} out of /{prefix} has {room} addresses",
            "a shorter prefix, or fewer pods on a node",
            f"podCIDR: {POD_CIDR if kubernetes > (1, 19) else OLD_POD_CIDR}",
        )
    return mask


def bits_for(max_pods):
    """Return the host bits that a node's range needs."""
    return (max_pods + RESERVED - 1).bit_length()


def _computed_by_kubeadm(prefix):
    """Return the mask as kubeadm up to 1.19 computes it (cmd/kubeadm/app/phases/controlplane/manifests.go)."""
    if prefix == 112:
        return 120
    if prefix < 112:
        return 128 - ((128 - prefix - 1) // 8 - 1) * 8
    return prefix


def size(network, mask):
    """Return a pods' range as :class:`Network`, with how many nodes and pods a node it has room for."""
    return Network(str(network), 2 ** (mask - network.prefixlen), 2 ** (128 - mask) - RESERVED, mask)


def cluster_dns(network):
    """Return the tenth address of the services' range, where kubeadm puts the cluster's resolver."""
    return str(network[10])


def amount(number):
    """Return a number for a reader: powers of two that nobody counts are written as such."""
    if number < 2**21:
        return f"{number:,}".replace(",", " ")
    return f"about 2^{(number + RESERVED).bit_length() - 1}"
