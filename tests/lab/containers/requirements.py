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


def missing():
    """Return the Debian packages that are needed and not installed."""
    packages = {package for command, package in COMMANDS.items() if not shutil.which(command)}
    if "podman" in packages or _has_debian_podman():
        packages |= {package for path, package in FILES.items() if not os.path.exists(path)}
    return sorted(packages)


def _has_debian_podman():
    return os.path.isdir("/usr/lib/podman")


def ensure():
    """Install what is missing, or say what cannot be had.

    Raises:
        LabError: not root, no way to install, or a kernel without IPv6.
    """
    if os.geteuid() != 0:
        raise LabError("nodes need privileged containers: run it as root (sudo make ...)")
    if not os.path.exists("/proc/net/if_inet6"):
        raise LabError("the kernel has IPv6 switched off (ipv6.disable=1 on its command line?)")
    packages = missing()
    if not packages:
        return
    if not shutil.which("apt-get"):
        raise LabError("please install what these Debian packages hold: " + ", ".join(packages))
    print(f"==> installing {', '.join(packages)}", flush=True)
    environment = dict(os.environ, DEBIAN_FRONTEND="noninteractive")
    if (
        run(
            ["apt-get", "install", "-qq", "-y", "--no-install-recommends", *packages],
            check=False,
            environment=environment,
        )[0]
        != 0
    ):
        run(["apt-get", "update", "-qq"], environment=environment)
        run(["apt-get", "install", "-qq", "-y", "--no-install-recommends", *packages], environment=environment)
