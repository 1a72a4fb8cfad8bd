# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0
"""By which releases a Rook cluster goes from one version to another.

Rook supports an upgrade to the next line only: each line migrates what the one before it left
(documentation of each release, *Rook Upgrades*).
"""

from . import versions

#: Line -> the release of the line before it from which it can be reached; older ones go to the newest of theirs first.
REACHED_FROM = {"1.20": "1.19.5"}


def upgrade_path(current, wanted, known, kubernetes_version="", ceph_image="", ceph_version=""):
    """Return ``(steps, error)``: the releases to install one after the other, or why there is no way.

    Arguments:
        current, wanted: releases such as ``1.16.6``.
        known: releases that may stand between them; of each line the newest is taken.
        kubernetes_version: the cluster's; each step must be able to run on it. Empty: not looked at.
        ceph_image: the image of Ceph that every step gets instead of its own. Empty: each has its own.
        ceph_version: the version of the Ceph that runs; the first step must take it. Empty: not known.
    Returns:
        The steps end with ``wanted``; they are empty when it is what runs. With an error they are empty, too.
    """
    try:
        start = versions.parse(current)
        end = versions.parse(wanted)
        versions.check_supported(current)
    except versions.RookError as error:
        return [], str(error)
    if end < start:
        return [], "Rook %s runs; Rook cannot go back to %s" % (current, wanted)
    if end == start:
        return [], ""
    if end[0] != start[0]:
        return [], "Rook %s and %s are of different majors, and no way is known between them" % (current, wanted)
    steps = []
    needed = REACHED_FROM.get("%d.%d" % (start[0], start[1] + 1))
    first = start[1] if needed and end[1] > start[1] and start < versions.parse(needed) else start[1] + 1
    for minor in range(first, end[1]):
        line = [item for item in known if versions.parse(item)[:2] == (start[0], minor)]
        if not line:
            return [], "no release of Rook %d.%d is known, and the line cannot be skipped" % (start[0], minor)
        steps.append(max(line, key=versions.parse))
    steps.append("%d.%d.%d" % end)
    for step in steps if kubernetes_version else []:
        refusal = versions.kubernetes_refusal(step, kubernetes_version)
        if refusal:
            return [], refusal
    # A step whose operator refuses Ceph would end the way half-way.
    images = [ceph_image] * len(steps) if ceph_image else []
    if ceph_version and steps:
        floor = versions.ceph_floor(steps[0])
        if versions.parse(ceph_version) < versions.parse(floor):
            return [], "Rook %s needs Ceph %s or newer, and Ceph %s runs; upgrade Ceph first, with rook_ceph_image" % (
                steps[0],
                floor,
                ceph_version,
            )
    for step, image in zip(steps, images):
        refusal = versions.ceph_refusal(step, image)
        if refusal:
            return [], refusal
    return steps, ""
