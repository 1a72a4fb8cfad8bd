# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0
"""What the mesh has proved takes the place of what rules let one fear. Pure, on the controller."""

import collections

from ansible_collections.kurl.ipv6.plugins.module_utils.mesh import nodes, picture

#: Findings about what arrives at a host; those about forwarded packets (``.forward``) the mesh proves nothing of.
ARRIVING = ("firewall.firewalld", "firewall.ufw", "firewall.policy")


def reached(mesh):
    """Return ``{host's name: number of others}`` of the hosts that all others reach on every port that they ask on.

    Arguments:
        mesh: a ``picture.Mesh``. A host is not in the result if anybody who was to ask it did not, or if something else
            holds a port that can be asked by the run's own listener only.
    """
    asked = collections.defaultdict(set)
    bad = {target for _source, target in mesh.dead}
    for probe, ways in mesh.asked.items():
        if probe == picture.ICMP:
            continue
        for way in ways:
            asked[way[1]].add(way[0])
        bad.update(way[1] for way in mesh.faults.get(probe, ()))
    for number, node in enumerate(mesh.nodes):
        if any(nodes.KNOWN[probe].protocol == "udp" for probe in node["held"]):
            bad.add(number)
    others = len(mesh.nodes) - 1
    complete = not mesh.absent and not mesh.silent
    return {
        mesh.name(number): others
        for number, sources in asked.items()
        if complete and others and number not in bad and len(sources) == others
    }


def relax(findings, proved):
    """Turn warnings about firewalls into information where the mesh came through.

    Arguments:
        findings: any findings.
        proved: what :func:`reached` returned.
    Returns:
        New findings; others are as they were.
    """
    result = []
    for entry in findings:
        number = proved.get(entry.get("subject"))
        if number and entry["status"] == "warn" and entry["id"] in ARRIVING:
            words = "{}; but {} on every port of the plan".format(
                entry["observed"], "the other host reaches it" if number == 1 else f"all {number} others reach it"
            )
            entry = dict(entry, status="info", observed=words)
        result.append(entry)
    return result
