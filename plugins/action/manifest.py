# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0
"""The controller's half of ``kurl.ipv6.manifest``: reads YAML, which a host's Python cannot, and packs the objects."""

from __future__ import absolute_import, division, print_function

__metaclass__ = type

import base64
import json
import zlib

import yaml
from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase


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


class ActionModule(ActionBase):
    """Pack, then call the module."""

    TRANSFERS_FILES = False

    def run(self, tmp=None, task_vars=None):
        """Run the action."""
        result = super(ActionModule, self).run(tmp, task_vars)
        arguments = dict(self._task.args)
        if "documents" not in arguments:
            raise AnsibleActionFail("missing required arguments: documents")
        arguments["packed"] = pack(arguments.pop("documents"))
        result.update(
            self._execute_module(module_name="kurl.ipv6.manifest", module_args=arguments, task_vars=task_vars or {})
        )
        return result
