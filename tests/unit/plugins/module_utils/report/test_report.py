# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0
"""Texts cleaned, hosts folded, findings ordered, the table drawn."""

import pytest

from ansible_collections.kurl.ipv6.plugins.module_utils.finding import KEYS, finding
from ansible_collections.kurl.ipv6.plugins.module_utils.report import gather, summary, table, text


def make(status="fail", check="route.default", subject="n1", **more):
    """A finding."""
    more.setdefault("observed", "no default route")
    return finding(check, subject, status, more.pop("title", "IPv6 default route"), **more)


# --- texts


@pytest.mark.parametrize(
    "dirty, clean",
    [
        ("plain", "plain"),
        ("\x1b[2J\x1b]0;x\x07", "\\u001b[2J\\u001b]0;x\\u0007"),
        ("a\u202eb", "a\\u202eb"),  # right-to-left override
        ("a\u200bb", "a\\u200bb"),  # zero width
        ("a\u2028b", "a\\u2028b"),  # line separator
        ("\x7f\x9b", "\\u007f\\u009b"),
        ("one\ntwo\tthree\rfour", "one two three\\u000dfour"),
        ("\ud800", "\\ud800"),
        ("héß 漢字", "héß 漢字"),
        (None, "None"),
        (17, "17"),
    ],
)
def test_texts_lose_what_could_steer_a_terminal(dirty, clean):
    assert text.clean(dirty) == clean


def test_remedies_keep_their_lines():
    assert text.clean("a\nb\x1bc", newlines=True) == "a\nb\\u001bc"


def test_texts_are_bounded():
    assert len(text.clean("x" * 10**6)) <= text.LIMIT + 4


def test_the_bound_holds_for_what_becomes_longer_when_cleaned():
    assert len(text.clean("\x1b" * 10**6)) <= 6 * text.LIMIT + 4


@pytest.mark.parametrize(
    "names, total, folded",
    [
        (["n1"], 3, "n1"),
        (["n2", "n1"], 3, "n1, n2"),
        (["n10", "n9", "n2"], 9, "n2, n9, n10"),
        (["n{}".format(number) for number in range(1, 41)], 200, "n1..n40 (40 hosts)"),
        (["n{}".format(number) for number in range(1, 41)], 40, "all 40 hosts"),
        (["n1", "n2", "n3"], 3, "n1..n3"),
        (["node01", "node02", "node03", "node10"], 9, "node01..node03, node10 (4 hosts)"),
        (["n08", "n09", "n10", "n11"], 9, "n08..n11 (4 hosts)"),
        (["a1.example", "a2.example", "a3.example", "b1.example"], 9, "a1.example..a3.example, b1.example (4 hosts)"),
        (["a", "b", "c", "d", "e", "f", "g", "h"], 20, "a, b, c, d, e, f, and 2 more (8 hosts)"),
        (["n1", "n1"], 3, "n1"),
        ([], 3, ""),
        (["2001:db8::1", "2001:db8::2", "2001:db8::3"], 9, "2001:db8::1..2001:db8::3"),
        (["n\u00b2", "n1"], 9, "n1, n\u00b2"),
    ],
)
def test_hosts_are_folded(names, total, folded):
    assert text.fold(names, total) == folded


def test_numbers_are_ordered_as_numbers():
    assert sorted(["n10", "n2", "n1", "m"], key=text.natural) == ["m", "n1", "n2", "n10"]


# --- order and verdict


def test_equal_findings_of_several_hosts_are_one_row_and_the_worst_comes_first():
    rows = summary.rows(
        [
            make("pass", "a", "n1"),
            make("warn", "b", "n1"),
            make("fail", "c", "n1"),
            make("fail", "c", "n2"),
            make("fail", "c", "n3", observed="something else"),
            make("info", "d", "n1"),
            make("skip", "e", "n1"),
            make("fail", "b", "n2"),
        ]
    )
    assert [(row.status, row.id, row.subjects) for row in rows] == [
        ("fail", "b", ["n2"]),
        ("fail", "c", ["n1", "n2"]),
        ("fail", "c", ["n3"]),
        ("warn", "b", ["n1"]),
        ("info", "d", ["n1"]),
        ("skip", "e", ["n1"]),
        ("pass", "a", ["n1"]),
    ]


def test_what_is_no_finding_is_left_out_and_the_rest_is_text():
    cleaned = summary.cleaned(
        [{"status": "fail", "id": 5, "observed": ["x"]}, "text", {"status": "terrible"}, None, {}]
    )
    assert cleaned == [dict.fromkeys(KEYS, "") | {"status": "fail", "id": "5", "observed": "['x']"}]


@pytest.mark.parametrize(
    "statuses, hosts, ready, sentence",
    [
        (["pass", "pass"], 1, True, "READY: no failures, 0 warnings, 2 passed on 1 host"),
        (["pass", "warn"], 3, True, "READY: no failures, 1 warning, 1 passed on 3 hosts"),
        (["fail", "warn", "warn", "pass"], 2, False, "NOT READY: 1 failure, 2 warnings, 1 passed on 2 hosts"),
        (["fail", "fail"], 0, False, "NOT READY: 2 failures, 0 warnings, 0 passed"),
    ],
)
def test_the_verdict(statuses, hosts, ready, sentence):
    assert summary.verdict([make(status) for status in statuses], hosts) == (ready, sentence)


# --- the table

FINDINGS = summary.cleaned(
    [
        make("pass", "module.overlay", "n1", title="kernel module overlay", observed="loaded"),
        make("skip", "network.cidr", "n1", observed="no range is planned"),
        make(
            subject="n1",
            expected="a default route",
            remedy="ip -6 route add default via fe80::1 dev eth0\n# to persist",
            observed="no default route; forwarding is on and accept_ra is 1, so that advertisements are ignored " * 2,
        ),
        *[
            make("info", "sysctl.forwarding", "n{}".format(n), title="IPv6 forwarding", observed="0")
            for n in range(1, 8)
        ],
    ]
)


@pytest.mark.parametrize("width", [80, 100, 120, 160, 200])
def test_no_line_of_the_table_is_wider_than_the_terminal(width):
    lines = table.render(FINDINGS, 20, width)
    assert max(len(line) for _status, line in lines) <= width
    assert all(line == line.rstrip() for _status, line in lines)


def test_the_table_shows_what_matters_and_counts_the_rest():
    lines = [line for _status, line in table.render(FINDINGS, 20, 120)]
    drawn = "\n".join(lines)
    assert lines[0].split() == ["CHECK", "HOSTS", "OBSERVED"]
    assert lines[2].startswith("FAIL  route.default")
    assert "n1..n7 (7 hosts)" in drawn and "module.overlay" not in drawn
    assert "pass  1 passed, 1 not needed (shown with -v)" in lines
    assert "    ip -6 route add default via fe80::1 dev eth0" in lines
    assert "  expected: a default route" in lines


def test_the_table_shows_everything_when_asked():
    drawn = "\n".join(line for _status, line in table.render(FINDINGS, 20, 120, everything=True))
    assert "module.overlay" in drawn and "no range is planned" in drawn and "shown with -v" not in drawn


def test_information_has_no_paragraph_of_its_own():
    lines = [line for status, line in table.render(FINDINGS, 20, 120) if status == "info"]
    assert len(lines) == 1


def test_every_line_carries_the_status_that_colours_it():
    assert table.render(FINDINGS, 20, 120)[2][0] == "fail"


def test_without_findings_there_is_no_table():
    assert table.render([], 0, 120) == []


def test_long_words_do_not_break_the_columns():
    rendered = table.render(summary.cleaned([make(observed="x" * 500, check="a" * 60, subject="h" * 80)]), 1, 100)
    assert max(len(line) for _status, line in rendered if "expected" not in line and " on " not in line) <= 100


def test_hostile_texts_draw_nothing_but_their_own_row():
    dirty = [make(subject="n1", observed="\x1b[31mx\nFAIL  fake\u202e", remedy="a\x1b[2J\nb")]
    drawn = "\n".join(line for _status, line in table.render(summary.cleaned(dirty), 1, 120))
    assert "\x1b" not in drawn and "\u202e" not in drawn
    assert not any(line.startswith("FAIL  fake") for line in drawn.split("\n"))


def test_ten_thousand_findings_are_drawn_at_once():
    many = summary.cleaned(
        [make("fail", "c{}".format(n % 50), "n{}".format(n), observed=str(n % 20)) for n in range(10000)]
    )
    assert len(table.render(many, 10000, 120)) < 2000


# --- from registered results

PROBE = {
    "stdout": 'Welcome!\n{"kurl_ipv6_probe": 1, "usable": true, "python": "/usr/bin/python3", "version": "3.11.2",'
    ' "minimum": "3.9", "uid": 0, "os": "debian"}\n'
}
READY = {"findings": [make("pass", "module.overlay")], "facts": {}}


def bad(findings):
    """Return ``{id: status}`` of failures and warnings."""
    return {entry["id"]: entry["status"] for entry in findings if entry["status"] in ("fail", "warn")}


def test_a_host_that_answered_has_its_own_findings_too():
    findings = gather.of_host("n1", PROBE, READY, "2.21")
    assert bad(findings) == {}
    assert findings[-1]["id"] == "module.overlay"


@pytest.mark.parametrize(
    "probe, readiness, check, words",
    [
        ({"unreachable": True, "msg": "Failed to connect"}, {}, "host.reachable", "Failed to connect"),
        (PROBE, {"unreachable": True, "msg": "Connection reset"}, "host.reachable", "Connection reset"),
        ({}, {}, "host.reachable", "unreachable"),
        (
            {"stdout": "", "rc": 1, "stderr": "sudo: a password is required"},
            {},
            "python.version",
            "a password is required",
        ),
        ({"stdout": "garbage"}, {}, "python.version", "did not run"),
        ({"stdout": '{"kurl_ipv6_probe": broken'}, {}, "python.version", "did not run"),
        (
            PROBE,
            {"failed": True, "module_stderr": "Traceback\n  x\nImportError: no"},
            "host.readable",
            "ImportError: no",
        ),
        (PROBE, {"failed": True, "msg": "MODULE FAILURE"}, "host.readable", "MODULE FAILURE"),
        (PROBE, {"failed": False}, "host.readable", "no findings"),
    ],
)
def test_a_host_that_did_not_is_a_row(probe, readiness, check, words):
    findings = gather.of_host("n1", probe, readiness, "2.21")
    assert bad(findings) == {check: "fail"}
    assert words in next(entry["observed"] for entry in findings if entry["id"] == check)


def test_an_old_python_is_told_with_the_cores_number():
    probe = {
        "stdout": '{"kurl_ipv6_probe": 1, "usable": false, "python": "/usr/bin/python3", "version": "3.6.9", "minimum":'
        ' "3.9", "uid": 0, "os": "ubuntu"}'
    }
    findings = gather.of_host("n1", probe, {"skipped": True}, "2.21")
    found = next(entry for entry in findings if entry["id"] == "python.version")
    assert found["status"] == "fail" and found["expected"] == "3.9 or newer, which ansible-core 2.21 needs"


def test_findings_that_a_host_sends_in_a_wrong_shape_do_no_harm():
    findings = gather.of_host("n1", PROBE, {"findings": "x", "facts": None}, "2.21")
    assert bad(findings) == {}
    assert summary.cleaned(gather.of_host("n1", PROBE, {"findings": [1, {"status": "?"}, None]}, "2.21"))


@pytest.mark.parametrize("result", [{}, None, {"skipped": True}, "x"])
def test_without_a_spec_there_are_no_findings_of_it(result):
    assert gather.of_spec(result) == []


def test_findings_of_the_spec_are_taken_over():
    assert (
        gather.of_spec({"findings": [make("warn", "spec.cni", "spec:antrea")], "role_vars": {}})[0]["id"] == "spec.cni"
    )


@pytest.mark.parametrize("result", [{"failed": True, "msg": "no such file"}, {"exception": "Traceback", "msg": "boom"}])
def test_a_translation_that_broke_is_a_failure(result):
    (found,) = gather.of_spec(result)
    assert (found["id"], found["status"]) == ("spec.translation", "fail")
    assert found["observed"] == result["msg"]
