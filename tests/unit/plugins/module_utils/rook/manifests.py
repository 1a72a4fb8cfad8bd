# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0
"""Upstream's manifests of Rook for the tests, and what a patch changed in them, field by field."""

import copy
import functools
import gzip
import os

import pytest

from ansible_collections.kurl.ipv6.plugins.module_utils.manifest.documents import flatten, identity
from ansible_collections.kurl.ipv6.tests.unit.plugins.module_utils.manifest.leaves import fields

# Manifests are patched on the controller; the Python of old hosts has no YAML.
yaml = pytest.importorskip("yaml")

FOLDER = os.path.join(__file__.split(os.sep + "unit" + os.sep, 1)[0], "data", "upstream", "rook")
VERSIONS = sorted(os.listdir(FOLDER), key=lambda name: [int(part) for part in name.split(".")])
OPERATOR_FILES = ("crds", "common", "csi-operator", "operator")
CLUSTER_FILES = ("cluster", "csi/rbd/storageclass", "filesystem", "csi/cephfs/storageclass", "object", "toolbox")
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@functools.lru_cache(maxsize=None)
def _read(version, name):
    path = os.path.join(FOLDER, version, name + ".yaml")
    if os.path.exists(path):
        with open(path, encoding="utf-8") as stream:
            return flatten(list(yaml.load_all(stream, Loader=_LOADER)))
    if os.path.exists(path + ".gz"):
        with gzip.open(path + ".gz", "rt", encoding="utf-8") as stream:
            return flatten(list(yaml.load_all(stream, Loader=_LOADER)))
    return []


def upstream(version, names):
    """Return the objects of some files of a release; a file that is not among the data has none."""
    return copy.deepcopy([document for name in names for document in _read(version, name)])


def differences(before, after):
    """Return what changed: {object and path: new value}, names of added and of removed objects.

    A field that is gone has the value ``gone``. Objects are told apart by kind, namespace and name.
    """
    old = {identity(document): fields(document) for document in before}
    new = {identity(document): fields(document) for document in after}
    assert len(old) == len(before) and len(new) == len(after)
    changed = {}
    for name in set(old) & set(new):
        for path in set(old[name]) | set(new[name]):
            if path not in new[name]:
                changed[name + path] = "gone"
            elif path not in old[name] or old[name][path] != new[name][path]:
                changed[name + path] = new[name][path]
    return changed, sorted(set(new) - set(old)), sorted(set(old) - set(new))


def expected(objects):
    """Return {object: {path: value}} as one map, as :func:`differences` gives it."""
    return {name + path: value for name, paths in objects.items() for path, value in paths.items()}


def unknown_fields(document, definitions):
    """Return the paths of a custom object that the schema of its definition does not have.

    definitions: CustomResourceDefinitions of the release. Raises KeyError when none defines the kind.
    """
    schemas = {}
    for definition in definitions:
        spec = definition.get("spec") or {}
        for version in spec.get("versions") or []:
            schema = (version.get("schema") or spec.get("validation") or {}).get("openAPIV3Schema")
            schemas[(spec.get("group"), version.get("name"), (spec.get("names") or {}).get("kind"))] = schema
    group, version = document["apiVersion"].split("/")
    found = []

    def walk(value, schema, path):
        if schema is None or schema.get("x-kubernetes-preserve-unknown-fields"):
            return
        if isinstance(value, dict) and "properties" in schema:
            for name, inner in value.items():
                if name in schema["properties"]:
                    walk(inner, schema["properties"][name], path + "/" + name)
                else:
                    found.append(path + "/" + name)
        elif isinstance(value, dict) and isinstance(schema.get("additionalProperties"), dict):
            for name, inner in value.items():
                walk(inner, schema["additionalProperties"], path + "/" + name)
        elif isinstance(value, list):
            for number, inner in enumerate(value):
                walk(inner, schema.get("items"), path + "/%d" % number)

    schema = schemas[(group, version, document["kind"])]
    walk(document["spec"], schema["properties"]["spec"], "/spec")
    return found
