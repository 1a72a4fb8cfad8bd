# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0
"""The manifests of a Ceph cluster made ready for nodes without IPv4: documents and values in, documents out.

Runs on the controller. Names of what kURL makes are kURL's, so that its add-ons find it.
"""

import copy
import re

from ..manifest import documents as manifest_documents
from ..manifest import images as manifest_images
from . import canonical, objects, versions

OVERRIDE = "rook-config-override"
TOOLBOX = "rook-ceph-tools"
FILESYSTEM = "rook-shared-fs"
OBJECT_STORE = "rook-ceph-store"
MGR_POOL = "builtin-mgr"
DEFAULT_CLASS = "storageclass.kubernetes.io/is-default-class"
#: More copies than this are made only when they are asked for.
MOST_COPIES = 3
#: The order in which a cluster comes up; what is not named here comes before the toolbox.
ORDER = (
    "ConfigMap",
    "CephCluster",
    "CephBlockPool",
    "CephFilesystem",
    "CephFilesystemSubVolumeGroup",
    "CephObjectStore",
    "StorageClass",
)
#: What makes a node's own choice of disks (``Selection`` in Rook's ``types.go``).
SELECTION = ("useAllDevices", "deviceFilter", "devicePathFilter", "devices", "volumeClaimTemplates")

#: Options for a cluster of one node, as upstream's ``cluster-test.yaml`` has them: time to take a lock on a disk, no
#: second buffer for memory that is scarce, and no warning while a tenth of the disk is free.
SINGLE_NODE = {"bdev_flock_retry": "20", "bluefs_buffered_io": "false", "mon_data_avail_warn": "10"}

_SECTION = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:/\\-]*\Z")
_OPTION = re.compile(r"[A-Za-z0-9][A-Za-z0-9 _./-]*\Z")


def build(
    documents,
    version,
    storage_nodes=1,
    replica_count=0,
    storage_class_name="default",
    block_device_filter="",
    nodes=None,
    shared_filesystem_disabled=False,
    image_repository="",
    ceph_image="",
    ceph_config=None,
    cluster_settings=None,
    object_store=False,
):
    """Return the documents of a Ceph cluster, changed for nodes without IPv4, in the order in which they are needed.

    What is false there is left out, as Rook itself leaves it out, see :mod:`canonical`.

    documents: ``cluster.yaml``, ``csi/rbd/storageclass.yaml``, ``filesystem.yaml``, ``csi/cephfs/storageclass.yaml``,
    ``toolbox.yaml`` and ``object.yaml`` of the release, parsed; left as they are. All but the first may be missing.
    version: the release, ``1.18.11``.
    storage_nodes: number of nodes with disks for Ceph.
    replica_count: copies of the data; 0 takes as many as there are storage nodes, at most three.
    storage_class_name: name of the class for block storage, which is the default one.
    block_device_filter: regular expression of the names of the disks to take; empty takes all that are empty.
    nodes: ``storage.nodes`` of the CephCluster; nothing else is used then.
    shared_filesystem_disabled: leave CephFS and its class out.
    image_repository, ceph_image: where images come from, and which one runs Ceph.
    ceph_config: section -> option -> value, in ``spec.cephConfig``, before 1.13 in the file of configuration.
    cluster_settings: merged into the CephCluster's spec, null removes; what does not work on IPv6 is an error.
    object_store: also make an object store.

    Raises RookError.
    """
    version = versions.check_supported(version)
    storage_nodes, copies = int(storage_nodes), int(replica_count)
    if storage_nodes < 1:
        raise versions.RookError("storage nodes: %s; Ceph needs one at least" % storage_nodes)
    if copies < 0:
        raise versions.RookError("replica count: %s is negative" % copies)
    copies = copies or min(storage_nodes, MOST_COPIES)
    found = manifest_documents.flatten(documents)
    objects.check_release(found, version)
    cluster = objects.find(found, "CephCluster")
    if cluster is None:
        raise versions.RookError("the manifest has no CephCluster: is it Rook's cluster.yaml?")
    found = selected(found, shared_filesystem_disabled, object_store)
    objects.rewrite_images(found, image_repository)
    configuration = check_options(ceph_config or {})
    options = cluster_options(version, storage_nodes, copies)
    objects.overlay(options, configuration)
    set_cluster(cluster, version, storage_nodes, block_device_filter, nodes or [])
    image = objects.current_image(cluster["spec"]["cephVersion"]["image"], image_repository)
    cluster["spec"]["cephVersion"]["image"] = ceph_image or image
    if versions.has(version, "ceph_config"):
        objects.overlay(objects.section(cluster["spec"], "cephConfig"), options)
        options = {}
    objects.overlay(cluster["spec"], cluster_settings or {})
    check_cluster(cluster, version)
    image = cluster["spec"]["cephVersion"]["image"]
    set_toolbox(found, image)
    set_pools(found, copies)
    set_storage_classes(found, storage_class_name)
    set_filesystem(found, storage_nodes)
    set_object_store(found, copies)
    if keeps_mgr_pool(version, image):
        found.append(mgr_pool(copies))
    found.append(override(version, options))
    return [canonical.canonical(document, version) for document in sorted(found, key=_place)]


def _place(document):
    if document["kind"] in ORDER:
        return ORDER.index(document["kind"])
    return len(ORDER) + (document["metadata"]["name"] == TOOLBOX)


def selected(found, shared_filesystem_disabled, object_store):
    """Return objects without those of a file system or object store that is not wanted."""
    return [
        document
        for document in found
        if not (shared_filesystem_disabled and is_filesystems(document))
        and not (document["kind"].startswith("CephObject") and not object_store)
    ]


def is_filesystems(document):
    """Tell whether an object belongs to CephFS: the file system, its groups, its storage class."""
    if document["kind"] == "StorageClass":
        return str(document.get("provisioner")).endswith(".cephfs.csi.ceph.com")
    return document["kind"] in ("CephFilesystem", "CephFilesystemSubVolumeGroup")


def cluster_options(version, storage_nodes, copies):
    """Return the options of Ceph that the size of a cluster asks for, as section -> option -> value.

    The first two are always there, so that they change when the cluster grows; Rook never takes one away.
    """
    options = {
        "global": {
            "osd_pool_default_size": str(copies),
            "mon_warn_on_pool_no_redundancy": "false" if copies == 1 else "true",
        }
    }
    if storage_nodes == 1:
        options["global"].update(SINGLE_NODE)
    if not versions.has(version, "disables_insecure_reclaim"):
        options["mon"] = {"auth_allow_insecure_global_id_reclaim": "false"}
    return options


def check_options(ceph_config):
    """Return options of Ceph as text, or raise RookError for what no file of configuration can hold."""
    checked = {}
    for name, options in ceph_config.items():
        if not isinstance(options, dict) or not _SECTION.match(str(name)):
            raise versions.RookError("ceph config: %r is not a section with a map of options" % str(name))
        checked[str(name)] = {}
        for option, value in options.items():
            text = objects.text_of(value)
            if not _OPTION.match(str(option)) or isinstance(value, (dict, list)) or re.search(r"[\r\n]", text):
                raise versions.RookError("ceph config: %s: %r is no option with a value on one line" % (name, option))
            plain = str(option).strip().replace(" ", "_")
            if plain in ("ms_bind_ipv4", "ms_bind_ipv6"):
                raise versions.RookError("ceph config: %s is not to be changed on a cluster without IPv4" % plain)
            checked[str(name)][plain] = text
    return checked


def override(version, options):
    """Return the ConfigMap that becomes every daemon's file of configuration, in Ceph's own form.

    Both ``ms_bind`` options are always there: Rook before 1.6 sets only the second itself, and daemons that bind IPv4
    as well never become reachable (Rook #6266).
    """
    lines = ["[global]", "ms_bind_ipv4 = false", "ms_bind_ipv6 = true"]
    sections = sorted(options, key=lambda name: (name != "global", name))
    for name in sections:
        if name != "global":
            lines.append("[%s]" % name)
        for option, value in options[name].items():
            if re.search(r"[#;\\\"']", value):
                # They begin comments, escapes and quotes in Ceph's file.
                raise versions.RookError(
                    "ceph config: %s: Rook %s cannot pass on the value of %s" % (name, version, option)
                )
            lines.append("%s = %s" % (option, value))
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": OVERRIDE, "namespace": objects.NAMESPACE},
        "data": {"config": "\n".join(lines) + "\n"},
    }


def monitors(storage_nodes):
    """Return how many monitors a cluster gets: an odd number, each on a node of its own."""
    return 3 if storage_nodes >= 3 else 1


def set_cluster(cluster, version, storage_nodes, block_device_filter, nodes):
    """Set network, daemons, placement and disks of a CephCluster, in place."""
    spec = cluster["spec"]
    # dualStack, from 1.6.0 on, is false where nothing is said of it; :func:`check_cluster` sees to that.
    objects.section(spec, "network")["ipFamily"] = "IPv6"
    objects.section(spec, "mon").update(count=monitors(storage_nodes), allowMultiplePerNode=storage_nodes == 1)
    if versions.has(version, "mgr_count"):
        objects.section(spec, "mgr")["count"] = 1 if storage_nodes == 1 else 2
    objects.tolerate(objects.section(spec, "placement", "all"))
    storage = objects.section(spec, "storage")
    if nodes:
        storage.update(useAllNodes=False, useAllDevices=False, nodes=chosen_nodes(nodes, block_device_filter))
    elif block_device_filter:
        storage.update(useAllNodes=True, useAllDevices=False, deviceFilter=block_device_filter)
    else:
        storage.update(useAllNodes=True, useAllDevices=True)


def chosen_nodes(nodes, block_device_filter):
    """Return the nodes of a CephCluster, each with a choice of disks of its own.

    Rook lets a node without one inherit the cluster's. Here the cluster has none, so that a disk is taken only on a
    node that names it or is free to use all that match.
    """
    chosen = []
    for number, node in enumerate(nodes, 1):
        if not isinstance(node, dict) or not isinstance(node.get("name"), str) or not node["name"]:
            raise versions.RookError("nodes: number %d has no name" % number)
        node = copy.deepcopy(node)
        if not any(node.get(key) for key in SELECTION):
            node.update({"deviceFilter": block_device_filter} if block_device_filter else {"useAllDevices": True})
        chosen.append(node)
    return chosen


def check_cluster(cluster, version):
    """Raise RookError when a CephCluster, settings of the user's own included, cannot work on IPv6."""
    spec = cluster["spec"]
    network = spec.get("network") or {}
    if network.get("ipFamily") != "IPv6":
        raise versions.RookError("cluster settings: network.ipFamily must stay IPv6")
    if network.get("dualStack"):
        raise versions.RookError(
            "cluster settings: network.dualStack makes daemons bind addresses that nobody reaches (Rook #7522)"
        )
    if "dualStack" in network and not versions.has(version, "dual_stack"):
        raise versions.RookError("cluster settings: Rook %s does not know network.dualStack" % version)
    refusal = versions.msgr2_refusal(version, network.get("connections") or {})
    if refusal:
        raise versions.RookError("cluster settings: " + refusal)
    ceph = spec["cephVersion"]
    refusal = versions.ceph_refusal(version, ceph["image"], ceph.get("allowUnsupported", False))
    if refusal:
        raise versions.RookError("Ceph: " + refusal)


def set_toolbox(found, image):
    """Give the toolbox the cluster's own Ceph, and let it run on control-plane nodes, in place.

    Newer releases name another tag there (``v20``); older ones use the operator's image, which stays.
    """
    toolbox = objects.find(found, "Deployment", TOOLBOX)
    for _document, template in manifest_images.pod_templates([toolbox] if toolbox is not None else []):
        objects.tolerate(template["spec"])
        for container in manifest_images.containers(template):
            if not objects.is_operator_image(container["image"]):
                container["image"] = image


def set_copies(pool, copies):
    """Set the number of copies of one pool, in place; one copy is allowed only when it is said not to be safe."""
    objects.section(pool, "replicated").update(size=copies, requireSafeReplicaSize=copies > 1)


def set_pools(found, copies):
    """Set the number of copies of all pools among objects, in place."""
    for document in found:
        if document["kind"] == "CephBlockPool":
            set_copies(document["spec"], copies)
        elif document["kind"] == "CephFilesystem":
            set_copies(objects.section(document["spec"], "metadataPool"), copies)
            for pool in document["spec"].get("dataPools") or []:
                set_copies(pool, copies)
        elif document["kind"] == "CephObjectStore":
            for name in ("metadataPool", "dataPool"):
                set_copies(objects.section(document["spec"], name), copies)


def set_storage_classes(found, name):
    """Name the class for block storage, and make it the default one, in place."""
    for document in found:
        if document["kind"] == "StorageClass" and not is_filesystems(document):
            document["metadata"]["name"] = name
            objects.section(document, "metadata", "annotations")[DEFAULT_CLASS] = "true"


def set_filesystem(found, storage_nodes):
    """Call the file system as kURL does, and let its servers run, in place.

    A file system always has a second server. On one node it would wait for ever, because each must have a node of its
    own: there it only prefers that.
    """
    filesystem = objects.find(found, "CephFilesystem")
    if filesystem is None:
        return
    old = filesystem["metadata"]["name"]
    filesystem["metadata"]["name"] = FILESYSTEM
    placement = objects.section(filesystem["spec"], "metadataServer", "placement")
    objects.tolerate(placement)
    if storage_nodes == 1:
        affinity = objects.section(placement, "podAntiAffinity")
        terms = affinity.pop("requiredDuringSchedulingIgnoredDuringExecution", None) or []
        preferred = [{"weight": 100, "podAffinityTerm": term} for term in terms]
        preferred += affinity.get("preferredDuringSchedulingIgnoredDuringExecution") or []
        affinity["preferredDuringSchedulingIgnoredDuringExecution"] = preferred
    for document in found:
        if document["kind"] == "CephFilesystemSubVolumeGroup" and document["spec"].get("filesystemName") == old:
            document["spec"]["filesystemName"] = FILESYSTEM
            document["metadata"]["name"] = _renamed(document["metadata"]["name"], old)
        elif document["kind"] == "StorageClass" and (document.get("parameters") or {}).get("fsName") == old:
            document["parameters"]["fsName"] = FILESYSTEM
            document["parameters"]["pool"] = _renamed(document["parameters"]["pool"], old)


def _renamed(name, old):
    return FILESYSTEM + name[len(old) :] if name.startswith(old + "-") else name


def set_object_store(found, copies):
    """Call the object store as kURL does, with as many gateways as copies, in place."""
    store = objects.find(found, "CephObjectStore")
    if store is not None:
        store["metadata"]["name"] = OBJECT_STORE
        gateway = objects.section(store["spec"], "gateway")
        gateway["instances"] = copies
        objects.tolerate(objects.section(gateway, "placement"))


def keeps_mgr_pool(version, image):
    """Tell whether Ceph's managers keep their data in a pool whose size is to be set.

    Without that it has as many copies as were the default when it was made, and never more when the cluster grows.
    """
    found = versions.ceph_of(image) or tuple(int(part) for part in versions.ceph_floor(version).split("."))
    return found[0] >= versions.FIRST_WITH_MGR_POOL and versions.has(version, "pool_name")


def mgr_pool(copies):
    """Return the managers' own pool as an object of Rook."""
    return {
        "apiVersion": "ceph.rook.io/v1",
        "kind": "CephBlockPool",
        "metadata": {"name": MGR_POOL, "namespace": objects.NAMESPACE},
        "spec": {
            "name": ".mgr",
            "failureDomain": "host",
            "replicated": {"size": copies, "requireSafeReplicaSize": copies > 1},
        },
    }
