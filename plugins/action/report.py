# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0
"""Shows findings and fails if any of them does; arguments as in the documentation of the module of the same name."""

import datetime
import os
import shutil

from ansible import constants as C
from ansible.plugins.action import ActionBase
from ansible.release import __version__ as core_version
from ansible.utils.display import Display

from ansible_collections.kurl.ipv6.plugins.module_utils.checks import accepted, extra
from ansible_collections.kurl.ipv6.plugins.module_utils.mesh import proof, registered, shared
from ansible_collections.kurl.ipv6.plugins.module_utils.report import document, files, gather, summary, table
from ansible_collections.kurl.ipv6.plugins.plugin_utils import lockstep

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
                "mesh_listener": {"type": "str", "default": ""},
                "mesh_probe": {"type": "str", "default": ""},
                "report_dir": {"type": "path", "default": ""},
                "plan": {"type": "dict", "default": {}},
                "extra_checks": {"type": "list", "elements": "dict", "default": []},
                "ignore": {"type": "list", "elements": "dict", "default": []},
                "hint": {"type": "str", "default": ""},
                "fail": {"type": "bool", "default": True},
            }
        )
        if self._too_early(arguments, task_vars):
            return {"changed": False, "skipped": True, "skip_reason": "another host reports for all"}
        findings, facts, mesh = self._findings(arguments, task_vars)
        findings = summary.cleaned(findings)
        ready, sentence = summary.verdict(findings, len(facts))
        self._show(arguments, findings, facts, ready, sentence)
        result = {"changed": False, "ready": ready, "verdict": sentence, "counts": summary.counts(findings)}
        problems = [sentence] if not ready and arguments["fail"] else []
        try:
            result["files"] = self._write(arguments, findings, facts, mesh)
        except files.WriteError as error:
            problems.append(str(error))
        if problems:
            result.update(failed=True, msg=f"{arguments['title']}: {'; '.join(problems)}")
        return result

    def _too_early(self, arguments, task_vars):
        """Return whether this is not the one report of hosts that do not wait for each other: run_once means nothing to
        them. The report is that of the first host that sees the answers of all.
        """
        if not arguments["probe"] or lockstep.kept(self._task):
            return False
        names, asked = self._asked(arguments, task_vars)
        if len(asked) < len(names):
            return True
        name = "report-{}".format("".join(filter(str.isalnum, str(self._task._uuid))))
        mine = "{} {}".format(task_vars["inventory_hostname"], os.getpid())
        return shared.once(C.DEFAULT_LOCAL_TMP, name, lambda: mine) != mine

    @staticmethod
    def _asked(arguments, task_vars):
        """Return the names of all hosts of the play, and of those that were asked: others are in a later batch."""
        names = list(task_vars.get("ansible_play_hosts_all", [])) if arguments["probe"] else []
        variables_of = task_vars["hostvars"].raw_get
        return names, [name for name in names if variables_of(name).get(arguments["probe"])]

    @classmethod
    def _findings(cls, arguments, task_vars):
        """Return all findings, the facts of all hosts (empty ones of a host that was not read), and the mesh."""
        common = list(arguments["findings"]) + gather.of_spec(task_vars.get(arguments["installer"]) or {})
        _all, names = cls._asked(arguments, task_vars)
        facts, findings, ignored = {}, [], {}
        here = task_vars["hostvars"].raw_get(task_vars["inventory_hostname"]) if names else {}
        # Where the host on which the task happens to run has a list of its own, that one is not for the others.
        given = [] if "preflight_ignore" in here else arguments["ignore"]
        for name in names:
            # Untemplated: what hosts say of themselves is data, and templating it for many hosts takes long.
            variables = task_vars["hostvars"].raw_get(name)
            probe = variables.get(arguments["probe"]) or {}
            readiness = variables.get(arguments["readiness"]) or {}
            address = str(variables.get("ansible_host") or "")
            facts[name] = gather.facts_of(readiness)
            python = str(variables.get("ansible_python_interpreter") or "")
            findings += gather.of_host(name, probe, readiness, core_version, address, python)
            ignored[name] = _ignored(name, variables, given, task_vars)
        planes = (task_vars.get("groups") or {}).get("kube_control_plane", [])
        findings += gather.of_fleet(facts, arguments["plan"], planes)
        findings += extra.judge(arguments["extra_checks"], {name: entry for name, entry in facts.items() if entry})
        ways, mesh, reached = cls._mesh(arguments, task_vars, names)
        findings = proof.relax(findings, reached)
        return accepted.accept_all(common + findings + ways, ignored, given), facts, mesh

    @staticmethod
    def _mesh(arguments, task_vars, names):
        """Return the findings of the mesh, the mesh itself, and whom all others reach; empty if none was tested."""
        if not arguments["mesh_listener"]:
            return [], {}, {}
        return registered.report(
            names,
            task_vars["hostvars"].raw_get,
            arguments["mesh_listener"],
            arguments["mesh_probe"],
            arguments["readiness"],
        )

    @staticmethod
    def _write(arguments, findings, facts, mesh):
        """Write the report's files if a folder is given, also in check mode: no host changes. Returns their paths."""
        if not arguments["report_dir"]:
            return []
        now = datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
        report = document.build(arguments["title"], findings, document.addresses(facts), now, mesh or None)
        written = files.write(os.path.abspath(arguments["report_dir"]), report)
        display.display(
            "Report: {}, and beside it {}".format(
                next(path for path in written if path.endswith(".html")),
                " and ".join(os.path.basename(path) for path in written if not path.endswith(".html")),
            )
        )
        display.display("")
        return written

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


def _ignored(name, variables, given, task_vars):
    """Return a host's preflight_ignore: its own or its groups', else what the task was given."""
    if "preflight_ignore" not in variables:
        return given
    return task_vars["hostvars"][name]["preflight_ignore"]
