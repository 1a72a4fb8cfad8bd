# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0
"""The role antrea on a real host and a real API server, in this order: what it says when Antrea cannot run there, when
agents restart, what it does to the host. Where kernel and mirror can carry Antrea the other tests run on it.
"""

import glob
import json
import os
import time

import pytest
from cluster import TOP, changed
from conftest import fresh
from containers import settings

UPSTREAM = os.path.join(TOP, "tests", "data", "upstream", "antrea")
ROLE = os.path.join(TOP, "tests", "e2e", "antrea-role.yml")
UNIT = "kurl-ipv6-antrea-route.service"


@pytest.fixture(scope="module")
def lab(request):
    """A cluster of one node without a network."""
    for nodes in fresh(request, "e2e-antrea", "fd00:34::/64", nodes=1):
        if not nodes.network.external:
            pytest.skip("Antrea runs here: the other tests run on it")
        result = nodes.site()
        assert result.code == 0, result.output
        yield nodes


def node_of(lab):
    return next(iter(lab.hosts()))


def role(lab, version="2.4.1", timeout=1, **variables):
    """Run the role with a release; return its Result."""
    variables.update(
        antrea_test_version=version,
        antrea_test_manifest=os.path.join(UPSTREAM, f"antrea-{version}.yml"),
        antrea_timeout=timeout,
    )
    return lab.playbook(ROLE, variables=variables, spec=False)


def generations(lab):
    """Return kind -> generation of Antrea's workloads: a new one makes new pods."""
    return {
        item["kind"]: item["metadata"]["generation"]
        for item in lab.objects("daemonsets,deployments --namespace kube-system")
        if item["metadata"]["name"].startswith("antrea-")
    }


def images():
    """Return the archives of Antrea's images in the mirror."""
    return glob.glob(os.path.join(settings.cache("mirror"), "images", "*", "antrea", "*", "v2.4.1-*.tar"))


def test_the_rollout_that_cannot_succeed_ends_early_and_names_the_cause(lab):
    node = node_of(lab)
    for archive in images():
        lab.podman("cp", archive, f"{node}:/var/antrea.tar")
        result = lab.ssh(node, "ctr --namespace k8s.io images import /var/antrea.tar && rm /var/antrea.tar")
        assert result.code == 0, result.output
    result = role(lab, timeout=300 if images() else 25)
    assert result.code != 0, result.output
    assert "waiting, 0 of" in result.output
    assert "DaemonSet kube-system/antrea-agent: 0 of 1 pods are ready" in result.output
    flat = " ".join(result.output.split())
    if images():
        assert f"module.openvswitch node/{node}" in flat, result.output
        assert "modprobe: FATAL: Module openvswitch not found" in flat
        assert f"modprobe openvswitch # on {node}" in flat
        assert result.seconds < 200, "it waited though nothing could come"
    else:
        assert f"image.missing node/{node}" in flat, result.output
        assert "the node has the image antrea/antrea-agent-ubuntu:v2.4.1" in flat
    assert "antrea: NOT READY" in flat


def test_agents_restart_only_when_their_configuration_changed(lab):
    before = generations(lab)
    assert set(before) == {"DaemonSet", "Deployment"}
    again = role(lab)
    assert changed(again.output) == 0, again.output
    assert generations(lab) == before
    role(lab, antrea_agent_config={"wireGuard": {"port": 51821}})
    after = generations(lab)
    assert after["DaemonSet"] == before["DaemonSet"] + 1
    assert after["Deployment"] == before["Deployment"], "the controller does not read the agents' configuration"
    config = lab.kubectl("get configmap antrea-config --namespace kube-system --output json").output
    assert "  port: 51821" in json.loads(config)["data"]["antrea-agent.conf"]


def pair(lab, name):
    """Make an interface that has a carrier; every kernel has pairs."""
    peer = "peer-" + name[:3]
    words = f"ip link add {name} type veth peer name {peer} && ip link set {peer} up && ip link set {name} up"
    result = lab.ssh(node_of(lab), words)
    assert result.code == 0, result.output


def await_text(lab, command, wanted):
    deadline = time.monotonic() + 60
    while wanted not in lab.ssh(node_of(lab), command).output:
        assert time.monotonic() < deadline, lab.ssh(node_of(lab), command).output
        time.sleep(0.5)


def test_a_release_that_loses_its_route_gets_it_back_and_a_newer_one_needs_no_help(lab):
    node = node_of(lab)
    role(lab, "1.4.0")
    assert lab.ssh(node, f"systemctl is-active {UNIT}; systemctl is-enabled {UNIT}").output.split() == [
        "active",
        "enabled",
    ]
    show = "ip -6 route show fe80::/64 dev antrea-gw0"
    pair(lab, "antrea-gw0")
    try:
        await_text(lab, show, "fe80::/64")
        for _time in range(3):
            lab.ssh(node, "ip -6 route del fe80::/64 dev antrea-gw0")
            await_text(lab, show, "fe80::/64")
        assert "put the route fe80::/64 of antrea-gw0 back" in lab.ssh(node, f"journalctl -u {UNIT}").output
        lab.ssh(node, f"systemctl kill --kill-whom=all --signal=KILL {UNIT}; ip -6 route del fe80::/64 dev antrea-gw0")
        await_text(lab, show, "fe80::/64")
    finally:
        lab.ssh(node, "ip link del antrea-gw0")
    result = role(lab)
    assert lab.ssh(node, f"systemctl is-active {UNIT}").output.strip() == "inactive", result.output
    assert "antrea" not in lab.ssh(node, "ls /etc/systemd/system /usr/local/lib/kurl-ipv6 2>/dev/null").output


def test_reset_takes_everything_of_the_role_away(lab):
    node = node_of(lab)
    role(lab, "1.4.0")
    # What is somebody else's stays.
    lab.ssh(node, "touch /etc/systemd/network/50-all.network")
    result = lab.playbook("kurl.ipv6.reset", variables={"reset_confirm": True}, spec=False)
    assert result.code == 0, result.output
    left = lab.ssh(
        node, "ls /etc/systemd/network /etc/systemd/system /usr/local/lib; systemctl list-units --all"
    ).output
    assert "kurl-ipv6" not in left and "50-all.network" in left, left
