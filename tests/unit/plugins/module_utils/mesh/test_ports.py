# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0
"""Which ports are asked between which hosts."""

import pytest

from ansible_collections.kurl.ipv6.plugins.module_utils.mesh import ports

PLANE, WORKER = ["kube_control_plane"], ["kube_node"]
ANTREA = {"antrea_version": "2.4.1"}


def numbers(found):
    return {(port.protocol, port.number) for port in found}


@pytest.mark.parametrize(
    "source, target, expected",
    [
        (WORKER, WORKER, {("tcp", 10250)}),
        (WORKER, PLANE, {("tcp", 10250), ("tcp", 6443)}),
        (PLANE, WORKER, {("tcp", 10250)}),
        (PLANE, PLANE, {("tcp", 10250), ("tcp", 6443), ("tcp", 2379), ("tcp", 2380)}),
    ],
)
def test_without_a_plan_what_every_cluster_needs(source, target, expected):
    assert numbers(ports.between({}, source, target)) == expected


def test_a_host_without_roles_counts_as_a_control_plane_node():
    assert numbers(ports.between({}, [], [])) == numbers(ports.between({}, PLANE, PLANE))
    assert numbers(ports.listening({}, [])) == numbers(ports.listening({}, PLANE))


def test_encryption_decides_about_the_tunnel():
    assert ("udp", 6081) in numbers(ports.between(ANTREA, WORKER, WORKER))
    encrypted = numbers(ports.between(dict(ANTREA, antrea_encryption="wireguard"), WORKER, WORKER))
    assert ("udp", 51820) in encrypted and ("udp", 6081) not in encrypted


def test_antreas_agents_are_asked_by_control_planes_its_controller_by_all():
    assert ("tcp", 10350) not in numbers(ports.between(ANTREA, WORKER, WORKER))
    assert ("tcp", 10350) in numbers(ports.between(ANTREA, PLANE, WORKER))
    assert ("tcp", 10349) in numbers(ports.between(ANTREA, WORKER, WORKER))


def test_cephs_ports_are_asked_but_not_needed():
    found = ports.between({"rook_version": "1.12.8"}, WORKER, WORKER)
    ceph = {port.number: port.needed for port in found if port.number != 10250}
    assert ceph == {3300: False, 6789: False, 6800: False, 7300: False}


@pytest.mark.parametrize("target", [PLANE, WORKER, []])
@pytest.mark.parametrize("source", [PLANE, WORKER, []])
def test_what_is_asked_is_listened_on(source, target):
    for plan in ({}, ANTREA, dict(ANTREA, antrea_encryption="wireguard", rook_version="1.12.8")):
        assert numbers(ports.between(plan, source, target)) <= numbers(ports.listening(plan, target))
