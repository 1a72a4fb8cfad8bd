# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0
"""Checks of what other clusters and container networks have left on the host."""

import re

from ansible_collections.kurl.ipv6.plugins.module_utils.checks.registry import check

#: Interfaces of other cluster networks -> their name.
FOREIGN = (
    (re.compile(r"^(?:cali.+|vxlan-v6\.calico|vxlan\.calico)$"), "Calico"),
    (re.compile(r"^(?:cilium_.+|lxc_health)$"), "Cilium"),
    (re.compile(r"^flannel[.-].+$"), "Flannel"),
    (re.compile(r"^(?:weave|vethwe.+)$"), "Weave"),
    (re.compile(r"^(?:kube-bridge|kube-dummy-if)$"), "kube-router"),
)
#: What Antrea writes; a runtime takes the first file by name.
ANTREA_CNI = "10-antrea.conflist"


@check(
    "remains.kubernetes",
    title="remains of another cluster",
    why="kubeadm refuses a host with static pods or etcd's data of another cluster; two clusters fight for ports.",
    reference="kubeadm: preflight DirAvailable and FileAvailable; kURL: reset",
    remedy="kubeadm reset -f; the other distribution's own uninstaller.",
    needs=("kubernetes", "remains"),
)
def kubernetes(host, verdict):
    """Another distribution of Kubernetes, or what a reset left behind."""
    remains = host.facts["remains"]
    if remains["clusters"]:
        names = ", ".join(remains["clusters"])
        uninstall = {
            "k3s": "k3s-uninstall.sh || k3s-agent-uninstall.sh",
            "RKE2": "rke2-uninstall.sh",
            "MicroK8s": "snap remove --purge microk8s",
            "k0s": "k0s stop && k0s reset",
        }
        verdict.fail(
            f"{names} is or was here",
            expected="no other cluster on this host",
            remedy="\n".join(uninstall.get(name, f"# uninstall {name}") for name in remains["clusters"]),
        )
        return
    state = host.facts["kubernetes"]
    if state["joined"]:
        verdict.info("the host already is a node; site goes on from there", expected="any")
        return
    left = []
    if state["static_pods"]:
        left.append("static pods ({})".format(", ".join(state["static_pods"][:4])))
    if state["etcd_data"]:
        left.append("etcd's data in /var/lib/etcd")
    if left:
        verdict.fail(
            "{} of a cluster whose kubelet.conf is gone".format(" and ".join(left)),
            expected="nothing of another cluster",
            remedy="kubeadm reset -f   # or, after a look: rm -rf /etc/kubernetes/manifests/* /var/lib/etcd/member",
        )
    else:
        verdict.passed("none")


@check(
    "remains.rook",
    title="remains of Rook",
    why="A new Rook cluster does not start on hosts that keep keys and monitors of an old one.",
    reference="Rook: prerequisites",
    remedy="rm -rf /var/lib/rook, and wipe the old disks.",
    needs=("kubernetes", "remains"),
)
def rook(host, verdict):
    """/var/lib/rook has content on a host that is no node."""
    if not host.plan.get("rook_version"):
        verdict.skip("Rook is not planned")
    elif host.facts["remains"]["rook"] and not host.joined:
        verdict.fail(
            "/var/lib/rook is not empty",
            expected="empty for a new cluster",
            remedy="ls /var/lib/rook   # of an old cluster whose data you do not need? rm -rf /var/lib/rook/*",
        )
    else:
        verdict.passed("the running cluster's" if host.facts["remains"]["rook"] else "none")


@check(
    "remains.cni",
    title="other container networks",
    why="The runtime takes the first configuration in /etc/cni/net.d: another network's would get the pods, over IPv4.",
    reference="containerd: CNI; kURL docs/ipv6.md: limitations",
    remedy="Remove the other network's file from /etc/cni/net.d and its interfaces.",
    needs=("remains", "links"),
)
def cni(host, verdict):
    """Files that come before Antrea's, interfaces that other networks left."""
    files = host.facts["remains"]["cni"]
    foreign = sorted({name for link in host.facts["links"] for form, name in FOREIGN if form.match(link["name"])})
    if not host.antrea:
        if files and not host.plan.get("external_cni"):
            verdict.info(
                "/etc/cni/net.d has {}".format(", ".join(entry["file"] for entry in files[:4])), expected="any"
            )
        else:
            verdict.passed("none" if not files else "{}, as planned".format(files[0]["file"]))
        return
    before = [entry for entry in files if entry["file"] < ANTREA_CNI]
    after = [entry["file"] for entry in files if entry["file"] > ANTREA_CNI]
    if before:
        verdict.fail(
            "{} ({}) in /etc/cni/net.d comes before Antrea's file".format(
                before[0]["file"], before[0]["type"] or "unknown"
            ),
            expected=f"{ANTREA_CNI} first",
            remedy="\n".join("mv /etc/cni/net.d/{0} /root/{0}.disabled".format(entry["file"]) for entry in before[:4]),
        )
    elif foreign:
        verdict.warn(
            "interfaces of {}".format(", ".join(foreign)),
            expected="no other container network",
            remedy="ip -brief link   # remove them with that network's tools, or reboot when its files are gone",
        )
    elif after:
        verdict.info("{}, after Antrea's file".format(", ".join(after[:4])), expected="any")
    else:
        verdict.passed("none")
