#!/usr/bin/env python3
# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0
"""Writes docs/checks.md, the catalogue of all checks, from their registry: checks.py --write, or --check to compare.

Runs from the work tree and from an installed collection alike.
"""

import argparse
import os
import sys
import types

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
FILE = os.path.join(TOP, "docs", "checks.md")
STAGES = (
    (
        "access",
        "Before any module runs",
        "Judged on the controller, from a probe in plain shell. A host that cannot be reached is a row of the report.",
    ),
    (
        "controller",
        "On the controller",
        "Asked and judged there by `kurl.ipv6.artifact_sources`, where a spec says what will be installed.",
    ),
    ("host", "On every host", "Read once by `kurl.ipv6.host_readiness`, judged there."),
    ("fleet", "Over all hosts together", "Judged on the controller, from the facts of all hosts that could be read."),
    (
        "mesh",
        "Between all hosts",
        "Asked by `kurl.ipv6.node_mesh` from every host to every other, judged on the controller."
        " `preflight_mesh: false` leaves it out.",
    ),
    (
        "cluster",
        "On the running cluster",
        "Judged by `kurl.ipv6.verify`: what the API server says of nodes and pods, what test pods on every node reach,"
        " and what every host reaches at the NodePorts.",
    ),
)
HEAD = """\
<!-- Written by tests/docs/checks.py from the registry of checks; edit the checks, not this file. -->
# Checks

What `kurl.ipv6.preflight` and `kurl.ipv6.verify` look at, and why it matters on hosts that have only IPv6.
A finding is called by the id of
its check; where a check has several cases the case follows after a dot (`port.6443`). Findings are `pass`, `info`
(nothing to do, for example because `site` does it), `warn` (may break something), `fail` (stops an installation) or
`skip` (not needed, or could not be judged). A finding's remedy is made for the host at hand; here it is told in
general.

Known and accepted failures and warnings become information with their reason:

```yaml
preflight_ignore: # for all, a group or a host
  - id: os.supported # or its beginning up to a dot: os
    reason: tested by ourselves
```

Checks of your own are queries over the facts of every host, which `ansible-doc kurl.ipv6.host_readiness` lists; their
findings are called `site.<id>`:

```yaml
preflight_extra_checks:
  - id: bond
    title: uplink is a bond
    query: "links[?name=='bond0'] | length(@)" # JMESPath
    expect: 1 # without it the query must return something true
    severity: warn # or fail (the default), info
    remedy: see the data centre's handbook
```
"""


def import_registry():
    """Return all registered checks, importing them under the collection's name wherever this tree lies."""
    for number, name in enumerate(("ansible_collections", "kurl", "ipv6"), 1):
        full = ".".join(("ansible_collections", "kurl", "ipv6")[:number])
        package = types.ModuleType(full)
        package.__path__ = [TOP] if name == "ipv6" else []
        sys.modules.setdefault(full, package)
    from ansible_collections.kurl.ipv6.plugins.module_utils.checks import catalogue, sources  # noqa: F401
    from ansible_collections.kurl.ipv6.plugins.module_utils.cluster import checks  # noqa: F401
    from ansible_collections.kurl.ipv6.plugins.module_utils.mesh import judge  # noqa: F401
    from ansible_collections.kurl.ipv6.plugins.module_utils.rook import checks as rook_checks  # noqa: F401

    return catalogue.registered()


def sentence(text):
    """Return a text as a sentence: with a capital letter and a full stop."""
    text = " ".join(text.split())
    return text if text.endswith((".", "!", "?")) else text + "."


def escape(text):
    """Return a text in which <word> is not taken for HTML."""
    return text.replace("<", "&lt;")


def render(checks):
    """Return the page."""
    lines = [HEAD]
    for stage, title, words in STAGES:
        members = [entry for entry in checks if entry.stage.split(".", 1)[0] == stage]
        lines += [f"## {title}", "", words, "", "| id | what is looked at |", "|---|---|"]
        lines += [f"| [`{entry.id}`](#{entry.id.replace('.', '')}) | {entry.title} |" for entry in members]
        lines.append("")
        for entry in members:
            lines += [
                f"### {entry.id}",
                "",
                f"**{entry.title[0].upper()}{entry.title[1:]}.** {sentence(entry.judge.__doc__)}",
                "",
                f"- Why: {sentence(entry.why)}",
                f"- Remedy: {escape(entry.remedy)}",
                f"- Source: {entry.reference}",
                "",
            ]
    return "\n".join(lines).rstrip("\n") + "\n"


def main():
    """Write or compare; exit code 1 if the file is not current."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    action = parser.add_mutually_exclusive_group(required=True)
    action.add_argument("--write", action="store_true", help="write docs/checks.md")
    action.add_argument("--check", action="store_true", help="fail if docs/checks.md is not what would be written")
    options = parser.parse_args()
    page = render(import_registry())
    if not options.check:
        os.makedirs(os.path.dirname(FILE), exist_ok=True)
        with open(FILE, "w", encoding="utf-8") as stream:
            stream.write(page)
        return 0
    try:
        with open(FILE, encoding="utf-8") as stream:
            current = stream.read() == page
    except FileNotFoundError:
        current = False
    if not current:
        print("docs/checks.md is not current: run tests/docs/checks.py --write", file=sys.stderr)
    return 0 if current else 1


if __name__ == "__main__":
    sys.exit(main())
