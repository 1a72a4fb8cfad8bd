# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0
"""Values change in YAML text, and comments do not."""

import pytest
import yaml

from ansible_collections.kurl.ipv6.plugins.module_utils.antrea.edit import edited
from ansible_collections.kurl.ipv6.plugins.module_utils.antrea.manifest import changed_only, overlay

TEXT = """\
# The mode of encryption.
mode: "none" # none or wireGuard
# Nested.
nested:
  # Its port.
  port: 51820
  list: [a,
    b]
empty:
#  entry: true
lines:
- 1
flow: {a: 1}
nothing: []
last: ''
"""


@pytest.mark.parametrize(
    "changes, lines",
    [
        ({"mode": "wireGuard"}, {2: "mode: wireGuard # none or wireGuard"}),
        ({"nested": {"port": 1}}, {6: "  port: 1"}),
        ({"nothing": ["fd00::/64", "fd01::/64"]}, {14: "nothing: ['fd00::/64', 'fd01::/64']"}),
        ({"last": "fd00::/112"}, {15: "last: fd00::/112"}),
        ({"last": True, "mode": "2"}, {2: "mode: '2' # none or wireGuard", 15: "last: true"}),
    ],
)
def test_a_value_is_replaced_in_its_line(changes, lines):
    expected = TEXT.splitlines()
    for number, line in lines.items():
        expected[number - 1] = line
    assert edited(TEXT, changes).splitlines() == expected


def test_what_is_not_there_is_added():
    assert edited(TEXT, {"new": {"a": 1}}) == TEXT + "new:\n  a: 1\n"
    assert edited(TEXT, {"nested": {"new": [1]}}) == TEXT.replace("  port:", "  new:\n  - 1\n  port:")
    assert edited(TEXT, {"empty": {"entry": False}}) == TEXT.replace("empty:", "empty:\n  entry: false")
    assert edited("a: 1", {"b": 2}) == "a: 1\nb: 2\n"


@pytest.mark.parametrize("text", ["", "# only a comment\n", "# only a comment", "\n\n"])
def test_text_without_values_is_added_to(text):
    made = edited(text, {"a": 1})
    assert yaml.safe_load(made) == {"a": 1}
    assert text.strip() in made


@pytest.mark.parametrize(
    "changes",
    [{"lines": [2]}, {"nested": {"list": [1]}}, {"nested": 1}, {"mode": {"a": 1}}, {"flow": {"b": 2}}, {"mode": {}}],
)
def test_what_cannot_be_done_in_place_is_left_to_the_caller(changes):
    made = edited(TEXT, changes)
    expected = yaml.safe_load(TEXT)
    overlay(expected, changes)
    assert made is None or yaml.safe_load(made) == expected


@pytest.mark.parametrize("text", ["[1]\n", "text\n", "{a: 1}\n"])
def test_a_root_that_is_no_block_of_keys_is_left_to_the_caller(text):
    assert edited(text, {"a": 2}) is None


def test_only_what_differs_is_changed():
    before = {"a": 1, "b": {"c": 1, "d": None}, "e": 1}
    changes = {"a": 1, "b": {"c": 1, "d": 2}, "e": True, "f": None, "g": {}}
    assert changed_only(before, changes) == {"b": {"d": 2}, "e": True, "f": None, "g": {}}
