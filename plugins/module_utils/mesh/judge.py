# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0
"""Judges the mesh: what all probers found becomes few findings. Pure, on the controller."""

import collections

from ansible_collections.kurl.ipv6.plugins.module_utils.checks.registry import check, run
from ansible_collections.kurl.ipv6.plugins.module_utils.mesh import folding, nodes, picture, ports, prober, remedies
from ansible_collections.kurl.ipv6.plugins.module_utils.report import text

STAGE = "mesh"
#: Findings that one probe may lead to; what is more is said in one sentence.
LIMIT = 25
#: Seconds between clocks: etcd warns from 1 s on between its members (etcd: server/etcdserver/api/rafthttp,
#: maxClockDiff), Ceph from 0.05 s on (mon_clock_drift_allowed); Kubernetes' signer dates certificates back by five
#: minutes (kubernetes: pkg/controller/certificates/signer, backdate), so that beyond they are not valid yet.
CLOCK_ETCD, CLOCK_CEPH, CLOCK_CERTIFICATES = 1.0, 0.05, 300.0

_WORDS = {
    prober.SILENT: "no answer",
    prober.REFUSED: "refused",
    prober.UNREACHABLE: "no route or no neighbour",
    prober.PROHIBITED: "prohibited by a packet filter",
    prober.FOREIGN: "connected, but not to this run's listener",
    prober.UNTESTED: "not tried, time was up",
}


def judge(mesh):
    """Return the findings of a mesh.

    Arguments:
        mesh: a ``picture.Mesh``.
    """
    return run(mesh, STAGE) if mesh.nodes or mesh.absent else []


def _names(mesh, numbers):
    return text.fold([mesh.name(number) for number in numbers], 0)


def _kinds(kinds):
    """Say how ways failed, the most frequent first."""
    return ", ".join(_WORDS[kind] for kind, _number in collections.Counter(kinds).most_common(3))


def _ends(group):
    """Return ``way`` function of a group: from the other host's number to (source, target)."""
    if group.side == folding.TO:
        return lambda other: (other, group.host)
    return lambda other: (group.host, other)


def _where(mesh, group):
    """Say which ways a group holds."""
    others = _names(mesh, group.others)
    name = mesh.name(group.host)
    if len(group.others) == group.asked and group.asked > 1:
        others = "all {} hosts that ask".format(group.asked) if group.side == folding.TO else f"all {group.asked} peers"
    return f"from {others} to {name}" if group.side == folding.TO else f"from {name} to {others}"


def _back(mesh, group, faults, asked):
    """Say whether the opposite ways work, where they were tried."""
    ways = [_ends(group)(other) for other in group.others]
    back = [(target, source) for source, target in ways if (target, source) in asked]
    works = [way for way in back if way not in faults]
    if not back or len(works) not in (0, len(back)):
        return ""
    return "; the opposite direction works" if works else "; neither does the opposite direction"


def _limited(mesh, verdict, groups, say, **more):
    """Let ``say`` make a finding of each group, up to the limit."""
    for group in groups[:LIMIT]:
        say(group)
    rest = groups[LIMIT:]
    if rest:
        verdict.fail(
            "and {} more ways, at {}".format(
                sum(len(group.others) for group in rest), _names(mesh, {group.host for group in rest})
            ),
            subject=mesh.subject,
            **more,
        )


@check(
    "mesh.hosts",
    title="hosts in the mesh",
    why="Only between hosts that listen and ask can anything be tested.",
    reference="kurl.md 14: what nodes need between each other",
    remedy="Mend what keeps the host out: its address, its Python, its access.",
    stage=STAGE,
)
def hosts(mesh, verdict):
    """Who took part, and who did not and why."""
    for name, reason in sorted(mesh.absent.items()):
        verdict.skip("not a part of the mesh: " + reason, subject=name)
    for number, reason in sorted(mesh.silent.items()):
        verdict.skip("listened, but did not ask its peers: " + reason, subject=mesh.name(number))
    for number, notes in sorted(mesh.notes.items()):
        if notes:
            verdict.skip("; ".join(notes), subject=mesh.name(number), case="partly")
    if len(mesh.nodes) > 1 and mesh.probing:
        verdict.passed("{} of {} hosts asked all others".format(len(mesh.probing), len(mesh.nodes) + len(mesh.absent)))


@check(
    "mesh.reach",
    title="any packet between two hosts",
    why="Hosts that do not reach each other at all cannot form a cluster; no port needs to be looked at before.",
    reference="RFC 4861; kurl.md 14",
    remedy="ip -6 route get <address>; ip -6 neigh show; look for filters between the hosts.",
    stage=STAGE,
)
def reach(mesh, verdict):
    """Ways on which neither ICMPv6 nor any port answered."""
    asked = set().union(*mesh.asked.values()) if mesh.asked else set()

    def say(group):
        source, target = _ends(group)(group.others[0])
        back = _back(mesh, group, mesh.dead, asked)
        address = mesh.nodes[target]["address"]
        filtered = back.endswith("works")
        tool = mesh.firewalls.get(mesh.name(group.host), "")
        verdict.fail(
            "nothing comes through " + _where(mesh, group) + back,
            subject=mesh.name(group.host),
            expected="ICMPv6 and the ports of the plan",
            remedy="# on {}:\nip -6 route get {}\n".format(mesh.name(source), address)
            + (
                "# on {}, unless a firewall between the hosts does it:\n{}".format(
                    mesh.name(group.host), remedies.open_all(tool, group.side == folding.TO, _prefix(mesh))
                )
                if filtered
                else "ip -6 neigh show {}   # FAILED: no link, or nobody has the address".format(address)
            ),
        )

    _limited(mesh, verdict, folding.groups(mesh.dead, asked), say)
    if asked and not mesh.dead:
        verdict.passed("every host reaches every other")


def _prefix(mesh):
    return remedies.prefix_of([node["address"] for node in mesh.nodes])


def _ports(mesh, verdict, protocol):
    """Judge all ports of a protocol."""
    for probe, port in nodes.KNOWN.items():
        if port.protocol == protocol:
            _port(mesh, verdict, probe, port)


def _port(mesh, verdict, probe, port):
    asked = mesh.asked.get(probe, set())
    faults = mesh.faults.get(probe, {})
    label = "{} {}".format(port.protocol.upper(), port.number)
    about = {"case": str(port.number), "title": "{} ({}) between hosts".format(label, port.purpose)}
    speak = verdict.fail if port.needed else verdict.warn
    late = {way for way, kind in faults.items() if kind == prober.UNTESTED}

    def say(group):
        ways = [_ends(group)(other) for other in group.others]
        kinds = [faults[way] for way in ways]
        name = mesh.name(group.host)
        speak(
            "{}: {} {}{}".format(label, _kinds(kinds), _where(mesh, group), _back(mesh, group, faults, asked)),
            subject=name,
            expected="{} of {} answers {}".format(
                label,
                name if group.side == folding.TO else "every peer",
                "every peer" if group.side == folding.TO else name,
            )
            + ("" if port.needed else "; needed where Ceph is given the hosts' network"),
            remedy=_port_remedy(mesh, group, port, kinds),
            **about,
        )

    _limited(mesh, verdict, folding.groups(set(faults) - late, asked), say, **about)
    for group in folding.groups(late, asked)[:LIMIT]:
        verdict.skip(_kinds([prober.UNTESTED]) + " " + _where(mesh, group), subject=mesh.name(group.host), **about)
    proof = ""
    if (port.protocol, port.sources) == ("tcp", ports.ANY) and len(mesh.nodes) - 1 > prober.PROVE_ALL:
        proof = "; {} of them had it prove to be this run's, the others made a connection".format(prober.PROOFS)
    _passed(mesh, verdict, asked, set(faults) | mesh.dead, about, proof)
    for node in mesh.nodes:
        if protocol_held(node, probe, port):
            verdict.skip(
                "held by a running cluster or another program, cannot be tested", subject=node["name"], **about
            )


def protocol_held(node, probe, port):
    """Return whether a port cannot be tested because something that does not answer us has it."""
    return port.protocol == "udp" and probe in node["held"]


def _passed(mesh, verdict, asked, faults, about, words=""):
    """A pass for every host that all who ask reach; ``words`` follow the number where there are more than few."""
    reached = collections.defaultdict(set)
    for way in asked:
        reached[way[1]].add(way in faults)
    numbers = collections.Counter(target for _source, target in asked)
    for target, outcomes in sorted(reached.items()):
        if True not in outcomes:
            more = words if numbers[target] > prober.PROOFS else ""
            observed = "reached by all {} that ask{}".format(numbers[target], more)
            verdict.passed(observed, subject=mesh.name(target), **about)


def _port_remedy(mesh, group, port, kinds):
    name = mesh.name(group.host)
    if prober.FOREIGN in kinds:
        source, target = _ends(group)(group.others[0])
        return (
            "ss -Hlntp 'sport = :{0}'   # on {1}: who listens?\n"
            "ip -6 neigh show {2}   # on {3}: is it {1}'s MAC address, or that of a proxy or of a second owner?"
        ).format(port.number, mesh.name(target), mesh.nodes[target]["address"], mesh.name(source))
    if set(kinds) == {prober.UNREACHABLE}:
        source, target = _ends(group)(group.others[0])
        return "ip -6 route get {}   # on {}".format(mesh.nodes[target]["address"], mesh.name(source))
    tool = mesh.firewalls.get(name, "")
    lines = remedies.open_port(tool, port.protocol, port.number, group.side == folding.TO, _prefix(mesh))
    return "# on {}, unless a firewall between the hosts does it:\n{}".format(name, lines)


@check(
    "mesh.tcp",
    title="TCP ports between hosts",
    why="A port that a firewall closes on IPv6 stops kubeadm join, etcd or the pods' network, late in an installation.",
    reference="antrea-rook.md 3; kurl.md 14",
    remedy="Open the port to the other nodes in the firewall of the host and between the hosts.",
    stage=STAGE,
)
def tcp(mesh, verdict):
    """Each planned TCP port, from those who use it. Each asks the listener to prove that it is this run's; of more than
    16 peers four do so on each port, and the others make connections.
    """
    _ports(mesh, verdict, "tcp")


@check(
    "mesh.udp",
    title="UDP ports between hosts",
    why="Tunnels (Geneve, WireGuard) are UDP: where it is dropped, nodes are Ready and pods do not reach each other.",
    reference="antrea-rook.md 3",
    remedy="Open the port to the other nodes in the firewall of the host and between the hosts.",
    stage=STAGE,
)
def udp(mesh, verdict):
    """Each planned UDP port, from those who use it."""
    _ports(mesh, verdict, "udp")


@check(
    "mesh.icmp",
    title="ICMPv6 echo between hosts",
    why="Who filters ICMPv6 mostly filters packet-too-big as well, and IPv6 has no fragmentation by routers.",
    reference="RFC 4890, 4.3.1",
    remedy="Let ICMPv6 pass.",
    stage=STAGE,
)
def icmp(mesh, verdict):
    """Echo, answered by the kernels."""
    asked = mesh.asked.get(picture.ICMP, set())
    faults = mesh.faults.get(picture.ICMP, {})

    def say(group):
        kinds = [faults[_ends(group)(other)] for other in group.others]
        name = mesh.name(group.host)
        verdict.warn(
            "{} {}{}".format(_kinds(kinds), _where(mesh, group), _back(mesh, group, faults, asked)),
            subject=name,
            expected="an echo reply",
            remedy="# on {}:\n{}".format(name, remedies.open_icmp(mesh.firewalls.get(name, ""), _prefix(mesh))),
        )

    _limited(mesh, verdict, folding.groups(set(faults), asked), say)
    _passed(mesh, verdict, asked, set(faults) | mesh.dead, {})


@check(
    "mesh.mtu",
    title="packets of full size between hosts",
    why=(
        "IPv6 routers do not fragment: where a link on the way is narrower and packet-too-big messages are filtered,"
        " small packets pass and large ones vanish, so that everything works until somebody transfers data."
    ),
    reference="RFC 8201; RFC 4890, 4.3.1; RFC 8200, section 5",
    remedy="The same MTU on all interfaces and tunnels on the way, and ICMPv6 type 2 let through.",
    stage=STAGE,
)
def mtu(mesh, verdict):
    """Packets as large as the sender's interface allows, never fragmented."""
    if not mesh.measured:
        if len(mesh.probing) > 1:
            verdict.skip("no packet of full size could be sent")
        return
    for sizes, say in ((mesh.lost, _lost), (mesh.smaller, _narrow)):
        groups = folding.groups(set(sizes), mesh.measured)
        _limited(mesh, verdict, groups, lambda group, say=say: say(mesh, verdict, group))
    bad = set(mesh.lost) | set(mesh.smaller)
    _passed(mesh, verdict, mesh.measured, bad, {})


def _interfaces(mesh, ways):
    """Say which MTUs the two ends have, where they differ."""
    source, target = ways[0]
    own, other = mesh.own_mtu[source], mesh.nodes[target]["mtu"]
    return own, other if other and other != own else 0


def _lost(mesh, verdict, group):
    ways = [_ends(group)(other) for other in group.others]
    own, other = _interfaces(mesh, ways)
    largest = min(mesh.lost[way] for way in ways)
    source, target = ways[0]
    passes = "up to {} bytes pass".format(largest) if largest else "not even packets of 1280 bytes pass"
    differ = "; the interface of {} has an MTU of {}".format(mesh.name(target), other) if other else ""
    interface = mesh.nodes[group.host]["interface"] or "eth0"
    lines = ["# find the narrow link; on {}:".format(mesh.name(source))]
    lines.append("tracepath -6 -n {}".format(mesh.nodes[target]["address"]))
    lines.append("# let packet-too-big pass, on every router and firewall on the way:")
    lines.append("ip6tables -I FORWARD -p ipv6-icmp --icmpv6-type packet-too-big -j ACCEPT")
    if largest:
        lines.append("# or the same MTU everywhere; on all hosts, and in the network's configuration to persist:")
        lines.append("ip link set dev {} mtu {}".format(interface, largest))
    verdict.fail(
        "black hole {}: packets of {} bytes vanish without a packet-too-big, {}{}".format(
            _where(mesh, group), own, passes, differ
        ),
        subject=mesh.name(group.host),
        expected="packets of {} bytes come through, or a router says what does".format(own),
        remedy="\n".join(lines),
    )


def _narrow(mesh, verdict, group):
    ways = [_ends(group)(other) for other in group.others]
    own, _other = _interfaces(mesh, ways)
    largest = min(mesh.smaller[way] for way in ways)
    reporters = mesh.reporters.get(ways[0][0], [])
    verdict.warn(
        "{}: packets of up to {} bytes, the interface has {}{}".format(
            _where(mesh, group), largest, own, "; said by " + ", ".join(reporters) if reporters else ""
        ),
        subject=mesh.name(group.host),
        expected="packets of {} bytes".format(own),
        remedy=(
            "# pods get their MTU from the interface; make it that of the path on all hosts,"
            " and persist it in the network's configuration:\nip link set dev {} mtu {}"
        ).format(mesh.nodes[group.host]["interface"] or "eth0", largest),
    )


#: Part of its echoes that a pair may lose before a cluster cannot work over it: etcd's heartbeats (every 100 ms, an
#: election after 1 s without) and connections of kubelets then break again and again.
BROKEN = 0.3


@check(
    "mesh.loss",
    title="packets that get lost between hosts",
    why=(
        "A way that loses some packets passes every test of its ports, and then makes etcd elect leaders, transfers"
        " crawl and nodes NotReady from time to time."
    ),
    reference="etcd: tuning (heartbeat and election); RFC 2680",
    remedy="Look for a bad cable, a duplex or queue problem, a duplicate address, an overloaded virtual switch.",
    stage=STAGE,
)
def loss(mesh, verdict):
    """Echoes of the listeners that did not come back, counted by both hosts of a pair, where packets got lost."""
    losing = mesh.losing()
    hosts_of = collections.Counter(number for pair in losing for number in pair)
    # A pair is put to the host that has more of them.
    ways = {
        tuple(sorted(pair, key=lambda number: (hosts_of[number], number))): counts for pair, counts in losing.items()
    }

    def say(group):
        counts = [ways[_ends(group)(other)] for other in group.others]
        sent, lost = (sum(numbers) for numbers in zip(*counts))
        other = group.others[0]
        speak = verdict.fail if lost >= sent * BROKEN else verdict.warn
        speak(
            "{} of {} echoes between {} and {} got lost ({:.0f} %)".format(
                lost, sent, mesh.name(group.host), _names(mesh, group.others), 100.0 * lost / sent
            ),
            subject=mesh.name(group.host),
            expected="none lost",
            remedy=(
                "ping -6 -i 0.01 -c 500 -q {0}   # on {1}\n"
                "ip -s -s link show dev {2}; ethtool -S {2} | grep -iE 'err|drop|crc' | grep -v ': 0$'   # on {3}"
            ).format(
                mesh.nodes[group.host]["address"],
                mesh.name(other),
                mesh.nodes[group.host]["interface"] or "eth0",
                mesh.name(group.host),
            ),
        )

    _limited(mesh, verdict, folding.groups(set(ways), set(ways)), say)
    if not losing and mesh.probing:
        verdict.passed(
            "none of {} echoes".format(sum(sent for sent, _lost in mesh.loss.values()))
            if mesh.loss and not any(lost for _sent, lost in mesh.loss.values())
            else "no pair of hosts loses packets again and again"
        )


def _deviation(samples):
    """Return ``(deviation, uncertainty)`` of a clock from its peers' in seconds: the median, of two the smaller."""
    values = sorted(samples.values())
    middle = values[(len(values) - 1) // 2 : len(values) // 2 + 1]
    offset, uncertainty = min(middle, key=lambda sample: abs(sample[0]))
    return -offset, uncertainty


@check(
    "mesh.clock",
    title="clocks of the hosts",
    why="etcd and Ceph complain of clocks that differ; certificates made where one is ahead are not valid elsewhere.",
    reference="etcd rafthttp (1 s); Ceph mon_clock_drift_allowed (0.05 s); RFC 5905, section 8",
    remedy="chronyc makestep, with one time source for all.",
    stage=STAGE,
)
def clock(mesh, verdict):
    """Each host's clock against those of its peers; what the time on the way may explain is not blamed."""
    ceph = any("tcp.6789" in node["bound"] + node["held"] for node in mesh.nodes)
    limit = CLOCK_CEPH if ceph else CLOCK_ETCD
    for number, samples in sorted(mesh.clock.items()):
        deviation, uncertainty = _deviation(samples)
        least = abs(deviation) - uncertainty
        about = {"subject": mesh.name(number), "expected": "within {} s of the others".format(limit)}
        if least <= limit:
            verdict.passed("within {} s of the others".format(limit), subject=mesh.name(number))
            continue
        speak = verdict.fail if least > CLOCK_CERTIFICATES else verdict.warn
        speak(
            "{:.2f} s {} {}".format(
                abs(deviation), "ahead of" if deviation > 0 else "behind", _peers_word(mesh, samples)
            ),
            remedy="chronyc makestep || timedatectl set-ntp true",
            **about,
        )


def _peers_word(mesh, samples):
    return _names(mesh, samples) if len(samples) < 3 else "most of {} peers".format(len(samples))
