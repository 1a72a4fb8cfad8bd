# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0
"""What all probers of a run found, as one picture. What hosts say is checked: who lies can lie about himself only."""

import collections

from ansible_collections.kurl.ipv6.plugins.module_utils.mesh import nodes, ports, prober

_KINDS = {
    prober.SILENT,
    prober.REFUSED,
    prober.UNREACHABLE,
    prober.PROHIBITED,
    prober.FOREIGN,
    prober.UNTESTED,
}
_DEAD = {prober.SILENT, prober.UNREACHABLE}
ICMP = "icmp"
#: What part of a pair's echoes must be missing for a finding, and how many of them at least.
LOSS, LEAST = 0.05, 3


class Mesh:
    """The mesh as the judges see it. Hosts are numbers, places in ``nodes``; a way is ``(source, target)``.

    Arguments:
        listening: the nodes, as ``nodes.listening`` returns them.
        results: {name: registered result of the task with ``state: probed``}.
        absent: {name: why this host is no part of the mesh}.
        firewalls: {name: ``firewalld``, ``ufw`` or empty}.

    Attributes:
        asked: {probe: {way}} of the ways that were tried.
        faults: {probe: {way: outcome}}.
        dead: the ways on which nothing at all came through; their faults are not repeated in ``faults``.
        own_mtu: {source: bytes}; ``measured``: the ways whose packets were measured; ``lost`` and ``smaller``: {way:
            largest size that comes through}, see ``prober.summary``; ``reporters``: {source: [address]}.
        clock: {source: {target: (offset, uncertainty)}} in seconds.
        loss: {way: (echoes, lost ones)} of the ways whose echoes were counted.
        notes: {source: [text]}; ``silent``: {source: why there is no result}.
    """

    subject = "all hosts"

    def __init__(self, listening, results, absent=None, firewalls=None):
        self.nodes = listening
        self.absent = absent or {}
        self.firewalls = firewalls or {}
        self.facts = {}
        self.asked = collections.defaultdict(set)
        self.faults = collections.defaultdict(dict)
        self.dead = set()
        self.own_mtu, self.lost, self.smaller, self.reporters = {}, {}, {}, {}
        self.measured = set()
        self._numbers = {node["name"]: number for number, node in enumerate(listening)}
        self._places, self._peers = {}, {}
        self.clock, self.loss, self.notes, self.silent = {}, {}, {}, {}
        for number, node in enumerate(listening):
            self._read(number, results.get(node["name"]))
        self._find_dead()

    def name(self, number):
        """Return a host's name."""
        return self.nodes[number]["name"]

    @property
    def probing(self):
        """The numbers of the hosts that asked."""
        return [number for number in range(len(self.nodes)) if number not in self.silent]

    # -- reading ----------------------------------------------------------------------------------------------------

    def _read(self, source, result):
        said = result.get("probe") if isinstance(result, dict) else None
        if not isinstance(said, dict):
            message = str((result or {}).get("msg") or "did not run") if isinstance(result, dict) or not result else ""
            self.silent[source] = message or "did not run"
            return
        if said.get("listener") == "other":
            self.silent[source] = "another run took over while this one was going on"
            return
        # The order in which this host knew the nodes; the action plugin tells it, and not the host.
        order = result.get("nodes") if isinstance(result.get("nodes"), list) else [node["name"] for node in self.nodes]
        self._places[source] = [self._numbers.get(name, source) for name in order]
        peers = self._peers[source] = sorted(set(self._places[source]) - {source})
        tested = said["tested"] if isinstance(said.get("tested"), dict) else {}
        for probe in nodes.KNOWN:
            self.asked[probe].update((source, target) for target in peers if self._calls(source, target, probe))
        if ICMP in tested:
            self.asked[ICMP].update((source, target) for target in peers)
        for probe, kinds in _items(said.get("faults")):
            for kind, targets in _items(kinds):
                for target in self._targets(source, targets):
                    if kind in _KINDS and (source, target) in self.asked.get(probe, ()):
                        self.faults[probe][(source, target)] = kind
        self._read_sizes(source, said.get("mtu"))
        self._read_clock(source, said.get("clock"))
        self._read_loss(source, said.get("loss"))
        notes = said.get("notes")
        self.notes[source] = [str(note) for note in notes[:5]] if isinstance(notes, list) else []

    def _targets(self, source, value):
        """Return the peers, by our numbers, in what should be a list of this host's numbers."""
        places = self._places[source]
        entries = value if isinstance(value, list) else []
        numbers = [entry for entry in entries if isinstance(entry, int) and not isinstance(entry, bool)]
        return [places[entry] for entry in numbers if 0 <= entry < len(places) and places[entry] != source]

    def _calls(self, source, target, probe):
        """Return whether a source asks a target on a port."""
        port = nodes.KNOWN[probe]
        node = self.nodes[target]
        if probe not in node["bound"] and not (probe in node["held"] and port.protocol == "tcp"):
            return False
        return ports.plays(self.nodes[source]["roles"], port.sources)

    def _read_sizes(self, source, said):
        if not isinstance(said, dict) or not isinstance(said.get("own"), int) or said["own"] <= 0:
            return
        self.own_mtu[source] = said["own"]
        unmeasured = set(self._targets(source, said.get("unmeasured")))
        self.measured.update((source, target) for target in self._peers[source] if target not in unmeasured)
        for found, sizes in ((self.lost, said.get("lost")), (self.smaller, said.get("smaller"))):
            for size, targets in _items(sizes):
                for target in self._targets(source, targets):
                    if str(size).isdecimal() and len(str(size)) < 6:
                        found[(source, target)] = int(size)
        reporters = said.get("reporters")
        self.reporters[source] = [str(entry) for entry in reporters[:3]] if isinstance(reporters, list) else []

    def _read_clock(self, source, said):
        samples = {}
        for entry in said if isinstance(said, list) else []:
            if isinstance(entry, list) and len(entry) == 3 and self._targets(source, entry[:1]):
                target = self._targets(source, entry[:1])[0]
                _number, offset, uncertainty = entry
                # pylint: disable-next=comparison-with-itself  # only NaN is not what it is
                numeric = all(isinstance(value, (int, float)) and value == value for value in (offset, uncertainty))
                if numeric and uncertainty >= 0:
                    samples[target] = (offset / 1000.0, uncertainty / 1000.0)
        if samples:
            self.clock[source] = samples

    def _read_loss(self, source, said):
        for entry in said if isinstance(said, list) else []:
            numbers = entry if isinstance(entry, list) else []
            # A bool is an int as well.
            if len(numbers) != 3 or any(isinstance(one, bool) or not isinstance(one, int) for one in numbers):
                continue
            _number, sent, lost = entry
            for target in self._targets(source, entry[:1]):
                if 0 <= lost <= sent <= prober.ECHOES and sent:
                    self.loss[(source, target)] = (sent, lost)

    def losing(self):
        """Return ``{(host, other host): (echoes, lost ones)}`` of pairs that lose packets, each pair once.

        Whatever gets lost on one way is missing to the echoes of both: a pair counts only if each host that counted
        echoes misses some. ``LOSS`` of all is what two chance losses do not reach.
        """
        found = {}
        for source, target in self.loss:
            counts = [self.loss[way] for way in ((source, target), (target, source)) if way in self.loss]
            sent, lost = (sum(numbers) for numbers in zip(*counts))
            if all(count[1] for count in counts) and lost >= LEAST and lost >= sent * LOSS:
                found[(min(source, target), max(source, target))] = (sent, lost)
        return found

    def _find_dead(self):
        """Find the ways on which nothing came through, and take their faults out of the ports'."""
        tried = collections.Counter()
        failed = collections.Counter()
        for probe, ways in self.asked.items():
            tried.update(ways)
            failed.update(way for way in ways if self.faults.get(probe, {}).get(way) in _DEAD)
        self.dead = {way for way, number in failed.items() if number == tried[way] and number > 1}
        for probe in list(self.faults):
            self.faults[probe] = {way: kind for way, kind in self.faults[probe].items() if way not in self.dead}
        for way in self.dead:
            self.measured.discard(way)
            self.lost.pop(way, None)
            self.smaller.pop(way, None)
            self.loss.pop(way, None)

    # -- the picture ------------------------------------------------------------------------------------------------

    def statuses(self):
        """Return ``{source's name: {target's name: status}}`` of all ways that were tried, for a picture."""
        worst = {}
        rank = {"pass": 0, "warn": 1, "fail": 2}

        def set_worst(way, status):
            if rank[status] > rank.get(worst.get(way), -1):
                worst[way] = status

        for ways in self.asked.values():
            for way in ways:
                set_worst(way, "pass")
        for probe, faults in self.faults.items():
            needed = probe != ICMP and nodes.KNOWN[probe].needed
            for way, kind in faults.items():
                set_worst(way, "fail" if needed and kind != prober.UNTESTED else "warn")
        for source, target in self.losing():
            for way in ((source, target), (target, source)):
                set_worst(way, "warn")
        for ways, status in ((self.dead, "fail"), (self.lost, "fail"), (self.smaller, "warn")):
            for way in ways:
                set_worst(way, status)
        picture = collections.defaultdict(dict)
        for (source, target), status in worst.items():
            picture[self.name(source)][self.name(target)] = status
        return dict(picture)


def _items(value):
    """Return the items of what should be a map."""
    return list(value.items()) if isinstance(value, dict) else []
