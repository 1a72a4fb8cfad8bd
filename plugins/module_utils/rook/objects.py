# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0
"""What the patches of Rook's manifests have in common: finding objects, merging maps, tolerations, images."""

import copy

from ..manifest import images as manifest_images
from . import versions

NAMESPACE = "rook-ceph"
OPERATOR = "rook-ceph-operator"

#: Storage runs on every node, control-plane nodes included; the second is the taint's name up to Kubernetes 1.24.
TOLERATIONS = (
    {"key": "node-role.kubernetes.io/control-plane", "operator": "Exists", "effect": "NoSchedule"},
    {"key": "node-role.kubernetes.io/master", "operator": "Exists", "effect": "NoSchedule"},
)

#: A registry that gets no new images and may be gone, and the one that took its place.
_MOVED = (("k8s.gcr.io/", "registry.k8s.io/"),)


def find(objects, kind, name=None):
    """Return the first object of a kind, and of a name if one is given, or None."""
    for document in objects:
        if document["kind"] == kind and name in (None, document["metadata"]["name"]):
            return document
    return None


def overlay(target, changes):
    """Put changes into a nested dict, in place: maps are merged, everything else replaces what was there.

    A map that reads as null, because all of its entries are comments, is an empty one.
    """
    for name, value in changes.items():
        if isinstance(value, dict):
            if not isinstance(target.get(name), dict):
                target[name] = {}
            overlay(target[name], value)
        else:
            target[name] = copy.deepcopy(value)


def section(mapping, *path):
    """Return the map at a path below a map, made where it is missing or null."""
    for name in path:
        if not isinstance(mapping.get(name), dict):
            mapping[name] = {}
        mapping = mapping[name]
    return mapping


def tolerate(spec):
    """Add to a spec's tolerations, in place, those of control-plane nodes that are missing."""
    present = list(spec.get("tolerations") or [])
    missing = [dict(item) for item in TOLERATIONS if not any(_covers(one, item) for one in present)]
    spec["tolerations"] = present + missing


def _covers(toleration, wanted):
    if toleration.get("effect") not in (None, "", wanted["effect"]):
        return False
    if toleration.get("operator") == "Exists":
        return toleration.get("key") in (None, "", wanted["key"])
    return toleration.get("key") == wanted["key"] and not toleration.get("value")


def current_image(image, repository=""):
    """Return an image reference at a registry that still serves it, or at a repository of the user's own."""
    for old, new in _MOVED:
        if image.startswith(old):
            image = new + image[len(old) :]
    return manifest_images.rewrite(image, repository)


def rewrite_images(objects, repository):
    """Rewrite the images of all pods among objects, in place."""
    for _document, template in manifest_images.pod_templates(objects):
        for container in manifest_images.containers(template):
            container["image"] = current_image(container["image"], repository)


def is_operator_image(image):
    """Tell whether an image is Rook's and not Ceph's; both have the base name ``ceph``.

    Rook's tag has been ``v1.x`` since long before Ceph counted from 12 on.
    """
    found = versions.ceph_of(image)
    return manifest_images.basename(image) == "ceph" and bool(found) and found[0] < 12


def check_release(objects, version):
    """Raise RookError unless the images of Rook among objects belong to the release that was asked for."""
    wanted = versions.parse(version)
    for image in manifest_images.images(objects):
        if is_operator_image(image) and versions.ceph_of(image) != wanted:
            raise versions.RookError(
                "the manifest belongs to another release: it names the image %s, and Rook %s was asked for"
                % (image, version)
            )


def text_of(value):
    """Return a setting as the text that Rook and Ceph read: ``true`` and ``false`` for booleans."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def is_true(value):
    """Tell whether a setting says yes, as Go's ``strconv.ParseBool`` reads it."""
    return text_of(value).lower() in ("1", "t", "true")
