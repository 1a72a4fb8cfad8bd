# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0
"""The manifests of Rook's operator through the whole patch, field by field: exactly the intended differences."""

import copy
import os

import pytest

from ansible_collections.kurl.ipv6.plugins.module_utils.manifest.documents import identity
from ansible_collections.kurl.ipv6.plugins.module_utils.rook import images, operator, versions
from ansible_collections.kurl.ipv6.plugins.module_utils.rook.objects import TOLERATIONS
from ansible_collections.kurl.ipv6.tests.unit.plugins.module_utils.rook.manifests import (
    FOLDER,
    OPERATOR_FILES,
    VERSIONS,
    differences,
    expected,
    unknown_fields,
    upstream,
    yaml,
)

CONFIG = "ConfigMap rook-ceph/rook-ceph-operator-config"
DEPLOYMENT = "Deployment rook-ceph/rook-ceph-operator"
CSI_CONTROLLER = "Deployment rook-ceph/ceph-csi-controller-manager"
CSI_CONFIG = "OperatorConfig rook-ceph/ceph-csi-operator-config"
#: The lowest Kubernetes each release runs on; the last one that 1.5.12 does.
KUBERNETES = {"1.5.12": "1.21.14", "1.7.11": "1.24.17", "1.12.11": "1.28.15", "1.19.7": "1.34.4", "1.20.6": "1.34.4"}
CSI_OFF = {"ROOK_CSI_ENABLE_RBD": False, "ROOK_CSI_ENABLE_CEPHFS": False}


def build(version, **options):
    """Return a release's patched documents."""
    return operator.build(upstream(version, OPERATOR_FILES), version, KUBERNETES[version], **options)


def found(objects, name):
    """Return the object of a name such as ``Namespace rook-ceph``."""
    return next(document for document in objects if identity(document) == name)


def tolerations(path, first=0):
    """Return the fields of the tolerations that are added below a path, from a number on."""
    return {
        "%s/tolerations/%d/%s" % (path, first + number, key): value
        for number, item in enumerate(TOLERATIONS)
        for key, value in item.items()
    }


def csi_images(version):
    """Return the fields of CSI's images in the operator's ConfigMap."""
    return {
        "/data/" + images.CSI_KEYS[column]: image
        for column, image in versions.csi_images(version).items()
        if column != "addons"
    }


def wanted(version, storage_nodes):
    """Return the fields that the patch of a release is to change."""
    pod = found(upstream(version, ["operator"]), DEPLOYMENT)["spec"]["template"]["spec"]
    fields = {
        "Namespace rook-ceph": {"/metadata/labels/pod-security.kubernetes.io~enforce": "privileged"},
        DEPLOYMENT: tolerations("/spec/template/spec", len(pod.get("tolerations") or [])),
    }
    if versions.has(version, "csi_operator"):
        fields[CSI_CONTROLLER] = tolerations("/spec/template/spec")
    if versions.has(version, "csi_objects"):
        defaults = "/spec/driverSpecDefaults/"
        fields[CSI_CONFIG] = dict(tolerations(defaults + "nodePlugin"), **tolerations(defaults + "controllerPlugin"))
        if storage_nodes == 1:
            fields[CSI_CONFIG][defaults + "controllerPlugin/replicas"] = 1
        return fields
    text = yaml.safe_dump(list(TOLERATIONS), sort_keys=False)
    fields[CONFIG] = dict(
        csi_images(version), **{"/data/CSI_PLUGIN_TOLERATIONS": text, "/data/CSI_PROVISIONER_TOLERATIONS": text}
    )
    if storage_nodes == 1 and version != "1.5.12":
        fields[CONFIG]["/data/CSI_PROVISIONER_REPLICAS"] = "1"
    return fields


def test_there_are_manifests_of_every_form():
    assert VERSIONS == ["1.5.12", "1.7.11", "1.12.11", "1.19.7", "1.20.6"]
    assert {version: bool(upstream(version, ["csi-operator"])) for version in VERSIONS} == {
        version: version in ("1.19.7", "1.20.6") for version in VERSIONS
    }


@pytest.mark.parametrize("storage_nodes", [1, 3])
@pytest.mark.parametrize("version", VERSIONS)
def test_exactly_the_intended_fields_differ(version, storage_nodes):
    before = upstream(version, OPERATOR_FILES)
    kept = copy.deepcopy(before)
    after = operator.build(before, version, KUBERNETES[version], storage_nodes=storage_nodes)
    assert before == kept
    changed, added, removed = differences(before, after)
    assert changed == expected(wanted(version, storage_nodes))
    assert added == removed == []


@pytest.mark.parametrize("version", VERSIONS)
def test_no_field_is_unknown_to_the_release(version):
    built = build(version)
    definitions = [document for document in built if document["kind"] == "CustomResourceDefinition"]
    custom = [document for document in built if document["apiVersion"].startswith("csi.ceph.io/")]
    assert len(custom) == (3 if version == "1.20.6" else 0)
    assert [unknown_fields(document, definitions) for document in custom] == [[]] * len(custom)


@pytest.mark.parametrize("version", VERSIONS)
def test_a_second_patch_changes_nothing(version):
    once = build(version)
    assert operator.build(once, version, KUBERNETES[version]) == once


@pytest.mark.parametrize("version", VERSIONS)
def test_what_others_need_comes_first(version):
    built = operator.build(upstream(version, OPERATOR_FILES[::-1]), version, KUBERNETES[version])
    kinds = [document["kind"] for document in built]
    assert kinds[0] == "Namespace"
    last_definition = max(number for number, kind in enumerate(kinds) if kind == "CustomResourceDefinition")
    assert set(kinds[1 : last_definition + 1]) == {"CustomResourceDefinition"}
    for kind in ("OperatorConfig", "Driver", "Deployment"):
        assert kind not in kinds or kinds.index(kind) > last_definition


@pytest.mark.parametrize("version", VERSIONS)
def test_images_come_from_a_repository_of_the_users_own(version):
    built = images.images(build(version, image_repository="registry.example:5000/rook/"))
    upstreams = images.images(build(version))
    assert sorted(built) == sorted("registry.example:5000/rook/" + image.rsplit("/", 1)[1] for image in upstreams)
    assert not [image for image in upstreams if image.startswith("k8s.gcr.io")]
    plain = build(version)
    changed = differences(plain, build(version, image_repository="registry.example:5000/rook"))[0]
    assert changed and all("registry.example:5000/rook/" in str(value) for value in changed.values())


def test_the_images_are_those_of_the_release():
    assert images.images(build("1.20.6")) == [
        "quay.io/cephcsi/ceph-csi-operator:v1.0.4",
        "registry.k8s.io/sig-storage/csi-provisioner:v6.2.0",
        "registry.k8s.io/sig-storage/csi-attacher:v4.12.0",
        "registry.k8s.io/sig-storage/csi-resizer:v2.1.0",
        "registry.k8s.io/sig-storage/csi-snapshotter:v8.5.0",
        "registry.k8s.io/sig-storage/csi-node-driver-registrar:v2.17.0",
        "quay.io/cephcsi/cephcsi:v3.17.0",
        "docker.io/rook/ceph:v1.20.6",
    ]
    assert images.images(build("1.5.12")) == [
        "quay.io/cephcsi/cephcsi:v3.2.2",
        "registry.k8s.io/sig-storage/csi-node-driver-registrar:v2.0.1",
        "registry.k8s.io/sig-storage/csi-resizer:v1.0.1",
        "registry.k8s.io/sig-storage/csi-provisioner:v2.0.4",
        "registry.k8s.io/sig-storage/csi-snapshotter:v3.0.2",
        "registry.k8s.io/sig-storage/csi-attacher:v3.0.2",
        "rook/ceph:v1.5.12",
    ]


@pytest.mark.parametrize("off", [CSI_OFF, {"ROOK_CSI_DISABLE_DRIVER": "true"}], ids=["each", "all"])
@pytest.mark.parametrize("version", VERSIONS)
def test_without_csi_nothing_of_it_runs(version, off):
    built = build(version, operator_settings=off)
    operator_image = {"1.5.12": "rook/ceph:v1.5.12", "1.7.11": "rook/ceph:v1.7.11", "1.12.11": "rook/ceph:v1.12.11"}
    assert images.images(built) == [operator_image.get(version, "docker.io/rook/ceph:v" + version)]
    removed = differences(upstream(version, OPERATOR_FILES), built)[2]
    wanted_gone = {
        "1.19.7": [CSI_CONTROLLER],
        "1.20.6": [
            CSI_CONTROLLER,
            "Driver rook-ceph/rook-ceph.cephfs.csi.ceph.com",
            "Driver rook-ceph/rook-ceph.rbd.csi.ceph.com",
        ],
    }
    assert removed == wanted_gone.get(version, [])
    data = found(built, CONFIG)["data"]
    if version == "1.20.6":
        assert not [name for name in data if "CSI" in name]
    else:
        assert (data["ROOK_CSI_ENABLE_RBD"], data["ROOK_CSI_ENABLE_CEPHFS"]) == ("false", "false")
        assert "CSI_PLUGIN_TOLERATIONS" not in data


def test_one_driver_can_be_off():
    built = build("1.20.6", operator_settings={"ROOK_CSI_ENABLE_CEPHFS": "false"})
    removed = differences(upstream("1.20.6", OPERATOR_FILES), built)[2]
    assert removed == ["Driver rook-ceph/rook-ceph.cephfs.csi.ceph.com"]
    assert "quay.io/cephcsi/cephcsi:v3.17.0" in images.images(built)


def test_settings_of_the_users_own_win_where_the_release_reads_them():
    settings = {
        "ROOK_LOG_LEVEL": "DEBUG",
        "ROOK_CEPH_ALLOW_LOOP_DEVICES": True,
        "CSI_PROVISIONER_REPLICAS": 2,
        "CSI_PLUGIN_TOLERATIONS": [{"operator": "Exists"}],
        "ROOK_ENABLE_DISCOVERY_DAEMON": True,
    }
    data = found(build("1.19.7", operator_settings=settings), CONFIG)["data"]
    assert {name: data[name] for name in settings} == {
        "ROOK_LOG_LEVEL": "DEBUG",
        "ROOK_CEPH_ALLOW_LOOP_DEVICES": "true",
        "CSI_PROVISIONER_REPLICAS": "2",
        "CSI_PLUGIN_TOLERATIONS": "- operator: Exists\n",
        "ROOK_ENABLE_DISCOVERY_DAEMON": "true",
    }
    built = build("1.20.6", operator_settings=settings)
    defaults = found(built, CSI_CONFIG)["spec"]["driverSpecDefaults"]
    assert defaults["controllerPlugin"]["replicas"] == 2
    assert defaults["nodePlugin"]["tolerations"] == [{"operator": "Exists"}]
    assert "CSI_PROVISIONER_REPLICAS" not in found(built, CONFIG)["data"]
    text = {"CSI_PROVISIONER_TOLERATIONS": "- operator: Exists"}
    defaults = found(build("1.20.6", operator_settings=text), CSI_CONFIG)["spec"]["driverSpecDefaults"]
    assert defaults["controllerPlugin"]["tolerations"] == [{"operator": "Exists"}]


def test_a_setting_that_a_release_reads_from_its_environment_is_written_there():
    built = build("1.5.12", operator_settings={"ROOK_LOG_LEVEL": "DEBUG"}, hostpath_requires_privileged=True)
    container = found(built, DEPLOYMENT)["spec"]["template"]["spec"]["containers"][0]
    environment = {item["name"]: item.get("value") for item in container["env"]}
    assert environment["ROOK_LOG_LEVEL"] == "DEBUG"
    assert environment["ROOK_HOSTPATH_REQUIRES_PRIVILEGED"] == "true"
    assert environment["ROOK_ENABLE_DISCOVERY_DAEMON"] == "false"
    assert "ROOK_LOG_LEVEL" not in found(built, CONFIG)["data"]


@pytest.mark.parametrize("version", VERSIONS)
def test_host_paths_of_privileged_pods_are_one_field(version):
    changed = differences(build(version), build(version, hostpath_requires_privileged=True))[0]
    assert list(changed.values()) == ["true"]
    assert list(changed)[0].startswith(DEPLOYMENT + "/spec/template/spec/containers/0/env/")


@pytest.mark.parametrize("kubernetes, there", [("1.24.17", True), ("1.25.0", False), ("1.34.4", False)])
def test_pod_security_policies_go_where_kubernetes_has_none(kubernetes, there):
    built = operator.build(upstream("1.7.11", OPERATOR_FILES), "1.7.11", kubernetes)
    removed = differences(upstream("1.7.11", OPERATOR_FILES), built)[2]
    assert removed == ([] if there else ["PodSecurityPolicy 00-rook-privileged"])


@pytest.mark.parametrize(
    "version, changes, message",
    [
        ("1.5.12", {"kubernetes_version": "1.22.0"}, "1.5.12 cannot run on Kubernetes 1.22.0: .*v1beta1.*dropped"),
        ("1.5.12", {"kubernetes_version": "1.34.4"}, "v1beta1"),
        ("1.20.6", {"kubernetes_version": "1.30.14"}, "it needs 1.31 or newer"),
        ("1.20.6", {"kubernetes_version": "latest"}, "'latest' is not a version"),
        ("1.20.6", {"version": "1.20.5"}, "belongs to another release.*v1.20.6"),
        ("1.20.6", {"version": "1.4.9"}, "older than 1.5.12"),
        ("1.20.6", {"version": "1.20"}, "not a Rook version"),
        ("1.20.6", {"storage_nodes": 0}, "Ceph needs one at least"),
        ("1.20.6", {"operator_settings": {"CSI_LOG_LEVEL": "5"}}, "CSI_LOG_LEVEL: Rook 1.20.6 no longer reads"),
        ("1.20.6", {"operator_settings": {"CSI_PLUGIN_TOLERATIONS": "a: ["}}, "CSI_PLUGIN_TOLERATIONS"),
        ("1.20.6", {"operator_settings": {"CSI_PLUGIN_TOLERATIONS": "text"}}, "neither a list"),
        ("1.7.11", {"operator_settings": {"ROOK_CEPH_ALLOW_LOOP_DEVICES": True}}, "came with 1.10.6"),
    ],
)
def test_what_does_not_fit_is_named(version, changes, message):
    arguments = dict({"version": version, "kubernetes_version": KUBERNETES[version]}, **changes)
    with pytest.raises(versions.RookError, match=message):
        operator.build(upstream(version, OPERATOR_FILES), **arguments)


def test_the_seeds_own_spec_can_be_had():
    with open(os.path.join(FOLDER, "..", "..", "installer", "seed.yml"), encoding="utf-8") as stream:
        spec = yaml.safe_load(stream)["spec"]
    version, kubernetes = spec["rook"]["version"], spec["kubernetes"]["version"]
    built = operator.build(upstream(version, OPERATOR_FILES), version, kubernetes)
    assert "rook/ceph:v" + version in images.images(built)
    assert "PodSecurityPolicy 00-rook-privileged" in [identity(document) for document in built]


def test_parts_of_a_release_will_do():
    assert operator.build([], "1.20.6", "1.34.4") == []
    built = operator.build(upstream("1.20.6", ["operator"]), "1.20.6", "1.34.4", operator_settings=CSI_OFF)
    assert images.images(built) == ["docker.io/rook/ceph:v1.20.6"]
