# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0
"""Which files and images an installation needs, and where upstream publishes them.

Everything here is data and pure functions. A path is upstream's own address without its scheme
(``dl.k8s.io/v1.34.4/bin/linux/amd64/kubeadm``), which is also its place below a mirror.
"""

from __future__ import absolute_import, division, print_function

__metaclass__ = type

from ansible_collections.kurl.ipv6.plugins.module_utils.rook import versions as rook_versions

KUBERNETES_BINARIES = ("kubeadm", "kubelet", "kubectl")


def _kubernetes(version, architecture):
    folder = "dl.k8s.io/v{0}/bin/linux/{1}".format(version, architecture)
    binaries = [_file(name, "{0}/{1}".format(folder, name), ".sha256") for name in KUBERNETES_BINARIES]
    # It is asked on the controller which images it uses.
    binaries[KUBERNETES_BINARIES.index("kubeadm")]["run_here"] = True
    return binaries


def _containerd(version, architecture):
    folder = "github.com/containerd/containerd/releases/download/v{0}".format(version)
    return [
        _file("containerd", "{0}/containerd-{1}-linux-{2}.tar.gz".format(folder, version, architecture), ".sha256sum")
    ]


def _runc(version, architecture):
    folder = "github.com/opencontainers/runc/releases/download/v{0}".format(version)
    runc = _file("runc", "{0}/runc.{1}".format(folder, architecture), "")
    runc["checksum_path"] = folder + "/runc.sha256sum"
    return [runc]


def _cni_plugins(version, architecture):
    folder = "github.com/containernetworking/plugins/releases/download/v{0}".format(version)
    return [_file("cni-plugins", "{0}/cni-plugins-linux-{1}-v{2}.tgz".format(folder, architecture, version), ".sha256")]


def _antrea(version, architecture):
    # Antrea publishes no checksum beside its manifest: the lock file pins what was fetched first.
    folder = "github.com/antrea-io/antrea/releases/download/v{0}".format(version)
    manifest = _file("antrea-manifest", folder + "/antrea.yml", ".sha256")
    manifest["checksum_required"] = False
    return [manifest]


# Name of an artifact -> file of a Rook release.
ROOK_MANIFESTS = (
    ("rook-crds", "crds.yaml"),
    ("rook-common", "common.yaml"),
    ("rook-csi-operator", "csi-operator.yaml"),
    ("rook-operator", "operator.yaml"),
    ("rook-cluster", "cluster.yaml"),
    ("rook-storageclass", "csi/rbd/storageclass.yaml"),
    ("rook-filesystem", "filesystem.yaml"),
    ("rook-cephfs-storageclass", "csi/cephfs/storageclass.yaml"),
    ("rook-object", "object.yaml"),
    ("rook-toolbox", "toolbox.yaml"),
)


def _rook(version, architecture):
    # Rook publishes its manifests in its repository only, at the tag, and no checksums: the lock file pins them.
    try:
        moved = rook_versions.has(version, "deploy_examples")
        needs_csi_operator = rook_versions.has(version, "csi_operator")
    except rook_versions.RookError as error:
        raise ValueError(str(error))
    folder = "raw.githubusercontent.com/rook/rook/v{0}/{1}".format(
        version, "deploy/examples" if moved else "cluster/examples/kubernetes/ceph"
    )
    manifests = [
        _file(name, "{0}/{1}".format(folder, file_name), ".sha256")
        for name, file_name in ROOK_MANIFESTS
        if needs_csi_operator or name != "rook-csi-operator"
    ]
    for manifest in manifests:
        manifest["checksum_required"] = False
    return manifests


# component -> the function that lists its files; the key is also the name of the component's version.
FILES = {
    "kubernetes": _kubernetes,
    "containerd": _containerd,
    "runc": _runc,
    "cni_plugins": _cni_plugins,
    "antrea": _antrea,
    "rook": _rook,
}


def _file(name, path, checksum_suffix):
    return {
        "name": name,
        "kind": "file",
        "path": path,
        "checksum_path": path + checksum_suffix,
        "checksum_required": True,
    }


def file_artifacts(versions, architecture):
    """List the files that the given components need.

    Arguments:
        versions: component name -> version without a leading ``v``; components with an empty version are left out.
        architecture: ``amd64`` or ``arm64``, as upstream spells it.
    Returns:
        A list of artifacts: dicts with name, kind, path, checksum_path, checksum_required, and run_here for a program
        that must be one that can be run on the controller.
    Raises:
        ValueError: a component is not in the catalogue.
    """
    artifacts = []
    for component in sorted(versions):
        if component not in FILES:
            raise ValueError("no artifact catalogue for {0}; known: {1}".format(component, ", ".join(sorted(FILES))))
        if versions[component]:
            artifacts.extend(FILES[component](versions[component], architecture))
    return artifacts


def full_reference(reference):
    """Spell an image reference out as containerd stores it.

    ``haproxy:3.0`` becomes ``docker.io/library/haproxy:3.0``; a missing tag becomes ``latest``. The rule is that of
    github.com/distribution/reference: the first part is a registry if it holds a dot or a colon or is ``localhost``.
    """
    name, separator, digest = reference.partition("@")
    head, slash, rest = name.partition("/")
    if not slash:
        name = "docker.io/library/" + name
    elif not ("." in head or ":" in head or head == "localhost"):
        name = "docker.io/" + name
    if not separator and ":" not in name.rsplit("/", 1)[1]:
        name += ":latest"
    return name + separator + digest


def image_artifacts(references, architecture):
    """List image archives for image references, each once, in the order given.

    The archive of ``registry.k8s.io/pause:3.10.1`` is ``images/registry.k8s.io/pause/3.10.1-amd64.tar``.
    """
    artifacts = []
    for reference in references:
        full = full_reference(reference)
        if any(artifact["name"] == full for artifact in artifacts):
            continue
        name, _colon, tag = full.rpartition(":")
        if "@" in name:
            raise ValueError(
                "{0}: an image must be named by its tag, a digest has no place in a mirror".format(reference)
            )
        path = "images/{0}/{1}-{2}.tar".format(name, tag, architecture)
        artifacts.append(
            {
                "name": full,
                "kind": "image",
                "path": path,
                "checksum_path": path + ".sha256",
                "checksum_required": True,
            }
        )
    return artifacts
