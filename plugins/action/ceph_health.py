# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0
"""The controller's half of ``kurl.ipv6.ceph_health``: shows how far the cluster is while it is waited for."""

from __future__ import absolute_import, division, print_function

__metaclass__ = type

import time

from ansible.plugins.action import ActionBase
from ansible.utils.display import Display

#: The longest that one call of the module waits for something new, in seconds.
SLICE = 30
#: For how long something is waited for that will hardly come, in seconds.
HOPELESS_AFTER = 120

display = Display()


def calls(arguments, check_mode, now=time.time):
    """Return, one after the other, the arguments of the module's calls; each expects the last result to be sent.

    Arguments:
        arguments: the task's.
        check_mode: whether nothing is waited for.
        now: the clock.
    Returns:
        A generator that ends after the call whose result is the task's.
    """
    seconds = 0 if check_mode else int(arguments.get("wait") or 0)
    deadline = now() + seconds
    seen, hopeless_since = "", None
    while True:
        left = int(deadline - now())
        given_up = hopeless_since is not None and now() - hopeless_since >= HOPELESS_AFTER
        if left <= SLICE or given_up:
            # The last one looks for the causes.
            left = 1 if given_up else max(left, 1)
            yield dict(arguments, wait=left if seconds else 0, seen="", explain=True)
            return
        result = yield dict(arguments, wait=SLICE, seen=seen or " ", explain=False)
        if result.get("failed") or result.get("unreachable") or result.get("healthy"):
            return
        seen = result.get("summary") or seen
        if not result.get("hopeless"):
            hopeless_since = None
        elif hopeless_since is None:
            hopeless_since = now()


class ActionModule(ActionBase):
    """Call the module again and again, and show what has changed."""

    TRANSFERS_FILES = False

    def run(self, tmp=None, task_vars=None):
        """Run the action."""
        super(ActionModule, self).run(tmp, task_vars)
        arguments, shown, result = dict(self._task.args), "", {}
        steps = calls(arguments, self._task.check_mode)
        step = next(steps, None)
        while step is not None:
            result = self._execute_module(
                module_name="kurl.ipv6.ceph_health", module_args=step, task_vars=task_vars or {}
            )
            summary = str(result.get("summary") or "")
            if step["wait"] and summary and summary != shown:
                display.display("Ceph: {0}".format(summary))
                shown = summary
            try:
                step = steps.send(result)
            except StopIteration:
                step = None
        invocation = result.get("invocation")
        if isinstance(invocation, dict):
            invocation["module_args"] = arguments
        return result
