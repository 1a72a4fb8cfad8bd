# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0
"""What is asked of a host's files is checked before anything happens."""

from __future__ import absolute_import, division, print_function

__metaclass__ = type

import hashlib
import os

import pytest

from ansible_collections.kurl.ipv6.plugins.module_utils.hostfiles import plan, registry

UNITS = [{"name": "x.service", "started": True}]


def asked(**changes):
    """Return an item as the module gets it."""
    return dict(
        {
            "name": "a",
            "dest": "/etc/a",
            "src": "/srv/a",
            "content": None,
            "mode": "0644",
            "unpack": False,
            "strip": 0,
            "sha256": "0" * 64,
            "units": [],
        },
        **changes,
    )


def test_an_item_is_completed():
    (item,) = plan.complete([asked(content="ü\n", mode="0755", units=["x.service"])], UNITS)
    assert item["mode"] == 0o755
    assert item["sha256"] == hashlib.sha256("ü\n".encode("utf-8")).hexdigest()


@pytest.mark.parametrize(
    "items, message",
    [
        ([asked(mode="420")], "octal digits in quotes"),
        ([asked(mode="u+x")], "octal digits in quotes"),
        ([asked(mode="0888")], "octal digits in quotes"),
        ([asked(dest="etc/a")], "whole path"),
        ([asked(dest="/etc/../a")], "whole path"),
        ([asked(dest="/etc//a")], "whole path"),
        ([asked(), asked(dest="/etc/b")], "two items have this name"),
        ([asked(), asked(name="b")], "the destination /etc/a"),
        ([asked(unpack=True, content="x")], "an archive has a src"),
        ([asked(units=["y.service"])], "y.service is not among the units"),
    ],
)
def test_what_does_not_fit_is_named(items, message):
    with pytest.raises(plan.PlanError, match=message):
        plan.complete(items, UNITS)


def test_two_archives_may_share_a_folder():
    assert (
        len(plan.complete([asked(unpack=True, dest="/opt/bin/"), asked(name="b", unpack=True, dest="/opt/bin")], []))
        == 2
    )


def test_the_files_of_archives_are_known_once_their_members_are():
    items = plan.complete([asked(), asked(name="b", unpack=True, dest="/opt/bin/")], [])
    assert plan.expected(items, {}) == {"/etc/a": "0" * 64}
    assert plan.expected(items, {"b": {"ctr": "1"}}) == {"/etc/a": "0" * 64, "/opt/bin/ctr": "1"}


def test_an_archive_whose_files_are_there_changes_nothing(tmp_path):
    (tmp_path / "ctr").write_text("ctr")
    os.chmod(str(tmp_path / "ctr"), 0o755)
    (item,) = plan.complete([asked(unpack=True, dest=str(tmp_path), mode="0755")], [])
    sums = {"ctr": hashlib.sha256(b"ctr").hexdigest()}
    assert plan.same_members(item, {"a": sums})
    assert not plan.same_members(item, {"a": dict(sums, more="0")})
    assert not plan.same_members(item, {})
    os.chmod(str(tmp_path / "ctr"), 0o700)
    assert not plan.same_members(item, {"a": sums})


def test_a_difference_of_text_shows_text_and_modes(tmp_path):
    path = tmp_path / "a"
    (item,) = plan.complete([asked(dest=str(path), content="two\n", mode="0600")], [])
    shown = plan.difference(registry.empty(), item)
    assert (shown["before_header"], shown["before"]) == (str(path) + ", not there", "")
    path.write_text("one\n")
    os.chmod(str(path), 0o644)
    assert plan.difference(registry.empty(), item) == {
        "before_header": str(path) + ", mode 0644",
        "before": "one\n",
        "after_header": str(path) + ", mode 0600",
        "after": "two\n",
    }
    path.write_text("x" * 300000)
    assert plan.difference(registry.empty(), item)["before"] == "a file of 300000 bytes\n"


def test_a_difference_of_binaries_shows_their_sums():
    (item,) = plan.complete([asked()], [])
    record = registry.empty()
    assert plan.difference(record, item)["before"] == ""
    record["items"]["a"] = {"source": "1" * 64, "files": {}}
    shown = plan.difference(record, item)
    assert (shown["before"], shown["after"]) == ("sha256 " + "1" * 64 + "\n", "sha256 " + "0" * 64 + "\n")
