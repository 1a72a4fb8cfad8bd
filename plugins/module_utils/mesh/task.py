# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0
"""What the module ``node_mesh`` does on a host, without Ansible around it."""

from ansible_collections.kurl.ipv6.plugins.module_utils.mesh import listener, prober

#: The module's arguments, see its documentation.
ARGUMENTS = {
    "state": {"type": "str", "required": True, "choices": ["listening", "probed", "stopped"]},
    "address": {"type": "str", "default": ""},
    "secret": {"type": "str", "default": "", "no_log": True},
    "plan": {"type": "dict", "default": {}},
    "roles": {"type": "list", "elements": "str", "default": []},
    "listeners": {"type": "str", "default": ""},
    "nodes": {
        "type": "list",
        "elements": "dict",
        "default": [],
        "options": {
            "address": {"type": "str", "required": True},
            "roles": {"type": "list", "elements": "str", "default": []},
            "held": {"type": "list", "elements": "str", "default": []},
        },
    },
    "deadline": {"type": "int", "default": 0},
    "timeout": {"type": "float", "default": prober.TIMEOUT},
}
#: Seconds of a listener whose deadline nobody chose.
DEADLINE = 120


def perform(arguments):
    """Listen, probe or stop.

    Arguments:
        arguments: the module's, with defaults filled in.
    Returns:
        The module's result; ``failed`` and ``msg`` if it could not.
    """
    state, address, secret = arguments["state"], arguments["address"], arguments["secret"]
    if state == "stopped":
        return {"changed": False, "stopped": listener.ask("stop") == ""}
    if not address or not secret:
        return {"failed": True, "msg": "state {} needs address and secret".format(state)}
    plan, roles = arguments["plan"], arguments["roles"]
    try:
        if state == "listening":
            found = listener.start(address, plan, roles, secret, arguments["deadline"] or DEADLINE)
            return {"changed": False, "listener": dict(found, roles=roles)}
        found = prober.probe(address, arguments["nodes"], plan, roles, secret, arguments["timeout"])
        return {"changed": False, "probe": found}
    except (listener.Occupied, OSError) as error:
        return {"failed": True, "msg": "{}: {}".format(address, error)}
