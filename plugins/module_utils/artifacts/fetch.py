# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0
"""Fetching: every artifact verified against its published sum, several at a time, all failures reported at once."""

from __future__ import absolute_import, division, print_function

__metaclass__ = type

import errno
import os
from multiprocessing.pool import ThreadPool

from ansible_collections.kurl.ipv6.plugins.module_utils.artifacts.checksum import parse_checksum, sha256_of
from ansible_collections.kurl.ipv6.plugins.module_utils.artifacts.lock import read_lock, stamp, write_lock
from ansible_collections.kurl.ipv6.plugins.module_utils.artifacts.source import SourceError, open_source

_JOBS = 4


def fetch_all(artifacts, mirror, cache, only_look=False):
    """Make every artifact available as a verified file on the controller.

    Arguments:
        artifacts: list of artifacts as in catalog.py.
        mirror: value of artifacts_mirror.
        cache: folder for downloads and for the lock file.
        only_look: change nothing; what is not there yet is listed as missing.
    Returns:
        A dict: files (name, kind, path = local file, sha256, size), fetched (names), missing (names), errors (messages).
    """
    cache = os.path.abspath(os.path.expanduser(cache))
    try:
        source = open_source(mirror)
        lock_path = os.path.join(cache, "artifacts.lock.json")
        lock = read_lock(lock_path)
        if not only_look:
            _make_folder(cache)
    except (SourceError, ValueError) as error:
        return {"files": [], "fetched": [], "missing": [], "errors": [str(error)]}

    def one(artifact):
        try:
            return _fetch_one(artifact, source, cache, lock, only_look)
        except SourceError as error:
            return {"error": str(error)}
        except EnvironmentError as error:
            return {"error": _system_error(artifact, cache, error)}

    pool = ThreadPool(min(_JOBS, max(1, len(artifacts))))
    try:
        results = pool.map(one, artifacts, chunksize=1)
    finally:
        pool.terminate()

    # What was verified is locked even if another artifact failed: a later run need not fetch it again.
    locked = dict(lock)
    locked.update((result["key"], result["entry"]) for result in results if "entry" in result)
    errors = [result["error"] for result in results if "error" in result]
    if locked != lock and not only_look:
        try:
            write_lock(lock_path, locked)
        except EnvironmentError as error:
            errors.append(_system_error({"name": lock_path}, cache, error))
    return {
        "files": [result["file"] for result in results if "file" in result],
        "fetched": [result["file"]["name"] for result in results if result.get("fetched")],
        "missing": [result["missing"] for result in results if "missing" in result],
        "errors": errors,
    }


def _fetch_one(artifact, source, cache, lock, only_look):
    # An entry is locked for the source it came from: one cache may serve several mirrors.
    key = source.where(artifact["path"])
    entry = lock.get(key)
    local = source.local_path(artifact["path"]) or os.path.join(cache, artifact["path"])
    present = os.path.exists(local)
    if present and entry and entry["sha256"] and stamp(local) == {"size": entry["size"], "modified": entry["modified"]}:
        return {"file": _file(artifact, local, entry)}
    if not present:
        if only_look and not source.local_path(artifact["path"]):
            return {"missing": artifact["name"]}
        published = _published(artifact, source)
        _make_folder(os.path.dirname(local))
        partial = local + ".part"
        source.fetch(artifact, partial)
        entry = _verified(artifact, partial, published, entry)
        os.rename(partial, local)
    else:
        entry = _verified(artifact, local, _published(artifact, source), entry)
    entry.update(stamp(local))
    return {"file": _file(artifact, local, entry), "fetched": not present, "key": key, "entry": entry}


def _published(artifact, source):
    text = source.read_text(artifact["checksum_path"])
    if text is None:
        if source.publishes_checksum(artifact):
            raise SourceError(
                "{0}: there is no checksum {1} beside it, so it cannot be verified. Put the published sum there".format(
                    artifact["name"], source.where(artifact["checksum_path"])
                )
            )
        return None
    published = parse_checksum(text, os.path.basename(artifact["path"]))
    if published is None:
        raise SourceError(
            "{0}: {1} holds no sha256 of {2}. Put the published sum there".format(
                artifact["name"], source.where(artifact["checksum_path"]), os.path.basename(artifact["path"])
            )
        )
    return published


def _verified(artifact, path, published, entry):
    actual = sha256_of(path)
    expected = published or (entry or {}).get("sha256") or actual
    if actual != expected:
        if path.endswith(".part"):
            os.unlink(path)
        raise SourceError(
            "{0}: wrong checksum. {1} has sha256 {2}, {3} {4}. Delete the file and fetch it again; if it stays so, "
            "the source is damaged or was tampered with".format(
                artifact["name"], path, actual, "published is" if published else "the lock file says", expected
            )
        )
    return {"sha256": actual}


def _file(artifact, local, entry):
    return {
        "name": artifact["name"],
        "kind": artifact["kind"],
        "path": local,
        "sha256": entry["sha256"],
        "size": entry["size"],
    }


def _make_folder(folder):
    try:
        os.makedirs(folder)
    except OSError as error:
        if error.errno != errno.EEXIST:
            raise


def _system_error(artifact, cache, error):
    if error.errno == errno.ENOSPC:
        return (
            "{0}: no space left on the disk of {1}. Free some, or set artifacts_cache to a folder on a larger disk; "
            "what was fetched so far is kept".format(artifact["name"], cache)
        )
    return "{0}: {1}: {2}. Check the folder's owner and mode, or set artifacts_cache".format(
        artifact["name"], error.filename or cache, error.strerror or error
    )
