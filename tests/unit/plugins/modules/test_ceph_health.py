# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0
"""The module that waits for Ceph, as it runs on a host."""

from __future__ import absolute_import, division, print_function

__metaclass__ = type

import pytest

from ansible_collections.kurl.ipv6.plugins.module_utils.cluster.kubectl import KubectlError
from ansible_collections.kurl.ipv6.plugins.modules import ceph_health
from ansible_collections.kurl.ipv6.tests.unit.plugins.module_utils.rook import ceph_objects as given
from ansible_collections.kurl.ipv6.tests.unit.plugins.modules.running import run

CLASSES = [{"metadata": {"name": "default"}, "provisioner": "rook-ceph.rbd.csi.ceph.com"}]


@pytest.fixture
def call(monkeypatch, capsys):
    monkeypatch.setattr(ceph_health.time, "sleep", lambda seconds: None)

    def call(kubectl, **arguments):
        kubectl.others.setdefault("storageclasses.storage.k8s.io", CLASSES)
        monkeypatch.setattr(ceph_health, "Kubectl", lambda kubeconfig, program: kubectl)
        return run(monkeypatch, capsys, ceph_health.main, **arguments)

    return call


def test_what_is_there_is_told(call):
    result = call(given.FakeKubectl(given.healthy()))
    assert not result["changed"] and result["healthy"] and result["findings"] == []
    assert (result["version"], result["ceph_version"], result["replicas"]) == ("1.17.2", "18.2.7", 3)
    assert (result["cluster"], result["monitors"], result["storage_classes"]) == (True, 3, ["default"])


def test_a_cluster_without_rook_has_nothing_of_it(call):
    result = call(given.FakeKubectl(present=False))
    assert (result["installed"], result["version"], result["cluster"]) == (False, "", False)
    assert "failed" not in result


def test_a_wait_that_is_over_fails_with_the_causes(call):
    kubectl = given.FakeKubectl(given.without(given.healthy(), "rook-ceph-mgr"))
    result = call(kubectl, wait=1)
    assert result["failed"] and result["findings"]
    assert "no manager" in result["summary"]
    # In a round of the action plugin's it does not.
    assert "failed" not in call(kubectl, wait=1, explain=False)


def test_without_a_wait_and_in_check_mode_nothing_fails(call):
    kubectl = given.FakeKubectl(given.without(given.healthy(), "rook-ceph-mgr"))
    assert not call(kubectl)["healthy"]
    result = call(kubectl, wait=600, _check_mode=True)
    assert "failed" not in result and not result["healthy"]


def test_another_version_than_wanted_is_not_healthy(call):
    assert not call(given.FakeKubectl(given.healthy()), version="1.17.7")["healthy"]
    assert call(given.FakeKubectl(given.healthy()), version="1.17.2")["healthy"]


def test_an_image_that_is_not_there_is_told_to_the_action_plugin(call):
    lacking = given.pod("x", "y", 1, "Pending", "False", given.waiting("ErrImageNeverPull", "z"))
    assert call(given.FakeKubectl(given.without(given.healthy(), "rook-ceph-mgr") + [lacking]))["hopeless"]
    assert not call(given.FakeKubectl(given.healthy()))["hopeless"]


def test_an_api_server_that_does_not_answer_fails(call):
    class Silent(given.FakeKubectl):
        def objects(self, words, documents=None):
            raise KubectlError("kubectl get: connection refused")

    result = call(Silent())
    assert result["failed"] and result["msg"] == "kubectl get: connection refused"
