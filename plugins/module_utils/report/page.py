# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0
"""The report as one HTML file that needs nothing else: no resource from outside, and no script to be read.

What comes from hosts is text and nothing but text: every value is escaped where it is put in, and the page's content
security policy lets only the style and the script run whose hashes it names, so that even markup that slipped through
could do nothing.
"""

import base64
import hashlib
import json
import os
from html import escape

from ansible_collections.kurl.ipv6.plugins.module_utils.report import matrix, summary, text

FOLDER = os.path.dirname(os.path.abspath(__file__))
#: Bytes of a page. What does not fit is counted, and stands in the JSON file.
LIMIT = 1900 * 1000
#: What was seen: so many different things are shown at once, the others when asked for, and the rest is counted.
SHOWN, LISTED = 4, 400
#: Bytes of one such list.
LIST = 80 * 1000
#: Different causes of one check that are shown at once.
VARIANTS = 6
#: Bytes of one check, and failed checks and warnings, of which one broken host may report any number.
CARD, CARDS = 300 * 1000, 500
#: Names in the list of hosts to choose from.
CHOICES = 2000
#: Up to so many hosts their table is open.
OPEN_HOSTS = 20
#: Links to checks in a host's row.
LINKS = 5

WORDS = {"fail": "Failed", "warn": "Warning", "info": "Information", "skip": "Not judged", "pass": "Passed"}
#: Signs on a field of 16 by 16; holes by the even-odd rule.
SIGNS = {
    "fail": "M8 0a8 8 0 1 0 0 16A8 8 0 0 0 8 0zM5 3.6 8 6.6l3-3L12.4 5l-3 3 3 3-1.4 1.4-3-3-3 3L3.6 11l3-3-3-3z",
    "warn": "M8 .6 0 15.4h16zM7 5.5h2l-.3 5H7.3zM7 11.6h2v2H7z",
    "info": "M8 0a8 8 0 1 0 0 16A8 8 0 0 0 8 0zM7 3.2h2v2H7zM7 6.5h2v6.3H7z",
    "skip": "M8 0a8 8 0 1 0 0 16A8 8 0 0 0 8 0zM4 7h8v2H4z",
    "pass": "M8 0a8 8 0 1 0 0 16A8 8 0 0 0 8 0zm3.6 4.2L13 5.6l-6 6-4-4 1.4-1.4L7 8.8z",
}

SECTIONS = {
    "info": ("Information", "Nothing needs to be done."),
    "skip": ("Not judged", "These did not apply, or what they need was not known."),
    "pass": ("Passed", ""),
}


def icon(status):
    """Return the sign of a status; words stand beside it."""
    return f'<svg class="i {status}" aria-hidden="true"><use href="#i-{status}"/></svg>'


def badge(status):
    """Return a status as sign and word."""
    return f'<span class="badge {status}">{icon(status)}{WORDS[status]}</span>'


def _data(name):
    with open(os.path.join(FOLDER, name), encoding="utf-8") as stream:
        return stream.read()


def _hash(content):
    return "'sha256-{}'".format(base64.b64encode(hashlib.sha256(content.encode("utf-8")).digest()).decode("ascii"))


class Room:
    """The bytes that are left on a page."""

    def __init__(self, limit):
        self.left = limit
        self.refused = 0

    def take(self, part):
        """Return the part if it fits, else an empty text; the page says how many parts were refused."""
        size = len(part.encode("utf-8"))
        if size > self.left:
            self.refused += 1
            return ""
        self.left -= size
        return part


class Subjects:
    """The hosts, and whatever else findings concern, with their numbers on the page."""

    def __init__(self, report):
        said = [entry["host"] for entry in report["findings"]]
        self.names = list(dict.fromkeys(list(report["hosts"]) + said))
        self.hosts = len(report["hosts"])
        self._number = {name: number for number, name in enumerate(self.names)}

    def numbers(self, subjects):
        """Return the numbers of subjects as the script reads them: ``0-39,45``."""
        runs = []
        for number in sorted({self._number[name] for name in subjects}):
            if runs and runs[-1][1] == number - 1:
                runs[-1][1] = number
            else:
                runs.append([number, number])
        return ",".join(f"{first}-{last}" if last > first else str(first) for first, last in runs)

    def said(self, subjects):
        """Return the subjects in few words."""
        return f"<bdi>{escape(text.fold(subjects, self.hosts))}</bdi>"

    def spelled(self, subjects):
        """Return all names, folded up, where :meth:`said` leaves some out; else an empty text."""
        if ", and " not in text.fold(subjects, self.hosts):
            return ""
        names = ", ".join(escape(name) for name in sorted(set(subjects), key=text.natural))
        return f'<details class="names"><summary>All names</summary><bdi>{names}</bdi></details>'


def _list(items, hosts):
    """Return a list, its tail folded.

    Arguments:
        items: ``[(subjects, html of the item)]``.
        hosts: the number of hosts.
    """
    room = Room(LIST)
    kept = [item for _names, item in items[:1]] + [room.take(item) for _names, item in items[1:LISTED]]
    hidden = len(items) - len([item for item in kept if item])
    more = f'<p class="quiet">{hidden:,} more are in the JSON file.</p>' if hidden else ""
    if len(items) <= SHOWN + 1:
        return f"<ul>{''.join(kept)}</ul>{more}"
    rest = text.fold([name for names, _item in items[SHOWN:] for name in names], hosts)
    return (
        f"<ul>{''.join(kept[:SHOWN])}</ul><details class=\"more\"><summary>{len(items) - SHOWN:,} more, on "
        f"<bdi>{escape(rest)}</bdi></summary><ul>{''.join(kept[SHOWN:])}</ul>{more}</details>"
    )


def _together(rows, field):
    """Return ``{value of the field: rows}``, the values of the most subjects first."""
    groups = {}
    for row in rows:
        groups.setdefault(getattr(row, field), []).append(row)
    return dict(sorted(groups.items(), key=lambda group: -len(_names(group[1]))))


def _seen(rows, subjects):
    """Return what was seen; different things on different hosts each with its hosts."""
    values = _together(rows, "observed")
    if len(values) == 1:
        return f'<span class="v">{escape(rows[0].observed)}</span>'
    items = []
    for value, group in values.items():
        names = _names(group)
        said = f'<span class="v">{escape(value) or "nothing"}</span> <span class="at">— {subjects.said(names)}</span>'
        items.append((names, f'<li data-h="{subjects.numbers(names)}">{said}{subjects.spelled(names)}</li>'))
    return _list(items, subjects.hosts)


def _commands(rows, subjects):
    """Return what to type; different commands on different hosts each with its hosts. Empty if there are none."""
    values = _together(rows, "remedy")
    items = []
    for value, group in values.items():
        if not value:
            continue
        names = _names(group)
        of = f"{group[0].title}, {text.fold(names, subjects.hosts)}"
        code = f'<div class="code"><pre data-of="{escape(of)}"><code>{escape(value)}</code></pre></div>'
        if len(values) == 1:
            return code
        said = f'<span class="at">{subjects.said(names)}:</span>{subjects.spelled(names)}'
        items.append((names, f'<li data-h="{subjects.numbers(names)}">{said}{code}</li>'))
    return _list(items, subjects.hosts) if items else ""


def _names(rows):
    return [name for row in rows for name in row.subjects]


def _variant(rows, subjects, alone):
    """Return one cause of a check's failure: what was seen, what was wanted, what to type.

    Arguments:
        rows: rows with the same title and expectation.
        subjects: the :class:`Subjects`.
        alone: it is the check's only cause, whose hosts and title have been said.
    """
    row = rows[0]
    names = _names(rows)
    head = "" if alone else f'<h4><span class="v">{escape(row.title)}</span>: {subjects.said(names)}</h4>'
    lines = []
    if any(entry.observed for entry in rows):
        lines.append(f"<dt>Observed</dt><dd>{_seen(rows, subjects)}</dd>")
    if row.expected:
        lines.append(f'<dt>Expected</dt><dd class="v">{escape(row.expected)}</dd>')
    commands = _commands(rows, subjects)
    if commands:
        lines.append(f"<dt>Remedy</dt><dd>{commands}</dd>")
    body = f"<dl>{''.join(lines)}</dl>" if lines else ""
    unfold = "" if alone else subjects.spelled(names)
    return f'<div class="variant" data-h="{subjects.numbers(names)}">{head}{unfold}{body}</div>'


def _causes(rows):
    """Group the rows of a check by what was wrong: rows of one group have the same title and expectation."""
    groups = {}
    for row in rows:
        groups.setdefault((row.title, row.expected), []).append(row)
    return sorted(groups.values(), key=lambda group: -len(_names(group)))


def _short(value, limit=120):
    """Return a text for a link."""
    return value if len(value) <= limit else value[:limit] + " ..."


def _anchor(number):
    return f"check-{number}"


def _card(number, rows, subjects):
    """Return a failed check or a warning."""
    first = rows[0]
    causes = _causes(rows)
    names = _names(rows)
    room = Room(CARD)
    variants = [room.take(_variant(group, subjects, len(causes) == 1)) for group in causes[:LISTED]]
    shown, rest = "".join(variants[:VARIANTS]), "".join(variants[VARIANTS:])
    if rest:
        number_of = len([variant for variant in variants[VARIANTS:] if variant])
        rest = f'<details class="more"><summary>{number_of:,} more causes</summary>{rest}</details>'
    left_out = len(causes) - len([variant for variant in variants if variant])
    if left_out:
        rest += f'<p class="quiet">{left_out:,} more causes are in the JSON file.</p>'
    references = list(dict.fromkeys(row.reference for row in rows if row.reference))[:SHOWN]
    source = "".join(f'<p class="source">Source: <span class="v">{escape(entry)}</span></p>' for entry in references)
    return (
        f'<article class="check {first.status}" id="{_anchor(number)}" data-s="{first.status}" '
        f'data-h="{subjects.numbers(names)}"><h3>{badge(first.status)}<span class="v">{escape(first.title)}</span></h3>'
        f'<p><code class="id v">{escape(first.id)}</code> on {subjects.said(names)}</p>{subjects.spelled(names)}'
        f"{shown}{rest}{source}</article>"
    )


def _problems(problems, subjects, room):
    """Return the section of what failed and what is a warning."""
    cards = [room.take(_card(number, rows, subjects)) for number, rows in enumerate(problems[:CARDS])]
    room.refused += max(len(problems) - CARDS, 0)
    if not cards:
        done = f'<p class="done">{icon("pass")} Nothing failed, and there are no warnings.</p>'
        return f'<section id="problems"><h2>What to do</h2>{done}</section>'
    index = ""
    if len(problems) > LINKS:
        items = [
            f'<li data-for="{_anchor(number)}">{badge(rows[0].status)}<a class="v" href="#{_anchor(number)}">'
            f'{escape(_short(rows[0].title))}</a> <span class="at">{subjects.said(_names(rows))}</span></li>'
            for number, (rows, card) in enumerate(zip(problems, cards))
            if card
        ]
        index = f'<ul class="index">{"".join(room.take(item) for item in items)}</ul>'
    return f'<section id="problems" data-filtered><h2>What to do</h2>{index}{"".join(cards)}</section>'


def _group(status, checks, subjects, room):
    """Return the table of the checks of one status that calls for nothing."""
    heading, sentence = SECTIONS[status]
    rows = []
    for check in checks:
        first = check[0]
        told = []
        for cause in _causes(check)[:LISTED]:
            title = f'<p class="v">{escape(cause[0].title)}:</p>' if cause[0].title != first.title else ""
            # What is accepted, for example, keeps its remedy.
            told.append(title + _seen(cause, subjects) + _commands(cause, subjects))
        names = _names(check)
        row = (
            f'<tr role="row" data-s="{status}" data-h="{subjects.numbers(names)}"><th role="rowheader" scope="row">'
            f'<span class="v">{escape(first.title)}</span> <code class="id v">{escape(first.id)}</code></th>'
            f'<td role="cell">{subjects.said(names)}{subjects.spelled(names)}</td>'
            f'<td role="cell">{"".join(told)}</td></tr>'
        )
        rows.append(room.take(row))
    words = f"<p>{sentence}</p>" if sentence else ""
    return (
        f'<details class="group" id="{status}" data-count="n-{status}"><summary><h2>{icon(status)} {heading} '
        f'(<span id="n-{status}">{len(checks)}</span>)</h2></summary>{words}'
        f'<table class="findings stack" role="table"><caption class="vh">{heading}</caption><thead role="rowgroup">'
        '<tr role="row"><th role="columnheader" scope="col">Check</th><th role="columnheader" scope="col">Where</th>'
        '<th role="columnheader" scope="col">Observed</th></tr></thead>'
        f'<tbody role="rowgroup">{"".join(rows)}</tbody></table></details>'
    )


def _hosts(report, problems, subjects, room):
    """Return the table of hosts, those with the most problems first."""
    hosts = report["hosts"]
    if not hosts:
        return ""
    checks = {}
    for number, rows in enumerate(problems):
        for name in dict.fromkeys(_names(rows)):
            checks.setdefault(name, []).append((number, rows[0]))

    def badness(name):
        said = [row.status for _number, row in checks.get(name, [])]
        return -said.count("fail"), -said.count("warn"), text.natural(name)

    rows = []
    for name in sorted(hosts, key=badness):
        said = checks.get(name, [])
        links = "".join(
            f'<li>{icon(row.status)}<span class="vh">{WORDS[row.status]}: </span> '
            f'<a class="v" href="#{_anchor(number)}">{escape(_short(row.title))}</a></li>'
            for number, row in said[:LINKS]
        )
        if len(said) > LINKS:
            links += f'<li class="quiet">and {len(said) - LINKS} more</li>'
        address = escape(hosts[name]["node_ip"]) or "none"
        reason = f'<div class="quiet v">{escape(hosts[name]["reason"])}</div>' if hosts[name]["reason"] else ""
        verdict = f'<ul class="problems">{links}</ul>' if links else f'{icon("pass")} nothing to do'
        row = (
            f'<tr role="row" data-place data-h="{subjects.numbers([name])}"><th role="rowheader" scope="row">'
            f'<bdi>{escape(name)}</bdi></th><td role="cell"><code class="v">{address}</code>{reason}</td>'
            f'<td role="cell">{verdict}</td></tr>'
        )
        rows.append(room.take(row))
    return (
        f'<details class="group" id="hosts" data-count="n-hosts"{" open" if len(hosts) <= OPEN_HOSTS else ""}>'
        f'<summary><h2>Hosts (<span id="n-hosts">{len(hosts)}</span>)</h2></summary>'
        '<table class="hosts stack" role="table"><caption class="vh">Hosts, the worst first</caption>'
        '<thead role="rowgroup"><tr role="row"><th role="columnheader" scope="col">Host</th>'
        '<th role="columnheader" scope="col">Node address</th><th role="columnheader" scope="col">Failures and warnings'
        f'</th></tr></thead><tbody role="rowgroup">{"".join(rows)}</tbody></table></details>'
    )


def _mesh(report, room):
    """Return the section of the mesh."""
    if "mesh" not in report:
        return ""
    drawn = room.take(matrix.render(report["mesh"], icon))
    if not drawn:
        return ""
    names = json.dumps(report["mesh"]["hosts"], ensure_ascii=True)
    for character in "<>&":
        names = names.replace(character, f"\\u{ord(character):04x}")
    data = room.take(f'<script type="application/json" id="mesh-hosts">{names}</script>')
    return f'<section id="mesh"><h2>Every host to every host</h2>{drawn}{data}</section>'


def _filter(report, subjects):
    """Return the controls of the filter; the script shows them."""
    boxes = "".join(
        f'<label><input type="checkbox" name="status" value="{status}" checked>{icon(status)}{WORDS[status]} '
        f"({report['counts'][status]:,})</label>"
        for status in summary.ORDER
        if report["counts"][status]
    )
    options = "".join(
        f'<option value="{number}">{escape(name)}</option>' for number, name in enumerate(subjects.names[:CHOICES])
    )
    return (
        '<form id="filter" role="search" aria-label="Findings" hidden>'
        '<div class="field"><label for="words">Find</label>'
        '<input type="search" id="words" autocomplete="off" placeholder="check, host or text"></div>'
        f'<div class="field"><label for="host">Where</label><select id="host"><option value="">everywhere</option>'
        f'{options}</select></div><button type="reset">Clear</button>'
        f"<fieldset><legend>Show findings</legend><div>{boxes}</div></fieldset>"
        '<p id="shown" role="status"></p></form><p id="said" role="status" class="vh"></p>'
    )


def _checks(report):
    """Return the rows of every check and status together: ``{status: [[row, ...], ...]}``."""
    findings = [dict(entry, subject=entry["host"]) for entry in report["findings"]]
    groups = {status: {} for status in summary.ORDER}
    for row in summary.rows(findings):
        groups[row.status].setdefault(row.id, []).append(row)
    return {status: list(checks.values()) for status, checks in groups.items()}


def render(report, json_name):
    """Return the page.

    Arguments:
        report: as ``document.build`` makes it.
        json_name: the name of the JSON file, which has all of what the page has no room for.
    Returns:
        The HTML, at most some :data:`LIMIT` bytes.
    """
    style, script = _data("page.css"), _data("page.js")
    policy = (
        f"default-src 'none'; style-src {_hash(style)}; script-src {_hash(script)}; base-uri 'none'; form-action 'none'"
    )
    subjects = Subjects(report)
    checks = _checks(report)
    problems = checks["fail"] + checks["warn"]
    controls = _filter(report, subjects)
    room = Room(LIMIT - len(style) - len(script) - len(controls.encode("utf-8")) - 8000)
    # What matters most gets room first.
    sections = [("problems", "What to do", _problems(problems, subjects, room))]
    sections.append(("mesh", "Every host to every host", _mesh(report, room)))
    sections.append(("hosts", "Hosts", _hosts(report, problems, subjects, room)))
    for status in ("info", "skip", "pass"):
        part = _group(status, checks[status], subjects, room) if checks[status] else ""
        sections.append((status, SECTIONS[status][0], part))
    sections = [section for section in sections if section[2]]
    notes = ""
    left_out = room.refused + report.get("omitted", 0)
    if left_out:
        notes = f'<p class="done">{left_out:,} parts had no room on this page.</p>'
    ready = "pass" if report["ready"] else "fail"
    title = escape(report["title"])
    word, _colon, counted = report["verdict"].partition(": ")
    links = "".join(f'<li><a href="#{anchor}">{heading}</a></li>' for anchor, heading, _part in sections)
    symbols = "".join(
        f'<symbol id="i-{status}" viewBox="0 0 16 16"><path fill-rule="evenodd" d="{path}"/></symbol>'
        for status, path in SIGNS.items()
    )
    shown_time = escape(report["time"].replace("T", " ").replace("Z", " UTC"))
    hosts = f" · {len(report['hosts']):,} host{'' if len(report['hosts']) == 1 else 's'}" if report["hosts"] else ""
    return f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="referrer" content="no-referrer">
<title>{title}: {escape(word)}</title>
<style>{style}</style>
</head>
<body>
<svg hidden aria-hidden="true">{symbols}</svg>
<a class="skiplink" href="#main">Skip to the findings</a>
<div class="verdict {ready}"><header>
<p class="quiet"><time datetime="{escape(report['time'])}">{shown_time}</time>{hosts}</p>
<h1>{icon(ready)} {title}: {escape(word.lower())}</h1>
<p>{escape(counted[:1].upper() + counted[1:])}.</p>
<nav aria-label="Sections"><ul>{links}</ul></nav>
</header></div>
<main id="main" tabindex="-1">
{controls}
{notes}
{"".join(part + chr(10) for _anchor_name, _heading, part in sections)}</main>
<footer><p>Made by kurl.ipv6. For programs: <code>{escape(json_name)}</code></p></footer>
<script>{script}</script>
</body>
</html>
"""
