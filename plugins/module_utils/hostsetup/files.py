# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0
"""Writes text files of a host, whole or not at all, and keeps account of those that are ours."""

import os
import tempfile

from ansible_collections.kurl.ipv6.plugins.module_utils.hostfiles import registry


def text_of(path):
    """Return the text of a file, empty if there is none."""
    try:
        with open(path, encoding="utf-8", errors="surrogateescape") as stream:
            return stream.read()
    except FileNotFoundError:
        return ""


def write(module, path, text, mode=None):
    """Write a file.

    The file's owner, mode and SELinux context stay; where it is a mount point of its own, as /etc/hosts is in many
    containers, nothing can be renamed over it and its content is replaced in place.

    Arguments:
        module: the AnsibleModule.
        path: the file.
        text: its new text.
        mode: its mode; None keeps the mode that it has.
    """
    folder = os.path.dirname(path)
    if not os.path.isdir(folder):
        os.makedirs(folder, 0o755)
    descriptor, new = tempfile.mkstemp(prefix=".kurl-ipv6-", dir=folder)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8", errors="surrogateescape") as stream:
            stream.write(text)
            stream.flush()
            os.fsync(stream.fileno())
        os.chmod(new, mode if mode is not None else 0o644)
        module.atomic_move(new, path, unsafe_writes=True)
        if mode is not None and (os.stat(path).st_mode & 0o7777) != mode:
            os.chmod(path, mode)
    finally:
        if os.path.exists(new):
            os.unlink(new)


def is_ours(path, header):
    """Return whether a file is absent or ours: recorded, or beginning with our header."""
    if not os.path.lexists(path):
        return True
    return path in registry.owned(registry.read()) or text_of(path).startswith(header)


def foreign_message(path):
    """Return the error for a file of somebody else's under a name of ours."""
    return (
        f"{path} is there and was not written by this collection, so it is left alone. Move it away: mv {path}"
        f" {path}.before"
    )


def claim(name, path):
    """Record a file as ours under an item's name."""
    record = registry.read()
    sha256 = registry.digest(path)
    noted = dict(registry.stamp(path) or {}, sha256=sha256, before=registry.NOTHING)
    item = {"source": sha256, "strip": 0, "files": {path: noted}}
    if record["items"].get(name) != item:
        record["items"][name] = item
        registry.write(record)


def release(name):
    """Forget a file of ours."""
    record = registry.read()
    if record["items"].pop(name, None) is not None:
        registry.write(record)
