# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0
"""Image references of every form, and where they are found."""

import pytest

from ansible_collections.kurl.ipv6.plugins.module_utils.manifest import images

DIGEST = "sha256:" + "0" * 64


@pytest.mark.parametrize(
    "reference, parts, base",
    [
        ("nginx", ("nginx", "", ""), "nginx"),
        ("nginx:1.25", ("nginx", "1.25", ""), "nginx"),
        ("antrea/antrea-agent-ubuntu:v2.4.1", ("antrea/antrea-agent-ubuntu", "v2.4.1", ""), "antrea-agent-ubuntu"),
        ("registry.example:5000/x", ("registry.example:5000/x", "", ""), "x"),
        ("registry.example:5000/a/b/x:1", ("registry.example:5000/a/b/x", "1", ""), "x"),
        ("quay.io/x@" + DIGEST, ("quay.io/x", "", DIGEST), "x"),
        ("quay.io/a/x:1@" + DIGEST, ("quay.io/a/x", "1", DIGEST), "x"),
        ("[fd00::1]:5000/a/x:1", ("[fd00::1]:5000/a/x", "1", ""), "x"),
        ("[fd00::1]:5000/x@" + DIGEST, ("[fd00::1]:5000/x", "", DIGEST), "x"),
        ("localhost/x:1", ("localhost/x", "1", ""), "x"),
    ],
)
def test_a_reference_is_split_and_put_together(reference, parts, base):
    assert images.split(reference) == parts
    assert images.basename(reference) == base
    _repository, tag, digest = parts
    wanted = base + (":" + tag if tag else "") + ("@" + digest if digest else "")
    for prefix in ("[fd00::2]:5000/mirror", "[fd00::2]:5000/mirror/", "registry.local"):
        assert images.rewrite(reference, prefix) == prefix.rstrip("/") + "/" + wanted
    assert images.rewrite(reference, "") == reference


def pod(*names, **lists):
    """Return a pod template with containers of these images."""
    spec = {"containers": [{"name": name, "image": name} for name in names]}
    spec.update((key, [{"image": name} for name in values]) for key, values in lists.items())
    return {"spec": spec}


def test_images_of_every_kind_of_workload_are_found_once_and_in_order():
    documents = [
        dict(pod("pod:1", initContainers=["init:1"]), kind="Pod"),
        {"kind": "CronJob", "spec": {"jobTemplate": {"spec": {"template": pod("cron:1")}}}},
        {"kind": "ConfigMap", "data": {"image": "no:1"}},
        {"kind": "Deployment", "spec": {"template": pod("deployment:1", "pod:1", ephemeralContainers=["debug:1"])}},
    ]
    documents += [
        {"kind": kind, "spec": {"template": pod(kind.lower() + ":1")}}
        for kind in ("DaemonSet", "Job", "ReplicaSet", "ReplicationController", "StatefulSet")
    ]
    assert images.images(documents) == [
        "init:1",
        "pod:1",
        "cron:1",
        "deployment:1",
        "debug:1",
        "daemonset:1",
        "job:1",
        "replicaset:1",
        "replicationcontroller:1",
        "statefulset:1",
    ]


@pytest.mark.parametrize(
    "document",
    [
        {"kind": "Deployment"},
        {"kind": "Deployment", "spec": None},
        {"kind": "Deployment", "spec": {"template": None}},
        {"kind": "CronJob", "spec": {"jobTemplate": None}},
        {"kind": "Pod", "spec": None},
        {"kind": "Pod", "spec": {"containers": None}},
        {"kind": "Pod", "spec": {"containers": [{"name": "x"}, {"name": "y", "image": ""}]}},
        {},
    ],
)
def test_what_is_incomplete_has_no_images(document):
    assert images.images([document]) == []
