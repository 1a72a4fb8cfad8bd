# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0
"""The controller's half of ``manifest``: what it packs is what the module unpacks."""

import datetime

import pytest
from ansible.errors import AnsibleActionFail

from ansible_collections.kurl.ipv6.plugins.action.manifest import await_rollout, pack
from ansible_collections.kurl.ipv6.plugins.modules.manifest import unpack

OBJECT = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "ü"}}


@pytest.mark.parametrize(
    "documents",
    [
        [OBJECT],
        OBJECT,
        [None, OBJECT],
        "apiVersion: v1\nkind: Namespace\nmetadata: {name: ü}\n",
        "---\n---\napiVersion: v1\nkind: Namespace\nmetadata:\n  name: ü\n---\n",
    ],
)
def test_every_form_arrives_the_same(documents):
    assert unpack(pack(documents)) == [OBJECT]


def test_what_is_packed_is_plain_text():
    assert pack([OBJECT]).isascii()


@pytest.mark.parametrize(
    "documents, message",
    [
        ("a: [", "documents: while parsing"),
        ("!!python/object/apply:os.system [id]", "documents: could not determine a constructor"),
        ([{"day": datetime.date(2026, 1, 1)}], "documents: Object of type date is not JSON serializable"),
        (42, "documents: neither a list of objects nor YAML text"),
    ],
)
def test_what_cannot_be_packed_is_refused(documents, message):
    with pytest.raises(AnsibleActionFail, match=message):
        pack(documents)


class Rounds:
    """A module that answers with one result after the other, and a clock that goes on with each round."""

    def __init__(self, *results):
        self.results = list(results)
        self.asked = []
        self.shown = []
        self.now = 0

    def call(self, duration, waited):
        self.asked.append((duration, waited))
        self.now += duration
        return self.results.pop(0)

    def run(self, first, seconds):
        self.now = 10
        return await_rollout(self.call, first, seconds, self.shown.append, lambda: self.now)


def waiting(text, **more):
    return dict({"changed": False, "changes": [], "findings": [], "waiting": [text]}, **more)


DONE = {"changed": False, "changes": [], "findings": [], "waiting": [], "hopeless": False}
FAILED = {"failed": True, "msg": "not so in time", "changed": False, "changes": [], "findings": [{"id": "x"}]}


def test_what_is_waited_for_is_shown_when_it_changes_and_what_was_changed_is_kept():
    rounds = Rounds(waiting("1 of 3"), waiting("2 of 3"), DONE)
    result = rounds.run(waiting("1 of 3", changed=True, changes=[{"object": "a"}]), 600)
    assert rounds.shown == ["waiting, 0 of 600 s: 1 of 3", "waiting, 20 of 600 s: 2 of 3"]
    assert result["changed"] and result["changes"] == [{"object": "a"}] and "waiting" not in result


def test_at_the_end_of_the_time_the_module_says_why():
    rounds = Rounds(waiting("0 of 3"), waiting("0 of 3"), FAILED)
    result = rounds.run(waiting("0 of 3", changed=True), 15)
    assert rounds.asked == [(10, 0), (5, 10), (0, 15)]
    assert result["failed"] and result["findings"] == [{"id": "x"}] and result["changed"]


def test_a_cause_that_stands_ends_the_waiting_early():
    rounds = Rounds(*[waiting("0 of 3", hopeless=True)] * 3, FAILED)
    assert rounds.run(waiting("0 of 3", hopeless=True), 600)["failed"]
    assert [duration for duration, _waited in rounds.asked] == [10, 10, 10, 0]


def test_a_cause_that_passes_does_not():
    rounds = Rounds(waiting("0", hopeless=True), waiting("1"), waiting("0", hopeless=True), waiting("2"), DONE)
    assert not rounds.run(waiting("0", hopeless=True), 600).get("failed")


def test_a_round_that_fails_ends_it():
    rounds = Rounds({"failed": True, "msg": "kubectl get: no route to host"})
    assert rounds.run(waiting("0 of 3"), 600)["msg"] == "kubectl get: no route to host"
    assert Rounds().run({"failed": True, "msg": "bad", "changed": False}, 600)["msg"] == "bad"
