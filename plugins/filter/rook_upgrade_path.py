# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0
"""The filter ``kurl.ipv6.rook_upgrade_path``; documented in rook_upgrade_path.yml."""

from ansible_collections.kurl.ipv6.plugins.module_utils.installer import versions
from ansible_collections.kurl.ipv6.plugins.module_utils.rook.upgrade import upgrade_path


def rook_upgrade_path(current, wanted, kubernetes_version="", ceph_image="", ceph_version=""):
    """Return the releases from one version of Rook to another, or why there is no way."""
    known = versions.stable("rook")
    steps, error = upgrade_path(
        str(current), str(wanted), known, str(kubernetes_version), str(ceph_image), str(ceph_version)
    )
    return {"steps": steps, "error": error}


class FilterModule:
    """Filters for Rook's versions."""

    def filters(self):
        """Return the filters by name."""
        return {"rook_upgrade_path": rook_upgrade_path}
