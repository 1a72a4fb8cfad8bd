# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0
"""Versions: their order, and the catalogue itself."""

import re

import pytest

from ansible_collections.kurl.ipv6.plugins.module_utils.installer import catalogue, versions


def test_order():
    wanted = [
        "1.0.4",
        "1.0.4-14.2.21",
        "1.4.9",
        "1.4.10-alpha.1",
        "1.4.10-beta",
        "1.4.10",
        "1.10.0",
        "2.0.0-rc.1",
        "2.0.0",
    ]
    backwards = wanted[::-1]
    assert sorted(backwards, key=versions.key) == wanted


def test_text_that_is_no_version_has_no_place():
    with pytest.raises(ValueError, match="1.2"):
        versions.key("1.2")


@pytest.mark.parametrize("component", sorted(catalogue.VERSIONS))
def test_catalogue_can_be_read(component):
    known = versions.known(component)
    assert len(set(known)) == len(known)
    assert list(known) == sorted(known, key=versions.key)
    assert versions.resolve(component, "latest") == (versions.stable(component)[-1], "latest")
    for version in known:
        assert versions.resolve(component, version) == (version, "exact")


def test_newest_patch_releases_of_kubernetes():
    """The newest patch release of each minor that kURL v2026.08.06-0 ships."""
    for version in "1.19.16 1.20.15 1.24.17 1.30.14 1.33.13 1.34.10 1.35.7 1.36.3".split():
        assert versions.resolve("kubernetes", versions.minor(version) + ".x")[0] == version


@pytest.mark.parametrize(
    "text",
    [
        "",
        "x",
        "1",
        "1.2",
        "1.2.3.4",
        "1.x",
        "1.2.x.3",
        "latest ",
        "1.2.3-",
        "-1.2.3",
        "1.2.3 ",
        "1..3",
        "1.2.3-{{ x }}",
    ],
)
def test_text_that_names_no_release(text):
    with pytest.raises(versions.VersionError) as error:
        versions.resolve("kubernetes", text)
    assert error.value.remedy
    assert error.value.expected


def test_remedies_of_the_catalogue_name_versions_that_it_knows():
    for component, _first, mended, _what, remedy, _source in catalogue.FAULTS:
        found = re.search(r'version: "([^"]+)"', remedy)
        assert not found or found.group(1) in versions.known(component)
        assert not mended or versions.key(mended)


def test_bounds_can_be_met():
    for component, first, behind, lowest, highest, expected, remedy in catalogue.BOUNDS:
        assert versions.key(first) < versions.key(behind or "999.0.0")
        assert bool(lowest) != bool(highest)
        assert expected
        named, version = re.match(r'(\w+):\n  version: "([^"]+)"\Z', remedy).groups()
        assert version in versions.known(named)
        assert named in (component, "kubernetes")


def test_minimums_are_known():
    for component, (lowest, source) in catalogue.MINIMUM.items():
        assert component in catalogue.VERSIONS
        assert source
        assert versions.key(lowest)


def test_images_belong_to_known_versions():
    for component, version in catalogue.IMAGES:
        assert version in versions.known(component)
