# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0
"""The data about Rook's releases: complete, in order, and read right."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.kurl.ipv6.plugins.module_utils.installer import catalogue
from ansible_collections.kurl.ipv6.plugins.module_utils.installer import versions as catalogued
from ansible_collections.kurl.ipv6.plugins.module_utils.rook import versions

SUPPORTED = [version for version in catalogued.stable("rook") if versions.parse(version) >= (1, 5, 12)]


def test_every_catalogued_release_is_described():
    assert len(SUPPORTED) > 30
    for version in SUPPORTED:
        assert versions.check_supported(version) == version
        lowest, highest = versions.kubernetes_range(version)
        assert not highest or versions.minor_key(lowest) <= versions.minor_key(highest)
        assert versions.ceph_floor(version)
        tags = versions.csi_images(version)
        assert bool(tags) != versions.has(version, "csi_objects")
        assert not tags or set(tags) | {"addons"} == set(versions.CSI_COLUMNS)


def test_the_installer_judges_by_the_same_data():
    assert catalogue.KUBERNETES_OF["rook"] is versions.KUBERNETES
    assert catalogue.MINIMUM["rook"][0] == versions.OLDEST
    assert set(catalogue.HARD_UPPER_BOUND["rook"]) <= {row[0] for row in versions.KUBERNETES}


def test_tables_are_in_order():
    for table in (versions.KUBERNETES, versions.CEPH):
        keys = [versions.minor_key(row[0]) for row in table]
        assert keys == sorted(keys, reverse=True) and len(set(keys)) == len(keys)
    rows = [row.split() for row in versions.CSI_TAGS.strip().splitlines()]
    keys = [versions.parse(row[0]) for row in rows]
    assert keys == sorted(keys) and len(set(keys)) == len(keys)
    assert all(len(row) == 1 + len(versions.CSI_COLUMNS) for row in rows)


@pytest.mark.parametrize(
    "version, plugin, provisioner",
    [
        ("1.5.12", "v3.2.2", "v2.0.4"),
        ("1.7.11", "v3.4.0", "v3.0.0"),
        ("1.8.0", "v3.4.0", "v3.0.0"),
        ("1.9.12", "v3.6.2", "v3.1.0"),
        ("1.12.8", "v3.9.0", "v3.5.0"),
        ("1.18.11", "v3.15.0", "v5.2.0"),
        ("1.19.7", "v3.16.2", "v6.1.1"),
        ("1.19.99", "v3.16.2", "v6.1.1"),
    ],
)
def test_images_of_csi(version, plugin, provisioner):
    found = versions.csi_images(version)
    assert found["plugin"] == "quay.io/cephcsi/cephcsi:" + plugin
    assert found["provisioner"] == "registry.k8s.io/sig-storage/csi-provisioner:" + provisioner
    assert found.get("addons", "quay.io/csiaddons/k8s-sidecar:").startswith("quay.io/csiaddons/k8s-sidecar:")
    assert versions.csi_images("1.20.6") == {}


@pytest.mark.parametrize(
    "version, kubernetes, reason",
    [
        ("1.5.12", "1.21.14", ""),
        ("1.5.12", "1.22.0", "v1beta1"),
        ("1.6.11", "1.22.0", ""),
        ("1.18.11", "1.28.15", "needs 1.29 or newer"),
        ("1.18.11", "1.29.0", ""),
        ("1.18.11", "1.36.0", ""),
        ("1.20.6", "1.31", ""),
    ],
)
def test_kubernetes(version, kubernetes, reason):
    refusal = versions.kubernetes_refusal(version, kubernetes)
    assert (reason in refusal) if reason else refusal == ""


@pytest.mark.parametrize(
    "image, found",
    [
        ("quay.io/ceph/ceph:v18.2.4", (18, 2, 4)),
        ("registry.example:5000/ceph:18.2.7-0.deb13", (18, 2, 7)),
        ("quay.io/ceph/ceph:v19.2.3-20250717", (19, 2, 3)),
        ("quay.io/ceph/ceph:v20", (20,)),
        ("registry.example:5000/ceph", ()),
        ("ceph:latest", ()),
        ("quay.io/ceph/ceph:v18.2.4@sha256:" + "a" * 64, (18, 2, 4)),
        ("quay.io/ceph/ceph@sha256:" + "a" * 64, ()),
    ],
)
def test_the_version_of_ceph_is_read_from_a_tag(image, found):
    assert versions.ceph_of(image) == found


@pytest.mark.parametrize(
    "version, image, allowed, reason",
    [
        ("1.18.11", "ceph:v18.2.0", False, ""),
        ("1.18.11", "ceph:v18.1.9", False, "needs Ceph 18.2.0"),
        ("1.18.11", "ceph:v17.2.9", True, "needs Ceph 18.2.0"),
        ("1.18.11", "ceph:v20.2.1", False, ""),
        ("1.17.7", "ceph:v20.2.1", False, "allowUnsupported"),
        ("1.17.7", "ceph:v20.2.1", True, ""),
        ("1.20.6", "ceph:v19", False, ""),
        ("1.20.6", "ceph:v18", False, "needs Ceph 19.2.0"),
        ("1.20.6", "ceph:main", False, ""),
    ],
)
def test_ceph(version, image, allowed, reason):
    refusal = versions.ceph_refusal(version, image, allowed)
    assert (reason in refusal) if reason else refusal == ""


@pytest.mark.parametrize("text", ["1.18", "latest", "", "1.18.x", "v1", "1.18.11.1", None, "１.18.11"])
def test_what_is_no_version(text):
    with pytest.raises(versions.RookError, match="not a Rook version"):
        versions.parse(text)


@given(st.text(max_size=20))
def test_no_text_breaks_the_parser(text):
    try:
        parsed = versions.parse(text)
    except versions.RookError:
        return
    assert versions.parse("%d.%d.%d" % parsed) == parsed


@pytest.mark.parametrize(
    "version, connections, refused",
    [
        ("1.10.11", {"encryption": {"enabled": True}}, True),
        ("1.11.0", {"requireMsgr2": True}, True),
        ("1.14.4", {"requireMsgr2": True}, True),
        ("1.14.5", {"requireMsgr2": True}, False),
        ("1.14.4", {"requireMsgr2": False, "encryption": {"enabled": False}, "compression": None}, False),
        ("1.14.4", {"compression": {"enabled": True}}, True),
        ("1.10.11", {"requireMsgr2": True}, True),
        ("1.10.11", {}, False),
    ],
)
def test_msgr2(version, connections, refused):
    assert bool(versions.msgr2_refusal(version, connections)) == refused
