# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0

from __future__ import absolute_import, division, print_function

__metaclass__ = type

import json
import os

import pytest

from ansible_collections.kurl.ipv6.plugins.module_utils import whole_file


def test_the_folder_is_made_and_nothing_else_is_left(tmp_path):
    path = tmp_path / "deep" / "er" / "note.json"
    whole_file.write_json(str(path), {"b": [1], "a": "ü"})
    assert json.loads(path.read_text(encoding="utf-8")) == {"a": "ü", "b": [1]}
    assert os.listdir(str(path.parent)) == ["note.json"]


def test_what_cannot_be_written_leaves_the_old_note(tmp_path, monkeypatch):
    path = tmp_path / "note.json"
    whole_file.write_json(str(path), "old")

    def full(_descriptor):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError):
        whole_file.write_json(str(path), "new")
    assert json.loads(path.read_text(encoding="utf-8")) == "old"
