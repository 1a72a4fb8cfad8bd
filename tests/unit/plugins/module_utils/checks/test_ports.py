# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0
"""Which ports a node will use, and who is in the way."""

import pytest

from ansible_collections.kurl.ipv6.plugins.module_utils.checks import ports
from ansible_collections.kurl.ipv6.tests.unit.plugins.module_utils.checks import recorded

NODE = "2001:db8:10::11"


def listener(address, port, protocol="tcp", process="nginx", pid=4242, unit=""):
    """A socket of the facts."""
    return {"address": address, "port": port, "protocol": protocol, "process": process, "pid": pid, "unit": unit}


def judged(*sockets, plan="none", roles=(), joined=False):
    """The findings of a healthy host that holds these sockets."""
    facts = recorded.facts()
    facts["listeners"] = list(sockets)
    facts["kubernetes"]["joined"] = joined
    return recorded.judge(facts, plan, roles)


def numbers(plan="none", roles=()):
    """The ports that a host would use, as 10250 or 6081/udp."""
    return {
        "{}/udp".format(port.number) if port.protocol == "udp" else port.number
        for port in ports.planned(recorded.view(plan=plan, roles=roles))
    }


def test_the_ports_of_each_role():
    worker = {10248, 10249, 10250, 10256}
    control = {2379, 2380, 2381, 6443, 10257, 10259}
    assert numbers(roles=["kube_node"]) == worker
    assert numbers(roles=["kube_control_plane"]) == worker | control
    assert numbers() == worker | control


def test_the_ports_of_each_part():
    base = numbers()
    assert numbers({"antrea_version": "2.4.1"}) - base == {10349, 10350, 10351, "10351/udp", "6081/udp"}
    assert numbers({"antrea_version": "2.4.1", "antrea_encryption": "wireguard"}) - base == {
        10349,
        10350,
        10351,
        "10351/udp",
        "51820/udp",
    }
    assert numbers({"load_balancer_enabled": True}) - base == {6444}
    assert numbers({"load_balancer_enabled": True, "load_balancer_port": 7000}) - base == {7000}
    assert numbers({"rook_version": "1.18.11"}) - base == {9090}


@pytest.mark.parametrize(
    "bind, held, collision",
    [
        ("any", "::", True),
        ("any", "0.0.0.0", True),
        ("any", "::1", True),
        ("any", "127.0.0.1", True),
        ("any", "2001:db8::99", True),
        ("node", "::", True),
        ("node", NODE, True),
        ("node", "::1", True),
        ("node", "0.0.0.0", False),
        ("node", "2001:db8::99", False),
        ("node", "127.0.0.1", False),
        ("loopback", "::", True),
        ("loopback", "::1", True),
        ("loopback", "127.0.0.1", True),
        ("loopback", "0.0.0.0", True),
        ("loopback", NODE, False),
    ],
)
def test_which_socket_is_in_the_way_of_which(bind, held, collision):
    port = ports.Port("tcp", 2379, bind, "x", ())
    assert ports.collides(port, listener(held, 2379), NODE) is collision
    assert not ports.collides(port, listener(held, 2380), NODE)
    assert not ports.collides(port, listener(held, 2379, "udp"), NODE)


@pytest.mark.parametrize(
    "socket, case, observed",
    [
        (listener("::", 6443), "6443", "TCP [::]:6443 is held by nginx (pid 4242)"),
        (listener("0.0.0.0", 6443), "6443", "TCP 0.0.0.0:6443 is held by nginx (pid 4242)"),
        (listener(NODE, 2379), "2379", "TCP [2001:db8:10::11]:2379 is held by nginx (pid 4242)"),
        (
            listener("::1", 10250, process="", pid=0),
            "10250",
            "TCP [::1]:10250 is held by the kernel or an unseen process",
        ),
        (
            listener("::", 10250, unit="x.service"),
            "10250",
            "TCP [::]:10250 is held by nginx (pid 4242), unit x.service",
        ),
    ],
)
def test_a_held_port_fails_and_names_the_holder(socket, case, observed):
    findings = judged(socket)
    assert recorded.bad(findings) == {"port." + case: "fail"}
    assert recorded.one(findings, "port." + case)["observed"] == observed


def test_udp_ports_have_ids_of_their_own():
    plan = {"antrea_version": "2.4.1"}
    assert recorded.bad(judged(listener("::", 10351, "udp"), plan=plan)) == {"port.10351-udp": "fail"}
    assert recorded.bad(judged(listener("::", 10351), plan=plan)) == {"port.10351": "fail"}


@pytest.mark.parametrize(
    "socket, remedy",
    [
        (listener("::", 6443, unit="haproxy.service"), "systemctl disable --now haproxy.service"),
        (listener("::", 6443), "kill 4242"),
        (listener("::", 6443, process="kube-apiserver"), "kubeadm reset -f"),
        (listener("::", 6443, process="", pid=0), "ss -Hlnpt"),
    ],
)
def test_the_remedy_fits_the_holder(socket, remedy):
    assert recorded.one(judged(socket), "port.6443")["remedy"].startswith(remedy)


def test_ports_of_other_roles_and_unplanned_parts_may_be_held():
    assert recorded.bad(judged(listener("::", 6443), roles=["kube_node"])) == {}
    assert recorded.bad(judged(listener("::", 6081, "udp"), listener("::", 9090), listener("::", 22))) == {}


def test_on_a_node_the_clusters_own_components_may_hold_their_ports_and_nobody_else():
    own = [
        listener("::", 6443, process="kube-apiserver"),
        listener(NODE, 2379, process="etcd"),
        listener("127.0.0.1", 10257, process="kube-controller-manager"),
        listener("::", 10250, process="kubelet", unit="kubelet.service"),
    ]
    findings = judged(*own, joined=True)
    assert recorded.bad(findings) == {}
    assert "held by the running cluster: 10250, 6443, 2379, 10257" in recorded.one(findings, "port")["observed"]
    assert recorded.bad(judged(listener("::", 6443), joined=True)) == {"port.6443": "fail"}


def test_the_kernel_itself_holds_the_tunnels_of_a_node():
    plan = {"antrea_version": "2.4.1"}
    kernel = listener("::", 6081, "udp", process="", pid=0)
    assert recorded.bad(judged(kernel, plan=plan, joined=True)) == {}
    assert recorded.bad(judged(kernel, plan=plan)) == {"port.6081-udp": "fail"}
