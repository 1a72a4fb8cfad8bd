# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0
"""Nodes come, are lost, leave, and are what they were before, in this order: a third control plane node joins two, is
refused to leave while it would cost a quorum, leaves; then the rest is reset.
"""

import copy
import hashlib
import json
import os
import re
import subprocess
import time

import pytest
from cluster import BINARIES, TOP, changed
from conftest import fresh
from test_container import differences, snapshots

NAME = "e2e-life"
REMOVE, RESET, JUMPBOX = "kurl.ipv6.remove_node", "kurl.ipv6.reset", "kurl.ipv6.jumpbox"
IMAGE = "registry.k8s.io/e2e-test-images/agnhost:2.53"
#: Lines of a snapshot that may differ after a reset. The digests of the files are compared all the same.
EXCUSED = re.compile(
    r"fd00:c00b:1[:\w]*/64 via "  # The lab's network is no part of the product, and has no way back for its routes.
    r"|: [+-]/etc/hosts \d+ \d+ \d+ \d+ [\d.]+"  # It held lines of ours, and is younger.
    r"|: [+-]/etc/(?:resolv.conf|hostname) \d+ \d+ \d+ \d+ [\d.]+"  # The container engine writes them at each start.
    r"|: [+-]systemd-1 /proc/sys/fs/binfmt_misc autofs "  # Its pipe has another number after the node's restart.
)
#: A pod that may not be disturbed, on the node that is to be drained.
GUARDED = """
apiVersion: apps/v1
kind: Deployment
metadata: {name: guarded, namespace: default}
spec:
  replicas: 1
  selector: {matchLabels: {app: guarded}}
  template:
    metadata: {labels: {app: guarded}}
    spec:
      nodeSelector: {kubernetes.io/hostname: %s}
      terminationGracePeriodSeconds: 1
      containers: [{name: pause, image: "%s", args: [pause]}]
---
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata: {name: stays-here, namespace: default}
spec: {minAvailable: 1, selector: {matchLabels: {app: guarded}}}
"""


@pytest.fixture(scope="module")
def lab(request):
    """Three nodes, all of them control plane nodes, behind the internal load balancer."""
    # A busy machine lets ssh wait; a node that is off is refused at once.
    os.environ["ANSIBLE_TIMEOUT"] = "30"
    yield from fresh(request, NAME, "fd00:23::/64", control_planes=3, spec="ha.yml")


@pytest.fixture(scope="module")
def before(lab):
    """The nodes as they were before the first playbook."""
    return snapshots(lab)


@pytest.fixture(scope="module")
def two(lab, tmp_path_factory):
    """An inventory with the first two nodes alone."""
    return inventory(lab, tmp_path_factory.mktemp("two"), leave_out=[f"{NAME}-n3"])


def inventory(lab, folder, leave_out=(), groups=None):
    """Write the lab's inventory without some hosts, and with more groups; return its path."""
    with open(lab.inventory, encoding="utf-8") as file:
        whole = copy.deepcopy(json.loads("".join(line for line in file if not line.startswith("#"))))
    for group in whole["all"]["children"].values():
        group["hosts"] = {name: host for name, host in group["hosts"].items() if name not in leave_out}
    whole["all"]["children"].update(groups or {})
    path = folder / "inventory.yml"
    path.write_text(json.dumps(whole))
    return str(path)


def play(lab, playbook, path, *words, **variables):
    """Run a playbook with an inventory; return its Result."""
    # A second inventory on the command line would add to the first, so the lab's own is replaced.
    lab_path, lab.inventory = lab.inventory, path
    try:
        spec = playbook == "kurl.ipv6.site"
        return lab.playbook(playbook, *words, variables=variables, spec=spec)
    finally:
        lab.inventory = lab_path


def changed_on(result):
    """Return {host: number of changed tasks}."""
    recap = re.findall(r"^(\S+)\s+: ok=\d+\s+changed=(\d+)", result.output, re.MULTILINE)
    return {host: int(count) for host, count in recap}


def flat(result):
    """Return what was printed, with the line breaks of messages as blanks."""
    return " ".join(result.output.replace("\\n", " ").split())


def nodes(lab):
    return sorted(node["metadata"]["name"] for node in lab.objects("nodes"))


def backends(lab, node):
    return re.findall(r"server (\S+) \[", lab.ssh(node, "cat /etc/kurl-ipv6/haproxy.cfg").output)


def await_api(lab):
    """Wait until the API answers through the load balancer of the first node."""
    deadline = time.monotonic() + 90
    while lab.kubectl("get --raw /readyz").code != 0:
        assert time.monotonic() < deadline, "the API did not come back"
        time.sleep(1)


def as_before(lab, before, node):
    """Return what differs on a node from how it was, but for what is excused."""
    now = snapshots(lab)[node]
    return [line for line in differences({node: before[node]}, {node: now}) if not EXCUSED.search(line)]


def test_a_host_that_never_was_a_node_is_left_alone(lab, before):
    result = lab.playbook(RESET, variables={"reset_confirm": True}, spec=False)
    assert result.code == 0, result.output
    assert changed(result.output) == 0
    assert differences(before, snapshots(lab)) == []


def test_a_host_that_is_added_joins_and_the_others_only_learn_of_it(lab, two):
    result = play(lab, "kurl.ipv6.site", two)
    assert result.code == 0, result.output
    result = lab.site()
    assert result.code == 0, result.output
    assert nodes(lab) == [f"{NAME}-n1", f"{NAME}-n2", f"{NAME}-n3"]
    counts = changed_on(result)
    # The block of /etc/hosts, and the backends of the load balancer.
    assert counts[f"{NAME}-n1"] == counts[f"{NAME}-n2"] == 2, counts
    assert counts[f"{NAME}-n3"] > 2
    assert backends(lab, f"{NAME}-n1") == [f"{NAME}-n1", f"{NAME}-n2", f"{NAME}-n3"]
    if lab.network.external:
        assert lab.cluster_network().code == 0


def test_a_node_that_does_not_exist_or_answer_is_refused(lab):
    assert "Say which node leaves" in flat(lab.playbook(REMOVE, spec=False))
    assert "nobody is not in kube_control_plane" in flat(lab.playbook(REMOVE, variables={"node": "nobody"}, spec=False))


def test_whatever_would_cost_the_quorum_is_refused(lab, two):
    lab.podman("stop", "--time", "2", f"{NAME}-n3")
    try:
        await_api(lab)
        # n3 is lost, and n2 may not leave as well.
        result = play(lab, REMOVE, two, node=f"{NAME}-n2")
        assert result.code != 0
        assert f"etcd would lose its quorum without {NAME}-n2" in flat(result), result.output
        assert f"-e node={NAME}-n3 -e node_is_gone=true" in flat(result)
        result = lab.playbook(REMOVE, variables={"node": f"{NAME}-n3"}, spec=False)
        assert result.code != 0
        assert "Is it lost for good?" in flat(result), result.output
        assert nodes(lab) == [f"{NAME}-n1", f"{NAME}-n2", f"{NAME}-n3"]
    finally:
        lab.podman("start", f"{NAME}-n3")
    assert lab.up().code == 0
    await_api(lab)


def test_a_disruption_budget_stops_the_drain_and_is_named(lab):
    third = f"{NAME}-n3"
    done = subprocess.run(
        [*lab.ssh_words(f"{NAME}-n1"), "kubectl --kubeconfig /etc/kubernetes/admin.conf apply -f -"],
        input=GUARDED % (third, IMAGE),
        text=True,
        cwd=TOP,
        check=False,
    )
    assert done.returncode == 0
    wait = "wait --for=condition=Available deployment/guarded --timeout=90s"
    assert lab.kubectl(wait).code == 0, lab.kubectl("describe pods").output
    result = lab.playbook(REMOVE, variables={"node": third, "remove_node_drain_timeout": 10}, spec=False)
    assert result.code != 0
    assert "its PodDisruptionBudget stays-here allows no disruption" in flat(result), result.output
    assert "default/guarded-" in flat(result)
    assert third in nodes(lab)
    lab.kubectl("delete poddisruptionbudget stays-here")


def test_a_node_leaves_and_its_host_is_what_it_was(lab, before):
    third = f"{NAME}-n3"
    said = lab.playbook(REMOVE, "--check", variables={"node": third}, spec=False)
    assert said.code == 0, said.output
    assert "folder /var/lib/etcd" in said.output and "kubeadm reset" in said.output
    assert third in nodes(lab)
    result = lab.playbook(REMOVE, variables={"node": third}, spec=False)
    assert result.code == 0, result.output
    assert f"Take {third} out of the inventory" in flat(result)
    assert nodes(lab) == [f"{NAME}-n1", f"{NAME}-n2"]
    assert backends(lab, f"{NAME}-n1") == [f"{NAME}-n1", f"{NAME}-n2"]
    assert third not in lab.ssh(f"{NAME}-n2", "cat /etc/hosts").output
    assert as_before(lab, before, third) == []
    assert "KUBE-" not in lab.ssh(third, "ip6tables-save; iptables-save").output
    again = lab.playbook(REMOVE, variables={"node": third}, spec=False)
    assert again.code == 0 and changed(again.output) == 0, again.output


def test_site_finds_the_others_as_it_left_them(lab, two):
    result = play(lab, "kurl.ipv6.site", two)
    assert result.code == 0, result.output
    assert changed(result.output) == 0, result.output


def packages(lab, node, folder):
    """Give a node an archive of Debian's packages of its own with HAProxy, as the lab's network leads nowhere; return
    whether there is one.
    """
    status = folder / "status"
    status.write_text(lab.ssh(node, "cat /var/lib/dpkg/status").output)
    (folder / "partial").mkdir()
    options = [f"Dir::State::status={status}", f"Dir::Cache::archives={folder}", "APT::Sandbox::User=root"]
    words = ["apt-get", *(word for option in options for word in ("-o", option)), "--yes", "--no-install-recommends"]
    # Without Python's apt module Ansible would fetch it first.
    wanted = ["haproxy", "python3-apt"]
    done = subprocess.run([*words, "--download-only", "install", *wanted], check=False, stdout=subprocess.DEVNULL)
    if done.returncode != 0:
        return False
    entries = []
    for path in sorted(folder.glob("*.deb")):
        control = subprocess.run(["dpkg-deb", "--field", path], check=True, stdout=subprocess.PIPE, text=True).stdout
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        entries.append(f"{control}Filename: ./{path.name}\nSize: {path.stat().st_size}\nSHA256: {digest}\n")
        lab.podman("cp", str(path), f"{node}:/root/{path.name}")
    (folder / "Packages").write_text("\n".join(entries))
    lab.podman("cp", str(folder / "Packages"), f"{node}:/root/Packages")
    told = lab.ssh(
        node,
        "rm -f /etc/apt/sources.list.d/*; echo 'deb [trusted=yes] file:/root ./' > /etc/apt/sources.list;"
        " apt-get -o APT::Sandbox::User=root update && apt-get --yes install python3-apt",
    )
    assert told.code == 0, told.output
    return True


#: Asks an address of the node itself and prints what comes back.
ASK = """
import socket, sys
with socket.create_connection((sys.argv[1], int(sys.argv[2])), timeout=10) as channel:
    channel.sendall(b"GET /hostname HTTP/1.0\\r\\n\\r\\n")
    print(channel.recv(65536).decode())
"""


def test_clients_of_both_families_reach_node_ports_through_the_jumpbox(lab, tmp_path):
    third = f"{NAME}-n3"
    if not packages(lab, third, tmp_path):
        pytest.skip("no archive of Debian's packages can be reached")
    port = 8443
    lab.kubectl(f"create deployment web --image {IMAGE} --port 9376 -- /agnhost serve-hostname")
    lab.kubectl(f"create service nodeport web --tcp 9376 --node-port {port}")
    assert lab.kubectl("wait --for=condition=Available deployment/web --timeout=90s").code == 0
    path = inventory(
        lab, tmp_path, leave_out=[third], groups={"jumpbox": {"hosts": {third: {"ansible_host": lab.hosts()[third]}}}}
    )
    result = play(lab, JUMPBOX, path, jumpbox_ports=[port])
    assert result.code == 0, result.output
    listeners = lab.ssh(third, "ss -Hltn | awk '{print $4}'").output.split()
    assert {"*:8800", f"*:{port}"} <= set(listeners), listeners
    units = lab.ssh(third, "systemctl is-enabled haproxy.service kurl-ipv6-jumpbox.service").output.split()
    assert units == ["disabled", "enabled"]
    time.sleep(7)  # Until the health checks know the nodes.
    for address in ("127.0.0.1", "::1", lab.hosts()[third]):
        answer = lab.ssh(third, f"python3 - {address} {port} <<'END'\n{ASK}END").output
        assert "200 OK" in answer and "web-" in answer, answer
    again = play(lab, JUMPBOX, path, jumpbox_ports=[port])
    assert changed(again.output) == 0, again.output
    result = play(lab, RESET, path, "--limit", third, reset_confirm=True)
    assert result.code == 0, result.output
    assert "kurl-ipv6" not in lab.ssh(third, "systemctl list-units --all; ls /etc /etc/systemd/system").output


def test_a_lost_machine_is_removed_without_it(lab, two):
    second = f"{NAME}-n2"
    # Of two members none can be lost before it has left, so the second is only cut off from Ansible.
    lab.podman("exec", second, "sh", "-c", "systemctl stop ssh.service; pkill -KILL sshd")
    try:
        result = play(lab, REMOVE, two, node=second, node_is_gone=True)
        assert result.code == 0, result.output
        assert f"{second} was not reset" in flat(result)
        assert nodes(lab) == [f"{NAME}-n1"]
    finally:
        lab.podman("exec", second, "systemctl", "start", "ssh.service")


def test_the_last_control_plane_node_stays(lab, tmp_path):
    alone = inventory(lab, tmp_path, leave_out=[f"{NAME}-n2", f"{NAME}-n3"])
    result = play(lab, REMOVE, alone, node=f"{NAME}-n1")
    assert result.code != 0
    assert "no control plane node would be left" in flat(result), result.output


def test_reset_wants_consent(lab):
    result = lab.playbook(RESET, spec=False)
    assert result.code != 0
    assert "-e reset_confirm=true" in flat(result)
    assert lab.kubectl("get nodes").code == 0


#: Kills whatever holds the collection's lock on a node.
KILL = """for folder in /proc/[0-9]*; do
  if ls -l $folder/fd 2>/dev/null | grep -q kurl-ipv6.lock; then kill -KILL ${folder#/proc/} && echo killed; fi
done"""


def kill_in_the_middle(lab, nodes):
    """Start a reset, kill it on the nodes while it is at work there, and then its controller; return which were hit."""
    command = [os.path.join(BINARIES, "ansible-playbook"), RESET, "--inventory", lab.inventory]
    command += ["--limit", ",".join(nodes), "--extra-vars", "reset_confirm=true"]
    hit = set()
    with subprocess.Popen(command, cwd=TOP, stdout=subprocess.PIPE, text=True) as process:
        for line in process.stdout:
            if "Take away the cluster" in line:
                deadline = time.monotonic() + 60
                while hit != set(nodes) and time.monotonic() < deadline:
                    time.sleep(1.5)
                    hit |= {node for node in nodes if "killed" in lab.ssh(node, KILL).output}
                process.kill()
    return hit


def test_all_hosts_are_what_they_were_though_a_run_was_killed(lab, before):
    first, second = f"{NAME}-n1", f"{NAME}-n2"
    lab.ssh(first, "echo 'kind: Policy' > /etc/kubernetes/audit.yaml")
    both = ("--limit", f"{first},{second}")
    assert "/etc/kubernetes/audit.yaml is left alone" in flat(lab.playbook(RESET, "--check", *both, spec=False))
    assert kill_in_the_middle(lab, [first, second])
    result = lab.playbook(RESET, *both, variables={"reset_confirm": True}, spec=False)
    assert result.code == 0, result.output
    assert changed(result.output) > 0
    assert lab.ssh(first, "cat /etc/kubernetes/audit.yaml").output == "kind: Policy\n"
    lab.ssh(first, "rm /etc/kubernetes/audit.yaml; rmdir /etc/kubernetes")
    for node in (first, second):
        assert as_before(lab, before, node) == [], node
    again = lab.playbook(RESET, variables={"reset_confirm": True}, spec=False)
    assert again.code == 0 and changed(again.output) == 0, again.output
