# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0
"""The mesh on network namespaces: faults that are put into a real network, and what must be said of them and of nothing
else.

Listener and prober run as the module runs them, in processes of the nodes' namespaces, without ssh in between.
"""

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time

import pytest

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="network namespaces need root")

HERE = os.path.dirname(os.path.abspath(__file__))
TOP = os.path.dirname(os.path.dirname(HERE))
COLLECTIONS = os.environ.get("ANSIBLE_COLLECTIONS_PATH") or os.path.join(TOP, ".collections")
sys.path[:0] = [COLLECTIONS, os.path.join(TOP, "tests", "lab")]

from ansible_collections.kurl.ipv6.plugins.module_utils.mesh import judge as judges  # noqa: E402
from ansible_collections.kurl.ipv6.plugins.module_utils.mesh import nodes, picture, protocol  # noqa: E402

NAME = "mesh"
SUBNET = "fd00:31::/64"
COUNT = 5
SECRET = "a secret of the tests"
PLAN = {"antrea_version": "2.4.1"}
SPEC = os.path.join("tests", "data", "installer", "demo.yml")
#: Does on a node what the module does there; its arguments are one JSON text, with ``ahead``: seconds that this node's
#: clock is ahead.
PROGRAM = """
import json, sys, time
from ansible_collections.kurl.ipv6.plugins.module_utils.mesh import listener, prober
words = json.loads(sys.argv[1])
ahead = words.pop("ahead", 0)
if ahead:
    listener.microseconds = lambda: int((time.time() + ahead) * 1e6)
does = {"listen": listener.start, "probe": prober.probe, "ask": listener.ask}[words.pop("do")]
print(json.dumps(does(**words)))
"""


def inside(namespace, *words, **options):
    """Start a command in a namespace."""
    environment = dict(os.environ, PYTHONPATH=COLLECTIONS, PYTHONDONTWRITEBYTECODE="1")
    command = ["ip", "netns", "exec", namespace, *words]
    return subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment, **options
    )


def output(process):
    """Return what a process printed, or fail with what it complained of."""
    text, complaint = process.communicate(timeout=30)
    assert process.returncode == 0, complaint or text
    return text


def do(namespace, *words):
    """Run a command in a namespace; return what it printed."""
    return output(inside(namespace, *words))


def listeners_of(namespace):
    """Return the process ids of the mesh's listeners in a namespace."""
    found = []
    for pid in subprocess.run(["ip", "netns", "pids", namespace], capture_output=True, text=True).stdout.split():
        with contextlib.suppress(OSError), open(f"/proc/{pid}/comm", encoding="ascii") as file:
            if file.read().strip() == "kurl-mesh":
                found.append(int(pid))
    return found


class Node:
    """A node of the tests: a namespace with an address."""

    def __init__(self, name, address, roles):
        self.name = name
        self.address = address
        self.roles = roles
        self.ahead = 0

    def start(self, action, **words):
        """Start listening or probing."""
        words.update(do=action, ahead=self.ahead)
        return inside(self.name, sys.executable, "-c", PROGRAM, json.dumps(words))


class Run:
    """Starts the listeners of some nodes, lets all ask, judges."""

    def __init__(self, members, plan=None, secret=SECRET):
        self.members = members
        self.plan = plan or PLAN
        self.secret = secret
        self.listening = []

    def listen(self, deadline=30):
        """Start all listeners."""
        words = {"plan": self.plan, "secret": self.secret, "deadline": deadline}
        started = [node.start("listen", address=node.address, roles=node.roles, **words) for node in self.members]
        for node, process in zip(self.members, started):
            said = nodes.listener({"listener": json.loads(output(process))})
            self.listening.append(dict(said, name=node.name, roles=node.roles))
        return self

    def probe(self, asking=None):
        """Let nodes ask, all at once; return {name: what was found}."""
        told = [{key: node[key] for key in ("address", "roles", "held")} for node in self.listening]
        words = {"nodes": told, "plan": self.plan, "secret": self.secret}
        asking = asking or self.members
        started = [node.start("probe", address=node.address, roles=node.roles, **words) for node in asking]
        return {node.name: json.loads(output(process)) for node, process in zip(asking, started)}

    def findings(self):
        """Let all nodes ask; return the findings."""
        self.found = self.probe()
        self.mesh = picture.Mesh(self.listening, {name: {"probe": entry} for name, entry in self.found.items()})
        return judges.judge(self.mesh)

    def stop(self):
        """End listeners that are left."""
        for node in self.members:
            do(node.name, sys.executable, "-c", PROGRAM, json.dumps({"do": "ask", "line": "stop"}))


def faults(findings):
    """Return {(id, subject): status} of all that did not pass."""
    return {(entry["id"], entry["subject"]): entry["status"] for entry in findings if entry["status"] != "pass"}


def observed(findings, identity):
    """Return what was observed of all that did not pass under an id."""
    return " | ".join(entry["observed"] for entry in findings if entry["id"] == identity and entry["status"] != "pass")


@pytest.fixture(scope="module")
def lab():
    """Five nodes on a bridge; n1 to n3 are control plane nodes."""
    words = [sys.executable, os.path.join(TOP, "tests", "lab", "netns", "lab"), "--name", NAME, "--subnet", SUBNET]
    subprocess.run([*words, "up", "--nodes", str(COUNT)], check=True)
    yield [
        Node(
            f"{NAME}-n{number}",
            f"fd00:31::{16 + number:x}",
            ["kube_control_plane"] if number <= 3 else ["kube_node"],
        )
        for number in range(1, COUNT + 1)
    ]
    subprocess.run([*words, "down"], check=True)


@pytest.fixture
def run(lab):
    """A run over all nodes."""
    made = Run(lab)
    yield made
    made.stop()
    for node in lab:
        node.ahead = 0
        assert listeners_of(node.name) == []


@contextlib.contextmanager
def rule(namespace, *words):
    """A rule of ip6tables that is there while the block runs."""
    do(namespace, "ip6tables", "-A", *words)
    try:
        yield
    finally:
        do(namespace, "ip6tables", "-D", *words)


@contextlib.contextmanager
def paused(namespace, seconds):
    """A node's listener that does nothing for the first seconds of the block."""
    pids = listeners_of(namespace)
    for pid in pids:
        os.kill(pid, signal.SIGSTOP)

    def go_on():
        for pid in pids:
            os.kill(pid, signal.SIGCONT)

    timer = threading.Timer(seconds, go_on)
    timer.start()
    try:
        yield
    finally:
        timer.join()


def wait_until_gone(members, seconds):
    """Wait until no listener of these nodes runs; return how long that took."""
    started = time.monotonic()
    while any(listeners_of(node.name) for node in members):
        assert time.monotonic() - started < seconds, "listeners did not end"
        time.sleep(0.1)
    return time.monotonic() - started


# -- healthy ----------------------------------------------------------------------------------------------------------


def test_a_healthy_network_is_quiet_and_listeners_end_with_the_last_prober(run, lab):
    findings = run.listen().findings()
    assert faults(findings) == {}
    assert {entry["id"] for entry in findings} >= {
        "mesh.hosts",
        "mesh.reach",
        "mesh.tcp.6443",
        "mesh.tcp.2379",
        "mesh.tcp.2380",
        "mesh.tcp.10250",
        "mesh.tcp.10349",
        "mesh.tcp.10350",
        "mesh.tcp.10351",
        "mesh.udp.6081",
        "mesh.udp.10351",
        "mesh.icmp",
        "mesh.mtu",
        "mesh.clock",
    }
    pairs = run.mesh.statuses()
    assert sum(len(targets) for targets in pairs.values()) == COUNT * (COUNT - 1)
    wait_until_gone(lab, 5)


def test_sockets_are_bound_to_the_nodes_address_only(run, lab):
    run.listen()
    for node in run.listening:
        lines = do(node["name"], "ss", "-Hlntu").splitlines()
        ours = [line.split()[4] for line in lines if "]:22" not in line]
        assert sorted(ours) == sorted(f"[{node['address']}]:{probe.split('.')[1]}" for probe in node["bound"])


def lossy(every):
    """The words of a rule that drops one of so many packets; not by chance, so that each run sees the same."""
    return ("-m", "statistic", "--mode", "nth", "--every", str(every), "--packet", "0", "-j", "DROP")


def test_loss_on_a_host_is_said_and_makes_no_other_fault(run, lab):
    with contextlib.ExitStack() as rules:
        # A rule for each peer, which counts for itself, or the same peers may be hit again and again; an odd number,
        # because questions and answers take turns.
        for peer in lab[:1] + lab[2:]:
            rules.enter_context(rule(lab[1].name, "INPUT", "-s", peer.address, "-p", "udp", *lossy(7)))
        findings = run.listen().findings()
    assert faults(findings) == {("mesh.loss", "mesh-n2"): "warn"}
    assert "echoes between mesh-n2 and mesh-n1, mesh-n3..mesh-n5 (4 hosts) got lost" in observed(findings, "mesh.loss")
    assert run.mesh.statuses()["mesh-n1"]["mesh-n2"] == "warn"
    assert run.mesh.statuses()["mesh-n1"]["mesh-n3"] == "pass"


def test_loss_between_two_hosts_is_put_to_that_pair(run, lab):
    with rule(lab[3].name, "INPUT", "-s", lab[0].address, "-p", "udp", *lossy(4)):
        findings = run.listen().findings()
    assert faults(findings) == {("mesh.loss", "mesh-n4"): "warn"}
    assert "echoes between mesh-n4 and mesh-n1 got lost" in observed(findings, "mesh.loss")


def test_heavy_loss_is_a_failure(run, lab):
    with rule(lab[4].name, "INPUT", "-p", "udp", *lossy(2)):
        findings = run.listen().findings()
    assert faults(findings)[("mesh.loss", "mesh-n5")] == "fail"


def test_late_answers_are_no_losses(run, lab):
    run.listen()
    with paused(lab[2].name, 1.0):
        findings = run.findings()
    assert faults(findings) == {}


# -- one fault each ---------------------------------------------------------------------------------------------------


def test_a_port_that_is_dropped_on_arrival(run, lab):
    with rule(lab[1].name, "INPUT", "-p", "tcp", "--dport", "10250", "-j", "DROP"):
        findings = run.listen().findings()
    assert faults(findings) == {("mesh.tcp.10250", "mesh-n2"): "fail"}
    assert "no answer from all 4 hosts that ask to mesh-n2; the opposite direction works" in observed(
        findings, "mesh.tcp.10250"
    )


def test_a_tunnel_that_is_dropped_in_one_direction_between_two_hosts(run, lab):
    with rule(lab[1].name, "INPUT", "-s", lab[0].address, "-p", "udp", "--dport", "6081", "-j", "DROP"):
        findings = run.listen().findings()
    assert faults(findings) == {("mesh.udp.6081", "mesh-n2"): "fail"}
    assert "from mesh-n1 to mesh-n2; the opposite direction works" in observed(findings, "mesh.udp.6081")


def test_a_port_that_the_sender_may_not_use(run, lab):
    with rule(lab[2].name, "OUTPUT", "-p", "udp", "--dport", "6081", "-j", "DROP"):
        findings = run.listen().findings()
    assert faults(findings) == {("mesh.udp.6081", "mesh-n3"): "fail"}
    assert "prohibited by a packet filter from mesh-n3 to all 4 peers" in observed(findings, "mesh.udp.6081")


@pytest.mark.parametrize("answer", ["icmp6-adm-prohibited", "tcp-reset"])
def test_a_port_that_is_rejected(run, lab, answer):
    with rule(lab[3].name, "INPUT", "-p", "tcp", "--dport", "10351", "-j", "REJECT", "--reject-with", answer):
        findings = run.listen().findings()
    assert faults(findings) == {("mesh.tcp.10351", "mesh-n4"): "fail"}
    words = {"icmp6-adm-prohibited": "prohibited by a packet filter", "tcp-reset": "refused"}
    assert words[answer] in observed(findings, "mesh.tcp.10351")
    assert max(entry["seconds"] for entry in run.found.values()) < 3


def test_rejected_datagrams_of_one_peer_are_not_blamed_on_the_others(run, lab):
    with rule(lab[1].name, "INPUT", "-p", "udp", "-j", "REJECT"):
        findings = run.listen().findings()
    assert set(faults(findings)) == {("mesh.udp.6081", "mesh-n2"), ("mesh.udp.10351", "mesh-n2")}


def test_echo_that_is_filtered_is_a_warning(run, lab):
    with rule(lab[4].name, "INPUT", "-p", "ipv6-icmp", "--icmpv6-type", "echo-request", "-j", "DROP"):
        findings = run.listen().findings()
    assert faults(findings) == {("mesh.icmp", "mesh-n5"): "warn"}


def test_a_host_that_lets_nothing_in(run, lab):
    run.listen()
    with rule(lab[2].name, "INPUT", "-m", "conntrack", "--ctstate", "NEW", "-j", "DROP"):
        findings = run.findings()
    assert faults(findings) == {("mesh.reach", "mesh-n3"): "fail"}
    assert "the opposite direction works" in observed(findings, "mesh.reach")


def test_a_host_whose_cable_is_out(run, lab):
    run.listen()
    do("mesh-switch", "ip", "link", "set", "port3", "down")
    try:
        findings = run.findings()
    finally:
        do("mesh-switch", "ip", "link", "set", "port3", "up")
    assert faults(findings) == {("mesh.reach", "mesh-n3"): "fail"}
    assert "neither does the opposite direction" in observed(findings, "mesh.reach")


def test_a_clock_that_is_ahead(run, lab):
    lab[3].ahead = 90
    findings = run.listen().findings()
    assert faults(findings) == {("mesh.clock", "mesh-n4"): "warn"}
    assert "ahead of most of 4 peers" in observed(findings, "mesh.clock")
    assert observed(findings, "mesh.clock").startswith(("90.", "89.9"))


# -- size of packets --------------------------------------------------------------------------------------------------


def test_a_switch_port_that_loses_large_frames(run, lab):
    do("mesh-switch", "ip", "link", "set", "port4", "mtu", "1400")
    try:
        findings = run.listen().findings()
    finally:
        do("mesh-switch", "ip", "link", "set", "port4", "mtu", "1500")
    found = faults(findings)
    assert {identity for identity, _subject in found} == {"mesh.mtu"}
    assert ("mesh.mtu", "mesh-n4") in found
    assert "packets of 1500 bytes vanish without a packet-too-big, up to 1400 bytes pass" in observed(
        findings, "mesh.mtu"
    )


@pytest.fixture
def far(lab):
    """A sixth node behind a router whose link to it is narrow."""
    router, name = "mesh-router", "mesh-n6"
    for namespace in (router, name):
        subprocess.run(["ip", "netns", "add", namespace], check=True)
    try:
        do("mesh-switch", *"ip link add port6 type veth peer name near netns mesh-router".split())
        do("mesh-switch", *"ip link set port6 master lab0 up".split())
        for words in (
            "ip link set near up",
            "ip address add fd00:31::fe/64 dev near nodad",
            "ip link add far type veth peer name eth0 netns mesh-n6",
            "ip link set far mtu 1400 up",
            "ip address add fd00:32::1/64 dev far nodad",
            "sysctl -qw net.ipv6.conf.all.forwarding=1 net.ipv6.icmp.ratelimit=0",
        ):
            do(router, *words.split())
        for words in (
            "ip link set lo up",
            "ip link set eth0 mtu 1400 up",
            "ip address add fd00:32::16/64 dev eth0 nodad",
            "ip route add default via fd00:32::1 dev eth0",
        ):
            do(name, *words.split())
        for node in lab:
            do(node.name, *"ip route add fd00:32::/64 via fd00:31::fe dev eth0".split())
        yield Node(name, "fd00:32::16", ["kube_node"])
    finally:
        for node in lab:
            inside(node.name, *"ip route del fd00:32::/64 via fd00:31::fe dev eth0".split()).wait()
            # The next router has the same address and another MAC address.
            inside(node.name, *"ip neigh flush dev eth0".split()).wait()
        inside("mesh-switch", "ip", "link", "delete", "port6").wait()
        for namespace in (name, router):
            subprocess.run(["ip", "netns", "delete", namespace], check=True)


def test_a_router_that_says_how_large_packets_may_be_is_a_warning(lab, far):
    run = Run([*lab, far])
    try:
        findings = run.listen().findings()
    finally:
        run.stop()
    assert faults(findings) == {("mesh.mtu", "mesh-n6"): "warn"}
    assert "packets of up to 1400 bytes, the interface has 1500; said by fd00:31::fe" in observed(findings, "mesh.mtu")


def test_a_router_whose_packet_too_big_is_filtered_is_a_black_hole(lab, far):
    run = Run([*lab, far])
    with rule("mesh-router", "OUTPUT", "-p", "ipv6-icmp", "--icmpv6-type", "packet-too-big", "-j", "DROP"):
        try:
            findings = run.listen().findings()
        finally:
            run.stop()
    assert faults(findings) == {("mesh.mtu", "mesh-n6"): "fail"}
    assert "up to 1400 bytes pass; the interface of mesh-n6 has an MTU of 1400" in observed(findings, "mesh.mtu")


def test_packets_are_measured_by_echo_where_no_datagram_port_is_planned(lab, far):
    run = Run([*lab, far], plan={"antrea_version": ""})
    with rule("mesh-router", "OUTPUT", "-p", "ipv6-icmp", "--icmpv6-type", "packet-too-big", "-j", "DROP"):
        try:
            findings = run.listen().findings()
        finally:
            run.stop()
    assert faults(findings) == {("mesh.mtu", "mesh-n6"): "fail"}


# -- running clusters, strangers and liars ----------------------------------------------------------------------------


@contextlib.contextmanager
def holder(namespace, program):
    """A program that holds ports; it says when it does."""
    process = inside(namespace, sys.executable, "-c", program)
    assert process.stdout.readline() == "ready\n"
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


KUBELET = """
import socket, time
tcp = socket.socket(socket.AF_INET6, socket.SOCK_STREAM)
tcp.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
tcp.bind(("::", 10250))
tcp.listen(16)
udp = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
udp.bind(("::", 6081))
print("ready", flush=True)
while True:
    connection = tcp.accept()[0]
    try:
        connection.sendall(b"HTTP/1.0 400 Bad Request\\r\\n\\r\\n")
    except OSError:
        pass  # The caller has gone already; a server goes on.
    connection.close()
"""


def test_ports_of_a_running_cluster_count_as_reachable(run, lab):
    with holder(lab[1].name, KUBELET):
        findings = run.listen().findings()
    assert run.listening[1]["held"] == ["tcp.10250", "udp.6081"]
    assert faults(findings) == {("mesh.udp.6081", "mesh-n2"): "skip"}


def test_who_answers_in_the_place_of_a_listener_is_found_out(run, lab):
    with holder(lab[1].name, KUBELET):
        run.listen()
        # Its listener claims that the port is its own.
        run.listening[1].update(held=[], bound=run.listening[1]["bound"] + ["tcp.10250"])
        findings = run.findings()
    assert faults(findings) == {("mesh.tcp.10250", "mesh-n2"): "fail"}
    assert "connected, but not to this run's listener" in observed(findings, "mesh.tcp.10250")


def test_a_stranger_learns_nothing(run, lab):
    run.listen()
    stranger = Run(lab[:1], secret="another")
    stranger.listening = run.listening
    found = stranger.probe()[lab[0].name]
    assert found["faults"]["tcp.10250"] == {"foreign": [1, 2, 3, 4]}
    assert found["faults"]["udp.6081"] == {"silent": [1, 2, 3, 4]}
    assert "icmp" not in found["faults"]
    assert faults(run.findings()) == {}


def test_an_answer_is_never_longer_than_the_question(run, lab):
    run.listen()
    way = protocol.Way("udp", 6081, "fd00:31::1", lab[0].address)
    with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as asking:
        asking.settimeout(1)
        asking.connect((lab[0].address, 6081))
        for size in (protocol.SIZE, 300, 1452):
            asking.send(protocol.Codec(SECRET).write(way, protocol.ASK, 7, size=size))
            assert len(asking.recv(4096)) <= size
        for data in (b"", b"x", bytes(1400), protocol.Codec("other").write(way, protocol.ASK, 7)):
            asking.send(data)
        with pytest.raises(TimeoutError):
            asking.recv(4096)


FLOOD = """
import socket, sys, time
address = sys.argv[1]
held = []
for _number in range(700):
    caller = socket.socket(socket.AF_INET6, socket.SOCK_STREAM)
    caller.setblocking(False)
    caller.connect_ex((address, 10250))
    held.append(caller)
udp = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
print("ready", flush=True)
end = time.monotonic() + 8
while time.monotonic() < end:
    for _number in range(50):
        udp.sendto(b"kmes" + bytes(1000), (address, 6081))
    time.sleep(0.01)
"""


def test_a_flood_of_a_stranger_changes_nothing(run, lab):
    run.listen()
    process = inside(lab[4].name, sys.executable, "-c", FLOOD, lab[0].address)
    assert process.stdout.readline() == "ready\n"
    try:
        assert faults(run.findings()) == {}
    finally:
        process.kill()
        process.communicate()


# -- the end ----------------------------------------------------------------------------------------------------------


def test_listeners_end_by_themselves_and_leave_nothing(run, lab):
    before = {node.name: do(node.name, "ss", "-Haltun") for node in lab}
    run.listen(deadline=2)
    assert all(listeners_of(node.name) for node in lab)
    wait_until_gone(lab, 6)
    assert {node.name: do(node.name, "ss", "-Haltun") for node in lab} == before


def test_a_new_run_takes_over_from_an_interrupted_one(run, lab):
    Run(lab, secret="of the interrupted run").listen()
    before = {node.name: listeners_of(node.name) for node in lab}
    findings = run.listen().findings()
    assert faults(findings) == {}
    for node in lab:
        assert not set(before[node.name]) & set(listeners_of(node.name))


def test_a_run_that_was_displaced_does_not_blame_the_network(run, lab):
    run.listen()
    other = Run(lab, secret="of the next run").listen()
    findings = run.findings()
    other.stop()
    assert {identity for identity, _subject in faults(findings)} == {"mesh.hosts"}
    assert "another run took over" in observed(findings, "mesh.hosts")


def test_silent_peers_do_not_make_it_slow(run, lab):
    run.listen()
    with contextlib.ExitStack() as rules:
        for node in lab[1:]:
            rules.enter_context(
                rule(node.name, "INPUT", "-p", "tcp", "-m", "multiport", "!", "--dports", "22", "-j", "DROP")
            )
        started = time.monotonic()
        found = run.probe(lab[:1])
    assert found[lab[0].name]["seconds"] < 6.5
    assert time.monotonic() - started < 10


# -- through Ansible --------------------------------------------------------------------------------------------------

INVENTORY = os.path.join(TOP, "tests", "lab", ".state", NAME, NAME + ".yml")
FILES = "find /root /tmp /var/tmp /run /dev/shm -xdev -not -path '*/.ssh*' -not -path '/run/utmp*' | sort"
INTERRUPTED = """
- hosts: all
  gather_facts: false
  tasks:
    - name: Listen
      kurl.ipv6.node_mesh:
        state: listening
        address: "{{ ansible_host }}"
        plan: {antrea_version: 2.4.1}
        deadline: 8
    - name: Wait to be killed
      ansible.builtin.pause:
        seconds: 60
"""


def ansible(*words):
    """Start ansible-playbook in a process group of its own."""
    program = os.path.join(TOP, ".venv", "bin", "ansible-playbook")
    environment = dict(os.environ, ANSIBLE_COLLECTIONS_PATH=COLLECTIONS)
    words = [program, "--inventory", INVENTORY, *words]
    return subprocess.Popen(
        words,
        cwd=TOP,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )


def files_on(nodes_):
    """Return {name: the files on a node that somebody may have made}."""
    with open(INVENTORY, encoding="utf-8") as file:
        variables = json.loads(file.read().split("\n", 1)[1])["all"]["vars"]
    ssh = ["ssh", "-i", variables["ansible_ssh_private_key_file"], *variables["ansible_ssh_common_args"].split()]
    return {
        node.name: subprocess.run([*ssh, f"root@{node.address}", FILES], check=True, capture_output=True).stdout
        for node in nodes_
    }


def test_preflight_shows_what_is_wrong_and_listeners_are_gone_afterwards(lab, tmp_path):
    before = files_on(lab)
    words = json.dumps({"preflight_report_dir": str(tmp_path), "installer_src": os.path.join(TOP, SPEC)})
    with rule(lab[1].name, "INPUT", "-p", "tcp", "--dport", "10250", "-j", "DROP"):
        process = ansible("kurl.ipv6.preflight", "--extra-vars", words)
        text = process.communicate(timeout=180)[0]
    assert process.returncode == 2, text
    report = json.loads((tmp_path / "preflight.json").read_text(encoding="utf-8"))
    mesh = [entry for entry in report["findings"] if entry["id"].startswith("mesh.")]
    bad = {(entry["id"], entry["host"]) for entry in mesh if entry["status"] in ("fail", "warn")}
    assert bad == {("mesh.tcp.10250", "mesh-n2")}
    assert {entry["host"] for entry in mesh if entry["id"] == "mesh.mtu"} == {node.name for node in lab}
    wait_until_gone(lab, 25)
    assert files_on(lab) == before


def test_a_killed_controller_leaves_nothing(lab, tmp_path):
    before = files_on(lab)
    play = tmp_path / "play.yml"
    play.write_text(INTERRUPTED, encoding="utf-8")
    process = ansible(str(play))
    started = time.monotonic()
    while not all(listeners_of(node.name) for node in lab):
        assert time.monotonic() - started < 60
        time.sleep(0.1)
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate()
    wait_until_gone(lab, 12)
    assert files_on(lab) == before
