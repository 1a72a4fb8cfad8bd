# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0
"""Every fault of the table turns its own findings and no others, and the node is healthy again when it is gone.

On a lab of its own, or on the nodes of the inventory that KURL_IPV6_NODES names; they must be fresh.
"""

import json
import os

import pytest
from cluster import TOP, Cluster
from faults import runner, table


@pytest.fixture(scope="module")
def nodes():
    """Two nodes and how to log in to them."""
    given = os.environ.get("KURL_IPV6_NODES", "")
    inventory = given or os.path.join(TOP, "build", "e2e-faults-inventory.yml")
    name = os.path.splitext(os.path.basename(given))[0] if given else "e2e-faults"
    lab = Cluster(name, "fd00:24::/64", inventory, "", nodes=2)
    if not given:
        os.makedirs(os.path.dirname(inventory), exist_ok=True)
        lab.down()
        result = lab.up()
        assert result.code == 0, result.output
    yield lab
    if not given:
        assert lab.down().code == 0


@pytest.fixture(scope="module")
def node(nodes):
    """The first node, with the module on it."""
    first = runner.Node(next(iter(nodes.hosts())), nodes.ssh_words(next(iter(nodes.hosts()))))
    first.install()
    first.run(f"peer={list(nodes.hosts().values())[1]}\n" + table.REMEMBER)
    yield first
    first.remove()
    first.close()


@pytest.fixture(scope="module")
def healthy(node):
    """Returns what the healthy node's findings are, by plan."""
    known = {}

    def of(plan):
        key = json.dumps(plan, sort_keys=True)
        if key not in known:
            known[key] = runner.statuses(node.judge(plan=plan)[0])
        return known[key]

    return of


def test_a_healthy_node_raises_no_alarm(healthy):
    found = healthy(table.AIRGAP)
    assert {check: status for check, status in found.items() if status in ("fail", "warn")} == {}
    assert len(found) > 30


@pytest.mark.parametrize("fault", table.FAULTS, ids=lambda fault: fault.name)
def test_a_fault_turns_its_own_findings_and_no_others(node, healthy, fault):
    before = healthy(fault.plan)
    during, after = node.judge(fault.inject, fault.clear, fault.plan, **fault.arguments)
    found = runner.statuses(during)
    turned = {
        check: found.get(check) for check in sorted(set(before) | set(found)) if before.get(check) != found.get(check)
    }
    assert turned == {check: status for check, status in fault.turns.items() if before.get(check) != status}
    first = next(iter(fault.turns))
    texts = [entry for entry in during["findings"] if entry["id"] == first]
    assert any(fault.says in entry["observed"] for entry in texts), texts
    for entry in texts:
        if entry["status"] in ("fail", "warn"):
            assert entry["remedy"] and entry["expected"]
    if not fault.arguments:
        assert runner.statuses(after) == before


def test_reading_a_node_changes_nothing(node):
    with open(os.path.join(TOP, "tests", "e2e", "snapshot.sh"), encoding="utf-8") as stream:
        snapshot = stream.read() + "\nnft list ruleset; ip6tables-legacy -S 2>/dev/null"
    before = node.run(snapshot)
    node.judge(plan=table.ANTREA)
    assert node.run(snapshot) == before


def test_what_two_nodes_must_not_share_stops_the_playbook(nodes):
    first, second = list(nodes.hosts())[:2]
    kept = {name: nodes.ssh(name, "cat /etc/machine-id; hostname").output.split() for name in (first, second)}
    try:
        for name in (first, second):
            nodes.ssh(name, "hostname twin; echo 0123456789abcdef0123456789abcdef > /etc/machine-id")
        result = nodes.playbook("kurl.ipv6.preflight", spec=False)
    finally:
        for name, (machine, host) in kept.items():
            nodes.ssh(name, f"hostname {host}; echo {machine} > /etc/machine-id")
    assert result.code == 2, result.output
    assert "fleet.hostname" in result.output and "fleet.machine-id" in result.output
    assert "NOT READY: 4 failures, 0 warnings" in result.output
    again = nodes.playbook("kurl.ipv6.preflight", spec=False)
    assert again.code == 0 and "READY: no failures, 0 warnings" in again.output, again.output
