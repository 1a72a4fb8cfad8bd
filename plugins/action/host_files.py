# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0
"""The controller's half of ``kurl.ipv6.host_files``: sends what the host says it lacks."""

from __future__ import absolute_import, division, print_function

__metaclass__ = type

import hashlib
import os

from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase
from ansible_collections.kurl.ipv6.plugins.plugin_utils.transfer import send_files

#: (path, size, time of modification) -> sha256, for the hosts after the first.
_DIGESTS = {}


def digest_of(path):
    """Return the sha256 of a local file; read once as long as it does not change."""
    status = os.stat(path)
    key = (path, status.st_size, status.st_mtime_ns)
    if key not in _DIGESTS:
        total = hashlib.sha256()
        with open(path, "rb") as stream:
            for block in iter(lambda: stream.read(1 << 20), b""):
                total.update(block)
        _DIGESTS[key] = total.hexdigest()
    return _DIGESTS[key]


def complete(item, check_mode):
    """Return an item with its digest, and the bytes to send where it has content of its own.

    In check mode a source may not be there yet, because fetching it was not done either.
    """
    item = dict(item)
    if item.get("content") is not None:
        data = str(item["content"]).encode("utf-8")
        item["sha256"] = hashlib.sha256(data).hexdigest()
        return item, data
    if not item.get("src") and check_mode:
        item["sha256"] = "not fetched yet"
    elif not item.get("src"):
        raise AnsibleActionFail("the item {0} has neither src nor content".format(item.get("name")))
    elif not item.get("sha256"):
        try:
            item["sha256"] = digest_of(item["src"])
        except OSError as error:
            raise AnsibleActionFail("{0}: {1}".format(item["src"], error.strerror))
    return item, None


class ActionModule(ActionBase):
    """Plan on the host, send, install."""

    TRANSFERS_FILES = True

    def run(self, tmp=None, task_vars=None):
        """Run the action."""
        result = super(ActionModule, self).run(tmp, task_vars)
        task_vars = task_vars or {}
        arguments = dict(self._task.args)
        completed = [complete(item, self._task.check_mode) for item in arguments.get("items", [])]
        items = [item for item, _data in completed]
        arguments = dict(arguments, items=items)

        def call(**more):
            return self._execute_module(
                module_name="kurl.ipv6.host_files", module_args=dict(arguments, **more), task_vars=task_vars
            )

        plan = call(phase="plan")
        if plan.get("failed") or self._task.check_mode or not plan.get("changed"):
            result.update(plan)
            result.pop("needed", None)
            return result
        contents = dict((item["name"], data if data is not None else item["src"]) for item, data in completed)
        with send_files(self, dict((name, contents[name]) for name in plan["needed"])) as sources:
            done = call(phase="apply", sources=sources)
        result.update(done)
        result.pop("needed", None)
        return result
