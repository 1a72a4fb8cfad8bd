# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0
"""Kubernetes objects as plain data: what is a valid list of them, how they are named, in which order they are applied.

Pure functions; nothing here talks to a cluster.
"""

import copy


class ManifestError(Exception):
    """A manifest that cannot be used; the message names the document."""


def flatten(documents):
    """Return a manifest's objects as a new list: empty documents left out, ``List`` objects replaced by their items.

    Raises ManifestError for a document that is no object with ``apiVersion``, ``kind`` and ``metadata.name``, and when
    two documents are the same object: of those, only the last would count.
    """
    objects = []

    def add(document, where):
        if not isinstance(document, dict):
            raise ManifestError("%s is not a Kubernetes object but %s" % (where, type(document).__name__))
        kind = document.get("kind")
        if isinstance(kind, str) and kind.endswith("List") and isinstance(document.get("items"), list):
            for number, item in enumerate(document["items"], 1):
                add(item, "item %d of %s" % (number, where))
            return
        metadata = document.get("metadata")
        for field, value in (
            ("apiVersion", document.get("apiVersion")),
            ("kind", kind),
            ("metadata.name", metadata.get("name") if isinstance(metadata, dict) else None),
        ):
            if not isinstance(value, str) or not value:
                raise ManifestError("%s has no %s" % (where, field))
        objects.append(document)

    for number, document in enumerate(documents, 1):
        if document is not None:
            add(document, "document %d" % number)
    seen = set()
    for document in objects:
        if key(document) in seen:
            raise ManifestError("%s occurs twice" % identity(document))
        seen.add(key(document))
    return copy.deepcopy(objects)


def group(document):
    """Return the API group of an object; the core group is the empty string."""
    version = document.get("apiVersion", "")
    return version.rsplit("/", 1)[0] if "/" in version else ""


def key(document):
    """Return ``(group, kind, namespace, name)``, which two versions of the same object share.

    An object without a namespace and one in ``default`` are the same here: what has no namespace in a manifest lands
    there when its kind is namespaced.
    """
    namespace = document["metadata"].get("namespace") or ""
    return (
        group(document),
        document["kind"],
        "" if namespace == "default" else namespace,
        document["metadata"]["name"],
    )


def identity(document):
    """Return the name of an object for messages: ``DaemonSet kube-system/antrea-agent`` or ``Namespace rook-ceph``."""
    metadata = document["metadata"]
    if metadata.get("namespace"):
        return "%s %s/%s" % (document["kind"], metadata["namespace"], metadata["name"])
    return "%s %s" % (document["kind"], metadata["name"])


def is_namespace(document):
    """Tell whether an object is a Namespace."""
    return document["kind"] == "Namespace" and group(document) == ""


def is_crd(document):
    """Tell whether an object is a CustomResourceDefinition."""
    return document["kind"] == "CustomResourceDefinition" and group(document) == "apiextensions.k8s.io"


def phases(documents):
    """Split objects into Namespaces, CustomResourceDefinitions and the rest, each in the order given.

    What lives in a namespace, and what is of a kind that a definition brings, is refused before those exist.
    """
    namespaces = [document for document in documents if is_namespace(document)]
    definitions = [document for document in documents if is_crd(document)]
    rest = [document for document in documents if not is_namespace(document) and not is_crd(document)]
    return [namespaces, definitions, rest]


def defined_kinds(definitions):
    """Return the set of ``(group, kind)`` that CustomResourceDefinitions define."""
    kinds = set()
    for definition in definitions:
        spec = definition.get("spec") or {}
        kinds.add((spec.get("group"), (spec.get("names") or {}).get("kind")))
    return kinds


def established(definition):
    """Tell whether the API server serves the kind of a CustomResourceDefinition it returned."""
    conditions = (definition.get("status") or {}).get("conditions") or []
    return any(item.get("type") == "Established" and item.get("status") == "True" for item in conditions)
