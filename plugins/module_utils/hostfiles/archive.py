# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0
"""The files of a tar archive that belong into one folder. Names and kinds that could reach beyond it are refused."""

from __future__ import absolute_import, division, print_function

__metaclass__ = type

import contextlib
import hashlib
import tarfile
import zlib

_BLOCK = 1 << 20


class ArchiveError(Exception):
    """The archive is damaged, or holds what it should not; the message says what."""


@contextlib.contextmanager
def _reading():
    """Turn whatever a damaged archive causes into ArchiveError."""
    try:
        yield
    except (tarfile.TarError, EOFError, ValueError, zlib.error) as error:
        raise ArchiveError("the archive cannot be read: {0}".format(error))
    except EnvironmentError as error:
        # A damaged compressed stream is an error without a number.
        if error.errno:
            raise
        raise ArchiveError("the archive cannot be read: {0}".format(error))


def files(path, strip):
    """Yield (name, iterator of the content in blocks) of every regular file at the top of an archive.

    Arguments:
        path: the archive, compressed or not.
        strip: how many leading folders to take off the names. Files that are then still in a folder are left out.
    Raises:
        ArchiveError: the archive cannot be read; or a name is absolute or has ``..``, or a member is a link or a
            device, wherever it is. While the blocks are read as well.
    """
    with _reading():
        archive = tarfile.open(path)
    with archive:
        while True:
            with _reading():
                member = archive.next()
            if member is None:
                return
            parts = [part for part in member.name.split("/") if part not in ("", ".")]
            if member.name.startswith("/") or ".." in parts:
                raise ArchiveError("the archive holds {0}, which points outside of it".format(member.name))
            if member.isdir():
                continue
            if not member.isfile():
                raise ArchiveError("the archive holds {0}, which is no regular file".format(member.name))
            if len(parts) == strip + 1:
                yield parts[-1], _blocks(archive.extractfile(member))


def _blocks(stream):
    while True:
        with _reading():
            block = stream.read(_BLOCK)
        if not block:
            return
        yield block


def digests(path, strip):
    """Return {name: sha256} of the files that :func:`files` yields; of a name that occurs twice the last one counts."""
    found = {}
    for name, blocks in files(path, strip):
        total = hashlib.sha256()
        for block in blocks:
            total.update(block)
        found[name] = total.hexdigest()
    return found
