# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0
"""Runs kubectl on a control plane node. May be used from several threads at once."""

from __future__ import absolute_import, division, print_function

__metaclass__ = type

import json
import re
import subprocess
import time

PROGRAM = "/usr/local/bin/kubectl"
KUBECONFIG = "/etc/kubernetes/admin.conf"
#: Longest time that one kubectl may take, in seconds.
LIMIT = 60
#: For how long a call is repeated when the API server is not able to answer yet, in seconds.
PATIENCE = 30

# What an API server says that restarts, elects a leader, or whose webhooks and aggregated APIs are not up yet.
_PASSING = re.compile(
    r"connection refused|connection reset|connection lost|TLS handshake timeout|i/o timeout|unexpected EOF|: EOF\b"
    r"|no route to host|net/http: request canceled|context deadline exceeded|etcdserver: |leader changed"
    r"|ServiceUnavailable|server is currently unable|server was unable to return|apiserver not ready"
    r"|Too many requests|failed calling webhook"
    # An API server that has just started lists its groups one after the other.
    r"|the server doesn't have a resource type"
)

# Lines of kubectl's libraries for developers, such as ``E1124 22:12:28.500851     819 memcache.go:265] ...``.
_LOG = re.compile(r"[EWIF]\d{4} \d\d:\d\d:\d\d\.\d+ ")


class KubectlError(Exception):
    """kubectl failed; the message holds what it said."""


class Kubectl:
    """kubectl as the cluster's administrator."""

    def __init__(self, kubeconfig=KUBECONFIG, program=PROGRAM, patience=PATIENCE, start=subprocess.Popen):
        self._words = [program, "--kubeconfig", kubeconfig]
        self._patience = patience
        self._start = start

    def try_once(self, words, data=None, limit=LIMIT):
        """Run kubectl with text on its standard input; return (exit code, output, errors)."""
        try:
            process = self._start(  # pylint: disable=ansible-bad-function  # run_command knows no time limit
                self._words + list(words),
                stdin=subprocess.PIPE if data is not None else subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
            )
        except OSError as error:
            raise KubectlError("%s: %s" % (self._words[0], error.strerror))
        try:
            out, err = process.communicate(None if data is None else data.encode("utf-8"), timeout=limit)
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()
            return 124, "", "kubectl %s gave no answer within %d s" % (words[0], limit)
        return process.returncode, out.decode("utf-8", "replace"), err.decode("utf-8", "replace")

    def begin(self, words, out, limit):
        """Start kubectl for something that runs until it is ended, and return the process. Raises KubectlError.

        Arguments:
            words: its arguments.
            out: file that receives its output and its errors.
            limit: seconds after which it ends by itself, for the case that this process is killed before it.
        """
        words = ["timeout", str(limit)] + self._words + list(words)
        try:
            # pylint: disable-next=ansible-bad-function  # it runs beside the module, run_command waits for the end
            return self._start(words, stdin=subprocess.DEVNULL, stdout=out, stderr=out)
        except OSError as error:
            raise KubectlError("%s: %s" % (words[0], error.strerror))

    def run(self, words, data=None, limit=LIMIT):
        """Return kubectl's output. What passes by itself is tried again. Raises KubectlError."""
        deadline = time.time() + self._patience
        while True:
            code, out, err = self.try_once(words, data, limit)
            if code == 0:
                return out
            if not _PASSING.search(err) or time.time() > deadline:
                raise KubectlError("kubectl %s: %s" % (words[0], complaint(err) or "exit code %d" % code))
            time.sleep(1)

    def objects(self, words, documents=None, limit=LIMIT):
        """Return the objects that kubectl prints as JSON, with the items of a list one by one. Raises KubectlError."""
        data = None if documents is None else stream(documents)
        out = self.run(list(words) + ["--output", "json"], data, limit)
        return parse(out)


def complaint(text):
    """Return what kubectl says when it fails, without the log lines of its libraries unless there is nothing else."""
    lines = text.strip().splitlines()
    return "\n".join([line for line in lines if not _LOG.match(line)] or lines)


def stream(documents):
    """Return objects as text for ``--filename -``. JSON is YAML; one document a line."""
    return "\n---\n".join(json.dumps(document) for document in documents) + "\n"


def parse(text):
    """Return the objects of kubectl's JSON output: none, one, or those of a ``List``."""
    if not text.strip():
        return []
    document = json.loads(text)
    if document.get("kind", "").endswith("List") and "items" in document:
        return document["items"] or []
    return [document]
