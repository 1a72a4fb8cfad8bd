# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0
"""Judgement of what was read, over objects as an API server of 1.34 returns them."""

from __future__ import absolute_import, division, print_function

__metaclass__ = type

import pytest

from ansible_collections.kurl.ipv6.plugins.module_utils.checks import registry
from ansible_collections.kurl.ipv6.plugins.module_utils.cluster import checks


def node(name="n1", ready="True", addresses=("fd00:10::11",), **more):
    conditions = [
        {"type": "MemoryPressure", "status": "False"},
        {"type": "DiskPressure", "status": "False"},
        {"type": "Ready", "status": ready, "reason": "KubeletReady", "message": "kubelet is posting ready status"},
    ]
    given = {
        "kind": "Node",
        "metadata": {"name": name},
        "spec": {"podCIDR": "fd00:c00b:1::/64", "podCIDRs": ["fd00:c00b:1::/64"]},
        "status": {
            "conditions": conditions,
            "addresses": [{"type": "InternalIP", "address": item} for item in addresses]
            + [{"type": "Hostname", "address": name}],
        },
    }
    given["status"].update(more)
    return given


def judged(stage, subject="cluster", **facts):
    return {entry["id"]: entry for entry in checks.run(checks.View(subject, facts), stage)}


def test_a_healthy_node():
    found = judged("cluster.node", "node/n1", node=node())
    assert {name: entry["status"] for name, entry in found.items()} == {
        "cluster.node.ready": "pass",
        "cluster.node.address": "pass",
    }


def test_a_node_without_a_pod_network():
    message = (
        "container runtime network not ready: NetworkReady=false reason:NetworkPluginNotReady message:Network plugin "
        "returns error: cni plugin not initialized"
    )
    conditions = [{"type": "Ready", "status": "False", "reason": "KubeletNotReady", "message": message}]
    found = judged("cluster.node", "node/n1", node=node(conditions=conditions))["cluster.node.ready"]
    assert (found["status"], found["subject"]) == ("fail", "node/n1")
    assert found["observed"] == "KubeletNotReady: " + message
    assert "/etc/cni/net.d" in found["remedy"]


def test_a_node_that_is_not_heard_of():
    conditions = [
        {
            "type": "Ready",
            "status": "Unknown",
            "reason": "NodeStatusUnknown",
            "message": "Kubelet stopped posting node status.",
        }
    ]
    found = judged("cluster.node", node=node(conditions=conditions))["cluster.node.ready"]
    assert found["observed"] == "NodeStatusUnknown: Kubelet stopped posting node status."
    assert "journalctl --unit kubelet" in found["remedy"]
    found = judged("cluster.node", node=node(conditions=[]))["cluster.node.ready"]
    assert (found["status"], found["observed"]) == ("fail", "Ready is unknown: no word of its kubelet")


def test_pressure_is_a_warning():
    conditions = [{"type": "Ready", "status": "True"}, {"type": "DiskPressure", "status": "True"}]
    found = judged("cluster.node", node=node(conditions=conditions))["cluster.node.ready"]
    assert (found["status"], found["observed"]) == ("warn", "ready, but DiskPressure")


@pytest.mark.parametrize(
    "addresses, observed",
    [
        (["10.0.0.1"], "IPv4 in the Node object: 10.0.0.1"),
        (["fd00:10::11", "10.0.0.1"], "IPv4 in the Node object: 10.0.0.1"),
        (["fe80::1"], "InternalIP: fe80::1"),
        ([], "InternalIP: none"),
    ],
)
def test_wrong_addresses_of_a_node(addresses, observed):
    found = judged("cluster.node", node=node(addresses=addresses))["cluster.node.address"]
    assert (found["status"], found["observed"]) == ("fail", observed)
    assert "node_ip" in found["remedy"]


def service(name, address):
    return {
        "kind": "Service",
        "metadata": {"name": name, "namespace": "demo"},
        "spec": {"clusterIP": address, "clusterIPs": [address]},
    }


def test_services_of_the_right_family():
    found = judged("cluster", objects=[service("a", "fd00::1"), service("b", "None")])["cluster.family"]
    assert (found["status"], found["observed"]) == ("pass", "no IPv4 in 2 objects")


def test_services_of_the_wrong_family_are_named_but_not_all():
    found = judged("cluster", objects=[service("s%d" % number, "10.0.0.%d" % number) for number in range(7)])
    entry = found["cluster.family"]
    assert entry["status"] == "fail"
    assert entry["observed"].startswith("Service demo/s0: 10.0.0.0; Service demo/s1: 10.0.0.1; ")
    assert entry["observed"].endswith("; and 2 more objects")
    assert "--namespace demo get service s0" in entry["remedy"]


def workload(ready):
    return {
        "kind": "DaemonSet",
        "metadata": {"name": "kube-proxy", "namespace": "kube-system", "generation": 1},
        "spec": {},
        "status": {
            "observedGeneration": 1,
            "desiredNumberScheduled": 3,
            "updatedNumberScheduled": 3,
            "numberAvailable": ready,
        },
    }


def test_workloads():
    assert judged("cluster.workload", workload=workload(3))["cluster.rollout"]["status"] == "pass"
    found = judged("cluster.workload", workload=workload(2))["cluster.rollout"]
    assert found["observed"] == "DaemonSet kube-system/kube-proxy: 2 of 3 pods are ready"
    assert found["remedy"].endswith("--namespace kube-system describe daemonset kube-proxy")


def pod(phase="Running", ready="True", address="fd00:c00b:1::5", **metadata):
    return {
        "kind": "Pod",
        "metadata": dict({"name": "coredns-1", "namespace": "kube-system"}, **metadata),
        "spec": {"nodeName": "n1"},
        "status": {
            "phase": phase,
            "podIP": address,
            "podIPs": [{"ip": address}],
            "conditions": [{"type": "Ready", "status": ready}],
        },
    }


@pytest.mark.parametrize(
    "given, cause, status, observed",
    [
        (pod(), "", "pass", "healthy"),
        (pod(ready="False"), "container coredns ends again", "fail", "on n1: container coredns ends again"),
        (pod(address="10.244.0.5"), "", "fail", "has the IPv4 address 10.244.0.5"),
        (
            pod("Failed", "False", ownerReferences=[{"kind": "ReplicaSet"}]),
            "Evicted: low on memory",
            "warn",
            "failed and was replaced: Evicted: low on memory",
        ),
    ],
)
def test_pods(given, cause, status, observed):
    found = judged("cluster.pod", "pod/kube-system/coredns-1", pod=given, cause=cause)["cluster.pods"]
    assert (found["status"], found["observed"]) == (status, observed)
    assert (status == "pass") or "--namespace kube-system" in found["remedy"]


def told(**more):
    answer = {"target": "[fd00:c00b:2::1]:443", "asked": True, "error": ""}
    facts = {
        "node": "n1",
        "image": "demo/agnhost:1",
        "idle": "",
        "cause": "",
        "address": "fd00:c00b:1::5",
        "reached": True,
        "unreached": "",
        "others": [
            {"node": "n2", "address": "fd00:c00b:1:1::5", "asked": True, "error": ""},
            {"node": "n3", "address": "fd00:c00b:1:2::5", "asked": True, "error": ""},
        ],
        "api": dict(answer),
        "service": dict(answer, target="[fd00:c00b:2::99]:80"),
        "dns": {
            "name": "kubernetes.default.svc.cluster.local",
            "address": "fd00:c00b:2::1",
            "expected": "fd00:c00b:2::1",
            "asked": True,
            "error": "",
        },
    }
    facts.update(more)
    return judged("cluster.test", "node/n1", **facts)


TESTS = ["cluster.test-pod", "cluster.pod-network", "cluster.api-service", "cluster.service", "cluster.dns"]


def test_a_test_pod_that_reaches_everything():
    found = told()
    assert list(found) == TESTS
    assert {entry["status"] for entry in found.values()} == {"pass"}
    assert found["cluster.pod-network"]["observed"] == "answers from 2 other nodes"


def test_a_test_pod_that_does_not_start():
    found = told(cause="image demo/agnhost:1: ErrImagePull: no such host")
    assert found["cluster.test-pod"]["status"] == "fail"
    assert "artifacts_probe_image=demo/agnhost:1" in found["cluster.test-pod"]["remedy"]
    assert [found[name]["status"] for name in TESTS[1:]] == ["skip"] * 4
    found = told(cause="network: failed to set bridge addr")
    assert "journalctl" in found["cluster.test-pod"]["remedy"]


def test_a_test_pod_that_the_api_server_does_not_reach():
    found = told(reached=False, unreached="dial tcp [fd00:c00b:1::5]:8080: i/o timeout")
    assert found["cluster.test-pod"]["status"] == "fail"
    assert found["cluster.test-pod"]["observed"] == (
        "runs at fd00:c00b:1::5, but the API server does not reach it: dial tcp [fd00:c00b:1::5]:8080: i/o timeout"
    )
    assert [found[name]["status"] for name in TESTS[1:]] == ["skip"] * 4


def test_a_node_that_was_not_tested():
    found = told(idle="not tried in check mode")
    assert [entry["status"] for entry in found.values()] == ["skip"] * 5
    assert {entry["observed"] for entry in found.values()} == {"not tried in check mode"}


def test_a_pod_that_does_not_answer():
    others = [
        {"node": "n2", "address": "fd00:c00b:1:1::5", "asked": True, "error": "no route to host"},
        {"node": "n3", "address": "fd00:c00b:1:2::5", "asked": True, "error": ""},
    ]
    found = told(others=others)["cluster.pod-network"]
    assert (found["status"], found["observed"]) == ("fail", "no answer from n2 ([fd00:c00b:1:1::5]): no route to host")
    assert found["remedy"].startswith("ip -6 route get fd00:c00b:1:1::5   # on n1")


def test_pods_that_could_not_be_asked_in_time():
    others = [{"node": "n2", "address": "fd00::5", "asked": False, "error": "not tried, time is up"}]
    found = told(others=others)["cluster.pod-network"]
    assert (found["status"], found["observed"]) == ("warn", "not tried in time: n2")


def test_one_node_has_no_other():
    assert told(others=[])["cluster.pod-network"]["status"] == "skip"


def test_a_service_that_does_not_answer():
    found = told(api={"target": "[fd00:c00b:2::1]:443", "asked": True, "error": "context deadline exceeded"})
    assert found["cluster.api-service"]["observed"] == (
        "no answer from [fd00:c00b:2::1]:443: context deadline exceeded"
    )
    assert "kube-proxy" in found["cluster.api-service"]["remedy"]
    assert found["cluster.service"]["status"] == "pass"
    found = told(service={"target": "[fd00::2]:80", "asked": False, "error": "not tried, time is up"})
    assert found["cluster.service"]["status"] == "skip"


@pytest.mark.parametrize(
    "address, error, status, observed",
    [
        (
            "",
            "lookup kubernetes.default.svc.cluster.local. on [fd00::a]:53: no such host",
            "fail",
            "kubernetes.default.svc.cluster.local does not resolve: lookup kubernetes.default.svc.cluster.local. on "
            "[fd00::a]:53: no such host",
        ),
        ("10.96.0.1", "", "fail", "kubernetes.default.svc.cluster.local resolves to 10.96.0.1"),
        ("fd00:c00b:2::2", "", "fail", "kubernetes.default.svc.cluster.local resolves to fd00:c00b:2::2"),
        ("fd00:c00b:2::1", "", "pass", "kubernetes.default.svc.cluster.local is fd00:c00b:2::1"),
    ],
)
def test_names(address, error, status, observed):
    dns = {
        "name": "kubernetes.default.svc.cluster.local",
        "address": address,
        "expected": "fd00:c00b:2::1",
        "asked": True,
        "error": error,
    }
    found = told(dns=dns)["cluster.dns"]
    assert (found["status"], found["observed"]) == (status, observed)
    assert found["expected"] == ("" if status == "pass" else "kubernetes.default.svc.cluster.local is fd00:c00b:2::1")


def test_every_check_says_where_it_comes_from():
    mine = [entry for entry in registry.registered() if entry.id.startswith("cluster.")]
    assert len(mine) >= 11
    for entry in mine:
        assert entry.title and entry.why and entry.reference and entry.remedy and entry.judge.__doc__, entry.id
