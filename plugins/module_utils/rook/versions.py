# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0
"""What each Rook release knows, needs and supports, as data.

Sources: the tags of github.com/rook/rook from v1.5.12 to v1.20.6. Fields of the objects: ``crds.yaml``; settings of
the operator: ``operator.yaml`` and what reads them; Ceph releases: ``pkg/operator/ceph/version/version.go``;
Kubernetes: the page *Prerequisites* of each line's documentation.

Nothing here needs more than the standard library.
"""

import re


class RookError(Exception):
    """Values or a manifest that do not fit; the message says which and why."""


#: The oldest release that kURL runs on IPv6 (S27).
OLDEST = "1.5.12"

#: Line of releases -> lowest and highest Kubernetes minor (empty: not stated). Newest first; a line that is not listed
#: takes the next older entry.
KUBERNETES = (
    ("1.20", "1.31", "1.36"),
    ("1.19", "1.30", "1.35"),
    ("1.18", "1.29", "1.33"),
    ("1.17", "1.28", "1.32"),
    ("1.16", "1.27", "1.32"),
    ("1.15", "1.26", "1.31"),
    ("1.14", "1.25", "1.29"),
    ("1.12", "1.22", ""),
    ("1.11", "1.21", ""),
    ("1.10", "1.19", ""),
    ("1.9", "1.17", ""),
    ("1.8", "1.16", ""),
    ("1.6", "1.11", ""),
    ("1.5", "1.11", "1.21"),
)
#: Lines whose upper bound is hard, and why. The others were only not tested with what is newer.
HARD_UPPER_BOUND = {
    "1.5": "it registers its CSI drivers by storage.k8s.io/v1beta1, which Kubernetes dropped in 1.22",
}
#: Kubernetes from this minor on has no PodSecurityPolicy; releases before 1.9.10 bring one.
KUBERNETES_WITHOUT_PSP = (1, 25)

#: Line of releases -> lowest Ceph, majors of Ceph. The lowest is a hard error of the operator; a newer major than those
#: is one unless ``cephVersion.allowUnsupported`` is set. Newest first.
CEPH = (
    ("1.19", "19.2.0", (19, 20)),
    ("1.18", "18.2.0", (18, 19, 20)),
    ("1.16", "18.2.0", (18, 19)),
    ("1.15", "17.2.0", (17, 18, 19)),
    ("1.13", "17.2.0", (17, 18)),
    ("1.12", "16.2.0", (16, 17, 18)),
    ("1.10", "16.2.0", (16, 17)),
    ("1.9", "15.2.0", (15, 16, 17)),
    ("1.8", "15.2.0", (15, 16)),
    ("1.6", "14.2.5", (14, 15, 16)),
    ("1.5", "14.2.5", (14, 15)),
)
CEPH_NAMES = {14: "Nautilus", 15: "Octopus", 16: "Pacific", 17: "Quincy", 18: "Reef", 19: "Squid", 20: "Tentacle"}
#: The first major that keeps the data of its managers in a pool called ``.mgr``.
FIRST_WITH_MGR_POOL = 17

#: What came with which release.
FEATURES = {
    # spec.network.dualStack of a CephCluster; from then on Rook passes ms_bind_ipv4=false by itself.
    "dual_stack": "1.6.0",
    # Lists of objects have items of structures that are written whole; before, much of it was plain text.
    "typed_items": "1.6.0",
    # spec.mgr.count; before, there is one.
    "mgr_count": "1.6.0",
    # CSI_PROVISIONER_REPLICAS in the operator's ConfigMap; before, it is two, or one on a single node.
    "csi_provisioner_replicas": "1.7.0",
    # The manifests moved from cluster/examples/kubernetes/ceph to deploy/examples.
    "deploy_examples": "1.8.0",
    # A block pool may be called .mgr (spec.name).
    "pool_name": "1.9.0",
    "loop_devices": "1.10.6",
    # spec.network.connections.requireMsgr2; encryption and compression require the same since 1.9.0.
    "require_msgr2": "1.11.0",
    # The operator turns AUTH_INSECURE_GLOBAL_ID_RECLAIM_ALLOWED off by itself.
    "disables_insecure_reclaim": "1.6.0",
    # spec.dataPools[].application of a CephFilesystem, always written.
    "pool_application": "1.14.0",
    # spec.mgr.modules[].settings, always written.
    "module_settings": "1.14.5",
    # With msgr2 required, monitors form a quorum over IPv6 (#11858, #11977, mended by #14248).
    "msgr2_on_ipv6": "1.14.5",
    # spec.cephConfig; before, options go into the ConfigMap rook-config-override.
    "ceph_config": "1.13.0",
    # csi-operator.yaml is needed.
    "csi_operator": "1.18.0",
    # CSI is set up by objects of the CSI operator, and no longer by keys of the operator's ConfigMap.
    "csi_objects": "1.20.0",
}

#: The images of CSI that a release has compiled in, for releases whose manifests do not name them. Each row holds from
#: its release up to the next row. Source: ``Default...Image`` in ``pkg/operator/ceph/csi/spec.go``.
CSI_COLUMNS = ("plugin", "registrar", "resizer", "provisioner", "snapshotter", "attacher", "addons")
CSI_TAGS = """
    1.5.12  v3.2.2   v2.0.1   v1.0.1   v2.0.4  v3.0.2  v3.0.2  -
    1.6.0   v3.3.0   v2.0.1   v1.0.1   v2.0.4  v3.0.2  v3.0.2  -
    1.6.1   v3.3.1   v2.0.1   v1.0.1   v2.0.4  v3.0.2  v3.0.2  -
    1.6.2   v3.3.1   v2.0.1   v1.0.1   v2.0.4  v4.0.0  v3.0.2  -
    1.6.6   v3.3.1   v2.2.0   v1.2.0   v2.2.2  v4.1.1  v3.2.1  -
    1.7.1   v3.4.0   v2.2.0   v1.2.0   v2.2.2  v4.1.1  v3.2.1  -
    1.7.5   v3.4.0   v2.3.0   v1.3.0   v3.0.0  v4.2.0  v3.3.0  -
    1.8.3   v3.5.1   v2.4.0   v1.3.0   v3.1.0  v4.2.0  v3.4.0  v0.2.1
    1.8.4   v3.5.1   v2.4.0   v1.4.0   v3.1.0  v5.0.1  v3.4.0  v0.2.1
    1.8.5   v3.5.1   v2.5.0   v1.4.0   v3.1.0  v5.0.1  v3.4.0  v0.2.1
    1.9.0   v3.6.0   v2.5.0   v1.4.0   v3.1.0  v5.0.1  v3.4.0  v0.2.1
    1.9.2   v3.6.1   v2.5.0   v1.4.0   v3.1.0  v5.0.1  v3.4.0  v0.2.1
    1.9.5   v3.6.2   v2.5.1   v1.4.0   v3.1.0  v6.0.1  v3.4.0  v0.2.1
    1.9.6   v3.6.2   v2.5.1   v1.4.0   v3.1.0  v6.0.1  v3.4.0  v0.4.0
    1.10.0  v3.7.0   v2.5.1   v1.5.0   v3.2.1  v6.0.1  v3.5.0  v0.4.0
    1.10.1  v3.7.0   v2.5.1   v1.5.0   v3.2.1  v6.0.1  v3.5.0  v0.5.0
    1.10.3  v3.7.1   v2.5.1   v1.6.0   v3.3.0  v6.1.0  v4.0.0  v0.5.0
    1.10.4  v3.7.2   v2.5.1   v1.6.0   v3.3.0  v6.1.0  v4.0.0  v0.5.0
    1.10.9  v3.7.2   v2.7.0   v1.7.0   v3.4.0  v6.2.1  v4.1.0  v0.5.0
    1.11.0  v3.8.0   v2.7.0   v1.7.0   v3.4.0  v6.2.1  v4.1.0  v0.5.0
    1.12.0  v3.9.0   v2.8.0   v1.8.0   v3.5.0  v6.2.2  v4.3.0  v0.7.0
    1.13.0  v3.10.0  v2.9.1   v1.9.2   v3.6.2  v6.3.2  v4.4.2  v0.7.0
    1.13.1  v3.10.1  v2.9.1   v1.9.2   v3.6.2  v6.3.2  v4.4.2  v0.8.0
    1.13.3  v3.10.1  v2.9.1   v1.9.2   v3.6.3  v6.3.2  v4.4.2  v0.8.0
    1.13.5  v3.10.2  v2.9.1   v1.9.2   v3.6.3  v6.3.2  v4.4.2  v0.8.0
    1.13.6  v3.10.2  v2.10.0  v1.10.0  v4.0.0  v7.0.1  v4.5.0  v0.8.0
    1.14.0  v3.11.0  v2.10.0  v1.10.0  v4.0.0  v7.0.1  v4.5.0  v0.8.0
    1.14.3  v3.11.0  v2.10.1  v1.10.1  v4.0.1  v7.0.2  v4.5.1  v0.8.0
    1.15.0  v3.12.0  v2.11.1  v1.11.1  v5.0.1  v8.0.1  v4.6.1  v0.9.0
    1.15.1  v3.12.0  v2.11.1  v1.11.1  v5.0.1  v8.0.1  v4.6.1  v0.9.1
    1.15.2  v3.12.2  v2.11.1  v1.11.1  v5.0.1  v8.0.1  v4.6.1  v0.9.1
    1.15.7  v3.12.3  v2.11.1  v1.11.1  v5.0.1  v8.0.1  v4.6.1  v0.9.1
    1.16.0  v3.13.0  v2.11.1  v1.11.1  v5.0.1  v8.0.1  v4.6.1  v0.11.0
    1.16.1  v3.13.0  v2.11.1  v1.11.1  v5.0.1  v8.2.0  v4.6.1  v0.11.0
    1.16.2  v3.13.0  v2.13.0  v1.13.1  v5.1.0  v8.2.0  v4.8.0  v0.11.0
    1.16.6  v3.13.1  v2.13.0  v1.13.1  v5.1.0  v8.2.0  v4.8.0  v0.11.0
    1.17.0  v3.14.0  v2.13.0  v1.13.1  v5.1.0  v8.2.0  v4.8.0  v0.12.0
    1.17.3  v3.14.0  v2.13.0  v1.13.2  v5.2.0  v8.2.1  v4.8.1  v0.12.0
    1.17.6  v3.14.1  v2.13.0  v1.13.2  v5.2.0  v8.2.1  v4.8.1  v0.12.0
    1.17.7  v3.14.2  v2.13.0  v1.13.2  v5.2.0  v8.2.1  v4.8.1  v0.12.0
    1.18.0  v3.15.0  v2.13.0  v1.13.2  v5.2.0  v8.2.1  v4.8.1  v0.13.0
    1.19.0  v3.16.0  v2.15.0  v2.0.0   v6.0.0  v8.4.0  v4.10.0 v0.14.0
    1.19.2  v3.16.1  v2.15.0  v2.0.0   v6.0.0  v8.4.0  v4.10.0 v0.14.0
    1.19.3  v3.16.2  v2.16.0  v2.1.0   v6.1.1  v8.5.0  v4.11.0 v0.14.0
"""

_VERSION = re.compile(r"v?([0-9]{1,6})\.([0-9]{1,6})\.([0-9]{1,6})(?:[-+][0-9A-Za-z.+-]*)?\Z")
_LINE = re.compile(r"v?([0-9]{1,6})\.([0-9]{1,6})(?:\..*)?\Z")
_CEPH = re.compile(r"v?([0-9]{1,4})(?:\.([0-9]{1,4}))?(?:\.([0-9]{1,4}))?(?:[-+._].*)?\Z")


def parse(version):
    """Turn ``1.18.11`` or ``v1.18.11`` into ``(1, 18, 11)``. Raises RookError for anything else."""
    match = _VERSION.match(str(version))
    if not match:
        raise RookError("%r is not a Rook version such as 1.18.11" % str(version))
    return tuple(int(part) for part in match.groups())


def line(version):
    """Return the line that a release belongs to: ``1.18`` of ``1.18.11``."""
    return "%d.%d" % parse(version)[:2]


def minor_key(text):
    """Return ``(1, 34)`` of ``1.34`` or ``1.34.4``. Raises RookError."""
    match = _LINE.match(str(text))
    if not match:
        raise RookError("%r is not a version such as 1.34.4" % str(text))
    return tuple(int(part) for part in match.groups())


def has(version, feature):
    """Tell whether a release has one of :data:`FEATURES`."""
    return parse(version) >= parse(FEATURES[feature])


def check_supported(version):
    """Return a version without a leading ``v``, or raise RookError when it is older than :data:`OLDEST`."""
    wanted = parse(version)
    if wanted < parse(OLDEST):
        raise RookError("Rook %s is older than %s, the first that runs on an IPv6-only cluster" % (version, OLDEST))
    return "%d.%d.%d" % wanted


def _row(table, version):
    wanted = parse(version)[:2]
    return next((row for row in table if minor_key(row[0]) <= wanted), table[-1])


def kubernetes_range(version):
    """Return ``(lowest, highest)`` Kubernetes minor of a release, ``("1.29", "1.33")``; highest may be empty."""
    return _row(KUBERNETES, version)[1:]


def kubernetes_refusal(version, kubernetes_version):
    """Return why a release cannot run on a Kubernetes version, or the empty string.

    A Kubernetes that is newer than what the release was tested with is no reason.
    """
    lowest, highest = kubernetes_range(version)
    minor = minor_key(kubernetes_version)
    subject = "Rook %s cannot run on Kubernetes %s: " % (version, kubernetes_version)
    if minor < minor_key(lowest):
        return subject + "it needs %s or newer" % lowest
    reason = HARD_UPPER_BOUND.get(line(version))
    if reason and minor > minor_key(highest):
        return subject + reason
    return ""


def ceph_floor(version):
    """Return the lowest Ceph of a release, such as ``18.2.0``.

    Before a cluster goes to the next line, its Ceph must have reached that line's floor.
    """
    return _row(CEPH, version)[1]


def ceph_of(image):
    """Return the version of Ceph that an image's tag names, as a tuple of one to three numbers, or an empty one."""
    name = str(image).partition("@")[0].rpartition("/")[2]
    match = _CEPH.match(name.partition(":")[2])
    return tuple(int(part) for part in match.groups() if part is not None) if match else ()


def ceph_refusal(version, image, allow_unsupported=False):
    """Return why a release does not take a Ceph image, or the empty string.

    An image whose tag does not name a version of Ceph is not judged.
    """
    found = ceph_of(image)
    if not found:
        return ""
    _line, floor, majors = _row(CEPH, version)
    names = ", ".join("%s (%d)" % (CEPH_NAMES[major], major) for major in majors)
    lowest = tuple(int(part) for part in floor.split("."))
    if found < lowest[: len(found)]:
        return "Rook %s needs Ceph %s or newer, and %s is older" % (version, floor, image)
    if found[0] not in majors and not allow_unsupported:
        return "Rook %s supports Ceph %s; %s needs cephVersion.allowUnsupported" % (version, names, image)
    return ""


def csi_images(version):
    """Return the images of CSI that a release before 1.20 has compiled in: ``{"plugin": "quay.io/...", ...}``.

    ``addons`` is absent from releases that have none. The registry is the one that still gets new images, also for
    releases that name ``k8s.gcr.io``.
    """
    wanted = parse(version)
    found = None
    for row in CSI_TAGS.strip().splitlines():
        words = row.split()
        if parse(words[0]) <= wanted:
            found = words[1:]
    if found is None or has(version, "csi_objects"):
        return {}
    names = {
        "plugin": "quay.io/cephcsi/cephcsi",
        "registrar": "registry.k8s.io/sig-storage/csi-node-driver-registrar",
        "addons": "quay.io/csiaddons/k8s-sidecar",
    }
    return {
        column: "%s:%s" % (names.get(column, "registry.k8s.io/sig-storage/csi-" + column), tag)
        for column, tag in zip(CSI_COLUMNS, found)
        if tag != "-"
    }


def msgr2_refusal(version, connections):
    """Return why a CephCluster's ``network.connections`` cannot be used on IPv6 with a release, or the empty string.

    Encryption and compression require msgr2 as well (``RequireMsgr2`` in Rook's ``cluster.go``).
    """
    asked = [name for name in ("encryption", "compression") if (connections.get(name) or {}).get("enabled")]
    asked += ["requireMsgr2"] if connections.get("requireMsgr2") else []
    if not asked or has(version, "msgr2_on_ipv6"):
        return ""
    if asked == ["requireMsgr2"] and not has(version, "require_msgr2"):
        return "network.connections.requireMsgr2: Rook %s does not know it, it came with 1.11.0" % version
    return (
        "network.connections.%s: with Rook before 1.14.5 the monitors form no quorum over IPv6 when msgr2 is required "
        "(Rook #11858, #11977)" % asked[0]
    )
