# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0
"""Reads YAML strictly and inertly: text in, a tree of nodes that know their line out.

The tree is built from the parser's events with a stack of its own, so that neither nesting nor aliases can cost more
than the limits below, and no tag makes an object. What a plain scalar means follows YAML 1.1 as kURL's reader has it
(``yes`` is true, ``1.30`` is the number 1.3); numbers and dates keep the text they were written as.
"""

import re
from collections import namedtuple

try:
    import yaml
except ImportError:  # never on a controller; the sanity tests import this on every Python that a host may have
    yaml = None

#: Largest file, in bytes. Specs are a few kilobytes; etcd takes no object of more than 1.5 MiB.
FILE_LIMIT = 1024 * 1024
#: Deepest nesting. Host preflights, the deepest part of a spec, need about twelve.
DEPTH_LIMIT = 50
#: Most nodes, where every use of an alias counts all nodes of what it stands for.
NODE_LIMIT = 100000
#: Problems that are told of one file; a file with more is no spec.
PROBLEM_LIMIT = 50

Mark = namedtuple("Mark", "source line column")
#: Something wrong with a file: the ``rule`` of the rulebook that it breaks, where, and the texts of a finding.
Problem = namedtuple("Problem", "rule mark observed expected remedy")

_BOOLS = dict.fromkeys(("true", "True", "TRUE", "yes", "Yes", "YES", "on", "On", "ON"), True)
_BOOLS.update(dict.fromkeys(("false", "False", "FALSE", "no", "No", "NO", "off", "Off", "OFF"), False))
_NULLS = ("", "~", "null", "Null", "NULL")
_INT = re.compile(r"[-+]?(0|[1-9][0-9_]*|0o[0-7_]+|0[0-7_]+|0x[0-9a-fA-F_]+|0b[01_]+)\Z")
_FLOAT = re.compile(
    r"[-+]?((\.[0-9]+|[0-9][0-9_]*\.[0-9_]*)([eE][-+]?[0-9]+)?|[0-9]+[eE][-+]?[0-9]+|\.(inf|Inf|INF))\Z|\.(nan|NaN|NAN)\Z"
)
_TAGS = {"str", "int", "float", "bool", "null", "map", "seq", "timestamp"}
_CORE = "tag:yaml.org,2002:"
# What YAML 1.1 does not allow in a stream (section 5.1), besides the line breaks.
_UNPRINTABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\x80-\x84\x86-\x9f\ufffe\uffff]")
_ODD_SPACES = re.compile("[\u00a0\u1680\u2000-\u200b\u202f\u205f\u2060\u3000\ufeff]")


class Node:
    """A value of a document.

    Attributes:
        kind: ``map``, ``list``, ``str``, ``int``, ``float``, ``bool`` or ``null``.
        value: a dict of nodes, a list of nodes, or the plain value.
        mark: where it begins.
        raw: a scalar's text as written.
        marks: of a map: key -> where the key is written.
    """

    __slots__ = ("kind", "value", "mark", "raw", "marks", "weight")

    def __init__(self, kind, value, mark, raw="", marks=None):
        self.kind = kind
        self.value = value
        self.mark = mark
        self.raw = raw
        self.marks = marks if marks is not None else {}
        self.weight = 1

    def plain(self):
        """Return the value without marks: dicts, lists, text, numbers."""
        if self.kind == "map":
            return {key: node.plain() for key, node in self.value.items()}
        if self.kind == "list":
            return [node.plain() for node in self.value]
        return self.value


class ReadError(Exception):
    """A document that cannot be read any further; carries a :class:`Problem`."""

    def __init__(self, problem):
        super().__init__(problem.observed)
        self.problem = problem


def read(content, source):
    """Read one document.

    Arguments:
        content: the file's bytes.
        source: its name, for marks.
    Returns:
        ``(node, problems)``; the node is None if there is nothing that could be judged further.
    """
    try:
        text = _decode(content, source)
        builder = _Builder(source)
        return builder.build(text), builder.problems
    except ReadError as error:
        return None, [error.problem]


def _decode(content, source):
    start = Mark(source, 1, 1)
    if len(content) > FILE_LIMIT:
        raise ReadError(
            Problem(
                "spec.file.size",
                start,
                f"the file has more than {FILE_LIMIT} bytes",
                f"at most {FILE_LIMIT // 1024} KiB",
                "# give the Installer spec alone; bundles and images do not belong into it",
            )
        )
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = content[: error.start]
        mark = Mark(source, before.count(b"\n") + 1, error.start - (before.rfind(b"\n") + 1) + 1)
        raise ReadError(
            Problem(
                "spec.file.encoding",
                mark,
                f"byte 0x{content[error.start]:02x} is not UTF-8",
                "UTF-8 text",
                f"iconv -f ISO-8859-1 -t UTF-8 {source}   # or UTF-16, whichever the editor wrote",
            )
        ) from None
    wrong = _UNPRINTABLE.search(text)
    if wrong:
        raise ReadError(
            Problem(
                "spec.file.encoding",
                _mark_of(text, wrong.start(), source),
                f"control character U+{ord(wrong.group()):04X}",
                "printable text",
                "# remove the character; inside double quotes it can be written as an escape",
            )
        )
    nbsp = re.search("^\u00a0", text, re.MULTILINE)
    if nbsp:
        raise ReadError(_odd_space(_mark_of(text, nbsp.start(), source), "\u00a0"))
    return text


def _mark_of(text, index, source):
    return Mark(source, text.count("\n", 0, index) + 1, index - (text.rfind("\n", 0, index) + 1) + 1)


def _odd_space(mark, character):
    return Problem(
        "spec.file.space",
        mark,
        f"U+{ord(character):04X}, which looks like a space and is none",
        "ordinary spaces",
        f"sed -i 's/\\xc2\\xa0/ /g' {mark.source}   # for U+00A0, the non-breaking space",
    )


def _too_deep(mark):
    return Problem(
        "spec.file.depth",
        mark,
        f"nested more than {DEPTH_LIMIT} deep",
        f"at most {DEPTH_LIMIT} levels",
        "# no field of an Installer is that deep; look for stray brackets",
    )


class _Frame:
    __slots__ = ("node", "anchor", "key", "key_mark", "weight", "merges")

    def __init__(self, node, anchor):
        self.node = node
        self.anchor = anchor
        self.key = None
        self.key_mark = None
        self.weight = 1
        self.merges = []


class _Builder:
    """Turns the parser's events into nodes."""

    def __init__(self, source):
        self.source = source
        self.problems = []
        self.stack = []
        self.anchors = {}
        self.weight = 0
        self.documents = []

    def build(self, text):
        """Return the root node, or None for an empty stream. Raises ReadError."""
        loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
        try:
            for event in yaml.parse(text, Loader=loader):
                self._take(event)
        except yaml.YAMLError as error:
            raise ReadError(self._syntax(error, text)) from None
        filled = [node for node in self.documents if node.kind != "null"]
        if len(filled) > 1:
            self._note(
                "spec.file.documents",
                filled[1].mark,
                f"{len(filled)} YAML documents in one file",
                "one document",
                "# keep one Installer a file; give further ones as patches, in the order in which they apply",
            )
        if not filled:
            raise ReadError(
                Problem(
                    "spec.file.empty",
                    Mark(self.source, 1, 1),
                    "the file holds no YAML",
                    "an Installer",
                    "# begin with: apiVersion: cluster.kurl.sh/v1beta1",
                )
            )
        return filled[0]

    def _note(self, rule, mark, observed, expected, remedy):
        if len(self.problems) < PROBLEM_LIMIT:
            self.problems.append(Problem(rule, mark, observed, expected, remedy))

    def _syntax(self, error, text):
        mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
        where = Mark(self.source, mark.line + 1, mark.column + 1) if mark else Mark(self.source, 1, 1)
        words = " ".join(
            str(part) for part in (getattr(error, "context", None), getattr(error, "problem", None)) if part
        )
        if "nesting depth" in words or "max depth" in words:
            return _too_deep(where)  # newer libyaml looks ahead and has a limit of its own
        lines = text.split("\n")
        line = lines[where.line - 1] if where.line <= len(lines) else ""
        if re.match(r"\s*\t", line) or "\\t" in words:
            return Problem(
                "spec.file.tab",
                where,
                "a tab where YAML wants spaces",
                "spaces",
                f"expand -t 2 {self.source}   # prints the file with spaces instead",
            )
        return Problem(
            "spec.file.yaml",
            where,
            words or str(error) or type(error).__name__,
            "YAML",
            f"# look at line {where.line}, column {where.column}, and at the line before it",
        )

    def _take(self, event):
        if isinstance(event, yaml.ScalarEvent):
            self._scalar(event)
        elif isinstance(event, (yaml.MappingStartEvent, yaml.SequenceStartEvent)):
            self._open(event)
        elif isinstance(event, (yaml.MappingEndEvent, yaml.SequenceEndEvent)):
            self._close()
        elif isinstance(event, yaml.AliasEvent):
            self._alias(event)
        elif isinstance(event, yaml.DocumentStartEvent):
            self.anchors = {}

    def _mark(self, event):
        return Mark(self.source, event.start_mark.line + 1, event.start_mark.column + 1)

    def _count(self, weight, mark):
        self.weight += weight
        if self.weight > NODE_LIMIT:
            raise ReadError(
                Problem(
                    "spec.file.expansion",
                    mark,
                    f"more than {NODE_LIMIT} values, aliases expanded",
                    f"at most {NODE_LIMIT}",
                    "# write the values out instead of nesting aliases",
                )
            )

    def _open(self, event):
        mark = self._mark(event)
        if len(self.stack) >= DEPTH_LIMIT:
            raise ReadError(_too_deep(mark))
        self._count(1, mark)
        is_map = isinstance(event, yaml.MappingStartEvent)
        self._check_tag(event, mark)
        node = Node("map", {}, mark) if is_map else Node("list", [], mark)
        if event.anchor:
            # Known, but not finished: an alias to it from inside would be endless.
            self.anchors[event.anchor] = None
        self.stack.append(_Frame(node, event.anchor))

    def _close(self):
        frame = self.stack.pop()
        frame.node.weight = frame.weight
        for merged, mark in frame.merges:
            self._merge(frame.node, merged, mark)
        if frame.anchor:
            self.anchors[frame.anchor] = frame.node
        self._add(frame.node, frame.node.mark)

    def _merge(self, node, merged, mark):
        maps = merged.value if merged.kind == "list" else [merged]
        if any(entry.kind != "map" for entry in maps):
            self._note(
                "spec.file.merge",
                mark,
                "<< with something else than maps",
                "<<: *anchor of a map",
                "# write the keys out",
            )
            return
        for entry in maps:
            for key, value in entry.value.items():
                if key not in node.value:
                    node.value[key] = value
                    node.marks[key] = entry.marks.get(key, mark)

    def _alias(self, event):
        mark = self._mark(event)
        if event.anchor not in self.anchors or self.anchors[event.anchor] is None:
            inside = event.anchor in self.anchors
            raise ReadError(
                Problem(
                    "spec.file.alias",
                    mark,
                    f"*{event.anchor} {'stands inside of what it names' if inside else 'names no anchor'}",
                    "an anchor further up",
                    f"# write &{event.anchor} before the value that is meant, or write the value out",
                )
            )
        node = self.anchors[event.anchor]
        self._count(node.weight, mark)
        self._add(node, mark)

    def _scalar(self, event):
        mark = self._mark(event)
        self._count(1, mark)
        node = self._resolve(event, mark)
        if event.anchor:
            self.anchors[event.anchor] = node
        plain = event.style in (None, "")
        self._add(node, mark, merge=plain and event.value == "<<")

    def _resolve(self, event, mark):
        text = event.value
        tag = self._check_tag(event, mark)
        if event.style not in (None, "") and not tag:
            return Node("str", text, mark, text)
        odd = _ODD_SPACES.search(text) if event.style in (None, "") else None
        if odd and len(self.problems) < PROBLEM_LIMIT:
            self.problems.append(_odd_space(mark, odd.group()))
        if tag in ("str", "timestamp"):
            return Node("str", text, mark, text)
        kind, value = resolve(text)
        if tag and tag != kind and not (tag == "float" and kind == "int"):
            self._note(
                "spec.file.tag",
                mark,
                f"!!{tag} before {shorten(text)}",
                f"a value of the type {tag}",
                "# leave the tag out",
            )
        return Node(kind, value, mark, text)

    def _check_tag(self, event, mark):
        """Return the core type that an explicit tag names, empty if there is none."""
        tag = event.tag
        if not tag or tag == "!":
            return "str" if tag == "!" and isinstance(event, yaml.ScalarEvent) else ""
        name = tag[len(_CORE) :] if tag.startswith(_CORE) else ""
        if name not in _TAGS:
            self._note(
                "spec.file.tag",
                mark,
                f"the tag {shorten(tag)}",
                "plain values",
                "# leave the tag out; a spec is data and makes no objects",
            )
            return "str"
        return name

    def _add(self, node, mark, merge=False):
        if not self.stack:
            self.documents.append(node)
            return
        frame = self.stack[-1]
        frame.weight += node.weight
        if frame.node.kind == "list":
            frame.node.value.append(node)
        elif frame.key is None:
            self._key(frame, node, mark, merge)
        else:
            self._entry(frame, node)

    def _key(self, frame, node, mark, merge):
        frame.key_mark = mark
        if node.kind == "str":
            frame.key = "<<" if merge else node.value
            return
        # A key such as 1, yes or [a] names no field. It is told, and its value is read and left out.
        shown = node.raw if node.kind not in ("map", "list") else f"a {node.kind}"
        self._note(
            "spec.file.key", mark, f"the key {shorten(shown)}", "text as key", "# quote the key if it is meant so"
        )
        frame.key = False

    def _entry(self, frame, node):
        key, mark = frame.key, frame.key_mark
        frame.key = None
        if key is False:
            return
        if key == "<<":
            frame.merges.append((node, mark))
        elif key in frame.node.value:
            first = frame.node.marks[key]
            self._note(
                "spec.file.duplicate",
                mark,
                f"{shorten(key)} a second time, first in line {first.line}",
                "every key once",
                f"# remove one of the lines {first.line} and {mark.line}",
            )
        else:
            frame.node.value[key] = node
            frame.node.marks[key] = mark


def resolve(text):
    """Return ``(kind, value)`` of a plain scalar. A number that is too long to be one stays text."""
    if text in _NULLS:
        return "null", None
    if text in _BOOLS:
        return "bool", _BOOLS[text]
    if len(text) > 64:
        return "str", text
    if _INT.match(text):
        digits = text.replace("_", "").lower()
        sign = -1 if digits.startswith("-") else 1
        digits = digits.lstrip("+-")
        for prefix, base in (("0x", 16), ("0o", 8), ("0b", 2)):
            if digits.startswith(prefix):
                body = digits[2:]
                return ("int", sign * int(body, base)) if body else ("str", text)
        return "int", sign * int(digits, 8 if len(digits) > 1 and digits.startswith("0") else 10)
    if _FLOAT.match(text):
        number = text.replace("_", "").lower().replace(".inf", "inf").replace(".nan", "nan")
        return "float", float(number)
    return "str", text


def shorten(value, limit=120):
    """Return a value as one printable line of bounded length, for messages."""
    text = value if isinstance(value, str) else repr(value)
    text = "".join(
        character if character.isprintable() else f"\\x{ord(character):02x}" for character in text[: limit + 1]
    )
    return text if len(text) <= limit else text[:limit] + "..."


def node_of(value, source, depth=0):
    """Return plain data, such as the overrides of a task, as nodes without lines.

    Raises:
        ReadError: the data is nested too deep, or holds something that is no plain value.
    """
    mark = Mark(source, 0, 0)
    if depth > DEPTH_LIMIT:
        raise ReadError(Problem("spec.file.depth", mark, f"nested more than {DEPTH_LIMIT} deep", "plain values", ""))
    if value is None:
        return Node("null", None, mark, "null")
    if isinstance(value, bool):
        return Node("bool", value, mark, str(value).lower())
    if isinstance(value, int):
        return Node("int", int(value), mark, int.__repr__(value))
    if isinstance(value, float):
        return Node("float", float(value), mark, float.__repr__(value))
    if isinstance(value, str):
        # A plain copy: text that ansible-core tagged or marked must not carry that any further.
        text = str.__str__(value)
        return Node("str", text, mark, text)
    if isinstance(value, dict):
        node = Node("map", {}, mark)
        for key, entry in value.items():
            if not isinstance(key, str):
                raise ReadError(
                    Problem("spec.file.key", mark, f"the key {shorten(key)}", "text as key", "# quote the key")
                )
            node.value[str.__str__(key)] = node_of(entry, source, depth + 1)
        node.marks = dict.fromkeys(node.value, mark)
        return node
    if isinstance(value, (list, tuple)):
        return Node("list", [node_of(entry, source, depth + 1) for entry in value], mark)
    # Dates, for example, which ansible's own YAML reader makes.
    return Node("str", str(value), mark, str(value))
