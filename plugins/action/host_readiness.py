# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0
"""Runs the module in the quickest way that works on the host, and gives its listener what all nodes of a run share."""

import json

from ansible import constants as C
from ansible.errors import AnsibleConnectionFailure, AnsibleError
from ansible.plugins.action import ActionBase

from ansible_collections.kurl.ipv6.plugins.module_utils import host_readiness
from ansible_collections.kurl.ipv6.plugins.module_utils.mesh import shared
from ansible_collections.kurl.ipv6.plugins.module_utils.report import gather
from ansible_collections.kurl.ipv6.plugins.plugin_utils import lean, lockstep

#: Characters that are kept of what a host prints where nothing of it could be used.
LIMIT = 4000


class ActionModule(ActionBase):
    """Completes the arguments and runs the module on the host."""

    def run(self, tmp=None, task_vars=None):
        """Complete the arguments, run the module, keep the secret out of what is registered."""
        super().run(tmp, task_vars)
        task_vars = task_vars or {}
        _validation, arguments = self.validate_argument_spec(argument_spec=host_readiness.ARGUMENTS)
        folder = C.DEFAULT_LOCAL_TMP
        alone = arguments["listen"] and not lockstep.kept(self._task)
        if alone:
            arguments["listen"] = False
        if arguments["listen"]:
            hosts = task_vars.get("ansible_play_batch") or []
            forks = int(task_vars.get("ansible_forks") or C.DEFAULT_FORKS)
            arguments["secret"] = arguments["secret"] or shared.secret(folder)
            arguments["deadline"] = arguments["deadline"] or shared.deadline(len(hosts), forks)
        try:
            result = self._perform(folder, arguments, task_vars)
        except AnsibleConnectionFailure:
            raise
        except AnsibleError as error:
            # Such as a wrong password for sudo: a row of the report as well. What is raised no failed_when holds back.
            result = {"failed": True, "changed": False, "msg": str(error)}
        if alone:
            result["listener_error"] = (
                "hosts do not wait for each other with this strategy, and a mesh needs all at once"
            )
        result.pop("invocation", None)
        return result

    def _perform(self, folder, arguments, task_vars):
        """Do it on the host, in the quickest way that works there."""
        module, function = host_readiness.__name__, host_readiness.perform.__name__
        sources = shared.once(folder, "readiness-sources", lambda: lean.pack(lean.bundle(module)))
        finder = arguments["finder"]
        if not finder:
            result = lean.run(self, module, function, arguments, task_vars, sources)
            return result or self._execute_module(module_args=arguments, task_vars=task_vars)
        given = dict(arguments, finder="")
        result, done = lean.find_and_run(self, finder, module, function, given, sources)
        if done is None:
            done = self._low_level_execute_command(finder, executable="/bin/sh")
            found = gather.probe_answer(done)
            if found.get("usable") is True:
                variables = dict(task_vars, ansible_python_interpreter=found["python"])
                result = self._execute_module(module_args=given, task_vars=variables)
        if result is None:
            result = {"changed": False, "skipped": True, "skip_reason": "no Python that can be used", "rc": done["rc"]}
            result["stderr"] = done.get("stderr", "")[-LIMIT:]
        answer = gather.probe_answer(done)
        result["stdout"] = json.dumps(answer) if answer else done.get("stdout", "")[-LIMIT:]
        result["python"] = str(answer.get("python") or "")
        return result
