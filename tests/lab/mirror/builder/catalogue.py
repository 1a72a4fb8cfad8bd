# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0
"""What the mirror holds, and how each part is built where upstream cannot be reached."""

import hashlib
import os

from . import archives, debian, golang, versions
from .output import copied

HERE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
ARCHITECTURE = "amd64"
PATH = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
#: Raised when the way of building changes, so that what is cached is made anew.
RECIPE = "2"

#: kube-proxy calls these; alternatives are links that install scripts would make.
KUBE_PROXY_PACKAGES = ("iptables", "nftables", "conntrack", "kmod", "ipset", "dash")
KUBE_PROXY_HOOKS = tuple(
    f"ln -sf {tool}-nft{end} $1/usr/sbin/{tool}{end}"
    for tool in ("iptables", "ip6tables")
    for end in ("", "-save", "-restore")
)
CNI_PLUGINS = {
    "main": ("bridge", "dummy", "host-device", "ipvlan", "loopback", "macvlan", "ptp", "vlan"),
    "ipam": ("dhcp", "host-local", "static"),
    "meta": ("bandwidth", "firewall", "portmap", "sbr", "tuning", "vrf"),
}


class Binaries:
    """Commands built once and kept in the mirror's work folder, made when they are first asked for."""

    def __init__(self, work):
        self._work = os.path.join(work, "bin")
        os.makedirs(self._work, exist_ok=True)

    def get(self, key, folder, package, **options):
        """Return the file of a command, built if it is not there; ``key`` names the file and carries the version."""
        path = os.path.join(self._work, key)
        if not os.path.exists(path):
            golang.build(folder, package, path, **options)
        return path

    def kubernetes(self, package):
        """Return a command of Kubernetes."""
        version = versions.KUBERNETES
        major, minor, _patch = version.split(".")
        flags = []
        for target in ("k8s.io/component-base/version", "k8s.io/client-go/pkg/version"):
            flags += [
                f"-X {target}.gitVersion=v{version}",
                f"-X {target}.gitMajor={major}",
                f"-X {target}.gitMinor={minor}",
            ]
            flags += [f"-X {target}.gitTreeState=clean"]
        name = package.rsplit("/", 1)[1]
        folder = os.path.join(HERE, "kubernetes")
        return self.get(f"{name}-{version}", folder, "k8s.io/kubernetes/" + package, flags=" ".join(flags))

    def containerd(self, name):
        """Return a command of containerd."""
        module = "github.com/containerd/containerd/v2"
        flags = f"-X {module}/version.Version=v{versions.CONTAINERD}"
        return self.get(f"{name}-{versions.CONTAINERD}", "", f"{module}/cmd/{name}@v{versions.CONTAINERD}", flags=flags)

    def runc(self):
        """Return runc, with seccomp and no shared libraries."""
        package = f"github.com/opencontainers/runc@v{versions.RUNC}"
        return self.get(f"runc-{versions.RUNC}", "", package, tags="seccomp netgo osusergo", static_c=True)

    def cni_plugin(self, kind, name):
        """Return one of the reference CNI plugins."""
        module = "github.com/containernetworking/plugins"
        flags = f"-X {module}/pkg/utils/buildversion.BuildVersion=v{versions.CNI_PLUGINS}"
        return self.get(
            f"cni-{name}-{versions.CNI_PLUGINS}",
            "",
            f"{module}/plugins/{kind}/{name}@v{versions.CNI_PLUGINS}",
            flags=flags,
        )

    def etcd(self):
        """Return the etcd server."""
        return self.get(f"etcd-{versions.ETCD}", os.path.join(HERE, "etcd"), "go.etcd.io/etcd/server/v3")

    def coredns(self):
        """Return coredns."""
        return self.get(f"coredns-{versions.COREDNS}", "", f"github.com/coredns/coredns@v{versions.COREDNS}")

    def pause(self):
        """Return the lab's own pause."""
        with open(os.path.join(HERE, "pause", "main.go"), "rb") as source:
            key = hashlib.sha256(source.read()).hexdigest()[:12]
        return self.get(f"pause-{key}", os.path.join(HERE, "pause"), ".")


def fill(mirror):
    """Build what the mirror lacks. Returns how many files were made."""
    golang.ensure()
    debian.ensure()
    binaries = Binaries(mirror.work)
    return _kubernetes(mirror, binaries) + _runtime(mirror, binaries) + _images(mirror, binaries)


def _kubernetes(mirror, binaries):
    folder = f"dl.k8s.io/v{versions.KUBERNETES}/bin/linux/{ARCHITECTURE}"
    made = 0
    for name in ("kubeadm", "kubelet", "kubectl"):
        make = copied(lambda name=name: binaries.kubernetes("cmd/" + name))
        made += mirror.add(f"{folder}/{name}", RECIPE, make, f"{name}.sha256 hex")
    return made


def _runtime(mirror, binaries):
    version = versions.CONTAINERD
    name = f"containerd-{version}-linux-{ARCHITECTURE}.tar.gz"

    def containerd(path):
        commands = ("containerd", "containerd-shim-runc-v2", "ctr")
        archives.write_tar_gz(path, {f"bin/{one}": (binaries.containerd(one), 0o755) for one in commands})

    folder = f"github.com/containerd/containerd/releases/download/v{version}"
    made = mirror.add(f"{folder}/{name}", RECIPE, containerd, f"{name}.sha256sum list")

    folder = f"github.com/opencontainers/runc/releases/download/v{versions.RUNC}"
    made += mirror.add(f"{folder}/runc.{ARCHITECTURE}", RECIPE, copied(binaries.runc), "runc.sha256sum list")

    version = versions.CNI_PLUGINS
    name = f"cni-plugins-linux-{ARCHITECTURE}-v{version}.tgz"

    def plugins(path):
        every = [(kind, one) for kind, names in CNI_PLUGINS.items() for one in names]
        archives.write_tar_gz(path, {f"./{one}": (binaries.cni_plugin(kind, one), 0o755) for kind, one in every})

    folder = f"github.com/containernetworking/plugins/releases/download/v{version}"
    return made + mirror.add(f"{folder}/{name}", RECIPE, plugins, f"{name}.sha256 list")


def _images(mirror, binaries):
    kubernetes = "v" + versions.KUBERNETES
    registry = "registry.k8s.io"
    made = 0

    def image(reference, recipe, source, target, config, base=None):
        nonlocal made
        name, tag = reference.rsplit(":", 1)
        path = f"images/{name}/{tag}-{ARCHITECTURE}.tar"
        settings = {"Env": [PATH], **config}

        def make(destination):
            files = {target: (source(), 0o755)} if source else {"etc/lab-image": (reference.encode() + b"\n", 0o644)}
            archives.write_image(destination, reference, ARCHITECTURE, files, settings, base() if base else "")

        made += mirror.add(path, RECIPE + recipe + repr(settings), make, os.path.basename(path) + ".sha256 list")

    for name in ("kube-apiserver", "kube-controller-manager", "kube-scheduler"):
        source = lambda name=name: binaries.kubernetes("cmd/" + name)  # noqa: E731
        image(
            f"{registry}/{name}:{kubernetes}",
            "",
            source,
            "usr/local/bin/" + name,
            {"Entrypoint": ["/usr/local/bin/" + name]},
        )

    base_recipe = RECIPE + repr((KUBE_PROXY_PACKAGES, KUBE_PROXY_HOOKS))
    image(
        f"{registry}/kube-proxy:{kubernetes}",
        base_recipe,
        lambda: binaries.kubernetes("cmd/kube-proxy"),
        "usr/local/bin/kube-proxy",
        {"Entrypoint": ["/usr/local/bin/kube-proxy"]},
        lambda: root_file_system(mirror, "kube-proxy", base_recipe, KUBE_PROXY_PACKAGES, KUBE_PROXY_HOOKS),
    )
    image(
        f"{registry}/etcd:{versions.ETCD_TAG}",
        "",
        binaries.etcd,
        "usr/local/bin/etcd",
        {"Entrypoint": ["/usr/local/bin/etcd"]},
    )
    image(
        f"{registry}/coredns/coredns:v{versions.COREDNS}", "", binaries.coredns, "coredns", {"Entrypoint": ["/coredns"]}
    )
    image(
        f"{registry}/pause:{versions.PAUSE}",
        "",
        binaries.pause,
        "pause",
        {"Entrypoint": ["/pause"], "User": "65535:65535"},
    )
    agnhost = lambda: binaries.kubernetes("test/images/agnhost")  # noqa: E731
    image(
        f"{registry}/e2e-test-images/agnhost:{versions.AGNHOST}",
        "",
        agnhost,
        "agnhost",
        {"Entrypoint": ["/agnhost"], "Cmd": ["pause"]},
    )

    haproxy_recipe = RECIPE + "haproxy"
    image(
        f"docker.io/library/haproxy:{versions.HAPROXY}",
        haproxy_recipe,
        None,
        "",
        {"Entrypoint": ["haproxy"], "Cmd": ["-f", "/usr/local/etc/haproxy/haproxy.cfg"]},
        lambda: root_file_system(mirror, "haproxy", haproxy_recipe, ("haproxy",), ()),
    )
    return made


def root_file_system(mirror, name, recipe, packages, hooks, **options):
    """Return the tar of a root file system, made if the same recipe has not made it; options as for debian.base."""
    folder = os.path.join(mirror.work, "base")
    os.makedirs(folder, exist_ok=True)
    path = os.path.join(folder, f"{name}-{hashlib.sha256(recipe.encode()).hexdigest()[:12]}.tar")
    debian.base(path, packages, hooks, **options)
    return path
