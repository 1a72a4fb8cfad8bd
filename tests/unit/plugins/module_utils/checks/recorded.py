# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0
"""Hosts as they were recorded (tests/data/facts): their files and their network, read by the real collectors.

A recording is JSON: ``about``; ``kernel`` (release); ``modules`` (names that are loaded, built in, and loadable with
their suffix); ``files`` (path -> lines); ``network`` (links, addresses, routes, neighbours, as the arguments of the
functions in tests/unit/plugins/module_utils/host/messages.py); ``expect`` (by plan, the failures and warnings that are
true of it).
"""

import copy
import functools
import json
import os
import shutil
import tempfile

from ansible_collections.kurl.ipv6.plugins.module_utils.checks import readiness
from ansible_collections.kurl.ipv6.plugins.module_utils.checks.host_view import HostView
from ansible_collections.kurl.ipv6.plugins.module_utils.host import collect
from ansible_collections.kurl.ipv6.plugins.module_utils.host.reader import Reader
from ansible_collections.kurl.ipv6.tests.unit.plugins.module_utils.host.messages import Kernel

FOLDER = os.path.join(os.path.dirname(os.path.abspath(__file__)), *[".."] * 4, "data", "facts")
NAMES = sorted(name[: -len(".json")] for name in os.listdir(FOLDER) if name.endswith(".json"))

#: What the recorded expectations are about: nothing planned, a cluster of today, and the example of the IPv6 page.
PLANS = {
    "none": {},
    "antrea": {
        "kubernetes_version": "1.34.4",
        "antrea_version": "2.4.1",
        "antrea_encryption": "",
        "pod_cidr": "fd00:c00b:1::/56",
        "service_cidr": "fd00:c00b:2::/112",
    },
    "example": {
        "kubernetes_version": "1.19.15",
        "antrea_version": "1.4.0",
        "antrea_encryption": "wireguard",
        "rook_version": "1.5.12",
        "load_balancer_enabled": True,
        "pod_cidr": "fd00:c00b:1::/112",
        "service_cidr": "fd00:c00b:2::/112",
    },
}
#: Files that every machine has, unless its recording says otherwise.
COMMON = {
    "/proc/cmdline": "BOOT_IMAGE=/vmlinuz root=/dev/vda1 ro quiet\n",
    "/proc/sys/kernel/hostname": "node\n",
    "/proc/meminfo": "MemTotal:       16303616 kB\n",
    "/proc/swaps": "Filesystem\tType\tSize\tUsed\tPriority\n",
    "/proc/filesystems": "nodev\tsysfs\nnodev\tproc\n\text4\n",
    "/proc/net/tcp6": "  sl  local_address remote_address st\n",
    "/proc/sys/net/ipv6/conf/all/forwarding": "0\n",
    "/proc/sys/net/ipv6/conf/all/disable_ipv6": "0\n",
    "/proc/sys/net/ipv6/conf/default/disable_ipv6": "0\n",
    "/proc/sys/net/ipv6/conf/lo/disable_ipv6": "0\n",
    "/sys/fs/cgroup/cgroup.controllers": "cpuset cpu io memory hugetlb pids rdma misc\n",
    "/etc/machine-id": "16f2b7a03656a58e71600ca6d3ff2351\n",
}


#: An empty disk and the disk of the system, as /sys shows them.
DISKS = {
    "/sys/block/vda/dev": "254:0\n",
    "/sys/block/vda/size": "83886080\n",
    "/sys/block/vda/ro": "0\n",
    "/sys/block/vda/removable": "0\n",
    "/sys/block/vda/vda1/partition": "1\n",
    "/sys/block/vda/vda1/dev": "254:1\n",
    "/sys/block/vda/vda1/size": "83884032\n",
    "/sys/block/vdb/dev": "254:16\n",
    "/sys/block/vdb/size": "209715200\n",
    "/sys/block/vdb/ro": "0\n",
    "/sys/block/vdb/removable": "0\n",
    "/proc/self/mountinfo": "22 1 254:1 / / rw,relatime shared:1 - ext4 /dev/vda1 rw\n",
    "/run/udev/data/b254:16": "S:disk/by-path/pci-0000:00:07.0\nE:ID_PATH=pci-0000:00:07.0\n",
    "/dev/vdb": "\0" * 1024,
}


class Recorded(Reader):
    """Reads a recorded host; the space of its file systems is that of a disk of 40 GiB with 30 free."""

    def space(self, name):
        """One file system."""
        return {
            "device": 65025,
            "total": 40 * 2**30,
            "available": 30 * 2**30,
            "files": 2621440,
            "files_free": 2400000,
            "read_only": False,
        }


def _write(root, files):
    for path, text in files.items():
        os.makedirs(os.path.dirname(root + path), exist_ok=True)
        with open(root + path, "w", encoding="utf-8") as stream:
            stream.write(text)


def _lines(files):
    return {path: "\n".join(lines) + "\n" for path, lines in files.items()}


def _kernel_files(recording):
    kernel, modules = recording["kernel"], recording["modules"]
    folder = "/lib/modules/" + kernel
    form = "kernel/x/{}." + modules["suffix"]
    return {
        "/proc/sys/kernel/osrelease": kernel + "\n",
        "/proc/modules": "".join("{} 16384 0 - Live 0x0\n".format(name) for name in modules["loaded"]),
        folder + "/modules.builtin": "".join(form.format(name) + "\n" for name in modules["builtin"]),
        folder + "/modules.dep": "".join(form.format(name) + ":\n" for name in modules["loadable"]),
    }


def _interface_files(recording):
    files = {}
    for link in recording["network"]["links"]:
        # Who handles advertisements in user space has turned the kernel's handling off.
        user_space = any(
            path.startswith(("/run/systemd/netif/", "/run/NetworkManager/")) for path in recording["files"]
        )
        folder = "/proc/sys/net/ipv6/conf/" + link["name"]
        files[folder + "/accept_ra"] = "0\n" if user_space else "1\n"
        files[folder + "/disable_ipv6"] = "0\n"
    return files


def _answers(facts):
    """A gateway and resolvers that answer."""
    best = facts["default_routes"][0]
    resolvers = {server: {"answers": True, "error": "", "nat64": ""} for server in facts["resolver"]["servers"]}
    return {
        "gateway": {"address": best["gateway"], "interface": best["interface"], "answers": True},
        "resolvers": resolvers,
    }


def read(recording):
    """Return the facts of a recording (a map as in the files)."""
    root = tempfile.mkdtemp(prefix="kurl-ipv6-recorded-")
    try:
        for files in (COMMON, DISKS, _kernel_files(recording), _interface_files(recording), _lines(recording["files"])):
            _write(root, files)
        facts, errors = collect.collect(Recorded(root), Kernel(recording["network"]))
    finally:
        shutil.rmtree(root)
    assert errors == {}
    # What only the running machine knows.
    facts.update(cpus=4, architecture="amd64")
    facts["clock"].update(synchronized=True, offset=0.2)
    facts["packet_filter"] = {"chains": [], "reverse_path": False}
    facts["answers"] = _answers(facts)
    return facts


def recording(name):
    """Return a recording as it lies in its file."""
    with open(os.path.join(FOLDER, name + ".json"), encoding="utf-8") as stream:
        return json.load(stream)


@functools.lru_cache(maxsize=None)
def _facts(name):
    return read(recording(name))


def facts(name="debian-12"):
    """Return a copy of a recorded host's facts, which a test may change."""
    return copy.deepcopy(_facts(name))


def view(changed=None, plan="none", roles=(), node_ip="", subject="n1"):
    """Return the view of a host: recorded Debian 12, or the facts given."""
    chosen = PLANS[plan] if isinstance(plan, str) else plan
    return HostView(facts() if changed is None else changed, chosen, roles, subject, node_ip)


def judge(changed=None, plan="none", roles=(), node_ip="", errors=None):
    """Return all findings of a host: recorded Debian 12, or the facts given."""
    chosen = PLANS[plan] if isinstance(plan, str) else plan
    given = facts() if changed is None else changed
    return readiness.judge(given, errors or {}, chosen, roles, "n1", node_ip)["findings"]


def bad(findings):
    """Return ``{id: status}`` of failures and warnings."""
    return {entry["id"]: entry["status"] for entry in findings if entry["status"] in ("fail", "warn")}


def find(findings, check_id):
    """Return the findings of one id."""
    return [entry for entry in findings if entry["id"] == check_id]


def one(findings, check_id):
    """Return the one finding of an id."""
    found = find(findings, check_id)
    assert len(found) == 1, (check_id, [entry["id"] for entry in findings])
    return found[0]
