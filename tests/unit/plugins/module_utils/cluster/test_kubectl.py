# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0
"""kubectl is run, tried again where that helps, and quoted where it does not."""

from __future__ import absolute_import, division, print_function

__metaclass__ = type

import time
import types

import pytest

from ansible_collections.kurl.ipv6.plugins.module_utils.cluster import kubectl as kubectl_module
from ansible_collections.kurl.ipv6.plugins.module_utils.cluster.kubectl import (
    Kubectl,
    KubectlError,
    complaint,
    parse,
    stream,
)


def node(name):
    return {"apiVersion": "v1", "kind": "Node", "metadata": {"name": name}}


def test_objects_of_a_list_come_one_by_one(cluster):
    cluster.add(node("n1"), node("n2"))
    assert [item["metadata"]["name"] for item in cluster.kubectl.objects(["get", "nodes"])] == ["n1", "n2"]


def test_documents_are_handed_over_on_standard_input(cluster):
    cluster.add(node("n1"))
    found = cluster.kubectl.objects(["get", "--filename", "-", "--ignore-not-found"], [node("n1"), node("n2")])
    assert [item["metadata"]["name"] for item in found] == ["n1"]


def test_a_failure_quotes_kubectl(cluster):
    with pytest.raises(KubectlError, match='^kubectl get: error: the server doesn\'t have a resource type "cats"$'):
        cluster.kubectl.objects(["get", "cats"])


def test_a_program_that_is_not_there_is_named(cluster):
    with pytest.raises(KubectlError, match="/nowhere/kubectl: No such file"):
        Kubectl(cluster.path, "/nowhere/kubectl").run(["get", "nodes"])


@pytest.mark.parametrize(
    "stderr",
    [
        "dial tcp [::1]:6443: connect: connection refused",
        'error: the server doesn\'t have a resource type "endpointslices"',
    ],
)
def test_what_passes_by_itself_is_tried_again(cluster, monkeypatch, stderr):
    monkeypatch.setattr(kubectl_module, "time", types.SimpleNamespace(time=time.time, sleep=lambda seconds: None))
    cluster.write(failures=[{"words": "get", "stderr": stderr, "times": 2}])
    cluster.add(node("n1"))
    patient = Kubectl(cluster.path, cluster.program, patience=60)
    assert len(patient.objects(["get", "nodes"])) == 1
    assert len(cluster.calls("get")) == 3


def test_what_does_not_pass_is_not_tried_again(cluster):
    cluster.write(failures=[{"words": "get", "stderr": "Error from server (Forbidden): nodes is forbidden"}])
    with pytest.raises(KubectlError, match="forbidden"):
        Kubectl(cluster.path, cluster.program, patience=60).run(["get", "nodes"])
    assert len(cluster.calls("get")) == 1


def test_patience_ends(cluster):
    cluster.write(failures=[{"words": "get", "stderr": "etcdserver: leader changed"}])
    with pytest.raises(KubectlError, match="leader changed"):
        Kubectl(cluster.path, cluster.program, patience=0).run(["get", "nodes"])
    # The patience of none at all still allows a second attempt within the same moment, never a third.
    assert len(cluster.calls("get")) <= 2


def test_a_call_that_hangs_is_ended(cluster):
    cluster.write(failures=[{"words": "get", "seconds": 30}])
    started = time.time()
    code, out, err = cluster.kubectl.try_once(["get", "nodes"], limit=0.5)
    assert (code, out) == (124, "")
    assert err == "kubectl get gave no answer within 0 s"
    assert time.time() - started < 20


@pytest.mark.parametrize(
    "text, names",
    [
        ("", []),
        ('{"kind": "Node", "metadata": {"name": "n1"}}', ["n1"]),
        ('{"kind": "List", "items": []}', []),
        ('{"kind": "NodeList", "items": null}', []),
        # An object whose kind ends in List and has no items is an object.
        ('{"kind": "AllowList", "metadata": {"name": "a"}}', ["a"]),
    ],
)
def test_output_is_parsed(text, names):
    assert [item["metadata"]["name"] for item in parse(text)] == names


def test_a_stream_has_one_document_a_line():
    assert stream([{"a": "x\ny"}, {"b": 1}]) == '{"a": "x\\ny"}\n---\n{"b": 1}\n'


def test_log_lines_of_libraries_are_left_out():
    noise = 'E1124 22:12:28.500851     819 memcache.go:265] "Unhandled Error" err="..."'
    assert (
        complaint(noise + "\nThe connection to the server was refused\n") == "The connection to the server was refused"
    )
    assert complaint(noise + "\n") == noise
    assert complaint("") == ""
