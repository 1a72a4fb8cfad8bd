# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0
"""The examples in the documentation of modules and filters are tasks that ansible takes."""

import ast
import glob
import os

import pytest
import yaml

TOP = os.path.realpath(os.path.join(os.path.dirname(__file__), "..", "..", ".."))
MODULES = {os.path.basename(path)[:-3]: path for path in glob.glob(os.path.join(TOP, "plugins", "modules", "*.py"))}
FILTERS = {os.path.basename(path)[:-4]: path for path in glob.glob(os.path.join(TOP, "plugins", "filter", "*.yml"))}

#: Keys of a task besides its module's.
KEYWORDS = set(
    "become changed_when check_mode delegate_to diff failed_when ignore_unreachable loop loop_control name no_log "
    "register retries run_once throttle until vars when".split()
)
TYPES = {"bool": bool, "dict": dict, "int": int, "list": list}


def texts(name):
    """Return DOCUMENTATION and EXAMPLES of a module, parsed."""
    with open(MODULES[name], encoding="utf-8") as stream:
        tree = ast.parse(stream.read())
    found = {
        node.targets[0].id: ast.literal_eval(node.value)
        for node in tree.body
        if isinstance(node, ast.Assign) and node.targets[0].id in ("DOCUMENTATION", "EXAMPLES")
    }
    return yaml.safe_load(found["DOCUMENTATION"]), yaml.safe_load(found["EXAMPLES"])


def check(values, options, where):
    """Compare the values of a call with the documented options, at every depth."""
    unknown = set(values) - set(options)
    assert not unknown, f"{where}: no option {sorted(unknown)}"
    missing = {key for key, option in options.items() if option.get("required")} - set(values)
    assert not missing, f"{where}: {sorted(missing)} must be given"
    for key, value in values.items():
        option = options[key]
        if isinstance(value, str) and "{{" in value:
            continue
        if option.get("type") in TYPES:
            assert isinstance(value, TYPES[option["type"]]), f"{where}: {key} is no {option['type']}"
        if "choices" in option:
            assert value in option["choices"], f"{where}: {key} is none of the choices"
        if "suboptions" in option:
            for entry in value if isinstance(value, list) else [value]:
                check(entry, option["suboptions"], f"{where}.{key}")


def calls(tasks):
    """Yield ``(module, arguments)`` of tasks; of what is no task of this collection only the shape is looked at."""
    assert isinstance(tasks, list) and tasks, "examples are a list of tasks"
    for task in tasks:
        if "hosts" in task:
            yield from calls(task.get("tasks") or [{"name": "none", "x.y.z": None}])
            continue
        assert task.get("name"), f"a task without a name: {task}"
        (module,) = set(task) - KEYWORDS
        assert module.count(".") == 2, f"{module} is not a full name"
        yield module, task[module]


@pytest.mark.parametrize("name", sorted(MODULES))
def test_examples_of_modules(name):
    documentation, examples = texts(name)
    used = []
    for module, arguments in calls(examples):
        collection, _dot, short = module.rpartition(".")
        if collection == "kurl.ipv6":
            used.append(short)
            check(arguments or {}, texts(short)[0].get("options") or {}, short)
    assert name in used, "no example shows the module itself"
    assert documentation["module"] == name


@pytest.mark.parametrize("name", sorted(FILTERS))
def test_examples_of_filters(name):
    with open(FILTERS[name], encoding="utf-8") as stream:
        documentation = yaml.safe_load(stream)
    found = list(calls(yaml.safe_load(documentation["EXAMPLES"])))
    assert any(f"kurl.ipv6.{name}" in str(arguments) for _module, arguments in found), "no example shows the filter"
    assert documentation["DOCUMENTATION"]["name"] == name
    assert os.path.exists(FILTERS[name][:-4] + ".py")


def test_every_filter_is_documented():
    sources = glob.glob(os.path.join(TOP, "plugins", "filter", "*.py"))
    assert {os.path.basename(path)[:-3] for path in sources} - {"__init__"} == set(FILTERS)
