# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0
"""The lock file: what was fetched, with its sum, so that a later run gets the same bytes or says why not."""

from __future__ import absolute_import, division, print_function

__metaclass__ = type

import errno
import json
import os
import tempfile

_VERSION = 1


def read_lock(path):
    """Read a lock file as path of the artifact -> {sha256, size, modified}; a missing file is an empty lock.

    Raises:
        ValueError: the file is not a lock file.
    """
    try:
        with open(path, "r") as stream:
            content = json.load(stream)
    except EnvironmentError as error:
        if error.errno != errno.ENOENT:
            raise
        return {}
    except ValueError as error:
        raise ValueError("{0} is not a lock file ({1}). Delete it to lock anew".format(path, error))
    if (
        not isinstance(content, dict)
        or content.get("version") != _VERSION
        or not isinstance(content.get("artifacts"), dict)
    ):
        raise ValueError("{0} is not a lock file of version {1}. Delete it to lock anew".format(path, _VERSION))
    return content["artifacts"]


def write_lock(path, artifacts):
    """Write the lock file whole or not at all (a temporary file beside it is renamed)."""
    folder = os.path.dirname(path)
    handle, temporary = tempfile.mkstemp(prefix=".lock-", dir=folder)
    try:
        with os.fdopen(handle, "w") as stream:
            json.dump({"version": _VERSION, "artifacts": artifacts}, stream, indent=1, sort_keys=True)
            stream.write("\n")
        os.chmod(temporary, 0o644)
        os.rename(temporary, path)
    except Exception:
        os.unlink(temporary)
        raise


def stamp(path):
    """Size in bytes and modification time in nanoseconds: unchanged means the sum need not be taken again."""
    status = os.stat(path)
    return {"size": status.st_size, "modified": int(status.st_mtime * 1000000000)}
