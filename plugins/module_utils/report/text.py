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
    kept = []
    for character in text:
        if character == "\n" and newlines:
            kept.append(character)
        elif unicodedata.category(character) in ("Cc", "Cf", "Cs", "Co", "Zl", "Zp"):
            kept.append(" " if character in "\n\t" else "\\u{:04x}".format(ord(character)))
        else:
            kept.append(character)
    return "".join(kept)


def natural(name):
    """Return a sort key that puts ``n2`` before ``n10``."""
    return [(0, int(part), "") if part.isdigit() else (1, 0, part) for part in re.findall(r"[0-9]+|[^0-9]+", name)]


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
        match = re.match(r"^(.*?)([0-9]+)([^0-9]*)$", name)
        parts = (
            (match.group(1), match.group(3), len(match.group(2)) if match.group(2).startswith("0") else 0)
            if match
            else None
        )
        number = int(match.group(2)) if match else 0
        if runs and parts and runs[-1][0] == parts and runs[-1][1] == number - 1:
            runs[-1][1] = number
            runs[-1][2].append(name)
        else:
            runs.append([parts, number, [name]])
    words = []
    for _parts, _number, members in runs:
        words.extend([f"{members[0]}..{members[-1]}"] if len(members) > 2 else members)
    shown = ", ".join(words[:limit]) + (f", and {len(words) - limit} more" if len(words) > limit else "")
    return f"{shown} ({len(ordered)} hosts)" if len(ordered) > 3 else shown
