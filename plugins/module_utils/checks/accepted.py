# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0
"""Findings that a site knows and accepts: shown as information, with the reason."""

from ansible_collections.kurl.ipv6.plugins.module_utils.finding import finding


def matches(accepted_id, finding_id):
    """Return whether an id, or the beginning of ids up to a dot, covers a finding's id."""
    return finding_id == accepted_id or finding_id.startswith(accepted_id.rstrip(".") + ".")


def usable(entries):
    """Return the entries that have an id and a reason, both text that says something."""
    if not isinstance(entries, list):
        return []
    return [
        entry
        for entry in entries
        if isinstance(entry, dict)
        and all(isinstance(entry.get(key), str) and entry[key].strip() for key in ("id", "reason"))
    ]


def accept(findings, entries):
    """Turn failures and warnings that are accepted into information.

    Arguments:
        findings: the findings of one subject.
        entries: ``[{"id", "reason"}]``.
    Returns:
        New findings; others are as they were.
    """
    result = []
    known = usable(entries)
    for entry in findings:
        reason = next((one["reason"] for one in known if matches(one["id"], entry["id"])), None)
        if reason is None or entry["status"] not in ("fail", "warn"):
            result.append(entry)
            continue
        was = {"fail": "failure", "warn": "warning"}[entry["status"]]
        result.append(dict(entry, status="info", observed=f"{entry['observed']} ({was} accepted: {reason.strip()})"))
    return result


def accept_all(findings, ignored, common):
    """Accept what each host accepts.

    Arguments:
        findings: findings of hosts, of the spec and of all hosts together.
        ignored: ``{host: entries}``.
        common: entries for what concerns no single host. Besides them those count there that every host has.
    Returns:
        The findings, and complaints about entries that cannot be used.
    """
    own = {host: usable(entries) for host, entries in ignored.items()}
    first = next(iter(own.values()), [])
    everywhere = usable(common) + [entry for entry in first if all(entry in entries for entries in own.values())]
    result = []
    for entry in findings:
        result += accept([entry], own.get(entry.get("subject"), everywhere))
    for host, entries in ignored.items():
        result += complaints(host, entries)
    return result


def complaints(subject, entries):
    """Return findings about entries that cannot be used: an acceptance without a reason is none."""
    given = entries if isinstance(entries, list) else [entries]
    wrong = len(given) - len(usable(given))
    if not wrong:
        return []
    return [
        finding(
            "preflight.ignore",
            subject,
            "warn",
            "accepted findings",
            observed="{} of preflight_ignore without an id or a reason".format(
                "1 entry" if wrong == 1 else f"{wrong} entries"
            ),
            expected="a list of {id, reason}",
            remedy="preflight_ignore: [{id: os.supported, reason: tested by ourselves}]   # in the inventory",
            reference="role kurl.ipv6.preflight",
        )
    ]
