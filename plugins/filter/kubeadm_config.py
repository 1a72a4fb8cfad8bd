# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0
"""The filter ``kurl.ipv6.kubeadm_config``; documented in kubeadm_config.yml."""

import json

from ansible.errors import AnsibleFilterError

from ansible_collections.kurl.ipv6.plugins.module_utils.kubeadm import config


def kubeadm_config(values, version, kind):
    """Return kubeadm's configuration as a list of documents."""
    kinds = {"init": config.init, "join": config.join}
    if kind not in kinds:
        raise AnsibleFilterError("kurl.ipv6.kubeadm_config: kind must be init or join, not {0}".format(kind))
    try:
        # Plain data: what the templating engine hands out is lazy and tagged.
        return kinds[kind](str(version), json.loads(json.dumps(values)))
    except (config.ConfigError, TypeError) as error:
        raise AnsibleFilterError("kurl.ipv6.kubeadm_config: {0}".format(error))


class FilterModule:
    """Filters for kubeadm."""

    def filters(self):
        """Return the filters by name."""
        return {"kubeadm_config": kubeadm_config}
