# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0
"""Where Rook's objects name images, besides in pods."""

from ..manifest import images as manifest_images
from . import objects as rook_objects

OPERATOR_CONFIG = "rook-ceph-operator-config"
IMAGE_SET = "rook-csi-operator-image-set-configmap"

#: Key of the operator's ConfigMap for an image of CSI, up to 1.19.
CSI_KEYS = {
    "plugin": "ROOK_CSI_CEPH_IMAGE",
    "registrar": "ROOK_CSI_REGISTRAR_IMAGE",
    "resizer": "ROOK_CSI_RESIZER_IMAGE",
    "provisioner": "ROOK_CSI_PROVISIONER_IMAGE",
    "snapshotter": "ROOK_CSI_SNAPSHOTTER_IMAGE",
    "attacher": "ROOK_CSI_ATTACHER_IMAGE",
    "addons": "ROOK_CSIADDONS_IMAGE",
}


def images(objects):
    """Return the images that patched objects of Rook lead to, each once, in the order in which they are met.

    objects: what :func:`operator.build` and :func:`cluster.build` return. Images of CSI count only where a driver is
    set up.
    """
    found = []

    def add(image):
        if image and image not in found:
            found.append(image)

    drivers = any(document["kind"] == "Driver" for document in objects)
    addons = any(
        ((document.get("spec") or {}).get("driverSpecDefaults") or {}).get("deployCsiAddons")
        for document in objects
        if document["kind"] == "OperatorConfig"
    )
    for document in objects:
        for image in manifest_images.images([document]):
            add(image)
        name = document["metadata"]["name"]
        if document["kind"] == "CephCluster":
            add(((document.get("spec") or {}).get("cephVersion") or {}).get("image"))
        elif document["kind"] == "ConfigMap" and name == OPERATOR_CONFIG:
            for key in CSI_KEYS.values():
                add((document.get("data") or {}).get(key))
        elif document["kind"] == "ConfigMap" and name == IMAGE_SET and drivers:
            for key, image in (document.get("data") or {}).items():
                if key != "addons" or addons:
                    add(image)
    return found


def rewrite_image_set(objects, repository):
    """Rewrite the images that the CSI operator's image set names, in place."""
    config_map = rook_objects.find(objects, "ConfigMap", IMAGE_SET)
    if config_map is not None:
        data = config_map.get("data") or {}
        config_map["data"] = {key: rook_objects.current_image(image, repository) for key, image in data.items()}
