# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0
"""Objects of a healthy Ceph cluster of Rook 1.17, as the API server returns them, and a kubectl that knows them."""

from __future__ import absolute_import, division, print_function

__metaclass__ = type

import copy
import json

from ansible_collections.kurl.ipv6.plugins.module_utils.cluster import kubectl as real
from ansible_collections.kurl.ipv6.plugins.module_utils.rook import observe

SPACE = "rook-ceph"


def labelled(kind, name, version="v1", spec=None, status=None, **labels):
    """An object of Rook's namespace."""
    metadata = {
        "name": name,
        "namespace": SPACE,
        "labels": {key.replace("_", "-"): value for key, value in labels.items()},
    }
    return {"apiVersion": version, "kind": kind, "metadata": metadata, "spec": spec or {}, "status": status or {}}


def deployment(name, app, image="rook/ceph:v1.17.2", rook="v1.17.2", ready=1):
    """A Deployment with one replica."""
    item = labelled(
        "Deployment",
        name,
        "apps/v1",
        {"replicas": 1, "template": {"spec": {"containers": [{"name": app, "image": image}]}}},
        {"observedGeneration": 1, "replicas": 1, "updatedReplicas": 1, "availableReplicas": ready},
        app=app,
        rook_version=rook,
    )
    item["metadata"]["generation"] = 1
    return item


def pod(name, app, on=1, phase="Running", ready="True", statuses=None, **labels):
    """A pod."""
    return labelled(
        "Pod",
        name,
        spec={"nodeName": "n%d" % on, "containers": [{"name": app}]},
        status={
            "phase": phase,
            "podIP": "fd00:c00b:1:%x::%x" % (on, len(name)),
            "conditions": [{"type": "PodScheduled", "status": "True"}, {"type": "Ready", "status": ready}],
            "containerStatuses": statuses or [],
        },
        app=app,
        **labels,
    )


def waiting(reason, message, image="quay.io/ceph/ceph:v18.2.7"):
    """Container statuses of a pod that waits."""
    return [{"name": "x", "image": image, "ready": False, "state": {"waiting": {"reason": reason, "message": message}}}]


def ceph_cluster(phase="Ready", health="HEALTH_OK", monitors=3, details=None):
    """The CephCluster."""
    item = labelled(
        "CephCluster",
        "rook-ceph",
        "ceph.rook.io/v1",
        {"cephVersion": {"image": "quay.io/ceph/ceph:v18.2.7"}, "mon": {"count": monitors}},
        {
            "phase": phase,
            "state": "Created",
            "message": "Cluster created successfully",
            "observedGeneration": 2,
            "version": {"image": "quay.io/ceph/ceph:v18.2.7", "version": "18.2.7-0"},
            "ceph": {"health": health, "details": details or {}},
        },
    )
    item["metadata"]["generation"] = 2
    return item


def pool(name, size=3, phase="Ready", spec_name=""):
    """A CephBlockPool."""
    spec = {"replicated": {"size": size}}
    if spec_name:
        spec["name"] = spec_name
    return labelled("CephBlockPool", name, "ceph.rook.io/v1", spec, {"phase": phase})


def healthy():
    """All of a cluster of three nodes."""
    found = [ceph_cluster(), pool("replicapool"), pool("builtin-mgr", 1, spec_name=".mgr")]
    found.append(deployment("rook-ceph-operator", "rook-ceph-operator"))
    found.append(deployment("rook-ceph-tools", "rook-ceph-tools"))
    found.append(pod("rook-ceph-operator-1", "rook-ceph-operator"))
    found.append(pod("rook-ceph-tools-1", "rook-ceph-tools"))
    for number, name in enumerate("abc", 1):
        found.append(deployment("rook-ceph-mon-" + name, "rook-ceph-mon"))
        found.append(pod("rook-ceph-mon-%s-1" % name, "rook-ceph-mon", number))
        found.append(deployment("rook-ceph-osd-%d" % (number - 1), "rook-ceph-osd"))
        found.append(pod("rook-ceph-osd-%d-1" % (number - 1), "rook-ceph-osd", number))
        found.append(pod("rook-ceph-osd-prepare-n%d-1" % number, "rook-ceph-osd-prepare", number, "Succeeded", "False"))
    for name in "ab":
        found.append(deployment("rook-ceph-mgr-" + name, "rook-ceph-mgr"))
        found.append(pod("rook-ceph-mgr-%s-1" % name, "rook-ceph-mgr"))
    return found


def status(health="HEALTH_OK", checks=None, quorum="abc", up=3, known=3):
    """What ``ceph status`` of Ceph 18 returns, as far as it is read."""
    return {
        "fsid": "00000000-0000-0000-0000-000000000001",
        "health": {
            "status": health,
            "checks": {
                name: {"severity": "HEALTH_WARN", "summary": {"message": text, "count": 1}, "muted": False}
                for name, text in (checks or {}).items()
            },
            "mutes": [],
        },
        "quorum_names": list(quorum),
        "monmap": {"epoch": 3, "num_mons": 3},
        "osdmap": {"epoch": 20, "num_osds": known, "num_up_osds": up, "num_in_osds": known},
    }


def without(objects, *names):
    """Objects but those whose name begins with one of these."""
    return [item for item in objects if not item["metadata"]["name"].startswith(names)]


class FakeKubectl:
    """Answers as kubectl would, from objects; notes what it was told.

    Arguments:
        objects: of Rook's namespace.
        others: plural -> objects, of other kinds that are asked for.
        executed: called with (words after ``--`` without the time limit, standard input) for ``exec``; returns
            (code, output, errors).
        logs: name of a pod -> its log.
        present: whether the API server knows CephClusters.
    """

    def __init__(self, objects=(), others=None, executed=None, logs=None, present=True):
        self.found = list(objects)
        self.others = others or {}
        self.executed = executed or (lambda words, data: (0, json.dumps(status()), ""))
        self.log = logs or {}
        self.present = present
        self.told = []

    def objects(self, words, documents=None):
        """kubectl get --output json."""
        self.told.append(list(words))
        if words[1].startswith("customresourcedefinitions"):
            return [{"kind": "CustomResourceDefinition"}] if self.present else []
        if words[1] in self.others:
            value = self.others[words[1]]
            return value(words) if callable(value) else copy.deepcopy(value)
        assert words[1] == observe._KINDS, words
        return copy.deepcopy(self.found)

    def try_once(self, words, data=None, limit=60):
        """kubectl exec, logs, get events."""
        self.told.append(list(words))
        if words[0] == "exec":
            command = words[words.index("--") + 1 :]
            assert command[0] == "timeout" and int(command[1]) < limit
            return self.executed(command[2:], data)
        if words[0] == "logs":
            return (0, self.log[words[3]], "") if words[3] in self.log else (1, "", "not found")
        if words[:2] == ["get", "events"]:
            return 0, json.dumps({"kind": "List", "items": []}), ""
        raise AssertionError(words)

    def run(self, words, data=None, limit=60):
        """kubectl apply, delete, logs."""
        if words[0] == "logs":
            code, out, err = self.try_once(words)
            if code:
                raise real.KubectlError(err)
            return out
        self.told.append(list(words) + [data])
        return ""
