# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0
"""A cluster moves to another endpoint: what names the old one, and what the files say afterwards."""

from __future__ import absolute_import, division, print_function

__metaclass__ = type

import json

import pytest

from ansible_collections.kurl.ipv6.plugins.module_utils.kubeadm import endpoint, move

KUBECONFIG = """apiVersion: v1
clusters:
- cluster:
    certificate-authority-data: QUJD
    server: https://[fd00::11]:6443
  name: kubernetes
kind: Config
"""
CONFIGURATION = """apiServer:
  certSANs:
  - fd00::11
  - localhost
  - ::1
  extraArgs:
  - name: bind-address
    value: '::'
apiVersion: kubeadm.k8s.io/v1beta4
controlPlaneEndpoint: '[fd00::11]:6443'
kind: ClusterConfiguration
networking:
  podSubnet: fd00:c00b:1::/56
"""


def reader(**files):
    return lambda path: files.get(path.rsplit("/", 1)[1].replace(".conf", "").replace("-", "_"), "")


def config(server):
    return endpoint.with_server(KUBECONFIG, server)


def test_a_kubeconfig_gets_another_server_and_nothing_else():
    moved = config("api.example.org:6443")
    assert endpoint.servers(moved) == ["https://api.example.org:6443"]
    assert moved.replace("https://api.example.org:6443", "https://[fd00::11]:6443") == KUBECONFIG


def test_on_a_control_plane_node_some_may_ask_beside_and_the_administrator_may_not():
    files = dict.fromkeys(("admin", "super_admin", "controller_manager", "scheduler", "kubelet"), KUBECONFIG)
    assert endpoint.outdated("localhost:6444", "[fd00::11]:6443", reader(**files)) == ["admin.conf", "super-admin.conf"]
    assert endpoint.outdated("[fd00::11]:6443", "[fd00::11]:6443", reader(**files)) == []
    assert "kubelet.conf" in endpoint.outdated("localhost:6444", "[fd00::12]:6443", reader(**files))


def test_on_a_worker_the_kubelet_asks_at_the_endpoint():
    assert endpoint.outdated("localhost:6444", "", reader(kubelet=KUBECONFIG)) == ["kubelet.conf"]
    assert endpoint.outdated("localhost:6444", "", reader(kubelet=config("localhost:6444"))) == []
    assert endpoint.outdated("localhost:6444", "", reader()) == []


def test_the_clusters_configuration_gets_endpoint_and_names():
    yaml = pytest.importorskip("yaml")
    text = endpoint.with_endpoint(CONFIGURATION, "api.example.org:6443", ["api.example.org", "localhost", "::1"])
    before, after = yaml.safe_load(CONFIGURATION), yaml.safe_load(text)
    assert after["controlPlaneEndpoint"] == "api.example.org:6443"
    assert after["apiServer"]["certSANs"] == ["fd00::11", "localhost", "::1", "api.example.org"]
    after["controlPlaneEndpoint"] = before["controlPlaneEndpoint"]
    after["apiServer"]["certSANs"].pop()
    assert after == before
    assert endpoint.with_endpoint(text, "api.example.org:6443", ["::1"]) == text


@pytest.mark.parametrize(
    "text",
    [
        CONFIGURATION.replace("  certSANs:\n  - fd00::11\n  - localhost\n  - ::1\n", ""),
        CONFIGURATION.replace("controlPlaneEndpoint: '[fd00::11]:6443'\n", ""),
        "apiServer: {}\n" + CONFIGURATION[CONFIGURATION.index("apiVersion") :],
        CONFIGURATION[CONFIGURATION.index("apiVersion") :],
    ],
)
def test_what_kubeadm_left_out_is_added(text):
    yaml = pytest.importorskip("yaml")
    after = yaml.safe_load(endpoint.with_endpoint(text, "[fd00::99]:6443", ["fd00::99", "::1"]))
    assert after["controlPlaneEndpoint"] == "[fd00::99]:6443"
    assert set(after["apiServer"]["certSANs"]) >= {"fd00::99", "::1"}
    assert after["networking"] == {"podSubnet": "fd00:c00b:1::/56"}


def test_another_form_is_refused():
    with pytest.raises(endpoint.EndpointError, match="kubeadm-config"):
        endpoint.with_endpoint('{"controlPlaneEndpoint": "a:1"}', "b:1", [])


@pytest.mark.parametrize(
    "spec, now, wanted",
    [
        ("localhost:6444", "[fd00::11]:6443", "localhost:6444"),
        ("", "[fd00::12]:6443", "[fd00::12]:6443"),  # The order of the inventory does not move it.
        ("", "[fd00::99]:6443", "[fd00::11]:6443"),  # That node is gone.
        ("", "", "[fd00::11]:6443"),
    ],
)
def test_where_the_api_should_be_found(spec, now, wanted):
    assert move.wanted(spec, ["[fd00::11]:6443", "[fd00::12]:6443"], now) == wanted


def test_where_it_is_found_now():
    assert move.current(reader(admin=KUBECONFIG, kubelet=config("[fd00::12]:6443"))) == "[fd00::11]:6443"
    assert move.current(reader(kubelet=config("localhost:6444"))) == "localhost:6444"
    assert move.current(reader()) == ""


def test_an_endpoint_that_cannot_be_reached_says_why():
    assert "cannot be resolved" in move.unreachable("no-such-name.invalid:6443")
    assert "::1 port 1:" in move.unreachable("[::1]:1")


class Cluster:
    """The three ConfigMaps, and what was done to them."""

    def __init__(self, fail=""):
        self.maps = {
            "kubeadm-config": {"ClusterConfiguration": CONFIGURATION},
            "cluster-info": {"kubeconfig": KUBECONFIG, "jws-kubeconfig-abcdef": "signature"},
            "kube-proxy": {"kubeconfig.conf": KUBECONFIG, "config.conf": "mode: iptables"},
        }
        self.done = []
        self.fail = fail

    def objects(self, words):
        return [{"data": dict(self.maps[words[-1]])}] if words[-1] in self.maps else []

    def run(self, words):
        if self.fail and self.fail in words:
            raise RuntimeError("killed")
        if words[0] == "patch":
            self.maps[words[4]].update(json.loads(words[-1])["data"])
            self.done.append(words[4])
        else:
            self.done.append(words[0])


def test_the_cluster_is_told_and_asked_only_once():
    cluster = Cluster()
    assert move.publish(cluster, "localhost:6444", ["localhost"], check_mode=True)
    assert cluster.done == []
    assert move.publish(cluster, "localhost:6444", ["localhost"])
    assert cluster.done == ["cluster-info", "kube-proxy", "rollout", "kubeadm-config"]
    assert endpoint.servers(cluster.maps["kube-proxy"]["kubeconfig.conf"]) == ["https://localhost:6444"]
    assert cluster.maps["kube-proxy"]["config.conf"] == "mode: iptables"
    assert not move.publish(cluster, "localhost:6444", ["localhost"])


@pytest.mark.parametrize("fail", ["cluster-info", "kube-proxy", "rollout", "kubeadm-config"])
def test_a_run_that_was_killed_is_taken_up(fail):
    cluster = Cluster(fail)
    with pytest.raises(RuntimeError):
        move.publish(cluster, "localhost:6444", [])
    cluster.fail, cluster.done = "", []
    assert move.publish(cluster, "localhost:6444", [])
    assert cluster.done[-2:] == ["rollout", "kubeadm-config"]


def test_names_alone_disturb_nobody():
    cluster = Cluster()
    assert move.publish(cluster, "[fd00::11]:6443", ["api.example.org"])
    assert cluster.done == ["kubeadm-config"]


def test_a_cluster_without_kube_proxy_has_none_to_tell():
    cluster = Cluster()
    del cluster.maps["kube-proxy"]
    assert move.publish(cluster, "localhost:6444", [])
