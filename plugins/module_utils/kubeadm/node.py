# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0
"""How far a host is on its way into the cluster, and which of kubeadm's preflight errors a run that goes on may ignore."""

from __future__ import absolute_import, division, print_function

__metaclass__ = type

import os

ADMIN = "/etc/kubernetes/admin.conf"
KUBELET_CONFIG = "/var/lib/kubelet/config.yaml"
KUBELET_KUBECONFIG = "/etc/kubernetes/kubelet.conf"
KUBELET_CERTIFICATE = "/var/lib/kubelet/pki/kubelet-client-current.pem"
MANIFESTS = "/etc/kubernetes/manifests"
CONTROL_PLANE = ("kube-apiserver", "kube-controller-manager", "kube-scheduler", "etcd")

#: Errors that a killed run of ours causes: its own files and its own running components. Never ``all``.
OWN_TRACES = tuple("FileAvailable--etc-kubernetes-manifests-{0}.yaml".format(name) for name in CONTROL_PLANE) + (
    "FileAvailable--etc-kubernetes-kubelet.conf",
    "FileAvailable--etc-kubernetes-bootstrap-kubelet.conf",
    "FileAvailable--etc-kubernetes-pki-ca.crt",
    "DirAvailable--etc-kubernetes-manifests",
    "DirAvailable--var-lib-etcd",
    "Port-6443",
    "Port-10250",
    "Port-10257",
    "Port-10259",
    "Port-2379",
    "Port-2380",
)


def inspect(exists=os.path.exists):
    """Look at the files that kubeadm leaves behind.

    Returns:
        A map: ``joined`` (the kubelet has a client certificate of the cluster), ``control_plane`` (the static pods are there as well),
        ``traces`` (something of kubeadm's is there).
    """
    joined = exists(KUBELET_KUBECONFIG) and exists(KUBELET_CERTIFICATE) and exists(KUBELET_CONFIG)
    pods = [exists("{0}/{1}.yaml".format(MANIFESTS, name)) for name in CONTROL_PLANE]
    return {
        "joined": joined,
        "control_plane": joined and all(pods) and exists(ADMIN),
        "traces": any(pods) or exists(KUBELET_KUBECONFIG) or exists(KUBELET_CONFIG) or exists("/etc/kubernetes/pki/ca.crt"),
    }
