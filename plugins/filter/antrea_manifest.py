# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0
"""The filter ``kurl.ipv6.antrea_manifest``; documented in antrea_manifest.yml."""

from ansible.errors import AnsibleFilterError

from ansible_collections.kurl.ipv6.plugins.module_utils.antrea import manifest
from ansible_collections.kurl.ipv6.plugins.module_utils.manifest.documents import ManifestError
from ansible_collections.kurl.ipv6.plugins.plugin_utils import plain


def _plain(value, what):
    """Return plain data. Raises AnsibleFilterError, with what it was, for what JSON does not have."""
    try:
        return plain.plain(value)
    except (TypeError, ValueError) as error:
        raise AnsibleFilterError("kurl.ipv6.antrea_manifest: %s: %s" % (what, error))


def antrea_manifest(documents, version, service_cidr, **options):
    """Return the documents of an Antrea release made ready for an IPv6-only cluster."""
    if isinstance(documents, (str, dict)):
        raise AnsibleFilterError("kurl.ipv6.antrea_manifest: the input is a list of documents, use from_yaml_all first")
    values = _plain(options, "options")
    try:
        return manifest.build(_plain(list(documents), "manifest"), str(version), str(service_cidr), **values)
    except (manifest.AntreaError, ManifestError) as error:
        raise AnsibleFilterError("kurl.ipv6.antrea_manifest: %s" % error)
    except TypeError as error:
        raise AnsibleFilterError("kurl.ipv6.antrea_manifest: %s" % error)


class FilterModule:
    """Filters for Antrea's manifest."""

    def filters(self):
        """Return the filters by name."""
        return {"antrea_manifest": antrea_manifest}
