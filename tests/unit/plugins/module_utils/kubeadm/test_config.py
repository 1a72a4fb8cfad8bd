# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0
"""kubeadm's configuration: the form that each release reads, and no IPv4 in any of it."""

from __future__ import absolute_import, division, print_function

__metaclass__ = type

import ipaddress
import json
import os
import re
import subprocess

import pytest

from ansible_collections.kurl.ipv6.plugins.module_utils.kubeadm import config

#: One release of every form of the API and of every rule that changed.
RELEASES = ("1.19.16", "1.20.15", "1.21.14", "1.22.17", "1.23.17", "1.24.17", "1.30.14", "1.31.14", "1.34.4")
KUBEADM = os.path.expanduser("~/.cache/kurl.ipv6/mirror/dl.k8s.io/v1.34.4/bin/linux/amd64/kubeadm")


def values(**changes):
    """Return what the role hands over, with changes."""
    return dict(
        {
            "node_name": "node1",
            "node_ip": "fd00:10::11",
            "control_plane": True,
            "taints": [],
            "labels": "",
            "kube_reserved": False,
            "cpus": 4,
            "memory_bytes": 8 << 30,
            "endpoint": "[fd00:10::11]:6443",
            "sans": ["fd00:10::11", "localhost", "::1"],
            "cluster_name": "kubernetes",
            "pod_cidr": "fd00:c00b:1::/56",
            "service_cidr": "fd00:c00b:2::/112",
            "node_mask": 64,
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
        **changes,
    )


def of_kind(documents, kind):
    """Return the one document of a kind."""
    (found,) = [document for document in documents if document["kind"] == kind]
    return found


def argument_map(arguments):
    """Return extra arguments of either form as a map."""
    if isinstance(arguments, dict):
        return arguments
    assert all(set(argument) == {"name", "value"} for argument in arguments)
    return {argument["name"]: argument["value"] for argument in arguments}


def strings(value):
    """Yield every string in a document, keys too."""
    if isinstance(value, dict):
        for name, inner in value.items():
            yield name
            yield from strings(inner)
    elif isinstance(value, (list, tuple)):
        for inner in value:
            yield from strings(inner)
    elif isinstance(value, str):
        yield value


def addresses(document):
    """Yield every IP address in a document, whatever text it stands in."""
    for text in strings(document):
        for word in re.findall(r"[0-9A-Fa-f:.]{2,}", text):
            for candidate in (word, word.strip("."), word.rsplit(":", 1)[0]):
                try:
                    yield ipaddress.ip_address(candidate)
                    break
                except ValueError:
                    continue


@pytest.mark.parametrize(
    "version, expected",
    [
        ("1.19.16", "kubeadm.k8s.io/v1beta2"),
        ("1.21.14", "kubeadm.k8s.io/v1beta2"),
        ("1.22.0", "kubeadm.k8s.io/v1beta3"),
        ("1.30.14", "kubeadm.k8s.io/v1beta3"),
        ("1.31.0", "kubeadm.k8s.io/v1beta4"),
        ("1.34.4", "kubeadm.k8s.io/v1beta4"),
        ("1.100.0", "kubeadm.k8s.io/v1beta4"),
    ],
)
def test_a_release_gets_an_api_version_it_reads(version, expected):
    assert config.api_version(version) == expected
    for document in config.init(version, values()) + config.join(version, values()):
        if document["apiVersion"].startswith("kubeadm"):
            assert document["apiVersion"] == expected


@pytest.mark.parametrize("version", ["1.34", "v1.34.4", "latest", "", "1.34.x", "1.34.4-rc.0"])
def test_a_version_that_is_none_is_named(version):
    with pytest.raises(config.ConfigError, match="must be like 1.34.4"):
        config.init(version, values())


@pytest.mark.parametrize("version", RELEASES)
def test_extra_arguments_have_the_form_of_the_api_version(version):
    listed = config.api_version(version).endswith("v1beta4")
    cluster = of_kind(config.init(version, values()), "ClusterConfiguration")
    joining = of_kind(config.join(version, values()), "JoinConfiguration")
    for arguments in (
        cluster["apiServer"]["extraArgs"],
        cluster["controllerManager"]["extraArgs"],
        cluster["scheduler"]["extraArgs"],
        joining["nodeRegistration"]["kubeletExtraArgs"],
    ):
        assert isinstance(arguments, list if listed else dict)
        assert all(isinstance(value, str) for value in argument_map(arguments).values())


def test_listed_arguments_are_sorted_and_empty_ones_left_out():
    made = config.arguments("1.34.4", {"v": 2, "node-ip": "fd00::1", "node-labels": "", "x": None})
    assert made == [{"name": "node-ip", "value": "fd00::1"}, {"name": "v", "value": "2"}]


@pytest.mark.parametrize("version", RELEASES)
@pytest.mark.parametrize("mask", [64, 120])
def test_the_node_mask_stands_in_the_one_flag_that_a_release_reads(version, mask):
    cluster = of_kind(config.init(version, values(node_mask=mask)), "ClusterConfiguration")
    arguments = argument_map(cluster["controllerManager"]["extraArgs"])
    masks = {name: value for name, value in arguments.items() if "mask" in name}
    minor = int(version.split(".")[1])
    assert masks == {"node-cidr-mask-size-ipv6" if minor >= 23 else "node-cidr-mask-size": str(mask)}


@pytest.mark.parametrize("version", RELEASES)
def test_the_kubelet_is_told_of_a_remote_runtime_up_to_1_23_only(version):
    for documents, kind in (
        (config.init(version, values()), "InitConfiguration"),
        (config.join(version, values()), "JoinConfiguration"),
    ):
        registration = of_kind(documents, kind)["nodeRegistration"]
        arguments = argument_map(registration["kubeletExtraArgs"])
        expected = {"node-ip": "fd00:10::11"}
        if int(version.split(".")[1]) < 24:
            expected["container-runtime"] = "remote"
            expected["container-runtime-endpoint"] = "unix:///run/containerd/containerd.sock"
        assert arguments == expected
        assert registration["criSocket"] == "unix:///run/containerd/containerd.sock"


@pytest.mark.parametrize("version", RELEASES)
@pytest.mark.parametrize("endpoint", ["[fd00:10::11]:6443", "api.example.org:6443"])
def test_nothing_in_the_documents_is_ipv4(version, endpoint):
    documents = config.init(version, values(endpoint=endpoint, max_pods=250, cgroup_version=1)) + config.join(
        version, values()
    )
    found = [address for document in documents for address in addresses(document)]
    assert [address for address in found if address.version != 6] == []
    # The walk does find what there is.
    assert ipaddress.ip_address("fd00:10::11") in found
    assert ipaddress.ip_address("::") in found
    assert list(addresses({"x": "127.0.0.1:10257", "y": ["https://10.0.0.1/"]})) == [
        ipaddress.ip_address("127.0.0.1"),
        ipaddress.ip_address("10.0.0.1"),
    ]


@pytest.mark.parametrize("version", RELEASES)
def test_every_listener_that_would_default_to_ipv4_is_bound_to_ipv6(version):
    documents = config.init(version, values())
    cluster = of_kind(documents, "ClusterConfiguration")
    assert argument_map(cluster["apiServer"]["extraArgs"])["bind-address"] == "::"
    assert argument_map(cluster["controllerManager"]["extraArgs"])["bind-address"] == "::1"
    assert argument_map(cluster["scheduler"]["extraArgs"])["bind-address"] == "::1"
    kubelet = of_kind(documents, "KubeletConfiguration")
    assert (kubelet["address"], kubelet["healthzBindAddress"]) == ("::", "::1")
    proxy = of_kind(documents, "KubeProxyConfiguration")
    assert (proxy["bindAddress"], proxy["healthzBindAddress"], proxy["metricsBindAddress"]) == (
        "::",
        "[::]:10256",
        "[::1]:10249",
    )
    assert proxy["clusterCIDR"] == "fd00:c00b:1::/56"


def test_addresses_are_bracketed_where_a_port_follows_and_bare_in_certificates():
    documents = config.init("1.34.4", values())
    cluster = of_kind(documents, "ClusterConfiguration")
    assert cluster["controlPlaneEndpoint"] == "[fd00:10::11]:6443"
    assert cluster["apiServer"]["certSANs"] == ["fd00:10::11", "localhost", "::1"]
    assert of_kind(documents, "InitConfiguration")["localAPIEndpoint"] == {
        "advertiseAddress": "fd00:10::11",
        "bindPort": 6443,
    }


@pytest.mark.parametrize("text", ["[fd00::1]:6443", "[::ffff:1]:443", "api.example.org:6443", "api:1", "a1.b-c:65535"])
def test_an_endpoint_with_host_and_port_is_taken(text):
    assert config.endpoint(text) == text


@pytest.mark.parametrize(
    "text",
    [
        "fd00::1:6443",
        "fd00::1",
        "[fd00::1]",
        "[fd00::1]6443",
        "api.example.org",
        "api_x:1",
        ":6443",
        "-a:1",
        "a:",
        "",
        "a b:1",
    ],
)
def test_an_endpoint_that_can_be_misread_is_refused(text):
    with pytest.raises(config.ConfigError, match="must be like .fd00::1.:6443"):
        config.init("1.34.4", values(endpoint=text))


@pytest.mark.parametrize("version", RELEASES)
@pytest.mark.parametrize("cgroup", [1, 2])
def test_control_group_v1_is_allowed_where_the_kubelet_would_refuse_it(version, cgroup):
    kubelet = of_kind(config.init(version, values(cgroup_version=cgroup)), "KubeletConfiguration")
    assert ("failCgroupV1" in kubelet) == (cgroup == 1 and int(version.split(".")[1]) >= 31)
    assert kubelet.get("failCgroupV1", False) is False


@pytest.mark.parametrize("version", RELEASES)
def test_graceful_shutdown_comes_with_the_release_that_knows_it(version):
    kubelet = of_kind(config.init(version, values()), "KubeletConfiguration")
    assert ("shutdownGracePeriod" in kubelet) == (int(version.split(".")[1]) >= 21)
    assert ("shutdownGracePeriodCriticalPods" in kubelet) == ("shutdownGracePeriod" in kubelet)


def test_the_number_of_pods_is_written_only_where_it_is_given():
    assert "maxPods" not in of_kind(config.init("1.34.4", values()), "KubeletConfiguration")
    assert of_kind(config.init("1.34.4", values(max_pods="200")), "KubeletConfiguration")["maxPods"] == 200


def test_further_fields_of_the_kubelet_are_taken_over():
    further = {"containerLogMaxFiles": 3, "evictionHard": {"memory.available": "200Mi"}}
    document = of_kind(config.init("1.34.4", values(kubelet=further)), "KubeletConfiguration")
    assert {name: document[name] for name in further} == further


def test_named_preflight_errors_are_ignored_by_init_alone():
    chosen = values(ignored_preflight_errors=["NumCPU", "Mem"])
    registration = of_kind(config.init("1.34.4", chosen), "InitConfiguration")["nodeRegistration"]
    assert registration["ignorePreflightErrors"] == ["NumCPU", "Mem"]
    assert (
        "ignorePreflightErrors" not in of_kind(config.join("1.34.4", chosen), "JoinConfiguration")["nodeRegistration"]
    )
    assert (
        "ignorePreflightErrors" not in of_kind(config.init("1.34.4", values()), "InitConfiguration")["nodeRegistration"]
    )


def test_a_joining_node_has_ignored_errors_of_its_own():
    chosen = values(ignored_preflight_errors=["NumCPU"], join_ignored_preflight_errors=["SystemVerification"])
    registration = of_kind(config.join("1.34.4", chosen), "JoinConfiguration")["nodeRegistration"]
    assert registration["ignorePreflightErrors"] == ["SystemVerification"]
    registration = of_kind(config.init("1.34.4", chosen), "InitConfiguration")["nodeRegistration"]
    assert registration["ignorePreflightErrors"] == ["NumCPU"]


def test_timeouts_are_for_the_api_version_that_has_them():
    wanted = {"controlPlaneComponentHealthCheck": "10m0s"}
    for kind, make in (("InitConfiguration", config.init), ("JoinConfiguration", config.join)):
        assert of_kind(make("1.34.4", values(timeouts=wanted)), kind)["timeouts"] == wanted
        assert "timeouts" not in of_kind(make("1.34.4", values()), kind)
        assert "timeouts" not in of_kind(make("1.30.14", values(timeouts=wanted)), kind)


def test_a_worker_gets_no_control_plane_and_no_taints():
    taint = [{"key": "node-role.kubernetes.io/control-plane", "effect": "NoSchedule"}]
    worker = of_kind(config.join("1.34.4", values(control_plane=False, taints=taint)), "JoinConfiguration")
    assert "controlPlane" not in worker
    # An empty list, because none at all makes kubeadm taint control plane nodes.
    assert worker["nodeRegistration"]["taints"] == []
    other = of_kind(config.join("1.34.4", values(taints=taint)), "JoinConfiguration")
    assert other["controlPlane"] == {"localAPIEndpoint": {"advertiseAddress": "fd00:10::11", "bindPort": 6443}}
    assert other["nodeRegistration"]["taints"] == taint


def test_kube_proxy_connection_tracking_is_the_sites_own():
    assert "conntrack" not in of_kind(config.init("1.34.4", values()), "KubeProxyConfiguration")
    proxy = of_kind(
        config.init("1.34.4", values(kube_proxy_conntrack={"maxPerCore": 0, "min": 0})), "KubeProxyConfiguration"
    )
    assert proxy["conntrack"] == {"maxPerCore": 0, "min": 0}


@pytest.mark.parametrize("kind", [config.init, config.join])
def test_a_node_keeps_back_by_its_own_size(kind):
    """Two nodes of different size, one configuration of the cluster."""
    asked = [
        kind("1.34.4", values(kube_reserved=True, cpus=cpus, memory_bytes=size << 30))
        for cpus, size in ((2, 4), (8, 32))
    ]
    arguments = [
        {item["name"]: item["value"] for item in documents[0]["nodeRegistration"]["kubeletExtraArgs"]}
        for documents in asked
    ]
    assert [one["kube-reserved"] for one in arguments] == [
        "cpu=70m,ephemeral-storage=1Gi,memory=1024Mi",
        "cpu=90m,ephemeral-storage=1Gi,memory=3645Mi",
    ]
    assert asked[0][1:] == asked[1][1:]
    assert "kube-reserved" not in str(kind("1.34.4", values()))


@pytest.mark.parametrize("make", [config.init, config.join])
@pytest.mark.parametrize("name", ["node_ip", "node_name", "labels", "timeouts"])
def test_a_missing_value_is_named(make, name):
    given = values()
    del given[name]
    with pytest.raises(config.ConfigError, match=name):
        make("1.34.4", given)


@pytest.mark.skipif(not os.access(KUBEADM, os.X_OK), reason="needs kubeadm in the lab's mirror (make mirror)")
@pytest.mark.parametrize("control_plane", [True, False])
def test_a_real_kubeadm_accepts_the_documents(tmp_path, control_plane):
    joining = config.join("1.34.4", values(control_plane=control_plane))
    joining[0]["discovery"] = {
        "bootstrapToken": {
            "token": "abcdef.0123456789abcdef",
            "apiServerEndpoint": "[fd00:10::11]:6443",
            "caCertHashes": ["sha256:" + "0" * 64],
        }
    }
    for number, documents in enumerate([config.init("1.34.4", values(timeouts={"tlsBootstrap": "10m0s"})), joining]):
        path = tmp_path / "{0}.yaml".format(number)
        path.write_text("\n---\n".join(json.dumps(document) for document in documents))
        process = subprocess.Popen(
            [KUBEADM, "config", "validate", "--config", str(path)], stdout=subprocess.PIPE, stderr=subprocess.STDOUT
        )
        output = process.communicate()[0].decode()
        assert process.returncode == 0, output
        # An unknown field is a warning only.
        assert "unknown field" not in output, output
