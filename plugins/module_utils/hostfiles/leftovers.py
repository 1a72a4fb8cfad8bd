# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0
"""Removes what runs that were killed left in the host's folder for temporary files: up to all images of a node,
each time.
"""

from __future__ import absolute_import, division, print_function

__metaclass__ = type

import os
import shutil
import time

#: How ansible-core names its temporary folders, and how the collection names what it sends there.
FOLDER_PREFIX = "ansible-tmp-"
FILE_PREFIX = "kurl-ipv6-"
#: A transfer that goes on writes all the time.
IDLE_SECONDS = 600


def sweep(source, now=None):
    """Remove the folders of earlier transfers beside the one that a file was sent to.

    Arguments:
        source: path of a file that was sent by this run.
        now: the time in seconds, for tests.
    Returns:
        The folders that were removed. Only folders that hold nothing but what the collection sends, and have been
        idle, are.
    """
    now = time.time() if now is None else now
    own = os.path.dirname(source)
    removed = []
    for name in sorted(os.listdir(os.path.dirname(own))):
        folder = os.path.join(os.path.dirname(own), name)
        if not name.startswith(FOLDER_PREFIX) or folder == own or os.path.islink(folder) or not os.path.isdir(folder):
            continue
        try:
            inside = os.listdir(folder)
            newest = max([os.lstat(folder).st_mtime] + [os.lstat(os.path.join(folder, one)).st_mtime for one in inside])
        except EnvironmentError:
            continue
        if inside and all(one.startswith(FILE_PREFIX) for one in inside) and now - newest > IDLE_SECONDS:
            shutil.rmtree(folder, ignore_errors=True)
            removed.append(folder)
    return removed
