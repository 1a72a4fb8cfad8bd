# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0
"""Objects as Rook itself writes them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.kurl.ipv6.plugins.module_utils.rook import canonical
from ansible_collections.kurl.ipv6.tests.unit.plugins.module_utils.rook.manifests import (
    CLUSTER_FILES,
    VERSIONS,
    differences,
    upstream,
)

CLUSTER = "CephCluster rook-ceph/rook-ceph/spec"


def test_what_rook_makes_of_upstreams_own_objects():
    """All of it for one release. Beside each field stands what upstream writes."""
    before = upstream("1.20.6", CLUSTER_FILES)
    changed, added, removed = differences(before, [canonical.canonical(one, "1.20.6") for one in before])
    assert added == removed == []
    health = {"daemonHealth/osd/interval": "1m0s", "daemonHealth/status/interval": "1m0s"}
    wanted = {CLUSTER + "/healthCheck/" + path: value for path, value in health.items()}
    # A map that becomes empty is a field of its own.
    for path in ("network/connections/encryption", "network/connections/compression", "crashCollector"):
        wanted[CLUSTER + "/" + path] = {}
    for probe in ("livenessProbe", "startupProbe"):
        for daemon in ("mon", "mgr", "osd"):
            wanted["%s/healthCheck/%s/%s" % (CLUSTER, probe, daemon)] = {}
            wanted["%s/healthCheck/%s/%s/disabled" % (CLUSTER, probe, daemon)] = "gone"
    gone = """
        annotations labels resources storage/config csi/cephfs
        cephVersion/allowUnsupported skipUpgradeChecks continueUpgradeAfterChecksEvenIfNotHealthy
        upgradeOSDRequiresHealthyPGs mon/allowMultiplePerNode mgr/allowMultiplePerNode mgr/modules/0/enabled
        monitoring/enabled monitoring/metricsDisabled network/connections/encryption/enabled
        network/connections/compression/enabled network/connections/requireMsgr2 crashCollector/disable
        cleanupPolicy/confirmation cleanupPolicy/allowUninstallWithVolumes removeOSDsIfOutAndSafeToRemove
        storage/allowDeviceClassUpdate storage/allowOsdCrushWeightUpdate storage/scheduleAlways
        storage/onlyApplyOSDPlacement healthCheck/daemonHealth/mon/disabled healthCheck/daemonHealth/osd/disabled
        healthCheck/daemonHealth/status/disabled
    """
    wanted.update({CLUSTER + "/" + path: "gone" for path in gone.split()})
    wanted[CLUSTER + "/mgr/modules/0/settings"] = {}
    filesystem = "CephFilesystem rook-ceph/myfs/spec/"
    wanted.update(
        {
            filesystem + "dataPools/0/erasureCoded/codingChunks": 0,
            filesystem + "dataPools/0/erasureCoded/dataChunks": 0,
            filesystem + "dataPools/0/mirroring": {},
            filesystem + "dataPools/0/quotas": {},
            filesystem + "dataPools/0/statusCheck/mirror": {},
            filesystem + "dataPools/0/application": "",
            filesystem + "metadataServer/livenessProbe": {},
            filesystem + "metadataServer/livenessProbe/disabled": "gone",
            filesystem + "metadataServer/startupProbe": {},
            filesystem + "metadataServer/startupProbe/disabled": "gone",
        }
    )
    store = "CephObjectStore rook-ceph/my-store/spec/"
    for path in ("gateway/annotations", "gateway/labels", "gateway/resources", "preservePoolsOnDelete"):
        wanted[store + path] = "gone"
    for probe in ("startupProbe", "readinessProbe"):
        wanted["%shealthCheck/%s" % (store, probe)] = {}
        wanted["%shealthCheck/%s/disabled" % (store, probe)] = "gone"
    wanted["StorageClass rook-cephfs/mountOptions"] = "gone"
    assert changed == wanted


@pytest.mark.parametrize("version", VERSIONS)
def test_written_twice_it_stays(version):
    for document in upstream(version, CLUSTER_FILES):
        once = canonical.canonical(document, version)
        assert canonical.canonical(once, version) == once


@pytest.mark.parametrize(
    "version, settings, application", [("1.13.10", False, False), ("1.14.4", False, True), ("1.14.5", True, True)]
)
def test_items_of_lists_have_what_the_release_always_writes(version, settings, application):
    spec = {
        "mgr": {"modules": [{"name": "rook", "enabled": False}]},
        "storage": {"useAllDevices": False, "nodes": [{"name": "n1", "config": {}, "devices": [{"name": "sdb"}]}]},
    }
    cluster = {"apiVersion": "ceph.rook.io/v1", "kind": "CephCluster", "metadata": {"name": "x"}, "spec": spec}
    made = canonical.canonical(cluster, version)["spec"]
    assert made["mgr"]["modules"] == [dict({"name": "rook"}, **({"settings": {}} if settings else {}))]
    # False and absent are two things here.
    assert made["storage"]["useAllDevices"] is False
    assert made["storage"]["nodes"] == [{"name": "n1", "devices": [{"name": "sdb"}], "resources": {}}]
    filesystem = dict(cluster, kind="CephFilesystem", spec={"dataPools": [{"replicated": {"size": 1}}]})
    (pool,) = canonical.canonical(filesystem, version)["spec"]["dataPools"]
    assert ("application" in pool) is application
    assert pool["erasureCoded"] == {"codingChunks": 0, "dataChunks": 0}
    assert canonical.canonical(cluster, "1.5.12")["spec"]["mgr"] == spec["mgr"]


def test_what_is_not_rooks_only_loses_its_nulls():
    config = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "x"}, "spec": {"enabled": False, "a": None}}
    assert canonical.canonical(config, "1.20.6") == dict(config, spec={"enabled": False})


@pytest.mark.parametrize(
    "text, spelled",
    [
        ("60s", "1m0s"),
        ("45s", "45s"),
        ("10m", "10m0s"),
        ("1h", "1h0m0s"),
        ("90m", "1h30m0s"),
        ("1h0m5s", "1h0m5s"),
        ("0s", "0s"),
        ("500ms", "500ms"),
        ("1.5s", "1.5s"),
        ("", ""),
        ("soon", "soon"),
        (None, None),
    ],
)
def test_durations_are_spelled_as_go_does(text, spelled):
    assert canonical.duration(text) == spelled


@given(st.integers(0, 99999))
def test_a_duration_keeps_its_length(seconds):
    spelled = canonical.duration("%ds" % seconds)
    assert canonical.duration(spelled) == spelled
    total, number = 0, ""
    for letter in spelled:
        if letter in "hms":
            total += int(number) * {"h": 3600, "m": 60, "s": 1}[letter]
            number = ""
        else:
            number += letter
    assert total == seconds


def test_an_interval_that_is_no_duration_stays():
    spec = {"mirroring": {"snapshotSchedules": [{"interval": "60s"}]}, "statusCheck": {"mirror": {"interval": "60s"}}}
    pool = {"apiVersion": "ceph.rook.io/v1", "kind": "CephBlockPool", "metadata": {"name": "x"}, "spec": spec}
    made = canonical.canonical(pool, "1.20.6")["spec"]
    assert made["mirroring"]["snapshotSchedules"] == [{"interval": "60s"}]
    assert made["statusCheck"]["mirror"] == {"interval": "1m0s"}
