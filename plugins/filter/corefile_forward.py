# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0
"""The filter ``kurl.ipv6.corefile_forward``; documented in corefile_forward.yml."""

from ansible.errors import AnsibleFilterError

from ansible_collections.kurl.ipv6.plugins.module_utils.cluster import corefile


def corefile_forward(text, resolver):
    """Return a Corefile that forwards to another resolver."""
    try:
        return corefile.forward_to(str(text), str(resolver))
    except corefile.CorefileError as error:
        raise AnsibleFilterError("kurl.ipv6.corefile_forward: {0}".format(error))


class FilterModule:
    """Filters for CoreDNS."""

    def filters(self):
        """Return the filters by name."""
        return {"corefile_forward": corefile_forward}
