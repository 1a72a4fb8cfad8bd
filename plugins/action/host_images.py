# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0
"""The controller's half of ``kurl.ipv6.host_images``: sends the archives that the host says it lacks."""

from __future__ import absolute_import, division, print_function

__metaclass__ = type

from ansible.plugins.action import ActionBase
from ansible_collections.kurl.ipv6.plugins.plugin_utils.transfer import send_files


class ActionModule(ActionBase):
    """Plan on the host, send, import."""

    TRANSFERS_FILES = True

    def run(self, tmp=None, task_vars=None):
        """Run the action."""
        result = super(ActionModule, self).run(tmp, task_vars)
        arguments = dict(self._task.args)

        def call(**more):
            return self._execute_module(
                module_name="kurl.ipv6.host_images", module_args=dict(arguments, **more), task_vars=task_vars or {}
            )

        done = call(phase="plan")
        if not done.get("failed") and not self._task.check_mode and done.get("needed"):
            archives = dict((image["name"], image["src"]) for image in arguments["images"])
            with send_files(self, dict((name, archives[name]) for name in done["needed"])) as sources:
                done = call(phase="apply", sources=sources)
        result.update(done)
        result.pop("needed", None)
        return result
