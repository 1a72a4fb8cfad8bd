# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0
"""A part of the Kubernetes API through ``kubectl proxy``: many requests at once without a process for each of them.

The proxy listens on a socket in a folder that only the user of this process can enter, so that nobody else on the node
gets the administrator's rights from it.
"""

from __future__ import absolute_import, division, print_function

__metaclass__ = type

import http.client
import json
import os
import shutil
import socket
import subprocess
import tempfile
import time

from ansible_collections.kurl.ipv6.plugins.module_utils.cluster.kubectl import KubectlError

#: How long the proxy may take to listen, in seconds.
START_SECONDS = 15


class ProxyError(Exception):
    """No answer came through the proxy; the message says why."""


class Connection(http.client.HTTPConnection):
    """HTTP over a Unix socket."""

    def __init__(self, path, timeout):
        super(Connection, self).__init__("localhost", timeout=timeout)
        self._path = path

    def connect(self):
        """Connect to the socket."""
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self._path)


class Proxy:
    """The API below some paths, for as long as the ``with`` block lasts. May be used from several threads at once."""

    def __init__(self, kubectl, paths, limit):
        """Take a Kubectl, a regular expression (of Go) for the paths that may be asked for, and the longest time in
        seconds that the proxy is needed.
        """
        self._kubectl = kubectl
        self._paths = paths
        self._limit = limit
        self._folder = ""
        self._process = None

    def __enter__(self):
        self._folder = tempfile.mkdtemp(prefix="kurl-ipv6-")
        try:
            self._begin()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(self, kind, error, trace):
        self.close()

    @property
    def _socket(self):
        return os.path.join(self._folder, "api")

    def _begin(self):
        log = os.path.join(self._folder, "log")
        with open(log, "wb") as out:
            self._process = self._kubectl.begin(
                ["proxy", "--unix-socket", self._socket, "--accept-paths", self._paths], out, self._limit
            )
        deadline = time.time() + START_SECONDS
        while True:
            connection = Connection(self._socket, 1)
            try:
                connection.connect()
                return
            except OSError:
                pass
            finally:
                connection.close()
            if self._process.poll() is not None or time.time() > deadline:
                with open(log, "rb") as said:
                    text = said.read().decode("utf-8", "replace").strip()
                raise KubectlError("kubectl proxy: %s" % (text or "does not listen after %d s" % START_SECONDS))
            time.sleep(0.02)

    def close(self):
        """End the proxy and remove its folder."""
        if self._process is not None and self._process.poll() is None:
            self._process.terminate()
            try:
                self._process.wait(timeout=5)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        shutil.rmtree(self._folder, ignore_errors=True)

    def get(self, path, seconds):
        """Return (status, body as text) of a path, or raise ProxyError when there is no answer within some seconds."""
        connection = Connection(self._socket, seconds)
        try:
            connection.request("GET", path)
            response = connection.getresponse()
            return response.status, response.read().decode("utf-8", "replace")
        except socket.timeout:
            raise ProxyError("no answer within %d s" % seconds)
        except (OSError, http.client.HTTPException) as error:
            raise ProxyError(str(error) or type(error).__name__)
        finally:
            connection.close()

    def objects(self, path, seconds=10):
        """Return the items of a list in the API. Raises ProxyError."""
        status, body = self.get(path, seconds)
        if status != 200:
            raise ProxyError(message(body) or "status %d" % status)
        try:
            return json.loads(body).get("items") or []
        except ValueError:
            raise ProxyError("%s is answered by something that is no JSON" % path)


def message(body):
    """Return what an answer that is no success says: the message of a Status object, else its text."""
    try:
        said = json.loads(body)
    except ValueError:
        return body.strip()
    if isinstance(said, dict) and said.get("kind") == "Status":
        return said.get("message") or said.get("reason") or ""
    return body.strip()
