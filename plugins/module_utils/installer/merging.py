# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0
"""Merges documents: maps merge, everything else replaces, null removes. Every value keeps the place it came from."""

from ansible_collections.kurl.ipv6.plugins.module_utils.installer.reading import Node


def merge(base, patch, path=""):
    """Merge a patch over a base.

    Arguments:
        base, patch: maps as :class:`~reading.Node`; they are left as they are.
        path: the path of the two in the document.
    Returns:
        ``(node, removed)``: the merged map, and a list of ``(path, mark, before)`` for every null of the patch;
        ``before`` is where that which it removed was written, or None if there was nothing.
    """
    merged = Node("map", dict(base.value), base.mark, marks=dict(base.marks))
    removed = []
    for key, entry in patch.value.items():
        where = f"{path}.{key}" if path else key
        before = merged.value.get(key)
        if entry.kind == "null":
            merged.value.pop(key, None)
            removed.append((where, patch.marks[key], merged.marks.pop(key, None)))
        elif entry.kind == "map" and before is not None and before.kind == "map":
            merged.value[key], more = merge(before, entry, where)
            removed.extend(more)
        else:
            merged.value[key] = entry
            merged.marks[key] = patch.marks[key]
    return merged, removed


def without_nulls(node):
    """Return a map without the keys whose value is null, at any depth: kURL takes null for absent."""
    if node.kind != "map":
        return node
    kept = {key: without_nulls(entry) for key, entry in node.value.items() if entry.kind != "null"}
    return Node("map", kept, node.mark, marks=node.marks)
