# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0
"""Which strategies keep the hosts of a play together."""

from types import SimpleNamespace

import pytest

from ansible_collections.kurl.ipv6.plugins.plugin_utils import lockstep


@pytest.mark.parametrize(
    "strategy, kept",
    [
        ("linear", True),
        ("ansible.builtin.linear", True),
        ("debug", True),
        (None, True),
        ("free", False),
        ("ansible.builtin.free", False),
        ("host_pinned", False),
    ],
)
def test_strategies(strategy, kept):
    task = SimpleNamespace(_parent=SimpleNamespace(_play=SimpleNamespace(strategy=strategy)))
    assert lockstep.kept(task) == kept


def test_a_task_without_a_play_is_kept():
    assert lockstep.kept(SimpleNamespace())
