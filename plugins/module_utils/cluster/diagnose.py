# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0
"""Asks logs and events for the cause that a pod's status does not tell."""

from __future__ import absolute_import, division, print_function

__metaclass__ = type

from ansible_collections.kurl.ipv6.plugins.module_utils.cluster import causes, pods
from ansible_collections.kurl.ipv6.plugins.module_utils.cluster.kubectl import KubectlError, parse

_LIMIT = 10
#: Lines of a log that are looked at: after its fatal error a Go program writes where each of its goroutines was.
_TAIL = 500
#: Longer messages are cut.
_LENGTH = 400


def explain(kubectl, pod):
    """Return in one line why a pod does not run, with a crashed container's last words or the last warning."""
    found = pods.cause(pod)
    more = ""
    if found.container:
        more = last_words(kubectl, pod, found.container, found.previous)
    if not more and found.events:
        more = last_warning(kubectl, pod)
    text = ": ".join(part for part in (found.text, more) if part)
    return shorten(text or "phase %s" % (pod.get("status") or {}).get("phase", "unknown"))


def last_words(kubectl, pod, container, previous):
    """Return the line of a container's log that tells best why it ended, or an empty string."""
    words = ["logs", "--namespace", pod["metadata"].get("namespace", "default"), pod["metadata"]["name"]]
    words += ["--container", container, "--tail", str(_TAIL)] + (["--previous"] if previous else [])
    try:
        code, out, _err = kubectl.try_once(words, limit=_LIMIT)
    except KubectlError:
        return ""
    return causes.telling(out.splitlines()) if code == 0 else ""


def last_warning(kubectl, pod):
    """Return the message of the last warning about a pod, or an empty string."""
    selector = "involvedObject.name=%s,type=Warning" % pod["metadata"]["name"]
    words = ["get", "events", "--namespace", pod["metadata"].get("namespace", "default"), "--output", "json"]
    try:
        code, out, _err = kubectl.try_once(words + ["--field-selector", selector], limit=_LIMIT)
        events = parse(out) if code == 0 else []
    except (KubectlError, ValueError):
        return ""
    events.sort(key=_time_of)
    return " ".join((events[-1].get("message") or "").split()) if events else ""


def _time_of(event):
    return event.get("lastTimestamp") or event.get("eventTime") or event["metadata"].get("creationTimestamp") or ""


def shorten(text):
    """Return a text in one line of bounded length."""
    text = " ".join(text.split())
    return text if len(text) <= _LENGTH else text[: _LENGTH - 3] + "..."
