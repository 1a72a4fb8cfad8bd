# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0
"""Fills the mirror from upstream, with the product's own fetching and verifying."""

import importlib
import os
import sys
import types
import urllib.error
import urllib.request

from containers import requirements
from containers.process import LabError

from . import rook, versions
from .output import write_checksum

PROBE = f"https://dl.k8s.io/v{versions.KUBERNETES}/bin/linux/amd64/kubeadm.sha256"
PROBE_SECONDS = 10
REPOSITORY = os.path.abspath(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "..", ".."))


def reachable():
    """Return whether upstream's download host answers, and say which way is taken."""
    try:
        with urllib.request.urlopen(PROBE, timeout=PROBE_SECONDS) as answer:
            answer.read(64)
    except (urllib.error.URLError, OSError) as error:
        print(
            f"==> upstream cannot be reached ({getattr(error, 'reason', error)}):"
            " building from Go modules and Debian packages"
        )
        return False
    print("==> fetching from upstream")
    return True


def _product():
    """Import the collection's fetching from this repository, under its own name."""
    for name, path in (
        ("ansible_collections", ""),
        ("ansible_collections.kurl", ""),
        ("ansible_collections.kurl.ipv6", REPOSITORY),
    ):
        package = types.ModuleType(name)
        package.__path__ = [path] if path else []
        sys.modules.setdefault(name, package)
    prefix = "ansible_collections.kurl.ipv6.plugins.module_utils.artifacts."
    return importlib.import_module(prefix + "catalog"), importlib.import_module(prefix + "fetch")


def fill(mirror, extras=()):
    """Fetch what the mirror lacks. Returns how many files were fetched.

    Arguments:
        mirror: the Mirror.
        extras: what it has besides; ``rook``.
    """
    requirements.ensure({"skopeo": "skopeo"}, {})
    catalog, fetch = _product()
    components = {
        "kubernetes": versions.KUBERNETES,
        "containerd": versions.CONTAINERD,
        "runc": versions.RUNC,
        "cni_plugins": versions.CNI_PLUGINS,
        "antrea": versions.ANTREA,
    }
    images = _images()
    if "rook" in extras:
        components["rook"] = versions.ROOK
        images += [rook.CEPH_IMAGE, rook.ROOK_IMAGE]
    artifacts = catalog.file_artifacts(components, "amd64") + catalog.image_artifacts(images, "amd64")
    result = fetch.fetch_all(artifacts, "", mirror.folder)
    if result["errors"]:
        raise LabError("not everything can be fetched:\n- " + "\n- ".join(result["errors"]))
    for artifact in artifacts:
        target = os.path.join(mirror.folder, artifact["path"])
        checksum = os.path.join(mirror.folder, artifact["checksum_path"])
        mirror.done.append(artifact["path"])
        if not os.path.exists(checksum):
            style = "hex" if artifact["path"].startswith("dl.k8s.io/") else "list"
            write_checksum(target, target, f"{os.path.basename(checksum)} {style}")
    return len(result["fetched"])


def _images():
    kubernetes = [
        f"registry.k8s.io/kube-{name}:v{versions.KUBERNETES}"
        for name in ("apiserver", "controller-manager", "scheduler", "proxy")
    ]
    return [
        *kubernetes,
        f"registry.k8s.io/etcd:{versions.ETCD_TAG}",
        f"registry.k8s.io/coredns/coredns:v{versions.COREDNS}",
        f"registry.k8s.io/pause:{versions.PAUSE}",
        f"registry.k8s.io/e2e-test-images/agnhost:{versions.AGNHOST}",
        f"docker.io/library/haproxy:{versions.HAPROXY}",
        f"docker.io/antrea/antrea-agent-ubuntu:v{versions.ANTREA}",
        f"docker.io/antrea/antrea-controller-ubuntu:v{versions.ANTREA}",
    ]
