# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0
"""Restarts static pods of the control plane and the kubelet, and remembers which restarts a killed run still owes."""

from __future__ import absolute_import, division, print_function

__metaclass__ = type

import json
import os
import time

from ansible_collections.kurl.ipv6.plugins.module_utils import whole_file
from ansible_collections.kurl.ipv6.plugins.module_utils.kubeadm import certificates, node
from ansible_collections.kurl.ipv6.plugins.module_utils.kubeadm.run import KubeadmError, hidden

NOTE = "/var/lib/kurl-ipv6/restarts.json"
KUBELET = "kubelet"
#: In this order: each needs those before it.
ORDER = certificates.PARTS + (KUBELET,)
_CTR = ["/usr/local/bin/ctr", "--namespace", "k8s.io"]
#: How long a part may take to come back, in seconds; the kubelet waits longer from restart to restart.
PATIENCE = 180
#: How long a part may take to stop, in seconds.
STOPPING = 40
#: For how long containerd is asked again when it gives no list, in seconds.
LISTING = 30


def owed(read=node.read_text):
    """Return the parts that are to be restarted, in their order."""
    try:
        noted = json.loads(read(NOTE) or "[]")
    except ValueError:
        noted = []
    return [part for part in ORDER if part in noted]


def owe(parts):
    """Note restarts before their cause is changed, so that the next run makes up for one that was killed."""
    wanted = set(parts) | set(owed())
    both = [part for part in ORDER if part in wanted]
    if both and both != owed():
        whole_file.write_json(NOTE, both)


def settle(part):
    """Forget a restart: it is done."""
    left = [one for one in owed() if one != part]
    if left:
        whole_file.write_json(NOTE, left)
    elif os.path.exists(NOTE):
        os.unlink(NOTE)


class Parts:
    """The parts of Kubernetes on this host.

    Arguments:
        run: function (words) -> (exit code, output, errors).
        address: of the API server on this host, without brackets.
        pause: function (seconds).
        clock: function () -> seconds as they pass.
    """

    def __init__(self, run, address, pause=time.sleep, clock=time.time):
        self._run = run
        self._address = address
        self._pause = pause
        self._clock = clock

    def restart_owed(self):
        """Restart what is owed, one part after the other, and return what was restarted. Raises KubeadmError."""
        done = []
        for part in owed():
            if part == KUBELET:
                done += self.restart_kubelet()
                continue
            self._restart_static(part)
            settle(part)
            done.append(part)
        return done

    def restart_kubelet(self):
        """Restart the kubelet, which was owed, and return what was restarted. Raises KubeadmError."""
        self._checked(["systemctl", "restart", "kubelet.service"])
        settle(KUBELET)
        return [KUBELET]

    def _restart_static(self, part):
        """End a static pod's container; the kubelet starts it again, and it reads its files anew."""
        before = self._running(part)
        for container in before:
            self._run(_CTR + ["tasks", "kill", "--signal", "SIGTERM", container])
        started = self._clock()
        killed = False
        while not set(self._running(part)) - set(before):
            waited = self._clock() - started
            if waited > STOPPING and not killed:
                killed = True
                for container in set(before) & set(self._running(part)):
                    self._run(_CTR + ["tasks", "kill", "--signal", "SIGKILL", container])
            if waited > PATIENCE:
                raise KubeadmError(
                    "{0} did not come back within {1} s after its restart. Its log: ls -t /var/log/pods/kube-system_"
                    "{0}-*/*/*.log. More: journalctl -u kubelet".format(part, PATIENCE)
                )
            self._pause(1)
        if part in ("etcd", "kube-apiserver"):
            self.await_ready(part)

    def await_ready(self, part):
        """Wait until the API server of this host is ready, which it is only with its etcd. Raises KubeadmError."""
        deadline = self._clock() + PATIENCE
        words = ["/usr/local/bin/kubectl", "--kubeconfig", node.ADMIN, "--request-timeout", "10s"]
        words += ["--server", "https://[{0}]:6443".format(self._address), "get", "--raw", "/readyz"]
        while True:
            code, out, err = self._run(words)
            if code == 0:
                return
            if self._clock() > deadline:
                said = [line.strip() for line in (err or out).splitlines() if line.strip()][-1:]
                raise KubeadmError(
                    "the API server of this node is not ready {0} s after the restart of {1}: {2}".format(
                        PATIENCE, part, hidden(" ".join(said)) or "no answer"
                    )
                )
            self._pause(1)

    def _running(self, part):
        """Return the ids of a part's running containers. Raises KubeadmError."""
        label = 'labels."io.kubernetes.container.name"=={0}'.format(part)
        wanted = set(self._listed(["containers", "list", "--quiet", label]).split())
        rows = [line.split() for line in self._listed(["tasks", "list"]).splitlines()]
        return [row[0] for row in rows if len(row) == 3 and row[0] in wanted and row[2] == "RUNNING"]

    def _listed(self, words):
        """Return what a list of containerd says. It fails when a container goes while it is made: no list is not an
        empty one, which would pass for a part that has ended. Raises KubeadmError.
        """
        deadline = self._clock() + LISTING
        while True:
            code, out, err = self._run(_CTR + words)
            if code == 0:
                return out
            if self._clock() > deadline:
                raise KubeadmError("ctr {0} failed: {1}".format(" ".join(words[:2]), hidden((err or out).strip())))
            self._pause(1)

    def _checked(self, words):
        code, out, err = self._run(words)
        if code != 0:
            raise KubeadmError("{0} failed: {1}".format(" ".join(words), hidden((err or out).strip())))
