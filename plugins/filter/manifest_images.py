# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0
"""The filter ``kurl.ipv6.manifest_images``; documented in manifest_images.yml."""

from ansible.errors import AnsibleFilterError

from ansible_collections.kurl.ipv6.plugins.module_utils.artifacts.catalog import full_reference
from ansible_collections.kurl.ipv6.plugins.module_utils.manifest import documents as manifest_documents
from ansible_collections.kurl.ipv6.plugins.module_utils.manifest import images


def manifest_images(documents, repository=""):
    """Return the image references of all pods in a manifest, spelled out as containerd stores them."""
    if isinstance(documents, (str, dict)):
        raise AnsibleFilterError("kurl.ipv6.manifest_images: the input is a list of documents, use from_yaml_all first")
    try:
        objects = manifest_documents.flatten(documents)
    except manifest_documents.ManifestError as error:
        raise AnsibleFilterError("kurl.ipv6.manifest_images: %s" % error)
    return [full_reference(images.rewrite(str(image), repository)) for image in images.images(objects)]


class FilterModule:
    """Filters for manifests of any kind."""

    def filters(self):
        """Return the filters by name."""
        return {"manifest_images": manifest_images}
