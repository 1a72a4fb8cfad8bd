# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0
"""Healthy hosts of every distribution that people run give no alarm but those that are true of them."""

import pytest

from ansible_collections.kurl.ipv6.tests.unit.plugins.module_utils.checks import recorded

CASES = [(name, plan) for name in recorded.NAMES for plan in recorded.PLANS]


@pytest.mark.parametrize("name, plan", CASES)
def test_a_healthy_host_raises_no_false_alarm(name, plan):
    expected = recorded.recording(name)["expect"][plan]
    findings = recorded.judge(recorded.facts(name), plan)
    assert sorted(recorded.bad(findings)) == sorted(expected), [
        (entry["id"], entry["observed"]) for entry in findings if entry["status"] in ("fail", "warn")
    ]


@pytest.mark.parametrize("name", recorded.NAMES)
def test_the_node_address_is_found_everywhere(name):
    choice = recorded.view(recorded.facts(name)).choice
    assert choice.address.startswith(("2001:db8:10:", "2600:1f14:"))
    assert choice.reason


@pytest.mark.parametrize("name", recorded.NAMES)
def test_every_finding_has_what_a_reader_needs(name):
    for entry in recorded.judge(recorded.facts(name), "example"):
        assert entry["title"] and entry["reference"] and entry["observed"], entry
        if entry["status"] in ("fail", "warn"):
            assert entry["expected"] and entry["remedy"], entry
