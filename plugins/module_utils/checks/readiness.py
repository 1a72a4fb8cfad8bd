# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0
"""From the facts of one host to its findings, and to the facts that are worth sending to the controller."""

from ansible_collections.kurl.ipv6.plugins.module_utils.checks import catalogue
from ansible_collections.kurl.ipv6.plugins.module_utils.checks.host_view import HostView
from ansible_collections.kurl.ipv6.plugins.module_utils.finding import finding

#: Entries of long lists that are sent to the controller; the checks have seen all of them.
RETURNED = 200
#: Longest text of a fact that is sent, in characters: hostile or broken hosts must not fill the controller.
TEXT_LIMIT = 4096


def judge(facts, errors, plan=None, roles=(), subject="localhost", node_ip=""):
    """Judge one host.

    Arguments:
        facts, errors: as ``host.collect.collect`` returns them.
        plan: what will be installed; keys as in the documentation of ``host_readiness``.
        roles: inventory groups of the host.
        subject: the host's name in the inventory.
        node_ip: the address that the inventory gives, empty if none.
    Returns:
        ``{"findings": [...], "facts": {...}}``; the facts with ``node_ip``, ``node_ip_reason``,
        ``node_interface`` and ``node_mtu`` (bytes, 0 if unknown).
    """
    host = HostView(facts, plan, roles, subject, node_ip)
    findings = [
        finding(
            f"host.readable.{collector}",
            subject,
            "fail",
            f"reading the host: {collector}",
            observed=message,
            expected="facts of the host",
            remedy="# run as root; if it stays, report it with the kernel's version",
        )
        for collector, message in sorted(errors.items())
    ]
    findings.extend(catalogue.run(host))
    returned = bounded(facts)
    choice = host.choice
    returned["node_ip"] = choice.address
    returned["node_ip_reason"] = choice.reason
    returned["node_interface"] = choice.interface
    returned["node_mtu"] = next((link["mtu"] for link in facts.get("links", []) if link["name"] == choice.interface), 0)
    return {"findings": findings, "facts": returned}


def bounded(value):
    """Return a copy of plain data with long lists and texts cut."""
    if isinstance(value, dict):
        return {key: bounded(entry) for key, entry in value.items()}
    if isinstance(value, list):
        return [bounded(entry) for entry in value[:RETURNED]]
    if isinstance(value, str) and len(value) > TEXT_LIMIT:
        return value[:TEXT_LIMIT] + "..."
    return value
