# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0
"""The filter ``kurl.ipv6.rook_operator``; documented in rook_operator.yml."""

from ansible_collections.kurl.ipv6.plugins.module_utils.rook import operator
from ansible_collections.kurl.ipv6.plugins.plugin_utils.plain import documents_filter


class FilterModule:
    """Filters for Rook's manifests."""

    def filters(self):
        """Return the filters by name."""
        return {"rook_operator": documents_filter("kurl.ipv6.rook_operator", operator.build)}
