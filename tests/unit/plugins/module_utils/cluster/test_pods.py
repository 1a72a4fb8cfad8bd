# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0
"""Why a pod does not run, from statuses as kubelets write them."""

from __future__ import absolute_import, division, print_function

__metaclass__ = type

import pytest

from ansible_collections.kurl.ipv6.plugins.module_utils.cluster import pods


def pod(phase="Running", ready="True", containers=(), **status):
    status.setdefault("conditions", [{"type": "Ready", "status": ready}])
    status.update(phase=phase, containerStatuses=list(containers))
    return {"metadata": {"name": "web", "namespace": "demo"}, "spec": {"nodeName": "n1"}, "status": status}


def waiting(reason, message="", name="app", **more):
    return dict(name=name, image="demo/app:1", state={"waiting": {"reason": reason, "message": message}}, **more)


@pytest.mark.parametrize(
    "given, expected",
    [
        (pod(), True),
        (pod("Succeeded", "False"), True),
        (pod(ready="False"), False),
        (pod("Pending", "False"), False),
        (pod("Failed", "False"), False),
        (pod(conditions=[]), False),
        ({"metadata": {"name": "web"}}, False),
    ],
)
def test_health(given, expected):
    assert pods.healthy(given) is expected


UNSCHEDULED = [{"type": "PodScheduled", "status": "False", "message": "0/3 nodes are available: 3 node(s) had taints"}]


@pytest.mark.parametrize(
    "given, text, container, previous, events",
    [
        (
            pod("Pending", conditions=UNSCHEDULED),
            "no node takes it: 0/3 nodes are available: 3 node(s) had taints",
            "",
            False,
            False,
        ),
        (
            pod("Failed", reason="Evicted", message="The node was low on resource: memory."),
            "Evicted: The node was low on resource: memory.",
            "",
            False,
            False,
        ),
        (
            pod("Pending", containers=[waiting("ErrImagePull", "dial tcp: lookup registry.k8s.io: no such host")]),
            "image demo/app:1: ErrImagePull: dial tcp: lookup registry.k8s.io: no such host",
            "",
            False,
            False,
        ),
        (
            # While it waits for the next attempt the message says nothing; the events do.
            pod("Pending", containers=[waiting("ImagePullBackOff", 'Back-off pulling image "demo/app:1"')]),
            'image demo/app:1: ImagePullBackOff: Back-off pulling image "demo/app:1"',
            "",
            False,
            True,
        ),
        (
            pod(
                ready="False",
                containers=[
                    waiting(
                        "CrashLoopBackOff",
                        "back-off 10s",
                        lastState={"terminated": {"exitCode": 137, "reason": "OOMKilled"}},
                    )
                ],
            ),
            "container app ends again and again with exit code 137 (OOMKilled)",
            "app",
            True,
            False,
        ),
        (
            pod("Pending", containers=[waiting("CreateContainerConfigError", 'secret "key" not found')]),
            'container app: CreateContainerConfigError: secret "key" not found',
            "",
            False,
            False,
        ),
        (
            pod(
                ready="False", containers=[{"name": "app", "state": {"terminated": {"exitCode": 2, "reason": "Error"}}}]
            ),
            "container app ended with exit code 2",
            "app",
            False,
            False,
        ),
        (
            pod(ready="False", containers=[{"name": "app", "ready": False, "state": {"running": {"startedAt": "x"}}}]),
            "container app runs but is not ready",
            "app",
            False,
            True,
        ),
        (pod("Pending", containers=[waiting("ContainerCreating")]), "", "", False, True),
    ],
)
def test_causes(given, text, container, previous, events):
    assert pods.cause(given) == pods.Cause(text, container, previous, events)


def test_the_init_container_that_stops_all_others_is_the_cause():
    given = pod(
        "Pending",
        initContainerStatuses=[waiting("CrashLoopBackOff", name="install-cni")],
        containers=[waiting("PodInitializing")],
    )
    assert pods.cause(given).text == "container install-cni ends again and again"


def test_a_pod_that_is_being_deleted():
    given = pod(ready="False")
    given["metadata"]["deletionTimestamp"] = "2026-01-01T00:00:00Z"
    assert pods.cause(given).text == "is being deleted"


def test_names_nodes_and_addresses():
    given = pod(podIP="fd00::5", podIPs=[{"ip": "fd00::5"}, {"ip": "10.0.0.5"}])
    assert pods.name_of(given) == "demo/web"
    assert pods.node_of(given) == "n1"
    assert pods.addresses(given) == ["fd00::5", "10.0.0.5"]
    assert pods.addresses(pod(podIP="fd00::5")) == ["fd00::5"]
    assert pods.addresses(pod()) == []


def test_only_what_a_controller_replaces_is_left_over():
    failed = pod("Failed", "False")
    assert not pods.left_over(failed)
    failed["metadata"]["ownerReferences"] = [{"kind": "ReplicaSet", "name": "web"}]
    assert pods.left_over(failed)
    failed["metadata"]["ownerReferences"] = [{"kind": "Node", "name": "n1"}]
    assert not pods.left_over(failed)
    running = pod()
    running["metadata"]["ownerReferences"] = [{"kind": "ReplicaSet", "name": "web"}]
    assert not pods.left_over(running)
