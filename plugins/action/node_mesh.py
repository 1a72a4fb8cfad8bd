# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0
"""Gives the tasks of a run what they share: the secret, and which nodes listen. The rest is the module's business."""

from ansible import constants as C
from ansible.plugins.action import ActionBase

from ansible_collections.kurl.ipv6.plugins.module_utils.mesh import shared, task
from ansible_collections.kurl.ipv6.plugins.plugin_utils import lean


class ActionModule(ActionBase):
    """Completes the arguments and runs the module on the host."""

    def run(self, tmp=None, task_vars=None):
        """Complete the arguments, run the module, keep the secret and the long list out of what is registered."""
        super().run(tmp, task_vars)
        task_vars = task_vars or {}
        _validation, arguments = self.validate_argument_spec(argument_spec=task.ARGUMENTS)
        folder = C.DEFAULT_LOCAL_TMP
        hosts = list(task_vars.get("ansible_play_batch") or [])
        names = None
        arguments["secret"] = arguments["secret"] or shared.secret(folder)
        if arguments["state"] == "listening" and not arguments["deadline"]:
            arguments["deadline"] = shared.deadline(len(hosts), int(task_vars.get("ansible_forks") or C.DEFAULT_FORKS))
        registered = arguments["listeners"]
        if arguments["state"] == "probed" and registered:
            # One look at the variables of all hosts a run, and not one for each host: they are many.
            name = "{}-{}".format(self._task._uuid, hosts[0] if hosts else "")
            name = "".join(character if character.isalnum() else "-" for character in name)[:200]
            nodes = shared.listening(folder, name, hosts, task_vars["hostvars"].raw_get, registered)
            arguments["nodes"] = [{key: node[key] for key in ("address", "roles", "held")} for node in nodes]
            names = [node["name"] for node in nodes]
        result = self._perform(folder, arguments, task_vars)
        if names is not None:
            result["nodes"] = names
        return result

    def _perform(self, folder, arguments, task_vars):
        """Do it on the host, in the quickest way that works there."""
        module = task.__name__
        sources = shared.once(folder, "mesh-sources", lambda: lean.pack(lean.bundle(module)))
        result = lean.run(self, module, task.perform.__name__, arguments, task_vars, sources)
        if result is None:
            result = self._execute_module(module_args=arguments, task_vars=task_vars)
        result.pop("invocation", None)
        return result
