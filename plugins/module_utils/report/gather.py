# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0
"""From what the tasks of a play registered to findings."""

import json
import re
import time

from ansible_collections.kurl.ipv6.plugins.module_utils.checks import catalogue
from ansible_collections.kurl.ipv6.plugins.module_utils.checks.access import Access
from ansible_collections.kurl.ipv6.plugins.module_utils.checks.fleet import Fleet
from ansible_collections.kurl.ipv6.plugins.module_utils.finding import finding


def of_spec(result):
    """Return the findings of a registered ``installer`` task; a module that broke is a finding as well.

    Arguments:
        result: the registered result; empty or skipped if there is no spec.
    """
    if not isinstance(result, dict) or not result or result.get("skipped"):
        return []
    findings = [entry for entry in result.get("findings") or [] if isinstance(entry, dict)]
    broken = "exception" in result or "module_stderr" in result or (not findings and "role_vars" not in result)
    if broken and not any(entry.get("status") == "fail" for entry in findings):
        findings.append(
            finding(
                "spec.translation",
                "spec:",
                "fail",
                "translation of the spec",
                observed=result.get("msg") or result.get("module_stderr") or "no result",
                expected="a plan",
                remedy="ansible localhost -m kurl.ipv6.installer -a src=<spec> -vvv",
            )
        )
    return findings


def probe_answer(result):
    """Return what the probe printed, empty if it printed nothing that can be used."""
    for line in reversed(str(result.get("stdout", "")).splitlines()):
        if '"kurl_ipv6_probe"' in line:
            try:
                answer = json.loads(line)
            except ValueError:
                continue
            if isinstance(answer, dict):
                return answer
    return {}


def _message(result):
    """Return why a task failed or a host could not be reached, in one line."""
    words = [str(result.get(key) or "").strip() for key in ("msg", "stderr", "module_stderr", "module_stdout")]
    # ansible-core's and ssh's words around the reason say nothing.
    words = [
        re.sub(
            r"^(?:Task failed: )?(?:Failed to connect to the host via ssh: |Data could not be sent to remote host \S+"
            r" Make sure this host can be reached over ssh: )?(?:ssh: )?",
            "",
            word,
        )
        for word in words
    ]
    lines = [line.strip() for line in "\n".join(word for word in words if word).splitlines() if line.strip()]
    return " / ".join(lines[:1] + (lines[-1:] if len(lines) > 1 else []))


def access(subject, probe, readiness, core, address="", python=""):
    """Judge what can be said of a host without a module's answer.

    Arguments:
        subject: the host's name in the inventory.
        probe, readiness: registered results, empty if a task did not run.
        core: ansible-core's version.
        address: the host's address in the inventory, for the remedy.
        python: the interpreter that the inventory names, empty if none.
    Returns:
        The findings of the checks of the stage ``access``.
    """
    answer = probe_answer(probe)
    lost = next((result for result in (probe, readiness) if result.get("unreachable")), None)
    ran = bool(answer) and bool(readiness) and not readiness.get("skipped") and not readiness.get("unreachable")
    usable = "findings" in readiness
    facts = {
        "reached": lost is None and bool(probe),
        "message": _message(lost or probe) if (lost or not answer) else "",
        "address": address,
        "answered": bool(answer),
        "python": answer.get("python", ""),
        "python_version": answer.get("version", ""),
        "minimum": answer.get("minimum", "3.9"),
        "given": python if python.startswith("/") else "",
        "uid": answer.get("uid"),
        "os": answer.get("os", ""),
        "core": core,
        "module_ran": ran,
        "module_message": "" if usable or not ran else _message(readiness) or "no findings were returned",
    }
    return catalogue.run(Access(subject, facts), "access")


def of_host(subject, probe, readiness, core, address="", python=""):
    """Return all findings of one host; arguments as for :func:`access`."""
    findings = access(subject, probe, readiness, core, address, python)
    said = readiness.get("findings")
    return findings + ([entry for entry in said if isinstance(entry, dict)] if isinstance(said, list) else [])


def facts_of(readiness):
    """Return the facts that a host sent, empty if it sent none."""
    facts = readiness.get("facts") if isinstance(readiness, dict) else None
    return facts if isinstance(facts, dict) else {}


def of_fleet(facts, plan=None, control_planes=()):
    """Judge all hosts together.

    Arguments:
        facts: ``{name in the inventory: facts}``; hosts that could not be read have empty ones.
        plan: what will be installed.
        control_planes: names of the hosts in the group kube_control_plane.
    """
    read = {name: entry for name, entry in facts.items() if entry}
    return catalogue.run(Fleet(read, plan, control_planes, time.time()), "fleet") if read else []
