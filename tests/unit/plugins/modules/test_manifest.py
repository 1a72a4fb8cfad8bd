# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0
"""The module ``manifest`` against a cluster."""

from __future__ import absolute_import, division, print_function

__metaclass__ = type

import base64
import json
import zlib

import pytest

from ansible_collections.kurl.ipv6.plugins.modules import manifest
from ansible_collections.kurl.ipv6.tests.unit.plugins.module_utils.cluster.conftest import Cluster
from ansible_collections.kurl.ipv6.tests.unit.plugins.modules.running import run


def packed(*documents):
    return base64.b64encode(zlib.compress(json.dumps(documents).encode("utf-8"))).decode("ascii")


@pytest.fixture
def cluster(tmp_path):
    return Cluster(tmp_path)


@pytest.fixture
def call(monkeypatch, capsys, cluster):
    def call(*documents, **arguments):
        return run(
            monkeypatch,
            capsys,
            manifest.main,
            documents=[],
            packed=packed(*documents),
            kubeconfig=cluster.path,
            kubectl=cluster.program,
            **arguments,
        )

    return call


NAMESPACE = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "demo"}}
SECRET = {
    "apiVersion": "v1",
    "kind": "Secret",
    "metadata": {"name": "key", "namespace": "demo"},
    "stringData": {"word": "correct horse"},
}
DEPLOYMENT = {
    "apiVersion": "apps/v1",
    "kind": "Deployment",
    "metadata": {"name": "web", "namespace": "demo"},
    "spec": {"replicas": 1, "selector": {"matchLabels": {"app": "web"}}},
}


def test_the_first_time_everything_is_created(call):
    result = call(NAMESPACE, SECRET)
    assert result["changed"] is True
    assert result["changes"] == [
        {"object": "Namespace demo", "action": "created"},
        {"object": "Secret demo/key", "action": "created"},
    ]


def test_the_second_time_nothing_is(call):
    call(NAMESPACE, SECRET)
    result = call(NAMESPACE, SECRET)
    assert (result["changed"], result["changes"]) == (False, [])


def test_check_mode_says_so_and_does_nothing(call, cluster):
    result = call(NAMESPACE, SECRET, _check_mode=True)
    assert result["changed"] is True
    assert [item["action"] for item in result["changes"]] == ["created", "created"]
    assert cluster.read()["objects"] == []


def test_a_diff_is_shown_when_asked_for_but_no_secret(call):
    result = call(NAMESPACE, SECRET, _diff=True)
    assert [part["after_header"] for part in result["diff"]] == ["Namespace demo", "Secret demo/key"]
    assert "correct horse" not in json.dumps(result)
    assert "diff" not in call(NAMESPACE, SECRET)


def test_documents_go_nowhere_but_to_the_cluster(call):
    assert packed(NAMESPACE, SECRET) not in json.dumps(call(NAMESPACE, SECRET))


def test_absent(call, cluster):
    call(NAMESPACE, SECRET)
    result = call(NAMESPACE, SECRET, state="absent")
    assert [item["object"] for item in result["changes"]] == ["Secret demo/key", "Namespace demo"]
    assert cluster.read()["objects"] == []
    assert call(NAMESPACE, SECRET, state="absent")["changed"] is False


def test_it_waits_only_when_told_to(call):
    assert call(NAMESPACE, DEPLOYMENT).get("failed") is None
    result = call(NAMESPACE, DEPLOYMENT, wait=True, wait_timeout=0)
    assert result["failed"] is True
    assert result["msg"].startswith("not so in time: Deployment demo/web is rolled out: not seen by its controller yet")
    assert [entry["id"] for entry in result["findings"]] == ["cluster.rollout"]


def test_what_is_awaited_and_there_is_a_success(call, cluster):
    call(NAMESPACE, DEPLOYMENT)
    objects = cluster.read()["objects"]
    objects[1]["status"] = {
        "observedGeneration": 1,
        "replicas": 1,
        "updatedReplicas": 1,
        "availableReplicas": 1,
        "readyReplicas": 1,
    }
    cluster.write(objects=objects)
    result = call(NAMESPACE, DEPLOYMENT, wait=True)
    assert (result["changed"], result["findings"]) == (False, [])


def test_a_round_says_what_it_waits_for_and_the_last_one_why(call, cluster):
    first = call(NAMESPACE, DEPLOYMENT, wait=True, wait_round=1)
    assert first.get("failed") is None and first["changed"] is True
    assert first["waiting"] == ["Deployment demo/web: not seen by its controller yet"] and first["hopeless"] is False
    last = call(NAMESPACE, DEPLOYMENT, wait=True, wait_only=True, waited=77)
    assert last["failed"] is True
    assert "after 77 s" in last["findings"][-1]["observed"]
    assert len(cluster.calls("apply")) == 2, "namespace and Deployment, each once: only the first round applies"


@pytest.mark.parametrize(
    "documents, message",
    [
        ([SECRET], 'namespaces "demo" not found'),
        ([NAMESPACE, NAMESPACE], "Namespace demo occurs twice"),
        ([{"kind": "Namespace"}], "document 1 has no apiVersion"),
    ],
)
def test_errors_are_messages(call, documents, message):
    result = call(*documents)
    assert result["failed"] is True
    assert message in result["msg"]
