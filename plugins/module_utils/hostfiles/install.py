# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0
"""Puts files in place: each one whole or not at all, none that belongs to somebody else."""

from __future__ import absolute_import, division, print_function

__metaclass__ = type

import hashlib
import os
import shutil
import tarfile

from ansible_collections.kurl.ipv6.plugins.module_utils.hostfiles import registry

_BLOCK = 1 << 20
NEW = ".kurl-ipv6-new"


class InstallError(Exception):
    """An item cannot be installed; the message names the file and the remedy."""


def digest(path):
    """Return the sha256 of a file as hexadecimal digits."""
    total = hashlib.sha256()
    with open(path, "rb") as stream:
        for block in iter(lambda: stream.read(_BLOCK), b""):
            total.update(block)
    return total.hexdigest()


def install(record, item, source, replace_foreign):
    """Install one item.

    Arguments:
        record: the registry's record; the item is added to it.
        item: the item.
        source: local file: the content, or the archive to unpack.
        replace_foreign: take over files that somebody else put there.
    Returns:
        The paths that got other content or another mode.
    Raises:
        InstallError: a file is there that the collection did not install, or the archive holds what it should not.
    """
    if digest(source) != item["sha256"]:
        raise InstallError("{0}: what arrived differs from what was sent. Run the playbook again".format(item["name"]))
    staged = []
    try:
        if item["unpack"]:
            staged = _unpack(item, source)
        else:
            _make_folder(os.path.dirname(item["dest"]))
            staged = [(item["dest"], item["dest"] + NEW)]
            _copy(source, item["dest"] + NEW, item["mode"])
        ours = registry.owned(record)
        changes = [(target, new) for target, new in staged if not _same(target, new)]
        if not replace_foreign:
            foreign = sorted(target for target, _new in changes if os.path.lexists(target) and target not in ours and not _same_bytes(target, _new))
            if foreign:
                raise InstallError(foreign_message(foreign))
        for target, new in changes:
            os.rename(new, target)
        known = record["items"].get(item["name"], {"files": {}})
        for left_over in set(known["files"]) - set(target for target, _new in staged):
            if os.path.lexists(left_over):
                os.unlink(left_over)
        record["items"][item["name"]] = {"source": item["sha256"], "files": dict((target, registry.stamp(target)) for target, _new in staged)}
        return [target for target, _new in changes]
    finally:
        for _target, new in staged:
            if os.path.exists(new):
                os.unlink(new)


def foreign_message(paths):
    """Return the message for files that somebody else put there."""
    return (
        "{0} {1} there and {2} not installed by this collection, so {3} left alone. Move {4} away (mv {5} {5}.before), or let the "
        "collection take over with the role variable <role>_replace_foreign_files: true".format(
            ", ".join(paths),
            "is" if len(paths) == 1 else "are",
            "was" if len(paths) == 1 else "were",
            "it is" if len(paths) == 1 else "they are",
            "it" if len(paths) == 1 else "them",
            paths[0],
        )
    )


def _unpack(item, source):
    """Write the regular files of an archive beside their targets; return [(target, new file)]."""
    folder = item["dest"].rstrip("/")
    _make_folder(folder)
    staged = []
    try:
        with tarfile.open(source) as archive:
            for member in archive:
                name = "/".join(part for part in member.name.split("/") if part not in ("", "."))
                name = "/".join(name.split("/")[item["strip"] :])
                if member.isdir() or not name:
                    continue
                if not member.isfile():
                    raise InstallError("{0}: the archive holds {1}, which is no regular file".format(item["name"], member.name))
                if "/" in name or name == "..":
                    continue
                new = os.path.join(folder, name) + NEW
                staged.append((os.path.join(folder, name), new))
                with open(new, "wb") as stream:
                    shutil.copyfileobj(archive.extractfile(member), stream, _BLOCK)
                os.chmod(new, item["mode"])
        if not staged:
            raise InstallError("{0}: the archive holds no files".format(item["name"]))
        return staged
    except (tarfile.TarError, EOFError, ValueError) as error:
        raise InstallError("{0}: the archive cannot be read: {1}".format(item["name"], error))
    except BaseException:
        for _target, new in staged:
            if os.path.exists(new):
                os.unlink(new)
        raise


def _copy(source, new, mode):
    descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as target:
        with open(source, "rb") as stream:
            shutil.copyfileobj(stream, target, _BLOCK)
    os.chmod(new, mode)


def _same(target, new):
    """Return whether a file is there with the content and mode of another."""
    return _same_bytes(target, new) and (os.stat(target).st_mode & 0o7777) == (os.stat(new).st_mode & 0o7777)


def _same_bytes(target, new):
    if not os.path.isfile(target) or os.path.islink(target) or os.path.getsize(target) != os.path.getsize(new):
        return False
    return digest(target) == digest(new)


def _make_folder(folder):
    if not os.path.isdir(folder):
        os.makedirs(folder, 0o755)
