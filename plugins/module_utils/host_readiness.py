# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0
"""What the module ``host_readiness`` does on a host, without Ansible around it."""

import os

from ansible_collections.kurl.ipv6.plugins.module_utils.checks import readiness
from ansible_collections.kurl.ipv6.plugins.module_utils.host import asked, collect, netlink, probes, reader, services
from ansible_collections.kurl.ipv6.plugins.module_utils.mesh import listener

#: The module's arguments, see its documentation.
ARGUMENTS = {
    "plan": {"type": "dict", "default": {}},
    "roles": {"type": "list", "elements": "str", "default": []},
    "node_ip": {"type": "str", "default": ""},
    "controller_time": {"type": "float", "default": 0.0},
    "subject": {"type": "str", "default": ""},
    "listen": {"type": "bool", "default": False},
    "secret": {"type": "str", "default": "", "no_log": True},
    "deadline": {"type": "int", "default": 0},
    "finder": {"type": "str", "default": ""},
}
#: Seconds of a listener whose deadline nobody chose.
DEADLINE = 120


def perform(arguments):
    """Collect, judge, and listen for the other nodes if asked to.

    Arguments:
        arguments: the module's, with defaults filled in.
    Returns:
        The module's result.
    """
    if arguments["listen"]:
        # A listener that an interrupted run left behind holds ports, and would be taken for a stranger.
        listener.ask("stop", 1)
    host = reader.Reader()
    facts, errors = collect.collect(
        host,
        netlink.Netlink(),
        probes.Probes(outbound=not arguments["plan"].get("airgap")),
        arguments["controller_time"],
        os.environ,
        proxies(arguments["plan"], os.environ),
    )
    if arguments["plan"].get("host_preflights"):
        facts.update(asked.collect(host, arguments["plan"]["host_preflights"]))
    result = readiness.judge(
        facts,
        errors,
        plan=arguments["plan"],
        roles=arguments["roles"],
        subject=arguments["subject"] or facts.get("hostname") or "localhost",
        node_ip=arguments["node_ip"],
    )
    result["changed"] = False
    if arguments["listen"]:
        result.update(_listen(arguments, result["facts"]["node_ip"]))
    return result


def proxies(plan, environment):
    """Return the URLs of the proxies that a node will use: the spec's, and those of commands on the host.

    Arguments:
        plan: what will be installed; where it is airgapped, none is used.
        environment: the environment variables of commands on the host.
    """
    if plan.get("airgap"):
        return []
    own = services.proxy(environment)
    return [url for url in (services.without_user(str(plan.get("proxy") or "")), own["https"], own["http"]) if url]


def _listen(arguments, address):
    """Start the mesh's listener; returns ``listener``, or why there is none as ``listener_error``."""
    if not address or not arguments["secret"]:
        return {"listener_error": "it has no address that can be used" if not address else "listen needs a secret"}
    roles = arguments["roles"]
    try:
        deadline = arguments["deadline"] or DEADLINE
        found = listener.start(address, arguments["plan"], roles, arguments["secret"], deadline)
    except (listener.Occupied, OSError) as error:
        return {"listener_error": "{}: {}".format(address, error)}
    return {"listener": dict(found, roles=roles)}
