# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0
"""The scripts in tests/ci run, count and judge as they say."""

import importlib.machinery
import importlib.util
import json
import os
import sys

import pytest

CI = os.path.realpath(os.path.join(os.path.dirname(__file__), "..", "..", "ci"))
sys.path.insert(0, CI)

import steps


def script(name):
    """Load a script of tests/ci, whose name has no suffix."""
    loader = importlib.machinery.SourceFileLoader("ci_" + name, os.path.join(CI, name))
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader(loader.name, loader))
    loader.exec_module(module)
    return module


@pytest.fixture(name="counts")
def fixture_counts(tmp_path, monkeypatch):
    """A function that reads the counts of a suite."""
    monkeypatch.setattr(steps, "COUNTS", str(tmp_path))
    return lambda suite: json.loads((tmp_path / (suite + ".json")).read_text(encoding="utf-8"))


def failing():
    """A step that finds something."""
    raise steps.Failure("first\nsecond")


def skipped():
    """A step that cannot run."""
    raise steps.Skip("no such program")


def test_a_suite_shows_a_line_a_step_and_the_output_of_what_failed(counts, capsys):
    suite = [
        steps.Step("good", ["true"]),
        steps.Step("bad", failing),
        steps.Step("none", skipped),
        steps.Step("loud", ["sh", "-c", "echo out; echo err >&2; exit 3"]),
        steps.Step("absent", ["no-such-program"]),
    ]
    assert steps.run("demo", suite) == 1
    output = capsys.readouterr().out
    assert "ok    good" in output
    assert "      first\n      second\n" in output
    assert "SKIP  none      0.0 s  no such program" in output
    assert "      out\n      err\n      (sh ended with 3)" in output
    assert "no-such-program is not there" in output
    assert output.endswith("demo: 1 passed, 3 failed, 1 skipped\n")
    assert counts("demo") == {"suite": "demo", "passed": 1, "failed": 3, "skipped": 1}


def test_a_step_that_breaks_has_failed(counts, capsys):
    assert steps.run("demo", [steps.Step("broken", lambda: 1 // 0), steps.Step("good", ["true"])]) == 1
    assert "ZeroDivisionError" in capsys.readouterr().out
    assert counts("demo")["passed"] == 1


def test_nothing_runs_after_a_stage_that_failed(counts, tmp_path):
    late = [steps.Step("late", ["touch", str(tmp_path / "late")])]
    assert steps.run("demo", [steps.Step("bad", failing), steps.Step("next", ["true"])], late) == 1
    assert not (tmp_path / "late").exists()
    assert counts("demo") == {"suite": "demo", "passed": 0, "failed": 1, "skipped": 2}


def test_stages_follow_each_other(counts, tmp_path):
    first, second = tmp_path / "first", tmp_path / "second"
    early = [steps.Step("one", ["touch", str(first)]), steps.Step("two", ["cp", str(first), str(second)])]
    assert steps.run("demo", early, [steps.Step("three", ["test", "-e", str(second)])]) == 0
    assert counts("demo")["passed"] == 3


JUNIT = """<testsuites><testsuite name="pytest" errors="1" failures="2" skipped="3" tests="16"/></testsuites>"""


def test_the_summary_adds_up_all_suites(tmp_path):
    summary = script("summary")
    (tmp_path / "counts").mkdir()
    (tmp_path / "units.xml").write_text(JUNIT, encoding="utf-8")
    for suite, passed in (("lint", 5), ("sanity", 40)):
        counts = {"suite": suite, "passed": passed, "failed": 0, "skipped": 1}
        (tmp_path / "counts" / (suite + ".json")).write_text(json.dumps(counts), encoding="utf-8")
    assert summary.lines(summary.collect(str(tmp_path))) == [
        "lint    5 passed, 0 failed, 1 skipped",
        "sanity  40 passed, 0 failed, 1 skipped",
        "units   10 passed, 3 failed, 3 skipped",
        "55 passed, 3 failed, 5 skipped",
    ]


@pytest.mark.parametrize(
    "lines, code, expected",
    [
        (['Running sanity test "a"', 'Running sanity test "b" on Python 3.9'], 0, (2, 0, 0)),
        (
            [
                'Running sanity test "a"',
                'Running sanity test "b"',
                "ERROR: plugins/x.py:1:1: wrong",
                "FATAL: The 1 sanity test(s) listed below (out of 2) failed. See error output above for details.",
            ],
            1,
            (1, 1, 0),
        ),
        (
            [
                'Running sanity test "compile" on Python 3.9',
                'WARNING: Skipping sanity test "compile" on Python 3.6 because it could not be found.',
            ],
            0,
            (1, 0, 1),
        ),
        (['Running sanity test "a"', "something broke"], 1, (0, 1, 0)),
        ([], 0, (0, 1, 0)),
    ],
)
def test_what_ansible_test_says_is_counted(fake_environment, lines, code, expected):
    sanity = script("sanity")
    passed = sanity.judge("demo", lines, code)
    counts = fake_environment("sanity-demo")
    assert (counts["passed"], counts["failed"], counts["skipped"]) == expected
    assert passed is (counts["failed"] == 0)


@pytest.fixture(name="fake_environment")
def fixture_fake_environment(counts, monkeypatch):
    """Load scripts that would go on with the Python of .venv in this Python."""
    monkeypatch.setattr(steps, "use_environment", lambda: None)
    return counts


GOOD = ["FILES.json", "LICENSE", "MANIFEST.json", "README.md", "meta", "playbooks", "plugins", "plugins/a.py", "roles"]


@pytest.mark.parametrize(
    "more, less, complaints",
    [
        ([], [], []),
        (["tests", "tests/a.py"], [], ["tests: not in the list of what may be packed"]),
        ([".venv", ".venv/bin/python"], [], [".venv: not in the list of what may be packed"]),
        (["roles/a/.hidden"], [], ["roles/a/.hidden: does not belong into a release"]),
        (["plugins/a.pyc"], [], ["plugins/a.pyc: does not belong into a release"]),
        ([], ["LICENSE"], ["LICENSE: missing"]),
    ],
)
def test_the_tarball_holds_what_it_may(fake_environment, more, less, complaints):
    build = script("build")
    assert build.complaints_about([name for name in GOOD if name not in less] + more) == complaints
