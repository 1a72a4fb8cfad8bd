# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0
"""The host's own note of what parameters were before us, and of a change that a killed run did not finish."""

import json
import os

from ansible_collections.kurl.ipv6.plugins.module_utils import whole_file

PATH = "/var/lib/kurl-ipv6/forwarding.json"


def read(path=PATH):
    """Read the note.

    Returns:
        ``{"before": {path: value}, "unfinished": None or {"values": [[path, value]], "routes": [...], "boot": id}}``.
        ``before`` holds what each parameter was before the collection first changed it. ``unfinished`` is there while
        a change is under way: the values to go back to, and the default routes that must still be there. What cannot
        be understood counts as empty.
    """
    try:
        with open(path, encoding="utf-8") as stream:
            note = json.load(stream)
        return {"before": dict(note["before"]), "unfinished": note["unfinished"]}
    except (OSError, ValueError, KeyError, TypeError):
        return {"before": {}, "unfinished": None}


def write(note, path=PATH):
    """Write the note as a whole or not at all; a note of nothing is removed."""
    if note["before"] or note["unfinished"]:
        whole_file.write_json(path, note)
    else:
        remove(path)


def remove(path=PATH):
    """Remove the note."""
    if os.path.lexists(path):
        os.unlink(path)
