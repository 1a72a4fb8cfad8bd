# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0
"""The controller's half of ``kurl.ipv6.manifest``: reads YAML, which a host's Python cannot, packs the objects, and
shows what is waited for.
"""

from __future__ import absolute_import, division, print_function

__metaclass__ = type

import base64
import json
import time
import zlib

import yaml
from ansible.errors import AnsibleActionFail
from ansible.module_utils.parsing.convert_bool import boolean
from ansible.plugins.action import ActionBase
from ansible.utils.display import Display

#: Seconds between two looks at what is waited for: what has changed is shown then.
ROUND = 10
#: For how long a cause that no waiting mends must stand, in seconds; a pod that has just crashed may come up yet.
HOPELESS_AFTER = 30

display = Display()


def pack(documents):
    """Return documents, a list of maps or YAML text, as one string of compressed JSON. Raises AnsibleActionFail."""
    try:
        if isinstance(documents, str):
            documents = list(yaml.safe_load_all(documents))
        elif isinstance(documents, dict):
            documents = [documents]
        if not isinstance(documents, (list, tuple)):
            raise AnsibleActionFail("documents: neither a list of objects nor YAML text")
        text = json.dumps([document for document in documents if document is not None])
    except yaml.YAMLError as error:
        raise AnsibleActionFail("documents: {0}".format(error))
    except (TypeError, ValueError) as error:
        # YAML reads an unquoted date as a date; JSON, and so Kubernetes, has none.
        raise AnsibleActionFail("documents: {0}".format(error))
    return base64.b64encode(zlib.compress(text.encode("utf-8"))).decode("ascii")


def await_rollout(call, result, seconds, show=display.display, clock=time.monotonic):
    """Ask for the workloads of a manifest until they are rolled out, and show what is missing whenever that changes.

    Arguments:
        call: function (round in seconds, how long was waited) -> result of the module. A round of 0 is the last one:
            the module fails with the causes of what is not rolled out then.
        result: of the first round, in which the objects were applied.
        seconds: how long to wait.
        show: function (line).
        clock: seconds as they pass.
    Returns:
        The result: what was changed by the first round, and of the last one whether it failed and why.
    """
    started, shown, hopeless_since = clock(), [], None
    first = result
    while result.get("waiting") and not result.get("failed"):
        waited = clock() - started
        if result["waiting"] != shown:
            shown = result["waiting"]
            for line in shown:
                show("waiting, {0:.0f} of {1} s: {2}".format(waited, seconds, line))
        if not result.get("hopeless"):
            hopeless_since = None
        elif hopeless_since is None:
            hopeless_since = clock()
        given_up = hopeless_since is not None and clock() - hopeless_since >= HOPELESS_AFTER
        left = seconds - waited
        result = call(0 if given_up or left <= 0 else max(1, min(ROUND, int(left))), int(waited))
    last = {name: value for name, value in result.items() if name not in ("waiting", "hopeless")}
    return dict(last, **{name: first[name] for name in ("changed", "changes", "diff") if name in first})


class ActionModule(ActionBase):
    """Pack, then call the module."""

    TRANSFERS_FILES = False

    def run(self, tmp=None, task_vars=None):
        """Run the action."""
        result = super(ActionModule, self).run(tmp, task_vars)
        arguments = dict(self._task.args)
        if "documents" not in arguments:
            raise AnsibleActionFail("missing required arguments: documents")
        arguments.update(packed=pack(arguments["documents"]), documents=[])

        def call(**more):
            return self._execute_module(
                module_name="kurl.ipv6.manifest", module_args=dict(arguments, **more), task_vars=task_vars or {}
            )

        if not boolean(arguments.get("wait", False), strict=False) or self._task.check_mode:
            result.update(call())
            return result
        try:
            seconds = int(arguments.get("wait_timeout", 300))
        except (TypeError, ValueError):
            # The module says what is wrong with it.
            result.update(call())
            return result
        first = call(wait_round=min(ROUND, max(1, seconds)))
        result.update(
            await_rollout(
                lambda duration, waited: call(wait_round=duration, wait_only=True, waited=waited), first, seconds
            )
        )
        return result
