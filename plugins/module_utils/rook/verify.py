# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0
"""Verifies Rook's Ceph in a running cluster: reads it, asks it, writes and reads, and judges."""

from __future__ import absolute_import, division, print_function

__metaclass__ = type

from ansible_collections.kurl.ipv6.plugins.module_utils.cluster.kubectl import KubectlError
from ansible_collections.kurl.ipv6.plugins.module_utils.finding import finding
from ansible_collections.kurl.ipv6.plugins.module_utils.rook import checks, health, observe, trial


def check(kubectl, run, seconds, nodes=(), read_only=False, test_namespace="", deadline=0):
    """Verify Ceph, if the cluster has one.

    Arguments:
        kubectl: the Kubectl.
        run: runs the checks of a stage over facts: ``run(facts, stage)`` returns findings.
        seconds: how long to wait for what is not healthy yet.
        nodes: names of the nodes that are ready.
        read_only: whether nothing is written.
        test_namespace: a namespace for the trial of a volume, empty to leave that out.
        deadline: the time when all must end.
    Returns:
        Findings, none where there is no Rook. Whatever the cluster does, it becomes a finding.
    """
    try:
        if not observe.present(kubectl):
            return []
        state, objects, ceph, _done = observe.wait(kubectl, seconds)
        if not state["cluster"] and state["operator"]["missing"] == "is not there":
            return []
        return run(_facts(kubectl, state, objects, ceph, nodes, read_only, test_namespace, deadline), checks.STAGE)
    except KubectlError as error:
        return [
            finding(
                "ceph.read",
                "cluster",
                "fail",
                "Rook can be read",
                observed=str(error),
                expected="an answer of the API server",
                remedy="kubectl --kubeconfig /etc/kubernetes/admin.conf --namespace %s get all" % health.NAMESPACE,
            )
        ]


def _facts(kubectl, state, objects, ceph, nodes, read_only, test_namespace, deadline):
    facts = {"state": state, "asked": "", "addresses": [], "image": {}, "volume": {}}
    try:
        if not ceph.reachable:
            raise observe.CephError("neither the toolbox nor the operator runs")
        if not state["monitors"]["running"]:
            raise observe.CephError("no monitor runs")
        facts["addresses"] = health.addresses(ceph.ask("mon", "dump"), ceph.ask("osd", "dump"), ceph.ask("mgr", "dump"))
    except observe.CephError as error:
        facts["asked"] = str(error)
    reason = "not tried in check mode" if read_only else ""
    if not reason and facts["asked"]:
        reason = "not tried: Ceph could not be asked: %s" % facts["asked"]
    if not reason and not state["osds"]["running"]:
        reason = "not tried: there is no OSD"
    if reason:
        facts["image"] = facts["volume"] = trial.said(reason)
        return facts
    facts["image"] = trial.image(ceph, objects)
    facts["volume"] = _volume(kubectl, state, objects, nodes, test_namespace, deadline)
    return facts


def _volume(kubectl, state, objects, nodes, test_namespace, deadline):
    reason = trial.driver(objects)
    if reason:
        return trial.said("not tried: " + reason)
    if not test_namespace:
        return trial.said("not tried: there is no namespace for test pods")
    class_name = trial.storage_class(kubectl.objects(["get", "storageclasses.storage.k8s.io"]))
    if not class_name:
        return trial.said("not tried: no storage class is of Rook's block volumes")
    return trial.Volume(kubectl, test_namespace, class_name, state["cluster"]["image"], list(nodes), deadline).run()
