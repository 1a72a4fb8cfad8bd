# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0
"""A small kubectl with a small cluster behind it, as a program of its own. --kubeconfig names the cluster, in JSON.

It understands what the collection asks of kubectl and answers as the real one does, with its words on errors. The map
in the file has

- ``objects``: what is in the cluster. Pods of a DaemonSet are made for each Node once it is applied.
- ``pod_status``: node -> status of the pod that is made there, instead of one that runs.
- ``rules``: how the network misbehaves: maps with ``node`` (of the asking pod), ``host``, ``port``, each optional, with
  ``error`` (what the pod says), ``refused`` (likewise, before it asks), ``text`` (what it is answered) or
  ``unreachable`` (why the API server does not reach the pod), and ``times``, after which the rule ends.
- ``failures``: maps with ``words`` (a part of the command line), ``stderr``, ``code``, ``seconds`` and ``times``.
- ``logs``: "pod/container" -> text, "pod/container/previous" likewise.
- ``calls``: every command line, as the program was called; written by the program.
"""

from __future__ import absolute_import, division, print_function

__metaclass__ = type

import contextlib
import copy
import fcntl
import json
import os
import random
import re
import sys
import time

CLUSTER_SCOPED = ("Namespace", "Node", "CustomResourceDefinition", "ClusterRole", "APIService")
BUILT_IN = {
    "v1": ["Namespace", "Node", "Pod", "Service", "ConfigMap", "Secret", "Endpoints", "Event", "ServiceAccount"],
    "apps/v1": ["DaemonSet", "Deployment", "StatefulSet"],
    "discovery.k8s.io/v1": ["EndpointSlice"],
    "apiextensions.k8s.io/v1": ["CustomResourceDefinition"],
    "apiregistration.k8s.io/v1": ["APIService"],
}


class Refused(Exception):
    """kubectl ends with exit code 1 and says this."""


@contextlib.contextmanager
def opened(path):
    """The cluster, alone; what was changed is written."""
    with open(path + ".lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with open(path) as file:
            cluster = json.load(file)
        before = json.dumps(cluster, sort_keys=True)
        try:
            yield cluster
        finally:
            if json.dumps(cluster, sort_keys=True) != before:
                with open(path + ".new", "w") as file:
                    json.dump(cluster, file)
                os.rename(path + ".new", path)


def options(words):
    """Return (positional words, option -> value)."""
    flags = ("--all-namespaces", "--ignore-not-found", "--server-side", "--force-conflicts", "--previous")
    plain, given, words = [], {}, list(words)
    while words:
        word = words.pop(0)
        if "=" in word and word.startswith("--"):
            name, value = word.split("=", 1)
            given[name] = value
        elif word in flags:
            given[word] = True
        elif word.startswith("--"):
            given[word] = words.pop(0)
        else:
            plain.append(word)
    return plain, given


def kind_of(word):
    """Return the kind that a word of the command line means: nodes, pods, daemonsets.apps ..."""
    plural = word.split(".")[0].lower()
    for kinds in BUILT_IN.values():
        for kind in kinds:
            if plural in (kind.lower(), kind.lower() + "s"):
                return kind
    raise Refused('error: the server doesn\'t have a resource type "%s"' % word)


def same(first, second):
    """Tell whether two objects are the same one."""
    return first["kind"] == second["kind"] and place(first) == place(second)


def place(item):
    """Return (namespace, name) of an object."""
    namespace = "" if item["kind"] in CLUSTER_SCOPED else item["metadata"].get("namespace", "default")
    return namespace, item["metadata"]["name"]


def known(cluster, document):
    """Refuse a kind that the API server does not serve."""
    served = set(BUILT_IN.get(document["apiVersion"], ()))
    for item in cluster["objects"]:
        if item["kind"] == "CustomResourceDefinition":
            for version in item["spec"]["versions"]:
                if "%s/%s" % (item["spec"]["group"], version["name"]) == document["apiVersion"]:
                    served.add(item["spec"]["names"]["kind"])
    if document["kind"] not in served:
        raise Refused(
            'error: resource mapping not found for name: "%s" namespace: "%s" from "STDIN": no matches for kind "%s" '
            'in version "%s"\nensure CRDs are installed first'
            % (
                document["metadata"]["name"],
                document["metadata"].get("namespace", ""),
                document["kind"],
                document["apiVersion"],
            )
        )


def documents():
    """Return what standard input holds."""
    return [json.loads(text) for text in sys.stdin.read().split("\n---\n") if text.strip()]


def printed(found):
    """Return objects as kubectl prints them."""
    if len(found) == 1:
        return json.dumps(found[0])
    return json.dumps({"apiVersion": "v1", "kind": "List", "items": found}) if found else ""


def get(cluster, plain, given):
    """kubectl get."""
    if "--filename" in given:
        found = []
        for document in documents():
            known(cluster, document)
            there = [item for item in cluster["objects"] if same(item, document)]
            if not there and not given.get("--ignore-not-found"):
                raise Refused('Error from server (NotFound): "%s" not found' % document["metadata"]["name"])
            found += there
        return printed(found)
    kinds = [kind_of(word) for word in plain[0].split(",")]
    namespace = None if given.get("--all-namespaces") else given.get("--namespace", "default")
    found = []
    for kind in kinds:
        for item in cluster["objects"]:
            if item["kind"] != kind or (plain[1:] and item["metadata"]["name"] not in plain[1:]):
                continue
            if kind not in CLUSTER_SCOPED and namespace is not None and place(item)[0] != namespace:
                continue
            if selected(item, given):
                found.append(item)
    if plain[1:] and len(plain) == 2:
        return json.dumps(found[0])
    return json.dumps({"apiVersion": "v1", "kind": "List", "items": found})


def selected(item, given):
    """Tell whether selectors fit an object."""
    labels = item["metadata"].get("labels") or {}
    for pair in (given.get("--selector") or "").split(","):
        if pair and labels.get(pair.split("=")[0]) != pair.split("=")[1]:
            return False
    fields = dict(pair.split("=") for pair in (given.get("--field-selector") or "").split(",") if pair)
    return all(
        {"involvedObject.name": (item.get("involvedObject") or {}).get("name"), "type": item.get("type")}[name] == value
        for name, value in fields.items()
    )


def merged(old, new):
    """Return what server-side apply makes of an object."""
    if isinstance(old, dict) and isinstance(new, dict):
        both = dict(old)
        for key, value in new.items():
            both[key] = merged(old.get(key), value)
        return both
    return copy.deepcopy(new)


def apply(cluster, plain, given):
    """kubectl apply --server-side."""
    dry = given.get("--dry-run") == "server"
    target = copy.deepcopy(cluster) if dry else cluster
    done, complaints = [], []
    for document in documents():
        try:
            known(cluster, document)
            done.append(apply_one(target, document))
        except Refused as error:
            complaints.append(str(error))
    if complaints:
        raise Refused("\n".join(complaints))
    return printed(done)


def apply_one(cluster, document):
    """Bring one object in."""
    namespace = place(document)[0]
    if namespace and ("Namespace", namespace) not in {(i["kind"], i["metadata"]["name"]) for i in cluster["objects"]}:
        raise Refused('Error from server (NotFound): namespaces "%s" not found' % namespace)
    old = next((item for item in cluster["objects"] if same(item, document)), None)
    new = merged(old or {}, document)
    if document["kind"] == "Service":
        served(cluster, new)
    if old == new:
        return old
    metadata = new["metadata"]
    metadata["resourceVersion"] = str(random.randrange(10**6))
    metadata["generation"] = metadata.get("generation", 0) + 1
    metadata.setdefault("managedFields", []).append({"manager": "kurl-ipv6"})
    metadata.setdefault("uid", "uid-%d" % len(cluster["objects"]))
    if namespace:
        metadata.setdefault("namespace", namespace)
    if document["kind"] == "CustomResourceDefinition" and not cluster.get("never_established"):
        new["status"] = {"conditions": [{"type": "Established", "status": "True"}]}
    if old is None:
        cluster["objects"].append(new)
    else:
        cluster["objects"][cluster["objects"].index(old)] = new
    if document["kind"] == "DaemonSet":
        run_pods(cluster, new)
    return new


def served(cluster, service):
    """Give a Service its address and its port on the nodes."""
    services = [item for item in cluster["objects"] if item["kind"] == "Service" and not same(item, service)]
    spec = service["spec"]
    spec.setdefault("clusterIP", "fd00:c00b:2::%x" % (100 + len(services)))
    spec.setdefault("clusterIPs", [spec["clusterIP"]])
    low, high = cluster.get("node_port_range", (80, 60000))
    for port in spec["ports"] if spec.get("type") == "NodePort" else []:
        taken = {other.get("nodePort") for item in services for other in item["spec"].get("ports") or []}
        taken |= set(cluster.get("hidden_node_ports", ()))
        value = "spec.ports[0].nodePort: Invalid value: %s: provided port is " % port.get("nodePort")
        if "nodePort" in port and port["nodePort"] in taken:
            raise Refused('The Service "%s" is invalid: %salready allocated' % (service["metadata"]["name"], value))
        if "nodePort" in port and not low <= port["nodePort"] <= high:
            raise Refused(
                'The Service "%s" is invalid: %snot in the valid range. The range of valid ports is %d-%d'
                % (service["metadata"]["name"], value, low, high)
            )
        port.setdefault("nodePort", next(number for number in range(low, high) if number not in taken))


def run_pods(cluster, daemon_set):
    """Make the pods of a DaemonSet."""
    nodes = [item for item in cluster["objects"] if item["kind"] == "Node"]
    for number, node in enumerate(nodes, 1):
        name = node["metadata"]["name"]
        status = {
            "phase": "Running",
            "podIP": "fd00:c00b:1:%x::5" % number,
            "podIPs": [{"ip": "fd00:c00b:1:%x::5" % number}],
            "conditions": [{"type": "Ready", "status": "True"}],
        }
        if name in cluster.get("pod_status", {}):
            status = cluster["pod_status"][name]
        cluster["objects"].append(
            {
                "apiVersion": "v1",
                "kind": "Pod",
                "metadata": {
                    "name": "%s-%s" % (daemon_set["metadata"]["name"], ("%05d" % number)),
                    "namespace": place(daemon_set)[0],
                    "labels": daemon_set["spec"]["template"]["metadata"]["labels"],
                },
                "spec": {"nodeName": name},
                "status": status,
            }
        )


def delete(cluster, plain, given):
    """kubectl delete."""
    gone = documents() if "--filename" in given else []
    if plain:
        gone += [{"kind": kind_of(plain[0]), "metadata": {"name": name}} for name in plain[1:]]
    names = {item["metadata"]["name"] for item in gone if item["kind"] == "Namespace"}
    cluster["objects"] = [
        item
        for item in cluster["objects"]
        if not any(same(item, other) for other in gone) and place(item)[0] not in names
    ]
    return ""


def logs(cluster, plain, given):
    """kubectl logs."""
    key = "%s/%s%s" % (plain[0], given["--container"], "/previous" if given.get("--previous") else "")
    if key not in cluster.get("logs", {}):
        raise Refused('Error from server (BadRequest): container "%s" is waiting to start' % given["--container"])
    return cluster["logs"][key]


def answer(cluster, pod, host, port, request):
    """Return (status, body) of what a test pod got when it asked."""
    node = pod["spec"]["nodeName"]
    for rule in cluster.get("rules", []):
        fits = all(rule.get(name, value) == value for name, value in (("node", node), ("host", host), ("port", port)))
        if fits and rule.get("times", 1):
            rule["times"] = rule.get("times", -1) - (1 if "times" in rule else 0)
            if "unreachable" in rule:
                return 503, status("error trying to reach service: " + rule["unreachable"])
            if "refused" in rule:
                return 400, "host and/or port param are invalid. %s\n" % rule["refused"]
            return 200, json.dumps({"errors": [rule["error"]]} if "error" in rule else {"responses": [rule["text"]]})
    services = [item for item in cluster["objects"] if item["kind"] == "Service"]
    pods = {item["status"].get("podIP"): item for item in cluster["objects"] if item["kind"] == "Pod"}
    address = host
    match = re.match(r"([a-z0-9-]+)\.([a-z0-9-]+)\.svc\.cluster\.local\.$", host)
    if match:
        found = [item for item in services if place(item) == (match.group(2), match.group(1))]
        if not found:
            return 400, "host and/or port param are invalid. lookup %s on [fd00:c00b:2::a]:53: no such host\n" % host
        address = found[0]["spec"]["clusterIP"]
    url = "http://[%s]:%s/%s" % (address, port, request)
    if re.search("%(?![0-9a-fA-F]{2})", url):
        return 200, json.dumps({"errors": ['parse "%s": invalid URL escape "%s"' % (url, request[:3])]})
    if address in pods and port == "8080":
        return 200, json.dumps({"responses": [pods[address]["metadata"]["name"]]})
    for item in services:
        if item["spec"].get("clusterIP") == address and int(port) in [p["port"] for p in item["spec"]["ports"]]:
            if item["metadata"]["name"] == "kubernetes":
                return 200, json.dumps({"responses": ["Client sent an HTTP request to an HTTPS server.\n"]})
            return 200, json.dumps({"responses": [pod["metadata"]["name"]]})
    return 200, json.dumps({"errors": ['Get "%s": context deadline exceeded' % url]})


def status(message):
    """Return a Status object."""
    return json.dumps({"kind": "Status", "apiVersion": "v1", "status": "Failure", "message": message})


def proxy(path, given):
    """kubectl proxy on a Unix socket, until it is ended."""
    # Here, because it takes longer than all else that most calls do.
    import socketserver
    from http.server import BaseHTTPRequestHandler
    from urllib.parse import parse_qs, unquote, urlsplit

    class Handler(BaseHTTPRequestHandler):
        def address_string(self):
            return "unix"

        def log_message(self, *words):
            pass

        def do_GET(self):
            url = urlsplit(self.path)
            if not re.search(given["--accept-paths"], url.path):
                code, body = 403, "Forbidden"
            else:
                with opened(path) as cluster:
                    code, body = self.route(cluster, url)
            self.send_response(code)
            self.send_header("Content-Length", str(len(body.encode("utf-8"))))
            self.end_headers()
            self.wfile.write(body.encode("utf-8"))

        def route(self, cluster, url):
            match = re.match(r"/api/v1/namespaces/([^/]+)/(pods|services)(?:/([^/:]+):8080/proxy/dial)?$", url.path)
            if not match:
                return 404, status("the server could not find the requested resource")
            namespace, plural, name = match.groups()
            kind = {"pods": "Pod", "services": "Service"}[plural]
            found = [item for item in cluster["objects"] if item["kind"] == kind and place(item)[0] == namespace]
            if not name:
                return 200, json.dumps({"kind": kind + "List", "items": found})
            pods = [item for item in found if item["metadata"]["name"] == name]
            words = {key: values[0] for key, values in parse_qs(url.query).items()}
            return answer(cluster, pods[0], unquote(words["host"]), words["port"], words["request"])

    class Server(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
        daemon_threads = True
        request_queue_size = 64

    Server(given["--unix-socket"], Handler).serve_forever()


def failing(cluster, words):
    """Fail where the cluster says so."""
    for failure in cluster.get("failures", []):
        if failure["words"] in " ".join(words) and failure.get("times", 1):
            failure["times"] = failure.get("times", -1) - (1 if "times" in failure else 0)
            return failure
    return None


def main():
    """Do what the command line says."""
    path, words = sys.argv[2], sys.argv[3:]
    assert sys.argv[1] == "--kubeconfig"
    plain, given = options(words[1:])
    try:
        with opened(path) as cluster:
            cluster.setdefault("calls", []).append(words)
            failure = failing(cluster, words)
        if failure:
            time.sleep(failure.get("seconds", 0))
            sys.stderr.write(failure.get("stderr", ""))
            sys.exit(failure.get("code", 1))
        if words[0] == "proxy":
            proxy(path, given)
        with opened(path) as cluster:
            action = {"get": get, "apply": apply, "delete": delete, "logs": logs}[words[0]]
            print(action(cluster, plain, given))
    except Refused as error:
        sys.stderr.write("%s\n" % error)
        sys.exit(1)


if __name__ == "__main__":
    main()
