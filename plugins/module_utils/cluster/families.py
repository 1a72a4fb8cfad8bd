# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0
"""Where IPv4 hides in objects of a cluster. Pure functions over what the API server returns."""

from __future__ import absolute_import, division, print_function

__metaclass__ = type

import ipaddress


def family(text):
    """Return 4 or 6 for an address or a range of addresses, or 0 for anything else."""
    try:
        return ipaddress.ip_network(str(text), strict=False).version
    except ValueError:
        return 0


def usable_v6(text):
    """Tell whether an address is IPv6 and can be a node's: not of one link only, not the loopback."""
    if family(text) != 6:
        return False
    address = ipaddress.IPv6Address(str(text))
    return not (address.is_link_local or address.is_loopback or address.is_unspecified or address.ipv4_mapped)


def node_addresses(node, kind):
    """Return a Node's addresses of one type, ``InternalIP`` or another."""
    found = (node.get("status") or {}).get("addresses") or []
    return [item.get("address", "") for item in found if item.get("type") == kind]


def internal_address(node):
    """Return a Node's first IPv6 InternalIP, or an empty string."""
    return next((item for item in node_addresses(node, "InternalIP") if usable_v6(item)), "")


def node_v4(node):
    """Return what is IPv4 in a Node object."""
    addresses = (node.get("status") or {}).get("addresses") or []
    spec = node.get("spec") or {}
    found = [item.get("address", "") for item in addresses]
    found += [spec.get("podCIDR") or ""] + list(spec.get("podCIDRs") or [])
    return sorted({item for item in found if family(item) == 4})


def service_v4(service):
    """Return what is IPv4 in a Service."""
    spec = service.get("spec") or {}
    ingress = ((service.get("status") or {}).get("loadBalancer") or {}).get("ingress") or []
    found = [spec.get("clusterIP") or ""] + list(spec.get("clusterIPs") or []) + list(spec.get("externalIPs") or [])
    found += [spec.get("loadBalancerIP") or ""] + [item.get("ip") or "" for item in ingress]
    found = sorted({item for item in found if family(item) == 4})
    return found or (["ipFamilies IPv4"] if "IPv4" in (spec.get("ipFamilies") or []) else [])


def slice_v4(endpoint_slice):
    """Return what is IPv4 in an EndpointSlice."""
    found = [address for item in endpoint_slice.get("endpoints") or [] for address in item.get("addresses") or []]
    found = sorted({item for item in found if family(item) == 4})
    return found or (["addressType IPv4"] if endpoint_slice.get("addressType") == "IPv4" else [])


def endpoints_v4(endpoints):
    """Return what is IPv4 in an Endpoints object."""
    found = []
    for subset in endpoints.get("subsets") or []:
        found += [
            item.get("ip") or "" for name in ("addresses", "notReadyAddresses") for item in subset.get(name) or []
        ]
    return sorted({item for item in found if family(item) == 4})


#: Kind -> what tells the IPv4 in it.
READERS = {"Service": service_v4, "EndpointSlice": slice_v4, "Endpoints": endpoints_v4}
