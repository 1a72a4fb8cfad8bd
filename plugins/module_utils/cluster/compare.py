# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0
"""What an object says, apart from what the cluster itself writes into it. Pure functions."""

from __future__ import absolute_import, division, print_function

__metaclass__ = type

import copy
import json

from ansible_collections.kurl.ipv6.plugins.module_utils.manifest import documents as manifest_documents

HIDDEN = "<hidden>"
HIDDEN_CHANGED = "<hidden, changed>"

_METADATA = ("creationTimestamp", "generation", "managedFields", "resourceVersion", "selfLink", "uid")
# Written by controllers while an object lives.
_ANNOTATIONS = (
    "deployment.kubernetes.io/revision",
    "deprecated.daemonset.template.generation",
    "kubectl.kubernetes.io/last-applied-configuration",
)


def essence(document):
    """Return a copy of an object without status and without the metadata that the cluster keeps."""
    document = copy.deepcopy(document)
    document.pop("status", None)
    metadata = document.get("metadata") or {}
    for name in _METADATA:
        metadata.pop(name, None)
    annotations = metadata.get("annotations") or {}
    for name in _ANNOTATIONS:
        annotations.pop(name, None)
    if not annotations:
        metadata.pop("annotations", None)
    return document


def differs(before, after):
    """Tell whether two states of an object, as the API server returned them, say different things."""
    return essence(before) != essence(after)


def _is_secret(document):
    return (document or {}).get("kind") == "Secret"


def diff(before, after):
    """Return how an object changes, in the form that Ansible shows: ``before`` and ``after`` with their headers.

    ``None`` stands for an object that is not there. The values of a Secret are hidden; one that changes is marked.
    """
    before = essence(before) if before else None
    after = essence(after) if after else None
    header = manifest_documents.identity(after or before)
    if _is_secret(before) or _is_secret(after):
        before, after = _without_values(before, after)
    return {"before_header": header, "after_header": header, "before": _text(before), "after": _text(after)}


def _without_values(before, after):
    for field in ("data", "stringData"):
        old = (before or {}).get(field) or {}
        new = (after or {}).get(field) or {}
        if new:
            after[field] = {
                key: HIDDEN if before is None or old.get(key) == value else HIDDEN_CHANGED for key, value in new.items()
            }
        if old:
            before[field] = dict.fromkeys(old, HIDDEN)
    return before, after


def _text(document):
    return "" if document is None else json.dumps(document, indent=2, sort_keys=True) + "\n"
