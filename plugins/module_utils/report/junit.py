# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0
"""The report as JUnit XML, for the test views of CI systems: one suite a host, one test case a host and check.

The dialect is the one that Jenkins, GitLab and the readers of both agree on: ``testsuites``, ``testsuite``,
``testcase`` with ``failure``, ``skipped`` and ``system-out``. JUnit has no word for a warning: it is a test that passed
and says so in its output.
"""

import re
from xml.etree import ElementTree

#: Which of several findings of one host and check gives the test case its result, the first wins.
PRECEDENCE = ("fail", "warn", "info", "pass", "skip")
#: What XML 1.0 does not allow, section 2.2.
_FORBIDDEN = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def _legal(value):
    return _FORBIDDEN.sub("", value)


def _suite_of(subject):
    """Return the name of the suite: the subject, and one suite for all parts of a spec."""
    return "spec" if subject.startswith("spec:") else subject or "(nobody)"


def _paragraph(entry):
    """Return what a finding says, a line a field."""
    lines = [f"{entry['status']}: {entry['title']}"]
    lines += [f"{name}: {entry[name]}" for name in ("observed", "expected", "reference") if entry[name]]
    lines += ["remedy:"] + ["    " + line for line in entry["remedy"].split("\n")] if entry["remedy"] else []
    return "\n".join(lines)


def _message(entry):
    return f"{entry['title']}: {entry['observed']}" if entry["observed"] else entry["title"]


def _case(parent, subject, check, entries):
    """Append the test case of one host and check. Returns its status."""
    worst = min(entries, key=lambda entry: PRECEDENCE.index(entry["status"]))
    case = ElementTree.SubElement(parent, "testcase", classname=_legal(subject), name=_legal(check), time="0")
    body = _legal("\n\n".join(_paragraph(entry) for entry in entries if entry["status"] not in ("pass", "skip")))
    if worst["status"] == "fail":
        ElementTree.SubElement(case, "failure", message=_legal(_message(worst)), type="finding").text = body
    elif worst["status"] == "skip":
        ElementTree.SubElement(case, "skipped", message=_legal(_message(worst)))
    elif body:
        ElementTree.SubElement(case, "system-out").text = body
    return worst["status"]


def _count(element, statuses):
    failures, skipped = statuses.count("fail"), statuses.count("skip")
    numbers = {"tests": len(statuses), "failures": failures, "errors": 0, "skipped": skipped}
    for name, number in numbers.items():
        element.set(name, str(number))


def render(report):
    """Return the XML.

    Arguments:
        report: as ``document.build`` makes it.
    Returns:
        A text, with an XML declaration that says UTF-8.
    """
    # The hosts in the order of the inventory, whether or not something was said of them.
    suites = {_suite_of(name): {} for name in report["hosts"]}
    for entry in report["findings"]:
        cases = suites.setdefault(_suite_of(entry["host"]), {})
        cases.setdefault((entry["host"], entry["id"]), []).append(entry)
    root = ElementTree.Element("testsuites", name=_legal(report["title"]), time="0")
    total = []
    for name, cases in suites.items():
        if not cases:
            continue
        when = report["time"].rstrip("Z")
        suite = ElementTree.SubElement(root, "testsuite", name=_legal(name), timestamp=when, time="0")
        if name in report["hosts"]:
            suite.set("hostname", _legal(name))
        statuses = [_case(suite, subject, check, entries) for (subject, check), entries in cases.items()]
        _count(suite, statuses)
        total += statuses
    _count(root, total)
    ElementTree.indent(root, " ")
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ElementTree.tostring(root, encoding="unicode") + "\n"
