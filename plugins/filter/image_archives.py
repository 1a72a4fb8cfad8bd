# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0
"""The filter ``kurl.ipv6.image_archives``; documented in image_archives.yml."""

from ansible.errors import AnsibleFilterError


def image_archives(names, paths):
    """Return what ``kurl.ipv6.host_images`` needs to know of each image."""
    missing = [str(name) for name in names if name not in paths]
    if missing:
        raise AnsibleFilterError(
            "kurl.ipv6.image_archives: {0} was not fetched; add it to artifacts_extra_images".format(", ".join(missing))
        )
    return [{"name": str(name), "src": str(paths[name]["path"]), "sha256": str(paths[name]["sha256"])} for name in names]


class FilterModule:
    """Filters for fetched artifacts."""

    def filters(self):
        """Return the filters by name."""
        return {"image_archives": image_archives}
