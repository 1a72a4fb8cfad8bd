# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0
"""The record of installed files: it survives damage, tells touched from changed, and knows how to undo everything."""

from __future__ import absolute_import, division, print_function

__metaclass__ = type

import hashlib
import json
import os

import pytest

from ansible_collections.kurl.ipv6.plugins.module_utils.hostfiles import registry

ONE = hashlib.sha256(b"one\n").hexdigest()


def item_for(path, sha256=ONE, mode=0o644, **more):
    """Return a completed item."""
    return dict(
        {"name": "a", "dest": str(path), "sha256": sha256, "mode": mode, "unpack": False, "strip": 0, "content": None},
        **more,
    )


@pytest.fixture(name="installed")
def fixture_installed(tmp_path):
    """A file with its record: (path, record)."""
    path = tmp_path / "a"
    path.write_text("one\n")
    os.chmod(str(path), 0o644)
    record = registry.empty()
    files = {str(path): dict(registry.stamp(str(path)), sha256=ONE, before=registry.NOTHING)}
    record["items"]["a"] = {"source": ONE, "strip": 0, "files": files}
    return path, record


def test_a_record_is_read_as_it_was_written(installed, tmp_path):
    record = installed[1]
    record["folders"], record["units"], record["pending"] = ["/etc/x"], ["x.service"], ["x.service"]
    registry.write(record, str(tmp_path / "deep/er/files.json"))
    assert registry.read(str(tmp_path / "deep/er/files.json")) == record
    assert os.listdir(str(tmp_path / "deep/er")) == ["files.json"]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        "null",
        "{}",
        '{"items": []}',
        '{"items": {"a": 1}}',
        '{"items": {"a": {"source": null, "files": {}}}}',
        '{"items": {"a": {"source": "x", "files": {"/a": 1}}}}',
        '{"items": {}, "pending": [1]}',
        '{"items": {}, "pending": 1}',
        "\x00\x00\x00\x00",
    ],
)
def test_a_damaged_record_counts_as_empty(tmp_path, text):
    (tmp_path / "files.json").write_text(text)
    assert registry.read(str(tmp_path / "files.json")) == registry.empty()


def test_a_record_that_cannot_be_read_is_an_error(tmp_path):
    (tmp_path / "files.json").mkdir()
    with pytest.raises(EnvironmentError):
        registry.read(str(tmp_path / "files.json"))


def test_a_record_of_an_earlier_form_is_completed(tmp_path):
    files = {"/a": {"size": 1, "modified": 2, "mode": 420}}
    (tmp_path / "files.json").write_text(
        json.dumps({"items": {"a": {"source": ONE, "files": files}}, "pending": ["x.service"]})
    )
    record = registry.read(str(tmp_path / "files.json"))
    assert record["items"]["a"]["files"]["/a"]["before"] == registry.NOTHING
    assert record["pending"] == ["x.service"]
    assert registry.removable(record)["remove"] == {"/a": ""}


def test_an_untouched_file_is_current(installed):
    path, record = installed
    assert registry.current(record, item_for(path))


@pytest.mark.parametrize(
    "change", ["content", "mode", "time", "gone", "link", "source", "other mode", "other name", "other place"]
)
def test_whatever_changed_is_noticed(installed, change):
    path, record = installed
    item = item_for(path)
    if change == "content":
        path.write_text("two\n")
    elif change == "mode":
        os.chmod(str(path), 0o600)
    elif change == "time":
        os.utime(str(path), (1, 1))
    elif change in ("gone", "link"):
        path.unlink()
        if change == "link":
            path.symlink_to("/dev/null")
    elif change == "source":
        item["sha256"] = "0" * 64
    elif change == "other mode":
        item["mode"] = 0o600
    elif change == "other name":
        item["name"] = "b"
    else:
        item["dest"] += "x"
    assert not registry.current(record, item)
    # Of these only a touched file, and another item with the same content, are what is asked for anyway.
    assert registry.settle(record, item) == (change in ("time", "other name"))
    assert registry.current(record, item) == (change in ("time", "other name"))


def test_a_file_that_was_cut_off_by_a_power_failure_is_noticed(installed):
    path, record = installed
    modified = os.stat(str(path)).st_mtime_ns
    path.write_text("")
    os.utime(str(path), ns=(modified, modified))
    assert not registry.current(record, item_for(path))


def test_a_claim_of_a_killed_run_is_not_current_but_owned(installed):
    path, record = installed
    record["items"]["a"]["source"] = ""
    assert not registry.current(record, item_for(path))
    assert registry.owned(record) == {str(path)}
    # The file had its place already: only the record was not finished.
    assert registry.settle(record, item_for(path))
    assert registry.removable(record)["remove"] == {str(path): ONE}


def test_everything_that_can_be_taken_away_is_known():
    record = registry.empty()
    record["items"] = {
        "a": {
            "source": ONE,
            "strip": 0,
            "files": {
                "/opt/cni/bin/bridge": {"sha256": "1", "before": registry.NOTHING},
                "/opt/cni/bin/loopback": {"sha256": "2", "before": registry.THE_SAME},
            },
        },
        "b": {
            "source": ONE,
            "strip": 0,
            "files": {"/etc/containerd/config.toml": {"sha256": "3", "before": "/var/lib/kurl-ipv6/replaced/etc/x"}},
        },
    }
    record["folders"] = ["/opt/cni", "/opt/cni/bin", "/etc/containerd"]
    record["units"] = ["containerd.service", "kubelet.service"]
    record["pending"] = ["kubelet.service"]
    before = json.dumps(record, sort_keys=True)
    assert registry.removable(record) == {
        "units": ["kubelet.service", "containerd.service"],
        "remove": {"/opt/cni/bin/bridge": "1"},
        "restore": {"/etc/containerd/config.toml": "/var/lib/kurl-ipv6/replaced/etc/x"},
        "keep": ["/opt/cni/bin/loopback"],
        "folders": ["/opt/cni/bin", "/etc/containerd", "/opt/cni"],
    }
    assert json.dumps(record, sort_keys=True) == before


def test_of_an_empty_record_nothing_is_to_be_removed():
    assert registry.removable(registry.empty()) == {
        "units": [],
        "remove": {},
        "restore": {},
        "keep": [],
        "folders": [],
    }
