# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0
"""Changes values in YAML text and leaves everything else of it as it is, comments and order included.

The text is parsed, and the parser's positions say what is replaced: no pattern is searched in it. Whether the result
says what it should is for the caller to see, by parsing it.
"""

import textwrap

try:
    import yaml
except ImportError:
    yaml = None

_INDENT = 2


def edited(text, changes):
    """Return text with changes made, or None where that cannot be done in place.

    text: YAML whose root is a map, or nothing but comments.
    changes: nested dict; maps are merged, everything else replaces what is there. What is not there is added: to the
    root at its end, to other maps at their beginning.

    A value that spans lines of its own, such as a list with a dash on each line, cannot be replaced in place.
    """
    root = yaml.compose(text, Loader=yaml.SafeLoader)
    if root is None or (isinstance(root, yaml.ScalarNode) and root.value == ""):
        return _line_ended(text) + _dump(changes, 0)
    edits = []
    if not isinstance(root, yaml.MappingNode) or root.flow_style or not _plan(text, root, changes, edits, True):
        return None
    for start, end, replacement in sorted(edits, reverse=True):
        text = text[:start] + replacement + text[end:]
    return text


def _plan(text, mapping, changes, edits, is_root):
    """Add the edits ``(start, end, replacement)`` for one map to a list; return False where one is impossible."""
    there = {key.value: (key, value) for key, value in mapping.value}
    column = mapping.start_mark.column
    added = {}
    for name, value in changes.items():
        if name not in there:
            added[name] = value
            continue
        key, node = there[name]
        if isinstance(value, dict) and value and isinstance(node, yaml.MappingNode) and not node.flow_style:
            if not _plan(text, node, value, edits, False):
                return False
        elif isinstance(value, dict) and value and _is_empty(node):
            # In releases before 1.7 every entry of a map is a comment: the first real one goes before them.
            content = "\n" + _dump(value, key.start_mark.column + _INDENT).rstrip("\n")
            edits.append((node.start_mark.index, node.end_mark.index, content))
        elif isinstance(value, dict) or not _is_inline(node):
            return False
        else:
            space = "" if text[: node.start_mark.index].endswith(" ") else " "
            edits.append((node.start_mark.index, node.end_mark.index, space + _inline(value)))
    if added and is_root:
        edits.append((len(text), len(text), ("" if text.endswith("\n") else "\n") + _dump(added, column)))
    elif added:
        start = mapping.start_mark.index - column
        edits.append((start, start, _dump(added, column)))
    return True


def _is_empty(node):
    return isinstance(node, yaml.ScalarNode) and node.value == "" and node.start_mark.index == node.end_mark.index


def _is_inline(node):
    if isinstance(node, yaml.ScalarNode):
        return node.style not in ("|", ">") and node.start_mark.line == node.end_mark.line
    return bool(node.flow_style) and node.start_mark.line == node.end_mark.line


def _inline(value):
    """Return a value as YAML on one line."""
    text = yaml.safe_dump(value, default_flow_style=True, width=float("inf")).rstrip("\n")
    return text[: -len("\n...")] if text.endswith("\n...") else text


def _dump(values, column):
    return textwrap.indent(yaml.safe_dump(values, default_flow_style=False, sort_keys=False), " " * column)


def _line_ended(text):
    return text if not text or text.endswith("\n") else text + "\n"
