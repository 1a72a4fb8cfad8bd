# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0
"""The filter ``kurl.ipv6.image_archives``; documented in image_archives.yml."""

from ansible.errors import AnsibleFilterError

from ansible_collections.kurl.ipv6.plugins.module_utils.artifacts.catalog import full_reference


def image_archives(names, paths):
    """Return what ``kurl.ipv6.host_images`` needs to know of each image, each once.

    Manifests may name an image shortly (``antrea/antrea-agent-ubuntu:v2.4.1``); the store of containerd and the paths
    know it by its full reference. An image that check mode has not fetched has an empty path and sum.
    """
    wanted = []
    for name in names:
        full = full_reference(str(name))
        if full not in wanted:
            wanted.append(full)
    missing = [name for name in wanted if name not in paths]
    if missing:
        raise AnsibleFilterError(
            "kurl.ipv6.image_archives: {0} was not fetched; add it to artifacts_extra_images".format(", ".join(missing))
        )
    return [{"name": name, "src": str(paths[name]["path"]), "sha256": str(paths[name]["sha256"])} for name in wanted]


class FilterModule:
    """Filters for fetched artifacts."""

    def filters(self):
        """Return the filters by name."""
        return {"image_archives": image_archives}
