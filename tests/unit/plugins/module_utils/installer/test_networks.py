# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0
"""Ranges and node masks, against kubeadm's rules as code of their own."""

import ipaddress

import pytest

from ansible_collections.kurl.ipv6.plugins.module_utils.installer import networks

MODERN = (1, 34)


@pytest.mark.parametrize(
    ("prefix", "mask"),
    [
        (32, 48),
        (40, 56),
        (48, 64),
        (52, 64),
        (56, 64),
        (57, 72),
        (60, 72),
        (64, 80),
        (100, 112),
        (112, 120),
        (118, 120),
    ],
)
def test_mask_of_a_new_kubernetes(prefix, mask):
    assert networks.node_mask(prefix, MODERN, 110) == mask


@pytest.mark.parametrize(("prefix", "mask"), [(48, 64), (56, 72), (64, 80), (104, 120), (108, 120), (112, 120)])
def test_mask_as_kubeadm_up_to_1_19_computes_it(prefix, mask):
    assert networks.node_mask(prefix, (1, 19), 110) == mask


@pytest.mark.parametrize("prefix", range(16, 121))
def test_masks_pass_kubeadm(prefix):
    """kubeadm from 1.20 on: the mask is not shorter than the prefix, and at most 16 bits longer."""
    mask = networks.node_mask(prefix, MODERN, 110)
    assert prefix <= mask <= prefix + 16
    assert 2 ** (128 - mask) >= 110 + networks.RESERVED


@pytest.mark.parametrize("max_pods", [1, 61, 62, 110, 253, 254, 500, 4000])
def test_masks_leave_room_for_pods(max_pods):
    mask = networks.node_mask(104, MODERN, max_pods)
    assert 2 ** (128 - mask) - networks.RESERVED >= max_pods


@pytest.mark.parametrize("prefix", [47, 65, 112])
def test_what_1_20_to_1_22_cannot_cut(prefix):
    with pytest.raises(networks.RangeError) as error:
        networks.node_mask(prefix, (1, 20), 110)
    assert error.value.rule == "spec.cidr.pods"


def test_dns_is_the_tenth_address():
    assert networks.cluster_dns(ipaddress.IPv6Network("fd00:c00b:2::/112")) == "fd00:c00b:2::a"


def test_room():
    room = networks.size(ipaddress.IPv6Network("fd00::/112"), 120)
    assert (room.nodes, room.pods) == (256, 253)
    assert networks.amount(256) == "256"
    assert networks.amount(2**64 - 3) == "about 2^64"


@pytest.mark.parametrize(
    "text", ["", "/", "a/b", "fd00::/", "/64", "fd00::/64/64", "fd00::/-1", "fd00::/ffff::", "１::/64"]
)
def test_text_that_is_no_range(text):
    with pytest.raises(networks.RangeError) as error:
        networks.parse(text, networks.POD_CIDR)
    assert error.value.rule == "spec.cidr.form"
    assert error.value.remedy
