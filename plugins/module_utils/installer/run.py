# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0
"""Reads the files that a task names and translates them; shared by the action plugin and by the module."""

import os
import re

from ansible_collections.kurl.ipv6.plugins.module_utils.installer import reading, rulebook, summary, translation

ARGUMENTS = {
    "src": {"type": "path", "required": True},
    "patches": {"type": "list", "elements": "path", "default": []},
    "overrides": {"type": "dict", "default": {}},
    "external_cni": {"type": "bool", "default": False},
    "show": {"type": "bool", "default": False},
}


def load(path):
    """Return a file's bytes, or the OSError that kept them. Reads no more than one byte over the limit."""
    try:
        with open(os.path.expanduser(path), "rb") as stream:
            return stream.read(reading.FILE_LIMIT + 1)
    except OSError as error:
        return error
    except ValueError as error:  # a null byte in the name
        return OSError(str(error))


def run(arguments, declared=None):
    """Return the result of a task.

    Arguments:
        arguments: values of :data:`ARGUMENTS`.
        declared: as for ``translation.translate``.
    Returns:
        The map that the module returns; ``failed`` and ``msg`` if the spec is refused.
    """
    paths = [str(arguments["src"])] + [str(path) for path in arguments["patches"] or []]
    result = translation.translate(
        [(path, load(path)) for path in paths],
        arguments["overrides"],
        bool(arguments["external_cni"]),
        declared,
    )
    result["changed"] = False
    if result.pop("refused"):
        result.update(plan=[], vars_file="")
        result["failed"] = True
        result["msg"] = rulebook.message(result["findings"], paths[0])
    else:
        result["plan"] = summary.plan(result, paths, declared["roles"] if declared else None)
        result["vars_file"] = summary.vars_file(result, paths)
    return result


def declared(collection):
    """Return what the roles of a collection's folder take: ``{"roles": set, "variables": set}``; None without roles.

    A variable counts as taken when its name stands anywhere in a role or a playbook, as an option or where it is used.
    """
    folder = os.path.join(collection, "roles")
    try:
        roles = [name for name in sorted(os.listdir(folder)) if os.path.isdir(os.path.join(folder, name, "tasks"))]
    except OSError:
        return None
    variables = set()
    for top in [os.path.join(folder, role) for role in roles] + [os.path.join(collection, "playbooks")]:
        for where, _folders, names in os.walk(top):
            for name in names:
                if not name.endswith((".yml", ".j2")):
                    continue
                try:
                    with open(os.path.join(where, name), encoding="utf-8") as stream:
                        variables.update(re.findall(r"\b[a-z][a-z0-9_]+\b", stream.read()))
                except (OSError, UnicodeDecodeError):
                    continue
    return {"roles": set(roles), "variables": variables}
