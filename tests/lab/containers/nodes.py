# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0
"""Makes, starts and removes the containers and their network."""

import json
import os
import resource
import socket
import tempfile
import time

from . import disks, settings
from .process import LabError, run

LABEL = "kurl-ipv6-lab"
READY_SECONDS = 90
REMOVALS = 4


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


def create(name, node, address, subnet, image, public_key, devices=()):
    """Make and start a node; ``devices`` are the disks that it keeps of the host's."""
    words = [
        "create",
        "--name",
        node,
        "--hostname",
        node,
        "--label",
        f"{LABEL}={name}",
        "--network",
        f"{network(name)}:ip6={address},mac={settings.hardware_address(address)}",
    ]
    # With version 1 podman would mount the host's own root of systemd's hierarchy into every node, and the nodes'
    # systemds would take each other's groups away. Left alone, the private namespace gives each a root of its own.
    words += [
        "--systemd=always" if settings.unified_cgroups() else "--systemd=false",
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
    for path, content in disks.files(devices).items():
        with tempfile.TemporaryDirectory() as folder:
            os.makedirs(os.path.dirname(os.path.join(folder, path)))
            with open(os.path.join(folder, path), "w", encoding="ascii") as file:
                file.write(content)
            os.chmod(folder, 0o755)
            podman(name, "cp", folder + "/.", f"{node}:/")
    podman(name, "start", node)
    podman(
        name, "exec", node, "install", "-D", "-m", "600", "/etc/ssh/lab_authorized_keys", "/root/.ssh/authorized_keys"
    )


def wait(name, nodes, addresses=()):
    """Wait until systemd and sshd of every node are up, and sshd can be reached."""
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
                    f"{node} is not up after {READY_SECONDS} s ({text.split()}); failed units: {failed or 'none'};"
                    f" `podman logs {node}` tells more"
                )
            time.sleep(0.3)
    for address in addresses:
        while not _answers(address):
            if time.monotonic() > deadline:
                raise LabError(
                    f"nothing answers on [{address}]:22 after {READY_SECONDS} s; does a packet filter drop it?"
                )
            time.sleep(0.3)


def _answers(address):
    try:
        socket.create_connection((address, 22), timeout=2).close()
    except OSError:
        return False
    return True


def addresses_of(name, nodes):
    """Return the addresses of nodes, as podman gave them."""
    listing = json.loads(podman(name, "inspect", *nodes)[1])
    return [found["NetworkSettings"]["Networks"][network(name)]["GlobalIPv6Address"] for found in listing]


def remove(name):
    """Remove a lab's nodes with their volumes, and its network."""
    nodes = sorted(existing(name))
    # On a busy machine the many processes of a node may outlive the time that podman gives them.
    for attempt in range(REMOVALS):
        left = sorted(existing(name))
        if left:
            podman(name, "rm", "--force", "--volumes", "--time", "3", *left, check=attempt == REMOVALS - 1)
    if podman(name, "network", "exists", network(name), check=False)[0] == 0:
        podman(name, "network", "rm", "--force", network(name))
    return nodes
