# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0
"""The controller's half of ``kurl.ipv6.host_images``: sends the archives that the host says it lacks."""

from __future__ import absolute_import, division, print_function

__metaclass__ = type

from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase

from ansible_collections.kurl.ipv6.plugins.plugin_utils.transfer import send_files


class ActionModule(ActionBase):
    """Ask the host; where it lacks images, send their archives and ask again."""

    #: True would make a temporary folder on the host every time, also where nothing is sent.
    TRANSFERS_FILES = False

    def run(self, tmp=None, task_vars=None):
        """Run the action."""
        result = super(ActionModule, self).run(tmp, task_vars)
        try:
            result.update(self._asked_twice(task_vars or {}))
        except AnsibleActionFail as error:
            # Raised further, older ansible-core would show it as a traceback.
            result.update(failed=True, msg=str(error))
        result.pop("needed", None)
        return result

    def _asked_twice(self, task_vars):
        arguments = dict(self._task.args)

        def call(**more):
            return self._execute_module(
                module_name="kurl.ipv6.host_images", module_args=dict(arguments, **more), task_vars=task_vars
            )

        done = call(phase="plan")
        if not done.get("failed") and not self._task.check_mode and done.get("needed"):
            archives = {str(image["name"]): str(image["src"]) for image in arguments["images"]}
            with send_files(self, {name: archives[name] for name in done["needed"]}) as sources:
                done = call(phase="apply", sources=sources)
        return done
