# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0
"""Remains of other clusters and networks, firewalls."""

import pytest

from ansible_collections.kurl.ipv6.tests.unit.plugins.module_utils.checks import recorded

NOTHING = {"clusters": [], "cni": [], "rook": False, "pki": False}
NO_NODE = {"joined": False, "static_pods": [], "etcd_data": False, "cni_config": []}
QUIET = {"firewalld": False, "firewalld_rpfilter": True, "ufw": False, "ufw_forward": ""}
ANTREA = {"antrea_version": "2.4.1"}


def judged(plan="none", **parts):
    """All findings of a healthy host with these facts instead."""
    facts = recorded.facts()
    facts.update(parts)
    return recorded.judge(facts, plan)


@pytest.mark.parametrize(
    "remains, kubernetes, bad, remedy",
    [
        (NOTHING, NO_NODE, {}, ""),
        (dict(NOTHING, clusters=["k3s"]), NO_NODE, {"remains.kubernetes": "fail"}, "k3s-uninstall.sh"),
        (dict(NOTHING, clusters=["MicroK8s", "RKE2"]), NO_NODE, {"remains.kubernetes": "fail"}, "rke2-uninstall.sh"),
        (dict(NOTHING, clusters=["MicroShift"]), NO_NODE, {"remains.kubernetes": "fail"}, "# uninstall MicroShift"),
        (NOTHING, dict(NO_NODE, static_pods=["etcd.yaml"]), {"remains.kubernetes": "fail"}, "kubeadm reset -f"),
        (NOTHING, dict(NO_NODE, etcd_data=True), {"remains.kubernetes": "fail"}, "kubeadm reset -f"),
        (NOTHING, dict(NO_NODE, joined=True, static_pods=["etcd.yaml"], etcd_data=True), {}, ""),
    ],
)
def test_remains_of_a_cluster(remains, kubernetes, bad, remedy):
    findings = judged(remains=remains, kubernetes=kubernetes)
    assert recorded.bad(findings) == bad
    assert remedy in recorded.one(findings, "remains.kubernetes")["remedy"]


RUNNING = {"version": "1.33.5", "pod_cidr": "fd00:c00b:1::/56", "service_cidr": "fd00:c00b:2::/112", "max_pods": 110}
AS_IT_RUNS = {
    "kubernetes_version": "1.33.5",
    "pod_cidr": "fd00:c00b:1:0::/56",
    "service_cidr": "fd00:c00b:2::/112",
    "max_pods": 110,
}


@pytest.mark.parametrize(
    "changes, bad",
    [
        ({}, {}),
        ({"kubernetes_version": ""}, {}),
        ({"kubernetes_version": "1.34.4"}, {"running.version": "fail"}),
        ({"kubernetes_version": "1.33.4"}, {"running.version": "fail"}),
        ({"pod_cidr": "fd00:c00c::/56"}, {"running.ranges.podCIDR": "fail"}),
        ({"service_cidr": "fd00:c00b:2::/108"}, {"running.ranges.serviceCIDR": "fail"}),
        ({"max_pods": 60}, {"running.max_pods": "warn"}),
    ],
)
def test_a_spec_that_the_running_cluster_does_not_follow(changes, bad):
    findings = judged(dict(AS_IT_RUNS, **changes), kubernetes=dict(NO_NODE, joined=True, running=RUNNING))
    assert {name: status for name, status in recorded.bad(findings).items() if name.startswith("running")} == bad


def test_without_a_cluster_there_is_nothing_to_follow():
    findings = judged(AS_IT_RUNS, kubernetes=dict(NO_NODE, running={}))
    assert {recorded.one(findings, "running." + name)["status"] for name in ("version", "ranges", "max_pods")} == {
        "skip"
    }


@pytest.mark.parametrize(
    "plan, rook, joined, bad",
    [
        ({"rook_version": "1.18.11"}, True, False, {"remains.rook": "fail"}),
        ({"rook_version": "1.18.11"}, True, True, {}),
        ({"rook_version": "1.18.11"}, False, False, {}),
        ({}, True, False, {}),
    ],
)
def test_remains_of_rook(plan, rook, joined, bad):
    findings = judged(plan, remains=dict(NOTHING, rook=rook), kubernetes=dict(NO_NODE, joined=joined))
    assert recorded.bad(findings) == bad


def files(*names):
    """Files of /etc/cni/net.d."""
    return dict(NOTHING, cni=[{"file": name, "type": "x"} for name in names])


@pytest.mark.parametrize(
    "plan, names, status",
    [
        (ANTREA, [], "pass"),
        (ANTREA, ["10-antrea.conflist"], "pass"),
        (ANTREA, ["87-podman-bridge.conflist"], "info"),
        (ANTREA, ["10-antrea.conflist", "87-podman-bridge.conflist"], "info"),
        (ANTREA, ["05-cilium.conflist"], "fail"),
        (ANTREA, ["10-antrea.conf"], "fail"),
        (ANTREA, ["10-aws.conflist", "10-flannel.conflist"], "info"),
        ({}, ["10-calico.conflist"], "info"),
        ({"external_cni": True}, ["10-calico.conflist"], "pass"),
    ],
)
def test_files_of_other_container_networks(plan, names, status):
    findings = judged(plan, remains=files(*names))
    assert recorded.one(findings, "remains.cni")["status"] == status
    assert recorded.bad(findings) == ({"remains.cni": "fail"} if status == "fail" else {})


@pytest.mark.parametrize(
    "interface, name",
    [
        ("cali12345678901", "Calico"),
        ("cilium_host", "Cilium"),
        ("flannel.1", "Flannel"),
        ("flannel-v6.1", "Flannel"),
        ("weave", "Weave"),
        ("kube-bridge", "kube-router"),
        ("docker0", ""),
        ("antrea-gw0", ""),
        ("veth0", ""),
    ],
)
def test_interfaces_of_other_container_networks(interface, name):
    links = recorded.facts()["links"]
    links.append(dict(links[-1], name=interface, index=9, kind="bridge"))
    findings = judged(ANTREA, links=links)
    assert recorded.bad(findings) == ({"remains.cni": "warn"} if name else {})
    assert name in recorded.one(findings, "remains.cni")["observed"]
    assert recorded.bad(judged({"external_cni": True}, links=links)) == {}


PODS = dict(ANTREA, pod_cidr="fd00:c00b:1::/56", service_cidr="fd00:c00b:2::/112")
STRICT = dict(QUIET, firewalld=True)
LOOSE = dict(STRICT, firewalld_rpfilter=False)


@pytest.mark.parametrize(
    "plan, firewall, bad",
    [
        (PODS, STRICT, {"firewall.firewalld": "warn", "firewall.firewalld.forward": "warn"}),
        (ANTREA, STRICT, {"firewall.firewalld": "warn"}),
        (
            PODS,
            dict(LOOSE, firewalld_trusted={"trusted": ["2001:db8:10::/48"]}),
            {"firewall.firewalld.forward": "warn"},
        ),
        (PODS, dict(LOOSE, firewalld_trusted={"trusted": ["fd00::/16"]}), {"firewall.firewalld": "warn"}),
        (PODS, dict(LOOSE, firewalld_trusted={"trusted": ["fd00::/16", "2001:db8:10::/64", "x"]}), {}),
        (
            PODS,
            dict(LOOSE, firewalld_trusted={"trusted": ["2001:db8:10::/72", "fd00::/16"]}),
            {"firewall.firewalld": "warn"},
        ),
        (PODS, dict(LOOSE, firewalld_default="trusted", firewalld_trusted={"trusted": []}), {}),
        (
            PODS,
            dict(STRICT, firewalld_default="trusted", firewalld_trusted={"trusted": []}),
            {"firewall.firewalld.forward": "warn"},
        ),
    ],
)
def test_what_firewalld_trusts(plan, firewall, bad):
    assert recorded.bad(judged(plan, firewall=firewall)) == bad


def test_how_to_make_firewalld_trust_the_cluster():
    findings = judged(PODS, firewall=STRICT)
    found = recorded.one(findings, "firewall.firewalld")
    assert "--add-source=2001:db8:10::/64" in found["remedy"]
    assert "6443" in found["expected"] and "10257" not in found["expected"] and "UDP 6081" in found["expected"]
    pods = recorded.one(findings, "firewall.firewalld.forward")
    assert "--add-source=fd00:c00b:1::/56" in pods["remedy"] and "IPv6_rpfilter=no" in pods["remedy"]
    assert "IPv6_rpfilter" not in recorded.one(judged(PODS, firewall=LOOSE), "firewall.firewalld.forward")["remedy"]


def lets_in(protocol="any", ports="any", source="2001:db8:10::/64"):
    """One of ufw's rules."""
    return {"protocol": protocol, "ports": ports, "source": source}


@pytest.mark.parametrize(
    "rules, missing",
    [
        ([], "TCP 2379"),
        ([lets_in()], ""),
        ([lets_in(source="::/0")], ""),
        ([lets_in(source="any")], ""),
        ([lets_in(source="2001:db8:10::99")], "TCP 2379"),
        ([lets_in("tcp")], "UDP 6081"),
        ([lets_in("tcp", "2379:10400"), lets_in("udp", "6081,10351")], ""),
        ([lets_in("tcp", "2379:10349"), lets_in("udp", "6081,10351")], "TCP 10350, TCP 10351"),
    ],
)
def test_what_ufw_lets_in(rules, missing):
    findings = judged(ANTREA, firewall=dict(QUIET, ufw=True, ufw_rules=rules))
    assert recorded.bad(findings) == ({"firewall.ufw": "warn"} if missing else {})
    if missing:
        assert "to " + missing in recorded.one(findings, "firewall.ufw")["observed"]


@pytest.mark.parametrize("forward, bad", [("DROP", True), ("", True), ("ACCEPT", False)])
def test_what_ufw_does_with_the_pods_packets(forward, bad):
    findings = judged(PODS, firewall=dict(QUIET, ufw=True, ufw_rules=[lets_in()], ufw_forward=forward))
    assert recorded.bad(findings) == ({"firewall.ufw.forward": "warn"} if bad else {})


def chain(hook="input", policy="drop", family="inet"):
    """A chain of the facts."""
    return {"family": family, "table": "filter", "chain": "c", "hook": hook, "policy": policy, "rules": 3}


@pytest.mark.parametrize(
    "chains, firewall, bad",
    [
        ([], QUIET, {}),
        ([chain(policy="accept")], QUIET, {}),
        ([chain("output")], QUIET, {}),
        ([chain("prerouting")], QUIET, {}),
        ([chain()], QUIET, {"firewall.policy": "warn"}),
        ([chain("forward", family="ip6")], QUIET, {"firewall.policy.forward": "warn"}),
        ([chain("forward", family="legacy")], QUIET, {"firewall.policy.forward": "warn"}),
        ([chain(), chain("forward")], QUIET, {"firewall.policy": "warn", "firewall.policy.forward": "warn"}),
        # One firewall, one finding.
        ([chain()], dict(QUIET, ufw=True), {"firewall.ufw": "warn"}),
        ([chain()], dict(QUIET, firewalld=True), {"firewall.firewalld": "warn"}),
    ],
)
def test_policies_of_the_packet_filter(chains, firewall, bad):
    findings = judged(packet_filter={"chains": chains, "reverse_path": False}, firewall=firewall)
    assert recorded.bad(findings) == bad


@pytest.mark.parametrize(
    "accepts, missing",
    [
        ([], "TCP 2379, TCP 2380, TCP 6443"),
        ([lets_in()], ""),
        ([lets_in("tcp", "2379:2380,6443,10250:10351"), lets_in("udp", "6081,10351", "any")], ""),
        ([lets_in("tcp"), lets_in("udp", "6081")], "UDP 10351"),
    ],
)
def test_a_chain_that_lets_the_nodes_in_may_drop_the_rest(accepts, missing):
    chains = [dict(chain(), accepts=accepts)]
    findings = judged(ANTREA, packet_filter={"chains": chains, "reverse_path": False}, firewall=QUIET)
    assert recorded.bad(findings) == ({"firewall.policy": "warn"} if missing else {})
    assert missing in recorded.one(findings, "firewall.policy")["observed"]


def test_a_reverse_path_filter_is_told():
    found = recorded.one(judged(packet_filter={"chains": [], "reverse_path": True}), "firewall.policy")
    assert found["status"] == "info" and "reverse path" in found["observed"]
