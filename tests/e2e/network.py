# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0
"""Which cluster network this machine can carry: Antrea, or the lab's own."""

import glob
import os
import shutil
import subprocess
from collections import namedtuple

#: ``external``: whether the lab's own network is used; ``reason``: why, as a sentence for the user.
Choice = namedtuple("Choice", "external reason")


def choose(mirror):
    """Return the network that container nodes can have here.

    Arguments:
        mirror: folder of the lab's mirror.
    """
    if not _kernel_has("openvswitch"):
        return Choice(True, "this kernel has no openvswitch, which Antrea needs on every node")
    if not glob.glob(os.path.join(mirror, "images", "*", "antrea", "*", "*.tar")):
        return Choice(True, "the mirror holds no images of Antrea")
    return Choice(False, "the kernel has openvswitch and the mirror holds Antrea's images")


def _kernel_has(module):
    """Return whether a module is there or can be loaded."""
    if os.path.isdir(os.path.join("/sys/module", module)):
        return True
    if not shutil.which("modprobe"):
        return False
    return subprocess.run(["modprobe", "--dry-run", module], capture_output=True, check=False).returncode == 0
