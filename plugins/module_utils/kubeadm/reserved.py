# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0
"""What a node keeps back for Kubernetes, by its own size.

The shares are those of Google's Kubernetes Engine (its documentation of node sizes), which kURL takes over for
``kubernetes.kubeReserved``. kURL works them out on the first node for all; here every node has its own.
"""

from __future__ import absolute_import, division, print_function

__metaclass__ = type

_MEBIBYTE = 1 << 20

# (upper end of a step in MiB, share of it in percent)
_MEMORY_STEPS = ((4096, 25), (8192, 20), (16384, 10), (131072, 6), (None, 2))
_SMALL_MEMORY = (1024, 255)
# (upper end of a step in cores, millicores kept of each core in it)
_CPU_STEPS = ((1, 60.0), (2, 10.0), (4, 5.0), (None, 2.5))
_EPHEMERAL_STORAGE = "1Gi"


def _climb(size, steps, weight):
    """Add up what each step keeps of the part of a size that lies in it."""
    kept, lower = 0.0, 0
    for upper, share in steps:
        top = size if upper is None else min(size, upper)
        if top <= lower:
            break
        kept += (top - lower) * share * weight
        lower = top
    return kept


def memory(total):
    """Return the mebibytes that are kept of a node's memory, given in bytes."""
    mebibytes = total // _MEBIBYTE
    if mebibytes <= _SMALL_MEMORY[0]:
        return _SMALL_MEMORY[1]
    return int(_climb(mebibytes, _MEMORY_STEPS, 0.01))


def cpu(cores):
    """Return the millicores that are kept of a node's cores."""
    return int(_climb(cores, _CPU_STEPS, 1))


def argument(cores, total):
    """Return the value of the kubelet's ``--kube-reserved``.

    Arguments:
        cores: number of the node's cores.
        total: its memory in bytes.
    """
    return "cpu={0}m,ephemeral-storage={1},memory={2}Mi".format(cpu(cores), _EPHEMERAL_STORAGE, memory(total))
