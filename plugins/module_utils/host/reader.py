# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0
"""Reading files of a host. Nothing here writes, and nothing raises for a file that is absent or forbidden."""

import os

#: A collector never needs more of one file than this; a hostile or broken host must not fill the memory.
READ_LIMIT = 8 * 1024 * 1024
#: Bytes that are read at once.
CHUNK = 1024 * 1024


class Reader:
    """Reads files below a root folder, so that tests can show a recorded host to the collectors.

    Arguments:
        root: the folder that stands for ``/``.
    """

    def __init__(self, root="/"):
        self.root = root.rstrip("/")

    def path(self, name):
        """Return where the host's absolute path ``name`` really lies."""
        return self.root + name

    def read_bytes(self, name, limit=READ_LIMIT):
        """Return up to ``limit`` bytes of a file, or None if it cannot be read."""
        try:
            with open(self.path(name), "rb", buffering=0) as stream:
                chunks = []
                while limit > 0:
                    # In pieces: the kernel answers ENOMEM where more than 4 MiB of a file of /proc/sys are asked for at
                    # once.
                    chunk = stream.read(min(limit, CHUNK))
                    if not chunk:
                        break
                    chunks.append(chunk)
                    limit -= len(chunk)
                return b"".join(chunks)
        except OSError:
            return None

    def read(self, name, limit=READ_LIMIT):
        """Return the text of a file (undecodable bytes replaced), or None if it cannot be read."""
        content = self.read_bytes(name, limit)
        return None if content is None else content.decode("utf-8", "replace")

    def value(self, name):
        """Return the text of a one-value file such as a sysctl without surrounding blanks, or None."""
        text = self.read(name)
        return None if text is None else text.strip()

    def lines(self, name):
        """Return the lines of a file, none if it cannot be read."""
        return (self.read(name) or "").splitlines()

    def exists(self, name):
        """Return whether a path exists, following links."""
        return os.path.exists(self.path(name))

    def names(self, name):
        """Return the sorted names in a folder, none if it cannot be read."""
        try:
            return sorted(os.listdir(self.path(name)))
        except OSError:
            return []

    def space(self, name):
        """Return the space of the file system on which a path lies, or None.

        Returns:
            ``{"device" (number), "total", "available" (bytes, to those who are not root), "files", "files_free"
            (inodes, 0 where the file system has no fixed number), "read_only"}``.
        """
        try:
            status = os.statvfs(self.path(name))
            device = os.stat(self.path(name)).st_dev
        except OSError:
            return None
        return {
            "device": device,
            "total": status.f_blocks * status.f_frsize,
            "available": status.f_bavail * status.f_frsize,
            "files": status.f_files,
            "files_free": status.f_favail,
            "read_only": bool(status.f_flag & os.ST_RDONLY),
        }

    def link(self, name):
        """Return what a symbolic link says, or None if it is no link."""
        try:
            return os.readlink(self.path(name))
        except OSError:
            return None
