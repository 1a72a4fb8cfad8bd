# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0
"""Brings objects of a cluster to what a manifest says, by server-side apply, and tells what that changed."""

from __future__ import absolute_import, division, print_function

__metaclass__ = type

import time

from ansible_collections.kurl.ipv6.plugins.module_utils.cluster import compare, rewritten
from ansible_collections.kurl.ipv6.plugins.module_utils.cluster.kubectl import KubectlError, stream
from ansible_collections.kurl.ipv6.plugins.module_utils.manifest import documents as manifest_documents

FIELD_MANAGER = "kurl-ipv6"
#: How long the API server may take to serve the kinds of a new CustomResourceDefinition, in seconds.
ESTABLISH_SECONDS = 30
#: How long one call may take, in seconds: a release's definitions are a megabyte, and a busy API server takes its time.
APPLY_SECONDS = 300
#: How long kubectl waits until deleted objects are gone. A CustomResourceDefinition goes only once its controller has
#: seen all its objects go, which it looks for during a minute before it begins again.
REMOVAL_SECONDS = 240


def change(action, before, after):
    """Return one change: ``action`` (created, configured, deleted, unchanged) and the object before and after."""
    return {"action": action, "before": before, "after": after, "object": manifest_documents.identity(after or before)}


def present(kubectl, documents, check_mode=False):
    """Apply objects and return their changes, in order. Raises KubectlError, ManifestError.

    Namespaces go first, then definitions of kinds, then all else. In check mode the API server makes a dry run; what
    lives in a namespace or is of a kind that only this manifest brings cannot be asked there and counts as created.
    """
    changes = []
    missing_namespaces = set()
    missing_kinds = set()
    for phase in manifest_documents.phases(manifest_documents.flatten(documents)):
        asked = []
        for document in phase:
            here = (manifest_documents.group(document), document["kind"])
            if document["metadata"].get("namespace") in missing_namespaces or here in missing_kinds:
                changes.append(change("created", None, document))
            else:
                asked.append(document)
        done = _apply(kubectl, asked, check_mode)
        changes += done
        created = [item["after"] for item in done if item["action"] == "created"]
        definitions = [document for document in created if manifest_documents.is_crd(document)]
        if check_mode:
            missing_namespaces |= {
                item["metadata"]["name"] for item in created if manifest_documents.is_namespace(item)
            }
            missing_kinds |= manifest_documents.defined_kinds(definitions)
        elif definitions:
            _await_established(kubectl, definitions)
    return changes


def _apply(kubectl, documents, check_mode):
    if not documents:
        return []
    before = {}
    words = ["get", "--filename", "-", "--ignore-not-found"]
    for document in kubectl.objects(words, documents, limit=APPLY_SECONDS):
        before[manifest_documents.key(document)] = document
    same = _same_in_other_words(kubectl, documents, before)
    asked = [document for document in documents if manifest_documents.key(document) not in same]
    changes = {key: change("unchanged", before[key], before[key]) for key in same}
    for after in _server_side(kubectl, asked, check_mode):
        key = manifest_documents.key(after)
        old = before.get(key)
        if old is None:
            changes[key] = change("created", None, after)
        else:
            changes[key] = change("configured" if compare.differs(old, after) else "unchanged", old, after)
    return [changes[key] for key in map(manifest_documents.key, documents) if key in changes]


def _server_side(kubectl, documents, dry):
    """Apply objects, or ask what that would make of them; return them as they are then."""
    words = ["apply", "--server-side", "--field-manager", FIELD_MANAGER, "--force-conflicts", "--filename", "-"]
    words += ["--dry-run=server"] if dry else []
    return kubectl.objects(words, documents, limit=APPLY_SECONDS) if documents else []


def _same_in_other_words(kubectl, documents, before):
    """Return the keys of objects that their controller has only put in its own words: those are left as they are."""
    there = [
        document
        for document in documents
        if rewritten.is_rewritten(document) and manifest_documents.key(document) in before
    ]
    wanted = {manifest_documents.key(document): document for document in _server_side(kubectl, there, True)}
    return {key for key, document in wanted.items() if rewritten.same(before[key], document)}


def _await_established(kubectl, definitions):
    names = [definition["metadata"]["name"] for definition in definitions]
    deadline = time.time() + ESTABLISH_SECONDS
    while True:
        found = kubectl.objects(["get", "customresourcedefinitions.apiextensions.k8s.io"] + names)
        waiting = [item["metadata"]["name"] for item in found if not manifest_documents.established(item)]
        if not waiting:
            return
        if time.time() > deadline:
            raise KubectlError(
                "the API server does not serve %s within %d s" % (", ".join(sorted(waiting)), ESTABLISH_SECONDS)
            )
        time.sleep(0.5)


def absent(kubectl, documents, check_mode=False):
    """Delete the objects of a manifest that are there, last first, and return the changes. Raises KubectlError."""
    changes = []
    for phase in reversed(manifest_documents.phases(manifest_documents.flatten(documents))):
        found = list(reversed(_found(kubectl, phase)))
        if found and not check_mode:
            words = ["delete", "--filename", "-", "--ignore-not-found", "--timeout", "%ds" % REMOVAL_SECONDS]
            kubectl.run(words, _identifiers(found), limit=REMOVAL_SECONDS + 10)
        changes += [change("deleted", document, None) for document in found]
    return changes


def _found(kubectl, documents):
    """Return those objects that are there; of a kind that the API server does not know there are none."""
    kinds = {}
    for document in documents:
        kinds.setdefault((document["apiVersion"], document["kind"]), []).append(document)
    words = ["get", "--filename", "-", "--ignore-not-found"]
    try:
        return kubectl.objects(words, documents) if documents else []
    except KubectlError as error:
        if "no matches for kind" not in str(error):
            raise
    found = []
    for same_kind in kinds.values():
        try:
            found += kubectl.objects(words, same_kind)
        except KubectlError as error:
            if "no matches for kind" not in str(error):
                raise
    return found


def _identifiers(documents):
    return stream(
        [
            {
                "apiVersion": document["apiVersion"],
                "kind": document["kind"],
                "metadata": {
                    name: document["metadata"][name] for name in ("name", "namespace") if document["metadata"].get(name)
                },
            }
            for document in documents
        ]
    )
