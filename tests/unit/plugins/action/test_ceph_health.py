# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0

from __future__ import absolute_import, division, print_function

__metaclass__ = type

import pytest

pytest.importorskip("ansible.plugins.action")

from ansible_collections.kurl.ipv6.plugins.action import ceph_health


class Clock:
    def __init__(self):
        self.now = 0

    def __call__(self):
        return self.now


def made(arguments, results, check_mode=False, each=30):
    """Return the calls that are made when the module's calls return these, each after some seconds."""
    clock, steps = Clock(), []
    calls = ceph_health.calls(arguments, check_mode, clock)
    step = next(calls)
    for result in results:
        steps.append(step)
        clock.now += each
        try:
            step = calls.send(result)
        except StopIteration:
            return steps
    return steps + [step]


def test_without_a_wait_it_is_looked_at_once():
    assert made({}, [{}]) == [{"wait": 0, "seen": "", "explain": True}]
    assert made({"wait": 600}, [{}], check_mode=True) == [{"wait": 0, "seen": "", "explain": True}]


def test_it_is_asked_in_slices_and_what_was_seen_is_handed_on():
    steps = made(
        {"wait": 100, "version": "1.17.2"}, [{"summary": "a"}, {"summary": "b"}, {"healthy": True, "summary": "c"}]
    )
    assert [step["wait"] for step in steps] == [30, 30, 30]
    assert [step["seen"] for step in steps] == [" ", "a", "b"]
    assert {step["version"] for step in steps} == {"1.17.2"}
    assert not any(step["explain"] for step in steps)


def test_the_last_call_looks_for_causes():
    steps = made({"wait": 100}, [{"summary": "a"}] * 10)
    assert [step["explain"] for step in steps] == [False, False, False, True]
    assert steps[-1]["wait"] == 10


def test_what_will_hardly_come_is_waited_for_only_a_while():
    lacking, fine = {"summary": "a", "hopeless": True}, {"summary": "a"}
    steps = made({"wait": 1200}, [lacking] * 10)
    assert [step["explain"] for step in steps] == [False] * 5 + [True] and steps[-1]["wait"] == 1
    assert len(made({"wait": 1200}, [lacking] * 4 + [fine] + [lacking] * 9)) == 11


@pytest.mark.parametrize("result", [{"failed": True}, {"unreachable": True}, {"healthy": True}])
def test_an_error_and_success_end_it(result):
    assert len(made({"wait": 600}, [result, {}, {}])) == 1
