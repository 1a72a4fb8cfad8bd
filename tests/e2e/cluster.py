# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0
"""A lab and the playbooks run on it, as a user would: the real commands, their exit codes and what they print."""

import contextlib
import functools
import http.server
import json
import os
import re
import socket
import subprocess
import sys
import threading
import time
from collections import namedtuple

import network
from containers import nodes

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
SPECS = os.path.join(TOP, "tests", "data", "installer")
BINARIES = os.path.join(TOP, ".venv", "bin")

#: ``code``: exit code; ``output``: standard output and error together; ``seconds``: how long it took.
Result = namedtuple("Result", "code output seconds")


def run(words, show=False, **options):
    """Run a command and return its Result; with ``show`` its output appears at once, too."""
    started = time.monotonic()
    with subprocess.Popen(
        words, cwd=TOP, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, **options
    ) as process:
        lines = []
        for line in process.stdout:
            lines.append(line)
            if show:
                sys.stdout.write(line)
                sys.stdout.flush()
    return Result(process.returncode, "".join(lines), time.monotonic() - started)


def changed(output):
    """Return how many tasks changed something, over all hosts, as the recap says it."""
    return sum(int(number) for number in re.findall(r"^\S+\s+: ok=\d+\s+changed=(\d+)", output, re.MULTILINE))


class _Server(http.server.ThreadingHTTPServer):
    address_family = socket.AF_INET6


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_words):
        """Say nothing."""


class Cluster:
    """One lab with its inventory."""

    def __init__(
        self, name, subnet, inventory, mirror, nodes=3, control_planes=1, show=False, spec="demo.yml", disks=0
    ):
        self.spec = os.path.join(SPECS, spec)
        self.name = name
        self.subnet = subnet
        self.inventory = inventory
        self.mirror = mirror
        self.nodes = nodes
        self.control_planes = control_planes
        self.disks = disks
        self.patches = []
        self.show = show
        self.network = network.choose(mirror)

    def lab(self, action, *words):
        """Run `tests/lab/lab ACTION`."""
        return run(
            [
                sys.executable,
                os.path.join(TOP, "tests", "lab", "lab"),
                *("--name", self.name, "--subnet", self.subnet, "--inventory", self.inventory),
                action,
                *words,
            ],
            show=self.show,
        )

    def up(self):
        """Bring the nodes up."""
        disks = ["--disks", str(self.disks)] if self.disks else []
        return self.lab("up", "--nodes", str(self.nodes), "--control-planes", str(self.control_planes), *disks)

    def down(self):
        """Remove everything that the lab made."""
        return self.lab("down")

    def restart(self):
        """Restart all nodes at once."""
        return self.lab("restart")

    def podman(self, *words):
        """Run podman on the lab's nodes."""
        code, out, err = nodes.podman(self.name, *words, check=False)
        assert code == 0, out + err

    def command(self, playbook, *words, variables=None, spec=True):
        """Return the command that runs a playbook on the lab; arguments as for :meth:`playbook`."""
        given = {}
        if spec:
            given["installer_src"] = self.spec
            given["installer_patches"] = list(self.patches)
            if self.network.external:
                given["installer_patches"].append(os.path.join(SPECS, "demo-external-cni.yml"))
                given["external_cni"] = True
        given.update(variables or {})
        return [
            os.path.join(BINARIES, "ansible-playbook"),
            playbook,
            *("--inventory", self.inventory, "--extra-vars", json.dumps(given)),
            *words,
        ]

    def playbook(self, playbook, *words, variables=None, spec=True, environment=None):
        """Run a playbook on the lab.

        Arguments:
            playbook: its name in the collection (``kurl.ipv6.site``) or its path.
            words: more words of the command line.
            variables: more extra variables.
            spec: whether the lab's spec is handed over.
            environment: more environment variables.
        """
        return run(
            self.command(playbook, *words, variables=variables, spec=spec),
            show=self.show,
            env=dict(os.environ, **(environment or {})),
        )

    def site(self, *words, **options):
        """Run `kurl.ipv6.site`, as the README says."""
        return self.playbook("kurl.ipv6.site", *words, **options)

    def cluster_network(self):
        """Give the cluster the lab's own network; nothing to do where Antrea is one of the parts."""
        return self.playbook(os.path.join(TOP, "tests", "lab", "cni.yml"), spec=False)

    def verify(self):
        """Run `kurl.ipv6.verify`."""
        return self.playbook("kurl.ipv6.verify", spec=False)

    def link_mirror(self, folder):
        """Make a mirror of symbolic links, in which a test can replace a file."""
        for parent, _folders, files in os.walk(self.mirror):
            target = os.path.join(folder, os.path.relpath(parent, self.mirror))
            os.makedirs(target, exist_ok=True)
            for name in files:
                os.symlink(os.path.join(parent, name), os.path.join(target, name))

    @contextlib.contextmanager
    def serve_mirror(self):
        """Serve the mirror on ``::1`` while the block runs; yields its URL."""
        handler = functools.partial(_Quiet, directory=self.mirror)
        with _Server(("::1", 0), handler) as server:
            threading.Thread(target=server.serve_forever, daemon=True).start()
            yield f"http://[::1]:{server.server_address[1]}"
            server.shutdown()

    def variables(self):
        """Return node -> its variables in the inventory."""
        with open(self.inventory, encoding="utf-8") as file:
            groups = json.loads("".join(line for line in file if not line.startswith("#")))["all"]["children"]
        return {
            name: host for group in ("kube_control_plane", "kube_node") for name, host in groups[group]["hosts"].items()
        }

    def hosts(self):
        """Return node -> address."""
        return {name: host["ansible_host"] for name, host in self.variables().items()}

    def ssh_words(self, node):
        """Return the command that logs in to a node."""
        state = os.path.join(TOP, "tests", "lab", ".state", self.name)
        return [
            "ssh",
            *("-i", os.path.relpath(os.path.join(state, "id_ed25519"), TOP)),
            *("-o", "UserKnownHostsFile=" + os.path.relpath(os.path.join(state, "known_hosts"), TOP)),
            *("-o", "StrictHostKeyChecking=accept-new", "-o", "LogLevel=ERROR"),
            "root@" + self.hosts()[node],
        ]

    def ssh(self, node, command):
        """Run a shell command on a node; return its Result."""
        return run([*self.ssh_words(node), command])

    def kubectl(self, arguments, node=""):
        """Run kubectl on a control plane node, the first if none is named; return its Result."""
        return self.ssh(
            node or next(iter(self.hosts())), f"kubectl --kubeconfig /etc/kubernetes/admin.conf {arguments}"
        )

    def objects(self, arguments):
        """Return the parsed items of `kubectl get ARGUMENTS`."""
        result = self.kubectl(f"get {arguments} --output json")
        if result.code:
            raise AssertionError(result.output)
        return json.loads(result.output)["items"]
