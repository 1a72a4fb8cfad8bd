# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0
"""Puts files in place: each one whole or not at all, none that belongs to somebody else.

The steps are apart so that nothing is changed before all of it can be: :func:`stage` writes every file beside its
target, the caller asks :func:`foreign`, then :func:`place` renames.
"""

from __future__ import absolute_import, division, print_function

__metaclass__ = type

import hashlib
import os
import shutil

from ansible_collections.kurl.ipv6.plugins.module_utils.hostfiles import archive, registry

#: Copies of files that were replaced because the user said so, under their whole path.
REPLACED = "/var/lib/kurl-ipv6/replaced"
_NEW = ".kurl-ipv6-new"


class InstallError(Exception):
    """An item cannot be installed; the message names the file and the remedy."""


def staged_path(target):
    """Return where a file is written before it is renamed.

    The dot keeps programs that read whole folders from it: the kubelet leaves out such names among its static pods.
    """
    folder, name = os.path.split(target)
    return os.path.join(folder, "." + name + _NEW)


def stage(record, item, source):
    """Write an item's files beside their targets.

    Arguments:
        record: the registry's record; folders that are made are added to it.
        item: the item.
        source: local file: the content, or the archive to unpack; not looked at where the item has ``content``.
    Returns:
        {target: sha256}.
    Raises:
        InstallError: what arrived is not what was sent, the archive holds what it should not, or the disk is full.
    """
    targets = {}
    try:
        if item["unpack"]:
            _check_arrived(item, source)
            folder = item["dest"].rstrip("/")
            make_folder(record, folder)
            for name, blocks in archive.files(source, item["strip"]):
                target = os.path.join(folder, name)
                targets[target] = _write(blocks, staged_path(target), item["mode"])
            if not targets:
                raise InstallError(
                    "{0}: the archive holds no files in the folder that is asked for".format(item["name"])
                )
        else:
            target = item["dest"]
            make_folder(record, os.path.dirname(target))
            targets[target] = ""
            if item["content"] is not None:
                targets[target] = _write([item["content"].encode("utf-8")], staged_path(target), item["mode"])
            else:
                with open(source, "rb") as stream:
                    targets[target] = _write(iter(lambda: stream.read(1 << 20), b""), staged_path(target), item["mode"])
            if targets[target] != item["sha256"]:
                raise InstallError(_NOT_WHAT_WAS_SENT.format(item["name"]))
        return targets
    except archive.ArchiveError as error:
        discard(targets)
        raise InstallError("{0}: {1}".format(item["name"], error))
    except EnvironmentError as error:
        discard(targets)
        raise InstallError(
            "{0}: {1}: {2}".format(item["name"], error.filename or item["dest"], error.strerror or error)
        )
    except BaseException:
        discard(targets)
        raise


_NOT_WHAT_WAS_SENT = "{0}: what arrived differs from what was sent. Run the playbook again"


def _check_arrived(item, source):
    if registry.digest(source) != item["sha256"]:
        raise InstallError(_NOT_WHAT_WAS_SENT.format(item["name"]))


def _write(blocks, path, mode):
    """Write a file; return its sha256. What is half written is removed."""
    total = hashlib.sha256()
    descriptor = _open_new(path)
    try:
        with os.fdopen(descriptor, "wb") as target:
            for block in blocks:
                total.update(block)
                target.write(block)
        os.chmod(path, mode)
    except BaseException:
        os.unlink(path)
        raise
    return total.hexdigest()


def _open_new(path):
    # A run that was killed may have left one.
    if os.path.lexists(path):
        os.unlink(path)
    return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)


def discard(targets):
    """Remove what was staged for targets and not placed."""
    for target in targets:
        if os.path.lexists(staged_path(target)):
            os.unlink(staged_path(target))


def sweep(folders):
    """Remove what killed runs staged in folders."""
    for folder in folders:
        if os.path.isdir(folder):
            for name in os.listdir(folder):
                if name.startswith(".") and name.endswith(_NEW):
                    os.unlink(os.path.join(folder, name))


def foreign(record, digests):
    """Return the targets at which there is something that the collection did not install and that is not the same
    anyway.

    Arguments:
        record: the registry's record.
        digests: {target: sha256 that it is to have}.
    """
    ours = registry.owned(record)
    return sorted(
        target
        for target, sha256 in digests.items()
        if target not in ours
        and os.path.lexists(target)
        and not (registry.stamp(target) and registry.digest(target) == sha256)
    )


def place(record, item, targets, save):
    """Put staged files in their places.

    The record says first whose the files are and which units must be restarted, then they change: a run that is
    killed at any point is made up for by the next one.

    Arguments:
        record: the registry's record; the item is added to it.
        item: the item.
        targets: what :func:`stage` returned.
        save: function (record) that writes the record.
    Returns:
        The paths that got other content or another mode.
    Raises:
        InstallError: a folder is where a file should be.
    """
    changes = sorted(target for target, sha256 in targets.items() if not _same(target, sha256, item["mode"]))
    known = record["items"].get(item["name"], {"files": {}})
    files = {}
    for target, sha256 in targets.items():
        if os.path.isdir(target) and not os.path.islink(target):
            raise InstallError("{0}: {1} is a folder. Move it away (mv {1} {1}.before)".format(item["name"], target))
        noted = registry.noted(record, target)
        before = noted["before"] if noted else _before(target, target in changes)
        stamp = registry.stamp(staged_path(target) if target in changes else target)
        files[target] = dict(stamp, sha256=sha256, before=before)
    if changes:
        record["pending"] = sorted(set(record["pending"]) | set(item["units"]))
        record["items"][item["name"]] = {"source": "", "strip": item["strip"], "files": dict(known["files"], **files)}
        save(record)
    for target in changes:
        os.rename(staged_path(target), target)
    elsewhere = {path for name, one in record["items"].items() if name != item["name"] for path in one["files"]}
    for path in sorted(set(known["files"]) - set(files) - elsewhere):
        _take_away(path, known["files"][path]["before"])
    record["items"][item["name"]] = {"source": item["sha256"], "strip": item["strip"], "files": files}
    save(record)
    return changes


def _before(target, changes):
    """Return what the record notes of what is at a target now; what is about to be replaced is copied."""
    if not os.path.lexists(target):
        return registry.NOTHING
    if not changes:
        return registry.THE_SAME
    copy = REPLACED + target
    if not os.path.isdir(os.path.dirname(copy)):
        os.makedirs(os.path.dirname(copy), 0o700)
    if os.path.lexists(copy):
        os.unlink(copy)
    shutil.copy2(target, copy, follow_symlinks=False)
    return copy


def _take_away(path, before):
    """Remove a file that an item no longer has, and put back what it replaced."""
    if before == registry.THE_SAME:
        return
    if before != registry.NOTHING and os.path.lexists(before):
        shutil.copy2(before, staged_path(path), follow_symlinks=False)
        os.rename(staged_path(path), path)
        os.unlink(before)
    elif os.path.lexists(path):
        os.unlink(path)


def take_away(record, name):
    """Remove the files of a recorded item that no other item has, and put back what they replaced."""
    files = record["items"][name]["files"]
    elsewhere = {path for other, one in record["items"].items() if other != name for path in one["files"]}
    for path in sorted(set(files) - elsewhere):
        _take_away(path, files[path]["before"])


def foreign_message(paths):
    """Return the message for files that somebody else put there."""
    return (
        "{0} {1} there and {2} not installed by this collection, so {3} left alone. Move {4} away "
        "(mv {5} {5}.before), or let the collection take over with the role variable "
        "<role>_replace_foreign_files: true".format(
            ", ".join(paths),
            "is" if len(paths) == 1 else "are",
            "was" if len(paths) == 1 else "were",
            "it is" if len(paths) == 1 else "they are",
            "it" if len(paths) == 1 else "them",
            paths[0],
        )
    )


def make_folder(record, folder):
    """Make a folder and its parents, readable by all whatever the umask is, and note those that were made."""
    if not os.path.isdir(folder):
        make_folder(record, os.path.dirname(folder))
        os.mkdir(folder)
        os.chmod(folder, 0o755)
        if folder not in record["folders"]:
            record["folders"].append(folder)


def _same(target, sha256, mode):
    """Return whether a file is there with a content and a mode."""
    found = registry.stamp(target)
    return bool(found) and found["mode"] == mode and registry.digest(target) == sha256
