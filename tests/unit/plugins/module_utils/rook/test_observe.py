# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0

from __future__ import absolute_import, division, print_function

__metaclass__ = type

import json

import pytest

from ansible_collections.kurl.ipv6.plugins.module_utils.rook import health, observe
from ansible_collections.kurl.ipv6.tests.unit.plugins.module_utils.rook import ceph_objects as given


@pytest.fixture(autouse=True)
def no_waiting(monkeypatch):
    """Let time pass only when somebody waits for it."""
    clock = {"now": 0.0}
    monkeypatch.setattr(observe.time, "time", lambda: clock["now"])
    monkeypatch.setattr(observe.time, "sleep", lambda seconds: clock.update(now=clock["now"] + seconds))
    return clock


def test_ceph_is_asked_in_the_toolbox():
    kubectl = given.FakeKubectl(given.healthy())
    state, _objects, _ceph = observe.look(kubectl)
    assert state["told"]
    assert kubectl.told[-1][:6] == [
        "exec",
        "--namespace",
        "rook-ceph",
        "rook-ceph-tools-1",
        "--container",
        "rook-ceph-tools",
    ]
    assert kubectl.told[-1][8:] == ["15", "ceph", "status", "--format", "json", "--connect-timeout", "12"]


def test_without_a_toolbox_the_operator_is_asked_with_its_configuration():
    kubectl = given.FakeKubectl(given.without(given.healthy(), "rook-ceph-tools"))
    assert observe.look(kubectl)[0]["told"]
    assert kubectl.told[-1][3] == "rook-ceph-operator-1"
    assert ["ceph", "--conf", "/var/lib/rook/rook-ceph/rook-ceph.config", "status"] == kubectl.told[-1][9:13]


def test_without_a_monitor_nobody_is_asked():
    kubectl = given.FakeKubectl(given.without(given.healthy(), "rook-ceph-mon"))
    assert not observe.look(kubectl)[0]["told"]
    assert [words[0] for words in kubectl.told] == ["get"]


def test_a_ceph_that_does_not_answer_is_no_error():
    kubectl = given.FakeKubectl(given.healthy(), executed=lambda words, data: (124, "", ""))
    state, _objects, ceph = observe.look(kubectl)
    assert not state["told"] and state["health"] == "HEALTH_OK"
    with pytest.raises(observe.CephError, match="no answer within 15 s"):
        ceph.ask("status")


def test_what_ceph_complains_of_is_told_without_keys():
    key = "AQBkYl5jAAAAABAAVtGzUqS0x4JrkYVb2m0m3Q=="
    answer = (1, "", "Error EACCES: key %s refused\ncommand terminated with exit code 13\n" % key)
    kubectl = given.FakeKubectl(given.healthy(), executed=lambda words, data: answer)
    ceph = observe.Ceph(kubectl, given.healthy())
    with pytest.raises(observe.CephError, match=r"^ceph: Error EACCES: key \*\*\* refused$"):
        ceph.ask("status")


def test_what_comes_before_the_json_and_what_is_none():
    kubectl = given.FakeKubectl(given.healthy(), executed=lambda words, data: (0, 'a warning\n{"a": 1}', ""))
    assert observe.Ceph(kubectl, given.healthy()).ask("status") == {"a": 1}
    kubectl = given.FakeKubectl(given.healthy(), executed=lambda words, data: (0, "nothing", ""))
    with pytest.raises(observe.CephError, match="no JSON"):
        observe.Ceph(kubectl, given.healthy()).ask("status")
    assert not observe.Ceph(kubectl, []).reachable
    with pytest.raises(observe.CephError, match="neither"):
        observe.Ceph(kubectl, []).ask("status")


def answers(*statuses):
    """Answer with each, the last one for ever."""
    left = list(statuses)

    def executed(words, data):
        return 0, json.dumps(left.pop(0) if len(left) > 1 else left[0]), ""

    return executed


BAD = given.status("HEALTH_WARN", {"OSD_DOWN": "x"}, up=2)
GOOD = given.status()


def test_a_healthy_cluster_is_looked_at_once(no_waiting):
    kubectl = given.FakeKubectl(given.healthy())
    assert observe.wait(kubectl, 600)[3]
    assert no_waiting["now"] == 0
    assert len([words for words in kubectl.told if words[0] == "exec"]) == 1


def test_several_good_looks_after_each_other_are_wanted():
    kubectl = given.FakeKubectl(given.healthy(), executed=answers(GOOD, GOOD, BAD, GOOD, GOOD, GOOD))
    assert observe.wait(kubectl, 600, steady=3)[3]
    assert len([words for words in kubectl.told if words[0] == "exec"]) == 6


def test_the_time_ends(no_waiting):
    kubectl = given.FakeKubectl(given.healthy(), executed=answers(BAD))
    state, _objects, _ceph, done = observe.wait(kubectl, 30)
    assert not done and no_waiting["now"] <= 30
    assert health.missing(state)[0][0] == "osds"


def test_something_new_ends_the_waiting_of_one_who_wants_to_show_it(no_waiting):
    kubectl = given.FakeKubectl(given.healthy(), executed=answers(BAD, BAD, given.status("HEALTH_ERR", {"X": "y"})))
    seen = health.summary(observe.look(kubectl)[0])
    state, _objects, _ceph, done = observe.wait(kubectl, 600, seen=seen)
    assert not done and state["health"] == "HEALTH_ERR"
    assert no_waiting["now"] < 10


def test_a_change_that_the_operator_never_says_it_has_seen_is_not_waited_for_for_ever(no_waiting):
    objects = given.healthy()
    objects[0]["metadata"]["generation"] = 3
    assert not observe.wait(given.FakeKubectl(objects), 10)[3]
    no_waiting["now"] = 0
    assert observe.wait(given.FakeKubectl(objects), 600)[3]
    assert observe.UNSEEN_SECONDS <= no_waiting["now"] < 60
    # One look at a cluster at rest.
    assert observe.wait(given.FakeKubectl(objects), 0)[3]
