# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0
"""Makes, starts and removes the containers and their network."""

import json
import os
import resource
import time

from . import settings
from .process import LabError, run

LABEL = "kurl-ipv6-lab"
READY_SECONDS = 90


def podman(name, *words, check=True):
    """Run podman with the configuration that this host needs."""
    environment = dict(os.environ)
    if not settings.unified_cgroups():
        # crun refuses hybrid hosts, and there is no systemd to ask for cgroups in the usual places.
        path = os.path.join(settings.state(name), "containers.conf")
        if not os.path.exists(path):
            with open(path, "w", encoding="ascii") as file:
                file.write('[engine]\nruntime = "runc"\ncgroup_manager = "cgroupfs"\nevents_logger = "file"\n')
        environment["CONTAINERS_CONF"] = path
    return run(["podman", *words], check=check, environment=environment)


def existing(name):
    """Return ``{node: state}`` of a lab's containers."""
    words = ["ps", "--all", "--filter", f"label={LABEL}={name}", "--format", "json"]
    listing = json.loads(podman(name, *words)[1] or "[]")
    return {container["Names"][0]: container["State"] for container in listing}


def network(name):
    """Return the name of a lab's network."""
    return f"{name}-lab"


def ensure_network(name, subnet):
    """Make the nodes' network; without ``--ipv6``, which would add an IPv4 range."""
    code, text, _error = podman(name, "network", "inspect", network(name), check=False)
    if code == 0:
        found = [entry["subnet"] for entry in json.loads(text)[0]["subnets"]]
        if found != [subnet]:
            raise LabError(f"the network {network(name)} exists with {', '.join(found)}; run `lab down` first")
        return
    gateway = settings.gateway(subnet)
    podman(
        name,
        "network",
        "create",
        "--subnet",
        subnet,
        "--gateway",
        gateway,
        "--disable-dns",
        "--label",
        f"{LABEL}={name}",
        network(name),
    )


def _limits():
    if settings.may_raise_limits():
        return []
    # Above its own hard limit podman fails with "operation not permitted".
    limits = []
    for word, number in (("nofile", resource.RLIMIT_NOFILE), ("nproc", resource.RLIMIT_NPROC)):
        hard = resource.getrlimit(number)[1]
        allowed = 20000 if hard == resource.RLIM_INFINITY else min(20000, hard)
        limits += ["--ulimit", f"{word}={allowed}:{allowed}"]
    return limits


def create(name, node, address, subnet, image, public_key):
    """Make and start a node."""
    words = [
        "create",
        "--name",
        node,
        "--hostname",
        node,
        "--label",
        f"{LABEL}={name}",
        "--network",
        f"{network(name)}:ip6={address}",
    ]
    words += [
        "--systemd=always",
        "--privileged",
        "--cgroupns=private",
        "--tmpfs",
        "/tmp",
        "--tmpfs",
        "/run",
        "--volume",
        "/var",
    ]
    words += ["--no-hosts", "--dns", settings.gateway(subnet), *_limits(), image]
    podman(name, *words)
    key = os.path.join(settings.state(name), "authorized_keys")
    with open(key, "w", encoding="ascii") as file:
        file.write(public_key)
    os.chmod(key, 0o600)
    podman(name, "cp", key, f"{node}:/etc/ssh/lab_authorized_keys")
    podman(name, "start", node)
    podman(
        name, "exec", node, "install", "-D", "-m", "600", "/etc/ssh/lab_authorized_keys", "/root/.ssh/authorized_keys"
    )


def wait(name, nodes):
    """Wait until systemd and sshd of every node are up."""
    deadline = time.monotonic() + READY_SECONDS
    for node in nodes:
        while True:
            code, text, _error = podman(
                name, "exec", node, "systemctl", "is-active", "ssh.service", "multi-user.target", check=False
            )
            if code == 0:
                break
            if time.monotonic() > deadline:
                failed = podman(name, "exec", node, "systemctl", "--failed", "--plain", "--no-legend", check=False)[
                    1
                ].strip()
                raise LabError(
                    f"{node} is not up after {READY_SECONDS} s ({text.split()}); failed units: {failed or 'none'}; `podman logs {node}` tells more"
                )
            time.sleep(0.3)


def remove(name):
    """Remove a lab's nodes with their volumes, and its network."""
    nodes = sorted(existing(name))
    if nodes:
        podman(name, "rm", "--force", "--volumes", "--time", "3", *nodes)
    if podman(name, "network", "exists", network(name), check=False)[0] == 0:
        podman(name, "network", "rm", "--force", network(name))
    return nodes
