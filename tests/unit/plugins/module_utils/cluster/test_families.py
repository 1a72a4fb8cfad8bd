# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0
"""IPv4 is found wherever an object can hold it."""

from __future__ import absolute_import, division, print_function

__metaclass__ = type

import pytest

from ansible_collections.kurl.ipv6.plugins.module_utils.cluster import families


@pytest.mark.parametrize(
    "text, version",
    [
        ("fd00::1", 6),
        ("fd00::/64", 6),
        ("fd00::1/64", 6),
        ("10.0.0.1", 4),
        ("10.0.0.0/8", 4),
        ("None", 0),
        ("", 0),
        (None, 0),
        ("node.example.com", 0),
    ],
)
def test_family(text, version):
    assert families.family(text) == version


@pytest.mark.parametrize(
    "text, usable",
    [
        ("fd00::1", True),
        ("2001:db8::1", True),
        ("fe80::1", False),
        ("::1", False),
        ("::", False),
        ("::ffff:10.0.0.1", False),
        ("10.0.0.1", False),
        ("n1", False),
    ],
)
def test_addresses_that_a_node_can_have(text, usable):
    assert families.usable_v6(text) is usable


def node(*addresses, **spec):
    pairs = [{"type": kind, "address": address} for kind, address in addresses]
    return {"kind": "Node", "metadata": {"name": "n1"}, "spec": spec, "status": {"addresses": pairs}}


def test_addresses_of_nodes():
    given = node(("InternalIP", "10.0.0.1"), ("InternalIP", "fd00::1"), ("Hostname", "n1"), podCIDR="10.1.0.0/24")
    assert families.internal_address(given) == "fd00::1"
    assert families.node_v4(given) == ["10.0.0.1", "10.1.0.0/24"]
    assert families.internal_address(node(("InternalIP", "fe80::1"))) == ""
    assert families.node_v4(node(("InternalIP", "fd00::1"), ("Hostname", "n1"), podCIDRs=["fd01::/64"])) == []
    assert families.node_v4({"metadata": {"name": "n1"}}) == []


@pytest.mark.parametrize(
    "spec, status, found",
    [
        ({"clusterIP": "fd00::1", "clusterIPs": ["fd00::1"], "ipFamilies": ["IPv6"]}, {}, []),
        ({"clusterIP": "None", "clusterIPs": ["None"], "ipFamilies": ["IPv6"]}, {}, []),
        ({"type": "ExternalName", "externalName": "example.com"}, {}, []),
        ({"clusterIP": "10.0.0.1", "clusterIPs": ["10.0.0.1"]}, {}, ["10.0.0.1"]),
        ({"clusterIP": "fd00::1", "clusterIPs": ["fd00::1", "10.0.0.1"]}, {}, ["10.0.0.1"]),
        ({"clusterIP": "None", "ipFamilies": ["IPv6", "IPv4"]}, {}, ["ipFamilies IPv4"]),
        ({"clusterIP": "fd00::1", "externalIPs": ["192.0.2.1"]}, {}, ["192.0.2.1"]),
        ({"clusterIP": "fd00::1"}, {"loadBalancer": {"ingress": [{"ip": "192.0.2.1"}]}}, ["192.0.2.1"]),
        ({"clusterIP": "fd00::1"}, {"loadBalancer": {"ingress": [{"hostname": "a"}]}}, []),
        ({"clusterIP": "fd00::1"}, {"loadBalancer": {}}, []),
    ],
)
def test_services(spec, status, found):
    assert families.service_v4({"spec": spec, "status": status}) == found


def test_endpoint_slices():
    assert families.slice_v4({"addressType": "IPv6", "endpoints": [{"addresses": ["fd00::1"]}]}) == []
    assert families.slice_v4({"addressType": "IPv6", "endpoints": None}) == []
    assert families.slice_v4({"addressType": "IPv4", "endpoints": [{"addresses": ["10.0.0.1"]}]}) == ["10.0.0.1"]
    assert families.slice_v4({"addressType": "IPv4", "endpoints": []}) == ["addressType IPv4"]


def test_endpoints():
    ready = {"addresses": [{"ip": "fd00::1"}]}
    assert families.endpoints_v4({"subsets": [ready]}) == []
    assert families.endpoints_v4({}) == []
    assert families.endpoints_v4({"subsets": [ready, {"notReadyAddresses": [{"ip": "10.0.0.1"}]}]}) == ["10.0.0.1"]
