# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0
"""The block of /etc/hosts."""

import pytest

from ansible_collections.kurl.ipv6.plugins.module_utils.hostsetup import hosts

FOREIGN = "127.0.0.1 localhost\n::1 localhost ip6-localhost\n"
NODES = {"b": "fd00::2", "a": "fd00:0:0::1"}
BLOCK = f"{hosts.BEGIN}\nfd00::1 a\nfd00::2 b\n{hosts.END}\n"


def test_the_block_is_added_once_and_taken_away_whole():
    text = hosts.updated(FOREIGN, NODES)
    assert text == FOREIGN + BLOCK
    assert hosts.updated(text, NODES) == text
    assert hosts.updated(text, {}) == FOREIGN


def test_lines_around_the_block_stay_where_they_are():
    text = FOREIGN + BLOCK + "fd00::9 printer\n"
    changed = hosts.updated(text, {"a": "fd00::7"})
    assert changed == f"{FOREIGN}{hosts.BEGIN}\nfd00::7 a\n{hosts.END}\nfd00::9 printer\n"
    assert hosts.updated(text, {}) == FOREIGN + "fd00::9 printer\n"


def test_a_part_of_the_nodes_leaves_the_others_named():
    assert hosts.updated(FOREIGN + BLOCK, {"a": "fd00::7"}, complete=False) == FOREIGN + BLOCK.replace("::1 a", "::7 a")
    assert hosts.updated(FOREIGN + BLOCK, {}, complete=False) == FOREIGN + BLOCK


def test_a_domain_gives_an_alias_where_that_is_unique():
    lines = hosts.entries({"a.x.org": "fd00::1", "b.x.org": "fd00::2", "b.y.org": "fd00::3"})
    assert lines == ["fd00::1 a.x.org a", "fd00::2 b.x.org", "fd00::3 b.y.org"]
    assert hosts.known(lines) == {"a.x.org": "fd00::1", "b.x.org": "fd00::2", "b.y.org": "fd00::3"}


@pytest.mark.parametrize("tail", ["127.0.1.1 me\n", "# a remark\n", "\n"])
def test_a_block_that_lost_its_end_takes_nothing_with_it(tail):
    text = f"{FOREIGN}{hosts.BEGIN}\nfd00::1 a\n{tail}"
    assert hosts.updated(text, NODES) == f"{FOREIGN}{BLOCK}{tail}"


@pytest.mark.parametrize("text, expected", [
    ("", BLOCK),
    ("127.0.0.1 localhost", f"127.0.0.1 localhost\n{BLOCK}"),
])  # fmt: skip
def test_files_without_a_last_newline_and_empty_ones(text, expected):
    assert hosts.updated(text, NODES) == expected


def test_nothing_to_name_leaves_every_byte():
    assert hosts.updated("127.0.0.1 localhost", {}) == "127.0.0.1 localhost"


@pytest.mark.parametrize("line, found", [
    ("fd00::9 a", [("a", "fd00::9")]),
    ("::1 localhost b # b is me", [("b", "::1")]),
    ("fd00:0::1 a", []),
    ("127.0.1.1 a", []),
    ("# fd00::9 a", []),
    ("fe80::9%eth0 c", []),
])  # fmt: skip
def test_other_addresses_of_a_nodes_name_are_told(line, found):
    assert hosts.contradictions(f"{FOREIGN}{line}\n{BLOCK}", NODES) == found
