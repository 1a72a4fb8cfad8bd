# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0
"""By which releases Rook goes from one version to another."""

import itertools

import pytest

from ansible_collections.kurl.ipv6.plugins.module_utils.installer import versions as catalogued
from ansible_collections.kurl.ipv6.plugins.module_utils.rook import versions
from ansible_collections.kurl.ipv6.plugins.module_utils.rook.upgrade import upgrade_path

KNOWN = catalogued.stable("rook")


@pytest.mark.parametrize(
    "current, wanted, steps",
    [
        ("1.18.11", "1.18.11", []),
        ("v1.18.11", "1.18.11", []),
        ("1.18.3", "1.18.11", ["1.18.11"]),
        ("1.17.7", "1.18.11", ["1.18.11"]),
        ("1.16.3", "1.18.11", ["1.17.9", "1.18.11"]),
        ("1.19.7", "1.20.6", ["1.20.6"]),
        ("1.19.4", "1.20.6", ["1.19.10", "1.20.6"]),
        ("1.18.11", "1.20.6", ["1.19.10", "1.20.6"]),
        ("1.19.4", "1.19.7", ["1.19.7"]),
    ],
)
def test_one_line_after_the_other(current, wanted, steps):
    assert upgrade_path(current, wanted, KNOWN) == (steps, "")


@pytest.mark.parametrize(
    "current, wanted, kubernetes, reason",
    [
        ("1.18.11", "1.17.7", "", "Rook 1.18.11 runs; Rook cannot go back to 1.17.7"),
        ("1.18.11", "2.0.0", "", "different majors"),
        ("1.4.9", "1.18.11", "", "older than 1.5.12"),
        ("latest", "1.18.11", "", "not a Rook version"),
        ("1.18.11", "1.18.x", "", "not a Rook version"),
        ("1.16.6", "1.20.6", "1.30.14", "Rook 1.20.6 cannot run on Kubernetes 1.30.14"),
        ("1.5.12", "1.6.11", "1.21.14", ""),
    ],
)
def test_a_way_that_is_none_has_a_reason(current, wanted, kubernetes, reason):
    steps, error = upgrade_path(current, wanted, KNOWN, kubernetes)
    assert reason in error and bool(error) == bool(reason)
    assert bool(steps) != bool(reason)


def test_a_line_of_which_nothing_is_known_is_not_skipped():
    known = [version for version in KNOWN if not version.startswith("1.17.")]
    assert upgrade_path("1.16.6", "1.18.11", known) == (
        [],
        "no release of Rook 1.17 is known, and the line cannot be skipped",
    )


def test_no_way_skips_a_line_or_goes_back():
    supported = [version for version in KNOWN if versions.parse(version) >= (1, 5, 12)]
    ways = 0
    for current, wanted in itertools.product(supported, supported):
        steps, error = upgrade_path(current, wanted, KNOWN)
        assert bool(error) == (versions.parse(wanted) < versions.parse(current))
        way = [versions.parse(step) for step in [current] + steps]
        assert way == sorted(way)
        assert all(way[number][1] - way[number - 1][1] <= 1 for number in range(1, len(way)))
        assert error or way[-1] == versions.parse(wanted)
        ways += 1
    assert ways > 1000
