# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0
"""Reading: what plain scalars mean, and that neither size, nesting nor bytes can hurt."""

import datetime
import time

import pytest

from ansible_collections.kurl.ipv6.plugins.module_utils.installer import reading


def problem(content):
    """Return the one problem of a file that cannot be read."""
    node, problems = reading.read(content, "x.yml")
    assert node is None
    assert len(problems) == 1
    return problems[0]


@pytest.mark.parametrize(
    ("text", "kind", "value"),
    [
        ("1.34.4", "str", "1.34.4"),
        ("1.30", "float", 1.3),
        ("1e3", "float", 1000.0),
        ("0x10", "int", 16),
        ("010", "int", 8),
        ("0o10", "int", 8),
        ("0b11", "int", 3),
        ("1_000", "int", 1000),
        ("0x", "str", "0x"),
        ("08", "str", "08"),
        ("+5", "int", 5),
        ("-5", "int", -5),
        ("yes", "bool", True),
        ("Off", "bool", False),
        ("y", "str", "y"),
        ("~", "null", None),
        ("NULL", "null", None),
        ("2026-01-01", "str", "2026-01-01"),
        ("1:30", "str", "1:30"),
        ("fd00::1", "str", "fd00::1"),
        ("1.2.3.4", "str", "1.2.3.4"),
        ("9" * 65, "str", "9" * 65),
    ],
)
def test_plain_scalars(text, kind, value):
    assert reading.resolve(text) == (kind, value)
    node, problems = reading.read(f"a: {text}\n".encode(), "x.yml")
    assert problems == []
    found = node.value["a"]
    assert found.raw == text
    assert (found.kind, found.value) == (kind, value)


def test_infinity_is_a_number():
    assert reading.resolve("-.inf") == ("float", float("-inf"))
    assert reading.resolve(".nan")[0] == "float"


def test_quoted_scalars_are_text():
    node, _problems = reading.read(b"a: '1.30'\nb: \"yes\"\nc: |\n  null\nd: >-\n  5\n", "x.yml")
    assert node.plain() == {"a": "1.30", "b": "yes", "c": "null\n", "d": "5"}


def test_marks_are_those_of_keys_and_items():
    node, _problems = reading.read(b"a:\n  b: 1\n  c:\n    - x\n    -   y\n", "x.yml")
    inner = node.value["a"]
    assert inner.marks["b"] == reading.Mark("x.yml", 2, 3)
    assert inner.value["c"].value[1].mark == reading.Mark("x.yml", 5, 9)


def test_a_byte_order_mark_is_no_content():
    node, problems = reading.read(b"\xef\xbb\xbfa: 1\n", "x.yml")
    assert (node.plain(), problems) == ({"a": 1}, [])


def test_what_is_not_utf8_names_its_place():
    found = problem("spec:\n  kurl: ä\n".encode("latin-1"))
    assert found.rule == "spec.file.encoding"
    assert found.mark == reading.Mark("x.yml", 2, 9)
    assert "0xe4" in found.observed
    assert "iconv" in found.remedy


def test_utf16_is_not_utf8():
    assert problem("a: 1\n".encode("utf-16")).rule == "spec.file.encoding"


def test_a_file_over_the_limit():
    found = problem(b"a: " + b"x" * reading.FILE_LIMIT)
    assert found.rule == "spec.file.size"
    assert str(reading.FILE_LIMIT) in found.observed


@pytest.mark.parametrize("opening", [b"[", b"{a: ", b"- ", b"? ", b"&a [", b"!!map {a: "])
def test_nesting_ends_early(opening):
    started = time.monotonic()
    found = problem(opening * 100000)
    assert found.rule == "spec.file.depth"
    assert "50" in found.observed
    assert time.monotonic() - started < 20


def test_the_deepest_that_is_read():
    deep = reading.DEPTH_LIMIT
    node, problems = reading.read(b"[" * deep + b"]" * deep, "x.yml")
    assert node.kind == "list"
    assert problems == []
    assert problem(b"[" * (deep + 1) + b"]" * (deep + 1)).rule == "spec.file.depth"


def test_many_values_end_early():
    assert problem(b"a: [" + b"1," * 200000 + b"]").rule == "spec.file.expansion"


def test_aliases_that_multiply_cost_nothing():
    lines = [b"a0: &a0 [x]"]
    lines += [f"a{number}: &a{number} [{','.join([f'*a{number - 1}'] * 20)}]".encode() for number in range(1, 40)]
    started = time.monotonic()
    assert problem(b"\n".join(lines)).rule == "spec.file.expansion"
    assert time.monotonic() - started < 5


def test_many_duplicates_are_told_up_to_a_limit():
    node, problems = reading.read(b"a: 1\n" * 1000, "x.yml")
    assert node.plain() == {"a": 1}
    assert len(problems) == reading.PROBLEM_LIMIT


def test_no_tag_makes_an_object(tmp_path):
    target = tmp_path / "owned"
    text = f'a: !!python/object/apply:os.system ["touch {target}"]\nb: !!python/name:os.system\nc: !!binary aGk=\n'
    node, problems = reading.read(text.encode(), "x.yml")
    assert not target.exists()
    assert [entry.rule for entry in problems] == ["spec.file.tag"] * 3
    assert node.plain() == {"a": [f"touch {target}"], "b": "", "c": "aGk="}


def test_line_and_column_of_a_syntax_error():
    found = problem(b"a: 1\nb: [1, 2\nc: 3\n")
    assert found.rule == "spec.file.yaml"
    assert found.mark.line == 3
    assert "line 3" in found.remedy


def test_data_of_a_task_becomes_nodes():
    class Tagged(str):
        """Text as ansible-core passes it on."""

    node = reading.node_of({Tagged("a"): Tagged("{{ x }}"), "b": [1, 1.5, True, None]}, "overrides")
    assert node.plain() == {"a": "{{ x }}", "b": [1, 1.5, True, None]}
    # pylint: disable-next=unidiomatic-typecheck  # a subclass of str would carry more than text
    assert type(node.value["a"].value) is str
    assert [type(key) for key in node.value] == [str, str]
    date = reading.node_of(datetime.date(2026, 1, 2), "overrides")
    assert (date.kind, date.value) == ("str", "2026-01-02")


def test_data_of_a_task_cannot_be_endless():
    endless = []
    endless.append(endless)
    with pytest.raises(reading.ReadError) as error:
        reading.node_of({"a": endless}, "overrides")
    assert error.value.problem.rule == "spec.file.depth"


def test_shortened_texts_are_one_printable_line():
    assert reading.shorten("a\nb\x1b[31m") == "a\\x0ab\\x1b[31m"
    assert reading.shorten("x" * 200) == "x" * 120 + "..."
