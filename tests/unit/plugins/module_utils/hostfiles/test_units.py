# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0
"""Units are brought to the state that is asked for, and restarted when their files changed."""

from __future__ import absolute_import, division, print_function

__metaclass__ = type

import pytest

from ansible_collections.kurl.ipv6.plugins.module_utils.hostfiles import units


@pytest.mark.parametrize("started", [True, False])
@pytest.mark.parametrize("enabled", [True, False])
@pytest.mark.parametrize("active", [True, False])
@pytest.mark.parametrize("pending", [True, False])
def test_what_is_done_with_a_unit(started, enabled, active, pending):
    actions = units.plan({"name": "x", "started": started}, {"enabled": enabled, "active": active}, pending)
    assert ("enable" in actions) == (not enabled)
    assert ("restart" in actions) == (active and pending)
    assert ("start" in actions) == (not active and started)


@pytest.mark.parametrize(
    "text, expected",
    [
        ("ActiveState=active\nUnitFileState=enabled\n", {"enabled": True, "active": True}),
        ("ActiveState=activating\nUnitFileState=disabled\n", {"enabled": False, "active": True}),
        ("ActiveState=failed\nUnitFileState=enabled-runtime\n", {"enabled": True, "active": False}),
        ("ActiveState=inactive\nUnitFileState=\n", {"enabled": False, "active": False}),
        ("", {"enabled": False, "active": False}),
    ],
)
def test_the_state_of_a_unit(text, expected):
    calls = []
    assert units.read(lambda words: calls.append(words) or (0, text, ""), "x.service") == expected
    assert len(calls) == 1


def acted(actions, pending):
    """Return the commands that acting runs."""
    calls = []
    units.act(lambda words: calls.append(" ".join(words)) or (0, "", ""), "x.service", actions, pending)
    return calls


def test_units_are_read_anew_before_they_are_acted_on():
    assert acted(["enable", "start"], False) == [
        "systemctl daemon-reload",
        "systemctl enable x.service",
        "systemctl start x.service",
    ]
    assert acted([], False) == []
    # Somebody else starts the kubelet later; it must be the new unit then.
    assert acted([], True) == ["systemctl daemon-reload"]


def test_a_unit_that_fails_shows_the_end_of_its_journal():
    def run(words):
        if words[0] == "journalctl":
            return 0, "containerd: no such flag\n", ""
        return (1, "", "Job failed.\n") if words[1] == "start" else (0, "", "")

    with pytest.raises(units.UnitError) as raised:
        units.act(run, "containerd.service", ["enable", "start"], True)
    assert "systemctl start containerd.service failed: Job failed." in str(raised.value)
    assert "no such flag" in str(raised.value)
