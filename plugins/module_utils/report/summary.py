# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0
"""Findings put in order: worst first, equal ones of several hosts together, with a verdict."""

from collections import namedtuple

from ansible_collections.kurl.ipv6.plugins.module_utils.finding import KEYS
from ansible_collections.kurl.ipv6.plugins.module_utils.report import text

#: How bad a status is, worst first.
ORDER = ("fail", "warn", "info", "skip", "pass")
#: One row: a finding without its subject, and the ``subjects`` it holds for.
Row = namedtuple("Row", "status id title observed expected remedy reference subjects")


def cleaned(findings):
    """Return findings whose fields are all text, bounded and without control characters; what is no finding is left
    out.
    """
    result = []
    for entry in findings:
        if not isinstance(entry, dict) or entry.get("status") not in ORDER:
            continue
        result.append({key: text.clean(entry.get(key, ""), newlines=key == "remedy") for key in KEYS})
    return result


def rows(findings):
    """Put findings together that differ in nothing but their subject.

    Arguments:
        findings: as :func:`cleaned` returns them.
    Returns:
        Rows, the worst first, within a status in the order in which their checks came.
    """
    groups = {}
    position = {}
    for entry in findings:
        position.setdefault(entry["id"], len(position))
        key = tuple(entry[field] for field in Row._fields[:-1])
        groups.setdefault(key, []).append(entry["subject"])
    made = [Row(*(key + (subjects,))) for key, subjects in groups.items()]
    return sorted(made, key=lambda row: (ORDER.index(row.status), position[row.id]))


def counts(findings):
    """Return ``{status: number}`` for all statuses."""
    numbers = dict.fromkeys(ORDER, 0)
    for entry in findings:
        numbers[entry["status"]] += 1
    return numbers


def _plural(number, word):
    return f"{number} {word}" if number == 1 else f"{number} {word}s"


def verdict(findings, hosts=0):
    """Return ``(ready, sentence)``.

    Arguments:
        findings: as :func:`cleaned` returns them.
        hosts: the number of hosts that were judged, 0 where hosts are not the subject.
    """
    numbers = counts(findings)
    where = " on {}".format(_plural(hosts, "host")) if hosts else ""
    tail = "{}, {} passed{}".format(_plural(numbers["warn"], "warning"), numbers["pass"], where)
    if numbers["fail"]:
        return False, "NOT READY: {}, {}".format(_plural(numbers["fail"], "failure"), tail)
    return True, f"READY: no failures, {tail}"
