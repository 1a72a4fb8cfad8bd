# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0
"""The host's own record of the files that the collection installed, and of the units that wait for a restart because of them.

The record makes three things possible: a file that is not ours is recognised and left alone, an unchanged file need not be digested
again, and a restart that a killed run did not come to is made up for by the next one.
"""

from __future__ import absolute_import, division, print_function

__metaclass__ = type

import errno
import json
import os

PATH = "/var/lib/kurl-ipv6/files.json"


def empty():
    """Return the record of a host on which nothing was installed yet."""
    return {"items": {}, "pending": []}


def read(path=PATH):
    """Read the record.

    Returns:
        ``{"items": {name: {"source": sha256, "files": {path: {"size", "modified", "mode"}}}}, "pending": [unit]}``. ``modified`` is in
        nanoseconds. A record that is damaged counts as empty: everything is then compared byte by byte.
    """
    try:
        with open(path, "rb") as stream:
            record = json.loads(stream.read().decode("utf-8"))
        return {"items": dict(record["items"]), "pending": list(record["pending"])}
    except EnvironmentError as error:
        if error.errno != errno.ENOENT:
            raise
    except (ValueError, KeyError, TypeError):
        pass
    return empty()


def write(record, path=PATH):
    """Write the record as a whole or not at all."""
    folder = os.path.dirname(path)
    if not os.path.isdir(folder):
        os.makedirs(folder, 0o755)
    partial = path + ".new"
    with open(partial, "wb") as stream:
        stream.write(json.dumps(record, indent=1, sort_keys=True).encode("utf-8"))
        stream.flush()
        os.fsync(stream.fileno())
    os.rename(partial, path)


def stamp(path):
    """Return size, time of modification and mode of a file, None if there is no such regular file."""
    try:
        status = os.lstat(path)
    except EnvironmentError:
        return None
    if not os.path.isfile(path) or os.path.islink(path):
        return None
    return {"size": status.st_size, "modified": status.st_mtime_ns, "mode": status.st_mode & 0o7777}


def owned(record):
    """Return the paths that the collection installed."""
    return set(path for item in record["items"].values() for path in item["files"])


def current(record, item):
    """Return whether an item is installed as it should be: same source, and its files untouched since.

    Arguments:
        record: the record.
        item: an item with ``name``, ``sha256``, ``mode`` and ``dest``.
    """
    known = record["items"].get(item["name"])
    if not known or known["source"] != item["sha256"] or not known["files"]:
        return False
    if not item["unpack"] and (list(known["files"]) != [item["dest"]] or known["files"][item["dest"]]["mode"] != item["mode"]):
        return False
    if item["unpack"] and any(os.path.dirname(path) != item["dest"].rstrip("/") for path in known["files"]):
        return False
    return all(stamp(path) == noted for path, noted in known["files"].items())
