# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0
"""The table on the terminal."""

import re
import textwrap

from ansible_collections.kurl.ipv6.plugins.module_utils.report import summary, text

SIGNS = {"fail": "FAIL", "warn": "WARN", "info": "info", "skip": "skip", "pass": "pass"}
STATUS_WIDTH = 4
GAP = "  "


def _wrapped(value, width):
    return textwrap.wrap(value, width, break_on_hyphens=False) or [""]


def _wrapped_id(value, width):
    """Break an id behind its dots and hyphens where it is too long for its column."""
    lines = [""]
    for part in re.findall(r"[^.-]+[.-]*|[.-]+", value):
        if lines[-1] and len(lines[-1]) + len(part) > width:
            lines.append("")
        lines[-1] += part
    return [piece for line in lines for piece in _wrapped(line, width)]


def render(findings, hosts=0, width=120, everything=False):
    """Draw the table, and below it what to do.

    Arguments:
        findings: as ``summary.cleaned`` returns them.
        hosts: the number of hosts that were judged.
        width: columns of the terminal.
        everything: show also what passed and what was skipped.
    Returns:
        ``[(status, line)]``; the status says in which colour to show the line, empty for none.
    """
    all_rows = summary.rows(findings)
    shown = [row for row in all_rows if everything or row.status in ("fail", "warn", "info")]
    lines = []
    if shown:
        lines.extend(_table(shown, hosts, width))
    hidden = summary.counts(findings)
    if not everything and (hidden["pass"] or hidden["skip"]):
        words = [f"{hidden['pass']} passed"] + ([f"{hidden['skip']} not needed"] if hidden["skip"] else [])
        lines.append(("pass", "{}{}{} (shown with -v)".format(SIGNS["pass"], GAP, ", ".join(words))))
    lines.extend(_remedies(all_rows, hosts))
    return lines


def _table(rows, hosts, width):
    check_width = min(max(len(row.id) for row in rows), max(width // 5, 18), 36)
    folded = [text.fold(row.subjects, hosts) for row in rows]
    host_width = min(max(len(word) for word in folded + ["HOSTS"]), max(width // 6, 12), 28)
    rest = max(width - STATUS_WIDTH - check_width - host_width - 3 * len(GAP), 30)

    def line(*cells):
        padded = [cell.ljust(size) for cell, size in zip(cells, (STATUS_WIDTH, check_width, host_width, rest))]
        return GAP.join(padded).rstrip()

    lines = [("", line("", "CHECK", "HOSTS", "OBSERVED")), ("", "-" * min(width, 160))]
    for row, names in zip(rows, folded):
        cells = (
            [SIGNS[row.status]],
            _wrapped_id(row.id, check_width),
            _wrapped(names, host_width),
            _wrapped("{}: {}".format(row.title, row.observed) if row.observed else row.title, rest),
        )
        for index in range(max(len(cell) for cell in cells)):
            lines.append((row.status, line(*(cell[index] if index < len(cell) else "" for cell in cells))))
    return lines


def _remedies(rows, hosts):
    """What to type for each failure and warning; the same remedy for several hosts once."""
    lines = []
    for row in rows:
        if row.status not in ("fail", "warn"):
            continue
        lines.append(("", ""))
        lines.append((row.status, "{} on {}: {}".format(row.id, text.fold(row.subjects, hosts), row.title)))
        if row.expected:
            lines.append(("", f"  expected: {row.expected}"))
        for command in row.remedy.split("\n") if row.remedy else []:
            lines.append(("", f"    {command}"))
    return lines
