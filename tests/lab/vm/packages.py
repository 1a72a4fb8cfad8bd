# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0
"""Files of the distribution's packages, without installing them."""

import os
import shutil
import tempfile

from containers.process import run


def unpack(package, build):
    """Fetch a package and unpack it below a folder; return the folder with its files."""
    place = os.path.join(build, package)
    os.makedirs(place)
    # The unprivileged user that apt fetches with may not reach the folder, of which apt warns and goes on.
    command = f"cd '{place}' && apt-get download -qq {package} && dpkg-deb -x *.deb files && rm -f *.deb"
    if run(["sh", "-c", command], check=False)[0]:
        # The lists may be older than the archive.
        run(["apt-get", "update", "-qq"])
        run(["sh", "-c", f"rm -rf '{place}'/* && {command}"])
    return os.path.join(place, "files")


def unpack_all(names, target):
    """Fetch packages and unpack them into one folder, as a whole or not at all."""
    with tempfile.TemporaryDirectory(dir=os.path.dirname(target), prefix="build-") as build:
        together = os.path.join(build, "together")
        for name in names:
            shutil.copytree(unpack(name, build), together, symlinks=True, dirs_exist_ok=True)
        os.rename(together, target)
