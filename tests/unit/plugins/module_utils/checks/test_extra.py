# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0
"""A site's own checks: JMESPath over the facts of every host."""

import pytest

from ansible_collections.kurl.ipv6.plugins.module_utils.checks import extra
from ansible_collections.kurl.ipv6.tests.unit.plugins.module_utils.checks import recorded

pytest.importorskip("jmespath")

FACTS = {"h1": recorded.facts(), "h2": dict(recorded.facts(), memory_bytes=1)}


def own(**check):
    """Findings of one check of a site's own."""
    return extra.judge([dict({"id": "x", "title": "T"}, **check)], FACTS)


def test_a_query_that_returns_something_true():
    assert [(entry["id"], entry["subject"], entry["status"]) for entry in own(query="memory_bytes > `1000`")] == [
        ("site.x", "h1", "pass"),
        ("site.x", "h2", "fail"),
    ]


@pytest.mark.parametrize(
    "query, expect, good",
    [
        ("os.id", "debian", True),
        ("os.id", "ubuntu", False),
        ("length(default_routes)", 1, True),
        ("links[?name=='ens3'].mtu | [0]", 1500, True),
        ('sysctls."net.ipv6.conf.all.forwarding"', "0", True),
        ("nothing", None, True),
        ("cpus", "4", False),
    ],
)
def test_a_query_that_returns_what_is_expected(query, expect, good):
    assert own(query=query, expect=expect)[0]["status"] == ("pass" if good else "fail")


def test_severity_and_remedy_are_the_sites():
    found = own(query="os.id", expect="ubuntu", severity="warn", remedy="reinstall")[0]
    assert (found["status"], found["remedy"], found["expected"]) == ("warn", "reinstall", '"ubuntu"')
    assert found["observed"] == 'os.id: "debian"'


@pytest.mark.parametrize(
    "check, words",
    [
        ({"query": "os.["}, "cannot be read"),
        ({"query": ""}, "cannot be read"),
        ({"query": 5}, "no query"),
        ({"query": "os.id", "title": ""}, "no title"),
        ({"query": "os.id", "severity": "terrible"}, "severity terrible"),
        ({"query": "unknown_function(os)"}, "cannot be answered"),
        ({"query": "length(cpus)"}, "cannot be answered"),
    ],
)
def test_a_wrong_query_is_a_finding(check, words):
    findings = own(**check)
    assert findings and all(entry["status"] == "fail" and words in entry["observed"] for entry in findings)


def test_a_wrong_check_does_not_stop_the_others():
    findings = extra.judge(["nonsense", {"id": "y", "title": "T", "query": "os.id"}], FACTS)
    assert [(entry["id"], entry["status"]) for entry in findings] == [
        ("site.1", "fail"),
        ("site.y", "pass"),
        ("site.y", "pass"),
    ]


def test_long_results_are_cut():
    assert len(own(query="@", expect=1)[0]["observed"]) < 300
