# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0
"""What the role rook plans for an inventory and for what it finds, by its own variables in a real playbook."""

import gzip
import json
import os
import shutil
import subprocess
import sys

import pytest

HERE = os.path.dirname(os.path.realpath(__file__))
TOP = os.path.realpath(os.path.join(HERE, "..", "..", ".."))
COLLECTIONS = os.path.realpath(os.path.join(TOP, "..", "..", ".."))
PLAYBOOK = os.path.join(HERE, "playbooks", "rook_plan.yml")
MANIFESTS = os.path.join(TOP, "tests", "data", "upstream", "rook", "1.19.7")
NOTHING = {"version": "", "cluster": False, "replicas": 0, "monitors": 0, "storage_classes": [], "ceph_version": ""}


@pytest.fixture(params=["", "-2.16"])
def plan(request, tmp_path):
    """Return the plan for a number of nodes, what is found, and other variables."""
    program = os.path.join(sys.prefix + request.param, "bin", "ansible-playbook")
    if not os.path.exists(program):
        pytest.skip("there is no Python for an environment with ansible-core 2.16")

    # The larger ones are kept packed.
    manifests = tmp_path / "manifests"
    shutil.copytree(MANIFESTS, str(manifests))
    for packed in manifests.glob("*.gz"):
        packed.with_suffix("").write_bytes(gzip.decompress(packed.read_bytes()))

    def call(nodes, found=(), **variables):
        groups = {"kube_control_plane": {"hosts": {"n1": {}}}}
        groups["kube_node"] = {"hosts": {"n%d" % number: {} for number in range(2, nodes + 1)}}
        inventory = tmp_path / "inventory.yml"
        inventory.write_text(json.dumps(groups))
        case = tmp_path / "case.json"
        result = tmp_path / "result.json"
        found = dict(NOTHING, **dict(found))
        given = dict(variables, rook__found=found, manifests=str(manifests), result=str(result))
        case.write_text(json.dumps(given))
        environment = dict(os.environ, HOME=str(tmp_path), ANSIBLE_COLLECTIONS_PATH=COLLECTIONS, ANSIBLE_NOCOLOR="1")
        environment.pop("PYTHONPATH", None)
        done = subprocess.run(
            [program, "--inventory", str(inventory), "--extra-vars", "@" + str(case), PLAYBOOK],
            env=environment,
            cwd=str(tmp_path),
            check=False,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        assert done.returncode == 0, done.stdout.decode("utf-8", "replace")
        told = json.loads(result.read_text())
        # Before 2.19 what is templated is text.
        return dict(told, **{name: int(told[name]) for name in ("monitors", "replicas", "operator")})

    return call


def test_a_new_cluster_follows_its_nodes(plan):
    told = plan(3)
    assert (told["monitors"], told["replicas"], told["classes"]) == (3, 3, ["default"])
    assert told["operator"] > 100 and told["kinds"][:2] == ["ConfigMap", "CephCluster"]
    assert (told["path"], told["same_line"], told["upgrade"]) == ({"steps": [], "error": ""}, True, False)
    told = plan(1, rook_minimum_node_count=3)
    assert (told["monitors"], told["replicas"], told["enough"]) == (1, 1, False)


def test_nodes_that_are_added_raise_copies_and_monitors_and_gone_ones_lower_nothing(plan):
    there = {"version": "1.19.7", "cluster": True, "replicas": 1, "monitors": 1, "storage_classes": ["default"]}
    told = plan(3, there)
    assert (told["monitors"], told["replicas"], told["upgrade"]) == (3, 3, False)
    # A class that is there cannot be changed.
    assert told["classes"] == []
    told = plan(2, dict(there, replicas=3, monitors=3))
    assert (told["monitors"], told["replicas"]) == (3, 3)
    # Unless it is asked for.
    told = plan(
        2, dict(there, replicas=3, monitors=3), rook_ceph_replica_count=2, rook_cluster_settings={"mon": {"count": 1}}
    )
    assert (told["monitors"], told["replicas"]) == (1, 2)


def test_the_nodes_that_are_named_count_and_a_class_without_a_driver_is_left_out(plan):
    nodes = [{"name": "n2", "devices": [{"name": "sdb"}]}]
    told = plan(3, rook_nodes=nodes, rook_operator_settings={"ROOK_CSI_ENABLE_RBD": False})
    assert (told["monitors"], told["replicas"], told["classes"]) == (1, 1, [])


def test_another_line_is_a_step_and_another_release_of_the_line_is_not(plan):
    running = {"cluster": True, "replicas": 3, "monitors": 3, "ceph_version": "19.2.3"}
    told = plan(3, dict(running, version="1.18.11"))
    assert (told["path"]["steps"], told["same_line"], told["upgrade"]) == (["1.19.7"], False, True)
    told = plan(3, dict(running, version="1.19.3"))
    assert (told["path"]["steps"], told["same_line"], told["upgrade"]) == (["1.19.7"], True, True)
    assert plan(3, dict(running, version="1.20.6"))["path"]["error"]
    assert "Ceph 18.2.7 runs" in plan(3, dict(running, version="1.18.11", ceph_version="18.2.7"))["path"]["error"]
