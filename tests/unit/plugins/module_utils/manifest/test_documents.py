# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0
"""Which documents are objects, when two are the same, and in which order they are applied."""

import copy

import pytest

from ansible_collections.kurl.ipv6.plugins.module_utils.manifest import documents


def make(kind="ConfigMap", name="x", namespace="", version="v1", **more):
    """Return an object."""
    metadata = {"name": name}
    if namespace:
        metadata["namespace"] = namespace
    return dict({"apiVersion": version, "kind": kind, "metadata": metadata}, **more)


def test_empty_documents_go_and_lists_are_opened():
    nested = {"kind": "ConfigMapList", "apiVersion": "v1", "items": [make(name="c")]}
    given = [None, make(name="a"), {"kind": "List", "apiVersion": "v1", "items": [make(name="b"), nested]}, None]
    kept = copy.deepcopy(given)
    made = documents.flatten(given)
    assert [one["metadata"]["name"] for one in made] == ["a", "b", "c"]
    made[0]["metadata"]["name"] = "changed"
    assert given == kept


@pytest.mark.parametrize(
    "given, message",
    [
        (["text"], "document 1 is not a Kubernetes object but str"),
        ([make(), 7], "document 2 is not a Kubernetes object but int"),
        ([{"kind": "Pod", "metadata": {"name": "x"}}], "document 1 has no apiVersion"),
        ([{"apiVersion": "v1", "metadata": {"name": "x"}}], "document 1 has no kind"),
        ([{"apiVersion": "v1", "kind": "Pod", "metadata": None}], "document 1 has no metadata.name"),
        ([{"apiVersion": "v1", "kind": "Pod", "metadata": {"generateName": "x"}}], "has no metadata.name"),
        ([{"apiVersion": 1, "kind": "Pod", "metadata": {"name": "x"}}], "has no apiVersion"),
        ([make(), {"kind": "List", "items": [make(name="y"), {}]}], "item 2 of document 2 has no apiVersion"),
        ([make(namespace="a"), make(), make(namespace="a")], "ConfigMap a/x occurs twice"),
        ([make(namespace="default"), make()], "ConfigMap x occurs twice"),
        (
            [make("Deployment", version="apps/v1"), make("Deployment", version="apps/v1beta1")],
            "Deployment x occurs twice",
        ),
    ],
)
def test_what_is_no_object_is_named(given, message):
    with pytest.raises(documents.ManifestError, match=message):
        documents.flatten(given)


def test_objects_that_only_look_alike_are_kept():
    given = [
        make(),
        make(name="y"),
        make(namespace="a"),
        make("Secret"),
        make(version="example.org/v1"),
    ]
    assert documents.flatten(given) == given


def test_namespaces_and_definitions_come_first():
    crd = make("CustomResourceDefinition", "d", version="apiextensions.k8s.io/v1")
    namespace = make("Namespace", "n")
    impostors = [
        make("Namespace", "n", version="example.org/v1"),
        make("CustomResourceDefinition", "d", version="x/v1"),
    ]
    rest = [make(name="a"), make(name="b")]
    given = [rest[0], crd, impostors[0], namespace, impostors[1], rest[1]]
    assert documents.phases(given) == [[namespace], [crd], [rest[0], impostors[0], impostors[1], rest[1]]]


def test_kinds_and_conditions_of_definitions():
    definition = {"spec": {"group": "crd.antrea.io", "names": {"kind": "Egress"}}}
    assert documents.defined_kinds([definition, {}]) == {("crd.antrea.io", "Egress"), (None, None)}
    assert not documents.established(definition)
    for status, expected in (("True", True), ("False", False)):
        conditions = [{"type": "NamesAccepted", "status": "True"}, {"type": "Established", "status": status}]
        assert documents.established({"status": {"conditions": conditions}}) is expected


@pytest.mark.parametrize(
    "version, group", [("v1", ""), ("apps/v1", "apps"), ("rbac.authorization.k8s.io/v1", "rbac.authorization.k8s.io")]
)
def test_the_group_of_an_object(version, group):
    assert documents.group({"apiVersion": version}) == group


def test_names_for_messages():
    assert documents.identity(make("DaemonSet", "antrea-agent", "kube-system")) == "DaemonSet kube-system/antrea-agent"
    assert documents.identity(make("Namespace", "rook-ceph")) == "Namespace rook-ceph"
