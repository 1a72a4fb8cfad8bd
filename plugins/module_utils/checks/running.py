# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0
"""Checks of a cluster that runs already against the spec: what ``site`` would not carry into it."""

from ansible_collections.kurl.ipv6.plugins.module_utils.checks import addressing
from ansible_collections.kurl.ipv6.plugins.module_utils.checks.registry import check

#: Section and field of the spec, key of the plan and of what runs.
RANGES = (("antrea", "podCIDR", "pod_cidr"), ("kubernetes", "serviceCIDR", "service_cidr"))


def _running(host):
    return host.facts["kubernetes"].get("running") or {}


@check(
    "running.version",
    title="version of the running cluster",
    why="New programs beside an API server of another version are a cluster that is half upgraded.",
    reference="Kubernetes: version skew policy; kubeadm upgrade",
    remedy="Name the running version in the spec, or upgrade the control plane with kubeadm first.",
    needs=("kubernetes",),
)
def version(host, verdict):
    """The API server on this host has another version than the spec."""
    planned, found = str(host.plan.get("kubernetes_version") or ""), _running(host).get("version", "")
    if not found:
        verdict.skip("no API server runs here yet")
    elif not planned or found == planned:
        verdict.passed(found)
    else:
        verdict.fail(
            f"the API server on this host is {found}",
            expected=f"{planned}, as the spec says: site installs, it does not upgrade Kubernetes",
            remedy=f"# kubernetes: {{version: {found}}} in the spec. Or upgrade every node by hand first:\n"
            f"kubeadm upgrade apply v{planned}",
        )


@check(
    "running.ranges",
    title="ranges of the running cluster",
    why="Ranges are fixed when a cluster is made: site would tell the network other ones than the API server uses.",
    reference="kubeadm: ClusterConfiguration networking",
    remedy="Name the running ranges in the spec, or reset the cluster and make it anew.",
    needs=("kubernetes",),
)
def ranges(host, verdict):
    """The control plane on this host has another pod or service range than the spec."""
    running, seen = _running(host), []
    for section, name, key in RANGES:
        planned, found = addressing.parse_network(host.plan.get(key)), addressing.parse_network(running.get(key))
        if not planned or not found:
            continue
        seen.append(f"{name} {found}")
        if planned != found:
            verdict.fail(
                f"{name} is {found}",
                expected=f"{planned}, as the spec says",
                remedy=f"# in the spec: {section}: {{{name}: '{found}'}}",
                case=name,
            )
            return
    if seen:
        verdict.passed(", ".join(seen))
    else:
        verdict.skip("no control plane runs here yet")


@check(
    "running.max_pods",
    title="pods of a running node",
    why="The kubelet's settings are written when a host becomes a node; a later change of the spec does not reach it.",
    reference="kubeadm: kubelet-config",
    remedy="Edit /var/lib/kubelet/config.yaml and the ConfigMap kubelet-config by hand, then restart the kubelet.",
    needs=("kubernetes",),
)
def max_pods(host, verdict):
    """The kubelet on this host allows another number of pods than the spec."""
    planned, found = int(host.plan.get("max_pods") or 0), int(_running(host).get("max_pods") or 0)
    if not found:
        verdict.skip("no kubelet is configured here yet")
    elif not planned or planned == found:
        verdict.passed(str(found))
    else:
        verdict.warn(
            f"the kubelet allows {found} pods and keeps doing so",
            expected=f"{planned}, as the spec says",
            remedy=f"sed -i '/^maxPods:/d; $a maxPods: {planned}' /var/lib/kubelet/config.yaml\n"
            "systemctl restart kubelet   # and the same in the ConfigMap kubelet-config of kube-system",
        )
