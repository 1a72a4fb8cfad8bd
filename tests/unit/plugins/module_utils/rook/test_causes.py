# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0

from __future__ import absolute_import, division, print_function

__metaclass__ = type

from ansible_collections.kurl.ipv6.plugins.module_utils.rook import causes, health
from ansible_collections.kurl.ipv6.tests.unit.plugins.module_utils.rook import ceph_objects as given


def found(objects, status=None, logs=None):
    kubectl = given.FakeKubectl(objects, logs=logs)
    result = causes.find(kubectl, health.read(objects, status), objects)
    for entry in result:
        assert entry["status"] == "fail" and entry["observed"] and entry["expected"] and entry["remedy"], entry
    return {entry["id"]: entry for entry in result}


def test_an_image_that_is_not_there_is_told_once_with_all_its_nodes():
    lacking = [
        given.pod(
            "rook-ceph-mon-%s-1" % name,
            "rook-ceph-mon",
            number,
            "Pending",
            "False",
            given.waiting("ErrImageNeverPull", "image is not present"),
        )
        for number, name in enumerate("abc", 1)
    ]
    objects = given.without(given.healthy(), "rook-ceph-mon") + lacking
    told = found(objects)
    assert told["ceph.image"]["observed"] == (
        "on n1, n2, n3: image quay.io/ceph/ceph:v18.2.7: ErrImageNeverPull: image is not present"
    )
    assert causes.hopeless(objects) and not causes.hopeless(given.healthy())
    assert "images list name==quay.io/ceph/ceph:v18.2.7   # on n1" in told["ceph.image"]["remedy"]
    assert "ceph.pod" not in told


def test_a_pod_of_the_csi_driver_that_does_not_start_is_told_as_such():
    bad = given.pod(
        "csi-rbdplugin-abcde", "csi-rbdplugin", 2, "Pending", "False", given.waiting("CreateContainerError", "x")
    )
    told = found(given.healthy() + [bad], given.status())
    assert told["ceph.csi"]["subject"] == "pod/rook-ceph/csi-rbdplugin-abcde"
    assert "on n2" in told["ceph.csi"]["observed"]


def test_the_disks_that_were_not_taken_are_named_with_their_reasons():
    objects = given.without(given.healthy(), "rook-ceph-osd-0", "rook-ceph-osd-1", "rook-ceph-osd-2")
    log = '2026-01-01 00:00:00.0 I | cephosd: skipping device "vdb" because it contains a filesystem "ext4"\n'
    logs = {"rook-ceph-osd-prepare-n%d-1" % number: log for number in (1, 2, 3)}
    status = given.status("HEALTH_WARN", {"TOO_FEW_OSDS": "OSD count 0 < osd_pool_default_size 3"}, up=0, known=0)
    told = found(objects, status, logs)
    assert told["ceph.device"]["observed"] == 'vdb: it contains a filesystem "ext4"'
    assert told["ceph.device"]["subject"].startswith("node/n")
    assert told["ceph.health"]["observed"].startswith("TOO_FEW_OSDS: ")


def test_a_node_whose_disk_was_taken_is_not_told():
    objects = given.without(given.healthy(), "rook-ceph-osd-1", "rook-ceph-osd-2")
    kubectl = given.FakeKubectl(objects)
    result = causes.find(kubectl, health.read(objects, given.status(up=1, known=1)), objects)
    assert sorted(e["subject"] for e in result if e["id"] == "ceph.device") == ["node/n2", "node/n3"]
    assert all(e["observed"] == "no disk was found" for e in result if e["id"] == "ceph.device")


def test_no_job_at_all_is_told_once_the_monitors_are_there():
    objects = given.without(given.healthy(), "rook-ceph-osd")
    assert "ceph.devices" in found(objects, given.status(up=0, known=0))
    waiting = given.without(objects, "rook-ceph-mon-c")
    assert "ceph.devices" not in found(waiting, given.status(up=0, known=0, quorum="ab"))


def test_monitors_without_a_quorum_are_told_with_their_addresses():
    told = found(given.healthy(), given.status(quorum="a"))
    assert told["ceph.monitors"]["observed"].startswith("a of 3 monitors in the quorum (rook-ceph-mon-a-1 at fd00:")
    told = found([given.ceph_cluster(health="")] + given.healthy()[1:])
    assert told["ceph.monitors"]["observed"].startswith("3 monitors run and answer nobody")


def test_clocks_are_a_cause_of_their_own():
    told = found(given.healthy(), given.status("HEALTH_WARN", {"MON_CLOCK_SKEW": "clock skew detected on mon.b"}))
    assert told["ceph.clock"]["observed"] == "MON_CLOCK_SKEW: clock skew detected on mon.b"
    assert "chronyc" in told["ceph.clock"]["remedy"]


def test_what_the_operator_last_complained_of_is_told_without_keys():
    objects = [given.ceph_cluster(phase="Progressing")] + given.healthy()[1:]
    log = (
        "2026-01-01 00:00:00.000000 E | ceph-cluster-controller: no, key = AQBkYl5jAAAAABAAVtGzUqS0x4JrkYVb2m0m3Q==\n"
        "2026-01-01 00:00:01.000000 I | op-mon: all is well\n"
    )
    told = found(objects, given.status(), {"rook-ceph-operator-1": log})
    assert "its last error: ceph-cluster-controller: no, key = ***" in told["ceph.operator"]["observed"]


def test_there_is_always_a_cause():
    assert list(found(given.healthy(), given.status())) == ["ceph.wait"]
    assert "no CephCluster" in found([])["ceph.operator"]["observed"]
