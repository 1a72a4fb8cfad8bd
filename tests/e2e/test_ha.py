# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0
"""Three control plane nodes behind the internal load balancer, and the loss of one of them, in this order."""

import json
import re
import time

from cluster import changed

ENDPOINT = "https://localhost:6444"
PATIENCE = 120


def eventually(question, wanted):
    """Ask until the answer is what is wanted, or say what it was."""
    deadline = time.monotonic() + PATIENCE
    answer = question()
    while not wanted(answer):
        assert time.monotonic() < deadline, answer
        time.sleep(2)
        answer = question()
    return answer


def test_site_makes_three_control_plane_nodes(ha_lab):
    result = ha_lab.site()
    assert result.code == 0, result.output
    if ha_lab.network.external:
        assert ha_lab.cluster_network().code == 0
    roles = ha_lab.kubectl("get nodes --selector node-role.kubernetes.io/control-plane --output name").output
    assert len(roles.split()) == 3


def test_every_node_finds_the_api_through_its_own_load_balancer(ha_lab):
    for node, address in ha_lab.hosts().items():
        for user, allowed in (("admin", {ENDPOINT}), ("kubelet", {ENDPOINT, f"https://[{address}]:6443"})):
            # From 1.33 on kubeadm lets the kubelet of a control plane node talk to the API server beside it.
            config = ha_lab.ssh(node, f"grep server: /etc/kubernetes/{user}.conf").output
            assert set(re.findall(r"https://\S+", config)) <= allowed and "https" in config, (node, user)
        listeners = ha_lab.ssh(node, "ss -Hltn sport = 6444 | awk '{print $4}'").output.split()
        assert sorted(listeners) == ["127.0.0.1:6444", "[::1]:6444"]
        for name in ("[::1]", "localhost"):
            answer = ha_lab.ssh(node, f"python3 - {name} <<'END'\n{ASK}END")
            assert answer.output.strip() == "200", answer.output


#: Asks the API server through the load balancer, with its certificate checked.
ASK = """
import ssl, sys, urllib.request
context = ssl.create_default_context(cafile="/etc/kubernetes/pki/ca.crt")
print(urllib.request.urlopen(f"https://{sys.argv[1]}:6444/readyz", context=context, timeout=10).status)
"""


def test_the_backends_are_all_control_plane_nodes_in_brackets(ha_lab):
    config = ha_lab.ssh(next(iter(ha_lab.hosts())), "cat /etc/kurl-ipv6/haproxy.cfg").output
    assert re.findall(r"^\s*server \S+ (\S+)$", config, re.MULTILINE) == [
        f"[{a}]:6443" for a in ha_lab.hosts().values()
    ]


def test_the_resolver_and_the_reserve_of_the_spec_are_in_use(ha_lab):
    corefile = ha_lab.kubectl("--namespace kube-system get configmap coredns --output jsonpath={.data.Corefile}").output
    assert re.findall(r"forward \. (.*) {", corefile) == ["fd00:24::1"], corefile
    for node in json.loads(ha_lab.kubectl("get nodes --output json").output)["items"]:
        whole, left = (node["status"][name]["memory"] for name in ("capacity", "allocatable"))
        # Without a reserve only the kubelet's eviction threshold of 100 MiB is missing.
        assert int(whole[:-2]) - int(left[:-2]) > 300 * 1024, (whole, left)


def test_verify_passes(ha_lab):
    result = ha_lab.verify()
    assert result.code == 0, result.output


def test_the_second_run_changes_nothing(ha_lab):
    result = ha_lab.site()
    assert result.code == 0, result.output
    assert changed(result.output) == 0, result.output


def test_the_cluster_outlives_the_first_control_plane_node(ha_lab):
    first, second, _third = ha_lab.hosts()
    ha_lab.podman("stop", "--time", "5", first)
    try:
        eventually(lambda: ha_lab.kubectl("get nodes", second), lambda result: result.code == 0)
        made = eventually(
            lambda: ha_lab.kubectl("create configmap after-the-loss --from-literal=node=gone", second),
            lambda result: result.code == 0 or "AlreadyExists" in result.output,
        )
        assert made.output
        status = eventually(lambda: ha_lab.kubectl(f"get node {first}", second).output, lambda text: "NotReady" in text)
        assert first in status
    finally:
        ha_lab.podman("start", first)
    result = ha_lab.up()
    assert result.code == 0, result.output
    eventually(lambda: ha_lab.kubectl(f"get node {first}", second).output, lambda text: " Ready" in text)
    result = ha_lab.verify()
    assert result.code == 0, result.output
