# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0
"""How far a Ceph cluster of Rook is, and whether it is well. Pure functions over what the API server and Ceph return.

Sources: Rook's documentation on the CephCluster's status and on upgrades (labels ``rook-version`` and
``ceph-version`` of all Deployments), Ceph's documentation of health checks; kURL for the warnings that are no fault.
"""

from __future__ import absolute_import, division, print_function

__metaclass__ = type

import re

from ansible_collections.kurl.ipv6.plugins.module_utils.cluster import families, pods, rollout

NAMESPACE = "rook-ceph"
OPERATOR = "rook-ceph-operator"
#: Warnings of Ceph that keep nobody from storing (kURL's list).
ALLOWED = frozenset(
    (
        "POOL_NO_REDUNDANCY",
        "TOO_MANY_PGS",
        "RECENT_CRASH",
        "POOL_PG_NUM_NOT_POWER_OF_TWO",
        "AUTH_INSECURE_GLOBAL_ID_RECLAIM_ALLOWED",
        "MON_DISK_LOW",
    )
)
#: The stage of a change that the operator does not say it has seen. It never does where only words have changed.
UNSEEN = "unseen"
#: Kinds that Rook makes something of in Ceph, and that say in ``status.phase`` how far it is.
PARTS = ("CephBlockPool", "CephFilesystem", "CephObjectStore")
_DONE = ("Ready", "Connected")
#: What a daemon of a kind is called by the label ``app`` of its Deployment and pods.
MONITOR, MANAGER, OSD, PREPARE = "rook-ceph-mon", "rook-ceph-mgr", "rook-ceph-osd", "rook-ceph-osd-prepare"
_DAEMONS = (MONITOR, MANAGER, OSD, "rook-ceph-mds", "rook-ceph-rgw")
_VERSION = re.compile(r"v?(\d+\.\d+\.\d+)")


def label(item, name):
    """Return a label of an object, or an empty string."""
    return (item["metadata"].get("labels") or {}).get(name, "")


def rook_version(image):
    """Return the version of Rook that an image ``rook/ceph:v1.18.11`` is, or an empty string."""
    tag = (image or "").split("@", 1)[0].rsplit("/", 1)[-1].partition(":")[2]
    found = _VERSION.match(tag)
    return found.group(1) if found else ""


def _operator(deployments):
    for item in deployments:
        if item["metadata"]["name"] == OPERATOR:
            containers = item["spec"]["template"]["spec"].get("containers") or [{}]
            return {"version": rook_version(containers[0].get("image")), "missing": rollout.progress(item)}
    return {"version": "", "missing": "is not there"}


def _cluster(found):
    if not found:
        return {}
    spec, status = found.get("spec") or {}, found.get("status") or {}
    seen = status.get("observedGeneration")
    return {
        "name": found["metadata"]["name"],
        "phase": status.get("phase") or "",
        "message": status.get("message") or "",
        "image": (spec.get("cephVersion") or {}).get("image") or "",
        "running_image": (status.get("version") or {}).get("image") or "",
        "ceph_version": ((status.get("version") or {}).get("version") or "").split("-", 1)[0],
        "monitors": (spec.get("mon") or {}).get("count") or 1,
        # Releases that do not tell which generation they have seen are taken at their word.
        "current": seen is None or seen >= (found["metadata"].get("generation") or 0),
    }


def _running(found, app):
    """Return the healthy pods of a kind of daemon; a monitor's canary only tries whether there is room."""
    return [
        item
        for item in found
        if label(item, "app") == app and not label(item, "mon_canary") and pods.healthy(item) and not _leaving(item)
    ]


def _leaving(item):
    return bool(item["metadata"].get("deletionTimestamp"))


def _checks(status, cluster_object):
    """Return (health, {check: message}) as Ceph itself says, else as Rook last wrote it down."""
    health = status.get("health") or {}
    if health.get("status"):
        found = {}
        for name, entry in (health.get("checks") or {}).items():
            if not entry.get("muted"):
                found[name] = (entry.get("summary") or {}).get("message") or ""
        return health["status"], found
    written = ((cluster_object or {}).get("status") or {}).get("ceph") or {}
    details = written.get("details") or {}
    return written.get("health") or "", {name: entry.get("message") or "" for name, entry in details.items()}


def read(objects, status=None):
    """Put together what is known of a Ceph cluster.

    Arguments:
        objects: the objects of Rook's namespace: its own kinds, Deployments and pods.
        status: what ``ceph status --format json`` returned, None if Ceph could not be asked.
    Returns:
        A map: ``operator`` (version, missing), ``cluster`` (empty if there is no CephCluster), ``monitors`` (wanted,
        running, quorum), ``managers``, ``osds`` (made, running, up, known, preparing: nodes whose disks are being
        looked at), ``health``, ``checks``, ``told`` (whether Ceph itself was asked), ``parts`` (``[{"name", "phase"}]``
        of pools, file systems and object stores), ``replicas`` (the largest size of a pool), ``daemons`` (version of
        Rook -> number of Deployments).
    """
    by_kind = {}
    for item in objects:
        by_kind.setdefault(item["kind"], []).append(item)
    found_pods = by_kind.get("Pod", [])
    deployments = by_kind.get("Deployment", [])
    cluster_object = next(iter(by_kind.get("CephCluster", [])), None)
    cluster = _cluster(cluster_object)
    told = status or {}
    health, checks = _checks(told, cluster_object)
    # Up to Ceph 14 the map lies in a map of the same name.
    osd_map = told.get("osdmap") or {}
    osd_map = osd_map.get("osdmap") or osd_map
    made = [item for item in deployments if label(item, "app") == OSD]
    daemons = {}
    for item in deployments:
        if label(item, "app") in _DAEMONS:
            version = rook_version(":" + label(item, "rook-version"))
            daemons[version] = daemons.get(version, 0) + 1
    return {
        "operator": _operator(deployments),
        "cluster": cluster,
        "monitors": {
            "wanted": cluster.get("monitors", 0),
            "running": len(_running(found_pods, MONITOR)),
            "quorum": sorted(told.get("quorum_names") or []),
        },
        "managers": len(_running(found_pods, MANAGER)),
        "osds": {
            "made": len(made),
            "running": len(_running(found_pods, OSD)),
            "up": osd_map.get("num_up_osds") or 0,
            "known": osd_map.get("num_osds") or 0,
            "preparing": sorted(
                pods.node_of(item)
                for item in found_pods
                if label(item, "app") == PREPARE and not pods.healthy(item) and not pods.left_over(item)
            ),
        },
        "health": health,
        "checks": checks,
        "told": bool(told),
        "parts": [
            {
                "name": "%s %s" % (item["kind"], item["metadata"]["name"]),
                "phase": (item.get("status") or {}).get("phase") or "",
            }
            for kind in PARTS
            for item in by_kind.get(kind, [])
        ],
        "replicas": max([_size(item) for item in by_kind.get("CephBlockPool", [])] or [0]),
        "daemons": daemons,
    }


def _size(pool):
    """Return how often a pool keeps its data; 0 of Ceph's own pools, whose size says nothing of the user's."""
    spec = pool.get("spec") or {}
    if (spec.get("name") or "").startswith("."):
        return 0
    return (spec.get("replicated") or {}).get("size") or 0


def faults(state):
    """Return the health checks that are no allowed warnings, as ``{check: message}``; of HEALTH_OK there are none."""
    return {name: text for name, text in state["checks"].items() if name not in ALLOWED}


def well(state):
    """Tell whether Ceph's health keeps nobody from storing: HEALTH_OK, or a warning of nothing but allowed checks."""
    if state["health"] == "HEALTH_OK":
        return True
    return state["health"] == "HEALTH_WARN" and bool(state["checks"]) and not faults(state)


def missing(state, version=""):
    """Return what is missing until the cluster can be used, in the order in which it comes about; empty if nothing is.

    Arguments:
        state: as :func:`read` returns it.
        version: the version of Rook that operator and daemons must have; empty for any.
    Returns:
        A list of ``(stage, words)``; stages are operator, cluster, :data:`UNSEEN`, monitors, managers, osds,
        daemons, health, parts.
    """
    lacks = []

    def lack(stage, words):
        lacks.append((stage, words))

    operator, cluster = state["operator"], state["cluster"]
    if operator["missing"]:
        lack("operator", "operator: %s" % operator["missing"])
    elif version and operator["version"] != version:
        lack("operator", "operator %s, not %s" % (operator["version"] or "of unknown version", version))
    if not cluster:
        lack("cluster", "no CephCluster")
        return lacks
    monitors, osds = state["monitors"], state["osds"]
    if monitors["running"] < monitors["wanted"]:
        lack("monitors", "monitors %d/%d" % (monitors["running"], monitors["wanted"]))
    elif state["told"] and len(monitors["quorum"]) < monitors["wanted"]:
        lack("monitors", "quorum %d/%d" % (len(monitors["quorum"]), monitors["wanted"]))
    if not state["managers"]:
        lack("managers", "no manager")
    if osds["preparing"]:
        lack("osds", "looking for disks on %s" % ", ".join(osds["preparing"][:5]))
    if not osds["running"]:
        lack("osds", "no OSD")
    elif osds["running"] < osds["made"]:
        lack("osds", "OSDs %d/%d" % (osds["running"], osds["made"]))
    elif state["told"] and osds["up"] < osds["known"]:
        lack("osds", "OSDs up %d/%d" % (osds["up"], osds["known"]))
    old = sum(number for found, number in state["daemons"].items() if version and found != version)
    if old:
        lack("daemons", "%d daemons of another version" % old)
    if cluster["phase"] not in _DONE:
        lack("cluster", "CephCluster %s" % (cluster["phase"] or "not seen by the operator yet"))
    elif not cluster["current"]:
        lack(UNSEEN, "CephCluster changed, not seen by the operator yet")
    elif cluster["image"] and cluster["running_image"] and cluster["image"] != cluster["running_image"]:
        lack("cluster", "Ceph is still %s" % cluster["running_image"])
    if not well(state):
        names = ", ".join(sorted(faults(state)))
        lack("health", "%s%s" % (state["health"] or "health unknown", " (%s)" % names if names else ""))
    for part in state["parts"]:
        if part["phase"] not in _DONE:
            lack("parts", "%s %s" % (part["name"], part["phase"] or "not seen yet"))
    return lacks


def summary(state, version=""):
    """Return in one line how far the cluster is."""
    lacks = missing(state, version)
    if not state["cluster"]:
        return "; ".join(words for _stage, words in lacks)
    monitors, osds = state["monitors"], state["osds"]
    base = "monitors %d/%d, OSDs %d/%d, %s" % (
        monitors["running"],
        monitors["wanted"],
        osds["up"] if state["told"] else osds["running"],
        max(osds["made"], osds["known"]),
        state["health"] or "health unknown",
    )
    # What the line says already is not said again.
    more = [words for stage, words in lacks if stage not in ("monitors", "health") and words != "no OSD"]
    more += sorted(faults(state)) if state["health"] else []
    return base + (": " + "; ".join(more) if more else "")


# Addresses


def host_of(text):
    """Return the host of an address as Ceph writes it, ``[fd00::1]:6800/42``, or ``192.0.2.1:6800/42``; empty if none.

    A daemon that never came up has ``:/0`` or ``-``.
    """
    text = text.split("/", 1)[0]
    if text.startswith("["):
        return text[1:].partition("]")[0]
    return text.rpartition(":")[0] if ":" in text else ""


def _vectors(entry, keys):
    """Return all addresses of a daemon, from Ceph 14 on lists of address vectors, before that single addresses."""
    found = []
    for key in keys:
        vector = (entry.get(key + "s") or {}).get("addrvec")
        if vector is None:
            found.append(entry.get(key) or "")
        else:
            found += [item.get("addr") or "" for item in vector if item.get("type") != "none"]
    return found


def addresses(monitor_dump, osd_dump, manager_dump=None):
    """Return every address at which daemons of Ceph listen, as ``[(daemon, address)]``.

    Arguments:
        monitor_dump, osd_dump, manager_dump: what ``ceph mon dump``, ``ceph osd dump`` and ``ceph mgr dump`` return
            as JSON. OSDs that are down are left out: their last address says nothing.
    """
    found = []
    for entry in monitor_dump.get("mons") or []:
        for address in _vectors(entry, ("public_addr",)):
            found.append(("mon." + str(entry.get("name", "")), address))
    for entry in osd_dump.get("osds") or []:
        if entry.get("up"):
            for address in _vectors(entry, ("public_addr", "cluster_addr", "heartbeat_back_addr")):
                found.append(("osd.%s" % entry.get("osd"), address))
    for address in _vectors(manager_dump or {}, ("active_addr",)):
        found.append(("mgr." + str((manager_dump or {}).get("active_name", "")), address))
    return [item for item in found if host_of(item[1])]


def not_v6(found):
    """Return those of :func:`addresses` that other nodes do not reach over IPv6: IPv4, a wildcard, the loopback."""
    return [(daemon, address) for daemon, address in found if not families.usable_v6(host_of(address))]


# Why a disk was not taken

_SKIPPED = re.compile(r'skipping device \\?"(?P<device>[^"\\]+)\\?"(?::| because| with|,| until| that)? ?(?P<why>.*)')
_NOT_PICKED = re.compile(r'(?P<kind>loop device|logical volume) \\?"(?P<device>[^"\\]+)\\?" is not picked')
_TAKEN = re.compile(r'device \\?"(?P<device>[^"\\]+)\\?" is selected by the device filter/name')
_AVAILABLE = re.compile(r'device \\?"(?P<device>[^"\\]+)\\?" is available\.')
# A line of Rook's log: time, level (C is what a program ends with, E an error), rest.
_LINE = re.compile(r"^\d{4}-\d\d-\d\d[ T]\S+ (?P<level>[A-Z]) ?\| ?(?P<text>.*)$")
# Ceph's keys begin so; none belongs into a report.
_KEY = re.compile(r"\bAQ[A-Za-z0-9+/]{34,42}={0,2}")


def redact(text):
    """Return a text without Ceph's keys."""
    return _KEY.sub("***", text)


def last_error(log, levels="CE"):
    """Return the last error in a log of Rook with the lines that belong to it, without its time; empty if none.

    Arguments:
        log: the text.
        levels: letters of the levels that count.
    """
    errors = []
    for line in log.splitlines():
        found = _LINE.match(line)
        if found:
            errors.append([found.group("text")] if found.group("level") in levels else [])
        elif errors and errors[-1]:
            errors[-1].append(line)
    told = [lines for lines in errors if lines]
    return redact(" ".join(" ".join(told[-1]).split())) if told else ""


def devices(log):
    """Return what the log of an OSD prepare job says of the host's disks.

    Returns:
        A map: ``taken`` (names), ``left`` (list of ``(name, why)``), ``error`` (the last failure, or empty), ``none``
        (whether no disk fits what the cluster asks for).
    """
    taken, left, available = [], [], set()
    for line in log.splitlines():
        found = _TAKEN.search(line)
        if found:
            taken.append(found.group("device"))
            continue
        found = _AVAILABLE.search(line)
        if found:
            available.add(found.group("device"))
        found = _SKIPPED.search(line)
        if found:
            left.append((found.group("device"), _why(line, found)))
            continue
        found = _NOT_PICKED.search(line)
        if found:
            left.append((found.group("device"), "a %s must be named exactly in rook.nodes" % found.group("kind")))
            continue
    return {
        "taken": taken,
        "left": [item for number, item in enumerate(left) if item not in left[:number]],
        "error": last_error(log, "C"),
        "none": "no devices matched the storage settings" in log,
    }


def _why(line, found):
    why = found.group("why").strip().rstrip(".")
    if "does not match the device filter" in line:
        return "does not match the filter"
    if "detected an existing OSD" in line:
        return "is an OSD already"
    if "it has child" in line:
        return "has partitions"
    if " with mountpoint " in line:
        return "mounted at %s" % why.replace("mountpoint ", "").strip('"\\')
    if re.match(r"\.? ?exit status \d+$", why):
        return "could not be looked at"
    return why.replace('\\"', '"') or "no reason given"
