# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0
"""The mirror as a folder: every file whole and with its checksum, or not there."""

import hashlib
import json
import os
import shutil
import time


class Mirror:
    """A mirror folder.

    Arguments:
        folder: the mirror.
        work: folder for what is made on the way; kept, so that an interrupted build goes on.
    """

    def __init__(self, folder, work):
        self.folder = folder
        self.work = work
        self.done = []
        os.makedirs(folder, exist_ok=True)
        self._recipes_path = os.path.join(folder, ".recipes.json")
        self._recipes = {}
        if os.path.exists(self._recipes_path):
            with open(self._recipes_path, encoding="utf-8") as file:
                self._recipes = json.load(file)

    def add(self, path, recipe, make, checksum=""):
        """Have a file of the mirror made, unless the same recipe made it before.

        Arguments:
            path: the file's place, upstream's address without the scheme.
            recipe: text that changes when the file must be made anew.
            make: function that writes the file to the path it is given.
            checksum: name of the checksum file and, after a blank, how it is written: ``hex`` or ``list``.
        Returns:
            Whether the file was made.
        """
        target = os.path.join(self.folder, path)
        self.done.append(path)
        if self._recipes.get(path) == recipe and os.path.exists(target):
            return False
        started = time.monotonic()
        print(f"==> {path}", end=" ", flush=True)
        os.makedirs(os.path.dirname(target), exist_ok=True)
        partial = target + ".part"
        make(partial)
        if checksum:
            write_checksum(partial, target, checksum)
        os.rename(partial, target)
        self._recipes[path] = recipe
        with open(self._recipes_path + ".part", "w", encoding="utf-8") as file:
            json.dump(self._recipes, file, indent=1, sort_keys=True)
        os.rename(self._recipes_path + ".part", self._recipes_path)
        print(f"({os.path.getsize(target) / 1e6:.0f} MB, {time.monotonic() - started:.0f} s)", flush=True)
        return True


def copied(source):
    """Return a maker that copies a file."""

    def make(path):
        shutil.copyfile(source(), path)
        os.chmod(path, 0o755)

    return make


def sha256(path):
    """Return a file's sha256 as hexadecimal digits."""
    digest = hashlib.sha256()
    with open(path, "rb") as file:
        for block in iter(lambda: file.read(1 << 20), b""):
            digest.update(block)
    return digest.hexdigest()


def write_checksum(path, target, checksum):
    """Write the checksum of a file as upstream publishes it, beside its target."""
    name, style = checksum.split()
    text = sha256(path) if style == "hex" else f"{sha256(path)}  {os.path.basename(target)}\n"
    with open(os.path.join(os.path.dirname(target), name), "w", encoding="ascii") as file:
        file.write(text)
