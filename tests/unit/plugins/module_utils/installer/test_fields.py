# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0
"""The table of fields: complete, and in agreement with the code and with docs/spec.md."""

import importlib.util
import pathlib
import re

import pytest
import yaml

from ansible_collections.kurl.ipv6.plugins.module_utils.installer import fields, rulebook, spec, translation

ROOT = pathlib.Path(__file__).resolve().parents[5]

CRD = yaml.safe_load((ROOT / "tests" / "data" / "installer" / "crd.yml").read_text(encoding="utf-8"))


@pytest.mark.parametrize("section", sorted(CRD))
def test_every_field_of_the_crd_is_in_the_table(section):
    assert set(CRD[section]) <= set(fields.of_section(section))


def test_every_row_is_whole():
    for path, field in fields.FIELDS.items():
        assert field.path == path
        assert field.type in fields.TYPES
        assert field.fate in fields.FATES
        assert bool(field.becomes) == (field.fate == "translated") or path == "kurl.ipv6", path
        if field.fate != "translated":
            assert field.text, path
        if field.fate == "refused":
            assert field.instead, path


def test_every_section_is_whole():
    for section in fields.SECTIONS:
        assert section.fate in fields.FATES
        assert section.text
        if section.fate != "translated":
            assert section.instead, section.name
            assert not section.component


def test_old_names_lead_somewhere():
    for old, new in fields.LEGACY.items():
        assert old not in fields.FIELDS
        assert old not in fields.SECTION
        assert new in fields.FIELDS or new in fields.SECTION


def test_every_type_has_a_converter():
    assert set(spec._CONVERTERS) == set(fields.TYPES)


def test_variables_have_one_owner():
    """A variable that is not worked out has exactly one field; else one field's value would hide another's."""
    for name in fields.variables():
        sources = [path for path, field in fields.FIELDS.items() if name in field.becomes]
        assert len(sources) == 1 or name in translation.COMPUTED, (name, sources)
    assert translation.COMPUTED <= set(fields.variables()) | {"installer_external_cni"}


def test_rules_are_whole():
    assert len(rulebook.RULE) == len(rulebook.RULES)
    for rule in rulebook.RULES:
        assert rule.id.startswith("spec.")
        assert rule.title
        assert rule.reason
        assert rule.source, rule.id


def test_cited_statements_are_explained():
    page = (ROOT / "docs" / "spec.md").read_text(encoding="utf-8").split("## Statements")[0]
    assert set(re.findall(r"\bS\d+\b", page)) - {"S19", "S29"} <= set(rulebook.STATEMENTS)


def test_docs_are_what_the_tables_say():
    location = ROOT / "tests" / "docs" / "spec.py"
    module_spec = importlib.util.spec_from_file_location("docs_spec", location)
    module = importlib.util.module_from_spec(module_spec)
    module_spec.loader.exec_module(module)
    assert (ROOT / "docs" / "spec.md").read_text(encoding="utf-8") == module.render(), "run tests/docs/spec.py --write"


def test_docs_name_every_field_and_variable():
    page = (ROOT / "docs" / "spec.md").read_text(encoding="utf-8")
    for path in fields.FIELDS:
        assert f"`{path.split('.', 1)[1]}`" in page
    for name in fields.variables():
        assert f"`{name}`" in page
