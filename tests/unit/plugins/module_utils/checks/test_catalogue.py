# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0
"""The catalogue of checks in docs/checks.md is what the registry says."""

import os
import subprocess
import sys

import pytest

from ansible_collections.kurl.ipv6.plugins.module_utils.checks import catalogue

TOP = os.path.join(os.path.dirname(os.path.abspath(__file__)), *[".."] * 5)
GENERATOR = os.path.join(TOP, "tests", "docs", "checks.py")


def run(*words):
    """Run the generator; returns its exit code."""
    return subprocess.run([sys.executable, GENERATOR] + list(words), stdout=subprocess.PIPE, check=False).returncode


def test_the_catalogue_is_current():
    assert run("--check") == 0, "run tests/docs/checks.py --write"


@pytest.mark.parametrize("entry", catalogue.registered(), ids=lambda entry: entry.id)
def test_every_check_has_its_paragraph(entry):
    with open(os.path.join(TOP, "docs", "checks.md"), encoding="utf-8") as stream:
        page = stream.read()
    assert "\n### {}\n".format(entry.id) in page
    assert "](#{})".format(entry.id.replace(".", "")) in page
