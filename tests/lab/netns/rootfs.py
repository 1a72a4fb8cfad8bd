# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0
"""The nodes' file system: that of the container nodes, unpacked once and shared read-only by all nodes."""

import os
import shutil

from containers import image, settings
from containers.process import run


def ensure():
    """Return the folder with the file system; made if it is not there."""
    tag = image.ensure().rsplit(":", 1)[1]
    folder = os.path.join(settings.cache("lab"), tag + "-root")
    if not os.path.isdir(folder):
        partial = f"{folder}.{os.getpid()}"
        try:
            os.mkdir(partial)
            run(
                [
                    "tar",
                    "--extract",
                    "--file",
                    os.path.join(settings.cache("lab"), tag + ".tar"),
                    "--directory",
                    partial,
                ]
            )
            os.rename(partial, folder)
        finally:
            shutil.rmtree(partial, ignore_errors=True)
    return folder
