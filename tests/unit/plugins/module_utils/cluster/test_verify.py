# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0
"""The verification of a cluster from end to end, against a small cluster that misbehaves as it is told."""

from __future__ import absolute_import, division, print_function

__metaclass__ = type

import time
import types

import pytest

from ansible_collections.kurl.ipv6.plugins.module_utils.cluster import trial, verify
from ansible_collections.kurl.ipv6.tests.unit.plugins.module_utils.cluster import objects

TESTS = ["cluster.test-pod", "cluster.pod-network", "cluster.api-service", "cluster.service", "cluster.dns"]


@pytest.fixture
def healthy(cluster):
    """A cluster in which everything works."""
    cluster.write(objects=objects.healthy())
    return cluster


@pytest.fixture
def call(monkeypatch, healthy):
    """Verify it, and see that every failure says what to do."""
    monkeypatch.setattr(verify, "PATIENCE", 0)

    def call(wait=0, timeout=180, **arguments):
        result = verify.check(healthy.kubectl, trial.IMAGE, ["kube-system"], wait, timeout, **arguments)
        for entry in result["findings"]:
            if entry["status"] == "fail":
                assert entry["observed"] and entry["expected"] and entry["remedy"], entry
        return result

    return call


def statuses(result, name):
    """Return subject -> status of the findings with an id."""
    return {entry["subject"]: entry["status"] for entry in result["findings"] if entry["id"] == name}


def observed(result, name, subject):
    """Return what one finding saw."""
    return next(e["observed"] for e in result["findings"] if (e["id"], e["subject"]) == (name, subject))


def bad(result):
    """Return (id, subject) of what is not well."""
    return [(entry["id"], entry["subject"]) for entry in result["findings"] if entry["status"] in ("fail", "warn")]


ALL = {"node/n1": "pass", "node/n2": "pass", "node/n3": "pass"}


def test_a_healthy_cluster_passes_and_stays_as_it_was(call, cluster):
    result = call()
    assert bad(result) == []
    for name in TESTS + ["cluster.node.ready", "cluster.node.address"]:
        assert statuses(result, name) == ALL, name
    for name in ("cluster.api", "cluster.family", "cluster.pods"):
        assert statuses(result, name) == {"cluster": "pass"}, name
    assert observed(result, "cluster.pod-network", "node/n2") == "answers from 2 other nodes"
    assert observed(result, "cluster.dns", "node/n1") == "kubernetes.default.svc.cluster.local is fd00:c00b:2::1"
    assert result["nodes"] == [{"name": "n%d" % number, "address": "fd00:10::%d" % number} for number in (1, 2, 3)]
    assert result["node_port"] == 0
    assert cluster.read()["objects"] == objects.healthy()


def test_objects_are_kept_when_asked_for_and_then_cleaned(call, cluster):
    result = call(keep=True)
    assert 30000 <= result["node_port"] <= 32767
    assert trial.NAMESPACE in cluster.names("Namespace")
    assert verify.remove(cluster.kubectl) == []
    assert cluster.read()["objects"] == objects.healthy()
    assert verify.remove(cluster.kubectl) == []


def test_check_mode_only_reads(call, cluster):
    result = call(read_only=True)
    assert {words[0] for words in cluster.calls()} == {"get"}
    assert bad(result) == []
    for name in TESTS:
        assert set(statuses(result, name).values()) == {"skip"}
    assert statuses(result, "cluster.node.ready") == ALL


def test_what_an_interrupted_run_left_is_replaced(call, cluster):
    cluster.add(objects.namespace(trial.NAMESPACE, **dict([trial.LABEL])), dict(trial.service(30007)))
    assert bad(call()) == []
    assert len(cluster.calls("delete")) == 2
    assert cluster.read()["objects"] == objects.healthy()


def test_a_namespace_of_somebody_else_is_left_alone(call, cluster):
    cluster.add(objects.namespace(trial.NAMESPACE))
    result = call()
    assert bad(result) == [("cluster.tests", "cluster")]
    assert "was not made here" in observed(result, "cluster.tests", "cluster")
    assert trial.NAMESPACE in cluster.names("Namespace")
    assert cluster.calls("delete") == []


def test_an_api_server_that_does_not_answer(call, cluster):
    cluster.write(
        failures=[
            {
                "words": "get",
                "stderr": "The connection to the server [fd00::1]:6443 was denied",
            }
        ]
    )
    result = call()
    assert bad(result) == [("cluster.api", "cluster")]
    assert (
        observed(result, "cluster.api", "cluster")
        == "kubectl get: The connection to the server [fd00::1]:6443 was denied"
    )
    assert result["nodes"] == []


def test_pods_of_one_node_that_do_not_reach_another(call, cluster):
    error = "dial tcp [fd00:c00b:1:3::5]:8080: connect: no route to host"
    cluster.write(rules=[{"node": "n1", "host": "fd00:c00b:1:3::5", "error": error}])
    result = call()
    assert bad(result) == [("cluster.pod-network", "node/n1")]
    assert observed(result, "cluster.pod-network", "node/n1") == "no answer from n3 ([fd00:c00b:1:3::5]): " + error
    assert cluster.read()["objects"] == objects.healthy()


def test_another_pod_that_answers_is_no_success(call, cluster):
    cluster.write(rules=[{"node": "n1", "host": "fd00:c00b:1:3::5", "text": "somebody-else"}])
    result = call()
    assert bad(result) == [("cluster.pod-network", "node/n1")]
    assert observed(result, "cluster.pod-network", "node/n1").endswith("an unexpected answer: somebody-else")


def test_rules_that_come_a_moment_later_are_waited_for(call, cluster, monkeypatch):
    monkeypatch.setattr(verify, "PATIENCE", 60)
    cluster.write(rules=[{"host": "fd00:c00b:2::1", "port": "443", "error": "connection refused", "times": 3}])
    assert bad(call()) == []


def test_an_api_service_that_does_not_answer(call, cluster):
    cluster.write(rules=[{"node": "n2", "host": "fd00:c00b:2::1", "port": "443", "error": "context deadline exceeded"}])
    result = call()
    assert bad(result) == [("cluster.api-service", "node/n2")]
    assert observed(result, "cluster.api-service", "node/n2") == (
        "no answer from [fd00:c00b:2::1]:443: context deadline exceeded"
    )


def test_a_name_that_does_not_resolve(call, cluster):
    name = "kubernetes.default.svc.cluster.local."
    error = "lookup %s on [fd00:c00b:2::a]:53: read udp: i/o timeout" % name
    cluster.write(rules=[{"node": "n3", "host": name, "refused": error}])
    result = call()
    assert bad(result) == [("cluster.dns", "node/n3")]
    assert (
        observed(result, "cluster.dns", "node/n3") == "kubernetes.default.svc.cluster.local does not resolve: " + error
    )


def test_a_name_that_resolves_to_ipv4(call, cluster):
    quoted = 'parse "http://10.96.0.1:80/%zz": invalid URL escape "%zz"'
    cluster.write(rules=[{"node": "n3", "host": "kubernetes.default.svc.cluster.local.", "error": quoted}])
    result = call()
    assert bad(result) == [("cluster.dns", "node/n3")]
    assert observed(result, "cluster.dns", "node/n3") == "kubernetes.default.svc.cluster.local resolves to 10.96.0.1"


def test_a_pod_that_the_api_server_does_not_reach(call, cluster):
    cluster.write(rules=[{"node": "n3", "unreachable": "dial tcp [fd00:c00b:1:3::5]:8080: i/o timeout"}])
    result = call()
    assert bad(result) == [("cluster.test-pod", "node/n3")]
    assert statuses(result, "cluster.pod-network") == {"node/n1": "pass", "node/n2": "pass", "node/n3": "skip"}


def test_an_image_that_is_not_there(call, cluster):
    waiting = {"waiting": {"reason": "ImagePullBackOff", "message": "Back-off pulling image"}}
    status = {"phase": "Pending", "containerStatuses": [{"name": "ask", "image": trial.IMAGE, "state": waiting}]}
    cluster.write(pod_status={"n%d" % number: status for number in (1, 2, 3)})
    result = call(keep=True)
    assert statuses(result, "cluster.test-pod") == {"node/n1": "fail", "node/n2": "fail", "node/n3": "fail"}
    assert observed(result, "cluster.test-pod", "node/n1").startswith("image %s: ImagePullBackOff" % trial.IMAGE)
    assert result["node_port"] == 0
    assert cluster.read()["objects"] == objects.healthy()


def test_a_node_that_is_not_ready_is_not_waited_for(call, cluster, monkeypatch):
    monkeypatch.setattr(verify, "time", types.SimpleNamespace(time=time.time, sleep=pytest.fail))
    content = objects.healthy()
    content[2]["status"]["conditions"] = [{"type": "Ready", "status": "Unknown", "message": "stopped posting"}]
    cluster.write(objects=content, pod_status={"n3": {"phase": "Pending"}})
    result = call()
    assert bad(result) == [("cluster.node.ready", "node/n3")]
    assert statuses(result, "cluster.test-pod") == {"node/n1": "pass", "node/n2": "pass", "node/n3": "skip"}
    assert observed(result, "cluster.pod-network", "node/n1") == "answers from 1 other node"


def test_a_pod_that_does_not_start_in_time(call, cluster, monkeypatch):
    monkeypatch.setattr(verify, "_ASKING_SECONDS", 60)
    cluster.write(pod_status={"n3": {"phase": "Pending"}})
    result = call(timeout=61)
    assert bad(result) == [("cluster.test-pod", "node/n3")]
    assert observed(result, "cluster.test-pod", "node/n3") == "phase Pending"


def test_ipv4_is_found(call, cluster):
    content = objects.healthy()
    content[0]["status"]["addresses"].append({"type": "ExternalIP", "address": "192.0.2.1"})
    content.append(objects.service("old", "default", "10.96.0.5", 80))
    cluster.write(objects=content)
    result = call()
    assert bad(result) == [("cluster.node.address", "node/n1"), ("cluster.family", "cluster")]
    assert observed(result, "cluster.family", "cluster") == "Service default/old: 10.96.0.5"


def test_a_system_pod_that_is_not_healthy_names_its_cause(call, cluster):
    cluster.add(objects.system_pod("coredns-1", 2, ready="False"))
    cluster.write(logs={"coredns-1/app": "plugin/forward: no upstream\n"})
    result = call()
    assert bad(result) == [("cluster.pods", "pod/kube-system/coredns-1")]
    assert observed(result, "cluster.pods", "pod/kube-system/coredns-1") == (
        "on n2: container app runs but is not ready: plugin/forward: no upstream"
    )


def test_what_is_about_to_be_healthy_is_waited_for(call, cluster, monkeypatch):
    content = objects.healthy() + [objects.system_pod("coredns-1", 2, ready="False")]
    cluster.write(objects=content)
    slept = []

    def come(seconds):
        slept.append(seconds)
        if len(slept) == 2:
            cluster.write(objects=objects.healthy() + [objects.system_pod("coredns-1", 2)])

    monkeypatch.setattr(verify, "time", types.SimpleNamespace(time=time.time, sleep=come))
    assert bad(call(wait=600, read_only=True)) == []
    assert len(slept) == 2


def test_an_old_api_server_is_not_told_of_families(call, cluster):
    content = objects.healthy()
    for item in content:
        item.get("spec", {}).pop("ipFamilies", None)
    cluster.write(objects=content)
    assert bad(call(keep=True)) == []
    made = [item for item in cluster.read()["objects"] if item["kind"] == "Service"][-1]
    assert made["metadata"]["name"] == "verify"
    assert "ipFamilies" not in made["spec"]


def test_a_port_that_is_taken_is_not_fatal(call, cluster):
    cluster.write(node_port_range=[80, 29999])
    result = call(keep=True)
    assert bad(result) == []
    # None of the usual ports is allowed there; the API server has picked one.
    assert result["node_port"] == 80


def test_a_refused_object_is_a_finding_and_nothing_stays(call, cluster):
    cluster.write(failures=[{"words": "apply", "stderr": "Error from server (Forbidden): exceeded quota", "times": 1}])
    result = call(keep=True)
    assert bad(result) == [("cluster.tests", "cluster")]
    assert (
        observed(result, "cluster.tests", "cluster") == "kubectl apply: Error from server (Forbidden): exceeded quota"
    )
    assert cluster.read()["objects"] == objects.healthy()


def test_a_bug_in_the_tests_leaves_nothing_either(call, cluster, monkeypatch):
    def broken(self, api, test_pods, service):
        raise ZeroDivisionError

    monkeypatch.setattr(verify.Trial, "_ask", broken)
    with pytest.raises(ZeroDivisionError):
        call(keep=True)
    assert cluster.read()["objects"] == objects.healthy()


def test_a_namespace_that_stays_is_told(call, cluster):
    cluster.write(failures=[{"words": "delete", "stderr": "error: timed out waiting for the condition"}])
    result = call()
    assert bad(result) == [("cluster.cleanup", "cluster")]
    assert statuses(result, "cluster.cleanup") == {"cluster": "warn"}
    assert "delete namespace kurl-ipv6-verify" in next(
        entry["remedy"] for entry in result["findings"] if entry["id"] == "cluster.cleanup"
    )
