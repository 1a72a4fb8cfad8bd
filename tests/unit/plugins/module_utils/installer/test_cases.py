# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0
"""Runs the table of specs in tests/data/installer/cases: what each becomes, and what is said of it."""

import importlib.util
import pathlib
import textwrap

import pytest
import yaml

from ansible_collections.kurl.ipv6.plugins.module_utils.installer import fields, rulebook, translation

DATA = pathlib.Path(__file__).resolve().parents[4] / "data" / "installer"
#: The spec that a case's ``change`` is merged over.
BASE = b"""\
apiVersion: cluster.kurl.sh/v1beta1
kind: Installer
metadata:
  name: base
spec:
  kurl:
    ipv6: true
  kubernetes:
    version: 1.34.4
  containerd:
    version: 2.2.6
  antrea:
    version: 2.4.1
"""
KEYS = {
    "name",
    "document",
    "change",
    "patches",
    "overrides",
    "external_cni",
    "fails",
    "warns",
    "infos",
    "vars",
    "absent",
    "hidden",
    "nowhere",
    "needs_tomllib",
}


def load():
    """Return all cases as ``(id, case)``."""
    cases = []
    for path in sorted((DATA / "cases").glob("*.yml")):
        for case in yaml.safe_load(path.read_text(encoding="utf-8")):
            assert set(case) <= KEYS, f"{path.name}: {case['name']}: {set(case) - KEYS}"
            for key in ("fails", "warns", "infos"):
                if key in case:
                    case[key] = case[key].splitlines()
            cases.append((f"{path.stem}: {case['name']}", case))
    return cases


CASES = load()


def run(case):
    """Translate a case's spec."""
    documents = [("installer.yml", case["document"].encode("utf-8") if "document" in case else BASE)]
    if "change" in case:
        documents.append(("change.yml", ("spec:\n" + textwrap.indent(case["change"], "  ")).encode("utf-8")))
    for number, patch in enumerate(case.get("patches", []), 1):
        documents.append((f"patch{number}.yml", patch.encode("utf-8")))
    return translation.translate(documents, case.get("overrides"), case.get("external_cni", False))


def said(line):
    """Return the four parts of a line of a table: id, path, what is said, what to do."""
    parts = [part.strip() for part in line.split("|", 3)]
    return parts + [""] * (4 - len(parts))


def check(kind, findings, lines):
    """Compare the findings of one status with the lines of a table, whatever their order."""
    left = [entry for entry in findings if entry["status"] == kind]
    for line in lines:
        rule, path, observed, help_text = said(line)
        found = [
            entry
            for entry in left
            if entry["id"] == rule
            and entry["subject"] == f"spec:{path}"
            and observed in entry["observed"]
            and help_text in entry["expected"] + "\n" + entry["remedy"]
        ]
        assert found, f"nothing says: {line}\nof: {left}"
        left.remove(found[0])
    assert not left, f"said besides: {left}"


@pytest.mark.parametrize("case", [case for _name, case in CASES], ids=[name for name, _case in CASES])
def test_case(case):
    if case.get("needs_tomllib") and importlib.util.find_spec("tomllib") is None:
        pytest.skip("this Python has no tomllib, and containerd is the first to read the TOML")
    result = run(case)
    check("fail", result["findings"], case["fails"])
    for kind, key in (("warn", "warns"), ("info", "infos")):
        if key in case:
            check(kind, result["findings"], case[key])
    assert result["refused"] is bool(case.get("fails"))
    if result["refused"]:
        assert result["role_vars"] == {}
        message = rulebook.message(result["findings"], "installer.yml")
        for line in case["fails"]:
            rule, path, observed, _help = said(line)
            assert path in message and observed in message and f"[{rule}]" in message
            assert rulebook.RULE[rule].reason in message
    for name, value in case.get("vars", {}).items():
        assert result["role_vars"][name] == value, name
        assert type(result["role_vars"][name]) is type(value), name
    for name in case.get("absent", []):
        assert name not in result["role_vars"], name
    for secret in case.get("hidden", []):
        assert secret not in repr(result["findings"])
    for secret in case.get("nowhere", []):
        assert secret not in repr(result)


def test_there_are_enough_cases():
    assert len(CASES) >= 120
    assert len({name for name, _case in CASES}) == len(CASES)


def test_every_rule_has_a_case():
    told = {said(line)[0] for _name, case in CASES for key in ("fails", "warns", "infos") for line in case.get(key, [])}
    # Those need a file that is missing, too large, too deep or not UTF-8, or roles: test_reading.py, test_run.py.
    elsewhere = {
        "spec.file.missing",
        "spec.file.size",
        "spec.file.depth",
        "spec.field.role",
        "spec.section.role",
    }
    assert told | elsewhere == set(rulebook.RULE)
    assert not told & elsewhere


def test_every_translated_field_reaches_its_variable():
    """Table and code agree: what the table promises is produced by some case, and nothing else is."""
    produced = set()
    for _name, case in CASES:
        produced |= set(run(case)["role_vars"])
    promised = set(fields.variables()) | {"installer_external_cni"}
    assert produced == promised


def test_every_finding_of_a_failure_has_a_remedy():
    for name, case in CASES:
        for entry in run(case)["findings"]:
            if entry["status"] == "fail":
                assert entry["remedy"] and entry["expected"], (name, entry)
