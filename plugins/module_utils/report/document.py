# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0
"""A report as plain data: what ``<title>.json`` holds, and what the page and the JUnit file are drawn from."""

from ansible_collections.kurl.ipv6.plugins.module_utils.report import summary, text

#: Findings of one subject that a file takes, the worst first. A host has some sixty.
PER_SUBJECT = 500
#: Findings that a file takes in all, the worst first.
FINDINGS = 200000
#: Characters of all findings together. Beyond, long fields are cut shorter, step by step.
CHARACTERS = 48 * 1000 * 1000
SHORTER = (1000, 300, 80, 20)
#: Longest name of a host.
NAME_LIMIT = 200


def _bounded(findings):
    """Return findings that fit into a file, the worst first, and the number of those that are left out."""
    ordered = sorted(findings, key=lambda entry: summary.ORDER.index(entry["status"]))
    taken = {}
    kept = []
    for entry in ordered:
        number = taken[entry["subject"]] = taken.get(entry["subject"], 0) + 1
        if number <= PER_SUBJECT and len(kept) < FINDINGS:
            kept.append(entry)
    for limit in SHORTER:
        if sum(len(value) for entry in kept for value in entry.values()) <= CHARACTERS:
            break
        kept = [
            {key: value if len(value) <= limit else value[:limit] + " ..." for key, value in entry.items()}
            for entry in kept
        ]
    return kept, len(findings) - len(kept)


def _hosts(hosts):
    """Return ``{name: {"node_ip", "reason"}}`` with clean texts."""
    return {
        text.clean(name, limit=NAME_LIMIT): {
            "node_ip": text.clean(entry.get("node_ip") or "", limit=NAME_LIMIT),
            "reason": text.clean(entry.get("reason") or ""),
        }
        for name, entry in hosts.items()
    }


def _mesh(mesh):
    """Return the mesh with clean names and known statuses only; None if it says nothing."""
    if not isinstance(mesh, dict) or not isinstance(mesh.get("pairs"), dict):
        return None
    hosts = mesh.get("hosts") if isinstance(mesh.get("hosts"), list) else []
    known = {str(name): text.clean(name, limit=NAME_LIMIT) for name in hosts}
    pairs = {}
    for source, targets in mesh["pairs"].items():
        if str(source) not in known or not isinstance(targets, dict):
            continue
        row = {
            known[str(target)]: status
            for target, status in targets.items()
            if str(target) in known and status in summary.ORDER and target != source
        }
        if row:
            pairs[known[str(source)]] = row
    return {"hosts": list(known.values()), "pairs": pairs} if pairs else None


def addresses(facts):
    """Return the hosts as :func:`build` takes them, from ``{name: the facts that the host sent}``."""
    return {
        name: {"node_ip": entry.get("node_ip"), "reason": entry.get("node_ip_reason")} for name, entry in facts.items()
    }


def build(title, findings, hosts, time, mesh=None):
    """Make the report.

    Arguments:
        title: what is reported: ``preflight``, ``verify``.
        findings: as ``summary.cleaned`` returns them.
        hosts: ``{name: {"node_ip": address, "reason": why this one}}`` of the hosts that were judged, both empty for
            a host that could not be read; empty where hosts are not the subject.
        time: when it was made, UTC, ISO 8601 with seconds and ``Z``.
        mesh: how every host reaches every other: ``{"hosts": [names, in the order to draw], "pairs": {source:
            {target: status}}}``, the statuses those of findings: ``pass`` all ways are open, ``warn``, ``fail``,
            ``info``, ``skip`` not measured. Pairs may be missing. None if nothing was measured.
    Returns:
        A map that JSON can hold, all texts clean and bounded: ``title``, ``time``, ``ready``, ``verdict`` (a
        sentence), ``counts`` (of all findings, by status), ``findings`` (worst first, each with ``host``, the
        finding's subject), ``hosts``; ``mesh`` if there is one; ``omitted``, the number of findings that were left
        out, if there are too many.
    """
    ready, sentence = summary.verdict(findings, len(hosts))
    kept, omitted = _bounded(findings)
    report = {
        "title": text.clean(title, limit=NAME_LIMIT),
        "time": time,
        "ready": ready,
        "verdict": sentence,
        "counts": summary.counts(findings),
        "findings": [
            dict([("host", entry["subject"])] + [(key, value) for key, value in entry.items() if key != "subject"])
            for entry in kept
        ],
        "hosts": _hosts(hosts),
    }
    drawn = _mesh(mesh)
    if drawn:
        report["mesh"] = drawn
    if omitted:
        report["omitted"] = omitted
    return report
