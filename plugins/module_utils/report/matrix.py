# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0
"""The picture of the mesh: every host to every other, a table for few hosts, a drawing for many.

Both come with the same in words. In the drawing statuses differ in lightness and pattern, not in hue alone.
"""

from html import escape

from ansible_collections.kurl.ipv6.plugins.module_utils.report import summary, text

#: Hosts up to which a table is shown, whose cells can be read one by one.
TABLE = 16
#: Rows of the drawing: of more hosts, several share a row and the worst of them is drawn.
ROWS = 200
#: Rows of the list of ways that are not open.
LISTED = 100
#: Up to so many rows that list is open.
OPEN = 12
#: Characters of a name at an axis.
AXIS = 40
WORDS = {"fail": "blocked", "warn": "impaired", "info": "noted", "skip": "not measured", "pass": "open"}
#: What a cell shows of a pair that was not measured, and of a host to itself.
UNKNOWN, SELF = "skip", "self"


def status_of(mesh, source, target):
    """Return the status of one way."""
    return mesh["pairs"].get(source, {}).get(target, UNKNOWN)


def ways(mesh):
    """Put ways that are not open together.

    Arguments:
        mesh: as ``document.build`` returns it.
    Returns:
        ``[(status, sources, targets)]``, the worst first: each of the sources has this status to all of the targets.
    """
    found = []
    half = (len(mesh["hosts"]) - 1) / 2
    for status in ("fail", "warn"):
        left = {}
        for source in mesh["hosts"]:
            targets = mesh["pairs"].get(source, {})
            members = [target for target in mesh["hosts"] if targets.get(target) == status]
            if members:
                left[source] = members
        # A host that reaches few others is one row, as is one that few others reach; the rest goes by source.
        lonely = {source: left.pop(source) for source in list(left) if len(left[source]) > half}
        callers = {}
        for source, targets in left.items():
            for target in targets:
                callers.setdefault(target, []).append(source)
        avoided = {target: sources for target, sources in callers.items() if len(sources) > half}
        rest = {source: [target for target in targets if target not in avoided] for source, targets in left.items()}
        found += [(status, sources, targets) for targets, sources in _joined(lonely)]
        found += [(status, sources, targets) for sources, targets in _joined(avoided)]
        found += [(status, sources, targets) for targets, sources in _joined(rest) if targets]
    return found


def _joined(groups):
    """Turn ``{name: members}`` into ``[(members, names)]``, names with the same members together."""
    same = {}
    for name, members in groups.items():
        same.setdefault(tuple(members), []).append(name)
    return [(members, tuple(names)) for members, names in same.items()]


def counts(mesh):
    """Return ``{status: number of ways}``; ways that were not measured count as ``skip``."""
    numbers = dict.fromkeys(summary.ORDER, 0)
    for targets in mesh["pairs"].values():
        for status in targets.values():
            numbers[status] += 1
    hosts = len(mesh["hosts"])
    numbers[UNKNOWN] += hosts * (hosts - 1) - sum(numbers.values())
    return numbers


def sentence(mesh):
    """Say the mesh in one sentence."""
    numbers = counts(mesh)
    hosts = len(mesh["hosts"])
    parts = [f"{numbers[status]:,} {WORDS[status]}" for status in summary.ORDER if numbers[status]]
    return "{:,} ways between {:,} hosts: {}.".format(hosts * (hosts - 1), hosts, ", ".join(parts))


def _table(mesh, icon):
    """The table: a row a source, a column a target."""
    hosts = mesh["hosts"]
    heads = "".join(f'<th scope="col"><span><bdi>{escape(name)}</bdi></span></th>' for name in hosts)
    rows = []
    for source in hosts:
        cells = []
        for target in hosts:
            if source == target:
                cells.append('<td class="self"></td>')
                continue
            status = status_of(mesh, source, target)
            cells.append(f'<td class="{status}">{icon(status)}<span class="vh">{WORDS[status]}</span></td>')
        rows.append(f'<tr><th scope="row"><bdi>{escape(source)}</bdi></th>{"".join(cells)}</tr>')
    return (
        "<p>From each host (row) to each host (column):</p>"
        '<div class="wide" tabindex="0" role="region" aria-labelledby="mesh-caption"><table class="mesh">'
        '<caption id="mesh-caption" class="vh">From each host (row) to each host (column)</caption>'
        f'<thead><tr><th scope="col">from \\ to</th>{heads}</tr></thead><tbody>{"".join(rows)}</tbody></table></div>'
    )


def grid(mesh):
    """Return the rows of the drawing as lists of statuses, and how many hosts share a row."""
    hosts = mesh["hosts"]
    share = -(-len(hosts) // ROWS)
    if share == 1:
        return [
            [SELF if source == target else status_of(mesh, source, target) for target in hosts] for source in hosts
        ], 1
    size = -(-len(hosts) // share)
    place = {name: index // share for index, name in enumerate(hosts)}
    rows = [[SELF if row == column else UNKNOWN for column in range(size)] for row in range(size)]
    # A place without any measured way stays unknown; among measured ones the worst is drawn.
    rank = {status: index for index, status in enumerate(("fail", "warn", "info", "pass", UNKNOWN, SELF))}
    for source, targets in mesh["pairs"].items():
        row = rows[place[source]]
        for target, status in targets.items():
            column = place[target]
            if rank[status] < rank[row[column]]:
                row[column] = status
    return rows, share


def _path(rows, status):
    """Draw all places of a status as one path: a line a run, moves relative to the end of the one before."""
    commands = []
    x, y = 0, 0
    for row, statuses in enumerate(rows):
        column = 0
        while column < len(statuses):
            if statuses[column] != status:
                column += 1
                continue
            first = column
            while column < len(statuses) and statuses[column] == status:
                column += 1
            commands.append(f"m{first - x} {row - y}h{column - first}")
            x, y = column, row
    return "".join(commands)


def _drawing(mesh):
    """The drawing: a place a way, sources from top to bottom, targets from left to right."""
    hosts = mesh["hosts"]
    rows, share = grid(mesh)
    size = len(rows)
    paths = []
    for status in (SELF, "skip", "pass", "info", "warn", "fail"):
        # Lines run through the middle of a row.
        path = _path(rows, status)
        if path:
            paths.append(f'<path class="{status}" d="M0 .5{path}"/>')
    letters = {"fail": "f", "warn": "w", "info": "i", "skip": "s", "pass": "p", SELF: "-"}
    data = ",".join("".join(letters[status] for status in row) for row in rows)
    first, last = escape(hosts[0][:AXIS]), escape(hosts[-1][:AXIS])
    shared = (
        f"<p>Each place stands for {share} × {share} hosts and shows the worst of their ways.</p>" if share > 1 else ""
    )
    return (
        f'{shared}<figure class="mesh"><p class="axis" aria-hidden="true"><span>to <bdi>{first}</bdi></span>'
        f"<span>to <bdi>{last}</bdi> →</span></p>"
        f'<p class="axis down" aria-hidden="true"><span>from <bdi>{first}</bdi></span>'
        f"<span>from <bdi>{last}</bdi> ↓</span></p>"
        f'<svg id="mesh-drawing" viewBox="0 0 {size} {size}" role="img" aria-labelledby="mesh-words"'
        f' data-share="{share}" data-rows="{data}">{"".join(paths)}</svg>'
        '<figcaption><output id="mesh-at" hidden>Point at a place to see which way it is.</output></figcaption>'
        "</figure>"
    )


def _list(mesh):
    """The ways that are not open, in words."""
    found = ways(mesh)
    if not found:
        return ""
    total = len(mesh["hosts"])

    def folded(names, others):
        everyone = len(names) > 2 and len(others) == 1 and len(names) == total - 1
        return "all other hosts" if everyone else escape(text.fold(names, total))

    rows = "".join(
        f'<tr><td class="{status}">{WORDS[status]}</td><td><bdi>{folded(sources, targets)}</bdi></td>'
        f"<td><bdi>{folded(targets, sources)}</bdi></td></tr>"
        for status, sources, targets in found[:LISTED]
    )
    more = f"<p>And {len(found) - LISTED:,} more rows.</p>" if len(found) > LISTED else ""
    opened = " open" if len(found) <= OPEN else ""
    return (
        f'<details class="ways"{opened}><summary>Ways that are not open, in words</summary>'
        '<table class="list"><caption class="vh">Ways that are not open</caption><thead><tr><th scope="col">Way</th>'
        f'<th scope="col">From</th><th scope="col">To</th></tr></thead><tbody>{rows}</tbody></table>{more}</details>'
    )


def render(mesh, icon):
    """Return the HTML of the mesh: what it is in words, the picture, its legend, and what is not open.

    Arguments:
        mesh: as ``document.build`` returns it.
        icon: a function from a status to the HTML of its sign.
    """
    numbers = counts(mesh)
    picture = _table(mesh, icon) if len(mesh["hosts"]) <= TABLE else _drawing(mesh)
    legend = "".join(
        f'<li><span class="swatch {status}">{icon(status)}</span> {WORDS[status]}</li>'
        for status in summary.ORDER
        if numbers[status]
    )
    return (
        f'<p id="mesh-words">{sentence(mesh)}</p><ul class="legend" aria-label="Signs">{legend}</ul>'
        f"{picture}{_list(mesh)}"
    )
