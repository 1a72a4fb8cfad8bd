# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0
"""Waits until workloads run what was asked for, and finds out why where they do not."""

from __future__ import absolute_import, division, print_function

__metaclass__ = type

import time
from collections import namedtuple

from ansible_collections.kurl.ipv6.plugins.module_utils.cluster import causes, diagnose, pods
from ansible_collections.kurl.ipv6.plugins.module_utils.finding import finding
from ansible_collections.kurl.ipv6.plugins.module_utils.manifest import documents as manifest_documents

#: A pod that does not run: ``pod`` (namespace/name), ``node``, ``text`` (why, in words), ``cause`` (its known Cause or
#: None).
Trouble = namedtuple("Trouble", "pod node text cause")
#: Kinds that are waited for, with the API group.
KINDS = (
    ("apps", "DaemonSet"),
    ("apps", "Deployment"),
    ("apps", "StatefulSet"),
    ("apiregistration.k8s.io", "APIService"),
)
_STEP_SECONDS = 1
#: More pods with the same trouble tell nothing new.
_EXPLAINED = 5


def awaited(documents):
    """Return the objects of a manifest that are waited for."""
    return [item for item in documents if (manifest_documents.group(item), item["kind"]) in KINDS]


def progress(document):
    """Return what is missing until a workload is rolled out, in words; empty when nothing is.

    The rules are those of ``kubectl rollout status``.
    """
    status = document.get("status") or {}
    if document["kind"] == "APIService":
        for condition in status.get("conditions") or []:
            if condition.get("type") == "Available":
                return "" if condition.get("status") == "True" else condition.get("message", "not available")
        return "not available"
    if (document["metadata"].get("generation") or 0) > (status.get("observedGeneration") or 0):
        return "not seen by its controller yet"
    if document["kind"] == "DaemonSet":
        return _daemon_set(document.get("spec") or {}, status)
    wanted = (document.get("spec") or {}).get("replicas", 1)
    ready_field = "availableReplicas" if document["kind"] == "Deployment" else "readyReplicas"
    updated = status.get("updatedReplicas") or 0
    if updated < wanted:
        return "%d of %d pods are new" % (updated, wanted)
    if (status.get("replicas") or 0) > updated:
        return "%d old pods are still there" % (status["replicas"] - updated)
    if (status.get(ready_field) or 0) < wanted:
        return "%d of %d pods are ready" % (status.get(ready_field) or 0, wanted)
    return ""


def _daemon_set(spec, status):
    wanted = status.get("desiredNumberScheduled") or 0
    on_delete = (spec.get("updateStrategy") or {}).get("type") == "OnDelete"
    updated = status.get("updatedNumberScheduled") or 0
    if not on_delete and updated < wanted:
        return "%d of %d pods are new" % (updated, wanted)
    if (status.get("numberAvailable") or 0) < wanted:
        return "%d of %d pods are ready" % (status.get("numberAvailable") or 0, wanted)
    return ""


def wait(kubectl, documents, seconds):
    """Wait until the workloads among objects are rolled out, for at most some seconds.

    Returns a list of findings, empty when all are: one for each workload that is not, before it the causes that are
    known. Raises KubectlError.
    """
    return findings(kubectl, unfinished(kubectl, documents, seconds), seconds)


def unfinished(kubectl, documents, seconds):
    """Wait for at most some seconds, and return the workloads among objects that are not rolled out then."""
    waiting = awaited(documents)
    deadline = time.time() + seconds
    states = []
    while waiting:
        states = [item for item in kubectl.objects(["get", "--filename", "-"], waiting) if progress(item)]
        if not states or time.time() > deadline:
            break
        known = {manifest_documents.key(item) for item in states}
        waiting = [item for item in waiting if manifest_documents.key(item) in known]
        time.sleep(_STEP_SECONDS)
    return states


def hopeless(kubectl, workloads):
    """Tell whether one of the workloads has a cause that no waiting mends."""
    return any(trouble.cause and trouble.cause.final for item in workloads for trouble in troubles(kubectl, item))


def findings(kubectl, workloads, seconds):
    """Return the findings of workloads that are not rolled out after some seconds."""
    known, whole = {}, []
    for workload in workloads:
        found = troubles(kubectl, workload)
        for trouble in found:
            if trouble.cause:
                known.setdefault((trouble.cause.id, trouble.node), _cause_finding(trouble))
        whole.append(_finding(workload, found, seconds))
    return list(known.values()) + whole


def _cause_finding(trouble):
    return finding(
        trouble.cause.id,
        "node/" + trouble.node if trouble.node else "pod/" + trouble.pod,
        "fail",
        trouble.cause.title,
        "pod %s: %s" % (trouble.pod, trouble.text),
        trouble.cause.expected,
        trouble.cause.remedy,
    )


def _finding(workload, found, seconds):
    name = manifest_documents.identity(workload)
    reasons = reasons_of(workload, found)
    namespace = workload["metadata"].get("namespace")
    target = "%s/%s" % (workload["kind"].lower(), workload["metadata"]["name"])
    remedy = "kubectl %sdescribe %s" % ("--namespace %s " % namespace if namespace else "", target)
    return finding(
        "cluster.rollout",
        "cluster",
        "fail",
        "%s is rolled out" % name,
        "%s after %d s%s" % (progress(workload), seconds, "; " + "; ".join(reasons) if reasons else ""),
        "all its pods are new and ready",
        remedy,
        "https://kubernetes.io/docs/tasks/debug/debug-application/",
    )


def reasons_of(workload, found):
    """Return in words why a workload is not rolled out, from the Troubles of its pods.

    Known causes are findings of their own and are told in full there.
    """
    reasons = [
        "pod %s%s: %s"
        % (
            trouble.pod,
            " on %s" % trouble.node if trouble.node else "",
            trouble.cause.id if trouble.cause else trouble.text,
        )
        for trouble in found[:_EXPLAINED]
    ]
    if len(found) > _EXPLAINED:
        reasons.append("and %d more pods" % (len(found) - _EXPLAINED))
    return reasons or [condition["message"] for condition in _complaints(workload)]


def troubles(kubectl, workload):
    """Return a Trouble for each pod of a workload that does not run; those beyond :data:`_EXPLAINED` have no text."""
    if workload["kind"] == "APIService":
        return []
    labels = ((workload.get("spec") or {}).get("selector") or {}).get("matchLabels") or {}
    selector = ",".join("%s=%s" % item for item in sorted(labels.items()))
    words = ["get", "pods", "--namespace", workload["metadata"].get("namespace", "default"), "--selector", selector]
    found = []
    for pod in kubectl.objects(words):
        if pods.healthy(pod):
            continue
        node, text, cause = pods.node_of(pod), "", None
        if len(found) < _EXPLAINED:
            text = diagnose.explain(kubectl, pod)
            metadata = pod["metadata"]
            cause = causes.meaning(text, node, metadata.get("namespace", "default"), metadata["name"])
        found.append(Trouble(pods.name_of(pod), node, text, cause))
    return found


def _complaints(workload):
    conditions = (workload.get("status") or {}).get("conditions") or []
    return [item for item in conditions if item.get("type") == "ReplicaFailure" and item.get("message")]
