# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0
"""kubeadm's configuration for an IPv6-only cluster, as plain documents: data in, data out.

Sources: kubeadm's API types (cmd/kubeadm/app/apis/kubeadm) and their defaults; the node masks are explained in
``cmd/kubeadm/app/apis/kubeadm/validation`` and ``cmd/kube-controller-manager/app/core.go``.
"""

from __future__ import absolute_import, division, print_function

__metaclass__ = type

import re

from ansible_collections.kurl.ipv6.plugins.module_utils.kubeadm import reserved

API_PORT = 6443
_ENDPOINT = re.compile(r"^(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?):[0-9]{1,5}$")


class ConfigError(Exception):
    """Values that make no configuration; the message names the value."""


def release(version):
    """Return major and minor of a version as numbers."""
    parts = str(version).split(".")
    if len(parts) != 3 or not all(part.isdigit() for part in parts):
        raise ConfigError("the Kubernetes version must be like 1.34.4, not {0}".format(version))
    return int(parts[0]), int(parts[1])


def api_version(version):
    """Return the version of kubeadm's API that a release of Kubernetes reads and that its successors read longest."""
    minor = release(version)
    if minor >= (1, 31):
        return "kubeadm.k8s.io/v1beta4"
    if minor >= (1, 22):
        return "kubeadm.k8s.io/v1beta3"
    return "kubeadm.k8s.io/v1beta2"


def arguments(version, values):
    """Return extra arguments as the API version wants them: a map, from v1beta4 on a list of names and values."""
    texts = {name: str(value) for name, value in values.items() if value not in ("", None)}
    if api_version(version).endswith("v1beta4"):
        return [{"name": name, "value": texts[name]} for name in sorted(texts)]
    return texts


def endpoint(text):
    """Return the endpoint of the control plane if it says host and port without doubt.

    An IPv6 address without brackets, and ``:6443`` after it, is another valid address to kubeadm.

    Raises:
        ConfigError: it does not.
    """
    if not _ENDPOINT.match(text):
        raise ConfigError("the control plane endpoint must be like [fd00::1]:6443 or api.example.org:6443, not " + text)
    return text


def node_mask_arguments(version, mask):
    """Return the controller manager's argument for the size of a node's pod range.

    Up to 1.22 a single-stack cluster wants the flag without a family, from 1.23 on kubeadm reads the one with
    (kubernetes#104770). Up to 1.19 kubeadm works the mask out itself and knows /112 as a special case.
    """
    if release(version) >= (1, 23):
        return {"node-cidr-mask-size-ipv6": mask}
    return {"node-cidr-mask-size": mask}


def node_registration(version, values, taints, ignored=()):
    """Return how a node registers itself; ``ignored`` names the preflight checks of kubeadm that must not stop it.

    What is kept back for Kubernetes is an argument because it is this node's: the KubeletConfiguration is the
    cluster's.
    """
    kubelet = {"node-ip": values["node_ip"], "node-labels": values["labels"]}
    if values["kube_reserved"]:
        kubelet["kube-reserved"] = reserved.argument(values["cpus"], values["memory_bytes"])
    if release(version) < (1, 24):
        kubelet.update(
            {"container-runtime": "remote", "container-runtime-endpoint": "unix:///run/containerd/containerd.sock"}
        )
    registration = {
        "name": values["node_name"],
        "criSocket": "unix:///run/containerd/containerd.sock",
        "imagePullPolicy": "IfNotPresent",
        "taints": list(taints),
        "kubeletExtraArgs": arguments(version, kubelet),
    }
    if ignored:
        registration["ignorePreflightErrors"] = list(ignored)
    return registration


def cluster(version, values):
    """Return the ClusterConfiguration.

    kubeadm's own default for the controller manager and the scheduler is 127.0.0.1; it probes them at the address that
    is set here (``cmd/kubeadm/app/util/staticpod``). etcd and kube-proxy follow the advertised address.

    Arguments:
        version: of Kubernetes.
        values: as for :func:`build`.
    """
    return {
        "apiVersion": api_version(version),
        "kind": "ClusterConfiguration",
        "clusterName": values["cluster_name"],
        "kubernetesVersion": "v" + version,
        "controlPlaneEndpoint": endpoint(values["endpoint"]),
        "networking": {
            "podSubnet": values["pod_cidr"],
            "serviceSubnet": values["service_cidr"],
            "dnsDomain": values["dns_domain"],
        },
        "apiServer": {
            "certSANs": list(values["sans"]),
            "extraArgs": arguments(
                version,
                {"bind-address": "::", "profiling": "false", "service-node-port-range": values["node_port_range"]},
            ),
        },
        "controllerManager": {
            "extraArgs": arguments(
                version,
                dict(
                    node_mask_arguments(version, values["node_mask"]), **{"bind-address": "::1", "profiling": "false"}
                ),
            )
        },
        "scheduler": {"extraArgs": arguments(version, {"bind-address": "::1", "profiling": "false"})},
    }


def kubelet(version, values):
    """Return the KubeletConfiguration; local endpoints listen on ``::1``."""
    document = {
        "apiVersion": "kubelet.config.k8s.io/v1beta1",
        "kind": "KubeletConfiguration",
        "address": "::",
        "healthzBindAddress": "::1",
        "cgroupDriver": values["cgroup_driver"],
        "clusterDNS": [values["cluster_dns"]],
        "clusterDomain": values["dns_domain"],
        "nodeStatusMaxImages": -1,
        "shutdownGracePeriod": "30s",
        "shutdownGracePeriodCriticalPods": "10s",
    }
    if release(version) < (1, 21):
        del document["shutdownGracePeriod"], document["shutdownGracePeriodCriticalPods"]
    if values["max_pods"]:
        document["maxPods"] = int(values["max_pods"])
    if values["cgroup_version"] == 1 and release(version) >= (1, 31):
        document["failCgroupV1"] = False
    document.update(values["kubelet"])
    return document


def kube_proxy(values):
    """Return the KubeProxyConfiguration; health and metrics listen on IPv6."""
    document = {
        "apiVersion": "kubeproxy.config.k8s.io/v1alpha1",
        "kind": "KubeProxyConfiguration",
        "bindAddress": "::",
        "clusterCIDR": values["pod_cidr"],
        "healthzBindAddress": "[::]:10256",
        "metricsBindAddress": "[::1]:10249",
        "mode": values["kube_proxy_mode"],
    }
    if values["kube_proxy_conntrack"]:
        document["conntrack"] = dict(values["kube_proxy_conntrack"])
    return document


def timeouts(version, values):
    """Return kubeadm's own timeouts (from v1beta4 on), empty if they are kubeadm's defaults."""
    return dict(values["timeouts"]) if api_version(version).endswith("v1beta4") and values["timeouts"] else {}


def init(version, values):
    """Return the documents for ``kubeadm init``.

    Arguments:
        version: of Kubernetes, ``1.34.4``.
        values: a map with ``node_name``, ``node_ip``, ``taints``, ``labels``, ``endpoint`` (``host:port``), ``sans``,
            ``cluster_name``, ``pod_cidr``, ``service_cidr``, ``node_mask``, ``dns_domain``, ``cluster_dns``,
            ``node_port_range``, ``cgroup_driver``, ``cgroup_version``, ``max_pods``, ``kube_proxy_mode``,
            ``kube_proxy_conntrack``, ``timeouts``, ``kube_reserved`` (bool; with it ``cpus`` and ``memory_bytes``
            of the node count), ``kubelet`` (further fields of the KubeletConfiguration),
            ``ignored_preflight_errors`` (names of kubeadm's checks, for ``init`` alone).
    Raises:
        ConfigError: a value is missing or wrong.
    """
    try:
        document = {
            "apiVersion": api_version(version),
            "kind": "InitConfiguration",
            "localAPIEndpoint": {"advertiseAddress": values["node_ip"], "bindPort": API_PORT},
            "nodeRegistration": node_registration(
                version, values, values["taints"], values["ignored_preflight_errors"]
            ),
        }
        if timeouts(version, values):
            document["timeouts"] = timeouts(version, values)
        return [document, cluster(version, values), kubelet(version, values), kube_proxy(values)]
    except KeyError as error:
        raise ConfigError("kubeadm's configuration needs {0}".format(error))


def join(version, values):
    """Return the documents for ``kubeadm join``, without what is secret (``discovery``, ``certificateKey``).

    Arguments:
        version: of Kubernetes.
        values: as for :func:`init`, and ``control_plane`` (bool); ``join_ignored_preflight_errors`` names kubeadm's
            checks that must not stop this node, none if it is missing.
    """
    try:
        document = {
            "apiVersion": api_version(version),
            "kind": "JoinConfiguration",
            "nodeRegistration": node_registration(
                version,
                values,
                values["taints"] if values["control_plane"] else [],
                values.get("join_ignored_preflight_errors", ()),
            ),
        }
        if values["control_plane"]:
            document["controlPlane"] = {
                "localAPIEndpoint": {"advertiseAddress": values["node_ip"], "bindPort": API_PORT}
            }
        if timeouts(version, values):
            document["timeouts"] = timeouts(version, values)
        return [document]
    except KeyError as error:
        raise ConfigError("kubeadm's configuration needs {0}".format(error))
