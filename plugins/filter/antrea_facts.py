# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0
"""The filter ``kurl.ipv6.antrea_facts``; documented in antrea_facts.yml."""

from ansible.errors import AnsibleFilterError

from ansible_collections.kurl.ipv6.plugins.module_utils.antrea import versions


def antrea_facts(version):
    """Return what is known about a release of Antrea."""
    try:
        return versions.facts(str(version))
    except ValueError as error:
        raise AnsibleFilterError("kurl.ipv6.antrea_facts: %s" % error)


class FilterModule:
    """Filters for Antrea's releases."""

    def filters(self):
        """Return the filters by name."""
        return {"antrea_facts": antrea_facts}
