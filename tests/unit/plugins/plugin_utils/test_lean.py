# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0
"""The short program that runs a function on a host: complete, in order, and its result found again."""

import json
import subprocess
import sys

from ansible_collections.kurl.ipv6.plugins.plugin_utils import lean

TASK = "ansible_collections.kurl.ipv6.plugins.module_utils.mesh.task"


def test_a_bundle_holds_what_is_imported_in_order():
    names = [name.rsplit(".", 1)[1] for name, _source in lean.bundle(TASK)]
    assert sorted(names) == ["interface", "listener", "packets", "ports", "prober", "protocol", "task"]
    assert names[-1] == "task"
    assert names.index("protocol") < names.index("listener") < names.index("packets") < names.index("prober")


def run(arguments):
    text = lean.program(lean.pack(lean.bundle(TASK)), TASK, "perform", arguments)
    done = subprocess.run([sys.executable, "-I", "-S", "-"], input=text, text=True, capture_output=True, check=True)
    return lean.answer("Welcome!\n" + done.stdout + "bye\n")


def test_the_program_runs_without_ansible():
    arguments = {"state": "probed", "address": "2001:db8::1", "secret": "", "plan": {}, "roles": [], "nodes": []}
    assert run(arguments) == {"failed": True, "msg": "state probed needs address and secret"}
    assert "2001:db8::1" in run(dict(arguments, secret="s\"'\\", timeout=1.0))["msg"]


def test_an_exception_becomes_a_failed_result():
    result = run({})
    assert result["failed"] and "KeyError" in result["msg"] and "Traceback" in result["exception"]


def test_no_answer_is_none():
    assert lean.answer("") is None
    assert lean.answer("something else\n" + lean.MARK + "{broken") is None
    assert lean.answer(lean.MARK + "[1]") is None
    assert lean.answer(lean.MARK + json.dumps({"a": 1})) == {"a": 1}
