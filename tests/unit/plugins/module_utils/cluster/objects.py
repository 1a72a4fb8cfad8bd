# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0
"""Objects of a small healthy cluster, as an API server of 1.34 returns them, for several tests."""

from __future__ import absolute_import, division, print_function

__metaclass__ = type


def node(number):
    """A node that is ready."""
    return {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {"name": "n%d" % number},
        "spec": {"podCIDR": "fd00:c00b:1:%x::/64" % number, "podCIDRs": ["fd00:c00b:1:%x::/64" % number]},
        "status": {
            "addresses": [
                {"type": "InternalIP", "address": "fd00:10::%d" % number},
                {"type": "Hostname", "address": "n%d" % number},
            ],
            "conditions": [{"type": "Ready", "status": "True", "reason": "KubeletReady"}],
        },
    }


def namespace(name, **labels):
    """A namespace."""
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": labels}}


def service(name, space, address, port):
    """A Service."""
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": name, "namespace": space},
        "spec": {"clusterIP": address, "clusterIPs": [address], "ipFamilies": ["IPv6"], "ports": [{"port": port}]},
    }


def system_pod(name, on=1, ready="True"):
    """A pod of kube-system."""
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, "namespace": "kube-system"},
        "spec": {"nodeName": "n%d" % on},
        "status": {
            "phase": "Running",
            "podIP": "fd00:10::%d" % on,
            "podIPs": [{"ip": "fd00:10::%d" % on}],
            "conditions": [{"type": "Ready", "status": ready}],
            "containerStatuses": [
                {"name": "app", "ready": ready == "True", "state": {"running": {"startedAt": "2026-01-01T00:00:00Z"}}}
            ],
        },
    }


def healthy():
    """All of them: three nodes, a pod on each, the Services of the API and of the resolver."""
    return (
        [node(number) for number in (1, 2, 3)]
        + [namespace("default"), namespace("kube-system")]
        + [
            service("kubernetes", "default", "fd00:c00b:2::1", 443),
            service("kube-dns", "kube-system", "fd00:c00b:2::a", 53),
        ]
        + [system_pod("kube-proxy-%d" % number, number) for number in (1, 2, 3)]
    )
