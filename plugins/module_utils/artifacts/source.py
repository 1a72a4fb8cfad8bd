# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0
"""Where artifacts come from: a folder, a URL, or upstream itself. All three have upstream's own layout."""

from __future__ import absolute_import, division, print_function

__metaclass__ = type

import os
import shutil
import socket
import subprocess

try:
    from urllib.error import HTTPError, URLError
    from urllib.request import Request, urlopen
except ImportError:  # never on a supported controller; the sanity tests import this on every Python
    HTTPError = URLError = Request = urlopen = None

_BLOCK = 1024 * 1024
_TIMEOUT_SECONDS = 30


class SourceError(Exception):
    """An artifact cannot be had; the message names it, the reason and the remedy."""


class Source(object):
    """What every source can say."""

    def publishes_checksum(self, artifact):
        """True if an artifact without a checksum beside it must not be used."""
        return artifact["checksum_required"]


class FolderSource(Source):
    """A mirror folder on the controller; its files are used where they lie, nothing is copied."""

    def __init__(self, root):
        self.root = os.path.abspath(os.path.expanduser(root))
        if not os.path.isdir(self.root):
            raise SourceError(
                "artifacts_mirror: there is no folder {0}. Point artifacts_mirror at a folder with upstream's layout, or leave it "
                "empty to fetch from upstream".format(self.root)
            )

    def where(self, path):
        """The file's place, for messages and the lock file."""
        return os.path.join(self.root, path)

    def local_path(self, path):
        """The file itself if it needs no fetching, else None."""
        return os.path.join(self.root, path)

    def read_text(self, path):
        """The text of a small file, or None if there is no such file."""
        try:
            with open(os.path.join(self.root, path), "r") as stream:
                return stream.read(_BLOCK)
        except (IOError, OSError):
            return None

    def fetch(self, artifact, destination):
        """A folder has nothing to fetch: what is not there is missing."""
        raise SourceError(
            "{0} is not in the mirror: there is no {1}. Add it there, or leave artifacts_mirror empty to fetch from "
            "upstream".format(artifact["name"], self.where(artifact["path"]))
        )


class UrlSource(Source):
    """A mirror behind a URL."""

    def __init__(self, base):
        self.base = base.rstrip("/")

    def where(self, path):
        return "{0}/{1}".format(self.base, path)

    def local_path(self, path):
        return None

    def read_text(self, path):
        try:
            with urlopen(self.where(path), timeout=_TIMEOUT_SECONDS) as answer:
                return answer.read(_BLOCK).decode("utf-8", "replace")
        except HTTPError as error:
            if error.code in (403, 404, 410):
                return None
            raise SourceError("{0}: the server answered {1}".format(self.where(path), error.code))
        except (URLError, socket.timeout, OSError) as error:
            raise SourceError(_unreachable(self.where(path), error))

    def fetch(self, artifact, destination):
        """Download to destination, going on where an earlier download stopped."""
        url = self.where(artifact["path"])
        done = os.path.getsize(destination) if os.path.exists(destination) else 0
        request = Request(url, headers={"Range": "bytes={0}-".format(done)} if done else {})
        try:
            with urlopen(request, timeout=_TIMEOUT_SECONDS) as answer:
                resumed = done and answer.getcode() == 206
                with open(destination, "ab" if resumed else "wb") as stream:
                    shutil.copyfileobj(answer, stream, _BLOCK)
        except HTTPError as error:
            if error.code == 416:  # nothing after what is there: the file is whole, the checksum decides
                return
            raise SourceError(
                "{0} cannot be fetched: {1} answered {2}. Check the version, or set artifacts_mirror to a place that has "
                "it".format(artifact["name"], url, error.code)
            )
        except (URLError, socket.timeout) as error:
            raise SourceError(_unreachable(url, error))


class UpstreamSource(UrlSource):
    """The projects' own servers; images come from their registries through skopeo."""

    def __init__(self):
        super(UpstreamSource, self).__init__("https:/")

    def fetch(self, artifact, destination):
        if artifact["kind"] == "image":
            self._copy_image(artifact, destination)
        else:
            super(UpstreamSource, self).fetch(artifact, destination)

    def publishes_checksum(self, artifact):
        # Registries publish digests, which skopeo verifies, not sums of archives.
        return artifact["kind"] != "image" and super(UpstreamSource, self).publishes_checksum(artifact)

    def read_text(self, path):
        return None if path.startswith("images/") else super(UpstreamSource, self).read_text(path)

    @staticmethod
    def _copy_image(artifact, destination):
        skopeo = shutil.which("skopeo")
        if not skopeo:
            raise SourceError(
                "{0} must be copied from its registry, and skopeo is not installed on the controller. Install the package "
                "skopeo, or set artifacts_mirror to a place that has the image archives".format(artifact["name"])
            )
        if os.path.exists(destination):
            os.unlink(destination)
        architecture = artifact["path"].rsplit("-", 1)[1][: -len(".tar")]
        command = [skopeo, "--override-os", "linux", "--override-arch", architecture, "copy", "--quiet"]
        command += ["docker://" + artifact["name"], "oci-archive:{0}:{1}".format(destination, artifact["name"])]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        _out, err = process.communicate()
        if process.returncode:
            lines = err.decode("utf-8", "replace").strip().splitlines() or ["no message"]
            raise SourceError(
                "{0} cannot be copied from its registry: {1}. Set artifacts_mirror to a place that has the image "
                "archives, or make the registry reachable from the controller".format(artifact["name"], lines[-1])
            )


def _unreachable(url, error):
    reason = getattr(error, "reason", None) or error
    return "{0} cannot be reached: {1}. Set artifacts_mirror to a folder or URL with upstream's layout, or set a proxy".format(
        url, reason
    )


def open_source(mirror):
    """Choose the source for a value of artifacts_mirror: empty, a URL, or a folder."""
    if not mirror:
        return UpstreamSource()
    if mirror.startswith(("http://", "https://")):
        return UrlSource(mirror)
    return FolderSource(mirror)
