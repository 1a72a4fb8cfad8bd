# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0
"""The filter ``kurl.ipv6.kubeconfig_server``; documented in kubeconfig_server.yml."""

import json

from ansible.errors import AnsibleFilterError


def kubeconfig_server(kubeconfig, server):
    """Return a kubeconfig whose clusters are asked at another address."""
    try:
        changed = json.loads(json.dumps(kubeconfig))
        for cluster in changed["clusters"]:
            cluster["cluster"]["server"] = str(server)
    except (KeyError, TypeError) as error:
        raise AnsibleFilterError("kurl.ipv6.kubeconfig_server: the input is no kubeconfig: {0}".format(error))
    return changed


class FilterModule:
    """Filters for kubeconfigs."""

    def filters(self):
        """Return the filters by name."""
        return {"kubeconfig_server": kubeconfig_server}
