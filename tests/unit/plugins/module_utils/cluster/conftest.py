# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0

from __future__ import absolute_import, division, print_function

__metaclass__ = type

import json
import os
import sys

import pytest

from ansible_collections.kurl.ipv6.plugins.module_utils.cluster.kubectl import Kubectl

FAKE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "fake_kubectl.py")


class Cluster:
    """A cluster in a file, and the kubectl that sees it."""

    def __init__(self, folder):
        self.path = str(folder / "cluster.json")
        self.program = str(folder / "kubectl")
        with open(self.program, "w") as file:
            file.write('#!/bin/sh\nexec "%s" -S "%s" "$@"\n' % (sys.executable, FAKE))
        os.chmod(self.program, 0o755)
        self.kubectl = Kubectl(self.path, self.program, patience=0)
        self.write(objects=[])

    def read(self):
        """Return what the file holds."""
        with open(self.path) as file:
            return json.load(file)

    def write(self, **parts):
        """Replace parts of it."""
        content = self.read() if os.path.exists(self.path) else {}
        content.update(parts)
        with open(self.path, "w") as file:
            json.dump(content, file)

    def add(self, *objects):
        """Put objects into it."""
        self.write(objects=self.read()["objects"] + list(objects))

    def names(self, kind):
        """Return the names of the objects of a kind."""
        return [item["metadata"]["name"] for item in self.read()["objects"] if item["kind"] == kind]

    def calls(self, word=""):
        """Return the command lines so far that begin with a word."""
        return [words for words in self.read().get("calls", []) if not word or words[0] == word]


@pytest.fixture
def cluster(tmp_path):
    """An empty cluster."""
    return Cluster(tmp_path)
