# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0
"""What Ceph says to the way from one Rook to another."""

from __future__ import absolute_import, division, print_function

__metaclass__ = type

import pytest

from ansible_collections.kurl.ipv6.plugins.module_utils.rook.upgrade import upgrade_path

KNOWN = ["1.12.8", "1.13.10", "1.14.12", "1.15.8", "1.16.6", "1.17.7", "1.18.11", "1.19.7"]


def test_an_image_for_all_steps_must_fit_all_of_them():
    assert upgrade_path("1.16.6", "1.18.11", KNOWN, ceph_image="ceph:v18.2.7") == (["1.17.7", "1.18.11"], "")
    steps, error = upgrade_path("1.16.6", "1.19.7", KNOWN, ceph_image="ceph:v18.2.7")
    assert steps == [] and error.startswith("Rook 1.19.7 needs Ceph 19.2.0 or newer")


@pytest.mark.parametrize("running, refused", [("17.2.6", True), ("18.2.0", False), ("", False)])
def test_the_running_ceph_must_reach_the_floor_of_the_first_step(running, refused):
    steps, error = upgrade_path("1.15.8", "1.16.6", KNOWN, ceph_version=running)
    assert bool(error) is refused and bool(steps) is not refused
    assert not refused or "Ceph 17.2.6 runs" in error
