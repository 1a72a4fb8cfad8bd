# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0
"""What the mesh proves of firewalls, and what it does not."""

import pytest

from ansible_collections.kurl.ipv6.plugins.module_utils.finding import finding
from ansible_collections.kurl.ipv6.plugins.module_utils.mesh import proof
from ansible_collections.kurl.ipv6.tests.unit.plugins.module_utils.mesh.test_judge import listening, mesh


def warning(identity, subject="n3", status="warn"):
    return finding(identity, subject, status, "title", observed="running", expected="x", remedy="y")


def test_whom_all_others_reach():
    assert proof.reached(mesh()) == {"n1": 3, "n2": 3, "n3": 3, "n4": 3}


@pytest.mark.parametrize("probe", ["tcp.10250", "udp.6081"])
@pytest.mark.parametrize("kind", ["silent", "refused", "untested"])
def test_one_port_that_one_host_does_not_reach_is_no_proof(probe, kind):
    found = mesh(changes={0: {"faults": {probe: {kind: [2]}}}})
    assert sorted(proof.reached(found)) == ["n1", "n2", "n4"]


def test_echo_does_not_count():
    assert "n3" in proof.reached(mesh(changes={0: {"faults": {"icmp": {"silent": [2]}}}}))


def test_a_host_that_took_no_part_leaves_everything_unproved():
    assert proof.reached(mesh(absent={"n5": "it could not be reached"})) == {}
    assert proof.reached(mesh(1)) == {}


def test_a_port_that_could_not_be_tested_is_no_proof():
    members = listening(3)
    members[1]["held"] = ["udp.6081"]
    members[1]["bound"] = [probe for probe in members[1]["bound"] if probe != "udp.6081"]
    assert sorted(proof.reached(mesh(3, members=members))) == ["n1", "n3"]


@pytest.mark.parametrize(
    "identity, status, becomes",
    [
        ("firewall.firewalld", "warn", "info"),
        ("firewall.ufw", "warn", "info"),
        ("firewall.policy", "warn", "info"),
        ("firewall.policy", "pass", "pass"),
        ("firewall.policy", "fail", "fail"),
        ("firewall.firewalld.forward", "warn", "warn"),
        ("firewall.policy.forward", "warn", "warn"),
        ("port.6443", "warn", "warn"),
    ],
)
def test_only_warnings_of_what_arrives_are_relaxed(identity, status, becomes):
    (entry,) = proof.relax([warning(identity, status=status)], {"n3": 3})
    assert entry["status"] == becomes
    assert (entry["observed"] == "running; but all 3 others reach it on every port of the plan") == (status != becomes)
    assert proof.relax([warning(identity, status=status)], {"n1": 3})[0]["status"] == status
