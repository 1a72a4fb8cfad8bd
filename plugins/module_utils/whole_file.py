# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0
"""Writes a note on a host so that a reader, or a run after a power cut, finds the old one or the new one."""

from __future__ import absolute_import, division, print_function

__metaclass__ = type

import json
import os


def write_json(path, value):
    """Write a value as JSON, as a whole or not at all; the folder is made if it is missing.

    Arguments:
        path: of the file. Only one process at a time may write to it.
        value: what JSON knows: maps, lists, texts, numbers.
    Raises:
        OSError: it cannot be written; the old file is as it was.
    """
    folder = os.path.dirname(path)
    if not os.path.isdir(folder):
        os.makedirs(folder, 0o755)
    partial = path + ".new"
    with open(partial, "wb") as stream:
        stream.write(json.dumps(value, indent=1, sort_keys=True).encode("utf-8"))
        stream.flush()
        os.fsync(stream.fileno())
    os.rename(partial, path)
