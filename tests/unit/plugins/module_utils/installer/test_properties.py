# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0
"""Properties that hold for any document at all, and for any change of a good one."""

import json
import pathlib
import random
import re
import time

import pytest
import yaml
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from ansible_collections.kurl.ipv6.plugins.module_utils.finding import KEYS, STATUSES
from ansible_collections.kurl.ipv6.plugins.module_utils.installer import (
    fields,
    host_preflights,
    reading,
    rulebook,
    translation,
)

DATA = pathlib.Path(__file__).resolve().parents[4] / "data" / "installer"
SEED = (DATA / "seed.yml").read_bytes()
FULL = yaml.safe_load((DATA / "full.yml").read_text(encoding="utf-8"))
#: Longest time of one translation here, in seconds: generous, for a machine that does other things as well.
SLOW = 10

quick = settings(deadline=None, max_examples=40, suppress_health_check=list(HealthCheck))

texts = st.one_of(
    st.text(max_size=20),
    st.sampled_from(
        [
            "{{ lookup('pipe', 'touch /tmp/owned') }}",
            "{% for i in range(9) %}x{% endfor %}",
            "$(id)",
            "1.30",
            "fd00::/64",
            "::1",
            "[fd00::1]:6443",
            "10.0.0.0/8",
            "http://[::1",
            "latest",
            "1.34.x",
            "true",
            "\ud7ff",
            "a" * 300,
        ]
    ),
)
scalars = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), texts, st.dates())
data = st.recursive(
    scalars,
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(texts, inner, max_size=4)),
    max_leaves=15,
)


def translate(content, **more):
    """Translate bytes, and check what must hold of every result."""
    started = time.monotonic()
    result = translation.translate([("installer.yml", content)], **more)
    assert time.monotonic() - started < SLOW
    for entry in result["findings"]:
        assert set(entry) == set(KEYS)
        assert entry["status"] in STATUSES
        assert entry["id"] in rulebook.RULE
        assert len(entry["observed"]) < 1000
        assert "\n" not in entry["observed"]
    assert result["refused"] is any(entry["status"] == "fail" for entry in result["findings"])
    assert bool(result["role_vars"]) is not result["refused"]
    json.dumps(result)  # plain data, and nothing endless
    rulebook.message(result["findings"], "installer.yml")
    return result


@quick
@given(st.binary(max_size=300))
@example(b"\xff\xfe")
@example(b"%YAML 9.9\n---\n")
@example(b"&a *a")
@example(b"a: &a\n  <<: *a\n")
@example(b"? [a]\n: b\n")
@example(b"<<: {a: 1}\nspec: {<<: [{kurl: {ipv6: true}}]}")
@example(b"!<tag:yaml.org,2002:float> .inf")
def test_any_bytes(content):
    translate(content)


@quick
@given(st.text(max_size=300))
def test_any_text(text):
    translate(text.encode("utf-8", "surrogatepass"))


@quick
@given(data)
def test_any_yaml(value):
    translate(yaml.safe_dump(value, allow_unicode=True).encode("utf-8"))


@quick
@given(st.dictionaries(st.sampled_from(sorted(fields.SECTION)), data, max_size=6))
def test_any_value_of_a_section(sections):
    document = {"apiVersion": translation.API, "kind": "Installer", "spec": sections}
    translate(yaml.safe_dump(document).encode("utf-8"))


@quick
@given(st.lists(st.tuples(st.sampled_from(sorted(fields.FIELDS)), data), min_size=1, max_size=4))
def test_any_value_of_a_field(changes):
    overrides = {}
    for path, value in changes:
        section, name = path.split(".", 1)
        overrides.setdefault(section, {})[name] = value
    translate(SEED, overrides=overrides)


#: Words that host checks are made of, so that random documents get further than their header.
words = st.one_of(
    st.sampled_from(sorted(host_preflights._KINDS) + sorted(host_preflights.LEFT_OUT) + ["run"]),
    st.sampled_from(["collectorName", "checkName", "outcomes", "exclude", "path", "port", "address", "get", "regex"]),
    st.sampled_from(
        ["fail", "warn", "pass", "when", "message", "count < 2", "(a|b)*c", "true", "[::1]:80", "/etc/hosts"]
    ),
)
entries = st.recursive(
    st.one_of(words, st.integers(), st.none()),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(words, inner, max_size=3)),
    max_leaves=20,
)


@quick
@given(entries, st.lists(st.dictionaries(words, entries, min_size=1, max_size=1), max_size=4))
def test_any_host_preflights(collectors, analyzers):
    spec = {"collectors": collectors, "analyzers": analyzers}
    document = {"apiVersion": "troubleshoot.sh/v1beta2", "kind": "HostPreflight", "spec": spec}
    translate(SEED, overrides={"kurl": {"hostPreflights": document}})


@quick
@given(data)
def test_any_overrides(value):
    if isinstance(value, dict):
        translate(SEED, overrides=value)


@quick
@given(st.data())
def test_any_mutation_of_a_good_file(draw):
    """Bytes of a good file deleted, doubled, or replaced by what has a meaning in YAML."""
    content = bytearray((DATA / "full.yml").read_bytes())
    for _round in range(draw.draw(st.integers(1, 4))):
        at = draw.draw(st.integers(0, len(content) - 1))
        length = draw.draw(st.integers(0, 12))
        kind = draw.draw(st.sampled_from(["delete", "double", "replace"]))
        if kind == "delete":
            del content[at : at + length]
        elif kind == "double":
            content[at:at] = content[at : at + length]
        else:
            content[at : at + length] = draw.draw(
                st.sampled_from([b"\t", b":", b"- ", b"{", b"&x ", b"*x", b"!!", b"|\n", b"\xc2\xa0", b"'"])
            )
    translate(bytes(content))


def shuffled(value, seed):
    """Return data with the keys of every map in another order."""
    if isinstance(value, dict):
        keys = list(value)
        random.Random(seed).shuffle(keys)
        return {key: shuffled(value[key], seed) for key in keys}
    if isinstance(value, list):
        return [shuffled(entry, seed) for entry in value]
    return value


def without_places(result):
    """Return a result without the lines on which things were written."""
    text = json.dumps([result["spec"], result["role_vars"], result["versions"], result["networks"]], sort_keys=True)
    findings = [{**entry, "observed": re.sub(r"[ab]\.yml:\d+", "", entry["observed"])} for entry in result["findings"]]
    return text, findings


@settings(quick, max_examples=30)
@given(st.integers(), st.dictionaries(st.sampled_from(sorted(FULL["spec"])), st.just(None), max_size=2))
def test_order_of_keys_does_not_matter(seed, removed):
    patch = {"spec": removed}
    results = []
    for document in (FULL, shuffled(FULL, seed)):
        content = yaml.safe_dump(document, sort_keys=False).encode("utf-8")
        documents = [
            ("a.yml", content),
            ("b.yml", yaml.safe_dump(shuffled(patch, seed), sort_keys=False).encode("utf-8")),
        ]
        results.append(without_places(translation.translate(documents)))
    assert results[0] == results[1]


@settings(quick, max_examples=30)
@given(st.data())
def test_a_patch_is_the_same_as_a_change_of_the_base(draw):
    """translate(merge(a, b)) is what translate gives for a document that says a and b at once."""
    paths = draw.draw(st.lists(st.sampled_from(sorted(fields.FIELDS)), max_size=5, unique=True))
    whole = json.loads(json.dumps(FULL))
    patch = {"spec": {}}
    for path in paths:
        section, name = path.split(".", 1)
        if section in whole["spec"] and name in whole["spec"][section]:
            patch["spec"].setdefault(section, {})[name] = whole["spec"][section].pop(name)
    parts = [("a.yml", yaml.safe_dump(whole).encode()), ("b.yml", yaml.safe_dump(patch).encode())]
    whole = translation.translate([("a.yml", yaml.safe_dump(FULL).encode())])
    assert without_places(translation.translate(parts)) == without_places(whole)


@settings(quick, max_examples=30)
@given(texts)
@example("\xa0")
def test_strings_arrive_byte_for_byte(text):
    document = json.loads(json.dumps(FULL))
    document["spec"]["helm"] = {"helmfileSpec": text + "x"}
    document["spec"]["kurl"]["airgap"] = False
    # Blanks that are none, such as NBSP, are refused where nothing quotes them; escapes need quotes.
    plain = not any(character.isspace() or character in "\u200b\u2060\ufeff" for character in text)
    result = translate(yaml.safe_dump(document, allow_unicode=plain).encode("utf-8"))
    assert result["role_vars"]["helm_helmfile_spec"] == text + "x"
    # pylint: disable-next=unidiomatic-typecheck  # a subclass of str would carry more than text
    assert type(result["role_vars"]["helm_helmfile_spec"]) is str


def test_time_grows_with_size_and_no_faster():
    """Ten times the fields take about ten times the time; forty times would be neither linear nor an accident."""

    def seconds(count):
        lines = b"".join(b"    field%d: [a, {b: c}, 'd']\n" % number for number in range(count))
        content = SEED + b"  kurl2:\n" + lines
        best = []
        for _round in range(2):
            started = time.process_time()
            translation.translate([("installer.yml", content)])
            best.append(time.process_time() - started)
        return min(best)

    assert seconds(4000) < 40 * max(seconds(400), 0.005)


@pytest.mark.parametrize("section", ["kubernetes", "nosuch"])
def test_a_spec_full_of_nonsense_is_bounded(section):
    lines = b"".join(b"    nonsense%d: 1\n" % number for number in range(15000))
    if section == "nosuch":
        lines = b"".join(b"  nonsense%d: 1\n" % number for number in range(15000))
        content = SEED + lines
    else:
        content = SEED.replace(b"  kubernetes:\n", b"  kubernetes:\n" + lines)
    result = translate(content)
    assert len(result["findings"]) <= 3 * rulebook.LIMIT
    assert len(rulebook.message(result["findings"], "x")) < 100000
    assert reading.FILE_LIMIT > len(content)
