# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0

from __future__ import absolute_import, division, print_function

__metaclass__ = type

import json

from ansible_collections.kurl.ipv6.plugins.module_utils.cluster import checks
from ansible_collections.kurl.ipv6.plugins.module_utils.cluster.kubectl import KubectlError
from ansible_collections.kurl.ipv6.plugins.module_utils.rook import verify
from ansible_collections.kurl.ipv6.tests.unit.plugins.module_utils.rook import ceph_objects as given
from ansible_collections.kurl.ipv6.tests.unit.plugins.module_utils.rook.test_health import MGR, MON, OSD, vector
from ansible_collections.kurl.ipv6.tests.unit.plugins.module_utils.rook.test_trial import Images

ALL = ["ceph.health", "ceph.monitors", "ceph.osds", "ceph.addresses", "ceph.parts", "ceph.image", "ceph.volume"]


def run(facts, stage):
    return checks.run(checks.View("cluster", facts), stage)


class Answers(Images):
    """Ceph of a healthy cluster, parts of which can be replaced."""

    def __init__(self, status=None, **dumps):
        Images.__init__(self)
        self.dumps = dict({"status": status or given.status(), "mon": MON, "osd": OSD, "mgr": MGR}, **dumps)

    def __call__(self, words, data):
        if words[0] == "ceph":
            return 0, json.dumps(self.dumps[words[1]]), ""
        return Images.__call__(self, words, data)


def judged(kubectl, **more):
    found = verify.check(kubectl, run, 0, ["n1", "n2"], **more)
    for entry in found:
        if entry["status"] == "fail":
            assert entry["observed"] and entry["expected"] and entry["remedy"], entry
    return {entry["id"]: entry for entry in found}


def test_a_healthy_ceph_passes_and_the_missing_csi_driver_is_said():
    found = judged(given.FakeKubectl(given.healthy(), executed=Answers()))
    assert list(found) == ALL
    assert {name: entry["status"] for name, entry in found.items() if entry["status"] != "pass"} == {
        "ceph.volume": "skip"
    }
    assert "the CSI driver for block volumes is not installed" in found["ceph.volume"]["observed"]
    assert found["ceph.health"]["observed"] == "HEALTH_OK, Ceph 18.2.7"
    assert found["ceph.addresses"]["observed"] == "IPv6 only, of 3 daemons"


def test_a_cluster_without_rook_has_nothing_to_judge():
    assert judged(given.FakeKubectl(present=False)) == {}
    assert judged(given.FakeKubectl([])) == {}


def test_an_operator_without_a_cluster_fails():
    found = judged(given.FakeKubectl([given.deployment("rook-ceph-operator", "rook-ceph-operator")]))
    assert found["ceph.health"]["status"] == "fail"
    assert {found[name]["status"] for name in ALL[1:]} == {"skip"}


def test_an_osd_on_ipv4_fails_although_ceph_says_it_is_well():
    wrong = {"osds": [{"osd": 1, "up": 1, "public_addrs": vector("0.0.0.0:6800")}]}
    found = judged(given.FakeKubectl(given.healthy(), executed=Answers(osd=wrong)))
    assert found["ceph.health"]["status"] == "pass"
    assert found["ceph.addresses"]["status"] == "fail"
    assert found["ceph.addresses"]["observed"] == "osd.1 at 0.0.0.0:6800"
    assert "selector app=rook-ceph-osd" in found["ceph.addresses"]["remedy"]


def test_an_allowed_warning_is_information_and_another_fails():
    found = judged(
        given.FakeKubectl(given.healthy(), executed=Answers(given.status("HEALTH_WARN", {"RECENT_CRASH": "1"})))
    )
    assert found["ceph.health"]["status"] == "info"
    found = judged(
        given.FakeKubectl(given.healthy(), executed=Answers(given.status("HEALTH_WARN", {"OSD_DOWN": "1"}, up=2)))
    )
    assert (found["ceph.health"]["status"], found["ceph.osds"]["status"]) == ("fail", "fail")
    assert found["ceph.osds"]["observed"] == "2 of 3 up"


def test_what_cannot_be_asked_is_not_judged_and_said():
    kubectl = given.FakeKubectl(given.healthy(), executed=lambda words, data: (1, "", "no"))
    found = judged(kubectl)
    assert found["ceph.health"]["status"] == "warn"
    assert {found[name]["status"] for name in ("ceph.addresses", "ceph.image", "ceph.volume")} == {"skip"}


def test_nothing_is_written_in_check_mode():
    answers = Answers()
    found = judged(given.FakeKubectl(given.healthy(), executed=answers), read_only=True)
    assert answers.told == []
    assert found["ceph.image"]["observed"] == "not tried in check mode"


def test_a_pool_that_is_not_ready_fails():
    objects = given.healthy() + [given.pool("other", phase="Failure")]
    found = judged(given.FakeKubectl(objects, executed=Answers()))
    assert found["ceph.parts"]["observed"] == "CephBlockPool other: Failure"


def test_an_api_server_that_does_not_answer_becomes_a_finding():
    class Silent(given.FakeKubectl):
        def objects(self, words, documents=None):
            raise KubectlError("kubectl get: connection refused")

    assert judged(Silent())["ceph.read"]["observed"] == "kubectl get: connection refused"


def test_a_volume_is_tried_where_the_driver_runs():
    objects = given.healthy() + [given.pod("csi-rbdplugin-abcde", "csi-rbdplugin")]
    kubectl = given.FakeKubectl(objects, executed=Answers(), others={"storageclasses.storage.k8s.io": []})
    assert "no storage class" in judged(kubectl, test_namespace="x")["ceph.volume"]["observed"]
    assert "no namespace" in judged(kubectl)["ceph.volume"]["observed"]
