# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0
"""Verifies a running cluster: reads it, lets a test pod on each node ask around, and removes what it made."""

from __future__ import absolute_import, division, print_function

__metaclass__ = type

import ipaddress
import json
import random
import time

from ansible_collections.kurl.ipv6.plugins.module_utils.cluster import (
    checks,
    diagnose,
    dial,
    families,
    pods,
    rollout,
    trial,
)
from ansible_collections.kurl.ipv6.plugins.module_utils.cluster.kubectl import KubectlError, stream
from ansible_collections.kurl.ipv6.plugins.module_utils.cluster.proxy import Proxy, ProxyError
from ansible_collections.kurl.ipv6.plugins.module_utils.finding import finding
from ansible_collections.kurl.ipv6.plugins.module_utils.rook import health
from ansible_collections.kurl.ipv6.plugins.module_utils.rook import verify as rook_verify

#: Kinds that are read of the whole cluster.
_KINDS = "nodes,namespaces,services,endpointslices.discovery.k8s.io,endpoints"
#: Kinds that are read of the namespaces whose pods are judged.
_WORKLOADS = "pods,daemonsets.apps,deployments.apps,statefulsets.apps"
_STEP_SECONDS = 2
#: How long a question that was not answered is repeated, in seconds.
PATIENCE = 30
#: What the questions need at the end of the time that there is, in seconds.
_ASKING_SECONDS = 45
#: By how much the last questions may outlast the time that there is, in seconds.
_OVERTIME_SECONDS = 60
#: How long the removal of the test objects is waited for, in seconds.
REMOVAL_SECONDS = 60
# Causes that no waiting mends.
_HOPELESS = (
    "ErrImageNeverPull",
    "ImagePullBackOff",
    "InvalidImageName",
    "CrashLoopBackOff",
    "CreateContainerConfigError",
)


def broken(message):
    """Return the finding for a cluster that cannot be asked."""
    return finding(
        "cluster.api",
        "cluster",
        "fail",
        "the API server answers",
        observed=message,
        expected="an answer to kubectl on the control plane node",
        remedy="kubectl --kubeconfig /etc/kubernetes/admin.conf get nodes\n"
        "journalctl --unit kubelet --lines 50 --no-pager\n"
        "ctr --namespace k8s.io tasks list   # do etcd and kube-apiserver run?",
        reference="https://kubernetes.io/docs/tasks/debug/debug-cluster/",
    )


def untested(message):
    """Return the finding for a cluster in which no test can be made."""
    return finding(
        "cluster.tests",
        "cluster",
        "fail",
        "test pods can be made",
        observed=message,
        expected="a pod on each node that asks around",
        remedy="kubectl --kubeconfig /etc/kubernetes/admin.conf get namespace %s --output yaml" % trial.NAMESPACE,
    )


def by_kind(objects):
    """Return objects as kind -> list."""
    sorted_out = {}
    for item in objects:
        sorted_out.setdefault(item["kind"], []).append(item)
    return sorted_out


class State:
    """What was read of a cluster."""

    def __init__(self, kubectl, namespaces):
        """Read a cluster. Raises KubectlError."""
        self._kubectl = kubectl
        self._namespaces = namespaces
        found = by_kind(kubectl.objects(["get", _KINDS, "--all-namespaces"]))
        self.nodes = found.get("Node", [])
        self.namespaces = {item["metadata"]["name"]: item for item in found.get("Namespace", [])}
        self.services = found.get("Service", [])
        self.networked = [item for kind in sorted(families.READERS) for item in found.get(kind, [])]
        self._read_workloads()

    def _read_workloads(self):
        found = {}
        for name in self._namespaces:
            if name in self.namespaces:
                for item in self._kubectl.objects(["get", _WORKLOADS, "--namespace", name]):
                    found.setdefault(item["kind"], []).append(item)
        self.pods = found.pop("Pod", [])
        self.workloads = [item for kind in sorted(found) for item in found[kind]]

    def read_again(self):
        """Read nodes and workloads again. Raises KubectlError."""
        self.nodes = self._kubectl.objects(["get", "nodes"])
        self._read_workloads()

    def settled(self):
        """Tell whether all nodes are ready and all workloads of the system run."""
        return (
            all(checks.node_ready(node) for node in self.nodes)
            and all(pods.healthy(pod) or pods.left_over(pod) for pod in self.pods)
            and not any(rollout.progress(item) for item in self.workloads)
        )

    def service(self, namespace, name):
        """Return a Service, or an empty dictionary."""
        for item in self.services:
            if (item["metadata"].get("namespace"), item["metadata"]["name"]) == (namespace, name):
                return item
        return {}

    def findings(self):
        """Judge what was read. Asks logs and events for the causes of pods that are not healthy."""
        found = [
            finding(
                "cluster.api",
                "cluster",
                "pass",
                "the API server answers",
                observed="knows %d node%s" % (len(self.nodes), "" if len(self.nodes) == 1 else "s"),
                reference="https://kubernetes.io/docs/tasks/debug/debug-cluster/",
            )
        ]
        for node in self.nodes:
            found += checks.run(checks.View("node/" + node["metadata"]["name"], {"node": node}), "cluster.node")
        found += checks.run(checks.View("cluster", {"objects": self.networked}), "cluster")
        for item in self.workloads:
            found += checks.run(checks.View("cluster", {"workload": item}), "cluster.workload")
        return found + self._pod_findings()

    def _pod_findings(self):
        """Judge each pod; those that are healthy are named together, by their number."""
        found, healthy = [], []
        for pod in self.pods:
            cause = "" if pods.healthy(pod) else diagnose.explain(self._kubectl, pod)
            for entry in checks.run(
                checks.View("pod/" + pods.name_of(pod), {"pod": pod, "cause": cause}), "cluster.pod"
            ):
                (healthy if entry["status"] == "pass" else found).append(entry)
        if healthy:
            number = "1 pod" if len(healthy) == 1 else "%d pods" % len(healthy)
            found.insert(0, dict(healthy[0], subject="cluster", observed=number))
        return found

    def addresses(self):
        """Return the nodes as list of ``{name, address}``, the address empty where it is not IPv6."""
        return [{"name": node["metadata"]["name"], "address": families.internal_address(node)} for node in self.nodes]


def read(kubectl, namespaces, patience):
    """Read a cluster and return its State; wait some seconds for it to settle first. Raises KubectlError."""
    until = time.time() + patience
    state = State(kubectl, namespaces)
    while not state.settled() and time.time() < until:
        time.sleep(_STEP_SECONDS)
        state.read_again()
    return state


def remove(kubectl):
    """Remove the namespace of the tests and wait until it is gone; return a finding if it stays, as a list."""
    words = ["delete", "--filename", "-", "--ignore-not-found", "--timeout", "%ds" % REMOVAL_SECONDS]
    # The controller of namespaces begins only after a while; pods that are told to end by then save that time.
    documents = [trial.daemon_set(trial.IMAGE), trial.service(), trial.namespace()]
    try:
        kubectl.run(words, stream(documents), limit=REMOVAL_SECONDS + 10)
    except KubectlError as error:
        return [
            finding(
                "cluster.cleanup",
                "cluster",
                "warn",
                "the test objects are removed",
                observed=str(error),
                expected="no namespace %s" % trial.NAMESPACE,
                remedy="kubectl --kubeconfig /etc/kubernetes/admin.conf delete namespace %s" % trial.NAMESPACE,
            )
        ]
    return []


class Trial:
    """The tests that pods make."""

    def __init__(self, kubectl, state, image, dns_domain, deadline):
        """Take a Kubectl, the State, the image of the pods, the cluster's domain, and the time when all must end."""
        self._kubectl = kubectl
        self._state = state
        self._image = image
        self._domain = dns_domain
        self._deadline = deadline
        #: The NodePort of the test Service, 0 while there is none at which a pod answers.
        self.node_port = 0
        #: Whether there may be objects to remove.
        self.touched = False

    def run(self):
        """Make the tests and return their findings. Leaves its objects in the cluster. Raises KubectlError."""
        self._replace_left_over()
        self._start()
        left = max(int(self._deadline - time.time()), 0) + _OVERTIME_SECONDS
        with Proxy(self._kubectl, "^/api/v1/namespaces/%s/" % trial.NAMESPACE, left) as api:
            try:
                test_pods = self._await_pods(api)
                service = next(iter(api.objects("/api/v1/namespaces/%s/services" % trial.NAMESPACE)), {})
            except ProxyError as error:
                raise KubectlError("kubectl proxy: %s" % error)
            if any(pods.healthy(pod) for pod in test_pods.values()):
                self.node_port = (service.get("spec") or {}).get("ports", [{}])[0].get("nodePort") or 0
            return self._ask(api, test_pods, service)

    def _replace_left_over(self):
        found = self._state.namespaces.get(trial.NAMESPACE)
        if found and not trial.ours(found):
            raise KubectlError(
                "there is a namespace %s that was not made here (it has no label %s=%s); it is left alone"
                % ((trial.NAMESPACE,) + trial.LABEL)
            )
        if found:
            still_there = remove(self._kubectl)
            if still_there:
                raise KubectlError("the namespace of an earlier run stays: %s" % still_there[0]["observed"])

    def _start(self):
        self.touched = True
        words = ["apply", "--server-side", "--field-manager", "kurl-ipv6", "--filename", "-"]
        self._kubectl.run(words, stream([trial.namespace(), trial.daemon_set(self._image)]))
        free = trial.free_node_ports(self._state.services)
        families_known = "ipFamilies" in (self._state.service("default", "kubernetes").get("spec") or {})
        for port in random.sample(free, min(3, len(free))) + [None]:
            try:
                self._kubectl.run(words, stream([trial.service(port, families_known)]))
                return
            except KubectlError as error:
                # Another took it meanwhile, or the API server's range is another: the last word is the server's.
                if port is None or "provided port" not in str(error):
                    raise

    def _await_pods(self, api):
        """Return node -> test pod, once those of all ready nodes run, or cannot, or the time for it is over."""
        wanted = {node["metadata"]["name"] for node in self._state.nodes if checks.node_ready(node)}
        until = self._deadline - _ASKING_SECONDS
        while True:
            found = {}
            for pod in api.objects("/api/v1/namespaces/%s/pods" % trial.NAMESPACE):
                if pods.node_of(pod):
                    found[pods.node_of(pod)] = pod
            waiting = [name for name in wanted if name not in found or not _decided(found[name])]
            if not waiting or time.time() > until:
                return found
            time.sleep(0.3)

    def _ask(self, api, test_pods, service):
        running = {name: pod for name, pod in test_pods.items() if pods.healthy(pod) and pods.addresses(pod)}
        api_address = (self._state.service("default", "kubernetes").get("spec") or {}).get("clusterIP") or ""
        service_address = (service.get("spec") or {}).get("clusterIP") or ""
        name = "kubernetes.default.svc.%s" % self._domain
        questions, wanted, meaning = [], [], []

        def ask(node, topic, host, port, path, good):
            questions.append(dial.Question(running[node]["metadata"]["name"], host, port, path))
            meaning.append((node, topic))
            wanted.append(good)

        for node in sorted(running):
            for other in sorted(running):
                if other != node:
                    target = running[other]
                    ask(
                        node,
                        ("network", other),
                        pods.addresses(target)[0],
                        trial.ASK_PORT,
                        "hostname",
                        _says(target["metadata"]["name"]),
                    )
            # The API server speaks TLS; that it says so to somebody who does not is an answer of its own.
            ask(node, ("api", ""), api_address, 443, "version", lambda answer: bool(answer.text))
            ask(
                node,
                ("service", ""),
                service_address,
                trial.SERVICE_PORT,
                "hostname",
                lambda answer: trial.is_pod_name(answer.text or ""),
            )
            # With a dot at the end the resolver's search list is not tried first.
            resolution = dial.resolution("", name + ".")
            ask(node, ("dns", ""), resolution.host, resolution.port, resolution.request, _resolves_to(api_address))

        now = time.time()
        answers = dial.ask_all(
            api,
            questions,
            lambda index, answer: wanted[index](answer),
            min(now + PATIENCE, self._deadline),
            # Each question is asked at least once, however late it is.
            max(self._deadline, now + dial.LIMIT),
        )
        said = {}
        for (node, topic), good, answer in zip(meaning, wanted, answers):
            said.setdefault(node, {})[topic] = (good(answer), answer)
        found = []
        for node in sorted(item["metadata"]["name"] for item in self._state.nodes):
            facts = self._facts(node, test_pods, running, said.get(node, {}), api_address, service_address, name)
            found += checks.run(checks.View("node/" + node, facts), "cluster.test")
        return found

    def _facts(self, node, test_pods, running, said, api_address, service_address, name):
        """Put together what the checks of the stage ``cluster.test`` understand."""
        facts = {"node": node, "image": self._image, "idle": "", "cause": "", "reached": False, "unreached": ""}
        known = {item["metadata"]["name"]: item for item in self._state.nodes}
        if node not in running:
            pod = test_pods.get(node)
            if not checks.node_ready(known[node]):
                facts["idle"] = "not judged: the node is not ready"
            elif pod is None:
                facts["cause"] = "no test pod was made for the node in time"
            else:
                facts["cause"] = diagnose.explain(self._kubectl, pod)
            return facts
        answers = [answer for _good, answer in said.values()]
        facts["address"] = pods.addresses(running[node])[0]
        facts["reached"] = any(answer.reached for answer in answers)
        facts["unreached"] = next((answer.error for answer in answers if answer.error), "")
        facts["others"] = [
            {
                "node": topic[1],
                "address": pods.addresses(running[topic[1]])[0],
                "asked": answer.asked,
                "error": "" if good else _error(answer),
            }
            for topic, (good, answer) in sorted(said.items())
            if topic[0] == "network"
        ]
        for topic, address, port in (("api", api_address, 443), ("service", service_address, trial.SERVICE_PORT)):
            good, answer = said[(topic, "")]
            facts[topic] = {
                "target": "[%s]:%d" % (address, port),
                "asked": answer.asked,
                "error": "" if good else _error(answer),
            }
        _good, answer = said[("dns", "")]
        facts["dns"] = {
            "name": name,
            "address": canonical(dial.resolved(answer)),
            "expected": canonical(api_address),
            "asked": answer.asked,
            "error": _error(answer),
        }
        return facts


def _decided(pod):
    """Tell whether waiting for a pod changes nothing: it runs, or what is wrong stays."""
    return pods.healthy(pod) or any(reason in json.dumps(pod.get("status") or {}) for reason in _HOPELESS)


def _says(name):
    return lambda answer: (answer.text or "").strip() == name


def _resolves_to(address):
    return lambda answer: bool(address) and canonical(dial.resolved(answer)) == canonical(address)


def _error(answer):
    return answer.error or "an unexpected answer: %s" % diagnose.shorten(answer.text or "nothing")


def canonical(text):
    """Return an address in its shortest form; anything else as it is."""
    try:
        return str(ipaddress.ip_address(text))
    except ValueError:
        return text


def without_pods(state, reason):
    """Return the findings of the tests that were not made."""
    found = []
    for node in state.addresses():
        facts = {"node": node["name"], "idle": reason, "cause": "", "reached": False}
        found += checks.run(checks.View("node/" + node["name"], facts), "cluster.test")
    return found


def _ceph(kubectl, state, wait, read_only, namespace, deadline):
    """Return the findings of Rook's Ceph, none where there is no Rook."""
    if health.NAMESPACE not in state.namespaces:
        return []

    def run(facts, stage):
        return checks.run(checks.View("cluster", facts), stage)

    ready = [item["metadata"]["name"] for item in state.nodes if checks.node_ready(item)]
    return rook_verify.check(kubectl, run, wait, ready, read_only, namespace, deadline)


def check(kubectl, image, namespaces, wait, timeout, dns_domain="cluster.local", keep=False, read_only=False):
    """Verify a cluster.

    Arguments:
        kubectl: the Kubectl.
        image: image of the test pods.
        namespaces: namespaces whose pods and workloads are judged.
        wait: how long to wait for what is not ready yet, in seconds.
        timeout: how long all may take, in seconds; the removal of the test objects is not counted.
        dns_domain: the cluster's domain.
        keep: whether the test objects stay when there is a NodePort to ask.
        read_only: whether the tests that need pods are left out.
    Returns:
        A map with ``findings``, ``nodes`` (list of ``{name, address}``) and ``node_port``, 0 if there is none to ask.
        Whatever the cluster does, it becomes a finding; what is raised is a bug, and the test objects are gone then.
    """
    deadline = time.time() + timeout
    result = {"findings": [], "nodes": [], "node_port": 0}
    try:
        state = read(kubectl, namespaces, min(wait, timeout))
        result["nodes"] = state.addresses()
        result["findings"] = state.findings()
    except KubectlError as error:
        result["findings"].append(broken(str(error)))
        return result
    if read_only:
        result["findings"] += without_pods(state, "not tried in check mode")
        result["findings"] += _ceph(kubectl, state, min(wait, timeout), True, "", deadline)
        return result
    trials = Trial(kubectl, state, image, dns_domain, deadline)
    try:
        try:
            result["findings"] += trials.run()
        except KubectlError as error:
            result["findings"].append(untested(str(error)))
        namespace = trial.NAMESPACE if trials.touched else ""
        result["findings"] += _ceph(kubectl, state, min(wait, timeout), False, namespace, deadline)
        result["node_port"] = trials.node_port if keep else 0
    finally:
        if trials.touched and not result["node_port"]:
            result["findings"] += remove(kubectl)
    return result
