# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0
"""What verification puts into a cluster for a short time: a pod on each node, and a Service in front of them. Pure.

Each pod has two servers. One asks others on request (agnhost's ``netexec``); it is reached in the pod network only. The
other says the pod's name and nothing else; it alone is behind the Service, so that a NodePort opens nothing more than
that to the network of the nodes.
"""

from __future__ import absolute_import, division, print_function

__metaclass__ = type

import re

NAMESPACE = "kurl-ipv6-verify"
NAME = "verify"
#: Marks the namespace as ours.
LABEL = ("app.kubernetes.io/managed-by", "kurl-ipv6")
IMAGE = "registry.k8s.io/e2e-test-images/agnhost:2.53"
#: Port of the server that asks others, of the one that says its name, and of the Service.
ASK_PORT, NAME_PORT, SERVICE_PORT = 8080, 9376, 80
#: Where a free NodePort is looked for: Kubernetes' default range. kURL's range is 80-60000, in which the API server
#: might pick a port that the node itself uses, such as its own 6443.
NODE_PORTS = range(30000, 32768)

_USER = 65532
_LABELS = {"app.kubernetes.io/name": "kurl-ipv6-verify"}
_POD_NAME = re.compile(r"%s-[a-z0-9]{5}\Z" % NAME)


def namespace():
    """Return the Namespace. Its pods obey the strictest of Kubernetes' pod security standards."""
    return {
        "apiVersion": "v1",
        "kind": "Namespace",
        "metadata": {
            "name": NAMESPACE,
            "labels": {LABEL[0]: LABEL[1], "pod-security.kubernetes.io/enforce": "restricted"},
        },
    }


def daemon_set(image):
    """Return the DaemonSet that runs a pod on each node, whatever the node's taints.

    Arguments:
        image: an image that has agnhost's commands and is on the nodes or can be pulled.
    """
    return {
        "apiVersion": "apps/v1",
        "kind": "DaemonSet",
        "metadata": {"name": NAME, "namespace": NAMESPACE, "labels": _LABELS},
        "spec": {
            "selector": {"matchLabels": _LABELS},
            "template": {
                "metadata": {"labels": _LABELS},
                "spec": {
                    "automountServiceAccountToken": False,
                    "enableServiceLinks": False,
                    "tolerations": [{"operator": "Exists"}],
                    "terminationGracePeriodSeconds": 1,
                    "securityContext": {
                        "runAsNonRoot": True,
                        "runAsUser": _USER,
                        "runAsGroup": _USER,
                        "seccompProfile": {"type": "RuntimeDefault"},
                    },
                    "containers": [
                        _container("ask", image, ["netexec", "--http-port=%d" % ASK_PORT, "--udp-port=-1"], ASK_PORT),
                        _container("name", image, ["serve-hostname", "--port=%d" % NAME_PORT], NAME_PORT),
                    ],
                },
            },
        },
    }


def _container(name, image, arguments, port):
    return {
        "name": name,
        "image": image,
        "imagePullPolicy": "IfNotPresent",
        "args": arguments,
        "ports": [{"name": name, "containerPort": port}],
        "securityContext": {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        },
    }


def service(node_port=None, families=True):
    """Return the Service.

    Arguments:
        node_port: its port on the nodes; without one the API server picks it.
        families: whether the API server knows of families (Kubernetes 1.20 and later). Earlier a cluster has one only.
    """
    port = {"name": "name", "port": SERVICE_PORT, "targetPort": NAME_PORT, "protocol": "TCP"}
    if node_port:
        port["nodePort"] = node_port
    spec = {"type": "NodePort", "selector": _LABELS, "ports": [port]}
    if families:
        spec.update(ipFamilies=["IPv6"], ipFamilyPolicy="SingleStack")
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": NAME, "namespace": NAMESPACE, "labels": _LABELS},
        "spec": spec,
    }


def ours(found):
    """Tell whether a namespace of our name was made by us."""
    return (found["metadata"].get("labels") or {}).get(LABEL[0]) == LABEL[1]


def free_node_ports(services):
    """Return the ports among :data:`NODE_PORTS` that no Service has."""
    taken = {port.get("nodePort") for item in services for port in (item.get("spec") or {}).get("ports") or []}
    taken |= {(item.get("spec") or {}).get("healthCheckNodePort") for item in services}
    return [port for port in NODE_PORTS if port not in taken]


def is_pod_name(text):
    """Tell whether a text is what one of our pods calls itself."""
    return bool(_POD_NAME.match(text.strip()))
