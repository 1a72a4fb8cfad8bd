# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0
"""The JUnit file: a test case a host and check, counts that are right, nothing that XML forbids."""

from xml.etree import ElementTree

import pytest

from ansible_collections.kurl.ipv6.plugins.module_utils.finding import STATUSES, finding
from ansible_collections.kurl.ipv6.plugins.module_utils.report import document, junit, summary

HOSTS = {name: {"node_ip": "", "reason": ""} for name in ("n1", "n2", "n3")}


def rendered(*findings, hosts=None):
    """The XML, parsed."""
    report = document.build("preflight", summary.cleaned(findings), hosts or HOSTS, "2026-11-24T22:40:00Z")
    text = junit.render(report)
    assert text.startswith('<?xml version="1.0" encoding="UTF-8"?>\n')
    return ElementTree.fromstring(text.encode("utf-8"))


def cases(root):
    """``{(classname, name): names of the elements inside}``"""
    return {(case.get("classname"), case.get("name")): [child.tag for child in case] for case in root.iter("testcase")}


def test_one_case_a_host_and_check_and_a_suite_a_host():
    root = rendered(
        finding("a", "n2", "fail", "t"),
        finding("a", "n1", "pass", "t"),
        finding("b", "n1", "skip", "t"),
        finding("c", "n1", "warn", "t", observed="o"),
        finding("d", "n1", "info", "t", observed="o"),
        finding("spec.cni", "spec:antrea.version", "fail", "t"),
        finding("spec.x", "spec:rook", "warn", "t"),
    )
    assert cases(root) == {
        ("n1", "a"): [],
        ("n1", "b"): ["skipped"],
        ("n1", "c"): ["system-out"],
        ("n1", "d"): ["system-out"],
        ("n2", "a"): ["failure"],
        ("spec:antrea.version", "spec.cni"): ["failure"],
        ("spec:rook", "spec.x"): ["system-out"],
    }
    assert [(suite.get("name"), suite.get("hostname")) for suite in root] == [
        ("n1", "n1"),
        ("n2", "n2"),
        ("spec", None),
    ]
    assert root.find("testsuite").get("timestamp") == "2026-11-24T22:40:00"


def test_counts_are_those_of_the_cases():
    root = rendered(
        *[finding(f"c{number}", f"n{number % 3 + 1}", STATUSES[number % 5], "t") for number in range(60)],
        finding("c0", "n1", "fail", "t"),  # The same host and check again: no case of its own.
    )
    for element in [root, *root]:
        found = list(element.iter("testcase"))
        assert int(element.get("tests")) == len(found)
        assert int(element.get("failures")) == len([case for case in found if case.find("failure") is not None])
        assert int(element.get("skipped")) == len([case for case in found if case.find("skipped") is not None])
        assert element.get("errors") == "0"
    assert (root.get("tests"), root.get("failures"), root.get("skipped")) == ("60", "13", "12")


@pytest.mark.parametrize(
    "statuses, result",
    [
        (["pass", "fail"], ["failure"]),
        (["warn", "pass"], ["system-out"]),
        (["skip", "pass"], []),
        (["skip", "skip"], ["skipped"]),
        (["info", "fail", "warn"], ["failure"]),
    ],
)
def test_the_worst_of_several_findings_of_one_check_is_its_result(statuses, result):
    root = rendered(*[finding("a", "n1", status, "t", observed=status) for status in statuses])
    assert cases(root) == {("n1", "a"): result}


def test_a_failure_tells_what_to_do():
    root = rendered(finding("a", "n1", "fail", "title", "seen", "wanted", "one\ntwo", "RFC 1"))
    failure = root.find(".//failure")
    assert failure.get("message") == "title: seen"
    assert failure.text == (
        "fail: title\nobserved: seen\nexpected: wanted\nreference: RFC 1\nremedy:\n    one\n    two"
    )


def test_nothing_that_xml_forbids_remains_and_markup_is_text():
    evil = "]]></failure><x/>&\"'\ufffe\uffff\x00\x08\ud800\U0001f600"
    root = rendered(finding(evil, evil, "fail", evil, evil, evil, evil, evil), hosts={evil: {}})
    assert not list(root.iter("x"))
    (case,) = root.iter("testcase")
    # Control characters and surrogates were spelled out before; what is no character at all is gone.
    shown = "]]></failure><x/>&\"'\\u0000\\u0008\\ud800\U0001f600"
    assert case.get("name") == case.get("classname") == shown
    assert f"observed: {shown}" in case.find("failure").text


def test_precedence_names_every_status():
    assert sorted(junit.PRECEDENCE) == sorted(STATUSES)


def test_without_findings_the_file_is_valid_and_empty():
    root = rendered()
    assert root.tag == "testsuites" and root.get("tests") == "0" and len(root) == 0
