# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0
"""Where artifacts come from: a folder, a URL, or upstream itself. All three have upstream's own layout."""

from __future__ import absolute_import, division, print_function

__metaclass__ = type

import os
import shutil
import subprocess

try:
    from http.client import HTTPException
    from urllib.error import HTTPError
    from urllib.request import Request, build_opener
except ImportError:  # never on a supported controller; the sanity tests import this on every Python
    HTTPException = HTTPError = ValueError
    Request = build_opener = None

_BLOCK = 1024 * 1024
_TIMEOUT_SECONDS = 30
#: What a server that is away, breaks off or talks nonsense causes; ValueError is a URL that is none.
_NETWORK_ERRORS = (EnvironmentError, HTTPException, ValueError)


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
                "artifacts_mirror: there is no folder {0}. Point artifacts_mirror at a folder with upstream's layout, "
                "or leave it empty to fetch from upstream".format(self.root)
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

    def missing(self, artifact):
        """The message for a file that is not there."""
        return (
            "{0} is not in the mirror: there is no {1}. Add it there with its checksum, or leave artifacts_mirror "
            "empty to fetch from upstream".format(artifact["name"], self.where(artifact["path"]))
        )


class UrlSource(Source):
    """A mirror behind a URL."""

    def __init__(self, base):
        self.base = base.rstrip("/")

    def where(self, path):
        return "{0}/{1}".format(self.base, path)

    def local_path(self, path):
        return None

    def question(self, artifact):
        """The URL that tells whether an artifact can be had; the same one for all that it tells of."""
        return self.where(artifact["checksum_path"])

    def has(self, artifact, timeout):
        """Whether the server has an artifact, as far as what is published beside it tells; raises SourceError."""
        return self.read_text(artifact["checksum_path"], timeout) is not None or not self.publishes_checksum(artifact)

    def read_text(self, path, timeout=_TIMEOUT_SECONDS):
        try:
            with build_opener().open(self.where(path), timeout=timeout) as answer:
                return answer.read(_BLOCK).decode("utf-8", "replace")
        except HTTPError as error:
            if error.code in (403, 404, 410):
                return None
            raise SourceError("{0}: the server answered {1}".format(self.where(path), error.code))
        except _NETWORK_ERRORS as error:
            raise SourceError(_unreachable(self.where(path), error))

    def fetch(self, artifact, destination):
        """Download to destination, going on where an earlier download stopped, or where the connection breaks."""
        url = self.where(artifact["path"])
        while True:
            before = _size(destination)
            broken = self._download(artifact, url, destination)
            if broken is None:
                return
            if _size(destination) <= before:
                raise SourceError(
                    "{0}: the connection to {1} broke off: {2}. Run it again; it goes on after the {3} bytes that "
                    "arrived".format(artifact["name"], url, broken, _size(destination))
                )

    @staticmethod
    def _download(artifact, url, destination):
        """Download what is not there yet; return why the connection broke off, None if it did not."""
        done = _size(destination)
        request = Request(url, headers={"Range": "bytes={0}-".format(done)} if done else {})
        try:
            answer = build_opener().open(request, timeout=_TIMEOUT_SECONDS)
        except HTTPError as error:
            if error.code == 416:  # nothing after what is there: the file is whole, the checksum decides
                return None
            raise SourceError(
                "{0} cannot be fetched: {1} answered {2}. Check the version, or set artifacts_mirror to a place that "
                "has it".format(artifact["name"], url, error.code)
            )
        except _NETWORK_ERRORS as error:
            raise SourceError(_unreachable(url, error))
        with answer:
            resumed = done and answer.getcode() == 206
            announced = answer.headers.get("Content-Length", "")
            received = 0
            with open(destination, "ab" if resumed else "wb") as stream:
                while True:
                    # Errors of the disk must not be taken for errors of the network: only reading is watched.
                    try:
                        block = answer.read(_BLOCK)
                    except _NETWORK_ERRORS as error:
                        return str(error)
                    if not block:
                        break
                    stream.write(block)
                    received += len(block)
        if announced.isdigit() and received < int(announced):
            return "{0} of {1} bytes arrived".format(received, announced)
        return None


class UpstreamSource(UrlSource):
    """The projects' own servers; images come from their registries through skopeo."""

    def __init__(self):
        super(UpstreamSource, self).__init__("")

    def where(self, path):
        # A path begins with the server's name.
        return "https://" + path

    def fetch(self, artifact, destination):
        if artifact["kind"] == "image":
            self._copy_image(artifact, destination)
        else:
            super(UpstreamSource, self).fetch(artifact, destination)

    def publishes_checksum(self, artifact):
        # Registries publish digests, which skopeo verifies, not sums of archives.
        return artifact["kind"] != "image" and super(UpstreamSource, self).publishes_checksum(artifact)

    def read_text(self, path, timeout=_TIMEOUT_SECONDS):
        return None if path.startswith("images/") else super(UpstreamSource, self).read_text(path, timeout)

    def question(self, artifact):
        if artifact["kind"] != "image":
            return super(UpstreamSource, self).question(artifact)
        registry = artifact["name"].split("/", 1)[0]
        # Where Docker's own tools look for what is called docker.io.
        return "https://{0}/v2/".format("registry-1.docker.io" if registry == "docker.io" else registry)

    def has(self, artifact, timeout):
        if artifact["kind"] != "image":
            return super(UpstreamSource, self).has(artifact, timeout)
        url = self.question(artifact)
        try:
            build_opener().open(url, timeout=timeout).close()
        except HTTPError as error:
            # Most registries want a token, which skopeo gets: they have answered.
            if error.code >= 500:
                raise SourceError("{0}: the server answered {1}".format(url, error.code))
        except _NETWORK_ERRORS as error:
            raise SourceError(_unreachable(url, error))
        return True

    @staticmethod
    def _copy_image(artifact, destination):
        skopeo = shutil.which("skopeo")
        if not skopeo:
            raise SourceError(
                "{0} must be copied from its registry, and skopeo is not installed on the controller. Install the "
                "package skopeo, or set artifacts_mirror to a place that has the image archives".format(
                    artifact["name"]
                )
            )
        if os.path.exists(destination):
            os.unlink(destination)
        architecture = artifact["path"].rsplit("-", 1)[1][: -len(".tar")]
        command = [skopeo, "--override-os", "linux", "--override-arch", architecture, "copy", "--quiet"]
        command += ["docker://" + artifact["name"], "oci-archive:{0}:{1}".format(destination, artifact["name"])]
        # pylint: disable-next=ansible-bad-function  # there is no module here whose run_command could be called
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        _out, err = process.communicate()
        if process.returncode:
            lines = err.decode("utf-8", "replace").strip().splitlines() or ["no message"]
            raise SourceError(
                "{0} cannot be copied from its registry: {1}. Set artifacts_mirror to a place that has the image "
                "archives, or make the registry reachable from the controller".format(artifact["name"], lines[-1])
            )


def _size(path):
    return os.path.getsize(path) if os.path.exists(path) else 0


def _unreachable(url, error):
    reason = getattr(error, "reason", None) or error
    return (
        "{0} cannot be reached: {1}. Set artifacts_mirror to a folder or URL with upstream's layout, or set a "
        "proxy".format(url, reason)
    )


def open_source(mirror):
    """Choose the source for a value of artifacts_mirror: empty, a URL, or a folder."""
    if not mirror:
        return UpstreamSource()
    if mirror.startswith(("http://", "https://")):
        return UrlSource(mirror)
    return FolderSource(mirror)
