# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0
"""The host's own record of the files that the collection installed, and of the units that wait for a restart because
of them.

The record makes four things possible: a file that is not ours is recognised and left alone, an unchanged file need
not be digested again, a restart that a killed run did not come to is made up for by the next one, and what was
installed can be taken away again without touching what was there before.
"""

from __future__ import absolute_import, division, print_function

__metaclass__ = type

import errno
import hashlib
import json
import os

from ansible_collections.kurl.ipv6.plugins.module_utils import whole_file

PATH = "/var/lib/kurl-ipv6/files.json"

#: What was at a file's place before it was first installed, besides the path of a copy of it.
NOTHING = ""
THE_SAME = "the same"


def empty():
    """Return the record of a host on which nothing was installed yet."""
    return {"items": {}, "folders": [], "units": [], "pending": []}


def read(path=None):
    """Read the record.

    Arguments:
        path: of the record, :data:`PATH` if it is not given.
    Returns:
        A map with

        - ``items``: {name: {``source``: sha256 of the content or archive, empty while it is being installed;
          ``strip``; ``files``: {path: {``size``, ``modified`` (nanoseconds), ``mode``, ``sha256``, ``before``}}}}.
          ``before`` is :data:`NOTHING`, :data:`THE_SAME` (the file was there, with the content that was to be
          installed), or the path of a copy of what was replaced;
        - ``folders``: those that were made for files, parents first;
        - ``units``: those that were enabled, in their order;
        - ``pending``: units whose files changed since they were started last.

        A record that is damaged counts as empty: everything is then compared byte by byte.
    """
    path = path or PATH
    try:
        with open(path, "rb") as stream:
            record = json.loads(stream.read().decode("utf-8"))
        return _checked(record)
    except EnvironmentError as error:
        if error.errno != errno.ENOENT:
            raise
    except (ValueError, KeyError, TypeError, AttributeError):
        pass
    return empty()


def _checked(record):
    """Return a record with all its parts; one that lacks what is needed raises KeyError, TypeError or
    AttributeError.
    """
    checked = empty()
    for name, item in record["items"].items():
        files = {path: dict(noted, before=noted.get("before", NOTHING)) for path, noted in item["files"].items()}
        checked["items"][name] = {"source": item["source"] + "", "strip": item.get("strip", 0), "files": files}
    for part in ("folders", "units", "pending"):
        checked[part] = [text + "" for text in record.get(part, [])]
    return checked


def write(record, path=None):
    """Write the record as a whole or not at all."""
    whole_file.write_json(path or PATH, record)


def stamp(path):
    """Return size, time of modification and mode of a file, None if there is no such regular file.

    They tell whether a file was touched. A file that lost its content with the host's power is shorter than noted.
    """
    try:
        status = os.lstat(path)
    except EnvironmentError:
        return None
    if not os.path.isfile(path) or os.path.islink(path):
        return None
    return {"size": status.st_size, "modified": status.st_mtime_ns, "mode": status.st_mode & 0o7777}


def digest(path):
    """Return the sha256 of a file as hexadecimal digits."""
    total = hashlib.sha256()
    with open(path, "rb") as stream:
        for block in iter(lambda: stream.read(1 << 20), b""):
            total.update(block)
    return total.hexdigest()


def owned(record):
    """Return the paths that the collection installed."""
    return {path for item in record["items"].values() for path in item["files"]}


def noted(record, path):
    """Return what is noted of a file, an empty map if nothing is."""
    for item in record["items"].values():
        if path in item["files"]:
            return item["files"][path]
    return {}


def _fits(record, item):
    """Return whether an item was installed from the same source to the same place with the same mode."""
    known = record["items"].get(item["name"])
    if not known or known["source"] != item["sha256"] or not known["files"]:
        return False
    if any(one.get("mode") != item["mode"] for one in known["files"].values()):
        return False
    if not item["unpack"]:
        return list(known["files"]) == [item["dest"]]
    return known["strip"] == item["strip"] and all(
        os.path.dirname(path) == item["dest"].rstrip("/") for path in known["files"]
    )


def current(record, item):
    """Return whether an item is installed as it should be: same source, and its files untouched since.

    Arguments:
        record: the record.
        item: an item with ``name``, ``sha256``, ``mode``, ``dest``, ``unpack`` and ``strip``.
    """
    if not _fits(record, item):
        return False
    files = record["items"][item["name"]]["files"]
    return all(stamp(path) == _stamp_of(one) for path, one in files.items())


def _stamp_of(one):
    return {name: one.get(name) for name in ("size", "modified", "mode")}


def settle(record, item):
    """Bring the record up to date where the host already has what an item asks for; return whether it has.

    That is so when a file was only touched, when the record was lost, or when somebody else installed the very same
    file.
    """
    if _fits(record, item):
        files = record["items"][item["name"]]["files"]
        now = {path: stamp(path) for path in files}
        if not all(
            now[path] and now[path]["mode"] == item["mode"] and digest(path) == one.get("sha256")
            for path, one in files.items()
        ):
            return False
        for path, one in files.items():
            one.update(now[path])
        return True
    found = None if item["unpack"] else stamp(item["dest"])
    if not found or found["mode"] != item["mode"] or digest(item["dest"]) != item["sha256"]:
        return False
    known = record["items"].get(item["name"], {"files": {}})
    if set(known["files"]) - {item["dest"]}:
        # The item has moved: what it left behind must go as well.
        return False
    before = noted(record, item["dest"]).get("before", THE_SAME)
    files = {item["dest"]: dict(found, sha256=item["sha256"], before=before)}
    record["items"][item["name"]] = {"source": item["sha256"], "strip": item["strip"], "files": files}
    return True


def removable(record):
    """Return what has to be done to take away everything that the record holds; nothing is read from the host.

    Returns:
        A map with

        - ``units``: units to stop and disable, in this order;
        - ``remove``: {path: sha256 it was installed with} of files to remove; one with another sum was changed by
          somebody since;
        - ``restore``: {path: copy of what was there before} of files to put back;
        - ``keep``: files that were there with the same content before, and stay;
        - ``folders``: folders to remove if they are empty then, in this order.
    """
    files = {}
    for item in record["items"].values():
        files.update(item["files"])
    return {
        "units": list(reversed(record["units"])),
        "remove": {path: one.get("sha256", "") for path, one in files.items() if one["before"] == NOTHING},
        "restore": {path: one["before"] for path, one in files.items() if one["before"] not in (NOTHING, THE_SAME)},
        "keep": sorted(path for path, one in files.items() if one["before"] == THE_SAME),
        "folders": sorted(record["folders"], key=lambda folder: (-folder.rstrip("/").count("/"), folder)),
    }
