# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0
"""The report as plain data, and its files: their shape, bounds, names, modes and how they are replaced."""

import json
import os

import pytest

from ansible_collections.kurl.ipv6.plugins.module_utils.finding import finding
from ansible_collections.kurl.ipv6.plugins.module_utils.report import document, files, summary

TIME = "2026-11-24T22:40:00Z"
FACTS = {"n1": {"node_ip": "fd00::11", "node_ip_reason": "the only one"}, "n2": {}}


def made(*findings, facts=None, mesh=None, title="preflight"):
    """A report, of the usual two hosts unless told otherwise."""
    addresses = document.addresses(FACTS if facts is None else facts)
    return document.build(title, summary.cleaned(findings), addresses, TIME, mesh)


def test_the_data_has_the_promised_shape():
    report = made(
        finding("module.overlay", "n1", "pass", "kernel module overlay", observed="loaded"),
        finding("route.default", "n1", "fail", "IPv6 default route", "none", "one", "ip -6 route add ...", "RFC 4861"),
    )
    assert report["verdict"] == "NOT READY: 1 failure, 0 warnings, 1 passed on 2 hosts" and report["ready"] is False
    assert report["findings"][0] == {
        "host": "n1",
        "id": "route.default",
        "status": "fail",
        "title": "IPv6 default route",
        "observed": "none",
        "expected": "one",
        "remedy": "ip -6 route add ...",
        "reference": "RFC 4861",
    }
    assert report["hosts"] == {
        "n1": {"node_ip": "fd00::11", "reason": "the only one"},
        "n2": {"node_ip": "", "reason": ""},
    }
    assert report["counts"]["pass"] == 1 and "mesh" not in report and "omitted" not in report


def test_what_hosts_say_of_their_address_is_cleaned():
    hosts = made(facts={"n1": {"node_ip": ["\x1b[2J"], "node_ip_reason": "a\u202eb"}})["hosts"]
    assert hosts["n1"] == {"node_ip": "['\\x1b[2J']", "reason": "a\\u202eb"}


def test_a_host_that_sends_too_many_findings_loses_its_best_ones_and_takes_none_of_another_host():
    many = [finding(f"a.{n}", "n1", "pass", "t") for n in range(3000)] + [finding("z", "n1", "fail", "t")]
    report = made(*many, finding("b", "n2", "pass", "t"))
    kept = [(entry["host"], entry["id"]) for entry in report["findings"]]
    assert kept[0] == ("n1", "z") and ("n2", "b") in kept
    assert len(kept) == document.PER_SUBJECT + 1 and report["omitted"] == 3002 - len(kept)
    assert report["counts"]["pass"] == 3001  # The verdict counts all.


def test_all_texts_together_are_bounded(monkeypatch):
    monkeypatch.setattr(document, "CHARACTERS", 20000)
    report = made(*[finding(f"a.{n}", "n1", "fail", "t", observed="x" * 2000) for n in range(100)])
    assert len(report["findings"]) == 100
    assert sum(len(value) for entry in report["findings"] for value in entry.values()) <= 20000


@pytest.mark.parametrize(
    "mesh, expected",
    [
        (None, None),
        ("x", None),
        ({"hosts": ["a"], "pairs": {}}, None),
        ({"hosts": ["a", "b"], "pairs": {"a": {"b": "great"}}}, None),
        ({"hosts": ["a", "b"], "pairs": {"a": "x", "b": None}}, None),
        (
            {
                "hosts": ["a", "b\u202e"],
                "pairs": {"a": {"b\u202e": "fail", "a": "pass", "c": "pass"}, "c": {"a": "pass"}},
            },
            {"hosts": ["a", "b\\u202e"], "pairs": {"a": {"b\\u202e": "fail"}}},
        ),
    ],
)
def test_the_mesh_has_known_hosts_and_statuses_only(mesh, expected):
    assert made(mesh=mesh).get("mesh") == expected


@pytest.mark.parametrize(
    "title, stem",
    [
        ("preflight", "preflight"),
        ("verify", "verify"),
        ("../../etc/x", "etc-x"),
        ("a b/c\0d", "a-b-c-d"),
        ("..", "report"),
        ("", "report"),
        ("x" * 500, "x" * 100),
    ],
)
def test_a_title_leads_to_no_other_folder(title, stem):
    assert files.stem(title) == stem


def test_three_files_are_written_for_everybody_to_read(tmp_path):
    folder = tmp_path / "new" / "folder"
    old_mask = os.umask(0o077)
    try:
        paths = files.write(str(folder), made(finding("a", "n1", "fail", "ü", observed="\ud800")))
    finally:
        os.umask(old_mask)
    assert sorted(os.listdir(folder)) == ["preflight.html", "preflight.json", "preflight.xml"]
    assert paths == [str(folder / name) for name in ("preflight.json", "preflight.html", "preflight.xml")]
    assert {os.stat(path).st_mode & 0o777 for path in paths} == {0o644}
    assert json.loads((folder / "preflight.json").read_text())["findings"][0]["title"] == "ü"


def test_a_file_is_replaced_in_one_step(tmp_path):
    files.write(str(tmp_path), made())
    with open(tmp_path / "preflight.json") as old:
        inode = os.fstat(old.fileno()).st_ino
        files.write(str(tmp_path), made(finding("a", "n1", "fail", "t")))
        assert json.load(old)["ready"] is True  # Who reads the old one reads all of it.
    assert os.stat(tmp_path / "preflight.json").st_ino != inode
    assert json.loads((tmp_path / "preflight.json").read_text())["ready"] is False


def test_a_symbolic_link_is_replaced_and_not_followed(tmp_path):
    target = tmp_path / "precious"
    target.write_text("keep")
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "preflight.json").symlink_to(target)
    files.write(str(tmp_path / "out"), made())
    assert target.read_text() == "keep" and not (tmp_path / "out" / "preflight.json").is_symlink()


@pytest.mark.parametrize("obstacle, words", [("file", "File exists"), ("folder", "Is a directory")])
def test_what_cannot_be_written_is_one_sentence_and_leaves_nothing(tmp_path, obstacle, words):
    folder = tmp_path / "report"
    if obstacle == "file":
        folder.write_text("")
    else:
        (folder / "preflight.xml").mkdir(parents=True)
    with pytest.raises(files.WriteError) as raised:
        files.write(str(folder), made())
    assert words in str(raised.value) and str(folder) in str(raised.value) and "\n" not in str(raised.value)
    if obstacle == "folder":
        assert not [name for name in os.listdir(folder) if name.startswith(".")]
