# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0
"""Whatever a host's values are, its checks give findings, not exceptions."""

import copy

import pytest

from ansible_collections.kurl.ipv6.plugins.module_utils.checks import addressing, readiness
from ansible_collections.kurl.ipv6.tests.unit.plugins.module_utils.checks import recorded

pytest.importorskip("hypothesis")
from hypothesis import given, settings  # noqa: E402
from hypothesis import strategies as st  # noqa: E402

TEXTS = st.one_of(
    st.text(max_size=20), st.sampled_from(["::/0", "fe80::1%eth0", "\x1b[2J", "\u202e", "2001:db8::1", "lo"])
)


def _texts(value, path=()):
    """Yield the paths of all texts in plain data."""
    if isinstance(value, dict):
        for key, entry in value.items():
            yield from _texts(entry, path + (key,))
    elif isinstance(value, list):
        for number, entry in enumerate(value):
            yield from _texts(entry, path + (number,))
    elif isinstance(value, str):
        yield path


PATHS = sorted(_texts(recorded.facts()), key=str)


@settings(max_examples=80, deadline=None)
@given(
    st.lists(st.tuples(st.sampled_from(PATHS), TEXTS), min_size=1, max_size=6), st.sampled_from(sorted(recorded.PLANS))
)
def test_any_text_in_the_facts_is_judged_without_an_exception(changes, plan):
    facts = recorded.facts()
    for path, text in changes:
        place = facts
        for step in path[:-1]:
            place = place[step]
        # Addresses come from the kernel's bytes, so that they are addresses always.
        if path[-1] not in ("address", "family"):
            place[path[-1]] = text
    before = copy.deepcopy(facts)
    findings = readiness.judge(facts, {}, recorded.PLANS[plan], subject="n1")["findings"]
    assert facts == before
    for entry in findings:
        assert "the check itself failed" not in entry["observed"], entry


@settings(deadline=None)
@given(TEXTS)
def test_any_text_is_an_address_or_none(text):
    for parse in (addressing.parse_address, addressing.parse_network):
        parse(text)


@given(
    st.dictionaries(
        st.sampled_from(sorted(recorded.PLANS["example"]) + ["load_balancer_port", "kube_proxy_mode", "airgap"]),
        st.one_of(TEXTS, st.none(), st.booleans(), st.integers()),
    )
)
@settings(max_examples=50, deadline=None)
def test_any_plan_is_judged_without_an_exception(plan):
    for entry in readiness.judge(recorded.facts(), {}, plan, subject="n1")["findings"]:
        assert "the check itself failed" not in entry["observed"], entry
