# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0
"""Antrea's data path on two machines with kernels of their own, in this order. Needs Antrea's images in the mirror, and
skips without them. The control plane is a container, whose kernel may lack Open vSwitch: agents run on the machines
alone.
"""

import glob
import json
import os
import re
import time

import pytest
import yaml
from cluster import TOP, changed, run
from containers import settings
from machines import Machines

NAME, SUBNET = "e2e-antrea-vm", "fd00:3a::/64"
VERSION = "2.4.1"
LABEL = "kurl-ipv6-test/antrea"
UPSTREAM = os.path.join(TOP, "tests", "data", "upstream", "antrea", f"antrea-{VERSION}.yml")
#: What agents need of a kernel.
MODULES = ("openvswitch", "geneve", "wireguard")
IMAGE = "registry.k8s.io/e2e-test-images/agnhost:2.53"
#: Geneve over IPv6 takes 70 bytes of the interface's 1500.
MTU = 1430
PODS = """
apiVersion: apps/v1
kind: DaemonSet
metadata: {{name: web, namespace: default}}
spec:
  selector: {{matchLabels: {{app: web}}}}
  template:
    metadata: {{labels: {{app: web}}}}
    spec:
      nodeSelector: {{{label}: "true"}}
      terminationGracePeriodSeconds: 1
      containers: [{{name: web, image: "{image}", args: [netexec, --http-port=8080]}}]
---
apiVersion: v1
kind: Service
metadata: {{name: web, namespace: default}}
spec:
  type: NodePort
  ipFamilies: [IPv6]
  selector: {{app: web}}
  ports: [{{port: 80, targetPort: 8080, nodePort: 30080}}]
"""
DENY = """
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: nobody, namespace: default}
spec: {podSelector: {matchLabels: {app: web}}, policyTypes: [Ingress]}
"""


@pytest.fixture(scope="module")
def lab(request, tmp_path_factory):
    """A control plane in a container and two machines, and a mirror whose manifest asks for a label of the machines."""
    cache = settings.cache("mirror")
    if not glob.glob(os.path.join(cache, "images", "*", "antrea", "antrea-agent-ubuntu", f"v{VERSION}-*.tar")):
        pytest.skip(f"the mirror holds no images of Antrea {VERSION}, so its data path cannot be tested")
    inventory = os.path.join(TOP, "build", f"{NAME}-inventory.yml")
    os.makedirs(os.path.dirname(inventory), exist_ok=True)
    nodes = Machines(NAME, SUBNET, inventory, cache, 3, vms=2, words=["--memory", 2048])
    assert nodes.down().code == 0
    result = nodes.up()
    assert result.code == 0, result.output
    folder = tmp_path_factory.mktemp("mirror")
    nodes.link_mirror(folder)
    release = folder / "github.com" / "antrea-io" / "antrea" / "releases" / "download" / f"v{VERSION}"
    release.mkdir(parents=True, exist_ok=True)
    (release / "antrea.yml").unlink(missing_ok=True)
    (release / "antrea.yml").write_text(labelled())
    arrange(nodes, str(folder), str(tmp_path_factory.mktemp("cache")))
    yield nodes
    if not request.config.getoption("--keep-lab"):
        result = nodes.down()
        assert result.code == 0, result.output


def labelled():
    """Return the manifest with agents that run only on nodes with the test's label."""
    with open(UPSTREAM, encoding="utf-8") as file:
        documents = [document for document in yaml.safe_load_all(file) if document]
    for document in documents:
        if document["kind"] == "DaemonSet":
            document["spec"]["template"]["spec"]["nodeSelector"][LABEL] = "true"
    return yaml.safe_dump_all(documents)


def arrange(lab, mirror, cache):
    """Write into the inventory what this test's nodes need."""
    with open(lab.inventory, encoding="utf-8") as file:
        whole = json.loads("".join(line for line in file if not line.startswith("#")))
    whole["all"]["vars"].update(artifacts_mirror=mirror, artifacts_cache=cache)
    for host in whole["all"]["children"]["kube_control_plane"]["hosts"].values():
        reason = "no agent runs here"
        host["preflight_ignore"] = [{"id": f"module.{name}", "reason": reason} for name in MODULES]
    for host in whole["all"]["children"]["kube_node"]["hosts"].values():
        host["kubernetes_node_labels"] = f"{LABEL}=true"
    with open(lab.inventory, "w", encoding="utf-8") as file:
        json.dump(whole, file)


def apply(lab, text):
    words = [*lab.ssh_words(next(iter(lab.hosts()))), "kubectl --kubeconfig /etc/kubernetes/admin.conf"]
    words[-1] += f" apply -f - <<'END'\n{text}END"
    result = run(words)
    assert result.code == 0, result.output


def pods(lab, seconds=600):
    """Return node -> address of the pod there, once both run: agents that start before the proxy end and wait longer
    from time to time, which on a slow machine adds up to minutes.
    """
    end = time.monotonic() + seconds
    while True:
        found = {
            item["spec"]["nodeName"]: item["status"].get("podIP")
            for item in lab.objects("pods --namespace default --selector app=web")
            if item["status"].get("phase") == "Running"
            and not item["metadata"].get("deletionTimestamp")
            and any(c["type"] == "Ready" and c["status"] == "True" for c in item["status"]["conditions"])
        }
        if len(found) == 2 and all(found.values()):
            return found
        assert time.monotonic() < end, lab.kubectl("describe pods --selector app=web").output
        time.sleep(3)


def inside(lab, node, command):
    """Run a command of the machine's in the network of its pod; return the Result."""
    find = (
        "for id in $(ctr -n k8s.io containers list -q 'labels.\"io.kubernetes.container.name\"==web'); do"
        " ctr -n k8s.io tasks list | awk -v id=$id '$1 == id && $3 == \"RUNNING\" {print $2}'; done | head -1"
    )
    return lab.ssh(node, f"nsenter --net --target $({find}) {command}")


def ask(address, port):
    """Return the command that asks a web server for the name of its pod."""
    code = (
        f"import urllib.request as u; print(u.urlopen('http://[{address}]:{port}/hostname', timeout=5).read().decode())"
    )
    return f'python3 -c "{code}"'


def eventually(question, seconds=60):
    """Ask until the exit code is 0, and return the last Result."""
    end = time.monotonic() + seconds
    result = question()
    while result.code and time.monotonic() < end:
        time.sleep(2)
        result = question()
    return result


def pod_mtu(lab, node):
    return int(re.search(r" mtu (\d+) ", inside(lab, node, "ip -oneline link show dev eth0").output).group(1))


def reach_each_other(lab):
    """Assert that the pods reach each other both ways, with packets as large as their interfaces take."""
    addresses = pods(lab)
    for node in addresses:
        mtu = pod_mtu(lab, node)
        for other, address in addresses.items():
            if other != node:
                words = f"ping -6 -c 3 -i 0.3 -W 5 -M do -s {mtu - 48} {address}"
                result = eventually(lambda node=node, words=words: inside(lab, node, words))
                assert result.code == 0, f"{node} to {other}: {result.output}"
                answer = eventually(lambda node=node, address=address: inside(lab, node, ask(address, 8080)))
                assert answer.output.startswith("web-"), f"{node} to {other}: {answer.output}"


def site(lab, **more):
    given = {"antrea_timeout": 900, "installer_patches": [], "external_cni": False}
    return lab.playbook("kurl.ipv6.site", variables={**given, **more})


def test_site_installs_antrea_and_sees_every_agent_come_up(lab):
    result = site(lab)
    assert result.code == 0, result.output
    # The controller makes one for every node; agents fill in theirs.
    agents = {agent["metadata"]["name"]: agent.get("agentConditions", []) for agent in lab.objects("antreaagentinfos")}
    assert sorted(node for node, conditions in agents.items() if conditions) == sorted(list(lab.hosts())[1:])
    # The connection to the controller may take a while longer.
    assert all(one["status"] == "True" for found in agents.values() for one in found if one["type"] == "AgentHealthy")


def test_pods_reach_each_other_with_full_size_packets(lab):
    apply(lab, PODS.format(label=LABEL, image=IMAGE))
    addresses = pods(lab)
    for node in addresses:
        assert pod_mtu(lab, node) == MTU
    reach_each_other(lab)


def test_services_and_node_ports_answer(lab):
    service = lab.objects("services --namespace default --field-selector metadata.name=web")[0]["spec"]["clusterIP"]
    for node in pods(lab):
        answer = eventually(lambda node=node: inside(lab, node, ask(service, 80)))
        assert answer.output.startswith("web-"), (node, answer.output)
    for node, address in lab.hosts().items():
        answer = eventually(lambda address=address: run(["bash", "-c", ask(address, 30080)]))
        if node in pods(lab):
            assert answer.output.startswith("web-"), (node, answer.output)


def test_networkd_leaves_its_interfaces_alone(lab):
    """Also where somebody's own file is for every interface; the file goes again."""
    node = lab.machines()[0]
    path = "/etc/systemd/network/50-all.network"
    assert lab.ssh(node, f"printf '[Match]\\nName=*\\n' > {path} && networkctl reload && sleep 2").code == 0
    setup = {words[1]: words[-1] for words in map(str.split, networkctl(lab, node).splitlines()) if len(words) == 5}
    assert lab.ssh(node, f"rm {path} && networkctl reload").code == 0
    assert setup["lo"] == "configured"  # The file is in force.
    theirs = {name for name, state in setup.items() if state == "unmanaged"}
    assert {"antrea-gw0", "genev_sys_6081", "ovs-system"} < theirs, setup
    assert any(name.startswith("web-") for name in theirs), setup


def networkctl(lab, node):
    return lab.ssh(node, "networkctl list --no-pager --no-legend").output


def test_a_network_policy_holds_off_others_and_lets_them_in_again(lab):
    addresses = pods(lab)
    (one, _here), (_other, there) = addresses.items()
    assert inside(lab, one, ask(there, 8080)).code == 0
    apply(lab, DENY)
    end = time.monotonic() + 60
    while inside(lab, one, ask(there, 8080)).code == 0:
        assert time.monotonic() < end, "the policy holds nobody off"
        time.sleep(1)
    assert lab.kubectl("delete networkpolicy nobody").code == 0
    assert eventually(lambda: inside(lab, one, ask(there, 8080))).code == 0


def test_everything_comes_back_after_a_reboot(lab):
    lab.reboot(lab.machines()[-1])
    reach_each_other(lab)
    result = site(lab)
    assert result.code == 0 and changed(result.output) == 0, result.output


def carried(lab, node):
    """Return the bytes that a machine's WireGuard has sent."""
    return int(lab.ssh(node, "cat /sys/class/net/antrea-wg0/statistics/tx_bytes").output)


def test_traffic_between_machines_is_encrypted_once_the_spec_wants_it(lab):
    result = site(lab, installer_overrides={"spec": {"antrea": {"isEncryptionDisabled": False}}})
    assert result.code == 0, result.output
    # Pods keep the MTU that they were made with.
    assert lab.kubectl("rollout restart daemonset web").code == 0
    assert lab.kubectl("rollout status daemonset web --timeout 180s").code == 0
    before = {node: carried(lab, node) for node in lab.machines()}
    reach_each_other(lab)
    for node in lab.machines():
        assert 1280 <= pod_mtu(lab, node) < MTU
        assert carried(lab, node) > before[node] + 3 * pod_mtu(lab, node)
    again = site(lab, installer_overrides={"spec": {"antrea": {"isEncryptionDisabled": False}}})
    assert changed(again.output) == 0, again.output


def test_reset_leaves_nothing_of_it_in_the_kernel(lab):
    result = lab.playbook("kurl.ipv6.reset", variables={"reset_confirm": True}, spec=False)
    assert result.code == 0, result.output
    for node in lab.machines():
        links = lab.ssh(node, "ip -brief link").output
        assert len(links.splitlines()) == 2, links  # The loopback and the one interface.
        chains = lab.ssh(node, "ip6tables-save; iptables-save").output
        assert "ANTREA" not in chains and "KUBE" not in chains, chains
        assert "antrea" not in lab.ssh(node, "ip -6 route; ip -6 rule; ls /run /var/log /var/lib").output
        # No set is left, whoever may look for it with a program that is not there.
        assert lab.ssh(node, "cat /sys/module/ip_set_hash_net/refcnt").output.strip() == "0", node
