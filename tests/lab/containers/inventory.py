# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0
"""The inventory of a lab. JSON is YAML, so that no library is needed to write it."""

import glob
import json
import os
import tempfile

from . import settings


def build(addresses, control_planes, key, known_hosts, devices=None):
    """Return an inventory.

    Arguments:
        addresses: node -> address, in order; the first ones become control plane nodes.
        control_planes: how many.
        key: file of the private key for ssh.
        known_hosts: file where ssh keeps the nodes' keys.
        devices: node -> paths of its disks.
    """
    hosts = {node: {"ansible_host": address} for node, address in addresses.items()}
    for node, paths in (devices or {}).items():
        if paths:
            hosts[node]["lab_disks"] = paths
    names = list(hosts)
    variables = {
        "ansible_user": "root",
        "ansible_ssh_private_key_file": key,
        "ansible_ssh_common_args": f"-o UserKnownHostsFile={known_hosts} -o StrictHostKeyChecking=accept-new",
        "ansible_python_interpreter": "/usr/bin/python3",
        "artifacts_mirror": settings.cache("mirror"),
    }
    if not settings.may_raise_limits():
        variables["containerd_restrict_oom_score_adj"] = True
        variables["kubernetes_kube_proxy_conntrack"] = {"maxPerCore": 0, "min": 0}
    load_balancer = _image_in_mirror("docker.io/library/haproxy")
    if load_balancer:
        variables["artifacts_load_balancer_image"] = load_balancer
    return {
        "all": {
            "vars": variables,
            "children": {
                "kube_control_plane": {"hosts": {node: hosts[node] for node in names[:control_planes]}},
                "kube_node": {"hosts": {node: hosts[node] for node in names[control_planes:]}},
            },
        }
    }


def _image_in_mirror(repository):
    """Return the newest image of a repository that the lab's mirror holds, empty if it holds none."""
    suffix = "-amd64.tar"
    archives = glob.glob(os.path.join(settings.cache("mirror"), "images", repository, "*" + suffix))
    if not archives:
        return ""
    return f"{repository}:{os.path.basename(max(archives, key=os.path.getmtime))[: -len(suffix)]}"


def write(path, inventory):
    """Write an inventory as a whole or not at all."""
    handle, partial = tempfile.mkstemp(dir=os.path.dirname(path))
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write("# Written by tests/lab/lab; removed with the lab.\n")
        json.dump(inventory, file, indent=2)
        file.write("\n")
    os.chmod(partial, 0o644)
    os.rename(partial, path)
