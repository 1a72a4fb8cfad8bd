# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0
"""What an object says, and how its change is shown."""

from __future__ import absolute_import, division, print_function

__metaclass__ = type

import json

from ansible_collections.kurl.ipv6.plugins.module_utils.cluster import compare


def config(**more):
    made = {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": "a", "namespace": "demo"},
        "data": {"key": "value"},
    }
    made.update(more)
    return made


def kept_by_the_cluster():
    return config(
        metadata={
            "name": "a",
            "namespace": "demo",
            "uid": "1",
            "resourceVersion": "2",
            "generation": 3,
            "creationTimestamp": "2026-01-01T00:00:00Z",
            "managedFields": [{}],
            "annotations": {"deployment.kubernetes.io/revision": "7"},
        },
        status={"ready": True},
    )


def test_what_the_cluster_writes_does_not_differ():
    assert not compare.differs(config(), kept_by_the_cluster())
    assert compare.essence(kept_by_the_cluster()) == config()


def test_what_users_write_differs():
    assert compare.differs(config(), config(data={"key": "other"}))
    labelled = config(metadata={"name": "a", "namespace": "demo", "annotations": {"mine": "1"}})
    assert compare.differs(config(), labelled)
    assert compare.essence(labelled)["metadata"]["annotations"] == {"mine": "1"}


def test_comparing_leaves_the_objects_as_they_are():
    before = kept_by_the_cluster()
    compare.essence(before)
    assert before == kept_by_the_cluster()


def test_a_diff_shows_both_sides():
    shown = compare.diff(config(), config(data={"key": "other"}))
    assert shown["before_header"] == shown["after_header"] == "ConfigMap demo/a"
    assert json.loads(shown["before"])["data"] == {"key": "value"}
    assert json.loads(shown["after"])["data"] == {"key": "other"}


def test_what_is_not_there_is_empty():
    assert compare.diff(None, config())["before"] == ""
    assert compare.diff(config(), None)["after"] == ""


def secret(**data):
    return {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s", "namespace": "demo"}, "data": data}


def test_values_of_secrets_are_never_shown():
    shown = compare.diff(secret(kept="aaaa", turned="bbbb"), secret(kept="aaaa", turned="cccc", new="dddd"))
    for value in ("aaaa", "bbbb", "cccc", "dddd"):
        assert value not in shown["before"] + shown["after"]
    assert json.loads(shown["after"])["data"] == {
        "kept": compare.HIDDEN,
        "turned": compare.HIDDEN_CHANGED,
        "new": compare.HIDDEN_CHANGED,
    }


def test_a_secret_that_is_made_or_deleted_is_hidden_too():
    plain = dict(secret(), stringData={"word": "bbbb"})
    for shown in (compare.diff(None, plain), compare.diff(plain, None), compare.diff(secret(a="bbbb"), None)):
        assert "bbbb" not in shown["before"] + shown["after"]
        assert compare.HIDDEN in shown["before"] + shown["after"]
