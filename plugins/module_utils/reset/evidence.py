# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0
"""What on a host is the collection's and its cluster's, and may therefore go. Pure.

Nothing is taken for ours because of its name alone: without the collection's records on the host nothing goes. A reset
that was killed in the middle has destroyed half of the evidence; so it notes what it knew before it began.
"""

from ansible_collections.kurl.ipv6.plugins.module_utils.hostfiles import registry
from ansible_collections.kurl.ipv6.plugins.module_utils.kubeadm import node

#: The folder of the collection's records on a host.
STATE = "/var/lib/kurl-ipv6"
NOTE = STATE + "/reset.json"
#: Left in Rook's folder by a reset that leaves the data of Rook: a later one may be told to destroy them.
ROOK_MARK = "/var/lib/rook/.kurl-ipv6"
CONTAINERD = "/usr/local/bin/containerd"
KUBELET_ITEM, CONTAINERD_ITEM, PLUGINS_ITEM = "kubelet", "containerd", "cni-plugins"


def judge(record, kubeadm, note, other_containerd, static_etcd):
    """Return ``{"cluster": bool, "runtime": bool, "etcd": bool}``.

    Arguments:
        record: the registry's record.
        kubeadm: what ``kubeadm.node.inspect`` returned.
        note: what an earlier reset noted, None if there was none.
        other_containerd: path of a containerd that is not ours, empty if there is none.
        static_etcd: whether kubeadm has made a static pod of etcd here.
    Returns:
        ``cluster``: the Kubernetes on the host is that of the collection, so that the kubelet's and etcd's data,
        interfaces and chains go; ``runtime``: containerd is the collection's alone, so that its images and containers
        go; ``etcd``: /var/lib/etcd holds the cluster's data, and not those of an etcd that is somebody else's.
    """
    if note:
        return {name: bool(note.get(name)) for name in ("cluster", "runtime", "etcd")}
    noted = registry.noted(record, CONTAINERD)
    cluster = bool(kubeadm["unfinished"]) or (KUBELET_ITEM in record["items"] and not kubeadm["foreign"])
    return {
        "cluster": cluster,
        "etcd": cluster and (static_etcd or kubeadm["unfinished"] in (node.INIT, node.JOIN_CONTROL_PLANE)),
        "runtime": noted.get("before") == registry.NOTHING and not other_containerd,
    }
