# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0
"""Disks of nodes: loop devices on sparse files. The kernel's list of loop devices is the record of what is there."""

import json
import os
import shutil

from . import settings
from .process import LabError, run

#: More than Ceph asks for (5 GB), and than kURL's preflight does (10 GiB); what is not written takes no room.
SIZE = 12 << 30
#: Takes every block device away from a node that is not its own, at each start: a privileged container has the host's.
UNIT = """\
# Written by the lab.
[Unit]
Description=Keep the node's own disks only
DefaultDependencies=no
Before=sysinit.target

[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=/bin/sh -c 'for device in /dev/*; do \
  [ ! -b "$$device" ] || case " {own} " in *" $$device "*) ;; *) rm "$$device" ;; esac; done'
"""


def _folder(name):
    return os.path.join(settings.cache("lab"), "disks", name)


def _attached(folder):
    """Return file -> loop device of those whose file is in a folder, also if it was deleted."""
    listing = run(["losetup", "--list", "--json", "--output", "NAME,BACK-FILE"])[1]
    found = {}
    for entry in json.loads(listing or "{}").get("loopdevices", []):
        path = (entry["back-file"] or "").removesuffix(" (deleted)")
        if os.path.dirname(path) == folder:
            found[path] = entry["name"]
    return found


def ensure(name, node, count, fresh):
    """Make a node's disks that are not there; return their devices.

    Arguments:
        name: the lab's.
        node: the node's.
        count: how many it has.
        fresh: whether the node is still to be made; one that is there cannot be given other devices.
    Raises:
        LabError: a node that is there has lost its disks, as when the host was restarted.
    """
    if not count:
        return []
    folder = _folder(name)
    os.makedirs(folder, exist_ok=True)
    attached = _attached(folder)
    devices = []
    for number in range(1, count + 1):
        path = os.path.join(folder, f"{node}-disk{number}")
        if not os.path.exists(path):
            with open(path, "wb") as file:
                file.truncate(SIZE)
        if path not in attached:
            if not fresh:
                raise LabError(f"{node} has lost its disk {path}; run `lab down` first")
            attached[path] = run(["losetup", "--find", "--show", path])[1].strip()
        devices.append(attached[path])
    return devices


def files(devices):
    """Return ``{path: content}`` of what a node with these disks has to hold before it starts."""
    if not devices:
        return {}
    return {
        "etc/systemd/system/lab-disks.service": UNIT.format(own=" ".join(devices)),
        "etc/systemd/system/sysinit.target.d/lab-disks.conf": "[Unit]\nWants=lab-disks.service\n",
    }


def remove(name):
    """Take a lab's disks off, and delete their files."""
    folder = _folder(name)
    left = []
    for path, device in sorted(_attached(folder).items()):
        if run(["losetup", "--detach", device], check=False)[0] != 0:
            left.append(f"{device} ({path})")
    if left:
        raise LabError("still in use: " + ", ".join(left))
    shutil.rmtree(folder, ignore_errors=True)
