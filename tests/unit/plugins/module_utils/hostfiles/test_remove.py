# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0
"""Items that a host no longer needs go, and what they replaced comes back."""

from __future__ import absolute_import, division, print_function

__metaclass__ = type

import pytest

from ansible_collections.kurl.ipv6.plugins.module_utils.hostfiles import registry, remove, units


def noted(before=registry.NOTHING):
    return {"size": 1, "modified": 1, "mode": 420, "sha256": "", "before": before}


@pytest.fixture
def record(tmp_path):
    record = registry.empty()
    for name in ("ours", "same", "replaced", "shared", "kept"):
        (tmp_path / name).write_text("new")
    (tmp_path / "copy").write_text("old")
    record["items"] = {
        "route": {
            "source": "1",
            "strip": 0,
            "files": {
                str(tmp_path / "ours"): noted(),
                str(tmp_path / "same"): noted(registry.THE_SAME),
                str(tmp_path / "replaced"): noted(str(tmp_path / "copy")),
                str(tmp_path / "shared"): noted(),
            },
        },
        "other": {"source": "1", "strip": 0, "files": {str(tmp_path / name): noted() for name in ("kept", "shared")}},
    }
    record["units"] = ["route.service", "other.service"]
    record["pending"] = ["route.service"]
    return record


def test_only_what_is_recorded_is_due(record):
    assert remove.due(record, ["route", "never"], ["route.service", "never.service"]) == (["route"], ["route.service"])


def test_what_goes_leaves_nothing_and_the_rest_stays(record, tmp_path):
    calls, saved = [], []
    remove.take_away(
        lambda words: calls.append(words) or (0, "", ""), record, ["route"], ["route.service"], saved.append
    )
    assert calls == [["systemctl", "disable", "--now", "route.service"], ["systemctl", "daemon-reload"]]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["kept", "replaced", "same", "shared"]
    assert (tmp_path / "replaced").read_text() == "old"
    assert list(record["items"]) == ["other"] and record["units"] == ["other.service"] and record["pending"] == []
    assert saved == [record]


def test_a_unit_that_does_not_stop_keeps_its_files(record, tmp_path):
    with pytest.raises(units.UnitError, match="route.service"):
        remove.take_away(lambda words: (1, "", "Access denied"), record, ["route"], ["route.service"], lambda _r: None)
    assert (tmp_path / "ours").exists() and "route" in record["items"]


def test_a_unit_that_is_gone_already_is_no_error(record):
    missing = "Failed to disable unit: Unit file route.service does not exist."
    remove.take_away(lambda words: (1, "", missing), record, [], ["route.service"], lambda _record: None)
    assert record["units"] == ["other.service"]


def test_nothing_to_do_writes_nothing(record):
    remove.take_away(None, record, [], [], None)
