# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0
"""Versions: their form, their order, and what ``latest`` and ``1.34.x`` stand for."""

import re
from functools import lru_cache

from ansible_collections.kurl.ipv6.plugins.module_utils.installer import catalogue

_EXACT = re.compile(r"(\d{1,9})\.(\d{1,9})\.(\d{1,9})([-+][0-9A-Za-z.+-]{1,60})?\Z")
_MINOR = re.compile(r"(\d{1,9})\.(\d{1,9})\.x\Z")


class VersionError(Exception):
    """A version that names no release. ``expected`` and ``remedy`` say what would."""

    def __init__(self, observed, expected, remedy):
        super().__init__(observed)
        self.expected = expected
        self.remedy = remedy


def key(version):
    """Return a version's place in the order: numbers first; of equal numbers a pre-release comes before the release.

    kURL's builds ``1.0.4-14.2.21`` are no pre-releases: a suffix that begins with a digit comes after the release.
    """
    match = _EXACT.match(version)
    if not match:
        raise ValueError(f"{version!r} is no version of three components")
    numbers = tuple(int(part) for part in match.groups()[:3])
    suffix = match.group(4) or ""
    if not suffix or suffix.startswith("+"):
        return numbers + (1, ())
    parts = tuple((0, int(part), "") if part.isdigit() else (1, 0, part) for part in re.split("[.-]", suffix[1:]))
    return numbers + (2 if suffix[1].isdigit() else 0, parts)


def minor(version):
    """Return ``1.34`` of ``1.34.4``."""
    return ".".join(version.split(".")[:2])


def minor_key(text):
    """Return ``(1, 34)`` of ``1.34`` or ``1.34.4``."""
    return tuple(int(part) for part in text.split(".")[:2])


@lru_cache(maxsize=None)
def known(component):
    """Return a component's catalogued versions, lowest first."""
    versions = []
    for word in catalogue.VERSIONS[component].split():
        span = re.match(r"(\d+\.\d+)\.(\d+)-(\d+)\Z", word)
        if span:
            versions += [f"{span.group(1)}.{patch}" for patch in range(int(span.group(2)), int(span.group(3)) + 1)]
        else:
            versions.append(word)
    return tuple(sorted(versions, key=key))


def stable(component):
    """Return the catalogued versions without pre-releases and kURL's own builds, lowest first."""
    return [version for version in known(component) if "-" not in version]


def resolve(component, wanted):
    """Return ``(version, form)`` of what a spec asks for.

    Arguments:
        component: a key of ``catalogue.VERSIONS``.
        wanted: ``1.34.4``, ``v1.34.4``, ``1.34.x`` or ``latest``.
    Returns:
        The exact version; ``form`` is ``exact``, ``prefixed`` (a leading v), ``minor`` or ``latest``.
    Raises:
        VersionError: it names no release.
    """
    newest = stable(component)[-1]
    if wanted == "latest":
        return newest, "latest"
    found = _MINOR.match(wanted[1:] if wanted[:1] == "v" else wanted)
    if found:
        prefix = f"{int(found.group(1))}.{int(found.group(2))}."
        fitting = [version for version in stable(component) if version.startswith(prefix)]
        if not fitting:
            minors = sorted({minor(version) for version in stable(component)}, key=minor_key)
            raise VersionError(
                f"no release of {wanted} is known",
                "one of " + ", ".join(entry + ".x" for entry in minors[-6:]) + ", or an exact version",
                f'version: "{newest}"',
            )
        return fitting[-1], "minor"
    text = wanted[1:] if wanted[:1] == "v" else wanted
    if re.match(r"\d{1,9}\.\d{1,9}\Z", text):
        raise VersionError(
            f"{text} has no third component",
            f"an exact version, or {text}.x for its newest patch release",
            f'version: "{text}.x"',
        )
    if not _EXACT.match(text):
        raise VersionError(
            f"{wanted[:60]} is no version",
            "three components such as 1.34.4, 1.34.x or latest",
            f'version: "{newest}"',
        )
    return text, "exact" if text == wanted else "prefixed"
