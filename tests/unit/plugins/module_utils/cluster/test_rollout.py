# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0
"""Workloads are waited for; one that does not come says why."""

from __future__ import absolute_import, division, print_function

__metaclass__ = type

import time
import types

import pytest

from ansible_collections.kurl.ipv6.plugins.module_utils.cluster import rollout


def workload(kind, spec=None, generation=1, **status):
    status.setdefault("observedGeneration", 1)
    return {
        "apiVersion": "apps/v1",
        "kind": kind,
        "metadata": {"name": "web", "namespace": "demo", "generation": generation},
        "spec": dict({"selector": {"matchLabels": {"app": "web"}}}, **(spec or {})),
        "status": status,
    }


ALL_NEW = {"replicas": 2, "updatedReplicas": 2, "availableReplicas": 2, "readyReplicas": 2}


@pytest.mark.parametrize(
    "given, missing",
    [
        (workload("Deployment", {"replicas": 2}, **ALL_NEW), ""),
        (workload("Deployment", {"replicas": 0}), ""),
        (workload("Deployment", {"replicas": 2}, generation=2, **ALL_NEW), "not seen by its controller yet"),
        (workload("Deployment", {"replicas": 2}, updatedReplicas=1), "1 of 2 pods are new"),
        (workload("Deployment", {"replicas": 2}, **{**ALL_NEW, "replicas": 3}), "1 old pods are still there"),
        (workload("Deployment", {"replicas": 2}, **{**ALL_NEW, "availableReplicas": 1}), "1 of 2 pods are ready"),
        (workload("Deployment", {"replicas": 2}, **{**ALL_NEW, "availableReplicas": None}), "0 of 2 pods are ready"),
        (workload("StatefulSet", {"replicas": 2}, **ALL_NEW), ""),
        (workload("StatefulSet", {"replicas": 2}, **{**ALL_NEW, "readyReplicas": 0}), "0 of 2 pods are ready"),
        (
            workload("DaemonSet", desiredNumberScheduled=3, updatedNumberScheduled=3, numberAvailable=3),
            "",
        ),
        (
            workload("DaemonSet", desiredNumberScheduled=3, updatedNumberScheduled=2, numberAvailable=3),
            "2 of 3 pods are new",
        ),
        (
            workload("DaemonSet", desiredNumberScheduled=3, updatedNumberScheduled=3, numberAvailable=1),
            "1 of 3 pods are ready",
        ),
        (
            # New pods come only when somebody deletes the old ones.
            workload(
                "DaemonSet",
                {"updateStrategy": {"type": "OnDelete"}},
                desiredNumberScheduled=3,
                updatedNumberScheduled=0,
                numberAvailable=3,
            ),
            "",
        ),
    ],
)
def test_progress(given, missing):
    assert rollout.progress(given) == missing


def api_service(*conditions):
    return {
        "apiVersion": "apiregistration.k8s.io/v1",
        "kind": "APIService",
        "metadata": {"name": "v1.demo.io"},
        "status": {"conditions": list(conditions)},
    }


def test_progress_of_an_api_service():
    assert rollout.progress(api_service({"type": "Available", "status": "True"})) == ""
    assert rollout.progress(api_service({"type": "Available", "status": "False", "message": "no endpoints"})) == (
        "no endpoints"
    )
    assert rollout.progress(api_service()) == "not available"


def test_only_workloads_are_waited_for():
    others = [{"apiVersion": "v1", "kind": "Service"}, {"apiVersion": "demo.io/v1", "kind": "Deployment"}]
    deployment = workload("Deployment")
    assert rollout.awaited(others + [deployment]) == [deployment]


def test_nothing_is_waited_for_when_all_is_there(cluster):
    ready = workload("Deployment", {"replicas": 2}, **ALL_NEW)
    cluster.add(ready)
    assert rollout.wait(cluster.kubectl, [ready], 60) == []
    assert len(cluster.calls("get")) == 1


def test_it_is_waited_until_it_is_there(cluster, monkeypatch):
    late = workload("Deployment", {"replicas": 2}, updatedReplicas=1)
    cluster.add(late, workload("StatefulSet", {"replicas": 2}, **ALL_NEW))

    def come(seconds):
        objects = cluster.read()["objects"]
        objects[0]["status"].update(ALL_NEW)
        cluster.write(objects=objects)

    monkeypatch.setattr(rollout, "time", types.SimpleNamespace(time=time.time, sleep=come))
    assert rollout.wait(cluster.kubectl, cluster.read()["objects"], 60) == []
    assert len(cluster.calls("get")) == 2


def pod(name, node, **container):
    return {
        "kind": "Pod",
        "apiVersion": "v1",
        "metadata": {"name": name, "namespace": "demo", "labels": {"app": "web"}},
        "spec": {"nodeName": node},
        "status": {"phase": "Pending", "containerStatuses": [dict({"name": "app", "image": "demo:1"}, **container)]},
    }


def test_one_that_does_not_come_says_why(cluster):
    late = workload("DaemonSet", desiredNumberScheduled=2, updatedNumberScheduled=2, numberAvailable=1)
    cluster.add(late, pod("web-1", "n1", state={"waiting": {"reason": "ErrImageNeverPull", "message": "not there"}}))
    image, found = rollout.wait(cluster.kubectl, [late], 0)
    assert found["status"] == image["status"] == "fail"
    assert found["title"] == "DaemonSet demo/web is rolled out"
    assert found["observed"] == "1 of 2 pods are ready after 0 s; pod demo/web-1 on n1: image.missing"
    assert image["observed"] == "pod demo/web-1: image demo:1: ErrImageNeverPull: not there"
    assert found["remedy"] == "kubectl --namespace demo describe daemonset/web"
    assert (image["id"], image["subject"]) == ("image.missing", "node/n1")
    assert image["title"] == "the node has the image demo:1"


def crashing(name, node):
    return pod(name, node, state={"waiting": {"reason": "CrashLoopBackOff"}})


def test_a_known_cause_is_a_finding_of_its_own_once_a_node(cluster):
    late = workload("DaemonSet", desiredNumberScheduled=3)
    cluster.add(late, crashing("web-1", "n1"), crashing("web-2", "n1"), crashing("web-3", "n2"))
    log = "modprobe: FATAL: Module openvswitch not found in directory /lib/modules/6.18.0\nFailed to load the module\n"
    cluster.write(logs={"web-%d/app/previous" % number: log for number in (1, 2, 3)})
    found = rollout.wait(cluster.kubectl, [late], 0)
    assert [(entry["id"], entry["subject"]) for entry in found] == [
        ("module.openvswitch", "node/n1"),
        ("module.openvswitch", "node/n2"),
        ("cluster.rollout", "cluster"),
    ]
    assert "Module openvswitch not found in directory /lib/modules/6.18.0" in found[0]["observed"]
    assert "modprobe openvswitch   # on n1" in found[0]["remedy"]
    assert rollout.hopeless(cluster.kubectl, [late])


def test_what_may_mend_itself_is_not_hopeless(cluster):
    late = workload("DaemonSet", desiredNumberScheduled=1)
    cluster.add(late, pod("web-1", "n1", state={"waiting": {"reason": "ErrImageNeverPull", "message": "not there"}}))
    assert not rollout.hopeless(cluster.kubectl, [late])


def test_many_pods_with_the_same_trouble_are_counted(cluster):
    late = workload("DaemonSet", desiredNumberScheduled=7)
    state = {"waiting": {"reason": "ErrImageNeverPull"}}
    cluster.add(late, *[pod("web-%d" % number, "n%d" % number, state=state) for number in range(7)])
    reasons = rollout.reasons_of(late, rollout.troubles(cluster.kubectl, late))
    assert len(reasons) == 6
    assert reasons[-1] == "and 2 more pods"


def test_without_pods_the_controller_is_quoted(cluster):
    late = workload("Deployment", conditions=[{"type": "ReplicaFailure", "message": "exceeded quota: small"}])
    assert rollout.reasons_of(late, rollout.troubles(cluster.kubectl, late)) == ["exceeded quota: small"]
