# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0
"""Many ways that fail become few groups, and every way is in one of them."""

import pytest

from ansible_collections.kurl.ipv6.plugins.module_utils.mesh import folding

pytest.importorskip("hypothesis")
from hypothesis import given, settings  # noqa: E402
from hypothesis import strategies as st  # noqa: E402

HOSTS = st.integers(min_value=2, max_value=12)


def every_way(number):
    return {(source, target) for source in range(number) for target in range(number) if source != target}


def ways_of(group):
    if group.side == folding.TO:
        return {(other, group.host) for other in group.others}
    return {(group.host, other) for other in group.others}


@settings(max_examples=80, deadline=None)
@given(st.data(), HOSTS)
def test_each_failing_way_is_in_exactly_one_group(data, number):
    asked = every_way(number)
    failing = data.draw(st.sets(st.sampled_from(sorted(asked))))
    groups = folding.groups(failing, asked)
    found = [way for group in groups for way in ways_of(group)]
    assert sorted(found) == sorted(failing)
    assert len(groups) <= 2 * number
    assert [len(group.others) for group in groups] == sorted((len(group.others) for group in groups), reverse=True)


@settings(max_examples=80, deadline=None)
@given(st.data(), st.integers(min_value=3, max_value=12))
def test_a_host_that_nobody_reaches_and_one_that_reaches_nobody_are_one_group_each(data, number):
    host = data.draw(st.integers(min_value=0, max_value=number - 1))
    others = [other for other in range(number) if other != host]
    asked = every_way(number)
    assert folding.groups({(other, host) for other in others}, asked) == [
        folding.Group(folding.TO, host, others, number - 1)
    ]
    assert folding.groups({(host, other) for other in others}, asked) == [
        folding.Group(folding.FROM, host, others, number - 1)
    ]


def test_a_single_way_is_laid_at_the_hosts_door_that_is_called():
    assert folding.groups({(1, 2)}, every_way(3)) == [folding.Group(folding.TO, 2, [1], 2)]


def test_nothing_failed():
    assert folding.groups(set(), every_way(5)) == []


def test_two_hundred_hosts_that_do_not_reach_each_other():
    asked = every_way(200)
    groups = folding.groups(asked, asked)
    assert len(groups) <= 2 * 200
    assert sum(len(group.others) for group in groups) == 200 * 199
