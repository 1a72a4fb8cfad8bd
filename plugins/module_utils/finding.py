# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0
"""The one shape of every judgement: of a spec, of a host, of a way between two hosts, of a running cluster."""

#: From good to bad for a reader who wants to know what to do; ``skip`` was not judged.
STATUSES = ("pass", "info", "warn", "fail", "skip")
KEYS = ("id", "subject", "status", "title", "observed", "expected", "remedy", "reference")


def finding(id, subject, status, title, observed="", expected="", remedy="", reference=""):
    """Make a finding.

    Arguments:
        id: lower-case dotted name of what was judged, ``area.topic[.case]``, e.g. ``module.wireguard``. Stable: users
            silence by it.
        subject: whom it concerns: the host's name in the inventory, ``spec:<path>`` for a part of the spec,
            ``cluster``, ``node/<name>`` or
            ``pod/<namespace>/<name>`` for the cluster.
        status: ``pass``; ``info`` (nothing to do); ``warn`` (may break something); ``fail`` (stops an installation);
            ``skip`` (not judged).
        title: what was looked at, in a few words.
        observed: what was seen.
        expected: what was wanted.
        remedy: commands that can be pasted, one a line, and how to make their effect last.
        reference: the source of the rule.
    Returns:
        A map with exactly these keys, all text.
    Raises:
        ValueError: ``status`` is none of :data:`STATUSES`.
    """
    if status not in STATUSES:
        raise ValueError(f"a finding's status is one of {', '.join(STATUSES)}, not {status!r}")
    values = (id, subject, status, title, observed, expected, remedy, reference)
    return {key: str(value) for key, value in zip(KEYS, values)}
