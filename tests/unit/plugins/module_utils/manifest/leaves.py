# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0
"""The leaves of a document by their paths, to compare manifests field by field."""

from __future__ import absolute_import, division, print_function

__metaclass__ = type


def fields(value, path=""):
    """Return {path: value} of every leaf of a document."""
    if isinstance(value, dict) and value:
        found = {}
        for name, inner in value.items():
            found.update(fields(inner, path + "/" + str(name).replace("/", "~")))
        return found
    if isinstance(value, list) and value:
        found = {}
        for number, inner in enumerate(value):
            found.update(fields(inner, path + "/" + str(number)))
        return found
    return {path: value}
