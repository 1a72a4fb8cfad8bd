# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0
"""Which ports the nodes of a plan use among each other, by their roles."""

from collections import namedtuple

CONTROL_PLANE = "kube_control_plane"
ANY = ""

#: ``protocol``; ``number``; ``purpose``; ``sources`` and ``targets``: the group whose hosts call and listen,
#: :data:`ANY` for all; ``needed``: whether the cluster breaks without it (else a part of it may).
Port = namedtuple("Port", "protocol number purpose sources targets needed")


def planned(plan):
    """Return the ports of a plan.

    Arguments:
        plan: what will be installed; keys as in the documentation of ``host_readiness``.
    Returns:
        A list of :class:`Port`. Sources: antrea-rook.md 3 (Antrea's real ports), kURL's documentation (kurl.md 14),
        Ceph's network configuration reference (monitors on 3300 and 6789, other daemons from 6800 on).
    """
    ports = [
        Port("tcp", 6443, "API server", ANY, CONTROL_PLANE, True),
        Port("tcp", 2379, "etcd's clients", CONTROL_PLANE, CONTROL_PLANE, True),
        Port("tcp", 2380, "etcd's peers", CONTROL_PLANE, CONTROL_PLANE, True),
        Port("tcp", 10250, "kubelet", ANY, ANY, True),
    ]
    if plan.get("antrea_version"):
        encrypted = plan.get("antrea_encryption") == "wireguard"
        ports += [
            # Its Deployment may run on any node.
            Port("tcp", 10349, "antrea-controller", ANY, ANY, True),
            Port("tcp", 10350, "antrea-agent", CONTROL_PLANE, ANY, True),
            Port("tcp", 10351, "antrea-agent's membership", ANY, ANY, True),
            (
                Port("udp", 51820, "WireGuard", ANY, ANY, True)
                if encrypted
                else Port("udp", 6081, "Geneve", ANY, ANY, True)
            ),
            Port("udp", 10351, "antrea-agent's membership", ANY, ANY, True),
        ]
    if plan.get("rook_version"):
        # kURL's Ceph runs in the pods' network; these are on the nodes' only where Ceph is given the hosts' network.
        ports += [
            Port("tcp", 3300, "Ceph's monitors", ANY, ANY, False),
            Port("tcp", 6789, "Ceph's monitors, old protocol", ANY, ANY, False),
            Port("tcp", 6800, "Ceph's daemons, first of their range", ANY, ANY, False),
            Port("tcp", 7300, "Ceph's daemons, last of their range", ANY, ANY, False),
        ]
    return ports


def plays(roles, group):
    """Return whether a host with these inventory groups belongs to a side of a port.

    A host without roles could become a control plane node, and counts as one.
    """
    return group == ANY or group in roles or not roles


def listening(plan, roles):
    """Return the ports that a host with these roles listens on."""
    return [port for port in planned(plan) if plays(roles, port.targets)]


def between(plan, source, target):
    """Return the ports on which a host with the roles ``source`` calls one with the roles ``target``."""
    return [port for port in planned(plan) if plays(source, port.sources) and plays(target, port.targets)]


def probe_id(protocol, number):
    """Return the name of a probe, which is also the id of its findings without the area: ``tcp.6443``."""
    return "{}.{}".format(protocol, number)
