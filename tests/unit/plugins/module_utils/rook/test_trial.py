# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0

from __future__ import absolute_import, division, print_function

__metaclass__ = type

import json

import pytest

from ansible_collections.kurl.ipv6.plugins.module_utils.cluster.kubectl import KubectlError
from ansible_collections.kurl.ipv6.plugins.module_utils.rook import observe, trial
from ansible_collections.kurl.ipv6.tests.unit.plugins.module_utils.rook import ceph_objects as given


class Images:
    """What ``rbd`` does, in a pool that is a dictionary."""

    def __init__(self, broken="", **images):
        self.images, self.broken, self.told = images, broken, []

    def __call__(self, words, data):
        self.told.append(words[1])
        name = words[-1].split("/")[-1]
        if words[1] == self.broken:
            return 1, "", "rbd: error connecting to the cluster\n"
        if words[1] == "ls":
            return 0, "\n".join(self.images), ""
        if words[1] == "import":
            self.images[name] = data
        elif words[1] == "export":
            return 0, self.images[words[-2].split("/")[-1]], ""
        elif words[1] == "rm":
            del self.images[name]
        return 0, "", ""


def image(images, objects=None):
    objects = given.healthy() if objects is None else objects
    return trial.image(observe.Ceph(given.FakeKubectl(objects, executed=images), objects), objects)


def test_an_image_is_written_read_and_removed():
    images = Images(other="data")
    assert image(images)["done"] == "written, read and removed in the pool replicapool"
    assert images.images == {"other": "data"}


def test_an_image_that_a_killed_run_left_is_replaced():
    images = Images(**{trial.NAME: "old"})
    assert image(images)["done"]
    assert images.images == {}


def test_what_was_not_written_is_an_error():
    class Forgetful(Images):
        def __call__(self, words, data):
            return Images.__call__(self, words, "something else" if words[1] == "import" else data)

    assert image(Forgetful())["error"] == "pool replicapool: what was read is not what was written"


@pytest.mark.parametrize("command", ["ls", "import", "export"])
def test_a_command_that_fails_is_an_error_and_the_image_is_gone(command):
    images = Images(broken=command)
    said = image(images)
    assert "error connecting to the cluster" in said["error"] and said["remedy"]
    assert images.images == {}


def test_without_a_pool_or_a_pod_nothing_is_tried():
    pools = [item for item in given.healthy() if item["kind"] != "CephBlockPool"]
    assert "no block pool" in image(Images(), pools)["skipped"]
    late = pools + [given.pool("replicapool", phase="Progressing"), given.pool("builtin-mgr", spec_name=".mgr")]
    assert "no block pool" in image(Images(), late)["skipped"]
    assert (
        "neither" in image(Images(), given.without(given.healthy(), "rook-ceph-tools", "rook-ceph-operator"))["skipped"]
    )


def test_whether_the_csi_driver_runs():
    assert "not installed" in trial.driver(given.healthy())
    for name in ("csi-rbdplugin-abcde", "rook-ceph.rbd.csi.ceph.com-nodeplugin-abcde"):
        assert trial.driver(given.healthy() + [given.pod(name, "x")]) == ""
        bad = given.pod(name, "x", 1, "Pending", "False", given.waiting("ImagePullBackOff", "no such host"))
        assert "does not run: %s: image" % name in trial.driver(given.healthy() + [bad])


def test_the_storage_class_that_is_tried():
    def named(name, provisioner, default=False):
        notes = {"storageclass.kubernetes.io/is-default-class": "true"} if default else {}
        return {"metadata": {"name": name, "annotations": notes}, "provisioner": provisioner}

    classes = [
        named("local", "kubernetes.io/no-provisioner", True),
        named("rook-cephfs", "rook-ceph.cephfs.csi.ceph.com"),
        named("other", "rook-ceph.rbd.csi.ceph.com"),
        named("default", "rook-ceph.rbd.csi.ceph.com", True),
    ]
    assert trial.storage_class(classes) == "default"
    assert trial.storage_class(classes[:3]) == "other"
    assert trial.storage_class(classes[:2]) == ""


class Volumes(given.FakeKubectl):
    """A cluster in which pods with a volume run and end at once."""

    def __init__(self, phase="Succeeded", keeps=True):
        given.FakeKubectl.__init__(self, others={"pods": self.pods})
        self.there, self.phase, self.keeps, self.data = {}, phase, keeps, ""

    def pods(self, words):
        return [self.there[words[2]]] if words[2] in self.there else []

    def run(self, words, data=None, limit=60):
        if words[0] == "logs":
            return self.data if self.keeps else "nothing"
        document = json.loads(data)
        name = document["metadata"]["name"]
        self.told.append((words[0], document["kind"], name))
        if words[0] == "delete":
            self.there.pop(name, None)
        elif document["kind"] == "Pod":
            affinity = document["spec"].get("affinity")
            script = document["spec"]["containers"][0]["command"][2]
            self.data = script.split()[1] if script.startswith("echo") else self.data
            document["spec"]["nodeName"] = "n2" if affinity else "n1"
            document["status"] = {"phase": self.phase}
            self.there[name] = document
        else:
            self.there[name] = document
        return ""


def volume(kubectl, nodes=("n1", "n2"), deadline=1 << 40):
    return trial.Volume(kubectl, "kurl-ipv6-verify", "default", "quay.io/ceph/ceph:v18.2.7", nodes, deadline).run()


def test_a_volume_is_written_on_one_node_and_read_on_another():
    kubectl = Volumes()
    assert volume(kubectl)["done"] == "class default: written on n1, read on n2"
    assert kubectl.there == {}
    order = [(words[0], words[2]) for words in kubectl.told if words[0] != "get"]
    # The volume is free before the other pod wants it.
    assert order.index(("delete", trial._WRITER)) < order.index(("apply", trial._READER))


def test_on_one_node_it_is_read_on_the_same():
    assert volume(Volumes(), ("n1",))["done"] == "class default: written on n1, read on n1"


def test_what_is_not_read_again_and_what_does_not_end_is_an_error_and_all_is_removed():
    kubectl = Volumes(keeps=False)
    assert volume(kubectl)["error"] == "class default: what was read is not what was written"
    assert kubectl.there == {}
    kubectl = Volumes(phase="Pending")
    assert volume(kubectl, deadline=0)["error"].startswith("class default: pod %s: " % trial._WRITER)
    assert kubectl.there == {}


def test_an_api_server_that_refuses_is_an_error():
    class Refusing(Volumes):
        def run(self, words, data=None, limit=60):
            if words[0] == "apply":
                raise KubectlError("kubectl apply: forbidden")
            return Volumes.run(self, words, data, limit)

    assert volume(Refusing())["error"] == "kubectl apply: forbidden"


def test_pods_obey_the_strictest_standard():
    document = trial.pod("a", "b", "image", "true")
    security = document["spec"]["containers"][0]["securityContext"]
    assert security == {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}}
    assert document["spec"]["securityContext"]["runAsNonRoot"]
