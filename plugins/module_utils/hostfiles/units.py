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


def act(run, name, actions, pending):
    """Do what was planned.

    Arguments:
        run: function (words) -> (exit code, output, errors).
        name: the unit.
        actions: what :func:`plan` returned.
        pending: whether its files changed; systemd reads them anew then even if there is nothing to start, because
            others may start it.
    Raises:
        UnitError: systemctl failed.
    """
    if actions or pending:
        _systemctl(run, name, ["daemon-reload"])
    for action in actions:
        _systemctl(run, name, [action, name])


def stop(run, name):
    """Stop and disable a unit; one that systemd does not know any more is no error."""
    code, out, err = run(["systemctl", "disable", "--now", name])
    if code != 0 and "does not exist" not in err and "not loaded" not in err:
        raise UnitError("systemctl disable --now {0} failed: {1}".format(name, (err or out).strip()))


def reload(run):
    """Let systemd read its files anew."""
    run(["systemctl", "daemon-reload"])


def _systemctl(run, name, words):
    code, out, err = run(["systemctl", *words])
    if code != 0:
        _code, journal, _err = run(["journalctl", "--unit", name, "--no-pager", "--lines", "15", "--output", "cat"])
        raise UnitError(
            "systemctl {0} failed: {1}. Its journal ends with:\n{2}".format(
                " ".join(words), (err or out).strip(), journal.strip()
            )
        )
