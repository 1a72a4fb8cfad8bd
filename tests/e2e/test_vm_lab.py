# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0
"""The lab's virtual machines themselves: disks, an `up` that is killed and run again, a `down` that leaves nothing."""

import json
import os
import subprocess
import sys
import time

import pytest
from cluster import TOP
from containers import settings
from machines import Machines
from vm import machines, network

NAME, SUBNET = "e2e-vmlab", "fd00:2c::/64"


@pytest.fixture
def lab():
    """A lab of one machine with a disk, not up yet."""
    inventory = os.path.join(TOP, "build", f"{NAME}-inventory.yml")
    os.makedirs(os.path.dirname(inventory), exist_ok=True)
    words = ["--memory", 512, "--disks", 1, "--disk-size", 3]
    nodes = Machines(NAME, SUBNET, inventory, settings.cache("mirror"), 1, vms=1, words=words)
    assert nodes.down().code == 0
    yield nodes
    assert nodes.down().code == 0


def remains():
    """Return what there is of the lab on this host."""
    found = [link for link in os.listdir("/sys/class/net") if link == network.cable(NAME)]
    found += [
        name for name in (machines.folder(NAME), os.path.join(settings.HERE, ".state", NAME)) if os.path.exists(name)
    ]
    found += [network.namespace(NAME)] if network.exists(NAME) else []
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{pid}/cmdline", "rb") as file:
                words = file.read().split(b"\0")
        except OSError:
            continue
        if any(word.endswith(f"{NAME}-n1".encode()) for word in words):
            found.append(pid)
    return found


def test_an_up_that_is_killed_goes_on_and_nothing_is_left_after_down(lab):
    command = [sys.executable, os.path.join(TOP, "tests/lab/lab"), "--name", NAME, "--subnet", SUBNET]
    command += ["--inventory", lab.inventory, "up", "--nodes", "1", "--vms", "1", *lab.words]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as killed:
        end = time.monotonic() + 900
        while not any(machine["running"] for machine in machines.existing(NAME).values()):
            assert time.monotonic() < end and killed.poll() is None
            time.sleep(0.5)
        killed.kill()
    assert remains()
    result = lab.up()
    assert result.code == 0, result.output
    boot = lab.boot(f"{NAME}-n1")
    assert boot
    # Once more: nothing to do, the machine goes on running.
    assert lab.up().code == 0
    assert lab.boot(f"{NAME}-n1") == boot
    with open(lab.inventory, encoding="utf-8") as file:
        text = file.read()
    inventory = json.loads(text[text.index("{") :])
    (disk,) = inventory["all"]["children"]["kube_control_plane"]["hosts"][f"{NAME}-n1"]["lab_disks"]
    assert lab.ssh(f"{NAME}-n1", f"lsblk --bytes --noheadings --nodeps --output SIZE,TYPE {disk}").output.split() == [
        str(3 << 30),
        "disk",
    ]
    assert lab.down().code == 0
    assert remains() == []


def test_down_takes_away_what_a_killed_up_left(lab):
    command = [sys.executable, os.path.join(TOP, "tests/lab/lab"), "--name", NAME, "--subnet", SUBNET]
    command += ["--inventory", lab.inventory, "up", "--nodes", "1", "--vms", "1", "--network", "kernel", *lab.words]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as killed:
        end = time.monotonic() + 900
        while not network.router(NAME):
            assert time.monotonic() < end and killed.poll() is None
            time.sleep(0.1)
        killed.kill()
    assert remains()
    assert lab.down().code == 0
    assert remains() == []
    assert lab.down().code == 0
