# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0
"""Rook's objects as Rook itself writes them, so that a second apply changes nothing.

When the operator sees an object for the first time, it adds its finalizer by replacing the whole object with what its
own types make of it: fields that are false, zero or empty are gone then, durations are spelled by Go, and items of
lists have the empty maps of their types. A list belongs to whom wrote it last, as a whole. Source: the structures of
``pkg/apis/ceph.rook.io/v1/types.go`` and ``storage.go`` of each line, ``AddFinalizerIfNotPresent``.
"""

import re

from . import versions

#: Fields that are left out where they are false, zero or empty, which is what their absence means. Fields with a
#: pointer's type, such as ``useAllDevices``, are not among them: there false and absent are two things.
OMITTED = frozenset("""
    allowDeviceClassUpdate allowMultiplePerNode allowOsdCrushWeightUpdate allowUninstallWithVolumes allowUnsupported
    confirmation continueUpgradeAfterChecksEvenIfNotHealthy disable disabled dualStack enabled
    manageMachineDisruptionBudgets managePodBudgets metricsDisabled onlyApplyOSDPlacement osdMaintenanceTimeout
    pgHealthCheckTimeout preserveFilesystemOnDelete preservePoolsOnDelete removeOSDsIfOutAndSafeToRemove requireMsgr2
    requireSafeReplicaSize scheduleAlways skipUpgradeChecks ssl upgradeOSDRequiresHealthyPGs useAllNodes
    """.split())
#: Maps whose ``enabled`` is always written.
_ALWAYS_ENABLED = ("readAffinity",)
#: Maps below which ``interval`` is a duration. Elsewhere, as in schedules, it is text.
_WITH_DURATIONS = ("healthCheck", "statusCheck", "monitoring")
_DURATION = re.compile(r"(?:([0-9]{1,6})h)?(?:([0-9]{1,6})m)?(?:([0-9]{1,6})s)?\Z")


def canonical(document, version):
    """Return an object as a release of Rook writes it; what is not of ``ceph.rook.io`` only loses its nulls."""
    document = _without_nulls(document)
    if not document["apiVersion"].startswith("ceph.rook.io/") or "spec" not in document:
        return document
    typed = versions.has(version, "typed_items")
    spec = _rewritten(document["spec"], "", False, typed)
    if typed and document["kind"] == "CephCluster":
        _complete_cluster(spec, version)
    elif typed and document["kind"] == "CephFilesystem":
        for pool in spec.get("dataPools") or []:
            _complete_pool(pool, version)
    return dict(document, spec=spec)


def _without_nulls(value):
    """Return a value without the keys of its maps that have none.

    Upstream's manifests have maps of which every entry is a comment. A client-side apply leaves them out; in a
    server-side one the API server refuses those that a schema does not call nullable.
    """
    if isinstance(value, dict):
        return {name: _without_nulls(inner) for name, inner in value.items() if inner is not None}
    return [_without_nulls(inner) for inner in value] if isinstance(value, list) else value


def _rewritten(value, parent, durations, typed):
    if isinstance(value, list):
        # Items of 1.5 keep what is false.
        return [_rewritten(inner, parent, durations, typed) if typed else inner for inner in value]
    if not isinstance(value, dict):
        return value
    made = {}
    for name, inner in value.items():
        omitted = name in OMITTED and not (name == "enabled" and parent in _ALWAYS_ENABLED)
        if omitted and not isinstance(inner, (dict, list)) and not inner:
            continue
        if durations and typed and name == "interval":
            inner = duration(inner)
        made[name] = _rewritten(inner, name, durations or name in _WITH_DURATIONS, typed)
    return made


def duration(text):
    """Return a duration as Go writes it: ``1m0s`` for ``60s``. What is none, or has parts of a second, stays."""
    match = _DURATION.match(str(text)) if text else None
    if not match or not any(match.groups()):
        return text
    hours, minutes, seconds = (int(part or 0) for part in match.groups())
    total = hours * 3600 + minutes * 60 + seconds
    hours, minutes, seconds = total // 3600, total // 60 % 60, total % 60
    if hours:
        return "%dh%dm%ds" % (hours, minutes, seconds)
    return "%dm%ds" % (minutes, seconds) if minutes else "%ds" % seconds


def _complete_cluster(spec, version):
    for node in (spec.get("storage") or {}).get("nodes") or []:
        node.setdefault("resources", {})
        _drop_empty(node, ("config", "deviceFilter", "devicePathFilter", "devices", "volumeClaimTemplates"))
        for device in node.get("devices") or []:
            _drop_empty(device, ("config", "fullpath", "name"))
    if versions.has(version, "module_settings"):
        for module in (spec.get("mgr") or {}).get("modules") or []:
            module.setdefault("settings", {})


def _complete_pool(pool, version):
    pool.setdefault("erasureCoded", {"codingChunks": 0, "dataChunks": 0})
    pool.setdefault("mirroring", {})
    pool.setdefault("quotas", {})
    pool.setdefault("statusCheck", {"mirror": {}})
    if versions.has(version, "pool_application"):
        pool.setdefault("application", "")


def _drop_empty(mapping, names):
    for name in names:
        if name in mapping and not mapping[name]:
            del mapping[name]
