# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0
"""Objects are brought to what a manifest says; what that changed is told without being wrong."""

from __future__ import absolute_import, division, print_function

__metaclass__ = type

import copy

import pytest

from ansible_collections.kurl.ipv6.plugins.module_utils.cluster import apply
from ansible_collections.kurl.ipv6.plugins.module_utils.cluster.kubectl import KubectlError


def namespace(name="demo"):
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}


def config(name="settings", space="demo", **data):
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name, "namespace": space}, "data": data}


def definition(group="demo.io", kind="Cat"):
    name = "%ss.%s" % (kind.lower(), group)
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": name},
        "spec": {"group": group, "names": {"kind": kind}, "versions": [{"name": "v1"}]},
    }


def custom(name="tom", kind="Cat"):
    return {"apiVersion": "demo.io/v1", "kind": kind, "metadata": {"name": name, "namespace": "demo"}, "spec": {"a": 1}}


def told(changes):
    return [(item["action"], item["object"]) for item in changes]


def test_namespaces_and_definitions_go_before_what_needs_them(cluster):
    changes = apply.present(cluster.kubectl, [custom(), config(a="1"), definition(), namespace()])
    assert told(changes) == [
        ("created", "Namespace demo"),
        ("created", "CustomResourceDefinition cats.demo.io"),
        ("created", "Cat demo/tom"),
        ("created", "ConfigMap demo/settings"),
    ]
    assert cluster.names("Cat") == ["tom"]


def test_a_second_time_changes_nothing(cluster):
    documents = [namespace(), config(a="1")]
    apply.present(cluster.kubectl, documents)
    before = cluster.read()["objects"]
    assert told(apply.present(cluster.kubectl, documents)) == [
        ("unchanged", "Namespace demo"),
        ("unchanged", "ConfigMap demo/settings"),
    ]
    assert cluster.read()["objects"] == before


def test_only_what_differs_is_configured(cluster):
    apply.present(cluster.kubectl, [namespace(), config(a="1"), config("other", a="1")])
    changes = apply.present(cluster.kubectl, [config(a="2"), config("other", a="1")])
    assert told(changes) == [("configured", "ConfigMap demo/settings"), ("unchanged", "ConfigMap demo/other")]
    assert changes[0]["before"]["data"] == {"a": "1"}
    assert changes[0]["after"]["data"] == {"a": "2"}


def test_fields_of_others_are_left_alone(cluster):
    apply.present(cluster.kubectl, [namespace(), config(a="1")])
    objects = cluster.read()["objects"]
    objects[1]["data"]["theirs"] = "kept"
    cluster.write(objects=objects)
    assert told(apply.present(cluster.kubectl, [config(a="1")])) == [("unchanged", "ConfigMap demo/settings")]
    assert cluster.read()["objects"][1]["data"] == {"a": "1", "theirs": "kept"}


def test_check_mode_tells_the_same_and_does_nothing(cluster):
    apply.present(cluster.kubectl, [namespace(), config(a="1")])
    before = cluster.read()["objects"]
    documents = [
        namespace(),
        namespace("new"),
        config(a="2"),
        config("first", "new", a="1"),
        definition(),
        custom(),
    ]
    dry = apply.present(cluster.kubectl, documents, check_mode=True)
    assert cluster.read()["objects"] == before
    real = apply.present(cluster.kubectl, documents)
    assert sorted(told(dry)) == sorted(told(real))
    assert ("created", "Cat demo/tom") in told(dry)
    assert ("configured", "ConfigMap demo/settings") in told(dry)


def test_a_definition_that_is_never_served_is_an_error(cluster, monkeypatch):
    monkeypatch.setattr(apply, "ESTABLISH_SECONDS", 0)
    cluster.write(never_established=True)
    with pytest.raises(KubectlError, match="does not serve cats.demo.io within 0 s"):
        apply.present(cluster.kubectl, [definition()])


def test_a_refusal_names_the_reason(cluster):
    with pytest.raises(KubectlError, match='namespaces "demo" not found'):
        apply.present(cluster.kubectl, [config(a="1")])


def test_deleting_goes_backwards_and_forgives_what_is_gone(cluster):
    documents = [namespace(), definition(), custom(), config(a="1")]
    apply.present(cluster.kubectl, documents)
    assert told(apply.absent(cluster.kubectl, copy.deepcopy(documents) + [config("never", a="1")])) == [
        ("deleted", "ConfigMap demo/settings"),
        ("deleted", "Cat demo/tom"),
        ("deleted", "CustomResourceDefinition cats.demo.io"),
        ("deleted", "Namespace demo"),
    ]
    assert cluster.read()["objects"] == []
    assert apply.absent(cluster.kubectl, documents) == []


def test_deleting_in_check_mode_deletes_nothing(cluster):
    documents = [namespace(), config(a="1")]
    apply.present(cluster.kubectl, documents)
    assert len(apply.absent(cluster.kubectl, documents, check_mode=True)) == 2
    assert cluster.names("ConfigMap") == ["settings"]
    assert cluster.calls("delete") == []


def test_kinds_that_nobody_knows_do_not_hide_what_is_there(cluster):
    apply.present(cluster.kubectl, [namespace(), config(a="1")])
    assert told(apply.absent(cluster.kubectl, [custom(), config(a="1")])) == [("deleted", "ConfigMap demo/settings")]


def test_deleting_does_not_swallow_other_errors(cluster):
    apply.present(cluster.kubectl, [namespace(), config(a="1")])
    cluster.write(failures=[{"words": "get", "stderr": "Error from server (Forbidden): no"}])
    with pytest.raises(KubectlError, match="Forbidden"):
        apply.absent(cluster.kubectl, [config(a="1")])
