# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0
"""Whether nodes may leave a cluster, and what keeps pods on them. Pure: the cluster's objects in, sentences out."""

import ipaddress
import re

CONTROL_PLANE_LABELS = ("node-role.kubernetes.io/control-plane", "node-role.kubernetes.io/master")
_MIRROR = "kubernetes.io/config.mirror"


def normal(address):
    """Return an address in its shortest form, other text in lower case without brackets."""
    text = address.strip().strip("[]").lower()
    try:
        return str(ipaddress.ip_address(text))
    except ValueError:
        return text


def addresses_of(node):
    """Return the addresses of a Node object."""
    found = node.get("status", {}).get("addresses", [])
    return [normal(entry["address"]) for entry in found if entry.get("type") in ("InternalIP", "ExternalIP")]


def is_control_plane(node):
    """Return whether a Node object is a control plane node."""
    return any(label in node["metadata"].get("labels", {}) for label in CONTROL_PLANE_LABELS)


def resolve(words, nodes):
    """Return the Node object of a host, None if the cluster has none.

    Arguments:
        words: names and addresses of the host, the surest first; empty ones count for nothing.
        nodes: all Node objects.
    """
    for word in words:
        for node in nodes:
            if word and (node["metadata"]["name"] == word.lower() or normal(word) in addresses_of(node)):
                return node
    return None


def member_of(leaving, members):
    """Return the member of etcd on a leaving host, None if there is none.

    Arguments:
        leaving: ``{"node" (its name in the cluster), "addresses"}``.
        members: what ``etcd.Etcd.members`` returned.
    """
    for member in members:
        if member["name"] and member["name"] == leaving["node"]:
            return member
    own = set(leaving["addresses"])
    return next((one for one in members if own & {normal(text) for text in one["addresses"]}), None)


def removal_order(leaving):
    """Return leaving members in the order in which etcd loses least: those that are lost already first."""
    return sorted(leaving, key=lambda member: (member["healthy"], member["name"]))


def quorum_refusal(members, leaving):
    """Return why members may not leave etcd, empty if they may.

    Each removal needs a majority of the members of before, and must leave a majority of those of after.

    Arguments:
        members: all members.
        leaving: those that leave.
    """
    left = [member for member in members if not member["learner"]]
    for member in removal_order(leaving):
        if member["learner"]:
            continue
        healthy = [one for one in left if one["healthy"]]
        if len(healthy) < _majority(left):
            return _refused(left, "etcd has lost its quorum")
        left = [one for one in left if one is not member]
        healthy = [one for one in left if one["healthy"]]
        if len(healthy) < _majority(left):
            return _refused(left, "etcd would lose its quorum without {0}".format(member["name"]))
    return ""


def _majority(members):
    return len(members) // 2 + 1


def _refused(members, what):
    ill = [member["name"] or (member["addresses"] or ["?"])[0] for member in members if not member["healthy"]]
    return (
        "{0}: {1} of {2} members would be healthy, and {3} are needed. Bring {4} back, or remove {4} first "
        "(-e node={5} -e node_is_gone=true)".format(
            what, len(members) - len(ill), len(members), _majority(members), ", ".join(ill), ",".join(ill)
        )
    )


def endpoint_host(cluster_configuration):
    """Return the host of the cluster's endpoint from the text of kubeadm's ClusterConfiguration, empty without one."""
    found = re.search(r"^controlPlaneEndpoint:[ \t]*[\"']?([^\"'\s]+)", cluster_configuration, re.MULTILINE)
    if not found:
        return ""
    host = found.group(1)
    if host.startswith("["):
        return normal(host[1:].split("]")[0])
    return normal(host.rsplit(":", 1)[0] if host.count(":") == 1 else host)


def refusals(nodes, leaving, members, endpoint):
    """Return why nodes may not leave, as sentences; none if they may.

    Arguments:
        nodes: all Node objects.
        leaving: ``[{"host", "node", "addresses"}]``.
        members: members of etcd.
        endpoint: what :func:`endpoint_host` returned.
    """
    names = {entry["node"] for entry in leaving}
    control_planes = [node["metadata"]["name"] for node in nodes if is_control_plane(node)]
    if control_planes and not set(control_planes) - names:
        return ["no control plane node would be left. To take the cluster down: kurl.ipv6.reset"]
    found = []
    for entry in leaving:
        if endpoint and (endpoint == entry["node"] or endpoint in entry["addresses"]):
            found.append(
                "{0} is the cluster's endpoint: the kubeconfigs of all nodes name {1}. It can leave a cluster with a "
                "load balancer (ekco.enableInternalLoadBalancer, or an external one)".format(entry["host"], endpoint)
            )
    gone = [member for member in (member_of(entry, members) for entry in leaving) if member]
    refused = quorum_refusal(members, gone)
    return found + ([refused] if refused else [])


def stays_on_node(pod):
    """Return whether a drain leaves a pod where it is: static pods, those of a DaemonSet, those that have ended."""
    owners = [owner.get("kind") for owner in pod["metadata"].get("ownerReferences", []) if owner.get("controller")]
    ended = pod.get("status", {}).get("phase") in ("Succeeded", "Failed")
    return ended or _MIRROR in pod["metadata"].get("annotations", {}) or "DaemonSet" in owners


def selects(selector, labels):
    """Return whether a label selector selects something with these labels; an empty one selects all."""
    if any(labels.get(key) != value for key, value in (selector.get("matchLabels") or {}).items()):
        return False
    for rule in selector.get("matchExpressions") or []:
        value, values = labels.get(rule["key"]), rule.get("values") or []
        if not {
            "In": value in values,
            "NotIn": value not in values,
            "Exists": value is not None,
            "DoesNotExist": value is None,
        }[rule["operator"]]:
            return False
    return True


def obstacles(pods, budgets):
    """Return what keeps pods on a node that is drained, one line a pod.

    Arguments:
        pods: the Pod objects on the node.
        budgets: all PodDisruptionBudget objects.
    """
    lines = []
    for pod in pods:
        if stays_on_node(pod):
            continue
        namespace, name = pod["metadata"]["namespace"], pod["metadata"]["name"]
        holding = [
            budget["metadata"]["name"]
            for budget in budgets
            if budget["metadata"]["namespace"] == namespace
            and budget.get("status", {}).get("disruptionsAllowed", 0) < 1
            and selects(budget["spec"].get("selector") or {}, pod["metadata"].get("labels", {}))
        ]
        reason = "it does not end"
        if holding:
            reason = "its PodDisruptionBudget {0} allows no disruption".format(", ".join(holding))
        elif not [owner for owner in pod["metadata"].get("ownerReferences", []) if owner.get("controller")]:
            reason = "no controller would bring it back"
        lines.append("{0}/{1}: {2}".format(namespace, name, reason))
    return lines
