# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0
"""What the patches of Rook's manifests have in common."""

import copy

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.kurl.ipv6.plugins.module_utils.rook import objects

LEAF = st.none() | st.booleans() | st.integers() | st.text(max_size=3) | st.lists(st.integers(), max_size=2)
MAPS = st.recursive(
    st.dictionaries(st.sampled_from("abc"), LEAF, max_size=3),
    lambda inner: st.dictionaries(st.sampled_from("abc"), LEAF | inner, max_size=3),
    max_leaves=8,
)


def leaves(value, path=()):
    """Return {path: value} of all that is no map."""
    if not isinstance(value, dict):
        return {path: value}
    found = {}
    for name, inner in value.items():
        found.update(leaves(inner, path + (name,)))
    return found


@given(MAPS, MAPS)
def test_a_merge_keeps_what_the_changes_do_not_name(target, changes):
    before, given_changes = copy.deepcopy(target), copy.deepcopy(changes)
    objects.overlay(target, changes)
    assert changes == given_changes
    after, wanted = leaves(target), leaves(changes)
    assert {path: after.get(path) for path in wanted} == wanted
    named = list(wanted)
    for path, value in leaves(before).items():
        touched = any(path[: len(one)] == one or one[: len(path)] == path for one in named)
        emptied = any(path[: len(one)] == one for one in empty_maps(changes))
        assert touched or emptied or after[path] == value


def empty_maps(value, path=()):
    """Return the paths of maps without entries: they take the place of what is no map."""
    if not isinstance(value, dict):
        return []
    return [path] * (not value) + [one for name, inner in value.items() for one in empty_maps(inner, path + (name,))]


@given(MAPS, MAPS)
def test_a_merge_is_done_once(target, changes):
    objects.overlay(target, changes)
    once = copy.deepcopy(target)
    objects.overlay(target, changes)
    assert target == once


CONTROL_PLANE, MASTER = objects.TOLERATIONS


@pytest.mark.parametrize(
    "present, added",
    [
        (None, [CONTROL_PLANE, MASTER]),
        ([], [CONTROL_PLANE, MASTER]),
        ([{"operator": "Exists"}], []),
        ([{"operator": "Exists", "effect": "NoExecute"}], [CONTROL_PLANE, MASTER]),
        ([{"key": MASTER["key"], "effect": "NoSchedule"}], [CONTROL_PLANE]),
        ([{"key": CONTROL_PLANE["key"], "operator": "Exists"}], [MASTER]),
        ([{"key": CONTROL_PLANE["key"], "value": "x", "effect": "NoSchedule"}], [CONTROL_PLANE, MASTER]),
    ],
)
def test_tolerations_that_are_missing_are_added(present, added):
    spec = {} if present is None else {"tolerations": copy.deepcopy(present)}
    objects.tolerate(spec)
    assert spec["tolerations"] == (present or []) + added


@pytest.mark.parametrize(
    "image, repository, current",
    [
        ("k8s.gcr.io/sig-storage/csi-resizer:v1.0.1", "", "registry.k8s.io/sig-storage/csi-resizer:v1.0.1"),
        ("quay.io/ceph/ceph:v19.2.4", "", "quay.io/ceph/ceph:v19.2.4"),
        ("k8s.gcr.io/sig-storage/csi-resizer:v1.0.1", "r.example/x", "r.example/x/csi-resizer:v1.0.1"),
    ],
)
def test_images_come_from_a_registry_that_is_there(image, repository, current):
    assert objects.current_image(image, repository) == current


@pytest.mark.parametrize(
    "image, rooks",
    [
        ("rook/ceph:v1.5.12", True),
        ("registry.example/ceph:v1.20.6", True),
        ("quay.io/ceph/ceph:v19.2.4", False),
        ("ceph/ceph:v15.2.11", False),
        ("quay.io/ceph/ceph:latest", False),
        ("quay.io/cephcsi/cephcsi:v3.2.2", False),
    ],
)
def test_rooks_image_and_cephs_are_told_apart(image, rooks):
    assert objects.is_operator_image(image) == rooks


@pytest.mark.parametrize(
    "value, yes",
    [(True, True), ("true", True), ("T", True), ("1", True), (1, True), ("no", False), (False, False), ("", False)],
)
def test_yes_and_no(value, yes):
    assert objects.is_true(value) == yes
