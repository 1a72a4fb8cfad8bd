# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0
"""The filter ``kurl.ipv6.rook_images``; documented in rook_images.yml."""

from ansible_collections.kurl.ipv6.plugins.module_utils.artifacts.catalog import full_reference
from ansible_collections.kurl.ipv6.plugins.module_utils.manifest.documents import flatten
from ansible_collections.kurl.ipv6.plugins.module_utils.rook import images
from ansible_collections.kurl.ipv6.plugins.plugin_utils.plain import documents_filter


def rook_images(documents):
    """Return the images that patched documents of Rook lead to, spelled out as containerd stores them."""
    return [full_reference(image) for image in images.images(flatten(documents))]


class FilterModule:
    """Filters for Rook's manifests."""

    def filters(self):
        """Return the filters by name."""
        return {"rook_images": documents_filter("kurl.ipv6.rook_images", rook_images)}
