# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0
"""What is asked of a host's files, checked and completed, and how it differs from what is there."""

from __future__ import absolute_import, division, print_function

__metaclass__ = type

import hashlib
import os
import re

from ansible_collections.kurl.ipv6.plugins.module_utils.hostfiles import registry

_MODE = re.compile(r"^0[0-7]{3,4}$")
_DIFF_BYTES = 256 * 1024


class PlanError(Exception):
    """What is asked for does not fit together; the message names the item."""


def complete(items, units):
    """Return items with their mode as a number and, where they have ``content``, its sha256.

    Arguments:
        items: as in the module ``kurl.ipv6.host_files``.
        units: the units of the same call.
    Raises:
        PlanError: an item is wrong.
    """
    completed = []
    known = {unit["name"] for unit in units}
    for item in items:
        name = item["name"]
        if not _MODE.match(item["mode"]):
            raise PlanError(
                "{0}: the mode must be octal digits in quotes, like '0644', not {1}".format(name, item["mode"])
            )
        if not item["dest"].startswith("/") or os.path.normpath(item["dest"]) != item["dest"].rstrip("/"):
            raise PlanError("{0}: the destination must be a whole path, not {1}".format(name, item["dest"]))
        if any(name == other["name"] for other in completed):
            raise PlanError("{0}: two items have this name".format(name))
        if not item["unpack"] and any(item["dest"] == other["dest"] for other in completed if not other["unpack"]):
            raise PlanError("{0}: two items have the destination {1}".format(name, item["dest"]))
        if item["unpack"] and item["content"] is not None:
            raise PlanError("{0}: an archive has a src, no content".format(name))
        for unit in item["units"]:
            if unit not in known:
                raise PlanError("{0}: its unit {1} is not among the units of the task".format(name, unit))
        item = dict(item, mode=int(item["mode"], 8))
        if item["content"] is not None:
            item["sha256"] = hashlib.sha256(item["content"].encode("utf-8")).hexdigest()
        completed.append(item)
    return completed


def expected(items, members):
    """Return {path: sha256} of the files that items will be.

    Arguments:
        items: completed items.
        members: {name of an archive's item: {file: sha256}}; the files of other archives are not known yet.
    """
    files = {}
    for item in items:
        if item["unpack"]:
            for name, sha256 in members.get(item["name"], {}).items():
                files[os.path.join(item["dest"], name)] = sha256
        else:
            files[item["dest"]] = item["sha256"]
    return files


def same_members(item, members):
    """Return whether an archive's files are known to be there already with the mode that is asked for."""
    if not item["unpack"] or not members.get(item["name"]):
        return False
    for path, sha256 in expected([item], members).items():
        found = registry.stamp(path)
        if not found or found["mode"] != item["mode"] or registry.digest(path) != sha256:
            return False
    return True


def difference(record, item):
    """Return an item's part of the diff: text where there is text, else the sums of what was installed and what
    will be.
    """
    after = {"after_header": "{0}, mode {1:04o}".format(item["dest"], item["mode"])}
    if item["content"] is None:
        known = record["items"].get(item["name"], {}).get("source", "")
        before = "sha256 {0}\n".format(known) if known else ""
        header = "{0} ({1})".format(item["dest"], item["name"])
        return dict(after, before_header=header, before=before, after="sha256 {0}\n".format(item["sha256"]))
    before, header = "", item["dest"] + ", not there"
    if os.path.isfile(item["dest"]):
        header = "{0}, mode {1:04o}".format(item["dest"], os.stat(item["dest"]).st_mode & 0o7777)
        before = "a file of {0} bytes\n".format(os.path.getsize(item["dest"]))
        if os.path.getsize(item["dest"]) < _DIFF_BYTES:
            with open(item["dest"], "rb") as stream:
                before = stream.read().decode("utf-8", "replace")
    return dict(after, before_header=header, before=before, after=item["content"])
