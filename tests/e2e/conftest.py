# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0
"""The lab that the end-to-end tests share, and what they are told on the command line."""

import os
import subprocess
import sys

import pytest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(os.path.dirname(HERE), "lab")]

from cluster import TOP, Cluster  # noqa: E402
from containers import settings  # noqa: E402


def pytest_addoption(parser):
    """``--keep-lab`` leaves the nodes up after the tests, to look at them."""
    parser.addoption("--keep-lab", action="store_true", help="leave the nodes up after the tests")


def fresh(request, name, subnet, **options):
    """Yield a lab of fresh nodes, and remove it afterwards."""
    inventory = os.path.join(TOP, "build", f"{name}-inventory.yml")
    os.makedirs(os.path.dirname(inventory), exist_ok=True)
    nodes = Cluster(name, subnet, inventory, settings.cache("mirror"), **options)
    assert nodes.down().code == 0
    result = nodes.up()
    assert result.code == 0, result.output
    yield nodes
    if not request.config.getoption("--keep-lab"):
        result = nodes.down()
        assert result.code == 0, result.output


@pytest.fixture(scope="module")
def lab(request):
    """Three fresh nodes, one of them a control plane node."""
    yield from fresh(request, "e2e", "fd00:20::/64")


@pytest.fixture(scope="module")
def ha_lab(request):
    """Three fresh control plane nodes, and a spec that asks for the internal load balancer."""
    yield from fresh(request, "e2e-ha", "fd00:24::/64", control_planes=3, spec="ha.yml")


@pytest.fixture
def small_disk(tmp_path):
    """A file system of 20 MB, less than the smallest installation needs."""
    folder = tmp_path / "disk"
    folder.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=20m", "tmpfs", str(folder)], check=True)
    yield folder
    subprocess.run(["umount", str(folder)], check=True)
