# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0
"""The filters in a real playbook: values come lazy and tagged from templating there, and must leave as plain data."""

from __future__ import absolute_import, division, print_function

__metaclass__ = type

import json
import os
import subprocess
import sys

import pytest

ANSIBLE_PLAYBOOK = os.path.join(os.path.dirname(sys.executable), "ansible-playbook")
MANIFEST = os.path.join(
    __file__.split(os.sep + "unit" + os.sep, 1)[0], "data", "upstream", "antrea", "antrea-2.4.1.yml"
)
ROOK = os.path.join(os.path.dirname(os.path.dirname(MANIFEST)), "rook", "1.20.6")
SUM = "a" * 64
VARIABLES = {
    "version": "1.34.4",
    "address": "fd00:10::11",
    "endpoint": "[{{ address }}]:6443",
    "names": ["localhost", "::1"],
    "agent": {"featureGates": {"Egress": "{{ 1 == 2 }}"}, "tunnelType": "{{ 'vx' ~ 'lan' }}"},
    "paths": {
        "docker.io/antrea/antrea-agent-ubuntu:v2.4.1": {"path": "{{ '/m/' ~ version }}", "sha256": SUM, "size": 1}
    },
    "kubeconfig": {"clusters": [{"name": "k", "cluster": {"server": "https://old:6443"}}]},
    "rook_settings": {"ROOK_CEPH_ALLOW_LOOP_DEVICES": "{{ 1 == 1 }}", "ROOK_LOG_LEVEL": "{{ 'DE' ~ 'BUG' }}"},
    "rook_nodes": [{"name": "{{ 'node' ~ 1 }}", "devices": [{"name": "sdb"}]}],
    "rook_config": {"osd": {"osd_memory_target": "{{ 939524096 | int }}"}},
    "values": {
        "node_name": "node1",
        "node_ip": "{{ address }}",
        "control_plane": True,
        "taints": [],
        "labels": "",
        "kube_reserved": False,
        "endpoint": "{{ endpoint }}",
        "sans": "{{ [address] + names }}",
        "cluster_name": "kubernetes",
        "pod_cidr": "fd00:c00b:1::/56",
        "service_cidr": "fd00:c00b:2::/112",
        "node_mask": "{{ '64' | int }}",
        "dns_domain": "cluster.local",
        "cluster_dns": "fd00:c00b:2::a",
        "node_port_range": "80-60000",
        "cgroup_driver": "systemd",
        "cgroup_version": 2,
        "max_pods": 0,
        "kubelet": {},
        "ignored_preflight_errors": [],
        "kube_proxy_mode": "iptables",
        "kube_proxy_conntrack": {},
        "timeouts": {},
    },
}
RESULTS = {
    "init": "{{ values | kurl.ipv6.kubeadm_config(version, 'init') }}",
    "join": "{{ values | kurl.ipv6.kubeadm_config(version, 'join') }}",
    "antrea": "{{ lookup('ansible.builtin.file', manifest) | from_yaml_all | kurl.ipv6.antrea_manifest('2.4.1', "
    "'fd00:c00b:2::/112', encryption='wireguard', agent_config=agent) }}",
    "images": "{{ lookup('ansible.builtin.file', manifest) | from_yaml_all | kurl.ipv6.manifest_images }}",
    "archives": "{{ ['antrea/antrea-agent-ubuntu:v2.4.1'] | kurl.ipv6.image_archives(paths) }}",
    "kubeconfig": "{{ kubeconfig | kurl.ipv6.kubeconfig_server('https://' ~ endpoint) }}",
    "rook_operator": "{{ query('ansible.builtin.file', rook ~ '/common.yaml', rook ~ '/operator.yaml')"
    " | join('\n---\n') | from_yaml_all "
    "| kurl.ipv6.rook_operator('1.20.6', version, operator_settings=rook_settings) }}",
    "rook_images": "{{ lookup('ansible.builtin.file', rook ~ '/cluster.yaml') | from_yaml_all"
    " | kurl.ipv6.rook_cluster('1.20.6', nodes=rook_nodes, ceph_config=rook_config) | kurl.ipv6.rook_images }}",
    "rook_path": "{{ '1.18.11' | kurl.ipv6.rook_upgrade_path('1.20.6', kubernetes_version=version) }}",
}
#: Wrong uses, and what the message must say.
FAILURES = {
    "{{ values | kurl.ipv6.kubeadm_config('1.34', 'init') }}": "must be like 1.34.4",
    "{{ values | kurl.ipv6.kubeadm_config(version, 'reset') }}": "kind must be init or join",
    "{{ {} | kurl.ipv6.kubeadm_config(version, 'init') }}": "kubeadm's configuration needs",
    "{{ 'text' | kurl.ipv6.antrea_manifest('2.4.1', 'fd00::/112') }}": "use from_yaml_all first",
    "{{ [] | kurl.ipv6.antrea_manifest('2.4.1', 'fd00::/112') }}": "is it Antrea's",
    "{{ [] | kurl.ipv6.antrea_manifest('2.4.1', 'fd00::/112', mtu=1) }}": "mtu",
    "{{ ['x:1'] | kurl.ipv6.image_archives(paths) }}": "docker.io/library/x:1 was not fetched",
    "{{ [7] | kurl.ipv6.manifest_images }}": "document 1 is not a Kubernetes object",
    "{{ {} | kurl.ipv6.kubeconfig_server('x') }}": "the input is no kubeconfig",
    "{{ 'text' | kurl.ipv6.rook_operator('1.20.6', version) }}": "use from_yaml_all first",
    "{{ [] | kurl.ipv6.rook_operator('1.5.12', version) }}": "kurl.ipv6.rook_operator: Rook 1.5.12 cannot run",
    "{{ [] | kurl.ipv6.rook_cluster('1.20.6') }}": "is it Rook's cluster.yaml",
    "{{ [] | kurl.ipv6.rook_cluster('1.20.6', color='red') }}": "color",
    "{{ [7] | kurl.ipv6.rook_images }}": "document 1 is not a Kubernetes object",
}


@pytest.fixture(name="played", scope="module")
def fixture_played(tmp_path_factory):
    """One playbook for all: returns (results, messages of failures)."""
    if not os.access(ANSIBLE_PLAYBOOK, os.X_OK):
        pytest.skip("ansible-playbook is not installed beside this Python")
    folder = tmp_path_factory.mktemp("playbook")
    copy = {"content": "{{ results | to_json }}", "dest": str(folder / "results.json")}
    tasks = [{"ansible.builtin.copy": copy, "vars": {"results": RESULTS}}]
    tasks += [
        {"ansible.builtin.set_fact": {"wrong": text}, "register": "failure%d" % number, "ignore_errors": True}
        for number, text in enumerate(FAILURES)
    ]
    messages = "{{ [" + ", ".join("failure%d.msg | default('')" % number for number in range(len(FAILURES))) + "] }}"
    tasks.append(
        {
            "ansible.builtin.copy": {"content": "{{ said | to_json }}", "dest": str(folder / "said.json")},
            "vars": {"said": messages},
        }
    )
    variables = dict(VARIABLES, manifest=MANIFEST, rook=ROOK, ansible_python_interpreter=sys.executable)
    play = {"hosts": "localhost", "gather_facts": False, "vars": variables, "tasks": tasks}
    (folder / "playbook.yml").write_text(json.dumps([play]))
    environment = dict(os.environ, ANSIBLE_COLLECTIONS_PATH=os.pathsep.join(path for path in sys.path if path))
    process = subprocess.Popen(
        [ANSIBLE_PLAYBOOK, "-i", "localhost,", "-c", "local", "playbook.yml"],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        cwd=str(folder),
        env=environment,
    )
    output = process.communicate()[0].decode()
    assert process.returncode == 0, output
    assert "Traceback" not in output
    return json.loads((folder / "results.json").read_text()), json.loads((folder / "said.json").read_text())


def test_kubeadms_configuration(played):
    results = played[0]
    assert [document["kind"] for document in results["init"]] == [
        "InitConfiguration",
        "ClusterConfiguration",
        "KubeletConfiguration",
        "KubeProxyConfiguration",
    ]
    cluster = results["init"][1]
    assert cluster["controlPlaneEndpoint"] == "[fd00:10::11]:6443"
    assert cluster["apiServer"]["certSANs"] == ["fd00:10::11", "localhost", "::1"]
    assert {"name": "node-cidr-mask-size-ipv6", "value": "64"} in cluster["controllerManager"]["extraArgs"]
    assert results["join"][0]["controlPlane"]["localAPIEndpoint"]["advertiseAddress"] == "fd00:10::11"


def test_antreas_manifest(played):
    documents = played[0]["antrea"]
    (text,) = [one["data"]["antrea-agent.conf"] for one in documents if one["metadata"]["name"] == "antrea-config"]
    assert "serviceCIDRv6: fd00:c00b:2::/112" in text
    assert "trafficEncryptionMode: wireGuard" in text
    assert "tunnelType: vxlan" in text
    assert "# Encapsulation mode" in text or "trafficEncapMode" in text


def test_rooks_manifests(played):
    results = played[0]
    (data,) = [
        one["data"] for one in results["rook_operator"] if one["metadata"]["name"] == "rook-ceph-operator-config"
    ]
    assert (data["ROOK_CEPH_ALLOW_LOOP_DEVICES"], data["ROOK_LOG_LEVEL"]) == ("true", "DEBUG")
    assert results["rook_images"] == ["quay.io/ceph/ceph:v20.2.4"]
    assert results["rook_path"] == {"steps": ["1.19.10", "1.20.6"], "error": ""}


def test_images_and_archives(played):
    results = played[0]
    assert results["images"] == [
        "docker.io/antrea/antrea-agent-ubuntu:v2.4.1",
        "docker.io/antrea/antrea-controller-ubuntu:v2.4.1",
    ]
    name = "docker.io/antrea/antrea-agent-ubuntu:v2.4.1"
    assert results["archives"] == [{"name": name, "src": "/m/1.34.4", "sha256": SUM}]


def test_a_kubeconfig_for_another_address(played):
    assert played[0]["kubeconfig"] == {"clusters": [{"name": "k", "cluster": {"server": "https://[fd00:10::11]:6443"}}]}


@pytest.mark.parametrize("number", range(len(FAILURES)))
def test_wrong_uses_end_in_one_sentence(played, number):
    text = list(FAILURES)[number]
    assert FAILURES[text] in played[1][number], text
