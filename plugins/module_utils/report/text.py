# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0
"""Texts and names as a report may show them: without control characters, bounded, many hosts folded into one word."""

import re
import unicodedata

#: Longest text of a finding's field in any report, in characters.
LIMIT = 2000


def clean(text, newlines=False, limit=LIMIT):
    """Return a text without anything that could steer a terminal or hide what it says.

    Arguments:
        text: any value; what hosts say of themselves is not to be trusted.
        newlines: keep line ends, for remedies.
        limit: characters that are kept.
    Returns:
        The text with control, format (bidirectional, zero-width) and surrogate characters written as ``\\u....``.
    """
    text = str(text)
    if len(text) > limit:
        text = text[:limit] + " ..."
    if text.isprintable():  # Most are, and none of the characters below is; a fleet has some hundred thousand texts.
        return text
    return text.translate(_KEEPING_LINES if newlines else _ONE_LINE)


class _Spelling(dict):
    """For ``str.translate``: by what a character is replaced, found once for each."""

    #: Characters that are remembered, so that nobody fills the memory with all there are.
    REMEMBERED = 5000

    def __init__(self, newlines):
        super().__init__({ord("\t"): " ", ord("\n"): "\n" if newlines else " "})

    def __missing__(self, code):
        steering = unicodedata.category(chr(code)) in ("Cc", "Cf", "Cs", "Co", "Zl", "Zp")
        shown = f"\\u{code:04x}" if steering else chr(code)
        if len(self) < self.REMEMBERED:
            self[code] = shown
        return shown


_ONE_LINE, _KEEPING_LINES = _Spelling(False), _Spelling(True)


def natural(name):
    """Return a sort key that puts ``n2`` before ``n10``."""
    return [(0, int(part), "") if part.isdecimal() else (1, 0, part) for part in re.findall(r"[0-9]+|[^0-9]+", name)]


def _follows(first, second):
    """Return whether the second name is the first with its last number counted up by one: n9 and n10, n09 and n10."""
    parts = [re.match(r"^(.*?)([0-9]+)([^0-9]*)$", name) for name in (first, second)]
    if not all(parts):
        return False
    (before, number, after), (next_before, next_number, next_after) = (match.groups() for match in parts)
    # With leading zeros numbers keep their width.
    same_form = len(number) == len(next_number) or not (number.startswith("0") or next_number.startswith("0"))
    return (before, after) == (next_before, next_after) and int(next_number) == int(number) + 1 and same_form


def fold(names, total=0, limit=6):
    """Say many host names in few words: ``n1..n40 (40 hosts)``.

    Arguments:
        names: host names.
        total: the number of all hosts; when ``names`` has as many, and more than three, the answer is ``all <n>
            hosts``.
        limit: runs and single names that are shown.
    Returns:
        A text; runs of three or more consecutive numbers are folded.
    """
    ordered = sorted(set(names), key=natural)
    if total > 3 and len(ordered) == total:
        return f"all {total} hosts"
    runs = []
    for name in ordered:
        if runs and _follows(runs[-1][-1], name):
            runs[-1].append(name)
        else:
            runs.append([name])
    words = []
    for members in runs:
        words.extend([f"{members[0]}..{members[-1]}"] if len(members) > 2 else members)
    shown = ", ".join(words[:limit]) + (f", and {len(words) - limit} more" if len(words) > limit else "")
    return f"{shown} ({len(ordered)} hosts)" if len(ordered) > 3 else shown
