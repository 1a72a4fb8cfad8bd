# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0
"""Asks on the controller whether artifacts can be had; arguments as in the documentation of the module of that name."""

import os

from ansible.plugins.action import ActionBase

from ansible_collections.kurl.ipv6.plugins.module_utils.artifacts import reach
from ansible_collections.kurl.ipv6.plugins.module_utils.artifacts.catalog import file_artifacts, image_artifacts
from ansible_collections.kurl.ipv6.plugins.module_utils.checks import registry, sources

#: Kubernetes' own images that are known without asking kubeadm; they stand for the rest.
KUBERNETES_IMAGES = ("kube-apiserver", "kube-controller-manager", "kube-scheduler", "kube-proxy")


def default_cache():
    """Return the folder for downloads where nobody names one, as the role artifacts chooses it."""
    return os.path.join(os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache"), "kurl.ipv6", "artifacts")


def wanted(versions, images, architecture):
    """Return the artifacts as ``catalog`` lists them, those images of Kubernetes included that are known."""
    version = versions.get("kubernetes")
    more = [f"registry.k8s.io/{name}:v{version}" for name in KUBERNETES_IMAGES] if version else []
    return file_artifacts(versions, architecture) + image_artifacts(list(images) + more, architecture)


class ActionModule(ActionBase):
    """Runs in ansible's own process; no connection to any host is made."""

    TRANSFERS_FILES = False
    _requires_connection = False

    def run(self, tmp=None, task_vars=None):
        """Ask, judge, return findings."""
        super().run(tmp, task_vars)
        _validation, arguments = self.validate_argument_spec(
            argument_spec={
                "versions": {"type": "dict", "default": {}},
                "images": {"type": "list", "elements": "str", "default": []},
                "architecture": {"type": "str", "choices": ["amd64", "arm64"], "default": "amd64"},
                "mirror": {"type": "str", "default": ""},
                "cache": {"type": "path", "default": ""},
                "airgap": {"type": "bool", "default": False},
            }
        )
        versions = {name: str(version or "") for name, version in arguments["versions"].items()}
        try:
            artifacts = wanted(versions, arguments["images"], arguments["architecture"])
        except ValueError as error:
            return {"failed": True, "msg": str(error)}
        cache = arguments["cache"] or default_cache()
        facts = reach.look(artifacts, arguments["mirror"], cache, arguments["airgap"])
        findings = registry.run(sources.controller(facts), sources.STAGE)
        return {"changed": False, "findings": findings, "sources": facts}
