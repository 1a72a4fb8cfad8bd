# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0
"""A lab some or all of whose nodes are virtual machines."""

import time

from cluster import Cluster
from vm import machines, network

#: Seconds for a machine to come back from a reboot that it was told to do.
REBOOT_SECONDS = 300


class Machines(Cluster):
    """A lab with virtual machines.

    Arguments:
        vms: how many nodes, the last ones, are machines.
        words: more words for `lab up`.
        more: what Cluster takes.
    """

    def __init__(self, *arguments, vms, words=(), **more):
        super().__init__(*arguments, **more)
        self.vms = vms
        self.words = [str(word) for word in words]

    def up(self):
        """Bring the nodes up."""
        words = ["--nodes", str(self.nodes), "--control-planes", str(self.control_planes), "--vms", str(self.vms)]
        return self.lab("up", *words, *self.words)

    def machines(self):
        """Return the names of the nodes that are machines."""
        return list(machines.existing(self.name))

    def boot(self, node):
        """Return the id of a node's boot, empty while it cannot be reached."""
        result = self.ssh(node, "cat /proc/sys/kernel/random/boot_id")
        return result.output.strip() if result.code == 0 else ""

    def reboot(self, *nodes):
        """Tell machines to reboot, and wait until they have."""
        before = {node: self.boot(node) for node in nodes}
        for node in nodes:
            # The connection may go before the command has ended.
            self.ssh(node, "systemd-run --quiet --on-active=1 systemctl reboot")
        end = time.monotonic() + REBOOT_SECONDS
        waiting = set(nodes)
        while waiting:
            assert time.monotonic() < end, f"{', '.join(sorted(waiting))} did not come back"
            time.sleep(2)
            waiting = {node for node in waiting if self.boot(node) in ("", before[node])}
        for node in nodes:
            while self.ssh(node, "systemctl is-active multi-user.target").code:
                assert time.monotonic() < end, f"{node} did not come up"
                time.sleep(1)

    def power_cycle(self, node):
        """Take the power of a machine away, give it back, and wait until the machine is up."""
        machines.stop(self.name, node)
        machines.start(self.name, node)
        end = time.monotonic() + REBOOT_SECONDS
        while self.ssh(node, "systemctl is-active multi-user.target").code:
            assert time.monotonic() < end, f"{node} did not come up"
            time.sleep(1)

    def router(self, on):
        """Start the lab's router again, or silence it as a power failure would: without its last words."""
        if on:
            with open(network.configuration_path(self.name), encoding="ascii") as file:
                network.start_router(self.name, file.read())
        else:
            network.end(self.name, [network.router(self.name)])
