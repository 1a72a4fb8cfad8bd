# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0
"""Objects whose own controller writes them anew in its own words: what is the same all the same. Pure functions.

Rook's operator puts its finalizer into an object by writing the whole of it as its Go types say it: ``60s`` becomes
``1m0s``, fields that are false or empty go, structures that are not optional appear as ``{}``. To apply the manifest
again would bring the first words back, and with them a new generation of which the operator sees nothing.
"""

from __future__ import absolute_import, division, print_function

__metaclass__ = type

import re

from ansible_collections.kurl.ipv6.plugins.module_utils.cluster import compare
from ansible_collections.kurl.ipv6.plugins.module_utils.manifest import documents as manifest_documents

#: API groups of which that is known.
GROUPS = ("ceph.rook.io",)

_PARTS = re.compile(r"(\d+(?:\.\d+)?)(h|ms|us|ns|m|s)")
_DURATION = re.compile(r"(?:\d+(?:\.\d+)?(?:h|ms|us|ns|m|s))+\Z")
_SECONDS = {"h": 3600.0, "m": 60.0, "s": 1.0, "ms": 1e-3, "us": 1e-6, "ns": 1e-9}


def is_rewritten(document):
    """Tell whether an object's controller writes it in its own words."""
    return manifest_documents.group(document) in GROUPS


def meaning(value):
    """Return a value without what is false or empty, and with durations as numbers of seconds."""
    if isinstance(value, dict):
        found = {key: meaning(entry) for key, entry in value.items()}
        return {key: entry for key, entry in found.items() if not _nothing(entry)}
    if isinstance(value, list):
        return [meaning(entry) for entry in value]
    if isinstance(value, str) and _DURATION.match(value):
        return ("seconds", round(sum(float(number) * _SECONDS[unit] for number, unit in _PARTS.findall(value)), 9))
    return value


def _nothing(value):
    return value is None or value is False or value in ("", 0) or (isinstance(value, (dict, list)) and not value)


def same(before, after):
    """Tell whether two states of an object, as the API server returned them, mean the same to its controller."""
    return meaning(compare.essence(before)) == meaning(compare.essence(after))
