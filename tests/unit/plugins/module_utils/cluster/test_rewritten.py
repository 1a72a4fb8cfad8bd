# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0

from __future__ import absolute_import, division, print_function

__metaclass__ = type

import copy

import pytest

from ansible_collections.kurl.ipv6.plugins.module_utils.cluster import apply, rewritten

DEFINITION = {
    "apiVersion": "apiextensions.k8s.io/v1",
    "kind": "CustomResourceDefinition",
    "metadata": {"name": "cephclusters.ceph.rook.io"},
    "spec": {
        "group": "ceph.rook.io",
        "names": {"kind": "CephCluster", "plural": "cephclusters"},
        "versions": [{"name": "v1"}],
    },
}
SPACE = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "rook-ceph"}}
CLUSTER = {
    "apiVersion": "ceph.rook.io/v1",
    "kind": "CephCluster",
    "metadata": {"name": "rook-ceph", "namespace": "rook-ceph"},
    "spec": {
        "healthCheck": {"daemonHealth": {"osd": {"disabled": False, "interval": "60s"}}},
        "mgr": {"modules": [{"name": "rook", "enabled": True}]},
        "mon": {"count": 3},
        "storage": {"nodes": [{"name": "n1", "devices": [{"name": "/dev/loop0"}]}], "useAllNodes": False},
    },
}


def in_go():
    """What Rook's operator makes of it."""
    document = copy.deepcopy(CLUSTER)
    document["metadata"]["generation"] = 2
    spec = document["spec"]
    spec["healthCheck"]["daemonHealth"]["osd"] = {"interval": "1m0s"}
    spec["mgr"]["modules"][0]["settings"] = {}
    spec["storage"]["nodes"][0]["resources"] = {}
    del spec["storage"]["useAllNodes"]
    spec["storage"].update(store={}, flappingRestartIntervalHours=0)
    return document


@pytest.mark.parametrize(
    "first, second, same",
    [
        ("60s", "1m0s", True),
        ("1h30m", "90m", True),
        ("1.5s", "1500ms", True),
        ("60s", "61s", False),
        ("60", "1m0s", False),
        ("500M", "500", False),
        (False, None, True),
        (True, None, False),
        ({}, None, True),
        ([], None, True),
        ([{"name": "a", "resources": {}}], [{"name": "a"}], True),
        ([{"name": "a"}], [{"name": "b"}], False),
        ([{"name": "a"}, {"name": "b"}], [{"name": "a"}], False),
        (3, "3", False),
        ("", 0, True),
    ],
)
def test_what_means_the_same(first, second, same):
    assert (rewritten.meaning({"x": first, "y": 1}) == rewritten.meaning({"x": second, "y": 1})) is same


def test_what_its_controller_has_put_in_its_own_words_is_left_as_it_is(cluster):
    cluster.write(objects=[SPACE, DEFINITION, in_go()])
    assert [item["action"] for item in apply.present(cluster.kubectl, [CLUSTER])] == ["unchanged"]
    assert cluster.read()["objects"][2] == in_go()
    assert all("--dry-run=server" in words for words in cluster.calls("apply"))


def test_what_means_something_else_is_applied(cluster):
    cluster.write(objects=[SPACE, DEFINITION, in_go()])
    wanted = copy.deepcopy(CLUSTER)
    wanted["spec"]["mon"]["count"] = 5
    assert [item["action"] for item in apply.present(cluster.kubectl, [wanted], check_mode=True)] == ["configured"]
    assert cluster.read()["objects"][2] == in_go()
    assert [item["action"] for item in apply.present(cluster.kubectl, [wanted])] == ["configured"]
    assert cluster.read()["objects"][2]["spec"]["mon"] == {"count": 5}


def test_a_new_one_is_made_and_other_groups_are_compared_as_they_are(cluster):
    cluster.write(objects=[SPACE, DEFINITION])
    assert [item["action"] for item in apply.present(cluster.kubectl, [CLUSTER])] == ["created"]
    settings = {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": "a", "namespace": "rook-ceph"},
        "data": {"x": "60s"},
    }
    apply.present(cluster.kubectl, [settings])
    changed = dict(settings, data={"x": "1m0s"})
    order = [item["object"] for item in apply.present(cluster.kubectl, [CLUSTER, changed])]
    assert order == ["CephCluster rook-ceph/rook-ceph", "ConfigMap rook-ceph/a"]
    assert not rewritten.is_rewritten(settings)
    assert apply.present(cluster.kubectl, [settings])[0]["action"] == "configured"
