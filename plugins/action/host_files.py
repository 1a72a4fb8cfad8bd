# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0
"""The controller's half of ``kurl.ipv6.host_files``: sends what the host says it lacks."""

from __future__ import absolute_import, division, print_function

__metaclass__ = type

import json
import os

from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase

from ansible_collections.kurl.ipv6.plugins.module_utils.hostfiles import archive, registry
from ansible_collections.kurl.ipv6.plugins.plugin_utils.transfer import send_files

#: Stands for the sum of a file that check mode has not fetched.
NOT_FETCHED = "not fetched yet"


def complete(item, check_mode):
    """Return an item as the module wants it: text as text, files with their sum.

    In check mode a source may not be there yet, because fetching it was not done either.
    Raises AnsibleActionFail.
    """
    if not isinstance(item, dict):
        raise AnsibleActionFail("an item must be a map, not {0!r}".format(item))
    item = dict(item)
    if item.get("content") is not None:
        if item.get("src"):
            raise AnsibleActionFail("the item {0} has both src and content".format(item.get("name")))
        if isinstance(item["content"], (dict, list)):
            # Templating turns text that looks like JSON into data.
            item["content"] = json.dumps(item["content"])
        item["content"] = str(item["content"])
    elif not item.get("src"):
        if not check_mode:
            raise AnsibleActionFail("the item {0} has neither src nor content".format(item.get("name")))
        item["sha256"] = NOT_FETCHED
    elif not item.get("sha256"):
        try:
            item["sha256"] = registry.digest(item["src"])
        except OSError as error:
            raise AnsibleActionFail("{0}: {1}".format(item["src"], error.strerror))
    return item


def members_of(items):
    """Return {item: {file: sha256}} of the archives that are there, so that check mode can tell what is in their
    files' way.
    """
    members = {}
    for item in items:
        if item.get("unpack") in (True, "true", "yes", "True") and item.get("src") and os.path.exists(item["src"]):
            try:
                members[item["name"]] = archive.digests(item["src"], int(item.get("strip", 0)))
            except (archive.ArchiveError, OSError) as error:
                raise AnsibleActionFail("{0}: {1}: {2}".format(item["name"], item["src"], error))
    return members


class ActionModule(ActionBase):
    """Ask the host; where it lacks files, send them and ask again."""

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
        items = [complete(item, self._task.check_mode) for item in arguments.get("items") or []]
        arguments["items"] = items

        def call(**more):
            return self._execute_module(
                module_name="kurl.ipv6.host_files", module_args=dict(arguments, **more), task_vars=task_vars
            )

        done = call(phase="plan", members=members_of(items) if self._task.check_mode else {})
        if done.get("needed") and not done.get("failed"):
            local = {item["name"]: item.get("src") for item in items}
            with send_files(self, {name: local[name] for name in done["needed"]}) as sources:
                done = call(phase="apply", sources=sources)
        return done
