# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0
"""Makes the bases of images from Debian's packages."""

import os

from containers import requirements
from containers.image import SUITE
from containers.process import run

#: What no image needs.
THIN = "rm -rf $1/usr/share/doc $1/usr/share/man $1/usr/share/locale $1/usr/share/info $1/var/lib/apt $1/var/cache"


def ensure():
    """Install what makes root file systems."""
    requirements.ensure({"mmdebstrap": "mmdebstrap"}, {})


def base(path, packages, hooks=(), suite=SUITE):
    """Write a tar of a root file system with these packages and what they depend on; their install scripts do not run.

    Arguments:
        path: the tar to write.
        packages: names of Debian packages.
        hooks: shell commands run on it before it is packed; ``$1`` is its folder.
        suite: the release of Debian.
    """
    if os.path.exists(path):
        return
    words = [f"--extract-hook={hook}" for hook in (*hooks, THIN)]
    partial = path + ".part.tar"
    run(
        [
            "mmdebstrap",
            "--quiet",
            "--variant=extract",
            "--skip=output/dev",
            "--include=" + ",".join(packages),
            *words,
            suite,
            partial,
        ]
    )
    os.rename(partial, path)
