# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0
"""Fetching: every artifact verified against its published sum, several at a time, all failures reported at once."""

from __future__ import absolute_import, division, print_function

__metaclass__ = type

import errno
import os
import shutil
from multiprocessing.pool import ThreadPool

from ansible_collections.kurl.ipv6.plugins.module_utils.artifacts.checksum import parse_checksum, sha256_of
from ansible_collections.kurl.ipv6.plugins.module_utils.artifacts.lock import read_lock, stamp, write_lock
from ansible_collections.kurl.ipv6.plugins.module_utils.artifacts.source import SourceError, open_source
from ansible_collections.kurl.ipv6.plugins.module_utils.hostfiles.lock import Busy, hold

_JOBS = 4


def fetch_all(artifacts, mirror, cache, only_look=False):
    """Make every artifact available as a verified file on the controller.

    Arguments:
        artifacts: list of artifacts as in catalog.py.
        mirror: value of artifacts_mirror.
        cache: folder for downloads and for the lock file.
        only_look: change nothing; what is not there yet is listed as missing.
    Returns:
        A dict: files (name, kind, path = local file, sha256, size), fetched (names), missing (names), warnings and
        errors (messages).
    """
    cache = os.path.abspath(os.path.expanduser(cache))
    try:
        source = open_source(mirror)
        if only_look:
            return _fetch_all(artifacts, source, cache, True)
        _make_folder(cache)
        # Two runs that fill the same cache would write into each other's files.
        with hold(os.path.join(cache, ".busy")):
            return _fetch_all(artifacts, source, cache, False)
    except (SourceError, ValueError, Busy) as error:
        return _result(errors=[str(error)])
    except EnvironmentError as error:
        return _result(errors=[_system_error({"name": "artifacts_cache"}, cache, error)])


def _result(results=(), warnings=(), errors=()):
    return {
        "files": [result["file"] for result in results if "file" in result],
        "fetched": [result["file"]["name"] for result in results if result.get("fetched")],
        "missing": [result["missing"] for result in results if "missing" in result],
        "warnings": list(warnings),
        "errors": list(errors),
    }


def _fetch_all(artifacts, source, cache, only_look):
    lock_path = os.path.join(cache, "artifacts.lock.json")
    lock = read_lock(lock_path)

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
    return _result(results, [result["warning"] for result in results if result.get("warning")], errors)


def in_hand(artifact, source, cache, lock):
    """Return whether an artifact is here, verified, and as it was then: its source is not asked for it again.

    Arguments:
        artifact, source, cache: what, from where, and the folder for downloads.
        lock: what ``read_lock`` returned.
    """
    local, entry = _local(artifact, source, cache), lock.get(source.where(artifact["path"]))
    if not entry or not os.path.isfile(local):
        return False
    return stamp(local) == {"size": entry.get("size"), "modified": entry.get("modified")}


def _local(artifact, source, cache):
    return source.local_path(artifact["path"]) or os.path.join(cache, artifact["path"])


def _fetch_one(artifact, source, cache, lock, only_look):
    # An entry is locked for the source it came from: one cache may serve several mirrors.
    key = source.where(artifact["path"])
    entry = lock.get(key)
    in_place = source.local_path(artifact["path"])
    local = _local(artifact, source, cache)
    present = os.path.isfile(local)
    if in_hand(artifact, source, cache, lock):
        return _found(artifact, local, entry, cache, only_look)
    if not present and in_place:
        raise SourceError(source.missing(artifact))
    if not present and only_look:
        return {"missing": artifact["name"]}
    published = _published(artifact, source)
    warning = _compare_with_lock(artifact, source, published, entry, cache)
    expected = published or (entry or {}).get("sha256")
    actual = sha256_of(local) if present else None
    if actual and expected and actual != expected:
        if in_place:
            raise SourceError(_wrong_checksum(artifact, local, actual, expected, published))
        if only_look:
            return {"missing": artifact["name"]}
        # The cache has another source's file, or a damaged one.
        present = False
    if not present:
        actual = _download(artifact, source, local, expected, published)
    entry = dict(stamp(local), sha256=actual)
    found = _found(artifact, local, entry, cache, only_look)
    return dict(found, fetched=not present, key=key, entry=entry, warning=warning)


def _compare_with_lock(artifact, source, published, entry, cache):
    """Compare what is published with what was locked.

    Returns:
        A warning, or None. A mirror folder is the user's own: what its sums say holds.
    Raises:
        SourceError: somebody else's server publishes another sum than before.
    """
    if not published or not entry or entry.get("sha256") in (None, published):
        return None
    told = "{0}: {1} has sha256 {2} now, and had {3} when it was fetched first".format(
        artifact["name"], source.where(artifact["path"]), published, entry["sha256"]
    )
    if source.local_path(artifact["path"]):
        return told
    raise SourceError(
        "{0}. A release does not change: find out why it did. If the new one is right, delete the entry in {1}".format(
            told, os.path.join(cache, "artifacts.lock.json")
        )
    )


def _download(artifact, source, local, expected, published):
    """Fetch a file, verify it and put it in its place; return its sha256."""
    _make_folder(os.path.dirname(local))
    partial = local + ".part"
    resumed = os.path.exists(partial)
    source.fetch(artifact, partial)
    actual = sha256_of(partial)
    if resumed and expected and actual != expected:
        # What an earlier run left was the beginning of another file.
        os.unlink(partial)
        source.fetch(artifact, partial)
        actual = sha256_of(partial)
    if expected and actual != expected:
        os.unlink(partial)
        where = source.where(artifact["path"])
        raise SourceError(_wrong_checksum(artifact, where, actual, expected, published))
    os.rename(partial, local)
    return actual


def _found(artifact, local, entry, cache, only_look):
    """Return a verified file; of a program that is run here and cannot be, a copy that can."""
    if artifact.get("run_here") and not os.access(local, os.X_OK):
        runnable = os.path.join(cache, "run", entry["sha256"], os.path.basename(local))
        if not os.path.exists(runnable):
            if only_look:
                return {"missing": artifact["name"]}
            _make_folder(os.path.dirname(runnable))
            shutil.copyfile(local, runnable + ".part")
            os.chmod(runnable + ".part", 0o755)
            os.rename(runnable + ".part", runnable)
        local = runnable
    file = {"name": artifact["name"], "kind": artifact["kind"], "path": local}
    return {"file": dict(file, sha256=entry["sha256"], size=entry["size"])}


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


def _wrong_checksum(artifact, where, actual, expected, published):
    return (
        "{0}: wrong checksum. {1} has sha256 {2}, {3} {4}. Delete the file and fetch it again; if it stays so, "
        "the source is damaged or was tampered with".format(
            artifact["name"], where, actual, "published is" if published else "the lock file says", expected
        )
    )


def _make_folder(folder):
    try:
        os.makedirs(folder)
    except OSError as error:
        if error.errno != errno.EEXIST or not os.path.isdir(folder):
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
