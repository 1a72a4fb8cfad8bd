# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0
"""A site's own checks: JMESPath queries over the facts of every host. Runs on the controller."""

import json

from ansible_collections.kurl.ipv6.plugins.module_utils.finding import finding

try:
    import jmespath
    from jmespath.exceptions import JMESPathError
except ImportError:
    jmespath = None
    JMESPathError = ValueError

SEVERITIES = ("fail", "warn", "info")
REFERENCE = "preflight_extra_checks"
#: Characters of a query's result that are shown.
SHOWN = 200


def plain(value):
    """Return a value as JSON reads it back: JMESPath knows the types of texts and numbers by their exact class."""
    return json.loads(json.dumps(value, default=str))


def _shown(value):
    text = json.dumps(value, sort_keys=True, ensure_ascii=False)
    return text if len(text) <= SHOWN else text[:SHOWN] + "..."


def _wrong(name, title, observed):
    return finding(
        name,
        "all hosts",
        "fail",
        title,
        observed=observed,
        expected="a check {id, title, query} whose query is JMESPath",
        remedy="# mend it in preflight_extra_checks; try it: jp.py '<query>' < facts.json",
        reference=REFERENCE,
    )


def _compiled(check, number):
    """Return ``(id, title, severity, query, finding)``: the finding says what is wrong with a check, else None."""
    given = check if isinstance(check, dict) else {}
    name = "site.{}".format(given.get("id") or number)
    title = str(given.get("title") or given.get("id") or "check {} of the site".format(number))
    severity = given.get("severity", "fail")
    if not given.get("id") or not given.get("title") or not isinstance(given.get("query"), str):
        return name, title, severity, None, _wrong(name, title, "the check has no id, no title or no query")
    if severity not in SEVERITIES:
        return name, title, "fail", None, _wrong(name, title, f"severity {severity} is none of {', '.join(SEVERITIES)}")
    try:
        return name, title, severity, jmespath.compile(plain(given["query"])), None
    except JMESPathError as error:
        words = " ".join(str(error).split())
        return name, title, severity, None, _wrong(name, title, f"the query cannot be read: {words}")


def judge(checks, facts):
    """Run a site's checks over all hosts.

    Arguments:
        checks: ``[{"id", "title", "query", "expect", "severity", "remedy"}]``; without ``expect`` the query must return
            something that is true to JMESPath.
        facts: ``{host: facts}`` of the hosts that could be read.
    Returns:
        One finding for each check and host, called ``site.<id>``; one for each check that is wrong itself.
    """
    if not checks:
        return []
    if jmespath is None:
        return [_wrong("site", "checks of the site", "the Python package jmespath is missing on the controller")]
    findings = []
    data = {host: plain(entry) for host, entry in facts.items()}
    for number, check in enumerate(checks, 1):
        name, title, severity, query, wrong = _compiled(check, number)
        if wrong is not None:
            findings.append(wrong)
            continue
        for host, entry in data.items():
            findings.append(_one(check, name, title, severity, query, host, entry))
    return findings


def _one(check, name, title, severity, query, host, facts):
    """Judge one host by one check."""
    remedy = str(check.get("remedy") or "")
    expected = _shown(plain(check["expect"])) if "expect" in check else "something true"
    try:
        value = query.search(facts)
    except JMESPathError as error:
        words = " ".join(str(error).split())
        status, observed = "fail", f"the query cannot be answered: {words}"
    else:
        good = value == plain(check["expect"]) if "expect" in check else _true(value)
        status, observed = "pass" if good else severity, "{}: {}".format(check["query"], _shown(value))
    if status in ("fail", "warn") and not remedy:
        remedy = "# {} wants: {}".format(name, expected)
    return finding(name, host, status, title, observed=observed, expected=expected, remedy=remedy, reference=REFERENCE)


def _true(value):
    """JMESPath's truth: everything but null, false and what is empty; 0 is true."""
    return not (value is None or value is False or value in ("", [], {}))
