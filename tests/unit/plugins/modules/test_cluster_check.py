# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0
"""The modules with which a cluster is verified, as they run on a host."""

from __future__ import absolute_import, division, print_function

__metaclass__ = type

import socket

import pytest

from ansible_collections.kurl.ipv6.plugins.modules import cluster_check, node_port_check
from ansible_collections.kurl.ipv6.tests.unit.plugins.module_utils.cluster import objects
from ansible_collections.kurl.ipv6.tests.unit.plugins.module_utils.cluster.conftest import Cluster
from ansible_collections.kurl.ipv6.tests.unit.plugins.modules.running import run


@pytest.fixture
def cluster(tmp_path):
    made = Cluster(tmp_path)
    made.write(objects=objects.healthy())
    return made


@pytest.fixture
def call(monkeypatch, capsys, cluster):
    def call(**arguments):
        arguments.update(kubeconfig=cluster.path, kubectl=cluster.program)
        return run(monkeypatch, capsys, cluster_check.main, **arguments)

    return call


def test_nothing_is_changed_and_nothing_stays(call, cluster):
    result = call()
    assert result["changed"] is False
    assert {entry["status"] for entry in result["findings"]} == {"pass"}
    assert len(result["nodes"]) == 3
    assert cluster.read()["objects"] == objects.healthy()


def test_what_is_kept_is_cleaned_later(call, cluster):
    assert call(keep=True)["node_port"] >= 30000
    assert cluster.read()["objects"] != objects.healthy()
    result = call(action="clean", _check_mode=True)
    assert (result["changed"], result["findings"]) == (False, [])
    assert cluster.read()["objects"] != objects.healthy()
    call(action="clean")
    assert cluster.read()["objects"] == objects.healthy()


def test_check_mode_only_reads(call, cluster):
    result = call(keep=True, _check_mode=True)
    assert {words[0] for words in cluster.calls()} == {"get"}
    assert {entry["status"] for entry in result["findings"]} == {"pass", "skip"}
    assert result["node_port"] == 0


def test_a_cluster_that_cannot_be_asked_does_not_fail_the_module(call, cluster):
    cluster.write(failures=[{"words": "get", "stderr": "error: You must be logged in to the server (Unauthorized)"}])
    result = call()
    assert "failed" not in result
    assert [(entry["id"], entry["status"]) for entry in result["findings"]] == [("cluster.api", "fail")]


def test_a_host_asks_the_nodes(monkeypatch, capsys):
    with socket.socket(socket.AF_INET6) as free:
        free.bind(("::1", 0))
        port = free.getsockname()[1]
    nodes = [{"name": socket.gethostname().lower(), "address": "::1"}, {"name": "elsewhere"}]
    result = run(monkeypatch, capsys, node_port_check.main, nodes=nodes, port=port, timeout=0)
    assert result["changed"] is False
    assert [(entry["id"], entry["status"]) for entry in result["findings"]] == [
        ("cluster.node.joined", "pass"),
        ("cluster.node-port", "fail"),
    ]
    assert result["findings"][1]["observed"].endswith("([::1]:%d): Connection refused" % port)


def test_without_a_port_nobody_is_asked(monkeypatch, capsys):
    result = run(monkeypatch, capsys, node_port_check.main, nodes=[], port=0, _check_mode=True)
    assert [entry["status"] for entry in result["findings"]] == ["skip", "skip"]
