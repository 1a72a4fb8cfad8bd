# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0
"""Brings systemd units to the state that is asked for, and restarts those whose files have changed."""

from __future__ import absolute_import, division, print_function

__metaclass__ = type


class UnitError(Exception):
    """A unit did not come up; the message holds the end of its journal."""


def plan(unit, state, pending):
    """Return what has to be done with a unit.

    Arguments:
        unit: ``{"name", "started"}``; every unit is enabled.
        state: ``{"enabled": bool, "active": bool}`` as it is now.
        pending: whether its files changed since it was started last.
    Returns:
        A list of ``enable``, ``start`` and ``restart``.
    """
    actions = []
    if not state["enabled"]:
        actions.append("enable")
    if state["active"]:
        if pending:
            actions.append("restart")
    elif unit["started"]:
        actions.append("start")
    return actions


def read(run, name):
    """Return whether a unit is enabled and active; ``run(words)`` returns (code, out, err)."""
    _code, text, _err = run(["systemctl", "show", "--property=ActiveState,UnitFileState", name])
    values = dict(line.split("=", 1) for line in text.splitlines() if "=" in line)
    return {
        "enabled": values.get("UnitFileState") in ("enabled", "enabled-runtime"),
        "active": values.get("ActiveState") in ("active", "activating", "reloading"),
    }


def act(run, name, actions):
    """Do what was planned.

    Raises:
        UnitError: systemctl failed.
    """
    if actions:
        _systemctl(run, name, ["daemon-reload"])
    for action in actions:
        _systemctl(run, name, [action, name])


def _systemctl(run, name, words):
    code, out, err = run(["systemctl", *words])
    if code != 0:
        _code, journal, _err = run(["journalctl", "--unit", name, "--no-pager", "--lines", "15", "--output", "cat"])
        raise UnitError(
            "systemctl {0} failed: {1}. Its journal ends with:\n{2}".format(" ".join(words), (err or out).strip(), journal.strip())
        )
