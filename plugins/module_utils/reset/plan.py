# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0
"""What goes from a host that is reset, in which order, and what stays and why. Pure: observations in, steps out."""

import re
from collections import namedtuple

from ansible_collections.kurl.ipv6.plugins.module_utils.hostfiles import registry
from ansible_collections.kurl.ipv6.plugins.module_utils.reset import evidence

#: ``kind``: what is done; ``what``: to what, as a user would name it; ``data``: what the doing needs besides.
Step = namedtuple("Step", "kind what data")

STOP, KUBEADM, KILL, UNMOUNT, LINK, DATAPATH = "stop", "kubeadm reset", "kill", "unmount", "interface", "datapath"
CHAINS, TABLE, SET, TREE, FILE, RESTORE = "chains", "nft table", "ipset", "folder", "file", "restore"
DISK, PARAMETER, STATE = "disk", "kernel parameter", "records"

RUNTIME_UNIT = "containerd.service"
KUBELET = "/var/lib/kubelet"
ETCD = "/var/lib/etcd"
#: Parameters of the running kernel that kube-proxy and the kubelet set, ``{name: (their value, the kernel's own)}``.
#: What they were before nobody has noted; so each becomes what the next boot would make of it. Those that do not begin
#: with ``net.`` are the machine's in a container.
PARAMETERS = {
    "net.ipv4.conf.all.route_localnet": ("1", "0"),
    "net.netfilter.nf_conntrack_tcp_timeout_established": ("86400", "432000"),
    "net.netfilter.nf_conntrack_tcp_timeout_close_wait": ("3600", "60"),
    "vm.overcommit_memory": ("1", "0"),
    "kernel.panic": ("10", "0"),
}
#: What a cluster keeps outside of the collection's own files. ``/var/lib/cni`` goes network by network.
CLUSTER_TREES = (
    KUBELET,
    "/var/log/pods",
    "/var/log/containers",
    "/var/log/antrea",
    "/run/antrea",
    "/root/.kube/cache",
)
RUNTIME_TREES = ("/var/lib/containerd", "/run/containerd", "/run/nri", "/opt/containerd")
ROOK_TREE = "/var/lib/rook"
KUBERNETES = "/etc/kubernetes"
CNI_CONFIGS = "/etc/cni/net.d"
CNI_PLUGINS = "/opt/cni/bin"
#: What Antrea's agent installs: its configuration, and its plugins among those of the collection.
ANTREA_CONFIG = CNI_CONFIGS + "/10-antrea.conflist"
ANTREA_PLUGINS = ("antrea", "whereabouts")
#: Mount points below these go.
CLUSTER_MOUNTS = ("/var/lib/kubelet/", "/run/netns/cni-", "/var/run/netns/cni-")
RUNTIME_MOUNTS = ("/var/lib/containerd/", "/run/containerd/", "/var/run/containerd/")
#: Folders that the cluster makes and that go if nothing is left in them, the deepest first.
FOLDERS = (
    "/usr/libexec/kubernetes/kubelet-plugins/volume/exec",
    "/usr/libexec/kubernetes/kubelet-plugins/volume",
    "/usr/libexec/kubernetes/kubelet-plugins",
    "/usr/libexec/kubernetes",
    "/var/lib/cni/networks",
    "/var/lib/cni/results",
    "/var/lib/cni",
    CNI_CONFIGS,
    "/etc/cni",
    CNI_PLUGINS,
    "/opt/cni",
    KUBERNETES + "/manifests",
    KUBERNETES + "/pki",
    KUBERNETES,
    "/root/.kube",
)
_LINK = re.compile(r"^(?:antrea-(?:gw0|wg0|tun0|egress0|ingress0)|kube-ipvs0|cni0)$")
_TUNNEL = re.compile(r"^(?:genev|vxlan|gre|stt)_sys(?:_\d+)?$")
#: What kubeadm writes below /etc/kubernetes; ``kubeadm reset`` empties the folders that are whole.
_KUBEADM = re.compile(
    r"^(?:manifests/.+|pki/.+|tmp/.+|"
    r"(?:admin|super-admin|kubelet|bootstrap-kubelet|controller-manager|scheduler)\.conf)$"
)


def steps(host, wipe_disks=False):
    """Return the steps that bring a host back to what it was; none for a host that never was ours.

    Where an earlier reset has left the data of Rook there are steps for those alone.

    Arguments:
        host: what :func:`observe.read` returned.
        wipe_disks: whether Rook's data and disks go, too.
    """
    if not host["state"]:
        return _disks(host) if wipe_disks and host.get("rook") else []
    return (
        _programs(host)
        + [Step(UNMOUNT, path, None) for path in host["mounts"]]
        + _network(host)
        + _parameters(host)
        + _trees(host)
        + _files(host)
        + (_disks(host) if wipe_disks else [])
        + [Step(STATE, evidence.STATE, None)]
    )


def _programs(host):
    """Return the steps that end what runs: the kubelet first, lest it starts pods anew; kubeadm needs containerd."""
    stops = [
        Step(STOP, name, None)
        for name in registry.removable(host["record"])["units"]
        if host["units"][name]["enabled"] or host["units"][name]["active"]
    ]
    found = [step for step in stops if step.what != RUNTIME_UNIT]
    if host["cluster"] and host["kubeadm"]:
        found.append(Step(KUBEADM, ", ".join(host["kubernetes"]["ours"][:4]) or KUBERNETES, None))
    if host["processes"]:
        found.append(Step(KILL, "{0} processes of containers".format(len(host["processes"])), None))
    return found + [step for step in stops if step.what == RUNTIME_UNIT]


def links(names, masters, other_switch):
    """Return the interfaces of a cluster among those of a host: members of the bridge before the bridge.

    Arguments:
        names: all names.
        masters: ``{name: name of the bridge that it is a member of}``.
        other_switch: whether an Open vSwitch of the host's own is at work, whose tunnels these may be.
    """
    members = [name for name in names if masters.get(name) == "cni0"]
    own = [name for name in names if _LINK.match(name) or (_TUNNEL.match(name) and not other_switch)]
    return members + own


def _network(host):
    if not host["cluster"]:
        return []
    found = [Step(LINK, name, None) for name in links(host["links"], host["masters"], host["other_switch"])]
    if host["datapath"] and not host["other_switch"]:
        # First: Antrea's gateway is a port of it, and goes with it.
        found.insert(0, Step(DATAPATH, "ovs-system", None))
    for tool in sorted(host["chains"]):
        tables = host["chains"][tool]
        count = sum(len(table["chains"]) for table in tables.values())
        found.append(Step(CHAINS, "{0} of {1} ({2})".format(count, tool, ", ".join(sorted(tables))), tool))
    found += [Step(TABLE, " ".join(table), table) for table in host["nft_tables"]]
    return found + [Step(SET, name, None) for name in host["sets"]]


def _parameters(host):
    if not host["cluster"]:
        return []
    found = []
    for name, (theirs, default) in PARAMETERS.items():
        now, later = host["parameters"][name]
        wanted = default if later is None else later
        if now == theirs and now != wanted and (name.startswith("net.") or not host["container"]):
            found.append(Step(PARAMETER, "{0} = {1}".format(name, wanted), (name, wanted)))
    return found


def _trees(host):
    wanted = []
    if host["cluster"]:
        wanted += CLUSTER_TREES + ((ETCD,) if host["etcd"] else ()) + tuple(host["cni_state"])
    if host["runtime"]:
        wanted += RUNTIME_TREES
    return [Step(TREE, path, None) for path in wanted if path in host["full"]]


def _files(host):
    """Return the steps for files: those of kubeadm and of Antrea, then the collection's own."""
    found = []
    if host["cluster"]:
        found += [Step(FILE, "{0}/{1}".format(KUBERNETES, name), None) for name in host["kubernetes"]["ours"]]
        found += [Step(FILE, path, None) for path in host["antrea_files"]]
    known = {step.what for step in found}
    for path, state in sorted(host["files"].items()):
        if path in known:
            continue
        if state == "ours":
            found.append(Step(FILE, path, None))
        elif state == "restore":
            found.append(Step(RESTORE, path, registry.removable(host["record"])["restore"][path]))
    return found


def _disks(host):
    """Disks go before the folder that says whose some of them are: a run that is killed must find them again."""
    found = [
        Step(DISK, "{device} ({bytes} bytes, {content})".format(**disk), disk) for disk in host["disks"] if disk["free"]
    ]
    return found + ([Step(TREE, ROOK_TREE, None)] if ROOK_TREE in host["full"] else [])


def file_state(noted, exists, digest, overwritten):
    """Return what becomes of a file of the registry.

    Arguments:
        noted: what the registry notes of it.
        exists: whether there is a regular file now.
        digest: function () -> its sha256 now.
        overwritten: whether a part of the cluster is known to put its own version there.
    Returns:
        ``ours`` (goes), ``restore`` (what was there before comes back), ``same`` (was there before, stays), ``changed``
        (somebody has changed it since, stays) or ``gone``.
    """
    if noted["before"] == registry.THE_SAME:
        return "same"
    if noted["before"] != registry.NOTHING:
        return "restore"
    if not exists:
        return "gone"
    return "ours" if overwritten or digest() == noted.get("sha256") else "changed"


def split_kubernetes(names, owned):
    """Sort the files below /etc/kubernetes.

    Arguments:
        names: their paths, relative to it.
        owned: whole paths of the collection's files.
    Returns:
        ``{"ours": [kubeadm's], "foreign": [somebody else's]}``; the collection's own are in neither.
    """
    others = [name for name in names if "{0}/{1}".format(KUBERNETES, name) not in owned]
    ours = [name for name in others if _KUBEADM.match(name)]
    return {"ours": ours, "foreign": [name for name in others if name not in ours]}


def kept(host, wipe_disks=False):
    """Return what stays although one might expect it to go: ``[{"what", "why", "remedy"}]``."""
    found = []

    def keep(what, why, remedy):
        found.append({"what": what, "why": why, "remedy": remedy})

    if not host["state"]:
        for path in host["foreign_marks"]:
            keep(path, "nothing on this host says that this collection made it", "kubeadm reset, if it is not needed")
        return found + (_kept_disks(host, wipe_disks) if host.get("rook") else [])
    for path, state in sorted(host["files"].items()):
        if state == "changed":
            keep(path, "it was changed since it was installed", "rm {0}".format(path))
    if not host["cluster"]:
        for path in host["foreign_marks"]:
            keep(path, "no run of this collection left it", "kubeadm reset, if it is not needed")
    else:
        for name in host["kubernetes"]["foreign"]:
            path = "{0}/{1}".format(KUBERNETES, name)
            keep(path, "it is neither kubeadm's nor ours", "rm {0}".format(path))
    if ETCD in host["full"] and not host["etcd"]:
        keep(ETCD, "nothing says that it is the cluster's", "rm -r {0}".format(ETCD))
    if host["cluster"]:
        for path in host["foreign_cni"]:
            keep(path, "it was not installed by this collection", "rm {0}".format(path))
    if host["other_containerd"] and "/var/lib/containerd" in host["full"]:
        keep(
            "/var/lib/containerd",
            "there is another containerd, {0}".format(host["other_containerd"]),
            "ctr --namespace k8s.io images list --quiet | xargs ctr --namespace k8s.io images remove",
        )
    if host["cluster"] and host["datapath"] and host["other_switch"]:
        keep(
            "ovs-system", "an Open vSwitch of this host's own is at work", "ovs-vsctl del-br br-int, if it was Antrea's"
        )
    if host["cluster"] and not host["packet_filter_tools"]:
        keep("chains of the packet filter", "there is no ip6tables-save to find them with", "reboot")
    return found + _kept_disks(host, wipe_disks)


def _kept_disks(host, wipe_disks):
    if wipe_disks:
        return [
            {"what": disk["device"], "why": disk["why"], "remedy": disk["remedy"]}
            for disk in host["disks"]
            if not disk["free"]
        ]
    named = [ROOK_TREE] if ROOK_TREE in host["full"] else []
    named += [disk["device"] for disk in host["disks"]]
    return [{"what": what, "why": "it holds data of Rook", "remedy": "-e reset_wipe_disks=true"} for what in named]


def told(found):
    """Return what :func:`kept` returned as sentences."""
    return ["{what} is left alone: {why}. If it is to go: {remedy}".format(**entry) for entry in found]
