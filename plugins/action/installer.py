# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0
"""Translates a spec on the controller; arguments as in the documentation of the module of the same name."""

import os

from ansible.plugins.action import ActionBase
from ansible.utils.display import Display

from ansible_collections.kurl.ipv6.plugins.module_utils.installer import run

display = Display()

#: The collection's folder, whose roles say which variables they take.
COLLECTION = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


class ActionModule(ActionBase):
    """Runs in ansible's own process, with ansible's own Python; no connection is made, whatever the host."""

    TRANSFERS_FILES = False
    _requires_connection = False

    def run(self, tmp=None, task_vars=None):
        """Translate and return."""
        super().run(tmp, task_vars)
        _validation, arguments = self.validate_argument_spec(argument_spec=run.ARGUMENTS)
        result = run.run(arguments, run.declared(COLLECTION))
        if arguments["show"]:
            for line in result["plan"]:
                display.display(line)
        return result
