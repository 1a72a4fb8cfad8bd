# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0
"""The page: nothing that hosts say becomes markup, what matters is on it, it stays small, its colours can be read."""

import base64
import hashlib
import json
import re
from html.parser import HTMLParser

import pytest

from ansible_collections.kurl.ipv6.plugins.module_utils.finding import finding
from ansible_collections.kurl.ipv6.plugins.module_utils.report import document, matrix, page, summary

EVIL = "</script></title><script>alert(1)</script><img src=x onerror=alert(1)>\"'&`\x1b\u202e<!--"
VOID = {"meta", "input", "br", "img", "link"}


class Page(HTMLParser):
    """Reads a page: its elements, what is wrong with their nesting, its text outside of style and script."""

    def __init__(self, content):
        super().__init__(convert_charrefs=True)
        self.elements, self.open, self.wrong, self.text = [], [], [], ""
        self.inside = {"style": [], "script": []}
        self.feed(content)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))
        names = [name for name, _value in attrs]
        if len(names) != len(set(names)):
            self.wrong.append(f"an attribute twice on {tag}")
        if "p" in self.open and tag in ("p", "div", "ul", "dl", "table", "details", "pre", "section", "h2", "h3"):
            self.wrong.append(f"{tag} inside of p")
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        if not self.open or self.open.pop() != tag:
            self.wrong.append(f"unexpected </{tag}>")

    def handle_data(self, data):
        if self.open and self.open[-1] in self.inside:
            self.inside[self.open[-1]].append(data)
        else:
            self.text += data

    def all(self, tag, **attributes):
        """Return the attributes of all elements of a kind with these attributes."""
        return [
            found
            for name, found in self.elements
            if name == tag and all(found.get(key) == value for key, value in attributes.items())
        ]


def report(*findings, hosts=("n1", "n2", "n3"), mesh=None, title="preflight"):
    """A report of some hosts."""
    known = {name: {"node_ip": "fd00::1", "reason": "the only one"} for name in hosts}
    return document.build(title, summary.cleaned(findings), known, "2026-11-24T22:40:00Z", mesh)


def read(*findings, **more):
    """The page of some findings, read; it is well-formed in any case."""
    drawn = Page(page.render(report(*findings, **more), "preflight.json"))
    assert drawn.wrong == [] and drawn.open == []
    identifiers = [found["id"] for _tag, found in drawn.elements if "id" in found]
    assert len(identifiers) == len(set(identifiers))
    return drawn


def made(status="fail", check="route.default", host="n1", **more):
    """A finding."""
    more.setdefault("observed", "no default route")
    return finding(check, host, status, more.pop("title", "IPv6 default route"), **more)


def fleet(number, checks=60, fail=True):
    """Findings of many hosts, each with ``checks`` checks."""
    found = []
    for host in range(number):
        for check in range(checks):
            observed = f"value {host}" if check % 3 == 0 else "as it must be, and some more words about what was seen"
            status = "fail" if fail and check < 5 and host % 7 == check else "pass"
            found.append(
                made(status, f"area.check{check}", f"n{host}", title=f"check {check}", observed=observed, remedy="do x")
            )
    return found


# --- nothing from outside, nothing from hosts


def test_nothing_is_loaded_and_only_the_pages_own_style_and_script_may_run():
    drawn = read(made(), mesh={"hosts": [f"n{n}" for n in range(40)], "pairs": {"n1": {"n2": "fail"}}})
    policy = drawn.all("meta", **{"http-equiv": "Content-Security-Policy"})[0]["content"]
    assert policy.startswith("default-src 'none';") and "unsafe" not in policy and "*" not in policy
    (style,), (script, _end) = drawn.inside["style"], (drawn.inside["script"][-1], None)
    for content in (style, script):
        digest = base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()
        assert f"'sha256-{digest}'" in policy
    for tag, attributes in drawn.elements:
        assert not {"src", "srcset", "action", "style", "data", "poster"} & set(attributes), tag
        assert not [name for name in attributes if name.startswith("on")], tag
        assert attributes.get("href", "#").startswith("#"), tag
    assert "url(" not in style and "@import" not in style


def test_what_hosts_say_is_text():
    names = ("n1", EVIL)
    mesh = {"hosts": [*names, *[f"m{n}" for n in range(20)]], "pairs": {EVIL: {"n1": "fail"}, "n1": {EVIL: "warn"}}}
    found = [
        finding(EVIL, host, status, EVIL, EVIL + host, EVIL, EVIL + host, EVIL)
        for status in summary.ORDER
        for host in names
    ]
    plain = [finding("a", host, status, "t", "o" + host, "e", "r" + host) for status in summary.ORDER for host in names]
    evil = read(*found, hosts=names, mesh=mesh, title=EVIL)
    tame = read(*plain, hosts=names, mesh=mesh)
    # As many elements as with plain texts; a script's end, say, would have added some.
    assert len(evil.all("script")) == len(tame.all("script")) == 2
    assert evil.all("img") == [] and "\x1b" not in evil.text and "\u202e" not in evil.text
    assert "<img src=x onerror=alert(1)>" in evil.text
    shown = EVIL.replace("\x1b", "\\u001b").replace("\u202e", "\\u202e")
    assert shown in evil.text


def test_the_names_for_the_script_cannot_end_it():
    names = [f"n{n}</script>&" for n in range(30)]
    drawn = read(hosts=names, mesh={"hosts": names, "pairs": {names[0]: {names[1]: "fail"}}})
    data = next(content for content in drawn.inside["script"] if content.startswith('["n0'))
    assert "<" not in data and "&" not in data
    assert json.loads(data) == names


# --- what is on it


def test_what_failed_is_told_with_what_to_type():
    drawn = read(
        made(expected="a default route", remedy="ip -6 route add default via fe80::1 dev eth0", reference="RFC 1")
    )
    for words in ("preflight: not ready", "Failed", "n1", "no default route", "a default route", "fe80::1", "RFC 1"):
        assert words in drawn.text
    assert "1 failure, 0 warnings, 0 passed on 3 hosts." in drawn.text.lower()
    assert len(drawn.all("pre")) == 1


def test_a_healthy_fleet_says_so():
    drawn = read(made("pass"))
    assert "preflight: ready" in drawn.text and "Nothing failed" in drawn.text and drawn.all("article") == []


def test_hosts_that_say_the_same_are_folded_and_each_remedy_names_its_hosts():
    found = [made(host=f"n{n}", remedy=f"mend {n % 2}") for n in range(40)]
    drawn = read(*found, hosts=[f"n{n}" for n in range(200)])
    assert "n0..n39 (40 hosts)" in drawn.text
    assert len(drawn.all("article")) == 1 and len(drawn.all("pre")) == 2
    assert drawn.all("article")[0]["data-h"] == "0-39"
    assert [item["data-h"] for item in drawn.all("li") if "data-h" in item][0].startswith("0,2,4")


def test_names_that_the_fold_leaves_out_can_be_unfolded():
    drawn = read(*[made(host=f"n{n}") for n in range(1, 40, 2)], hosts=[f"n{n}" for n in range(40)])
    assert "and 14 more (20 hosts)" in drawn.text and "n35, n37, n39" in drawn.text


def test_controls_have_labels_and_are_hidden_without_the_script():
    drawn = read(made(), made("warn", "b"), made("pass", "c"))
    assert "hidden" in drawn.all("form")[0]
    labels = {label.get("for") for label in drawn.all("label")}
    assert {"words", "host"} <= labels
    assert [box["value"] for box in drawn.all("input", type="checkbox")] == ["fail", "warn", "pass"]
    assert drawn.text.count("Warning (1)") == 1
    assert len(drawn.all("option")) == 4


def test_the_markup_carries_the_structure():
    drawn = read(made(), made("info", "b"), made("skip", "c"), made("pass", "d"))
    assert drawn.all("html")[0]["lang"] == "en" and len(drawn.all("main")) == 1 and len(drawn.all("h1")) == 1
    assert drawn.all("a", href="#main") and drawn.all("meta", name="viewport")
    assert len(drawn.all("caption")) == len(drawn.all("table")) == 4  # three statuses and the hosts
    assert all(head.get("scope") in ("row", "col") for head in drawn.all("th"))
    anchors = {found["id"] for _tag, found in drawn.elements if "id" in found}
    assert {link["href"][1:] for link in drawn.all("a")} <= anchors


def test_accepted_failures_keep_their_remedy():
    drawn = read(made("info", observed="none (failure accepted: known)", remedy="mend it"))
    assert "accepted: known" in drawn.text and "mend it" in drawn.text


def test_statuses_have_words_and_signs_of_their_own():
    assert len(set(page.WORDS.values())) == len(set(page.SIGNS.values())) == len(summary.ORDER)
    assert len(set(matrix.WORDS.values())) == len(summary.ORDER)


# --- bounds


def test_two_hundred_hosts_stay_small():
    drawn = page.render(report(*fleet(200), hosts=[f"n{n}" for n in range(200)]), "x")
    assert len(drawn.encode("utf-8")) < 1000 * 1000
    assert "had no room" not in drawn


@pytest.mark.parametrize("statuses", [["fail"], ["pass"], list(summary.ORDER)])
def test_a_flood_is_cut_and_said(statuses):
    hosts = [f"n{n}" for n in range(30)]
    found = [
        made(
            statuses[n % len(statuses)],
            f"c{n}",
            host,
            title="\x1b" * 2000,
            observed=host + "\x1b" * 2000,
            remedy="x" * 2000,
        )
        for n in range(24)
        for host in hosts
    ]
    drawn = page.render(report(*found, hosts=hosts), "x")
    assert len(drawn.encode("utf-8")) <= page.LIMIT
    assert "had no room on this page" in drawn or "more are in the JSON file" in drawn
    assert Page(drawn).wrong == []


def test_long_texts_of_many_hosts_leave_room_for_the_remedy():
    hosts = [f"n{n}" for n in range(200)]
    found = [made(host=host, observed=host + "x" * 1900, remedy="mend it") for host in hosts]
    drawn = read(*found, hosts=hosts)
    assert "mend it" in drawn.text and "n0xxx" in drawn.text and "more are in the JSON file" in drawn.text


def test_failures_get_room_before_what_passed():
    hosts = [f"n{n}" for n in range(50)]
    passed = [made("pass", f"c{n}", host, observed=host + "y" * 1900) for n in range(50) for host in hosts]
    drawn = page.render(report(*passed, made(check="the.failure"), hosts=hosts), "x")
    assert "the.failure" in drawn and "had no room on this page" in drawn


# --- the mesh


def mesh_of(size, **bad):
    """A mesh that is open but for ``{source: {target: status}}``."""
    hosts = [f"n{n}" for n in range(size)]
    pairs = {source: {target: "pass" for target in hosts if target != source} for source in hosts}
    for source, targets in bad.items():
        pairs[source].update(targets)
    return {"hosts": hosts, "pairs": pairs}


def test_few_hosts_are_a_table_whose_cells_can_be_read():
    drawn = read(mesh=mesh_of(4, n0={"n1": "fail", "n2": "warn"}))
    assert "12 ways between 4 hosts: 1 blocked, 1 impaired, 10 open." in drawn.text
    assert len(drawn.all("td", **{"class": "fail"})) == 2  # the cell, and the way in words
    assert len(drawn.all("td", **{"class": "self"})) == 4 and drawn.all("svg", id="mesh-drawing") == []


def test_many_hosts_are_a_drawing_with_the_same_in_words():
    drawn = read(mesh=mesh_of(50, **{f"n{n}": {"n7": "fail"} for n in range(50) if n != 7}))
    svg = drawn.all("svg", id="mesh-drawing")[0]
    assert svg["role"] == "img" and svg["aria-labelledby"] == "mesh-words" and svg["viewbox"] == "0 0 50 50"
    assert "all other hosts" in drawn.text and "49 blocked" in drawn.text
    rows = svg["data-rows"].split(",")
    assert rows[0] == "-ppppppf" + "p" * 42 and rows[7] == "p" * 7 + "-" + "p" * 42


def painted(path, size):
    """The places that a path of horizontal strokes covers, as {(row, column)}."""
    x, y, places = 0, 0, set()
    for right, down, length in re.findall(r"m(-?\d+) (-?\d+)h(\d+)", path):
        x, y = x + int(right), y + int(down)
        places |= {(y, column) for column in range(x, x + int(length))}
        x += int(length)
    assert all(0 <= row < size and 0 <= column < size for row, column in places)
    return places


def test_the_drawing_paints_every_place_once_and_right():
    mesh = mesh_of(30, n3={f"n{n}": "fail" for n in range(10, 20)}, n29={"n0": "warn"}, n0={"n29": "fail"})
    del mesh["pairs"]["n5"]
    drawn = read(mesh=document.build("t", [], {}, "", mesh)["mesh"])
    rows, share = matrix.grid(mesh)
    assert share == 1
    seen = {}
    for attributes in drawn.all("path"):
        if attributes.get("d", "").startswith("M0 .5"):
            for place in painted(attributes["d"], 30):
                assert place not in seen
                seen[place] = attributes["class"]
    assert seen == {(row, column): rows[row][column] for row in range(30) for column in range(30)}
    assert seen[3, 12] == "fail" and seen[29, 0] == "warn" and seen[5, 1] == "skip" and seen[4, 4] == "self"


def test_very_many_hosts_share_places_that_show_their_worst_way():
    mesh = mesh_of(500, n499={"n0": "fail"})
    rows, share = matrix.grid(mesh)
    assert share == 3 and len(rows) == 167
    assert rows[166][0] == "fail" and rows[0][166] == "pass"
    drawn = page.render(report(mesh=mesh), "x")
    assert "Each place stands for 3 × 3 hosts" in drawn and len(drawn) < 200000


@pytest.mark.parametrize(
    "bad, expected",
    [
        ({"n0": {"n1": "fail"}}, [("fail", ("n0",), ("n1",))]),
        (
            {"n0": {"n1": "fail"}, "n2": {"n1": "fail"}},
            [("fail", ("n0", "n2"), ("n1",))],
        ),
        # A host that reaches nobody and that nobody reaches: two rows, whatever else there is.
        (
            dict(
                {f"n{n}": {"n5": "fail"} for n in range(9) if n not in (5, 2)},
                n2={"n5": "fail", "n8": "fail"},
                n5={f"n{n}": "fail" for n in range(9) if n != 5},
            ),
            [
                ("fail", ("n5",), tuple(f"n{n}" for n in range(9) if n != 5)),
                ("fail", tuple(f"n{n}" for n in range(9) if n != 5), ("n5",)),
                ("fail", ("n2",), ("n8",)),
            ],
        ),
        ({"n0": {"n1": "warn"}, "n1": {"n0": "fail"}}, [("fail", ("n1",), ("n0",)), ("warn", ("n0",), ("n1",))]),
    ],
)
def test_ways_that_are_not_open_are_put_together(bad, expected):
    mesh = mesh_of(9, **bad)
    found = matrix.ways(mesh)
    assert found == expected
    said = {(status, source, target) for status, sources, targets in found for source in sources for target in targets}
    assert said == {
        (status, source, target)
        for source, targets in mesh["pairs"].items()
        for target, status in targets.items()
        if status in ("fail", "warn")
    }


# --- colours


def schemes():
    """The page's colours: ``{scheme: {name: (red, green, blue)}}``."""
    style = page._data("page.css")
    blocks = re.findall(r":root \{(.*?)\}", style, re.S)
    light, dark, paper = (dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{6})", block)) for block in blocks)
    return {"light": light, "dark": {**light, **dark}, "paper": {**light, **paper}}


def contrast(one, other):
    """The contrast ratio of WCAG 2, section 1.4.3."""

    def luminance(colour):
        parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
        linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("scheme", ["light", "dark", "paper"])
def test_texts_have_the_contrast_of_wcag_aa(scheme):
    colours = schemes()[scheme]
    pairs = [(text, ground) for text in ("text", "quiet", "link") for ground in ("page", "card", "code")]
    pairs += [(status, ground) for status in summary.ORDER for ground in ("card", status + "-soft")]
    if scheme == "paper":
        pairs = [pair for pair in pairs if not pair[1].endswith("-soft")]
    assert {
        pair: contrast(*(colours[name] for name in pair))
        for pair in pairs
        if contrast(*(colours[n] for n in pair)) < 4.5
    } == {}


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_ways_differ_in_lightness_and_not_in_hue_alone(scheme):
    colours = schemes()[scheme]
    assert contrast(colours["mesh-fail"], colours["mesh-pass"]) > 3
    assert contrast(colours["mesh-warn"], colours["mesh-pass"]) > 1.5
    assert contrast(colours["mesh-fail"], colours["mesh-warn"]) > 1.3
