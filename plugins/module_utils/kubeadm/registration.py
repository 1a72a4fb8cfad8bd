# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0
"""Waits until a host's kubelet has made itself known to the cluster, which kubeadm does not wait for."""

from __future__ import absolute_import, division, print_function

__metaclass__ = type

import re
import time

from ansible_collections.kurl.ipv6.plugins.module_utils.kubeadm import node
from ansible_collections.kurl.ipv6.plugins.module_utils.kubeadm.run import KubeadmError, hidden

#: How long a kubelet may take from its certificate to its Node object, in seconds; slow machines pull and start much.
PATIENCE = 90
#: What of a kubelet's journal tells why it ended: klog's errors and fatal errors, without their prefix.
_ERROR = re.compile(r"^[EF]\d{4} [\d:.]+\s+\d+ \S+\] (.*)$")
#: Errors that every kubelet writes while it starts.
_HARMLESS = re.compile(
    r"Unable to read config path|Failed to set rlimit|not found\"$|image filesystem|PLEG is not healthy"
)


def await_registered(run, kubectl, name, patience=PATIENCE, pause=time.sleep, clock=time.time):
    """Return once the Node object of a host is there.

    Arguments:
        run: function (words) -> (exit code, output, errors).
        kubectl: the program.
        name: of the node.
        patience: in seconds.
    Raises:
        KubeadmError: it did not come; the message holds the last errors of the kubelet.
    """
    words = [kubectl, "--kubeconfig", node.KUBELET_KUBECONFIG, "--request-timeout", "10s", "get", "node", name]
    deadline = clock() + patience
    while True:
        code, _out, err = run(words + ["--output", "name"])
        if code == 0:
            return
        if clock() > deadline:
            raise KubeadmError(message(name, patience, err, run))
        pause(1)


def message(name, patience, said, run):
    """Say what kept a node from registering."""
    _code, journal, _err = run(["journalctl", "--unit", "kubelet", "--no-pager", "--lines", "200", "--output", "cat"])
    causes = telling(journal) or [line.strip() for line in said.splitlines() if line.strip()][-1:]
    return (
        "the kubelet has not registered the node {0} within {1} s. Its last errors:\n{2}\n"
        "More: journalctl -u kubelet".format(name, patience, hidden("\n".join(causes)))
    )


def telling(journal, limit=4):
    """Return the last different errors of a kubelet's journal."""
    found = []
    for line in journal.splitlines():
        match = _ERROR.match(line)
        if match and not _HARMLESS.search(match.group(1)):
            if match.group(1) in found:
                found.remove(match.group(1))
            found.append(match.group(1))
    return found[-limit:]
