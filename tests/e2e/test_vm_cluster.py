# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0
"""A cluster whose workers have kernels of their own: a control plane in a container, two machines on the same link."""

import os

import pytest
from cluster import TOP, changed
from containers import settings
from machines import Machines

NAME, SUBNET = "e2e-mixed", "fd00:2b::/64"


@pytest.fixture(scope="module")
def lab(request):
    """One container node and two machines; the second one hears the lab's router."""
    inventory = os.path.join(TOP, "build", f"{NAME}-inventory.yml")
    os.makedirs(os.path.dirname(inventory), exist_ok=True)
    words = ["--network", "static,networkd", "--memory", 1536]
    nodes = Machines(NAME, SUBNET, inventory, settings.cache("mirror"), vms=2, words=words)
    assert nodes.down().code == 0
    result = nodes.up()
    assert result.code == 0, result.output
    yield nodes
    if not request.config.getoption("--keep-lab"):
        result = nodes.down()
        assert result.code == 0, result.output


def ready(lab):
    """Assert that verify passes, with all nodes in the cluster."""
    result = lab.verify()
    assert result.code == 0, result.output
    assert "READY" in result.output
    assert {item["metadata"]["name"] for item in lab.objects("nodes")} == set(lab.hosts())


def test_site_makes_the_cluster(lab):
    result = lab.site()
    assert result.code == 0, result.output
    if lab.network.external:
        result = lab.cluster_network()
        assert result.code == 0, result.output
    ready(lab)


def test_the_workers_have_kernels_of_their_own(lab):
    kernels = {item["metadata"]["name"]: item["status"]["nodeInfo"]["kernelVersion"] for item in lab.objects("nodes")}
    machines = lab.machines()
    assert len(machines) == 2
    assert {kernels.pop(node) for node in machines}.isdisjoint(kernels.values())


def test_the_second_run_changes_nothing(lab):
    result = lab.site()
    assert result.code == 0, result.output
    assert changed(result.output) == 0, result.output


def forwards(lab, node):
    """Assert that a machine has what site gave it, after a boot."""
    result = lab.ssh(node, "cat /proc/sys/net/ipv6/conf/all/forwarding /proc/sys/net/bridge/bridge-nf-call-ip6tables")
    assert result.output.split() == ["1", "1"]
    assert lab.ssh(node, "ip -6 route show default").output.strip()


def test_a_worker_reboots(lab):
    _first, second = lab.machines()
    lab.reboot(second)
    forwards(lab, second)
    ready(lab)


def test_a_worker_loses_its_power(lab):
    first, _second = lab.machines()
    lab.power_cycle(first)
    forwards(lab, first)
    ready(lab)
