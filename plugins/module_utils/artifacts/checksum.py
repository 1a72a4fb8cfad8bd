# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0
"""Published sha256 sums: reading the forms that upstream projects use, and summing files."""

from __future__ import absolute_import, division, print_function

__metaclass__ = type

import hashlib
import re

_HEX = re.compile(r"^[0-9a-fA-F]{64}$")
_BLOCK = 1024 * 1024


def parse_checksum(text, file_name):
    """Find the sha256 of a file in a published checksum file.

    Understands a bare sum (dl.k8s.io), and lines of sha256sum in text or binary mode (``sum  name``, ``sum *name``),
    where the name may have a folder in front.

    Arguments:
        text: what the checksum file says.
        file_name: the base name of the file that is looked for.
    Returns:
        The sum in lower case, or None if the text has none for this file.
    """
    for line in text.splitlines():
        words = line.split()
        if not words or not _HEX.match(words[0]):
            continue
        if len(words) == 1 or words[1].lstrip("*").rsplit("/", 1)[-1] == file_name:
            return words[0].lower()
    return None


def sha256_of(path):
    """Sum a file, block by block; raises OSError if it cannot be read."""
    digest = hashlib.sha256()
    with open(path, "rb") as stream:
        for block in iter(lambda: stream.read(_BLOCK), b""):
            digest.update(block)
    return digest.hexdigest()
