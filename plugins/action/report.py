# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0
"""Shows findings and fails if any of them does; arguments as in the documentation of the module of the same name."""

import shutil

from ansible import constants as C
from ansible.plugins.action import ActionBase
from ansible.release import __version__ as core_version
from ansible.utils.display import Display

from ansible_collections.kurl.ipv6.plugins.module_utils.report import gather, summary, table

COLORS = {
    "fail": C.COLOR_ERROR,
    "warn": C.COLOR_WARN,
    "info": C.COLOR_HIGHLIGHT,
    "skip": C.COLOR_SKIP,
    "pass": C.COLOR_OK,
    "": None,
}

display = Display()


class ActionModule(ActionBase):
    """Runs on the controller; no connection is made."""

    TRANSFERS_FILES = False
    _requires_connection = False

    def run(self, tmp=None, task_vars=None):
        """Collect findings, show them, fail if one does."""
        super().run(tmp, task_vars)
        task_vars = task_vars or {}
        _validation, arguments = self.validate_argument_spec(
            argument_spec={
                "title": {"type": "str", "required": True},
                "findings": {"type": "list", "elements": "dict", "default": []},
                "installer": {"type": "str", "default": ""},
                "probe": {"type": "str", "default": ""},
                "readiness": {"type": "str", "default": ""},
                "report_dir": {"type": "path", "default": ""},
                "extra_checks": {"type": "list", "elements": "dict", "default": []},
                "hint": {"type": "str", "default": ""},
                "fail": {"type": "bool", "default": True},
            }
        )
        findings, hosts = self._findings(arguments, task_vars)
        findings = summary.cleaned(findings)
        ready, sentence = summary.verdict(findings, len(hosts))
        self._show(arguments, findings, hosts, ready, sentence)
        result = {"changed": False, "ready": ready, "verdict": sentence, "counts": summary.counts(findings)}
        if not ready and arguments["fail"]:
            result.update(failed=True, msg=f"{arguments['title']}: {sentence}")
        return result

    @staticmethod
    def _findings(arguments, task_vars):
        """Return all findings and the names of the hosts that were judged."""
        findings = list(arguments["findings"])
        findings += gather.of_spec(task_vars.get(arguments["installer"]) or {})
        names = list(task_vars.get("ansible_play_hosts_all", [])) if arguments["probe"] else []
        for name in names:
            # Untemplated: what hosts say of themselves is data, and templating it for many hosts takes long.
            variables = task_vars["hostvars"].raw_get(name)
            probe = variables.get(arguments["probe"]) or {}
            readiness = variables.get(arguments["readiness"]) or {}
            address = str(variables.get("ansible_host") or "")
            findings += gather.of_host(name, probe, readiness, core_version, address)
        return findings, names

    @staticmethod
    def _show(arguments, findings, hosts, ready, sentence):
        width = min(max(shutil.get_terminal_size((140, 24)).columns, 80), 200)
        display.display("")
        for status, line in table.render(findings, len(hosts), width, display.verbosity > 0):
            display.display(line, color=COLORS[status])
        display.display("")
        hint = " " + arguments["hint"] if arguments["hint"] and not ready else ""
        display.display(f"{arguments['title']}: {sentence}.{hint}", color=COLORS["pass" if ready else "fail"])
        display.display("")
