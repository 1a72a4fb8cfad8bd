#!/usr/bin/env python3
# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0
"""Writes docs/spec.md from the tables that the translator itself uses: spec.py --write, or --check to compare."""

import argparse
import importlib
import pathlib
import sys
import types

ROOT = pathlib.Path(__file__).resolve().parents[2]
TARGET = ROOT / "docs" / "spec.md"
PACKAGE = "ansible_collections.kurl.ipv6.plugins.module_utils.installer"

HEAD = """<!-- Written by tests/docs/spec.py from the translator's own tables; change those instead of this file. -->
# The Installer spec

What `kurl.ipv6.installer` makes of every field of kURL's `Installer` (`cluster.kurl.sh/v1beta1`). A field is

- **translated**: it becomes the role variable that the table names;
- **without effect**: a warning names it and says why;
- **refused**: an error with the reason, and what to use instead.

A field that is in no table is an error that names the nearest known field. Nothing is dropped in silence.
`S` with a number is a statement of kURL's `docs/ipv6.md`, see [below](#statements).

## Reading and merging

- A spec is UTF-8 YAML of at most {size} KiB, one document, at most {depth} levels deep, with at most {nodes} values,
  aliases expanded. Duplicate keys, tags, tabs and non-breaking spaces are errors with their line and column.
- Text stays text, byte for byte: `{{{{ }}}}`, `$` and backslashes are never evaluated.
- `src` < `patches` in their order < `overrides`. Maps are merged; lists and everything else are replaced; `null`
  removes what was there, with a note. kURL keeps the old value instead.
- Every finding says which file and line the value came from.

## Types

| Type | Accepted |
|---|---|
"""

ACCEPTED = {
    "bool": "`true`, `false`, also in quotes; YAML's `yes`, `no`, `on`, `off`",
    "int": "a whole number from 0 to 2147483647, also in quotes; 0 means kURL's default, as in kURL",
    "str": "text; a whole number without quotes is taken as written",
    "version": '`"1.34.4"`, `"v1.34.4"`, `"1.34.x"` (highest known patch release) or `latest` (highest known release);'
    " a number such as `1.30`, which YAML reads as 1.3, is an error",
    "cidr": "an IPv6 range without bits behind its prefix",
    "prefix": "`22` or `/22`",
    "duration": "`5m`, `1h30m`",
    "quantity": "`50Mi`, `1G`",
    "strings": "a list of text",
    "commands": "a list of lists of words: the arguments of one command each",
    "inline map": "text that holds a map in YAML or JSON, as in kURL, or the map itself",
    "inline list": "text that holds a list in YAML or JSON, as in kURL, or the list itself",
    "preflights": "a `HostPreflight` of `troubleshoot.sh/v1beta2`",
    "any": "not looked at",
}


def _installer(name):
    return importlib.import_module(f"{PACKAGE}.{name}")


def _cell(text):
    return str(text).replace("|", "\\|").replace("\n", " ")


def _fate(field):
    if field.fate == "translated":
        names = ", ".join(f"`{name}`" for name in field.becomes)
        return f"{names or 'nothing of its own'}" + (f". {field.text}" if field.text else "")
    what = "Without effect" if field.fate == "ignored" else "Refused"
    return f"**{what}**: {field.text}."


def _sections(fields):
    lines = ["## Sections", "", "| Section | What becomes of it |", "|---|---|"]
    for section in fields.SECTIONS:
        text = section.text if section.fate == "translated" else section.text + "."
        what = {"translated": "", "ignored": "**Without effect**: ", "refused": "**Refused**: "}[section.fate]
        lines.append(f"| `{section.name}` | {_cell(what + text)} |")
    for section in fields.SECTIONS:
        rows = [field for path, field in fields.FIELDS.items() if path.split(".")[0] == section.name]
        own = [field for field in rows if field.text != section.text]
        same = [field for field in rows if field.text == section.text]
        lines += ["", f"### {section.name}", ""]
        if own:
            lines += ["| Field | Type | Default in kURL | What it becomes |", "|---|---|---|---|"]
            for field in own:
                name = field.path.split(".", 1)[1]
                default = (
                    f"`{field.default}`" if field.default not in ("", "required", "none") else field.default or "–"
                )
                lines.append(f"| `{name}` | {field.type} | {_cell(default)} | {_cell(_fate(field))} |")
        if same:
            names = ", ".join(f"`{field.path.split('.', 1)[1]}`" for field in same)
            what = "refused" if section.fate == "refused" else "without effect"
            lines += ([""] if own else []) + [f"Known, and {what} like the whole section: {names}."]
    return lines


#: Analyzer -> what is looked at on a host.
LOOKED_AT = {
    "cpu": "`count`, `logical`, `physical`, `machineArch`",
    "memory": "total memory",
    "diskUsage": "`total`, `used`, `available`, `used/total`, `available/total` of a path, or of its nearest parent",
    "hostOS": "id and version of os-release, `<id>-kernel`; for equality only the components that are given count:"
    " `rhel = 8` is every 8.x, which Troubleshoot takes for 8.0",
    "time": "`ntp == (un)synchronized+(in)active`, `timezone`",
    "kernelModules": "`loaded` (built in counts), `loadable`, `unloaded`",
    "sysctl": "a kernel parameter; those of IPv4 are refused",
    "tcpPortStatus": "whether the port is free on IPv6, on ::1 with `interface: lo`; nothing is sent",
    "udpPortStatus": "the same for UDP",
    "tcpConnect": "a connection over IPv6, at most 10 s",
    "http": "a GET request, at most 10 s",
    "systemPackages": "dpkg's status, or rpm",
    "blockDevices": "unmounted, unformatted disks, and partitions with `includeUnmountedPartitions`",
    "subnetAvailable": "a free range beside the host's routes; an IPv4 range is refused",
    "textAnalyze": "`regex` in the output of `cat` of some files below /proc, /sys and /etc, `uname -r`, `hostname`,"
    " `lsmod`, `mount`, `sysctl -n`: the file behind it is read, no command is run",
}


def _host_preflights(preflights):
    assert set(LOOKED_AT) == set(preflights.HONOURED)
    lines = [
        "",
        "## Host preflights",
        "",
        "`kurl.hostPreflights`, a `HostPreflight` of Troubleshoot, becomes `preflight_host_preflights`, which the role"
        " `preflight` judges on every host without changing anything. The first outcome whose condition holds is the"
        " result; none is no result. `exclude: true` is honoured, a template in it is not evaluated.",
        "",
        "| Analyzer | What is looked at |",
        "|---|---|",
    ]
    lines += [f"| `{name}` | {_cell(text)} |" for name, text in LOOKED_AT.items()]
    lines.append("| `ipv4Interfaces` | **Refused**: hosts of an IPv6-only cluster need no IPv4 address |")
    lines += [f"| `{name}` | **Left out**: {_cell(text)} |" for name, text in preflights.LEFT_OUT.items()]
    return lines


def _legacy(fields):
    lines = ["", "## Old names", "", "They are translated, with a warning.", "", "| Old | New |", "|---|---|"]
    return lines + [f"| `{old}` | `{new}` |" for old, new in sorted(fields.LEGACY.items())]


def _variables(fields):
    sources = {}
    for path, field in fields.FIELDS.items():
        for name in field.becomes:
            sources.setdefault(name, []).append(path)
    sources.setdefault("installer_external_cni", []).append("the option `external_cni`")
    lines = [
        "",
        "## Role variables",
        "",
        "The key `role_vars` of the result. A component that is not in the spec has no `<component>_version`; a field"
        " that is not set has no variable, unless the variable is marked *always*.",
        "",
        "| Variable | From |",
        "|---|---|",
    ]
    always = _installer("translation").ALWAYS
    for name in sorted(sources):
        shown = ", ".join(entry if " " in entry else f"`{entry}`" for entry in sources[name])
        lines.append(f"| `{name}`{' *(always)*' if name in always else ''} | {shown} |")
    return lines


def _rules(rulebook):
    lines = [
        "",
        "## Rules",
        "",
        "The ids of the findings.",
        "",
        "| Id | Looks at | Why | Source |",
        "|---|---|---|---|",
    ]
    for rule in rulebook.RULES:
        lines.append(f"| `{rule.id}` | {_cell(rule.title)} | {_cell(rule.reason)} | {_cell(rule.source or '–')} |")
    lines += ["", "## Statements", "", "| | kURL's `docs/ipv6.md` says, in our words |", "|---|---|"]
    return lines + [f"| {number} | {_cell(text)} |" for number, text in rulebook.STATEMENTS.items()]


def _catalogue(catalogue, versions):
    lines = [
        "",
        "## Versions",
        "",
        "An exact version that is not listed is installed as asked, with a warning.",
        "",
        "| Component | Lowest on IPv6 | Known | `latest` |",
        "|---|---|---|---|",
    ]
    for component, words in catalogue.VERSIONS.items():
        lowest = catalogue.MINIMUM.get(component, ("–", ""))[0]
        known = ", ".join(
            word.replace("-", "–") if word[:1].isdigit() and word.count("-") == 1 else word for word in words.split()
        )
        lines.append(f"| {component} | {lowest} | {known} | {versions.stable(component)[-1]} |")
    lines += [
        "",
        "Known faults on IPv6:",
        "",
        "| Component | From | Mended in | What happens | Source |",
        "|---|---|---|---|---|",
    ]
    for component, first, mended, what, _remedy, source in catalogue.FAULTS:
        lines.append(f"| {component} | {first} | {mended or 'not yet'} | {_cell(what)} | {source} |")
    lines += ["", "Kubernetes that versions need:", "", "| Component | Versions | Instead |", "|---|---|---|"]
    for component, first, behind, _low, _high, expected, _remedy in catalogue.BOUNDS:
        span = f"before {behind}" if behind else f"from {first} on"
        lines.append(f"| {component} | {span} | {_cell(expected)} |")
    lines += ["", "Kubernetes that Rook supports:", "", "| Rook | from | to |", "|---|---|---|"]
    lines += [f"| {minor} | {low} | {high or 'not stated'} |" for minor, low, high in catalogue.KUBERNETES_OF["rook"]]
    return lines


def render():
    """Return the page's text."""
    fields, rulebook, reading = _installer("fields"), _installer("rulebook"), _installer("reading")
    head = HEAD.format(size=reading.FILE_LIMIT // 1024, depth=reading.DEPTH_LIMIT, nodes=reading.NODE_LIMIT)
    lines = head.rstrip("\n").split("\n")
    lines += [f"| {name} | {_cell(ACCEPTED[name])} |" for name in fields.TYPES]
    lines += [""] + _sections(fields) + _legacy(fields) + _host_preflights(_installer("host_preflights"))
    lines += _variables(fields)
    lines += _catalogue(_installer("catalogue"), _installer("versions")) + _rules(rulebook)
    return "\n".join(lines) + "\n"


def _use_this_tree():
    """Let ``ansible_collections.kurl.ipv6`` be this tree, wherever it lies."""
    for name, folders in (
        ("ansible_collections", []),
        ("ansible_collections.kurl", []),
        ("ansible_collections.kurl.ipv6", [str(ROOT)]),
    ):
        module = types.ModuleType(name)
        module.__path__ = folders
        sys.modules[name] = module


def main():
    """Write or compare."""
    parser = argparse.ArgumentParser(description=__doc__)
    action = parser.add_mutually_exclusive_group(required=True)
    action.add_argument("--write", action="store_true", help="write docs/spec.md")
    action.add_argument("--check", action="store_true", help="fail if docs/spec.md is not what would be written")
    arguments = parser.parse_args()
    _use_this_tree()
    text = render()
    if arguments.write:
        TARGET.parent.mkdir(exist_ok=True)
        TARGET.write_text(text, encoding="utf-8")
        print(f"{TARGET.relative_to(ROOT)}: {len(text.splitlines())} lines")
        return 0
    if not TARGET.exists() or TARGET.read_text(encoding="utf-8") != text:
        print("docs/spec.md is not up to date: run tests/docs/spec.py --write", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
