# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0
"""What the lab needs on the machine, and how it gets there."""

import os
import shutil

from .process import LabError, run

#: Command -> Debian package that brings it.
COMMANDS = {
    "podman": "podman",
    "runc": "runc",
    "mmdebstrap": "mmdebstrap",
    "iptables": "iptables",
    "ip": "iproute2",
    "ssh": "openssh-client",
}
#: Files that are no commands -> package.
FILES = {
    "/usr/lib/podman/netavark": "netavark",
    "/usr/lib/podman/aardvark-dns": "aardvark-dns",
}


def missing(commands, files):
    """Return the Debian packages that are needed and not installed.

    Arguments:
        commands: command -> package that brings it.
        files: path -> package that brings it.
    """
    packages = {package for command, package in commands.items() if not shutil.which(command)}
    return sorted(packages | {package for path, package in files.items() if not os.path.exists(path)})


def ensure_nodes():
    """Install what container nodes need, or say what cannot be had.

    Raises:
        LabError: not root, a kernel without IPv6, or no way to install.
    """
    if os.geteuid() != 0:
        raise LabError("nodes need privileged containers: run it as root (sudo make ...)")
    if not os.path.exists("/proc/net/if_inet6"):
        raise LabError("the kernel has IPv6 switched off (ipv6.disable=1 on its command line?)")
    # Debian keeps podman's network programs in packages of their own; other distributions elsewhere.
    debian_podman = not shutil.which("podman") or os.path.isdir("/usr/lib/podman")
    ensure(COMMANDS, FILES if debian_podman else {})


def ensure(commands, files):
    """Install what is missing; arguments as for :func:`missing`.

    Raises:
        LabError: it cannot be installed.
    """
    packages = missing(commands, files)
    if not packages:
        return
    if not shutil.which("apt-get") or os.geteuid() != 0:
        raise LabError("please install what these Debian packages hold: " + ", ".join(packages))
    print(f"==> installing {', '.join(packages)}", flush=True)
    environment = dict(os.environ, DEBIAN_FRONTEND="noninteractive")
    install = ["apt-get", "install", "-qq", "-y", "--no-install-recommends", *packages]
    if run(install, check=False, environment=environment)[0] != 0:
        run(["apt-get", "update", "-qq"], environment=environment)
        run(install, environment=environment)
