# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0
"""Rules of this repository that no linter knows. Every gate returns complaints as texts; an empty list is a pass."""

import ast
import glob
import os
import re

import yaml

#: Static tasks that all roles and playbooks may have together: the collection's thinking is in modules.
TASK_LIMIT = 120

#: The versions of ansible-core that the collection supports.
CORES = ("2.16", "2.17", "2.18", "2.19", "2.20", "2.21")

#: Options of roles that are the user's words for the whole collection, so that they carry no role's name.
SHARED_OPTIONS = {"installer_src", "installer_patches", "installer_overrides", "external_cni", "node_ip"}

#: What Python 3.6 does not have and vermin does not always see, each with the version that brought it.
LATER_NAMES = {
    "capture_output": "3.7",
    "fromisoformat": "3.7",
    "has_dualstack_ipv6": "3.8",
    "nullcontext": "3.7",
    "removeprefix": "3.9",
    "removesuffix": "3.9",
    "scope_id": "3.9",
    "subnet_of": "3.7",
    "supernet_of": "3.7",
}

#: Modules of the standard library that hosts may use but Python 3.6 does not have.
LATER_MODULES = {
    "dataclasses": "3.7",
    "contextvars": "3.7",
    "importlib.resources": "3.7",
    "zoneinfo": "3.9",
    "graphlib": "3.9",
}

_COLLECTION = "ansible_collections.kurl.ipv6."


def read(path):
    """Return the text of a file."""
    with open(path, encoding="utf-8") as stream:
        return stream.read()


def load(path):
    """Return the data of a YAML file; None for an empty one."""
    return yaml.safe_load(read(path))


# Roles


def arguments(top):
    """Compare each role's defaults with the options of its argument specification.

    The two are the same names, but for required options, which have no default; a plain default has the same value in
    both; and every option carries the role's name.
    """
    complaints = []
    for role in sorted(glob.glob(os.path.join(top, "roles", "*"))):
        name = os.path.basename(role)
        specification = os.path.join(role, "meta", "argument_specs.yml")
        if not os.path.exists(specification):
            complaints.append(f"roles/{name}: there is no meta/argument_specs.yml")
            continue
        options = load(specification)["argument_specs"]["main"].get("options") or {}
        defaults_file = os.path.join(role, "defaults", "main.yml")
        defaults = (load(defaults_file) or {}) if os.path.exists(defaults_file) else {}
        complaints += [f"roles/{name}: {complaint}" for complaint in _compare(defaults, options)]
        # What one role takes over from another keeps its name.
        prefixes = tuple(os.path.basename(other) + "_" for other in glob.glob(os.path.join(top, "roles", "*")))
        for key in sorted(options):
            if (
                not key.startswith(prefixes if options[key].get("required") else name + "_")
                and key not in SHARED_OPTIONS
            ):
                complaints.append(f"roles/{name}: {key} does not carry the role's name")
    return complaints


def _compare(defaults, options):
    with_default = {key for key, option in options.items() if "default" in option or not option.get("required")}
    for key in sorted(set(defaults) - set(options)):
        yield f"{key} is in defaults/main.yml and not in the argument specification"
    for key in sorted(with_default - set(defaults)):
        yield f"{key} is an option that is not required and has no value in defaults/main.yml"
    for key in sorted(set(options) - with_default):
        if key in defaults:
            yield f"{key} is required and has a value in defaults/main.yml"
    for key in sorted(set(defaults) & set(options)):
        default, stated = defaults[key], options[key].get("default")
        computed = isinstance(default, str) and "{{" in default
        if not computed and "default" in options[key] and default != stated:
            yield f"{key} is {default!r} in defaults/main.yml and {stated!r} in the argument specification"


def role_files(top):
    """Demand of every role what galaxy and its users expect: a README and the metadata."""
    return [
        f"roles/{os.path.basename(role)}: there is no {name}"
        for role in sorted(glob.glob(os.path.join(top, "roles", "*")))
        for name in ("README.md", os.path.join("meta", "main.yml"), os.path.join("tasks", "main.yml"))
        if not os.path.exists(os.path.join(role, name))
    ]


def named_roles(top):
    """Look up the roles that playbooks and roles include by the collection's name."""
    complaints = []
    for path in _task_files(top) + sorted(glob.glob(os.path.join(top, "playbooks", "*.yml"))):
        for role in re.findall(r"name: kurl\.ipv6\.([a-z0-9_]+)\s*$", read(path), re.MULTILINE):
            if not os.path.isdir(os.path.join(top, "roles", role)):
                complaints.append(f"{os.path.relpath(path, top)}: there is no role {role}")
    return complaints


def _task_files(top):
    return sorted(
        path
        for kind in ("tasks", "handlers")
        for path in glob.glob(os.path.join(top, "roles", "*", kind, "**", "*.yml"), recursive=True)
    )


def count_tasks(top):
    """Return ``{file: number of tasks}`` for all roles and playbooks, the tasks of blocks counted one by one."""
    counts = {os.path.relpath(path, top): _count(load(path)) for path in _task_files(top)}
    for path in sorted(glob.glob(os.path.join(top, "playbooks", "**", "*.yml"), recursive=True)):
        plays = [play for play in load(path) or [] if isinstance(play, dict)]
        sections = [play.get(key) for play in plays for key in ("pre_tasks", "tasks", "post_tasks", "handlers")]
        # A file of tasks that a playbook includes has no plays.
        bare = [] if any("hosts" in play or "ansible.builtin.import_playbook" in play for play in plays) else plays
        counts[os.path.relpath(path, top)] = sum(_count(section) for section in sections) + _count(bare)
    return counts


def _count(tasks):
    total = 0
    for task in tasks or []:
        if "block" in task:
            total += sum(_count(task.get(section)) for section in ("block", "rescue", "always"))
        else:
            total += 1
    return total


# IPv6


#: An address and a port that are joined without brackets. What is in brackets or was bracketed by a filter is fine.
_JINJA_JOIN = re.compile(r"(?P<before>.?)\{\{(?P<host>[^{}]*)\}\}:(?:\{\{[^{}]*port[^{}]*\}\}|\d{2,5}\b)")
_PYTHON_JOIN = re.compile(
    r"(?P<before>.?)\{(?P<host>[a-z_.]*(?:addr|host|ip|node)[a-z_]*)\}:(?:\{[a-z_.]*port[a-z_]*\}|\d{2,5}\b)"
)


def bare_joins(text):
    """Return the lines of a text that join an address and a port without brackets, as ``(number, line)``."""
    found = []
    for number, line in enumerate(text.splitlines(), 1):
        for pattern in (_JINJA_JOIN, _PYTHON_JOIN):
            for match in pattern.finditer(line):
                if match.group("before") != "[" and "bracket" not in match.group("host"):
                    found.append((number, line.strip()))
    return found


def endpoint_joins(top, files):
    """Look for an address and a port that are joined without brackets in what the collection ships."""
    complaints = []
    for name in files:
        if not name.startswith(("roles/", "playbooks/", "plugins/")) or not name.endswith((".j2", ".yml", ".py")):
            continue
        joins = bare_joins(read(os.path.join(top, name)))
        complaints += [f"{name}:{number}: {line}" for number, line in joins]
    return complaints


# Python


def host_side(top):
    """Return the Python files that run on hosts: the modules, and what they import from the collection.

    A module whose action plugin does all the work, without ever calling it, is documentation only.
    """
    found = set()
    waiting = []
    for path in glob.glob(os.path.join(top, "plugins", "modules", "*.py")):
        action = os.path.join(top, "plugins", "action", os.path.basename(path))
        if not os.path.exists(action) or "_execute_module(" in read(action):
            waiting.append(os.path.relpath(path, top))
    while waiting:
        name = waiting.pop()
        if name in found:
            continue
        found.add(name)
        tree = ast.parse(read(os.path.join(top, name)))
        for module in _imported(tree):
            if module.startswith(_COLLECTION):
                waiting += _files_of(top, module[len(_COLLECTION) :])
    return sorted(found)


def _imported(tree):
    """Yield the full names that a file imports; what is taken from a module may be a module, too."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (node.module + "." + alias.name for alias in node.names)


def _files_of(top, module):
    path = module.replace(".", "/")
    candidates = [path + ".py", path + "/__init__.py"]
    parent = os.path.dirname(path)
    while parent.startswith("plugins/module_utils/"):
        candidates.append(parent + "/__init__.py")
        parent = os.path.dirname(parent)
    return [name for name in candidates if os.path.isfile(os.path.join(top, name))]


def host_side_code(top, standard_library):
    """Look for what a host does not have: modules beyond the standard library, and names that Python 3.6 lacks.

    Arguments:
        top: root of the tree.
        standard_library: names of the standard library's modules.
    """
    complaints = []
    for name in host_side(top):
        tree = ast.parse(read(os.path.join(top, name)))
        for module in sorted(set(_imported(tree))):
            if module in LATER_MODULES:
                complaints.append(f"{name}: {module} needs Python {LATER_MODULES[module]}")
            if module.split(".")[0] not in standard_library | {"ansible", "ansible_collections", "__future__"}:
                complaints.append(f"{name}: {module} is not in the standard library")
            if module.startswith("ansible.") and not module.startswith("ansible.module_utils"):
                complaints.append(f"{name}: {module} is not there on hosts")
            if module == "__future__.annotations":
                complaints.append(f"{name}: Python 3.6 has no annotations in __future__")
        for node in ast.walk(tree):
            used = getattr(node, "attr", None) or (node.arg if isinstance(node, ast.keyword) else None)
            if used in LATER_NAMES:
                complaints.append(f"{name}: {used} needs Python {LATER_NAMES[used]}")
    return complaints


def guarded_imports(top, standard_library):
    """Demand that module_utils can be imported everywhere: ansible-test does so on every Python that a host may have.

    What the controller alone has, PyYAML for example, is imported in a ``try`` that goes on without it.
    """
    complaints = []
    known = standard_library | {"ansible", "ansible_collections", "__future__"}
    for path in sorted(glob.glob(os.path.join(top, "plugins", "module_utils", "**", "*.py"), recursive=True)):
        for node in ast.parse(read(path)).body:
            if isinstance(node, ast.Import):
                modules = [alias.name for alias in node.names]
            else:
                modules = [node.module] if isinstance(node, ast.ImportFrom) and not node.level else []
            for module in modules:
                if module.split(".")[0] not in known:
                    complaints.append(
                        f"{os.path.relpath(path, top)}: import {module} in a try, with an except ImportError"
                    )
    return complaints


def exceptions(top):
    """Return ``{file: text}`` of ansible-test's ignore files: its one exception, for every module and every core.

    ansible-test wants the head of every module to name the GPL. This collection has another licence.
    """
    modules = sorted(os.path.basename(path) for path in glob.glob(os.path.join(top, "plugins", "modules", "*.py")))
    lines = [f"plugins/modules/{name} validate-modules:missing-gplv3-license\n" for name in modules if name[0] != "_"]
    return {f"tests/sanity/ignore-{core}.txt": "".join(lines) for core in CORES}


def sanity_exceptions(top):
    """Demand that the ignore files hold that exception and no other."""
    complaints = []
    for name, text in exceptions(top).items():
        path = os.path.join(top, name)
        if not os.path.exists(path) or read(path) != text:
            complaints.append(f"{name} is not what `tests/ci/sanity --exceptions` writes")
    return complaints


def headers(top, files):
    """Demand the copyright and the licence at the head of every program."""
    complaints = []
    for name in files:
        with open(os.path.join(top, name), "rb") as stream:
            head = stream.read(400).decode("utf-8", "replace")
        if not head:
            continue
        program = name.endswith((".py", ".sh")) or head.startswith("#!")
        if program and not ("Copyright (c)" in head and "SPDX-License-Identifier: Apache-2.0" in head):
            complaints.append(f"{name}: the head has no copyright and no SPDX-License-Identifier: Apache-2.0")
    return complaints
