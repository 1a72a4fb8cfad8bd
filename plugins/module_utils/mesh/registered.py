# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0
"""From what the mesh's two tasks registered to findings and to a picture: the way from a play into the report."""

from ansible_collections.kurl.ipv6.plugins.module_utils.mesh import judge, nodes, picture, proof


def _absence(variables, listeners):
    """Return why a host does not listen."""
    result = variables.get(listeners)
    if not isinstance(result, dict) or result.get("skipped"):
        return "it has no address that can be used, or could not be read"
    if result.get("unreachable"):
        return "it could not be reached"
    message = str(result.get("listener_error") or result.get("msg") or "").strip()
    return message.splitlines()[0] if message else "its listener did not start"


def _firewall(variables, readiness):
    """Return which program sets up a host's packet filter: ``firewalld``, ``ufw`` or empty."""
    result = variables.get(readiness)
    facts = result.get("facts") if isinstance(result, dict) else None
    found = facts.get("firewall") if isinstance(facts, dict) else None
    if not isinstance(found, dict):
        return ""
    return next((tool for tool in ("firewalld", "ufw") if found.get(tool) is True), "")


def report(names, variables_of, listeners, probes, readiness=""):
    """Judge the mesh of a play.

    Arguments:
        names: all hosts of the play.
        variables_of: a function from a name to the host's variables.
        listeners, probes, readiness: names of the variables in which the tasks were registered.
    Returns:
        ``(findings, mesh, reached)``; the mesh is ``{"hosts": [name], "pairs": {source: {target: status}}}``, for a
        picture; ``reached`` as ``proof.reached`` returns it. If no host listened or tried to, all are empty: the mesh
        was switched off.
    """
    variables = {name: variables_of(name) for name in names}
    registered = [variables[name].get(key) for name in names for key in (listeners, probes)]
    said = [set(result) for result in registered if isinstance(result, dict)]
    if not any(keys & {"probe", "listener", "listener_error"} for keys in said):
        return [], {}, {}
    listening = nodes.listening(names, variables.get, listeners)
    present = {node["name"] for node in listening}
    mesh = picture.Mesh(
        listening,
        {name: variables[name].get(probes) for name in present},
        absent={name: _absence(variables[name], listeners) for name in names if name not in present},
        firewalls={name: _firewall(variables[name], readiness) for name in names},
    )
    return judge.judge(mesh), {"hosts": list(names), "pairs": mesh.statuses()}, proof.reached(mesh)
