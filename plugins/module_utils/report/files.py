# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0
"""Writes the report's files on the controller."""

import json
import os
import re
import tempfile

from ansible_collections.kurl.ipv6.plugins.module_utils.report import junit, page

MODE = 0o644


class WriteError(Exception):
    """A file of the report could not be written; the text says which and why."""


def stem(title):
    """Return the name of the files without its ending: the title, without what could lead to another folder."""
    return re.sub(r"[^A-Za-z0-9_.-]+", "-", title).strip(".-")[:100] or "report"


def replace(path, content):
    """Write a text file in one step: a reader sees the old file or the new one, never a part.

    Raises:
        OSError: it cannot be written; nothing is left behind.
    """
    # Its own name, because two runs may write to one folder.
    descriptor, temporary = tempfile.mkstemp(prefix=".", suffix=".new", dir=os.path.dirname(path))
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8", errors="backslashreplace", newline="\n") as stream:
            stream.write(content)
            os.fchmod(stream.fileno(), MODE)
        os.replace(temporary, path)
    except BaseException:
        os.unlink(temporary)
        raise


def write(folder, report):
    """Write ``<title>.json``, ``<title>.html`` and ``<title>.xml``.

    Arguments:
        folder: where; it is made if it is missing.
        report: as ``document.build`` makes it.
    Returns:
        The paths of the files.
    Raises:
        WriteError: one of them cannot be written.
    """
    name = stem(report["title"])
    contents = {
        ".json": json.dumps(report, ensure_ascii=False, indent=1) + "\n",
        ".html": page.render(report, f"{name}.json"),
        ".xml": junit.render(report),
    }
    path = folder
    try:
        os.makedirs(folder, exist_ok=True)
        written = []
        for ending, content in contents.items():
            path = os.path.join(folder, name + ending)
            replace(path, content)
            written.append(path)
    except OSError as error:
        raise WriteError(f"the report could not be written to {path}: {error.strerror or error}")
    return written
