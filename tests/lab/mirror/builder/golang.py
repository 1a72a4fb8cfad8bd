# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0
"""Builds commands from Go modules."""

import os
import re
import shutil

from containers import requirements
from containers.process import LabError, run

NEEDED = (1, 24)


def ensure():
    """Check that there is a Go that can build what is asked for, or that can fetch one."""
    if not shutil.which("go"):
        raise LabError(
            "upstream cannot be reached, so that the mirror is built from source, and Go is not installed;"
            " install Go 1.24 or newer"
        )
    found = re.search(r"go(\d+)\.(\d+)", run(["go", "version"])[1])
    if found and tuple(map(int, found.groups())) < NEEDED:
        raise LabError(f"Go {found.group(0)[2:]} is too old to build the mirror; install Go 1.24 or newer")
    requirements.ensure(
        {"gcc": "gcc", "pkg-config": "pkg-config"},
        {"/usr/include/seccomp.h": "libseccomp-dev", "/usr/include/stdlib.h": "libc6-dev"},
    )


def build(folder, package, destination, flags="", tags="", static_c=False):
    """Build one command.

    Arguments:
        folder: folder of a module that names the package in its go.mod; empty for ``package@version`` of its own.
        package: the import path.
        destination: the file to write.
        flags: linker flags besides those that leave out symbols.
        tags: build tags.
        static_c: link C libraries into it.
    """
    environment = dict(os.environ, CGO_ENABLED="1" if static_c else "0", GOFLAGS="-buildvcs=false", GOWORK="off")
    linker = "-s -w " + ("-extldflags -static " if static_c else "") + flags
    common = ["-trimpath", "-ldflags", linker.strip(), *(["-tags", tags] if tags else [])]
    bin_folder = destination + ".bin"
    shutil.rmtree(bin_folder, ignore_errors=True)
    os.makedirs(bin_folder)
    try:
        if folder:
            run(
                ["go", "-C", folder, "build", "-mod=readonly", *common, "-o", bin_folder + "/", package],
                environment=environment,
            )
        else:
            run(["go", "install", *common, package], environment=dict(environment, GOBIN=bin_folder))
        (made,) = os.listdir(bin_folder)
        os.replace(os.path.join(bin_folder, made), destination)
    finally:
        shutil.rmtree(bin_folder, ignore_errors=True)


def source(folder, module):
    """Return the folder that holds the files of a module, fetched if they are not there.

    Arguments:
        folder: folder of a module that names it in its go.mod.
        module: its path.
    """
    run(["go", "-C", folder, "mod", "download", module])
    return run(["go", "-C", folder, "list", "-mod=readonly", "-m", "-f", "{{.Dir}}", module])[1].strip()
