# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0
"""Writes a file on a host so that a reader, or a run after a power cut, finds the old one or the new one."""

from __future__ import absolute_import, division, print_function

__metaclass__ = type

import json
import os

#: Ending of a file that is not whole yet.
_PARTIAL = ".kurl-ipv6-new"


def write_json(path, value):
    """Write a value as JSON, as a whole or not at all; the folder is made if it is missing.

    Arguments:
        path: of the file. Only one process at a time may write to it.
        value: what JSON knows: maps, lists, texts, numbers.
    Raises:
        OSError: it cannot be written; the old file is as it was.
    """
    write(path, json.dumps(value, indent=1, sort_keys=True).encode("utf-8"), 0o644)


def write(path, data, mode):
    """Write bytes, as a whole or not at all; the folder is made if it is missing.

    Arguments:
        path: of the file. Only one process at a time may write to it.
        data: its bytes.
        mode: its permissions; nobody who lacks them can read it at any time.
    Raises:
        OSError: it cannot be written; the old file is as it was.
    """
    folder = os.path.dirname(path)
    if not os.path.isdir(folder):
        os.makedirs(folder, 0o755)
    partial = path + _PARTIAL
    if os.path.lexists(partial):
        os.unlink(partial)
    descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    with os.fdopen(descriptor, "wb") as stream:
        stream.write(data)
        stream.flush()
        os.fsync(stream.fileno())
    os.rename(partial, path)


def link(path, target):
    """Let a symbolic link lead to a target; a reader finds the old link or the new one."""
    partial = path + _PARTIAL
    if os.path.lexists(partial):
        os.unlink(partial)
    os.symlink(target, partial)
    os.rename(partial, path)
