# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0

from __future__ import absolute_import, division, print_function

__metaclass__ = type

import json
import os

import pytest

from ansible_collections.kurl.ipv6.plugins.module_utils.rook import health
from ansible_collections.kurl.ipv6.tests.unit.plugins.module_utils.rook import ceph_objects as given

#: Recorded from Rook 1.17.2 with Ceph 18.2.7 on three IPv6-only nodes.
DATA = os.path.join(__file__.split(os.sep + "unit" + os.sep, 1)[0], "data", "ceph")


def stages(state, version="1.17.2"):
    return [stage for stage, _words in health.missing(state, version)]


def test_nothing_is_missing_of_a_healthy_cluster():
    state = health.read(given.healthy(), given.status())
    assert health.missing(state, "1.17.2") == []
    assert health.summary(state) == "monitors 3/3, OSDs 3/3, HEALTH_OK"
    assert state["replicas"] == 3
    assert state["operator"] == {"version": "1.17.2", "missing": ""}
    assert state["cluster"]["ceph_version"] == "18.2.7"


def test_without_an_answer_of_ceph_what_rook_wrote_down_counts():
    state = health.read(given.healthy())
    assert not state["told"]
    assert health.missing(state, "1.17.2") == []
    broken = [
        given.ceph_cluster(health="HEALTH_ERR", details={"OSD_FULL": {"severity": "HEALTH_ERR", "message": "full"}})
    ]
    state = health.read(broken + given.healthy()[1:])
    assert ("health", "HEALTH_ERR (OSD_FULL)") in health.missing(state)


def test_what_ceph_says_now_beats_what_rook_wrote_down_a_minute_ago():
    objects = [given.ceph_cluster(health="HEALTH_OK")] + given.healthy()[1:]
    state = health.read(objects, given.status("HEALTH_WARN", {"OSD_DOWN": "1 osds down"}, up=2))
    assert stages(state) == ["osds", "health"]
    assert health.summary(state) == "monitors 3/3, OSDs 2/3, HEALTH_WARN: OSDs up 2/3; OSD_DOWN"


def test_the_operator_comes_first():
    state = health.read([])
    assert health.missing(state) == [("operator", "operator: is not there"), ("cluster", "no CephCluster")]
    objects = given.without(given.healthy(), "rook-ceph-operator") + [
        given.deployment("rook-ceph-operator", "rook-ceph-operator", ready=0)
    ]
    assert stages(health.read(objects, given.status())) == ["operator"]


@pytest.mark.parametrize(
    "gone, status, stage, words",
    [
        (("rook-ceph-mon-c",), given.status(quorum="ab"), "monitors", "monitors 2/3"),
        ((), given.status(quorum="ab"), "monitors", "quorum 2/3"),
        (("rook-ceph-mgr",), given.status(), "managers", "no manager"),
        (("rook-ceph-osd-0", "rook-ceph-osd-1", "rook-ceph-osd-2"), given.status(up=0, known=0), "osds", "no OSD"),
        (("rook-ceph-osd-2-1",), given.status(), "osds", "OSDs 2/3"),
    ],
)
def test_what_is_missing_is_named(gone, status, stage, words):
    state = health.read(given.without(given.healthy(), *gone), status)
    assert health.missing(state, "1.17.2")[0] == (stage, words)


def test_disks_that_are_still_looked_at_are_waited_for():
    busy = given.pod("rook-ceph-osd-prepare-n4-1", "rook-ceph-osd-prepare", 4, ready="False")
    state = health.read(given.healthy() + [busy], given.status())
    assert health.missing(state) == [("osds", "looking for disks on n4")]


def test_a_monitors_canary_and_a_pod_that_leaves_are_no_monitors():
    objects = given.without(given.healthy(), "rook-ceph-mon-c-1", "rook-ceph-mon-b-1")
    leaving = given.pod("rook-ceph-mon-b-1", "rook-ceph-mon")
    leaving["metadata"]["deletionTimestamp"] = "2026-01-01T00:00:00Z"
    objects += [given.pod("rook-ceph-mon-c-canary-1", "rook-ceph-mon", mon_canary="true"), leaving]
    objects[-2]["metadata"]["labels"]["mon_canary"] = "true"
    assert health.read(objects, given.status())["monitors"]["running"] == 1


def test_a_phase_that_is_not_ready_a_generation_not_seen_and_an_image_not_running_are_told():
    rest = given.healthy()[1:]
    assert stages(health.read([given.ceph_cluster(phase="Progressing")] + rest, given.status())) == ["cluster"]
    changed = given.ceph_cluster()
    changed["metadata"]["generation"] = 3
    assert stages(health.read([changed] + rest, given.status())) == [health.UNSEEN]
    newer = given.ceph_cluster()
    newer["spec"]["cephVersion"]["image"] = "quay.io/ceph/ceph:v19.2.2"
    assert health.missing(health.read([newer] + rest, given.status())) == [
        ("cluster", "Ceph is still quay.io/ceph/ceph:v18.2.7")
    ]


def test_daemons_of_another_version_are_waited_for():
    objects = given.without(given.healthy(), "rook-ceph-mon-a")
    objects += [
        given.deployment("rook-ceph-mon-a", "rook-ceph-mon", rook="v1.16.6"),
        given.pod("rook-ceph-mon-a-1", "rook-ceph-mon"),
    ]
    state = health.read(objects, given.status())
    assert health.missing(state, "1.17.2") == [("daemons", "1 daemons of another version")]
    assert health.missing(state) == []
    assert health.missing(health.read(given.healthy(), given.status()), "1.17.7")[0] == (
        "operator",
        "operator 1.17.2, not 1.17.7",
    )


def test_a_pool_that_is_not_ready_is_named():
    state = health.read(given.healthy() + [given.pool("other", phase="Progressing")], given.status())
    assert health.missing(state) == [("parts", "CephBlockPool other Progressing")]


@pytest.mark.parametrize("name", sorted(health.ALLOWED))
def test_warnings_that_keep_nobody_from_storing_are_healthy(name):
    assert health.well(health.read(given.healthy(), given.status("HEALTH_WARN", {name: "x"})))


@pytest.mark.parametrize(
    "status",
    [
        given.status("HEALTH_WARN", {"POOL_NO_REDUNDANCY": "x", "PG_DEGRADED": "y"}),
        given.status("HEALTH_ERR", {"POOL_NO_REDUNDANCY": "x"}),
        given.status("HEALTH_WARN"),
    ],
)
def test_other_warnings_errors_and_warnings_without_a_reason_are_not(status):
    assert not health.well(health.read(given.healthy(), status))


def test_a_muted_check_does_not_count():
    status = given.status("HEALTH_OK", {"OSD_DOWN": "x"})
    status["health"]["checks"]["OSD_DOWN"]["muted"] = True
    assert health.well(health.read(given.healthy(), status))


@pytest.mark.parametrize(
    "image, version",
    [
        ("rook/ceph:v1.17.2", "1.17.2"),
        ("docker.io/rook/ceph:v1.20.6", "1.20.6"),
        ("[fd00::1]:5000/rook/ceph:v1.5.12@sha256:00", "1.5.12"),
        ("registry.example:5000/ceph", ""),
        ("", ""),
    ],
)
def test_the_version_of_an_image(image, version):
    assert health.rook_version(image) == version


def vector(*addresses):
    return {"addrvec": [{"type": "v2", "addr": address, "nonce": 1} for address in addresses]}


MON = {"mons": [{"name": "a", "public_addrs": vector("[fd00:c00b:2::10]:3300", "[fd00:c00b:2::10]:6789")}]}
OSD = {
    "osds": [
        {
            "osd": 0,
            "up": 1,
            "public_addrs": vector("[fd00:c00b:1:1::5]:6800"),
            "cluster_addrs": vector("[fd00:c00b:1:1::5]:6802"),
            "heartbeat_back_addrs": vector("[fd00:c00b:1:1::5]:6806"),
        },
        {"osd": 1, "up": 0, "public_addrs": {"addrvec": []}, "public_addr": ":/0"},
    ]
}
MGR = {"active_name": "a", "active_addrs": vector("[fd00:c00b:1:1::6]:6800")}


def test_addresses_of_all_daemons_are_found_and_pass():
    found = health.addresses(MON, OSD, MGR)
    assert {daemon for daemon, _address in found} == {"mon.a", "osd.0", "mgr.a"}
    assert len(found) == 6
    assert health.not_v6(found) == []


@pytest.mark.parametrize(
    "address", ["0.0.0.0:6800", "127.0.0.1:6800", "192.0.2.7:6800/3", "[::]:6800", "[::1]:6800", "[fe80::1]:6800"]
)
def test_an_address_that_others_do_not_reach_over_ipv6_is_found(address):
    wrong = {"osds": [{"osd": 2, "up": 1, "public_addrs": vector(address)}]}
    assert health.not_v6(health.addresses(MON, wrong)) == [("osd.2", address)]


def test_addresses_of_ceph_before_14_are_read():
    found = health.addresses({"mons": [{"name": "a", "public_addr": "10.0.0.1:6789/0"}]}, {"osds": []})
    assert health.not_v6(found) == [("mon.a", "10.0.0.1:6789/0")]


LOG = """\
2026-01-01 00:00:00.000000 I | cephosd: skipping device "vda1" with mountpoint "/"
2026-01-01 00:00:00.000000 I | cephosd: skipping device "vdb" because it contains a filesystem "ext4"
2026-01-01 00:00:00.000000 I | inventory: skipping device "vdc" because it has child, considering the child instead.
2026-01-01 00:00:00.000000 I | cephosd: skipping device "vdd": ["Insufficient space (<5GB)"].
2026-01-01 00:00:00.000000 I | cephosd: skipping device "vde", detected an existing OSD. UUID=9f8f
2026-01-01 00:00:00.000000 I | cephosd: device "loop3" is available.
2026-01-01 00:00:00.000000 I | cephosd: loop device "loop3" is not picked by `deviceFilter`. please specify the exact \
device name (e.g. /dev/loop0) in `devices` field instead
2026-01-01 00:00:00.000000 I | cephosd: skipping device "vdf" that does not match the device filter/list ([{x}]). <nil>
2026-01-01 00:00:00.000000 W | inventory: skipping device "vdg". exit status 32
2026-01-01 00:00:00.000000 W | cephosd: skipping OSD configuration as no devices matched the storage settings for this \
node "n1"
"""


def test_the_log_of_a_prepare_job_says_why_disks_were_not_taken():
    said = health.devices(LOG)
    assert dict(said["left"]) == {
        "vda1": "mounted at /",
        "vdb": 'it contains a filesystem "ext4"',
        "vdc": "has partitions",
        "vdd": '["Insufficient space (<5GB)"]',
        "vde": "is an OSD already",
        "loop3": "a loop device must be named exactly in rook.nodes",
        "vdf": "does not match the filter",
        "vdg": "could not be looked at",
    }
    assert said["none"] and not said["taken"] and not said["error"]


def test_the_log_of_a_prepare_job_says_what_was_taken_and_what_failed():
    said = health.devices(
        '2026-01-01 00:00:00.0 I | cephosd: device "vdb" is available.\n'
        '2026-01-01 00:00:00.0 I | cephosd: device "vdb" is selected by the device filter/name "vdb"\n'
        "2026-01-01 00:00:00.0 C | rookcmd: failed to configure devices: exit status 1\n"
    )
    assert said["taken"] == ["vdb"]
    assert said["error"].endswith("failed to configure devices: exit status 1")


def recorded(name):
    with open(os.path.join(DATA, name), encoding="utf-8") as stream:
        return stream.read()


def test_what_a_real_prepare_job_ended_with_is_told_with_all_its_lines():
    said = health.devices(recorded("osd-prepare-failed.log"))
    assert said["error"].startswith("rookcmd: failed to print device mapper version: ")
    assert "Check that device-mapper is available in the kernel." in said["error"]
    assert (said["taken"], said["left"]) == ([], [])


def test_what_a_real_prepare_job_took_is_told():
    said = health.devices(recorded("osd-prepare-done.log"))
    assert (said["taken"], said["error"], said["none"]) == (["loop0"], "", False)
    # The machine's own, of which a container has no device file.
    assert ("vda", "could not be looked at") in said["left"]


def test_what_a_real_ceph_says_of_itself():
    dumps = [json.loads(recorded(name + "-dump.json")) for name in ("mon", "osd", "mgr")]
    found = health.addresses(*dumps)
    assert {daemon for daemon, _address in found} == {"mon.a", "mon.b", "mon.c", "osd.0", "osd.1", "osd.2", "mgr.a"}
    assert len(found) == 26 and health.not_v6(found) == []
    assert ("mon.a", "[fd00:c00b:2::4e91]:3300") in found
    state = health.read(given.healthy(), json.loads(recorded("status-without-osds.json")))
    assert state["monitors"]["quorum"] == ["a", "b", "c"]
    assert sorted(health.faults(state)) == ["MGR_MODULE_DEPENDENCY", "TOO_FEW_OSDS"]
    assert not health.well(state)


def test_of_an_operators_log_the_last_error_is_told():
    log = "2026-01-01 00:00:00.0 E | a: first\nmore\n2026-01-01 00:00:01.0 I | b: fine\nand so on\n"
    assert health.last_error(log) == "a: first more"
    assert health.last_error("nothing\n") == ""


def test_keys_of_ceph_are_left_out_of_what_is_told():
    key = "AQBkYl5jAAAAABAAVtGzUqS0x4JrkYVb2m0m3Q=="
    assert health.redact("key = %s, and more" % key) == "key = ***, and more"
