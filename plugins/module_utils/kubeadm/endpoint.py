# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0
"""Where nodes and clients find the API, and how to change that in a cluster that is there: texts in, texts out.

kubeadm has no command for it. What holds the endpoint: ``controlPlaneEndpoint`` in the ConfigMap kubeadm-config, the
API servers' certificates, the kubeconfigs of every node, and the kubeconfigs in the ConfigMaps cluster-info (for nodes
that join) and kube-proxy.
"""

from __future__ import absolute_import, division, print_function

__metaclass__ = type

import re

from ansible_collections.kurl.ipv6.plugins.module_utils.kubeadm import node

#: Kubeconfigs in /etc/kubernetes, and whether a control plane node's may also name the API server beside it: kubeadm
#: lets the two controllers and, from 1.33 on, the kubelet ask there.
KUBECONFIGS = {
    "admin.conf": False,
    "super-admin.conf": False,
    "controller-manager.conf": True,
    "scheduler.conf": True,
    "kubelet.conf": True,
}
#: Which part reads a kubeconfig and must be restarted when it changes.
READERS = {
    "controller-manager.conf": "kube-controller-manager",
    "scheduler.conf": "kube-scheduler",
    "kubelet.conf": "kubelet",
}
_SERVER = re.compile(r"^(\s*server:\s*)(https://\S+)\s*$", re.MULTILINE)
_ENDPOINT = re.compile(r"^controlPlaneEndpoint: .*$", re.MULTILINE)
_API_SERVER = re.compile(r"^apiServer:(?: \{\})?\n((?:[ -].*\n)*)", re.MULTILINE)
_SANS = re.compile(r"^  certSANs:(?: \[\])?\n((?:  - .*\n)*)", re.MULTILINE)


class EndpointError(Exception):
    """The cluster's own configuration is not of the form that kubeadm writes."""


def servers(kubeconfig):
    """Return the API servers that a kubeconfig names."""
    return [match.group(2) for match in _SERVER.finditer(kubeconfig)]


def with_server(kubeconfig, endpoint):
    """Return a kubeconfig that names another API server, ``host:port``."""
    return _SERVER.sub(lambda match: match.group(1) + "https://" + endpoint, kubeconfig)


def outdated(endpoint, beside, read=node.read_text):
    """Return the names of a node's kubeconfigs that name another API server than they should.

    Arguments:
        endpoint: of the cluster, ``host:port``.
        beside: ``host:port`` of the API server on this node, empty on a worker.
        read: function (path) -> text, empty if there is no such file.
    """
    found = []
    for name, may_be_beside in KUBECONFIGS.items():
        allowed = {"https://" + endpoint} | ({"https://" + beside} if may_be_beside and beside else set())
        if set(servers(read("{0}/{1}".format(node.KUBERNETES, name)))) - allowed:
            found.append(name)
    return found


def of_configuration(configuration):
    """Return the line of a ClusterConfiguration that names the endpoint, empty if there is none."""
    found = _ENDPOINT.search(configuration)
    return found.group(0) if found else ""


def with_endpoint(configuration, endpoint, sans):
    """Return a ClusterConfiguration with another endpoint, and with further names in the API servers' certificates.

    kubeadm writes the text, in one form: the keys of a level in alphabetical order, two blanks a level.

    Arguments:
        configuration: text of the ClusterConfiguration in the ConfigMap kubeadm-config.
        endpoint: ``host:port``.
        sans: names and addresses.
    Raises:
        EndpointError: the text has another form.
    """
    api_server = _API_SERVER.search(configuration)
    if not _ENDPOINT.search(configuration) and not api_server:
        raise EndpointError(
            "the ConfigMap kube-system/kubeadm-config is not of the form that kubeadm writes. Set controlPlaneEndpoint "
            "and apiServer.certSANs there by hand, and run the playbook again"
        )
    line = "controlPlaneEndpoint: " + _scalar(endpoint)
    if _ENDPOINT.search(configuration):
        configuration = _ENDPOINT.sub(lambda _match: line, configuration, 1)
    else:
        configuration = configuration.rstrip("\n") + "\n" + line + "\n"
    api_server = _API_SERVER.search(configuration)
    if not api_server:
        return _with_names("apiServer:\n", sans) + configuration
    block = _with_names("apiServer:\n" + api_server.group(1), sans)
    return configuration[: api_server.start()] + block + configuration[api_server.end() :]


def _with_names(block, sans):
    """Return the section ``apiServer`` with names added."""
    there = _SANS.search(block)
    lines = there.group(1).splitlines() if there else []
    known = {line[len("  - ") :].strip().strip("'\"") for line in lines}
    lines += ["  - " + _scalar(name) for name in sans if name not in known]
    text = "  certSANs:\n" + "".join(line + "\n" for line in lines)
    if there:
        return block[: there.start()] + text + block[there.end() :]
    return "apiServer:\n" + text + block[len("apiServer:\n") :]


def _scalar(text):
    """Return a text as YAML: what begins with a bracket or a colon would be something else without quotes."""
    return text if re.match(r"^[A-Za-z0-9][A-Za-z0-9.:_-]*$", text) and not text.endswith(":") else "'%s'" % text
