# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0
"""The filter ``kurl.ipv6.rook_cluster``; documented in rook_cluster.yml."""

from ansible_collections.kurl.ipv6.plugins.module_utils.rook import cluster
from ansible_collections.kurl.ipv6.plugins.plugin_utils.plain import documents_filter


class FilterModule:
    """Filters for Rook's manifests."""

    def filters(self):
        """Return the filters by name."""
        return {"rook_cluster": documents_filter("kurl.ipv6.rook_cluster", cluster.build)}
