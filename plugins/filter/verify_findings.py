# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0
"""What the role ``verify`` registered, as findings."""

from ansible_collections.kurl.ipv6.plugins.module_utils.cluster import gather


def verify_findings(cluster, hosts, removal=None):
    """Return all findings of a verification; arguments as in the documentation of the filter."""
    return gather.findings(cluster, hosts, removal)


class FilterModule:
    """The filters of this file."""

    def filters(self):
        """Return them by name."""
        return {"verify_findings": verify_findings}
