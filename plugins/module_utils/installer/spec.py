# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0
"""From the merged document to typed values: every field is looked up in the table of fields, none is passed over."""

import difflib
import re
from collections import namedtuple

from ansible_collections.kurl.ipv6.plugins.module_utils.installer import fields, reading
from ansible_collections.kurl.ipv6.plugins.module_utils.installer.reading import shorten
from ansible_collections.kurl.ipv6.plugins.module_utils.installer.rulebook import where

Value = namedtuple("Value", "value mark")

_DURATION = re.compile(r"(\d+(\.\d+)?(ns|us|µs|ms|s|m|h))+\Z")
_QUANTITY = re.compile(r"\d+(\.\d+)?(m|k|M|G|T|P|E|Ki|Mi|Gi|Ti|Pi|Ei)?\Z")
HIDDEN = "(not shown)"
#: Unknown fields for which the nearest name is looked up; it takes long, and a file with more is no spec.
HINTS = 100
#: A field's name in lower case -> the paths at which it is known.
_PLACES = {}
for _path in sorted(fields.FIELDS):
    _PLACES.setdefault(_path.split(".", 1)[1].lower(), []).append(_path)


class Spec:
    """The typed values of a spec, by path.

    Attributes:
        sections: name -> where it is written, for the sections that are there and translated.
        values: path -> :class:`Value`, for the fields that are there and whose value could be used.
    """

    def __init__(self):
        self.sections = {}
        self.values = {}

    def has(self, section):
        """Whether a section is there."""
        return section in self.sections

    def get(self, path, default=None):
        """Return a field's value."""
        entry = self.values.get(path)
        return default if entry is None else entry.value

    def mark(self, path):
        """Return where a field, or else its section, is written; None if neither is."""
        entry = self.values.get(path)
        return entry.mark if entry else self.sections.get(path.split(".")[0])

    def plain(self):
        """Return the values as nested maps, in the order of the table; secrets are left out."""
        result = {name: {} for name in fields.SECTION if name in self.sections}
        for path, field in fields.FIELDS.items():
            if path in self.values:
                section, name = path.split(".", 1)
                value = self.values[path].value
                result.setdefault(section, {})[name] = HIDDEN if field.secret else value
        return result

    def places(self):
        """Return path -> ``file:line``."""
        return {path: where(entry.mark) for path, entry in sorted(self.values.items()) if entry.mark}


def typed(node, score):
    """Return the :class:`Spec` of the map below ``spec``; what is wrong goes to the score.

    Arguments:
        node: the map as :class:`~reading.Node`, without nulls.
        score: a :class:`~rulebook.Score`.
    """
    spec = Spec()
    for path, entry, mark in _fields(node, spec, score):
        _take(spec, score, path, entry, mark)
    return spec


def _fields(node, spec, score):
    """Yield ``(path, node, mark)`` of every known field that is there; legacy names come under their new one."""
    seen = {}
    for name in sorted(node.value):
        entry, mark = node.value[name], node.marks[name]
        section = name
        if name in fields.LEGACY:
            section = fields.LEGACY[name]
            _legacy(score, name, section, mark)
            if section in node.value:
                _twice(score, name, section, mark)
                continue
        if section not in fields.SECTION:
            _unknown(score, name, sorted(fields.SECTION), mark, "")
            continue
        if not _section(section, entry, mark, spec, score):
            continue
        for key in sorted(entry.value):
            path, where_written = f"{section}.{key}", entry.marks[key]
            if path in fields.LEGACY:
                _legacy(score, path, fields.LEGACY[path], where_written)
                old, path = path, fields.LEGACY[path]
                if path.split(".")[0] == section and path.split(".", 1)[1] in entry.value:
                    _twice(score, old, path, where_written)
                    continue
            if path not in fields.FIELDS:
                _unknown(score, path, fields.of_section(section), where_written, section)
            elif path in seen:
                _twice(score, f"the old name of {path}", f"{path} in {where(seen[path])}", where_written)
            else:
                seen[path] = where_written
                yield path, entry.value[key], where_written


def _section(section, entry, mark, spec, score):
    """Judge a section as a whole; tell whether its fields are to be looked at."""
    whole = fields.SECTION[section]
    if entry.kind != "map":
        score.fail(
            "spec.field.type",
            section,
            f"{_shown(entry)}",
            expected="a map of fields",
            remedy=f"{section}:\n  version: ...",
            mark=mark,
        )
        return False
    keeps = section == "docker" and entry.value and not set(entry.value) - {"preserveConfig", "dockerRegistryIP"}
    if whole.fate == "refused" and not keeps:
        score.fail(
            "spec.section.refused",
            section,
            whole.text,
            expected=f"a spec without {section}",
            remedy=whole.instead,
            mark=mark,
        )
    elif whole.fate == "ignored":
        score.warn(
            "spec.section.ignored",
            section,
            f"nothing installs {section}: {whole.text}",
            remedy=whole.instead,
            mark=mark,
        )
    elif whole.fate == "translated":
        spec.sections[section] = mark
    return True


def _legacy(score, old, new, mark):
    score.warn(
        "spec.field.legacy",
        old,
        f"{old} is an old name of {new}",
        expected=new,
        remedy=f"# rename it to {new}",
        mark=mark,
    )


def _twice(score, old, new, mark):
    remedy = f"# remove {old}"
    score.fail("spec.field.legacy", old, f"both {old} and {new}", expected="one of them", remedy=remedy, mark=mark)


def _unknown(score, path, known, mark, section):
    name = path.split(".", 1)[1] if section else path
    told = score.counts.get("fail", 0) < HINTS
    near = nearest(name, known) if told else ""
    elsewhere = _PLACES.get(name.lower(), ()) if told else ()
    if near:
        hint = f"is {section + '.' if section else ''}{near} meant?"
    elif elsewhere:
        hint = f"{elsewhere[0]} is known: is it in the wrong place?"
    else:
        hint = "known: " + ", ".join(known) if told else "a name out of docs/spec.md"
    what = "field" if section else "section"
    score.fail(
        "spec.field.unknown",
        path,
        f"there is no {what} {shorten(path)}",
        expected=hint,
        remedy=f"# correct the name, or remove it: kURL drops it in silence ({what}s: docs/spec.md)",
        mark=mark,
    )


def nearest(name, known):
    """Return the known name that is nearest to one, empty if none is near; case does not count."""
    lower = {entry.lower(): entry for entry in known}
    if len(name) > 100:
        return ""
    found = difflib.get_close_matches(name.lower(), list(lower), 1, 0.7)
    return lower[found[0]] if found else ""


def _take(spec, score, path, node, mark):
    """Type one field's value and keep it; say so if the field has no effect."""
    field = fields.FIELDS[path]
    whole = fields.SECTION[path.split(".")[0]]
    if whole.fate != "translated" and field.text == whole.text:
        return  # the section was told as a whole
    value, problem = convert(field.type, node)
    if problem:
        expected, remedy = problem
        score.fail(
            "spec.version.form" if field.type == "version" else "spec.field.type",
            path,
            _shown(node) if not field.secret else "a value of another type",
            expected=expected,
            remedy=remedy,
            mark=mark,
        )
        return
    if node.kind in ("str", "int") and field.type in ("bool", "int") and node.kind != field.type:
        score.info("spec.field.normalised", path, f"{_shown(node)} is read as {_lower(value)}", mark=mark)
    spec.values[path] = Value(value, mark)
    if field.fate == "ignored" and value not in (False, "", [], 0):
        score.warn("spec.field.ignored", path, f"{path} has no effect: {field.text}", remedy=field.instead, mark=mark)


def _lower(value):
    return str(value).lower() if isinstance(value, bool) else str(value)


def _shown(node):
    """Return a value for a message: what was written, and how YAML reads it where the two differ."""
    if node.kind in ("map", "list"):
        count = len(node.value)
        return f"a {node.kind} of {count} {'entry' if count == 1 else 'entries'}"
    text = shorten(node.raw)
    names = {"float": "the number", "int": "the number", "bool": "the truth value", "str": "the text"}
    if node.kind == "float" and repr(node.value) != node.raw:
        return f"{text}, which YAML reads as the number {node.value}"
    if node.kind == "bool" and node.raw.lower() not in ("true", "false"):
        return f"{text}, which YAML reads as {_lower(node.value)}"
    return f"{names[node.kind]} {text}"


def convert(kind, node):
    """Convert a node to a type of the table.

    Arguments:
        kind: one of ``fields.TYPES``.
        node: a :class:`~reading.Node`.
    Returns:
        ``(value, None)``, or ``(None, (expected, remedy))`` if it cannot be converted without guessing.
    """
    value = _CONVERTERS[kind](node)
    if value is not _WRONG:
        return value, None
    return None, (fields.TYPES[kind], _remedy(kind, node))


_WRONG = object()


def _remedy(kind, node):
    text = shorten(node.raw) if node.kind not in ("map", "list") else ""
    if kind == "version" and node.kind in ("float", "int"):
        full = text + ".0" * (2 - text.count("."))
        return f'version: "{full}"   # in quotes and with three components, or "{text}.x" for its newest patch release'
    if kind in ("str", "cidr", "duration", "quantity") and node.kind in ("bool", "float"):
        return f'"{text}"   # quote it if it is meant as text'
    if kind in ("strings", "commands") and node.kind == "str":
        return "# write a list: one entry a line, each with a dash"
    return f"# give {fields.TYPES[kind]}"


def _bool(node):
    if node.kind == "bool":
        return node.value
    if node.kind == "str" and node.value.strip().lower() in ("true", "false"):
        return node.value.strip().lower() == "true"
    return _WRONG


def _int(node):
    if node.kind == "int" and re.match(r"[-+]?(0|[1-9][0-9]*)\Z", node.raw):
        return node.value if 0 <= node.value <= 2**31 - 1 else _WRONG
    if node.kind == "str" and re.match(r"(0|[1-9][0-9]{0,9})\Z", node.value) and int(node.value) < 2**31:
        return int(node.value)
    return _WRONG


def _str(node):
    if node.kind == "str":
        return node.value
    # Written without quotes, but meant as text: the digits as they stand.
    return node.raw if node.kind == "int" else _WRONG


def _version(node):
    return node.value.strip() if node.kind == "str" else _WRONG


def _prefix(node):
    text = _str(node)
    if text is _WRONG or not re.match(r"/?[0-9]{1,3}\Z", text) or not 1 <= int(text.lstrip("/")) <= 128:
        return _WRONG
    return text.lstrip("/")


def _matching(pattern):
    def converted(node):
        text = _str(node)
        return text if text is not _WRONG and (not text or pattern.match(text)) else _WRONG

    return converted


def _strings(node):
    if node.kind != "list":
        return _WRONG
    values = [_str(entry) for entry in node.value]
    return _WRONG if any(value is _WRONG for value in values) else values


def _commands(node):
    if node.kind != "list":
        return _WRONG
    values = [_strings(entry) for entry in node.value]
    return _WRONG if any(value is _WRONG or not value for value in values) else values


def _inline(kind):
    def converted(node):
        if node.kind == kind:
            parsed = node
        elif node.kind == "str":
            if not node.value.strip():
                return {} if kind == "map" else []
            parsed, problems = reading.read(node.value.encode("utf-8"), "inline")
            if parsed is None or problems or parsed.kind != kind:
                return _WRONG
        else:
            return _WRONG
        return parsed.plain()

    return converted


def _preflights(node):
    if node.kind == "str":
        parsed, problems = reading.read(node.value.encode("utf-8"), "inline")
        return parsed.plain() if parsed is not None and not problems and parsed.kind == "map" else _WRONG
    return node.plain() if node.kind == "map" else _WRONG


_CONVERTERS = {
    "bool": _bool,
    "int": _int,
    "str": _str,
    "version": _version,
    "cidr": _str,
    "prefix": _prefix,
    "duration": _matching(_DURATION),
    "quantity": _matching(_QUANTITY),
    "strings": _strings,
    "commands": _commands,
    "inline map": _inline("map"),
    "inline list": _inline("list"),
    "preflights": _preflights,
    "any": lambda node: node.plain(),
}
