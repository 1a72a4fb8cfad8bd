# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0
"""Runs a module in this process as it runs on a host: arguments in, JSON out."""

from __future__ import absolute_import, division, print_function

__metaclass__ = type

import json

import pytest
from ansible.module_utils import basic


def run(monkeypatch, capsys, main, **arguments):
    """Call a module's ``main`` and return what it prints. Arguments that begin with an underscore are Ansible's own."""
    given = {("_ansible" + key if key.startswith("_") else key): value for key, value in arguments.items()}
    text = json.dumps({"ANSIBLE_MODULE_ARGS": given}).encode("utf-8")
    monkeypatch.setattr(basic, "_ANSIBLE_ARGS", text)
    # Since ansible-core 2.19 the arguments say how they are coded.
    monkeypatch.setattr(basic, "_ANSIBLE_PROFILE", "legacy", raising=False)
    capsys.readouterr()
    with pytest.raises(SystemExit):
        main()
    return json.loads(capsys.readouterr().out)
