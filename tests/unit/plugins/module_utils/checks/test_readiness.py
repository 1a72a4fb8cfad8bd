# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0
"""From facts to findings: collectors that failed, checks that break, hosts that say anything."""

import json
import re

import pytest

from ansible_collections.kurl.ipv6.plugins.module_utils.checks import catalogue, readiness, registry
from ansible_collections.kurl.ipv6.plugins.module_utils.checks.host_view import version
from ansible_collections.kurl.ipv6.tests.unit.plugins.module_utils.checks import recorded


def test_a_collector_that_failed_is_a_finding_and_its_checks_are_skipped():
    facts = recorded.facts()
    del facts["modules"]
    findings = recorded.judge(facts, errors={"kernel": "OSError: x"})
    assert recorded.bad(findings) == {"host.readable.kernel": "fail"}
    skipped = recorded.one(findings, "module.overlay")
    assert (skipped["status"], skipped["observed"]) == ("skip", "not judged: modules could not be read")


@pytest.mark.parametrize("key", sorted(recorded.facts()))
def test_any_missing_fact_breaks_no_check(key):
    facts = recorded.facts()
    del facts[key]
    for plan in recorded.PLANS:
        for entry in recorded.judge(facts, plan):
            assert "the check itself failed" not in entry["observed"], entry


def test_without_any_facts_nothing_breaks():
    for entry in readiness.judge({}, {"system": "x"})["findings"]:
        assert "the check itself failed" not in entry["observed"], entry


def test_a_check_that_breaks_becomes_a_finding_and_the_others_go_on(monkeypatch):
    def broken(host, verdict):
        verdict.passed("x")
        raise KeyError("mtu")

    entry = registry._CHECKS["network.mtu"]
    monkeypatch.setitem(registry._CHECKS, "network.mtu", entry._replace(judge=broken))
    findings = recorded.judge()
    assert recorded.bad(findings) == {"network.mtu": "fail"}
    assert "KeyError: 'mtu'" in recorded.one(findings, "network.mtu")["observed"]
    assert recorded.one(findings, "network.ipv4")["status"] == "pass"


def test_two_checks_cannot_have_one_id():
    with pytest.raises(ValueError, match="two checks are called port"):
        registry.check("port", "x", "x", "x", "x")(lambda host, verdict: None)


@pytest.mark.parametrize("entry", registry.registered(), ids=lambda entry: entry.id)
def test_the_catalogue_tells_everything_of_a_check(entry):
    assert re.match(r"^[a-z0-9]+(?:[.-][a-z0-9_-]+)*$", entry.id)
    assert entry.title and entry.why and entry.reference and entry.remedy
    assert entry.stage.split(".")[0] in ("access", "controller", "host", "fleet", "mesh", "cluster")
    assert entry.judge.__doc__


def test_what_is_returned_is_bounded_and_can_be_sent():
    facts = recorded.facts()
    facts["routes"] = [
        dict(facts["default_routes"][0], destination="2001:db8:{:x}::/48".format(n)) for n in range(20000)
    ]
    facts["hostname"] = "x" * 100000
    facts["hosts"] = [["fd00::1", "h{}".format(n)] for n in range(1000)]
    result = readiness.judge(facts, {}, recorded.PLANS["example"])
    assert len(json.dumps(result)) < 200000
    assert len(result["facts"]["routes"]) == readiness.RETURNED
    assert result["facts"]["node_ip"] == "2001:db8:10::11" and result["facts"]["node_interface"] == "ens3"


def test_the_facts_given_are_not_changed():
    facts = recorded.facts()
    readiness.judge(facts, {})
    assert facts == recorded.facts()


@pytest.mark.parametrize(
    "text, expected",
    [
        ("1.34.4", (1, 34, 4)),
        ("v2.4", (2, 4, 0)),
        ("4.15.0-213-generic", (4, 15, 0)),
        ("6.12.41+deb13-amd64", (6, 12, 41)),
        ("1.15.0-rc.1", (1, 15, 0)),
        ("", (0, 0, 0)),
        (None, (0, 0, 0)),
        ("latest", (0, 0, 0)),
        ("1.\u00b2.3", (1, 0, 3)),
    ],
)
def test_versions(text, expected):
    assert version(text) == expected


def test_ids_do_not_depend_on_the_host():
    known = {entry.id for entry in catalogue.registered()}
    for name in recorded.NAMES:
        for plan in recorded.PLANS:
            for entry in recorded.judge(recorded.facts(name), plan):
                assert any(entry["id"] == check or entry["id"].startswith(check + ".") for check in known)
