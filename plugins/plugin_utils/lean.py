# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0
"""Runs a function of the collection on a host in one short Python process, with only the modules that it imports.

A module costs a host's processor several times what such a function does: Ansible's wrapper unpacks an archive and
loads its own library before it begins. Where one processor serves hundreds of hosts, or hosts are small, that decides
how long a task takes. The function must need nothing of Ansible; whoever calls this falls back to the module where it
returns None.
"""

import ast
import base64
import importlib.util
import json
import zlib

PREFIX = "ansible_collections.kurl.ipv6.plugins.module_utils."
#: Comes before the result in what the host prints; a login shell may print lines of its own.
MARK = "kurl-ipv6-result:"
#: What a finder prints of a Python that can be used.
FOUND = '"usable": true'
#: Of Python: what a user has installed for his own Python is not looked at; the program comes from standard input.
OPTIONS = "-I -S -"
#: Makes modules of the sources, in the order in which they need each other, and calls the function.
_PROGRAM = """
import base64, json, sys, zlib
def unpack(text):
    return json.loads(zlib.decompress(base64.b64decode(text)).decode("utf-8"))
module, function, arguments = unpack({call!r})
for name, source in unpack({sources!r}):
    parts = name.split(".")
    for length in range(1, len(parts)):
        package = ".".join(parts[:length])
        if package not in sys.modules:
            sys.modules[package] = type(sys)(package)
            sys.modules[package].__path__ = []
    made = sys.modules[name] = type(sys)(name)
    exec(compile(source, name, "exec"), made.__dict__)
    setattr(sys.modules[".".join(parts[:-1])], parts[-1], made)
try:
    result = getattr(sys.modules[module], function)(arguments)
except Exception as error:
    import traceback
    result = dict(failed=True, msg="%s: %s" % (type(error).__name__, error), exception=traceback.format_exc())
print({mark!r} + json.dumps(result), flush=True)
"""


def _source(name):
    """Return the source of a module of the collection, None if there is no module of that name."""
    try:
        found = importlib.util.find_spec(name)
    except ModuleNotFoundError:
        return None
    if found is None or not found.origin or not found.origin.endswith(".py"):
        return None
    with open(found.origin, encoding="utf-8") as file:
        return file.read()


def _imported(tree):
    """Return the names of what a module imports of the collection; some of them may not be modules."""
    names = []
    for statement in ast.walk(tree):
        if isinstance(statement, ast.ImportFrom) and (statement.module or "").startswith(PREFIX.rstrip(".")):
            names += [f"{statement.module}.{alias.name}" for alias in statement.names] + [statement.module]
        elif isinstance(statement, ast.Import):
            names += [alias.name for alias in statement.names if alias.name.startswith(PREFIX)]
    return names


def bundle(name):
    """Return ``[(module, source)]`` of a module of the collection and all it imports of the collection.

    Arguments:
        name: the module's full name.
    Returns:
        The modules in an order in which each finds what it needs.
    """
    found = {}

    def visit(module):
        if module in found:
            return
        source = _source(module)
        if source is None:
            return
        found[module] = None
        tree = ast.parse(source)
        for wanted in _imported(tree):
            visit(wanted)
        # Last, so that it comes after what it needs.
        del found[module]
        found[module] = source

    visit(name)
    return list(found.items())


def pack(value):
    """Return plain data as a short text of plain letters."""
    return base64.b64encode(zlib.compress(json.dumps(value).encode("utf-8"), 6)).decode("ascii")


def program(sources, module, function, arguments):
    """Return the text of the program that calls ``module.function(arguments)`` and prints its result.

    Arguments:
        sources: what :func:`bundle` returned, packed by :func:`pack`.
    """
    return _PROGRAM.format(call=pack([module, function, arguments]), sources=sources, mark=MARK)


def answer(output):
    """Return the result in what a host printed, None if there is none."""
    for line in reversed(output.splitlines()):
        if line.startswith(MARK):
            try:
                result = json.loads(line[len(MARK) :])
            except ValueError:
                return None
            return result if isinstance(result, dict) else None
    return None


def run(action, module, function, arguments, task_vars, sources):
    """Call a function on the action's host.

    Arguments:
        action: the action plugin.
        module: the module's full name.
        function: the function's name; it takes one map and returns one, plain data.
        arguments: the map.
        task_vars: the task's variables.
        sources: what :func:`bundle` returned of the module, packed by :func:`pack`.
    Returns:
        What the function returned, ``failed`` if it broke; None if the host cannot be told to do it in this way,
        because its interpreter is not known, or nothing can be sent to a program's standard input.
    """
    interpreter = action._templar.template(task_vars.get("ansible_python_interpreter") or "")
    if not isinstance(interpreter, str) or not interpreter.startswith("/") or not action._is_pipelining_enabled("new"):
        return None
    text = program(sources, module, function, arguments)
    command = f"{action._compute_environment_string()} {interpreter} {OPTIONS}".strip()
    return _result(action._low_level_execute_command(command, in_data=text.encode("utf-8")))


def _result(done):
    """Return the result of a command that ran a program, ``failed`` if it gave none."""
    result = answer(done.get("stdout", ""))
    if result is None:
        said = (done.get("stderr") or done.get("stdout") or "").strip()[-2000:]
        result = {"failed": True, "msg": f"no result, exit code {done.get('rc')}: {said or 'it said nothing'}"}
    return result


def find_and_run(action, finder, module, function, arguments, sources):
    """Find a Python on the action's host and call a function with it, in one connection.

    Arguments:
        action, module, function, arguments, sources: as for :func:`run`.
        finder: a shell script that sets ``usable`` to ``true`` and ``python`` to a path, and may print lines.
    Returns:
        ``(result, done)``: what the function returned, ``failed`` if it broke, None if no Python was found; and what
        the command gave. Both are None if nothing can be sent to a program's standard input.
    """
    if not action._is_pipelining_enabled("new"):
        return None, None
    text = program(sources, module, function, arguments)
    environment = action._compute_environment_string()
    start = f'exec env {environment} "$python"' if environment else 'exec "$python"'
    # What is not read would break the connection's pipe.
    command = f'{finder}\nif [ "$usable" = true ]; then {start} {OPTIONS}; else cat > /dev/null; fi'
    done = action._low_level_execute_command(command, in_data=text.encode("utf-8"), executable="/bin/sh")
    if FOUND not in done.get("stdout", ""):
        return None, done
    return _result(done), done
