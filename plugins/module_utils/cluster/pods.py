# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0
"""Why a pod does not run, read from its status. Pure functions over what the API server returns."""

from __future__ import absolute_import, division, print_function

__metaclass__ = type

from collections import namedtuple

#: ``text``: the cause in words, empty when the status does not tell; ``container``: whose log may tell more, or empty;
#: ``previous``: whether the log of its last run is meant; ``events``: whether the pod's events may tell more.
Cause = namedtuple("Cause", "text container previous events")

_IMAGE_REASONS = ("ErrImagePull", "ImagePullBackOff", "ErrImageNeverPull", "InvalidImageName", "ImageInspectError")


def healthy(pod):
    """Tell whether a pod is done, or runs with all its containers ready."""
    status = pod.get("status") or {}
    if status.get("phase") == "Succeeded":
        return True
    return status.get("phase") == "Running" and _condition(pod, "Ready").get("status") == "True"


def cause(pod):
    """Return the Cause of a pod that is not healthy."""
    status = pod.get("status") or {}
    scheduled = _condition(pod, "PodScheduled")
    if scheduled.get("status") == "False":
        return Cause("no node takes it: %s" % scheduled.get("message", scheduled.get("reason", "")), "", False, False)
    if status.get("phase") == "Failed" and status.get("reason"):
        return Cause(("%s: %s" % (status["reason"], status.get("message", ""))).rstrip(": "), "", False, False)
    for container in (status.get("initContainerStatuses") or []) + (status.get("containerStatuses") or []):
        found = _container_cause(container)
        if found:
            return found
    if (pod.get("metadata") or {}).get("deletionTimestamp"):
        return Cause("is being deleted", "", False, True)
    for container in status.get("containerStatuses") or []:
        if not container.get("ready") and (container.get("state") or {}).get("running"):
            return Cause(
                "container %s runs but is not ready" % container.get("name", ""), container.get("name", ""), False, True
            )
    return Cause("", "", False, True)


def _container_cause(container):
    state = container.get("state") or {}
    name = container.get("name", "")
    waiting = state.get("waiting") or {}
    reason = waiting.get("reason", "")
    if reason in _IMAGE_REASONS:
        return Cause(
            "image %s: %s" % (container.get("image", ""), _message(waiting)), "", False, reason == "ImagePullBackOff"
        )
    if reason == "CrashLoopBackOff":
        last = (container.get("lastState") or {}).get("terminated") or {}
        return Cause("container %s ends again and again%s" % (name, _ending(last)), name, True, False)
    if reason and reason not in ("ContainerCreating", "PodInitializing"):
        return Cause("container %s: %s" % (name, _message(waiting)), "", False, False)
    ended = state.get("terminated")
    if ended and ended.get("exitCode"):
        return Cause("container %s ended%s" % (name, _ending(ended)), name, False, False)
    return None


def _ending(ended):
    if not ended:
        return ""
    text = " with exit code %s" % ended.get("exitCode", "?")
    if ended.get("reason") not in (None, "", "Error"):
        text += " (%s)" % ended["reason"]
    return text


def _message(waiting):
    text = "%s: %s" % (waiting.get("reason", ""), waiting.get("message", ""))
    return text.rstrip(": ")


def _condition(pod, kind):
    for condition in (pod.get("status") or {}).get("conditions") or []:
        if condition.get("type") == kind:
            return condition
    return {}


def name_of(pod):
    """Return ``namespace/name``."""
    return "%s/%s" % (pod["metadata"].get("namespace", "default"), pod["metadata"]["name"])


def node_of(pod):
    """Return the node that a pod was given to, or an empty string."""
    return (pod.get("spec") or {}).get("nodeName") or ""


def addresses(pod):
    """Return a pod's addresses."""
    status = pod.get("status") or {}
    found = [item.get("ip") for item in status.get("podIPs") or [] if item.get("ip")]
    return found or [status["podIP"]] if status.get("podIP") else found


def left_over(pod):
    """Tell whether a pod failed and its controller has made, or will make, another in its place."""
    owners = (pod.get("metadata") or {}).get("ownerReferences") or []
    return (pod.get("status") or {}).get("phase") == "Failed" and any(
        item.get("kind") in ("ReplicaSet", "DaemonSet", "Job", "ReplicationController") for item in owners
    )
