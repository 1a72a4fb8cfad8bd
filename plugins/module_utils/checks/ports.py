# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0
"""Which ports a node will use, and whether they are free on IPv6."""

from collections import namedtuple

from ansible_collections.kurl.ipv6.plugins.module_utils.checks import addressing
from ansible_collections.kurl.ipv6.plugins.module_utils.checks.registry import check

#: ``bind``: ``any`` (all addresses, both families, as Go's listeners do), ``node`` (the node's address and loopback) or
#: ``loopback``; ``owners``: process names that hold the port in a running cluster, empty string for the kernel.
Port = namedtuple("Port", "protocol number bind purpose owners")

#: Port of the internal load balancer (kURL docs/ipv6.md: internal load balancer).
LOAD_BALANCER = 6444
ANY, NODE, LOOPBACK = "any", "node", "loopback"


def planned(host):
    """Return the ports that this host will use.

    Arguments:
        host: a ``host_view.HostView``.
    Returns:
        A list of :class:`Port`. Sources: kURL's docs/ipv6.md (host requirements) and system
        requirements, Antrea's network requirements, kubeadm's constants.
    """
    ports = [
        Port("tcp", 10250, ANY, "kubelet", ("kubelet",)),
        Port("tcp", 10248, LOOPBACK, "kubelet's health", ("kubelet",)),
        Port("tcp", 10249, LOOPBACK, "kube-proxy's metrics", ("kube-proxy",)),
        Port("tcp", 10256, ANY, "kube-proxy's health", ("kube-proxy", "antrea-agent")),
    ]
    if host.control_plane:
        ports += [
            Port("tcp", 6443, ANY, "API server", ("kube-apiserver",)),
            Port("tcp", 2379, NODE, "etcd's clients", ("etcd",)),
            Port("tcp", 2380, NODE, "etcd's peers", ("etcd",)),
            Port("tcp", 2381, LOOPBACK, "etcd's health", ("etcd",)),
            Port("tcp", 10257, LOOPBACK, "controller manager", ("kube-controller-manager", "kube-controller")),
            Port("tcp", 10259, LOOPBACK, "scheduler", ("kube-scheduler",)),
        ]
    if host.antrea:
        ports += [
            Port("tcp", 10349, ANY, "antrea-controller", ("antrea-controller", "antrea-controll")),
            Port("tcp", 10350, ANY, "antrea-agent", ("antrea-agent",)),
            Port("tcp", 10351, ANY, "antrea-agent's membership", ("antrea-agent",)),
            Port("udp", 10351, ANY, "antrea-agent's membership", ("antrea-agent",)),
        ]
        if host.encrypted:
            ports.append(Port("udp", 51820, ANY, "WireGuard", ("",)))
        else:
            ports.append(Port("udp", 6081, ANY, "Geneve", ("", "ovs-vswitchd")))
    if host.plan.get("load_balancer_enabled"):
        given = str(host.plan.get("load_balancer_port") or "")
        port = int(given) if given.isdecimal() and 0 < int(given) < 65536 else LOAD_BALANCER
        ports.append(Port("tcp", port, ANY, "internal load balancer", ("haproxy",)))
    if host.plan.get("rook_version"):
        # The CSI plugin runs in the host's network and serves its metrics there (kURL's own check as well).
        ports.append(Port("tcp", 9090, ANY, "Rook's CSI plugin", ("cephcsi",)))
    return ports


def collides(port, listener, node_address):
    """Say whether a socket keeps a port from being bound.

    Arguments:
        port: a :class:`Port`.
        listener: an entry of the facts' ``listeners``.
        node_address: the node's address, empty if unknown.
    Returns:
        True or False. A wildcard of IPv4 takes the port from Go's dual-stack wildcard as well (``bind(2)``:
        EADDRINUSE), but not from one IPv6 address.
    """
    if (listener["protocol"], listener["port"]) != (port.protocol, port.number):
        return False
    held = listener["address"]
    if port.bind == ANY or held == "::":
        return True
    loopback = held == "::1" or held.startswith("127.")
    if port.bind == LOOPBACK:
        return loopback or held == "0.0.0.0"
    return held == "::1" or addressing.parse_address(held) == addressing.parse_address(node_address)


def _address_text(address, number):
    return "[{}]:{}".format(address, number) if ":" in address else "{}:{}".format(address, number)


@check(
    "port",
    title="ports free",
    why=(
        "A port that something else holds keeps a part of the cluster from starting. kURL tests ports on IPv4 only,"
        " which says nothing about IPv6."
    ),
    reference="kURL docs/ipv6.md: host requirements; Antrea: network requirements; kURL: host preflights",
    remedy="Stop the program that holds the port.",
    needs=("listeners",),
)
def ports_free(host, verdict):
    """Every planned port; what a running cluster's own component holds on a node that has joined is as it must be."""
    free, held = [], []
    for port in planned(host):
        label = "{}{}".format(port.number, "/udp" if port.protocol == "udp" else "")
        holders = [entry for entry in host.facts["listeners"] if collides(port, entry, host.choice.address)]
        strangers = [entry for entry in holders if not (host.joined and entry["process"] in port.owners)]
        if not holders:
            free.append(label)
        elif not strangers:
            held.append(label)
        else:
            _conflict(host, verdict, port, strangers[0])
    words = []
    if free:
        words.append("free: " + ", ".join(free))
    if held:
        words.append("held by the running cluster: " + ", ".join(held))
    if words:
        verdict.passed("; ".join(words))


def _conflict(host, verdict, port, entry):
    who = "{} (pid {})".format(entry["process"], entry["pid"]) if entry["pid"] else "the kernel or an unseen process"
    case = str(port.number) if port.protocol == "tcp" else "{}-udp".format(port.number)
    if entry["unit"]:
        remedy = "systemctl disable --now {}".format(entry["unit"])
    elif entry["process"] in port.owners and entry["process"]:
        remedy = "kubeadm reset -f   # remains of another cluster"
    elif entry["pid"]:
        remedy = "kill {0}   # after a look at it: ps -fp {0}".format(entry["pid"])
    else:
        remedy = "ss -Hlnp{} 'sport = :{}'   # as root: who is it?".format(port.protocol[0], port.number)
    verdict.fail(
        "{} {} is held by {}{}".format(
            port.protocol.upper(),
            _address_text(entry["address"], port.number),
            who,
            ", unit {}".format(entry["unit"]) if entry["unit"] else "",
        ),
        case=case,
        title="port {} {} ({})".format(port.number, port.protocol.upper(), port.purpose),
        expected="free for {}".format(port.purpose),
        remedy=remedy,
    )
