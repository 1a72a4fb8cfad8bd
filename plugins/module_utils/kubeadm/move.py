# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0
"""Moves a node, and the cluster's own configuration, to another endpoint of the API."""

from __future__ import absolute_import, division, print_function

__metaclass__ = type

import json
import socket

from ansible_collections.kurl.ipv6.plugins.module_utils import whole_file
from ansible_collections.kurl.ipv6.plugins.module_utils.kubeadm import endpoint as endpoints
from ansible_collections.kurl.ipv6.plugins.module_utils.kubeadm import node

_TIMEOUT = 10


def current(read=node.read_text):
    """Return where this node finds the API now, as ``host:port``, empty if it is no node."""
    for name in ("admin.conf", "kubelet.conf"):
        found = endpoints.servers(read("{0}/{1}".format(node.KUBERNETES, name)))
        if found:
            return found[0][len("https://") :]
    return ""


def wanted(endpoint, members, now):
    """Return where a node should find the API.

    Arguments:
        endpoint: what the spec says, empty if nothing.
        members: the API servers of the control plane nodes, in the inventory's order.
        now: where it finds it.
    """
    if endpoint:
        return endpoint
    # The order of an inventory is no reason to move a cluster.
    return now if now in members else (members + [""])[0]


def unreachable(endpoint):
    """Return why no connection to an endpoint can be made, empty if one can."""
    host, _colon, port = endpoint.rpartition(":")
    try:
        found = socket.getaddrinfo(host.strip("[]"), int(port), 0, socket.SOCK_STREAM)
    except (socket.gaierror, ValueError) as error:
        return "{0} cannot be resolved: {1}".format(host, error)
    reason = ""
    for family, kind, protocol, _name, address in found:
        connection = socket.socket(family, kind, protocol)
        connection.settimeout(_TIMEOUT)
        try:
            connection.connect(address)
            return ""
        except (OSError, socket.timeout) as error:
            reason = "{0} port {1}: {2}".format(address[0], port, error.strerror or error)
        finally:
            connection.close()
    return reason


def rewrite(name, endpoint):
    """Let a kubeconfig of this node name another API server; a reader finds the old file or the new one."""
    path = "{0}/{1}".format(node.KUBERNETES, name)
    text = endpoints.with_server(node.read_text(path), endpoint)
    whole_file.write(path, text.encode("utf-8"), 0o600)


def publish(kubectl, endpoint, sans, check_mode=False):
    """Write the endpoint and the names into the cluster's own configuration, and return whether that changed it.

    kubeadm-config is written last: until it is, a run that was killed is taken up by the next one.

    Raises:
        KubectlError: the API server refused.
        EndpointError: kubeadm-config has a form that kubeadm does not write.
    """
    old = _data(kubectl, "kube-system", "kubeadm-config")["ClusterConfiguration"]
    new = endpoints.with_endpoint(old, endpoint, sans)
    if new == old:
        return False
    if check_mode:
        return True
    if endpoints.of_configuration(old) != endpoints.of_configuration(new):
        _rewrite_map(kubectl, "kube-public", "cluster-info", "kubeconfig", endpoint)
        if _rewrite_map(kubectl, "kube-system", "kube-proxy", "kubeconfig.conf", endpoint):
            kubectl.run(["rollout", "restart", "--namespace", "kube-system", "daemonset/kube-proxy"])
    _patch(kubectl, "kube-system", "kubeadm-config", {"ClusterConfiguration": new})
    return True


def _rewrite_map(kubectl, namespace, name, key, endpoint):
    """Let the kubeconfig in a ConfigMap name another API server; return whether there is one."""
    old = _data(kubectl, namespace, name).get(key, "")
    new = endpoints.with_server(old, endpoint)
    if new != old:
        _patch(kubectl, namespace, name, {key: new})
    return bool(old)


def _data(kubectl, namespace, name):
    """Return the data of a ConfigMap, empty if there is none: a cluster may do without kube-proxy."""
    found = kubectl.objects(["get", "configmap", "--namespace", namespace, "--ignore-not-found", name])
    return (found[0].get("data") or {}) if found else {}


def _patch(kubectl, namespace, name, data):
    kubectl.run(
        ["patch", "configmap", "--namespace", namespace, name, "--type", "merge", "--patch", json.dumps({"data": data})]
    )
