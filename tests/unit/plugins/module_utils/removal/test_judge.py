# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0
"""Which nodes may leave a cluster, and what keeps pods on them."""

import itertools

import pytest

from ansible_collections.kurl.ipv6.plugins.module_utils.removal import judge


def member(name, healthy=True, learner=False, address=""):
    addresses = [address or f"fd00::{name[1:]}"]
    return {"id": name, "name": name, "addresses": addresses, "clients": [], "learner": learner, "healthy": healthy}


def node(name, address="", control_plane=True):
    labels = {"node-role.kubernetes.io/control-plane": ""} if control_plane else {}
    return {
        "metadata": {"name": name, "labels": labels},
        "status": {"addresses": [{"type": "InternalIP", "address": address or f"fd00::{name[1:]}"}]},
    }


def leaving(*names):
    return [{"host": name, "node": name, "addresses": [f"fd00::{name[1:]}"]} for name in names]


THREE = [member("n1"), member("n2"), member("n3")]


def test_three_healthy_members_can_lose_one_and_two_but_not_with_one_ill():
    assert judge.quorum_refusal(THREE, [THREE[2]]) == ""
    assert judge.quorum_refusal(THREE, THREE[1:]) == ""
    ill = [member("n1"), member("n2"), member("n3", healthy=False)]
    refused = judge.quorum_refusal(ill, [ill[1]])
    assert "would lose its quorum without n2" in refused and "Bring n3 back" in refused
    assert "-e node=n3 -e node_is_gone=true" in refused


def test_the_lost_member_itself_may_leave_and_goes_first():
    ill = [member("n1"), member("n2"), member("n3", healthy=False)]
    assert judge.quorum_refusal(ill, [ill[2]]) == ""
    assert judge.quorum_refusal(ill, [ill[1], ill[2]]) == ""
    assert [one["name"] for one in judge.removal_order([ill[1], ill[2]])] == ["n3", "n2"]


def test_without_quorum_nothing_can_leave():
    lost = [member("n1"), member("n2", healthy=False)]
    assert "has lost its quorum" in judge.quorum_refusal(lost, [lost[1]])


def test_a_learner_counts_for_nothing():
    members = [member("n1"), member("n2", healthy=False, learner=True)]
    assert judge.quorum_refusal(members, [members[1]]) == ""


@pytest.mark.parametrize("count", [1, 2, 3, 4, 5])
def test_what_is_allowed_always_leaves_a_majority(count):
    for health in itertools.product((True, False), repeat=count):
        members = [member(f"n{number}", healthy=healthy) for number, healthy in enumerate(health, 1)]
        for size in range(1, count):
            for chosen in itertools.combinations(members, size):
                left = [one for one in members if one not in chosen]
                healthy = [one for one in left if one["healthy"]]
                if not judge.quorum_refusal(members, list(chosen)):
                    assert len(healthy) > len(left) / 2
                    assert sum(health) > count / 2


def test_the_last_control_plane_node_stays():
    nodes = [node("n1"), node("n2", control_plane=False)]
    assert "kurl.ipv6.reset" in judge.refusals(nodes, leaving("n1"), [member("n1")], "")[0]
    assert judge.refusals(nodes, leaving("n2"), [member("n1")], "fd00::1") == []


def test_the_clusters_endpoint_stays():
    nodes = [node("n1"), node("n2"), node("n3")]
    (refused,) = judge.refusals(nodes, leaving("n1"), THREE, "fd00::1")
    assert "n1 is the cluster's endpoint" in refused and "enableInternalLoadBalancer" in refused
    assert judge.refusals(nodes, leaving("n1"), THREE, "localhost") == []


@pytest.mark.parametrize(
    ("line", "host"),
    [
        ("controlPlaneEndpoint: '[FD00::1]:6443'", "fd00::1"),
        ("controlPlaneEndpoint: localhost:6444", "localhost"),
        ('controlPlaneEndpoint: "k8s.example.com"', "k8s.example.com"),
        ("controlPlaneEndpoint: fd00:0::1", "fd00::1"),
        ('controlPlaneEndpoint: ""', ""),
        ("etcd:\n  controlPlaneEndpoint: x", ""),
    ],
)
def test_the_host_of_the_endpoint(line, host):
    assert judge.endpoint_host(f"apiServer: {{}}\n{line}\nkind: ClusterConfiguration\n") == host


def test_a_node_is_found_by_name_or_address():
    nodes = [node("alpha", "fd00::a"), node("beta", "fd00::b")]
    assert judge.resolve(["", "BETA"], nodes)["metadata"]["name"] == "beta"
    assert judge.resolve(["inventory-name", "[fd00:0::a]"], nodes)["metadata"]["name"] == "alpha"
    assert judge.resolve(["inventory-name", "fd00::c"], nodes) is None


def test_a_member_that_never_started_is_found_by_its_address():
    nameless = dict(member("n3", healthy=False), name="", addresses=["fd00:0::3"])
    assert judge.member_of(leaving("n3")[0], [member("n1"), nameless]) is nameless
    assert judge.member_of(leaving("n4")[0], [member("n1"), nameless]) is None


def pod(name, owner="ReplicaSet", **metadata):
    owners = [{"kind": owner, "controller": True}] if owner else []
    labels = {"app": name}
    return {
        "metadata": dict({"namespace": "shop", "name": name, "labels": labels, "ownerReferences": owners}, **metadata)
    }


def budget(name, allowed, selector):
    return {
        "metadata": {"namespace": "shop", "name": name},
        "spec": {"selector": selector},
        "status": {"disruptionsAllowed": allowed},
    }


def test_pods_are_named_with_what_holds_them():
    pods = [
        pod("db"),
        pod("web"),
        pod("lonely", owner=""),
        pod("agent", owner="DaemonSet"),
        pod("static", annotations={"kubernetes.io/config.mirror": "x"}),
        dict(pod("done"), status={"phase": "Succeeded"}),
    ]
    budgets = [
        budget("db-stays", 0, {"matchExpressions": [{"key": "app", "operator": "In", "values": ["db"]}]}),
        budget("web-may-go", 1, {"matchLabels": {"app": "web"}}),
    ]
    assert judge.obstacles(pods, budgets) == [
        "shop/db: its PodDisruptionBudget db-stays allows no disruption",
        "shop/web: it does not end",
        "shop/lonely: no controller would bring it back",
    ]


@pytest.mark.parametrize(
    ("operator", "values", "selected"),
    [
        ("In", ["a"], True),
        ("In", ["b"], False),
        ("NotIn", ["a"], False),
        ("Exists", None, True),
        ("DoesNotExist", None, False),
    ],
)
def test_selectors(operator, values, selected):
    rule = {"matchExpressions": [{"key": "x", "operator": operator, "values": values}]}
    assert judge.selects(rule, {"x": "a"}) is selected
    assert judge.selects({}, {})
