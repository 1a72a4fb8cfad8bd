# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0
"""What a lab changes on the host itself, and takes back: podman's packet filter and forwarding, room for inotify."""

import json
import os
import re
import shlex
import shutil

from . import settings
from .process import run

TOOLS = ("iptables", "ip6tables")
#: Chains and rules that podman's network programs make.
OWNED = re.compile(r"NETAVARK")
INOTIFY = "fs/inotify/max_user_instances"
#: What nodes need of it: systemd, containerd, the kubelet and each pod take some, and all nodes share one limit.
INOTIFY_NEEDED = 8192
#: Kernel parameters that podman's network programs or the lab change.
PARAMETERS = ("net/ipv4/ip_forward", "net/ipv6/conf/all/forwarding", INOTIFY)


def _rules(tool):
    code, text, _error = run([tool + "-save"], check=False)
    return [line for line in text.splitlines() if line[:1] in "*:-"] if code == 0 else []


def _path():
    """The record is the host's, not a lab's: the first lab writes it, the last one takes it away."""
    return os.path.join(settings.cache("lab"), "host.json")


def prepare():
    """Note how the host is before the first lab, and make room for the nodes."""
    if not os.path.exists(_path()):
        rules = {tool: sorted(_owned(_rules(tool))) for tool in TOOLS if shutil.which(tool)}
        with open(_path(), "w", encoding="ascii") as file:
            json.dump({"rules": rules, "parameters": {parameter: _read(parameter) for parameter in PARAMETERS}}, file)
    if int(_read(INOTIFY)) < INOTIFY_NEEDED:
        _write(INOTIFY, str(INOTIFY_NEEDED))


def _write(parameter, value):
    with open("/proc/sys/" + parameter, "w", encoding="ascii") as file:
        file.write(value)


def _read(parameter):
    with open("/proc/sys/" + parameter, encoding="ascii") as file:
        return file.read().strip()


def _owned(rules):
    """Return ``table line`` of each chain and rule of podman's network."""
    found = set()
    table = ""
    for line in rules:
        if line[0] == "*":
            table = line[1:].strip()
        elif OWNED.search(line):
            found.add(f"{table} {line.split('[')[0].strip() if line[0] == ':' else line}")
    return found


def restore():
    """Bring the host back to what it was before the first lab, unless other containers are running.

    Tables that the kernel has made stay; without rules they do nothing.
    """
    if not os.path.exists(_path()):
        return
    with open(_path(), encoding="ascii") as file:
        before = json.load(file)
    if run(["podman", "ps", "--quiet"], check=False)[1].strip():
        return
    for parameter, value in before["parameters"].items():
        if _read(parameter) != value:
            _write(parameter, value)
    for tool, known in before["rules"].items():
        surplus = _owned(_rules(tool)) - set(known)
        for entry in sorted(surplus, key=lambda line: " -A " not in line):
            table, line = entry.split(" ", 1)
            words = shlex.split(line)
            if line.startswith("-A"):
                run([tool, "-t", table, "-D", *words[1:]], check=False)
            else:
                run([tool, "-t", table, "-F", words[0][1:]], check=False)
                run([tool, "-t", table, "-X", words[0][1:]], check=False)
    os.unlink(_path())
