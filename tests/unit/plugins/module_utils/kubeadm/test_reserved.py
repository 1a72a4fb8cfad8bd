# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0

from __future__ import absolute_import, division, print_function

__metaclass__ = type

import pytest

from ansible_collections.kurl.ipv6.plugins.module_utils.kubeadm import reserved


@pytest.mark.parametrize(
    "mebibytes, kept",
    # Worked out by hand from the shares: 25 % of 4096, 20 % of the next 4096, 10 % of 8192, 6 % of 114688, 2 % beyond.
    [(512, 255), (1024, 255), (2048, 512), (4096, 1024), (8192, 1843), (16384, 2662), (131072, 9543), (141072, 9743)],
)
def test_memory(mebibytes, kept):
    assert reserved.memory(mebibytes << 20) == kept


@pytest.mark.parametrize("cores, kept", [(1, 60), (2, 70), (3, 75), (4, 80), (8, 90), (64, 230)])
def test_cpu(cores, kept):
    assert reserved.cpu(cores) == kept


def test_a_larger_node_never_keeps_less():
    sizes = [reserved.memory(mebibytes << 20) for mebibytes in range(1100, 200000, 777)]
    assert sizes == sorted(sizes)
