# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0
"""Checks of a running cluster. They judge what was read and what test pods and hosts said; they ask nobody themselves.

Stages: ``cluster`` for the cluster as a whole, ``cluster.node`` for a Node object, ``cluster.pod`` for a pod,
``cluster.workload`` for what makes pods, ``cluster.test`` for the test pod of a node, ``cluster.host`` for a host of
the inventory.
"""

from __future__ import absolute_import, division, print_function

__metaclass__ = type

from collections import namedtuple

from ansible_collections.kurl.ipv6.plugins.module_utils.checks.registry import check, run
from ansible_collections.kurl.ipv6.plugins.module_utils.cluster import families, pods, rollout
from ansible_collections.kurl.ipv6.plugins.module_utils.manifest import documents as manifest_documents

#: Whom a check looks at, and what is known of it: a dictionary that the stage's checks understand.
View = namedtuple("View", "subject facts")

_KUBECTL = "kubectl --kubeconfig /etc/kubernetes/admin.conf"
#: More of the same kind tell nothing new.
_SHOWN = 5

__all__ = ["View", "run"]


def _some(words):
    """Return the first few of a list as one text, and how many more there are."""
    words = list(words)
    more = ", and %d more" % (len(words) - _SHOWN) if len(words) > _SHOWN else ""
    return ", ".join(words[:_SHOWN]) + more


def _count(number, word):
    return "%d %s%s" % (number, word, "" if number == 1 else "s")


def _condition(node, kind):
    for condition in (node.get("status") or {}).get("conditions") or []:
        if condition.get("type") == kind:
            return condition
    return {}


def node_ready(node):
    """Tell whether a node says that it is ready."""
    return _condition(node, "Ready").get("status") == "True"


@check(
    "cluster.node.ready",
    title="node is ready",
    why="The scheduler gives a node nothing while its kubelet is not heard of, or its pod network is not up.",
    reference="https://kubernetes.io/docs/reference/node/node-status/#condition",
    remedy="Look at the kubelet's log on the node; a node without a pod network waits for one.",
    stage="cluster.node",
)
def ready(view, verdict):
    """The condition Ready; what presses a node that is ready is a warning."""
    node = view.facts["node"]
    name = node["metadata"]["name"]
    condition = _condition(node, "Ready")
    if condition.get("status") != "True":
        message = condition.get("message") or "no word of its kubelet"
        network = "network" in message.lower() and "plugin" in message.lower()
        verdict.fail(
            "%s: %s" % (condition.get("reason") or "Ready is %s" % condition.get("status", "unknown"), message),
            expected="Ready",
            remedy="%s describe node %s\n" % (_KUBECTL, name)
            + (
                "ls /etc/cni/net.d   # on %s: the pod network's configuration, once it is installed" % name
                if network
                else "journalctl --unit kubelet --lines 50 --no-pager   # on %s" % name
            ),
        )
        return
    pressed = [
        item["type"]
        for item in (node.get("status") or {}).get("conditions") or []
        if item.get("type") != "Ready" and item.get("status") == "True"
    ]
    if pressed:
        verdict.warn(
            "ready, but %s" % ", ".join(pressed),
            expected="no pressure",
            remedy="%s describe node %s" % (_KUBECTL, name),
        )
    else:
        verdict.passed("ready")


@check(
    "cluster.node.address",
    title="node's addresses are IPv6",
    why="Pods of the host network, the API server and all other nodes reach a node at its InternalIP.",
    reference="https://kubernetes.io/docs/reference/node/node-status/#addresses; kubelet --node-ip",
    remedy="Name the host's IPv6 address as node_ip in the inventory and give it to the kubelet as --node-ip.",
    stage="cluster.node",
)
def address(view, verdict):
    """An IPv6 InternalIP, and no IPv4 anywhere in the object."""
    node = view.facts["node"]
    name = node["metadata"]["name"]
    wrong = families.node_v4(node)
    internal = families.node_addresses(node, "InternalIP")
    remedy = (
        "grep -r node-ip /var/lib/kubelet/kubeadm-flags.env   # on %s: must be its IPv6 address\n"
        "systemctl restart kubelet   # on %s, after it was put right; in the inventory: %s node_ip=<address>"
    ) % (name, name, name)
    if wrong:
        verdict.fail("IPv4 in the Node object: %s" % _some(wrong), expected="IPv6 only", remedy=remedy)
    elif not families.internal_address(node):
        verdict.fail(
            "InternalIP: %s" % (_some(internal) or "none"),
            expected="an InternalIP that is a global or unique-local IPv6 address",
            remedy=remedy,
        )
    else:
        verdict.passed("IPv6 only")


@check(
    "cluster.family",
    title="Services and endpoints are IPv6",
    why="An IPv4 address leads nowhere on nodes that have none.",
    reference="https://kubernetes.io/docs/concepts/services-networking/dual-stack/",
    remedy="Delete the object and make it again with ipFamilies: [IPv6].",
    stage="cluster",
)
def family(view, verdict):
    """Services, EndpointSlices and Endpoints of all namespaces."""
    found = []
    for item in view.facts["objects"]:
        wrong = families.READERS[item["kind"]](item)
        if wrong:
            found.append((item, wrong))
    if not found:
        verdict.passed("no IPv4 in %s" % _count(len(view.facts["objects"]), "object"))
        return
    verdict.fail(
        "; ".join("%s: %s" % (manifest_documents.identity(item), _some(wrong)) for item, wrong in found[:_SHOWN])
        + ("; and %d more objects" % (len(found) - _SHOWN) if len(found) > _SHOWN else ""),
        expected="IPv6 only",
        remedy="\n".join(
            "%s --namespace %s get %s %s --output yaml   # make it again with IPv6"
            % (_KUBECTL, item["metadata"].get("namespace", "default"), item["kind"].lower(), item["metadata"]["name"])
            for item, _wrong in found[:_SHOWN]
        ),
    )


@check(
    "cluster.rollout",
    title="workload is rolled out",
    why="A part of the system with fewer pods than it wants serves not all nodes, or is gone with the next node.",
    reference="https://kubernetes.io/docs/tasks/debug/debug-application/",
    remedy="Describe the workload; its pods say more.",
    stage="cluster.workload",
)
def rolled_out(view, verdict):
    """As ``kubectl rollout status`` sees it."""
    workload = view.facts["workload"]
    missing = rollout.progress(workload)
    if not missing:
        verdict.passed("all its pods are ready")
        return
    verdict.fail(
        "%s: %s" % (manifest_documents.identity(workload), missing),
        expected="all its pods are new and ready",
        remedy="%s --namespace %s describe %s %s"
        % (_KUBECTL, workload["metadata"]["namespace"], workload["kind"].lower(), workload["metadata"]["name"]),
    )


@check(
    "cluster.pods",
    title="system pod is healthy",
    why="The control plane, name resolution, services and the pod network are pods themselves.",
    reference="https://kubernetes.io/docs/tasks/debug/debug-application/debug-pods/",
    remedy="Describe the pod and read its log.",
    stage="cluster.pod",
)
def pod_healthy(view, verdict):
    """Runs with all containers ready, or is done. What failed and was replaced is a warning."""
    pod = view.facts["pod"]
    namespace, name = pod["metadata"].get("namespace", "default"), pod["metadata"]["name"]
    node = pods.node_of(pod)
    wrong = [item for item in pods.addresses(pod) if families.family(item) == 4]
    if pods.left_over(pod):
        verdict.warn(
            "failed and was replaced: %s" % (view.facts["cause"] or "phase Failed"),
            expected="no pods that are left over",
            remedy="%s --namespace %s delete pod %s" % (_KUBECTL, namespace, name),
        )
    elif not pods.healthy(pod):
        verdict.fail(
            "%s%s" % ("on %s: " % node if node else "", view.facts["cause"] or "not ready"),
            expected="runs with all its containers ready",
            remedy="%s --namespace %s describe pod %s\n%s --namespace %s logs %s --all-containers --tail 50"
            % (_KUBECTL, namespace, name, _KUBECTL, namespace, name),
        )
    elif wrong:
        verdict.fail(
            "has the IPv4 address %s" % _some(wrong),
            expected="IPv6 only",
            remedy="%s --namespace %s delete pod %s   # once the pod network gives IPv6" % (_KUBECTL, namespace, name),
        )
    else:
        verdict.passed("healthy")


@check(
    "cluster.test-pod",
    title="a pod starts on the node",
    why="Image, container runtime and pod network have to work together on each node.",
    reference="https://kubernetes.io/docs/tasks/debug/debug-application/debug-pods/",
    remedy="The cause is named. An image that is missing must be on the node before, or be pulled.",
    stage="cluster.test",
)
def test_pod(view, verdict):
    """The node's test pod ran, has an IPv6 address and was reached by the API server."""
    facts = view.facts
    if facts["idle"]:
        verdict.skip(facts["idle"])
        return
    if facts["cause"]:
        image = "image" in facts["cause"].lower()
        verdict.fail(
            facts["cause"],
            expected="runs with all its containers ready",
            remedy=(
                "ctr --namespace k8s.io images list name==%s   # on %s: is it there?\n"
                "ansible-playbook kurl.ipv6.site -i <inventory> -e installer_src=<spec> -e artifacts_probe_image=%s"
                "   # loads it on every node" % (facts["image"], facts["node"], facts["image"])
                if image
                else "journalctl --unit kubelet --unit containerd --lines 80 --no-pager   # on %s" % facts["node"]
            ),
        )
    elif not facts["reached"]:
        verdict.fail(
            "runs at %s, but the API server does not reach it: %s" % (facts["address"], facts["unreached"]),
            expected="the API server's node reaches the pods of all nodes",
            remedy=_route_remedy(facts["address"], "the control plane node"),
        )
    else:
        verdict.passed("runs")


def _route_remedy(target, place):
    return (
        "ip -6 route get %s   # on %s: is it the pod network's way?\n"
        "sysctl net.ipv6.conf.all.forwarding   # on both nodes: must be 1\n"
        "%s --namespace kube-system get pods --output wide   # does the pod network run on both nodes?"
    ) % (target, place, _KUBECTL)


def _told(view, verdict):
    """Tell whether the node's pod could be asked; skip the check otherwise."""
    facts = view.facts
    if facts["idle"] or facts["cause"] or not facts["reached"]:
        verdict.skip(facts["idle"] or "not judged: the node's test pod cannot be asked")
        return False
    return True


@check(
    "cluster.pod-network",
    title="pods reach the pods of other nodes",
    why="A pod network that does not cross nodes shows only when two parts of an application land on two of them.",
    reference="https://kubernetes.io/docs/concepts/services-networking/#the-kubernetes-network-model",
    remedy="Look at the routes between the nodes, at forwarding, at firewalls, and at the pod network's own pods.",
    stage="cluster.test",
)
def pod_network(view, verdict):
    """From the node's pod to the pod of every other node."""
    if not _told(view, verdict):
        return
    others = view.facts["others"]
    missed = [item for item in others if item["asked"] and item["error"]]
    late = [item for item in others if not item["asked"]]
    if missed:
        verdict.fail(
            "no answer from %s: %s"
            % (_some("%s ([%s])" % (i["node"], i["address"]) for i in missed), missed[0]["error"]),
            expected="an answer over IPv6 from the pod on every other node",
            remedy=_route_remedy(missed[0]["address"], view.facts["node"]),
        )
    elif late:
        verdict.warn(
            "not tried in time: %s" % _some(item["node"] for item in late),
            expected="an answer over IPv6 from the pod on every other node",
            remedy="ansible-playbook kurl.ipv6.verify -i <inventory> -e verify_timeout=600",
        )
    elif not others:
        verdict.skip("there is no other node with a test pod")
    else:
        verdict.passed("answers from %s" % _count(len(others), "other node"))


@check(
    "cluster.api-service",
    title="pods reach the API service",
    why="Controllers, the pod network and name resolution find the API at the address of the Service kubernetes.",
    reference="https://kubernetes.io/docs/tasks/run-application/access-api-from-pod/",
    remedy="Look at kube-proxy on the node and at the endpoints of the Service kubernetes.",
    stage="cluster.test",
)
def api_service(view, verdict):
    """From the node's pod to the ClusterIP of default/kubernetes."""
    if _told(view, verdict):
        _service(
            view,
            verdict,
            view.facts["api"],
            "%s get endpointslices --selector kubernetes.io/service-name=kubernetes --output wide" % _KUBECTL,
        )


@check(
    "cluster.service",
    title="pods reach pods through a Service",
    why="Every application talks to others by the addresses of Services.",
    reference="https://kubernetes.io/docs/reference/networking/virtual-ips/",
    remedy="Look at kube-proxy on the node.",
    stage="cluster.test",
)
def service(view, verdict):
    """From the node's pod to the ClusterIP of the test Service."""
    if _told(view, verdict):
        _service(view, verdict, view.facts["service"], "%s get services --all-namespaces --output wide" % _KUBECTL)


def _service(view, verdict, result, look):
    if not result["asked"]:
        verdict.skip("not judged: %s" % result["error"])
    elif result["error"]:
        verdict.fail(
            "no answer from %s: %s" % (result["target"], result["error"]),
            expected="an answer over IPv6",
            remedy="%s\n%s --namespace kube-system get pods --selector k8s-app=kube-proxy --output wide   # on %s?"
            % (look, _KUBECTL, view.facts["node"]),
        )
    else:
        verdict.passed("answers at %s" % result["target"])


@check(
    "cluster.dns",
    title="a name of the cluster resolves in a pod",
    why="Pods find Services by name; on IPv6 by an AAAA record that the resolver hands out over IPv6.",
    reference="https://kubernetes.io/docs/tasks/administer-cluster/dns-debugging-resolution/",
    remedy="Look at CoreDNS and at its Service.",
    stage="cluster.test",
)
def dns(view, verdict):
    """The name of the API service, resolved by the pod's own resolver, is the Service's IPv6 address."""
    if not _told(view, verdict):
        return
    result = view.facts["dns"]
    expected = "%s is %s" % (result["name"], result["expected"])
    remedy = (
        "{0} --namespace kube-system get pods --selector k8s-app=kube-dns --output wide\n"
        "{0} --namespace kube-system logs --selector k8s-app=kube-dns --tail 30\n"
        "{0} --namespace kube-system get endpointslices --selector k8s-app=kube-dns"
    ).format(_KUBECTL)
    if not result["asked"]:
        verdict.skip("not judged: %s" % result["error"])
    elif not result["address"]:
        verdict.fail("%s does not resolve: %s" % (result["name"], result["error"]), expected=expected, remedy=remedy)
    elif families.family(result["address"]) != 6 or result["address"] != result["expected"]:
        verdict.fail("%s resolves to %s" % (result["name"], result["address"]), expected=expected, remedy=remedy)
    else:
        verdict.passed("%s is %s" % (result["name"], result["address"]))


@check(
    "cluster.node.joined",
    title="host is a node of the cluster",
    why="A host of the inventory that never joined does not show among the cluster's nodes.",
    reference="https://kubernetes.io/docs/concepts/architecture/nodes/",
    remedy="Run kurl.ipv6.site.",
    stage="cluster.host",
)
def joined(view, verdict):
    """One of the cluster's nodes has the host's name."""
    facts = view.facts
    if not facts["nodes"]:
        verdict.skip("not judged: the cluster's nodes are not known")
    elif facts["hostname"] not in {item["name"] for item in facts["nodes"]}:
        verdict.fail(
            "no node is called %s" % facts["hostname"],
            expected="a Node object for every host of the inventory",
            remedy="ansible-playbook kurl.ipv6.site -i <inventory> -e installer_src=<spec>",
        )
    else:
        verdict.passed("is a node")


@check(
    "cluster.node-port",
    title="a NodePort answers on every node",
    why="Clients outside the cluster come in at [node]:port, of any node.",
    reference="https://kubernetes.io/docs/concepts/services-networking/service/#type-nodeport",
    remedy="Look at kube-proxy on the node that does not answer, and at firewalls in front of it.",
    stage="cluster.host",
)
def node_port(view, verdict):
    """From the host to [node]:port of every node, itself included."""
    facts = view.facts
    if not facts["port"]:
        verdict.skip("not judged: there is no NodePort to ask")
        return
    missed = [item for item in facts["answers"] if item["error"]]
    if missed:
        verdict.fail(
            "no answer on %s: %s"
            % (_some("%s ([%s]:%d)" % (i["node"], i["address"], facts["port"]) for i in missed), missed[0]["error"]),
            expected="an answer on [node]:port of every node",
            remedy="%s --namespace kube-system get pods --selector k8s-app=kube-proxy --output wide   # on %s?\n"
            "ip6tables-save | grep -c KUBE-NODEPORTS   # on %s: are kube-proxy's rules there?"
            % (_KUBECTL, missed[0]["node"], missed[0]["node"]),
        )
    else:
        verdict.passed("answers on %s" % _count(len(facts["answers"]), "node"))
