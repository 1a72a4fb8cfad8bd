# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0
"""The host's packet filter and forwarding: podman's network leaves chains and settings behind, the lab takes them back."""

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
#: Kernel parameters that podman's network programs turn on.
PARAMETERS = ("net/ipv4/ip_forward", "net/ipv6/conf/all/forwarding")


def _rules(tool):
    code, text, _error = run([tool + "-save"], check=False)
    return [line for line in text.splitlines() if line[:1] in "*:-"] if code == 0 else []


def _path(name):
    return os.path.join(settings.state(name), "firewall.json")


def remember(name):
    """Note which of podman's chains are there, and what the kernel forwards, before the lab is."""
    rules = {tool: sorted(_owned(_rules(tool))) for tool in TOOLS if shutil.which(tool)}
    with open(_path(name), "w", encoding="ascii") as file:
        json.dump({"rules": rules, "parameters": {parameter: _read(parameter) for parameter in PARAMETERS}}, file)


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


def restore(name):
    """Remove podman's chains and rules that were not there before the lab, unless other containers are using them.

    Tables that the kernel has made stay; without rules they do nothing.
    """
    if not os.path.exists(_path(name)):
        return
    with open(_path(name), encoding="ascii") as file:
        before = json.load(file)
    if run(["podman", "ps", "--quiet"], check=False)[1].strip():
        return
    for parameter, value in before["parameters"].items():
        if _read(parameter) != value:
            with open("/proc/sys/" + parameter, "w", encoding="ascii") as file:
                file.write(value)
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
