# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0
"""The manifests of a Ceph cluster through the whole patch, field by field: exactly the intended differences."""

import configparser
import copy

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.kurl.ipv6.plugins.module_utils.manifest.documents import identity
from ansible_collections.kurl.ipv6.plugins.module_utils.rook import cluster, images, versions
from ansible_collections.kurl.ipv6.plugins.module_utils.rook.canonical import canonical
from ansible_collections.kurl.ipv6.plugins.module_utils.rook.objects import TOLERATIONS
from ansible_collections.kurl.ipv6.tests.unit.plugins.module_utils.rook.manifests import (
    CLUSTER_FILES,
    VERSIONS,
    differences,
    expected,
    fields,
    unknown_fields,
    upstream,
)

CLUSTER = "CephCluster rook-ceph/rook-ceph"
OVERRIDE = "ConfigMap rook-ceph/rook-config-override"
TOOLBOX = "Deployment rook-ceph/rook-ceph-tools"
COMPLETE = ["1.7.11", "1.12.11", "1.20.6"]
CEPH = {
    "1.5.12": "ceph/ceph:v15.2.11",
    "1.7.11": "quay.io/ceph/ceph:v16.2.6",
    "1.12.11": "quay.io/ceph/ceph:v17.2.6",
    "1.19.7": "quay.io/ceph/ceph:v19.2.4",
    "1.20.6": "quay.io/ceph/ceph:v20.2.4",
}


def before(version, names=CLUSTER_FILES):
    """Return upstream's objects as Rook itself would write them: what that changes is another test's matter."""
    return [canonical(document, version) for document in upstream(version, names)]


def build(version, **options):
    """Return a release's patched documents."""
    return cluster.build(upstream(version, CLUSTER_FILES), version, **options)


def found(objects, name):
    """Return the object of a name such as ``StorageClass default``."""
    return next(document for document in objects if identity(document) == name)


def spec(version, **options):
    """Return the spec of a release's patched CephCluster."""
    return found(build(version, **options), CLUSTER)["spec"]


def configuration(objects):
    """Return the file of configuration that the override makes, as section -> option -> value."""
    parser = configparser.RawConfigParser(delimiters=("=",), strict=True)
    parser.optionxform = str
    parser.read_string(found(objects, OVERRIDE)["data"]["config"])
    return {name: dict(parser[name]) for name in parser.sections()}


def tolerations(path, first=0):
    """Return the fields of the tolerations that are added below a path, from a number on."""
    return {
        "%s/tolerations/%d/%s" % (path, first + number, key): value
        for number, item in enumerate(TOLERATIONS)
        for key, value in item.items()
    }


def wanted(version, storage_nodes):
    """Return the fields that the patch of a release is to change in objects that keep their names."""
    changed = {CLUSTER: dict({"/spec/network/ipFamily": "IPv6"}, **tolerations("/spec/placement/all"))}
    if storage_nodes == 1:
        changed[CLUSTER].update({"/spec/mon/count": 1, "/spec/mon/allowMultiplePerNode": True})
        changed["CephBlockPool rook-ceph/replicapool"] = {
            "/spec/replicated/size": 1,
            "/spec/replicated/requireSafeReplicaSize": "gone",
        }
        if version != "1.5.12" and spec_before(version)["mgr"].get("count") != 1:
            changed[CLUSTER]["/spec/mgr/count"] = 1
    elif version == "1.7.11":
        changed[CLUSTER]["/spec/mgr/count"] = 2
    if versions.has(version, "ceph_config"):
        options = cluster.cluster_options(version, storage_nodes, storage_nodes)["global"]
        changed[CLUSTER].update({"/spec/cephConfig/global/" + name: value for name, value in options.items()})
    if version in COMPLETE:
        changed[TOOLBOX] = tolerations("/spec/template/spec", 1)
        if version == "1.20.6":
            changed[TOOLBOX]["/spec/template/spec/containers/0/image"] = CEPH[version]
        pool = "rook-shared-fs-data0" if version == "1.7.11" else "rook-shared-fs-replicated"
        changed["StorageClass rook-cephfs"] = {"/parameters/fsName": "rook-shared-fs", "/parameters/pool": pool}
    return changed


def spec_before(version):
    """Return the spec of upstream's own CephCluster."""
    return found(before(version, ["cluster"]), CLUSTER)["spec"]


@pytest.mark.parametrize("storage_nodes", [1, 3])
@pytest.mark.parametrize("version", VERSIONS)
def test_exactly_the_intended_fields_differ(version, storage_nodes):
    given_objects = upstream(version, CLUSTER_FILES)
    kept = copy.deepcopy(given_objects)
    after = cluster.build(given_objects, version, storage_nodes=storage_nodes, object_store=True)
    assert given_objects == kept
    changed, added, removed = differences(before(version), after)
    assert changed == expected(wanted(version, storage_nodes))
    renamed = {"StorageClass rook-ceph-block": "StorageClass default"}
    if version in COMPLETE:
        renamed["CephFilesystem rook-ceph/myfs"] = "CephFilesystem rook-ceph/rook-shared-fs"
        renamed["CephObjectStore rook-ceph/my-store"] = "CephObjectStore rook-ceph/rook-ceph-store"
    if version == "1.20.6":
        group = "CephFilesystemSubVolumeGroup rook-ceph/"
        renamed[group + "myfs-csi"] = group + "rook-shared-fs-csi"
    own = [OVERRIDE] + ["CephBlockPool rook-ceph/builtin-mgr"] * (version in ("1.12.11", "1.19.7", "1.20.6"))
    assert removed == sorted(renamed)
    assert added == sorted(list(renamed.values()) + own)


def renamed_fields(version, old, new, **options):
    """Return what a patch changed in one object that it renamed."""
    was = fields(found(before(version), old))
    after = fields(found(build(version, object_store=True, **options), new))
    gone = {path: "gone" for path in was if path not in after}
    return dict({path: value for path, value in after.items() if was.get(path, was) != value}, **gone)


@pytest.mark.parametrize("version", VERSIONS)
def test_the_class_for_block_storage_is_the_default_one(version):
    changed = renamed_fields(version, "StorageClass rook-ceph-block", "StorageClass fast", storage_class_name="fast")
    assert changed == {
        "/metadata/name": "fast",
        "/metadata/annotations/storageclass.kubernetes.io~is-default-class": "true",
    }


@pytest.mark.parametrize("version", COMPLETE)
def test_exactly_the_intended_fields_of_a_file_system_differ(version):
    names = ("CephFilesystem rook-ceph/myfs", "CephFilesystem rook-ceph/rook-shared-fs")
    servers = "/spec/metadataServer/placement"
    plain = dict({"/metadata/name": "rook-shared-fs"}, **tolerations(servers))
    assert renamed_fields(version, *names, storage_nodes=3) == plain
    changed = renamed_fields(version, *names, storage_nodes=1)
    affinity = {path: value for path, value in changed.items() if path.startswith(servers + "/podAntiAffinity")}
    rest = {path: value for path, value in changed.items() if path not in affinity}
    sizes = {}
    for pool in ("metadataPool", "dataPools/0"):
        sizes.update(
            {"/spec/%s/replicated/size" % pool: 1, "/spec/%s/replicated/requireSafeReplicaSize" % pool: "gone"}
        )
    assert rest == dict(plain, **sizes)
    placement = found(build(version, storage_nodes=1), names[1])["spec"]["metadataServer"]["placement"]
    terms = placement["podAntiAffinity"]
    assert list(terms) == ["preferredDuringSchedulingIgnoredDuringExecution"]
    keys = [term["podAffinityTerm"]["topologyKey"] for term in terms["preferredDuringSchedulingIgnoredDuringExecution"]]
    assert keys == ["kubernetes.io/hostname", "topology.kubernetes.io/zone"]


def test_exactly_the_intended_fields_of_an_object_store_differ():
    names = ("CephObjectStore rook-ceph/my-store", "CephObjectStore rook-ceph/rook-ceph-store")
    plain = dict({"/metadata/name": "rook-ceph-store"}, **tolerations("/spec/gateway/placement"))
    assert renamed_fields("1.20.6", *names, storage_nodes=3) == dict(plain, **{"/spec/gateway/instances": 3})
    sizes = {}
    for pool in ("metadataPool", "dataPool"):
        sizes.update(
            {"/spec/%s/replicated/size" % pool: 1, "/spec/%s/replicated/requireSafeReplicaSize" % pool: "gone"}
        )
    assert renamed_fields("1.20.6", *names, storage_nodes=1) == dict(plain, **sizes)


@pytest.mark.parametrize("storage_nodes", [1, 3])
@pytest.mark.parametrize("version", VERSIONS)
def test_no_field_is_unknown_to_the_release(version, storage_nodes):
    nodes = [{"name": "node1", "devices": [{"name": "/dev/vdb"}]}, {"name": "node2"}]
    definitions = [
        document for document in upstream(version, ["crds"]) if document["kind"] == "CustomResourceDefinition"
    ]
    options = {"storage_nodes": storage_nodes, "nodes": nodes, "block_device_filter": "vd.", "object_store": True}
    for document in build(version, **options):
        if document["apiVersion"].startswith("ceph.rook.io/"):
            assert unknown_fields(document, definitions) == [], identity(document)


def test_an_unknown_field_would_be_found():
    definitions = upstream("1.5.12", ["crds"])
    document = found(build("1.7.11"), CLUSTER)
    assert "/spec/mgr/count" in unknown_fields(document, definitions)


@pytest.mark.parametrize("storage_nodes", [1, 2, 3, 5])
@pytest.mark.parametrize("version", VERSIONS)
def test_a_second_patch_changes_nothing(version, storage_nodes):
    once = build(version, storage_nodes=storage_nodes, object_store=True)
    without_own = [one for one in once if identity(one) not in (OVERRIDE, "CephBlockPool rook-ceph/builtin-mgr")]
    assert cluster.build(without_own, version, storage_nodes=storage_nodes, object_store=True) == once


@pytest.mark.parametrize("version", VERSIONS)
def test_the_configuration_comes_before_the_cluster_and_the_toolbox_last(version):
    names = [identity(document) for document in build(version, object_store=True)]
    assert names[:2] == [OVERRIDE, CLUSTER]
    assert TOOLBOX not in names or names[-1] == TOOLBOX
    kinds = [name.split()[0] for name in names]
    assert kinds.index("CephBlockPool") < kinds.index("StorageClass")
    assert "CephFilesystem" not in kinds or kinds.index("CephFilesystem") < kinds.index("StorageClass")


@pytest.mark.parametrize(
    "storage_nodes, monitors, managers, copies", [(1, 1, 1, 1), (2, 1, 2, 2), (3, 3, 2, 3), (4, 3, 2, 3), (9, 3, 2, 3)]
)
def test_numbers_follow_the_storage_nodes(storage_nodes, monitors, managers, copies):
    built = build("1.20.6", storage_nodes=storage_nodes, object_store=True)
    made = found(built, CLUSTER)["spec"]
    assert made["mon"] == dict({"count": monitors}, **({"allowMultiplePerNode": True} if storage_nodes == 1 else {}))
    assert made["mgr"]["count"] == managers
    assert made["cephConfig"]["global"]["osd_pool_default_size"] == str(copies)
    assert ("bdev_flock_retry" in made["cephConfig"]["global"]) == (storage_nodes == 1)
    filesystem = found(built, "CephFilesystem rook-ceph/rook-shared-fs")["spec"]
    store = found(built, "CephObjectStore rook-ceph/rook-ceph-store")["spec"]
    pools = [document["spec"] for document in built if document["kind"] == "CephBlockPool"]
    pools += [filesystem["metadataPool"], store["metadataPool"], store["dataPool"]] + filesystem["dataPools"]
    assert len(pools) == 6
    for pool in pools:
        assert pool["replicated"] == dict({"size": copies}, **({"requireSafeReplicaSize": True} if copies > 1 else {}))
    assert store["gateway"]["instances"] == copies


def test_the_number_of_copies_may_be_asked_for():
    made = build("1.20.6", storage_nodes=5, replica_count=2)
    assert found(made, "CephBlockPool rook-ceph/replicapool")["spec"]["replicated"]["size"] == 2
    assert found(made, CLUSTER)["spec"]["mon"]["count"] == 3
    made = build("1.20.6", storage_nodes=3, replica_count=1)
    assert found(made, "CephBlockPool rook-ceph/replicapool")["spec"]["replicated"] == {"size": 1}
    assert found(made, CLUSTER)["spec"]["cephConfig"]["global"] == {
        "osd_pool_default_size": "1",
        "mon_warn_on_pool_no_redundancy": "false",
    }


@pytest.mark.parametrize(
    "version, image, there",
    [
        ("1.7.11", "", False),
        ("1.12.11", "quay.io/ceph/ceph:v16.2.15", False),
        ("1.12.11", "", True),
        ("1.12.11", "registry.example/ceph:mine", False),
        ("1.20.6", "registry.example/ceph:mine", True),
    ],
)
def test_the_managers_pool_is_made_for_a_ceph_that_has_it(version, image, there):
    names = [identity(document) for document in build(version, ceph_image=image)]
    assert ("CephBlockPool rook-ceph/builtin-mgr" in names) == there


BIND = {"ms_bind_ipv4": "false", "ms_bind_ipv6": "true"}


def test_the_configuration_keeps_every_daemon_off_ipv4():
    assert configuration(build("1.20.6")) == {"global": BIND}
    assert configuration(build("1.5.12")) == {
        "global": dict(
            BIND,
            osd_pool_default_size="1",
            mon_warn_on_pool_no_redundancy="false",
            bdev_flock_retry="20",
            bluefs_buffered_io="false",
            mon_data_avail_warn="10",
        ),
        "mon": {"auth_allow_insecure_global_id_reclaim": "false"},
    }
    assert "mon" not in configuration(build("1.7.11"))


def test_options_of_the_users_own_go_where_the_release_reads_them():
    options = {
        "osd": {"osd memory target": 939524096, "osd_scrub_auto_repair": True},
        "global": {"mon_data_avail_warn": 5},
    }
    old = configuration(build("1.12.11", ceph_config=options))
    assert old["osd"] == {"osd_memory_target": "939524096", "osd_scrub_auto_repair": "true"}
    assert old["global"]["mon_data_avail_warn"] == "5"
    made = build("1.20.6", ceph_config=options)
    assert configuration(made) == {"global": BIND}
    config = found(made, CLUSTER)["spec"]["cephConfig"]
    assert config["osd"] == {"osd_memory_target": "939524096", "osd_scrub_auto_repair": "true"}
    assert config["global"]["mon_data_avail_warn"] == "5"


WORD = st.from_regex(r"\A[a-ln-z][a-z0-9_]{0,8}\Z")
VALUE = st.text("abcXYZ019_-.,:/=[]% ", min_size=1, max_size=12).map(str.strip)


@given(st.dictionaries(WORD, st.dictionaries(WORD, VALUE, max_size=4), max_size=4))
def test_any_options_come_out_of_the_file_as_they_went_in(options):
    read = configuration([cluster.override("1.12.11", cluster.check_options(options))])
    wanted_file = dict(options, **{"global": dict(BIND, **options.get("global", {}))})
    assert read == wanted_file


@pytest.mark.parametrize("version", VERSIONS)
def test_disks_are_taken_as_asked(version):
    assert spec(version)["storage"]["useAllDevices"] is True
    storage = spec(version, block_device_filter="^vd[b-z]$")["storage"]
    assert (storage["useAllNodes"], storage["useAllDevices"], storage["deviceFilter"]) == (True, False, "^vd[b-z]$")
    nodes = [{"name": "node1", "devices": [{"name": "/dev/loop7"}]}, {"name": "node2"}]
    storage = spec(version, nodes=nodes)["storage"]
    assert ("useAllNodes" in storage, storage["useAllDevices"], storage.get("deviceFilter")) == (False, False, None)
    empty = {} if version == "1.5.12" else {"resources": {}}
    assert storage["nodes"] == [dict(nodes[0], **empty), dict({"name": "node2", "useAllDevices": True}, **empty)]
    storage = spec(version, nodes=nodes, block_device_filter="vdb")["storage"]
    assert storage["nodes"] == [dict(nodes[0], **empty), dict({"name": "node2", "deviceFilter": "vdb"}, **empty)]
    assert "deviceFilter" not in storage


@pytest.mark.parametrize("version", COMPLETE)
def test_the_shared_file_system_and_the_object_store_can_be_left_out(version):
    kinds = {document["kind"] for document in build(version, shared_filesystem_disabled=True)}
    assert not [kind for kind in kinds if kind.startswith(("CephFilesystem", "CephObject"))]
    names = [identity(document) for document in build(version, shared_filesystem_disabled=True)]
    assert "StorageClass default" in names and "StorageClass rook-cephfs" not in names


@pytest.mark.parametrize("version", VERSIONS)
def test_images_come_from_where_they_are_asked_for(version):
    assert CEPH[version] in images.images(build(version))
    rewritten = build(version, image_repository="registry.example/mirror")
    assert all(image.startswith("registry.example/mirror/") for image in images.images(rewritten))
    own = "registry.example/ceph:" + CEPH[version].rsplit(":", 1)[1]
    found_images = images.images(build(version, ceph_image=own))
    old_toolbox = ["rook/ceph:v1.7.11"] if version == "1.7.11" else []
    assert found_images == [own] + old_toolbox


def test_settings_of_the_users_own_are_merged():
    settings = {
        "mgr": {"modules": []},
        "resources": {"osd": {"limits": {"memory": "2Gi"}}},
        "mon": {"count": 5},
        "dashboard": {"enabled": False},
    }
    made = spec("1.19.7", storage_nodes=3, cluster_settings=settings)
    assert made["mgr"] == {"count": 2, "modules": []}
    assert made["mon"] == {"count": 5}
    assert made["resources"] == settings["resources"]
    assert made["dashboard"] == {"ssl": True}
    image = "quay.io/ceph/ceph:v19.2.3"
    built = build("1.19.7", cluster_settings={"cephVersion": {"image": image}})
    assert images.images(built) == [image]


MSGR2 = {"network": {"connections": {"requireMsgr2": True}}}
ENCRYPTION = {"network": {"connections": {"encryption": {"enabled": True}}}}


@pytest.mark.parametrize("settings", [MSGR2, ENCRYPTION])
def test_msgr2_may_be_required_where_it_works(settings):
    connections = spec("1.20.6", cluster_settings=settings)["network"]["connections"]
    assert connections.get("requireMsgr2", False) == (settings is MSGR2)
    assert connections["encryption"].get("enabled", False) == (settings is ENCRYPTION)
    assert "requireMsgr2" not in spec("1.20.6")["network"]["connections"]


@pytest.mark.parametrize(
    "version, options, message",
    [
        ("1.12.11", {"cluster_settings": MSGR2}, "requireMsgr2: with Rook before 1.14.5"),
        ("1.12.11", {"cluster_settings": ENCRYPTION}, "encryption: with Rook before 1.14.5"),
        ("1.7.11", {"cluster_settings": MSGR2}, "does not know it, it came with 1.11.0"),
        ("1.20.6", {"cluster_settings": {"network": {"dualStack": True}}}, "Rook #7522"),
        ("1.5.12", {"cluster_settings": {"network": {"dualStack": False}}}, "1.5.12 does not know network.dualStack"),
        ("1.20.6", {"cluster_settings": {"network": {"ipFamily": "IPv4"}}}, "must stay IPv6"),
        ("1.20.6", {"cluster_settings": {"network": None}}, "must stay IPv6"),
        ("1.20.6", {"ceph_config": {"global": {"ms bind ipv4": True}}}, "ms_bind_ipv4 is not to be changed"),
        ("1.20.6", {"ceph_config": {"global": {"a": "b\nc = d"}}}, "no option with a value on one line"),
        ("1.20.6", {"ceph_config": {"global": {"a": {"b": 1}}}}, "no option with a value on one line"),
        ("1.7.11", {"ceph_config": {"osd": {"a": "b # c"}}}, "osd: Rook 1.7.11 cannot pass on the value of a"),
        ("1.20.6", {"ceph_config": {"global": {"[a]": 1}}}, "no option with a value on one line"),
        ("1.20.6", {"ceph_config": {"global": None}}, "not a section with a map"),
        ("1.20.6", {"ceph_config": {"a]\n": {}}}, "not a section with a map"),
        ("1.20.6", {"ceph_image": "quay.io/ceph/ceph:v18.2.7"}, "needs Ceph 19.2.0 or newer"),
        ("1.12.11", {"ceph_image": "quay.io/ceph/ceph:v19.2.3"}, "Reef .18.; .*needs cephVersion.allowUnsupported"),
        ("1.5.12", {"ceph_image": "ceph/ceph:v14.2.4"}, "needs Ceph 14.2.5 or newer"),
        ("1.20.6", {"nodes": [{"devices": []}]}, "number 1 has no name"),
        ("1.20.6", {"nodes": ["node1"]}, "number 1 has no name"),
        ("1.20.6", {"storage_nodes": 0}, "Ceph needs one at least"),
        ("1.20.6", {"replica_count": -1}, "negative"),
        ("1.7.11", {"version": "1.7.10"}, "belongs to another release"),
        ("1.20.6", {"version": "1.4.9"}, "older than 1.5.12"),
    ],
)
def test_what_does_not_fit_is_named(version, options, message):
    with pytest.raises(versions.RookError, match=message):
        cluster.build(upstream(version, CLUSTER_FILES), **dict({"version": version}, **options))


@pytest.mark.parametrize("version", VERSIONS)
def test_nothing_is_null_as_a_server_side_apply_would_refuse_it(version):
    for document in build(version, object_store=True):
        assert [path for path, value in fields(document).items() if value is None] == []
    assert "dashboard" not in spec(version, cluster_settings={"dashboard": None})


def test_an_unsupported_ceph_is_the_users_own_decision():
    settings = {"cephVersion": {"allowUnsupported": True}}
    image = "quay.io/ceph/ceph:v19.2.3"
    made = spec("1.12.11", ceph_image=image, cluster_settings=settings)
    assert made["cephVersion"] == {"image": image, "allowUnsupported": True}


def test_a_manifest_without_a_cluster_is_named():
    with pytest.raises(versions.RookError, match="is it Rook's cluster.yaml"):
        cluster.build(upstream("1.20.6", ["toolbox"]), "1.20.6")
