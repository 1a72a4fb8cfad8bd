# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0
"""Which interfaces carry a node's own traffic, and which belong to container networks, tunnels and VPNs."""

import re

#: Interfaces that container networks and the cluster itself make. Names as in kURL's own list (discover.sh) plus later
#: networks.
CONTAINER_NETWORK = re.compile(
    r"^(?:antrea-(?:gw|tun|wg|egress|ingress)0.*|br-[0-9a-f]{12}|cali.+|cbr0|cilium_.+|cni\d+|cni-podman\d+|docker\d+|docker_gwbridge"
    r"|dummy\d+|flannel[.\d-].*|genev_sys_\d+|kube-bridge|kube-ipvs0|kube-dummy-if|lxc.+|lxdbr\d+|nodelocaldns|ovs-system|podman\d+|tunl\d+"
    r"|vethwe.*|veth.+|virbr\d+(?:-nic)?|vxlan[._-].*|vxlan_sys_\d+|weave|nerdctl\d+|incusbr\d+)$"
)
#: Interfaces that the cluster we install makes; what lies behind them is no conflict with the plan.
CLUSTER = re.compile(
    r"^(?:antrea-.+|cni\d+|genev_sys_\d+|kube-ipvs0|ovs-system|veth.+|flannel[.\d-].*|cali.+|cilium_.+|lxc.+)$"
)
TUNNEL_KINDS = {
    "gre",
    "gretap",
    "ip6gre",
    "ip6gretap",
    "ip6tnl",
    "ipip",
    "sit",
    "tun",
    "vti",
    "vti6",
    "wireguard",
    "xfrm",
    "ppp",
}
CONTAINER_KINDS = {"geneve", "vxlan", "openvswitch", "ifb", "dummy"}
#: ARP hardware types of links that are tunnels whatever their kind says (if_arp.h: PPP, TUNNEL6, SIT, IPGRE, none as
#: for tun).
TUNNEL_TYPES = {512, 768, 769, 776, 778, 823, 65534}


def nature(link):
    """Say what an interface is: ``nic``, ``loopback``, ``tunnel`` or ``container network``.

    A bridge, bond, VLAN or veth counts as ``nic`` unless its name tells otherwise: a container's only interface is a
    veth whose name does not begin with ``veth``, and hosts with virtual machines have their address on a bridge.
    """
    name = link["name"]
    if "loopback" in link["flags"]:
        return "loopback"
    if CONTAINER_NETWORK.match(name) or link["kind"] in CONTAINER_KINDS:
        return "container network"
    if (
        link["kind"] in TUNNEL_KINDS
        or link["type"] in TUNNEL_TYPES
        or re.match(r"^(?:tailscale|zt|wg|tun|tap)\w*$", name)
    ):
        return "tunnel"
    return "nic"


def of_cluster(name):
    """Return whether an interface of this name is made by the cluster's own network."""
    return bool(CLUSTER.match(name))
