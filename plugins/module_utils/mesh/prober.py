# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0
"""Asks all peers at once, in one process: every planned port, ICMPv6 echo, the size of packets, the clock.

Nothing waits for anything else: all sockets are non-blocking and share one loop, and the time is bounded, however many
peers are silent. What is asked of a peer depends on its role and on what its listener could bind. There are as many
questions as pairs of nodes times ports: every object and every system call of a question counts.
"""

import collections
import contextlib
import errno
import heapq
import os
import resource
import select
import socket
import struct
import time

from ansible_collections.kurl.ipv6.plugins.module_utils.mesh import interface, listener, packets, ports, protocol

#: How long all questions together may take, in seconds; up to PATIENCE times as long while answers keep coming, which
#: happens where processors are busy: there was one in the last LULL seconds.
TIMEOUT = 5.0
PATIENCE, LULL = 4, 0.5
#: What was sent fewer seconds before the end is not called silent. Who finds no way at once tries again for as long, a
#: call every AGAIN seconds: a link that came up a moment ago has no route yet, and a neighbour may be slow to answer.
FAIR, AGAIN = 1.5, 0.4
#: Peers up to which a listener has to prove itself to each prober on each of its TCP ports. Of more, that many probers
#: ask it to on a port; the others make connections to it all the same.
PROVE_ALL, PROOFS = 16, 4
#: Echoes from which the loss on the way to a peer is counted, the time between two of them and how long an answer may
#: take, in seconds. They are sent where a packet got lost, and to all peers where there are no more than PROVE_ALL; to
#: LOSSY peers at most.
ECHOES, PACE, LATE, LOSSY = 20, 0.01, 1.5, PROVE_ALL
#: When a small packet is sent again and when it counts as lost, in seconds after the first.
SMALL = (0.0, 0.4, 1.0, 1.8, 3.3)
#: The same of a small packet to a port that a packet of full size goes to as well: if that is answered, it need not go.
AFTER_FULL = (0.25, 0.6, 1.2, 2.0, 3.3)
#: The same of packets of full size, and of those that look for the largest size that passes.
FULL = (0.0, 0.3, 0.8, 1.5)
SEARCH = (0.0, 0.4, 1.0)
FAREWELL = (0.0, 0.2, 0.6, 1.0)
#: The same where peers are so many that their answers are not waited for.
PARTING = (0.0, 0.0)
#: Sizes of IPv6 packets that are tried when full size gets lost: usual MTUs of tunnels and access lines.
SIZES = (9000, 8950, 1500, 1492, 1480, 1460, 1450, 1430, 1420, 1400, 1380, 1350, 1300, 1280)
#: IPv6's smallest MTU (RFC 8200, section 5).
SMALLEST = 1280
#: Packets that are sent before the loop looks for answers.
BURST = 64
#: TCP connections at the same time, and files that are left for everything else.
CONNECTIONS, SPARE = 2048, 64

OK, SILENT, REFUSED, UNREACHABLE, PROHIBITED, FOREIGN, UNTESTED = (
    "ok",
    "silent",
    "refused",
    "unreachable",
    "prohibited",
    "foreign",
    "untested",
)
#: What an error of the network or of this host means for the way. EPERM: this host's own packet filter.
_MEANING = {
    errno.ECONNREFUSED: REFUSED,
    errno.ECONNRESET: REFUSED,
    errno.EHOSTUNREACH: UNREACHABLE,
    errno.ENETUNREACH: UNREACHABLE,
    errno.EADDRNOTAVAIL: UNREACHABLE,
    errno.EACCES: PROHIBITED,
    errno.EPERM: PROHIBITED,
    errno.ETIMEDOUT: SILENT,
}
_IP_BIND_ADDRESS_NO_PORT = 24
_NO_LINGER = struct.pack("ii", 1, 0)
_BROKEN = select.EPOLLERR | select.EPOLLHUP

#: A peer: its ``number`` in the list of all nodes, its ``address`` (canonical), ``ports`` (to ask), ``held`` (probe
#: ids that something else than its listener has), and its ``distance`` from this node in the list, which is closed to
#: a ring.
Peer = collections.namedtuple("Peer", "number address ports held distance")


class Question:
    """A question that is sent as one packet, again and again until it is answered."""

    __slots__ = (
        *("peer", "probe", "channel", "port", "size", "times", "kind"),
        *("sent", "outcome", "started", "number", "first"),
    )

    def __init__(self, peer, probe, channel, port, size, times, kind=protocol.ASK):
        self.peer = peer
        self.probe = probe
        self.channel = channel
        self.port = port
        self.size = size
        self.times = times
        self.kind = kind
        self.sent = 0
        self.started = 0.0
        self.number = 0
        #: The time in the first packet, in microseconds, which its answer repeats.
        self.first = 0
        self.outcome = ""


class Call:
    """A TCP connection to a peer's port."""

    __slots__ = (
        *("peer", "probe", "port", "socket", "data"),
        *("connected", "kind", "number", "proof", "started", "first"),
    )

    def __init__(self, peer, probe, port, kind=protocol.ASK, proof=True):
        self.peer = peer
        self.probe = probe
        self.port = port
        self.kind = kind
        self.socket = None
        self.data = b""
        self.connected = False
        self.number = 0
        self.proof = proof
        self.started = 0.0
        #: When it was tried for the first time, in seconds.
        self.first = 0.0


def peers_of(nodes, address, plan, roles):
    """Return the peers to ask.

    Arguments:
        nodes: all nodes that listen, this one too: ``[{"address", "roles", "held": [probe id]}]``; a peer's number is
            its place in this list.
        address: this node's address.
        plan: what will be installed.
        roles: this node's inventory groups.
    """
    own = protocol.packed(address)
    addresses = [protocol.packed(node["address"]) for node in nodes]
    place = addresses.index(own) if own in addresses else 0
    planned = {}
    found = []
    for number, node in enumerate(nodes):
        if addresses[number] != own:
            kind = tuple(node.get("roles") or ())
            if kind not in planned:
                planned[kind] = ports.between(plan, roles, kind)
            canonical = socket.inet_ntop(socket.AF_INET6, addresses[number])
            held = frozenset(node.get("held") or [])
            found.append(Peer(number, canonical, planned[kind], held, (number - place) % len(nodes)))
    return found


def room_for_connections():
    """Return how many connections may be open at once, after asking for as many files as this process may have."""
    _soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = CONNECTIONS + SPARE if hard == resource.RLIM_INFINITY else min(CONNECTIONS + SPARE, hard)
    with contextlib.suppress(OSError, ValueError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
    return max(resource.getrlimit(resource.RLIMIT_NOFILE)[0] - SPARE, 16)


class Prober:
    """Asks all peers of one node.

    Arguments:
        address: this node's address.
        peers: as :func:`peers_of` returns them.
        codec: the run's ``protocol.Codec``.
        timeout: seconds for all questions together.
        mtu: bytes of this node's interface; 0: the size of packets is not looked at.
    """

    def __init__(self, address, peers, codec, timeout=TIMEOUT, mtu=0):
        self.address = address
        self.peers = peers
        self.mtu = mtu
        self.notes = []
        self.outcomes = {}
        self.path = {}
        self.clock = {}
        self.loss = {}
        self._codec = codec
        self._poll = select.epoll()
        self._channels = {}
        self._begin = time.monotonic()
        self._end = self._begin + timeout
        self._latest = self._begin + timeout * PATIENCE
        self._answered = self._begin
        self._due = []
        self._turn = 0
        self._open = {}
        self._number = struct.unpack("!Q", os.urandom(8))[0]
        self._unsent = collections.Counter()
        self._losing = set()
        self._waiting = {}
        self._searching = collections.defaultdict(list)
        self._calls = collections.deque()
        #: Calls that found no way, and when to try them again: [(seconds, call)].
        self._put_off = collections.deque()
        self._calling = {}
        self._room = room_for_connections()
        self._udp = self._channel(packets.Datagrams(address))
        self._icmp = None
        try:
            self._icmp = self._channel(packets.Echo(address))
        except OSError as error:
            self.notes.append("no ICMPv6 echo: {}".format(error.strerror or error))

    # -- running ----------------------------------------------------------------------------------------------------

    def run(self):
        """Ask everything; afterwards ``outcomes``, ``path``, ``clock`` and ``loss`` are complete."""
        for peer in self.peers:
            self._prepare(peer)
        self._loop()
        self._conclude()
        self._count_losses()

    def say_goodbye(self):
        """Tell all peers that nothing more will be asked, so that their listeners can end.

        Of many peers none is waited for: a listener that was not told ends by itself a little later.
        """
        few = len(self.peers) <= PROVE_ALL
        kind, times = (protocol.DONE, FAREWELL) if few else (protocol.PARTED, PARTING)
        self._end = self._latest = time.monotonic() + FAREWELL[-1]
        for peer in self.peers:
            free = [port for port in peer.ports if self._id(port) not in peer.held]
            reached = [port for port in free if self.outcomes.get((peer.number, self._id(port))) == OK]
            # What came through before, UDP first; else UDP, which costs a packet only.
            ways = sorted(reached, key=lambda port: port.protocol != "udp")
            ways = ways or [port for port in free if port.protocol == "udp"]
            if ways and ways[0].protocol == "udp":
                self._ask(Question(peer, "", self._udp, ways[0].number, protocol.SIZE, times, kind))
            elif ways:
                self._calls.append(Call(peer, "", ways[0].number, protocol.DONE))
        self._loop()

    def met(self):
        """Return how many peers answered anything."""
        return len({number for (number, _probe), outcome in self.outcomes.items() if outcome == OK})

    def close(self):
        """Close all sockets."""
        for call in list(self._calling.values()):
            call.socket.close()
        for channel in (self._udp, self._icmp):
            if channel is not None:
                channel.close()
        self._poll.close()

    def _channel(self, channel):
        self._channels[channel.socket.fileno()] = channel
        self._poll.register(channel.socket.fileno(), select.EPOLLIN)
        return channel

    @staticmethod
    def _id(port):
        return ports.probe_id(port.protocol, port.number)

    def _proving(self, peer):
        """Return the TCP ports, as probe ids, on which a peer's listener has to prove that it is the run's.

        In large fleets the probers next to it in the ring of nodes ask for that, as many on each port; on what control
        plane nodes alone use all of those do.
        """
        free = [port for port in peer.ports if port.protocol == "tcp" and self._id(port) not in peer.held]
        if len(self.peers) <= PROVE_ALL:
            return [self._id(port) for port in free]
        common = [self._id(port) for port in free if port.sources == ports.ANY]
        mine = [common[peer.distance % len(common)]] if peer.distance <= PROOFS * len(common) else []
        return mine + [self._id(port) for port in free if port.sources != ports.ANY]

    def _prepare(self, peer):
        if self._icmp is not None:
            self._ask(Question(peer, "icmp", self._icmp, 0, protocol.SIZE, SMALL))
        carrier = None
        proving = self._proving(peer)
        for port in peer.ports:
            probe = self._id(port)
            if port.protocol == "tcp":
                self._calls.append(Call(peer, probe, port.number, proof=probe in proving))
            elif probe not in peer.held:
                measures = carrier is None and self.mtu > SMALLEST
                carrier = carrier or port
                times = AFTER_FULL if measures else SMALL
                question = Question(peer, probe, self._udp, port.number, protocol.SIZE, times)
                if measures:
                    self._waiting[(peer.number, self._udp.name, port.number)] = [question]
                self._ask(question)
        if self.mtu > SMALLEST:
            if carrier is not None:
                self._ask(Question(peer, "mtu", self._udp, carrier.number, self.mtu, FULL))
            elif self._icmp is not None:
                self._ask(Question(peer, "mtu", self._icmp, 0, self.mtu, FULL))

    def _loop(self):
        while True:
            now = time.monotonic()
            self._send_due(now)
            self._place_calls()
            if not (self._open or self._calls or self._put_off or self._calling):
                return
            if now >= self._end:
                if now >= self._latest or now - self._answered > LULL:
                    return
                self._end = min(now + LULL, self._latest)
            until = min([self._end] + [line[0][0] for line in (self._due, self._put_off) if line])
            if self._calls and len(self._calling) < self._room:
                until = now
            pause = until - time.monotonic()
            for number, events in self._poll.poll(max(pause, 0), BURST):
                channel = self._channels.get(number)
                if channel is not None:
                    self._heard(channel)
                elif number in self._calling:
                    self._progress(self._calling[number], events)

    def _conclude(self):
        """Give every question that is still open an outcome."""
        now = time.monotonic()
        for question in list(self._open.values()):
            fair = question.sent and now - question.started >= FAIR
            self._close_question(question, SILENT if fair else UNTESTED)
        for call in list(self._calling.values()):
            # Connected, and no proof that it is our listener came: something else took the call.
            silent = FOREIGN if call.connected else SILENT
            self._close_call(call, silent if now - call.started >= FAIR else UNTESTED)
        for call in self._calls:
            self.outcomes[(call.peer.number, call.probe)] = UNTESTED
        for _when, call in self._put_off:
            self.outcomes[(call.peer.number, call.probe)] = UNREACHABLE
        self._calls.clear()
        self._put_off.clear()
        self._due = []
        for code, times in sorted(self._unsent.items()):
            # Such as EINVAL and ENOBUFS where the kernel's table of neighbours is full.
            self.notes.append("{} packets could not be sent: {}".format(times, os.strerror(code)))
        self._conclude_paths()

    # -- loss -------------------------------------------------------------------------------------------------------

    def _count_losses(self):
        """Send series of echoes and count what comes back, however late: a busy peer loses nothing."""
        few = len(self.peers) <= PROVE_ALL
        asked = [(peer, self._echoing(peer)) for peer in self.peers if few or peer.number in self._losing]
        asked = [(peer, port) for peer, port in asked if port is not None][:LOSSY]
        if not asked:
            return
        # The answers decide how long it takes; silence takes as long as an answer may.
        self._end = self._latest = time.monotonic() + ECHOES * PACE + LATE + LULL
        for peer, port in asked:
            self.loss[peer.number] = [0, 0]
            for number in range(ECHOES):
                times = (number * PACE, number * PACE + LATE)
                self._ask(Question(peer, "loss", self._udp, port.number, protocol.SIZE, times))
        self._loop()
        for question in list(self._open.values()):
            self._close_question(question, UNTESTED)

    def _echoing(self, peer):
        """Return the UDP port on which a peer's listener answered, None if there is none."""
        for port in peer.ports:
            if port.protocol == "udp" and self.outcomes.get((peer.number, self._id(port))) == OK:
                return port
        return None

    # -- packets ----------------------------------------------------------------------------------------------------

    def _ask(self, question):
        self._number = (self._number + 1) & 0xFFFFFFFFFFFFFFFF
        question.number = self._number
        question.started = time.monotonic()
        self._open[question.number] = question
        self._queue(question, question.started + question.times[0])

    def _queue(self, question, when):
        self._turn += 1
        heapq.heappush(self._due, (when, self._turn, question))

    def _send_due(self, now):
        for _number in range(BURST):
            while self._due and self._due[0][2].outcome:
                heapq.heappop(self._due)
            if not self._due or self._due[0][0] > now:
                return
            question = heapq.heappop(self._due)[2]
            if question.sent >= len(question.times) - 1:
                self._close_question(question, SILENT)
                continue
            self._send(question)

    def _way(self, question):
        return protocol.Way(question.channel.name, question.port, self.address, question.peer.address)

    def _send(self, question):
        now = listener.microseconds()
        if not question.sent:
            # It may have waited for its turn.
            question.started = time.monotonic() - question.times[0]
            question.first = now
        data = self._codec.write(
            self._way(question),
            question.kind,
            question.number,
            sent=now,
            size=question.size - packets.HEADERS if question.size > protocol.SIZE else protocol.SIZE,
        )
        for _attempt in range(3):
            try:
                question.channel.send(data, question.peer.address, question.port)
                code = 0
                break
            except OSError as error:
                code = error.errno
                # The kernel may have handed over what an earlier packet to another peer met with: that is in the queue
                # of errors, too, and this packet was not sent yet.
                self._hear_troubles(question.channel)
                if question.outcome or code in (errno.EAGAIN, errno.ENOBUFS):
                    break
        if question.outcome:
            return
        if code in (errno.EAGAIN, errno.ENOBUFS):
            self._queue(question, time.monotonic() + 0.02)
            return
        if code in _MEANING and self._is_final(question, _MEANING[code]):
            self._close_question(question, _MEANING[code])
            return
        if code and code not in _MEANING and code != errno.EMSGSIZE:
            self._unsent[code] += 1
        question.sent += 1
        self._queue(question, question.started + question.times[question.sent])

    def _heard(self, channel):
        for _number in range(BURST):
            try:
                received = channel.receive()
            except OSError:
                # A pending error; what it was about is in the queue of errors.
                received = packets.Received(b"", "", 0)
            if received is None:
                break
            self._take(channel, received)
        self._hear_troubles(channel)

    def _hear_troubles(self, channel):
        for _number in range(BURST):
            trouble = channel.trouble()
            if trouble is None:
                return
            self._worry(trouble)

    def _take(self, channel, received):
        returned = listener.microseconds()
        question = self._open.get(protocol.number_of(received.data))
        if question is None or question.channel is not channel or received.address != question.peer.address:
            return
        message = self._codec.read(self._way(question), received.data)
        if message is None or received.port != question.port:
            return
        # A kernel echoes the question; a listener answers it.
        expected = question.kind if channel is self._icmp else protocol.REPLIES.get(question.kind)
        if message.kind != expected:
            return
        if message.sent != question.first:
            # The first packet, or its answer, was not merely late.
            self._losing.add(question.peer.number)
        if channel is self._udp and question.kind == protocol.ASK:
            self._set_clock(question.peer, message, returned)
        self._close_question(question, OK)

    def _worry(self, trouble):
        question = self._open.get(trouble.number)
        if question is None:
            return
        if trouble.code == errno.EMSGSIZE:
            if question.probe == "mtu":
                self._too_big(question, trouble)
        elif trouble.code in _MEANING and self._is_final(question, _MEANING[trouble.code]):
            self._close_question(question, _MEANING[trouble.code])

    @staticmethod
    def _is_final(question, outcome):
        """Return whether nothing better is to be hoped for: a reset or a prohibition is an answer, see :data:`FAIR`."""
        return question.sent > 0 and (outcome != UNREACHABLE or time.monotonic() - question.started >= FAIR)

    def _close_question(self, question, outcome):
        question.outcome = outcome
        if outcome == OK:
            self._answered = time.monotonic()
        self._open.pop(question.number, None)
        if question.probe == "mtu":
            self._measured(question)
        elif question.probe == "loss":
            if outcome in (OK, SILENT):
                self.loss[question.peer.number][0] += 1
                self.loss[question.peer.number][1] += outcome == SILENT
        elif question.probe:
            self.outcomes[(question.peer.number, question.probe)] = outcome

    def _set_clock(self, peer, message, returned):
        offset, uncertainty = protocol.clock_offset(message, returned)
        if peer.number not in self.clock or uncertainty < self.clock[peer.number][1]:
            self.clock[peer.number] = (offset, uncertainty)

    # -- size of packets --------------------------------------------------------------------------------------------

    def _measured(self, question):
        """A packet of some size came through or did not."""
        number = question.peer.number
        if question.outcome == OK:
            found = self.path.setdefault(number, {"size": 0, "limit": 0, "reporter": ""})
            found["size"] = max(found["size"], question.size)
            for other in self._waiting.pop((number, question.channel.name, question.port), ()):
                # What a large packet passes, a small one passes, too.
                if not other.outcome:
                    self._close_question(other, OK)
            return
        if question.size == self.mtu and question.times is FULL:
            self._search(question.peer, self._passing_channel(question))

    def _passing_channel(self, question):
        """Return ``(channel, port)`` by which small packets came through to a peer, None if there is none."""
        peer = question.peer
        if question.channel is self._udp:
            probe = ports.probe_id("udp", question.port)
            if self.outcomes.get((peer.number, probe)) == OK:
                return self._udp, question.port
        if self.outcomes.get((peer.number, "icmp")) == OK:
            return self._icmp, 0
        return None

    def _search(self, peer, way, limit=0):
        if way is None or peer.number in self._searching:
            return
        channel, port = way
        # Full size once more: what was lost may have been lost by chance.
        sizes = [self.mtu]
        sizes += [limit] if SMALLEST <= limit < self.mtu else []
        sizes += [size for size in SIZES if size < self.mtu and size not in sizes]
        self.path.setdefault(peer.number, {"size": 0, "limit": 0, "reporter": ""})
        for size in sizes:
            question = Question(peer, "mtu", channel, port, size, SEARCH)
            self._searching[peer.number].append(question)
            self._ask(question)

    def _too_big(self, question, trouble):
        """A router says that a packet is too big, and how big one may be."""
        limit = min(max(trouble.mtu, SMALLEST), self.mtu)
        found = self.path.setdefault(question.peer.number, {"size": 0, "limit": 0, "reporter": ""})
        if not found["limit"] or limit < found["limit"]:
            found.update(limit=limit, reporter=trouble.reporter)
        if question.size > limit:
            first = question.size == self.mtu and question.times is FULL
            self._close_question_quietly(question)
            if first:
                self._search(question.peer, (question.channel, question.port), limit)

    def _close_question_quietly(self, question):
        question.outcome = SILENT
        self._open.pop(question.number, None)

    def _conclude_paths(self):
        """Forget the paths of peers to which nothing came through at all: their fault is another one."""
        for number in [number for number, found in self.path.items() if not found["size"] and not found["limit"]]:
            small = any(outcome == OK for (peer, _probe), outcome in self.outcomes.items() if peer == number)
            if not small:
                del self.path[number]

    # -- TCP --------------------------------------------------------------------------------------------------------

    def _place_calls(self):
        while self._put_off and self._put_off[0][0] <= time.monotonic():
            self._calls.append(self._put_off.popleft()[1])
        for _number in range(BURST):
            if not self._calls or len(self._calling) >= self._room:
                return
            call = self._calls.popleft()
            try:
                call.socket = socket.socket(socket.AF_INET6, socket.SOCK_STREAM | socket.SOCK_NONBLOCK)
            except OSError:
                # Too many open files, whatever the limit says: one after the other then.
                self._room = max(len(self._calling), 1)
                self._calls.appendleft(call)
                return
            self._place(call)

    def _place(self, call):
        endpoint = call.socket
        call.started = time.monotonic()
        call.first = call.first or call.started
        self._calling[endpoint.fileno()] = call
        try:
            endpoint.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _NO_LINGER)
            with contextlib.suppress(OSError):
                endpoint.setsockopt(socket.IPPROTO_IP, _IP_BIND_ADDRESS_NO_PORT, 1)
            endpoint.bind((self.address, 0))
            code = endpoint.connect_ex((call.peer.address, call.port))
        except OSError as error:
            code = error.errno
        if code in (0, errno.EINPROGRESS):
            # Where closing the socket ends the interest in it, nobody has to tell the kernel.
            self._poll.register(endpoint.fileno(), select.EPOLLOUT)
        else:
            self._give_up(call, code)

    def _give_up(self, call, code):
        """Close a call that met with an error before it was connected, or try it again a little later."""
        outcome = _MEANING.get(code, UNREACHABLE)
        now = time.monotonic()
        if outcome == UNREACHABLE and call.probe and now - call.first < FAIR:
            self._calling.pop(call.socket.fileno(), None)
            call.socket.close()
            self._put_off.append((now + AGAIN, call))
        else:
            self._close_call(call, outcome)

    def _call_way(self, call):
        return protocol.Way("tcp", call.port, self.address, call.peer.address)

    def _progress(self, call, events):
        if not call.connected:
            code = call.socket.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR) if events & _BROKEN else 0
            if code:
                self._give_up(call, code)
                return
            call.connected = True
            call.started = time.monotonic()
            if call.probe in call.peer.held or not call.proof:
                # Of a port that is held its rightful owner answered, which speaks another language.
                self._close_call(call, OK)
                return
            self._number = (self._number + 1) & 0xFFFFFFFFFFFFFFFF
            call.number = self._number
            data = self._codec.write(self._call_way(call), call.kind, call.number, sent=listener.microseconds())
            try:
                call.socket.send(data)
            except OSError:
                self._close_call(call, FOREIGN)
                return
            self._poll.modify(call.socket.fileno(), select.EPOLLIN)
            return
        try:
            more = call.socket.recv(protocol.SIZE + 1 - len(call.data))
        except BlockingIOError:
            return
        except OSError:
            more = b""
        returned = listener.microseconds()
        call.data += more
        if more and len(call.data) < protocol.SIZE:
            return
        message = self._codec.read(self._call_way(call), call.data)
        if message is None or message.kind != protocol.REPLIES[call.kind] or message.number != call.number:
            self._close_call(call, FOREIGN)
            return
        if call.kind == protocol.ASK:
            self._set_clock(call.peer, message, returned)
        self._close_call(call, OK)

    def _close_call(self, call, outcome):
        self._calling.pop(call.socket.fileno(), None)
        call.socket.close()
        if outcome == OK:
            self._answered = time.monotonic()
        if call.probe:
            self.outcomes[(call.peer.number, call.probe)] = outcome


def summary(prober):
    """Return what a prober found, small enough to send for hundreds of nodes: what is not as it must be, by number.

    Returns:
        ``tested``: {probe: number of peers}; ``faults``: {probe: {outcome: [peer's number]}}; ``mtu``: {"own": bytes,
        "unmeasured": [number], "smaller": {bytes: [number]}, "lost": {bytes: [number]}, "reporters": [address]},
        where ``smaller`` are paths whose routers said so and ``lost`` those where large packets vanish, with the
        largest size that came through (0: none); ``clock``: [[number, offset, uncertainty]] in milliseconds;
        ``loss``: [[number, echoes, lost ones]] of the peers whose echoes were counted; ``notes``: [text].
    """
    tested = collections.Counter()
    faults = {}
    for (number, probe), outcome in sorted(prober.outcomes.items()):
        tested[probe] += 1
        if outcome != OK:
            faults.setdefault(probe, {}).setdefault(outcome, []).append(number)
    sizes = {"own": prober.mtu, "smaller": {}, "lost": {}, "reporters": []}
    sizes["unmeasured"] = [peer.number for peer in prober.peers if peer.number not in prober.path]
    for number, found in sorted(prober.path.items()):
        if found["size"] >= prober.mtu:
            continue
        # A router's word counts if packets of that size do come through.
        told = found["limit"] and found["size"] >= found["limit"]
        sizes["smaller" if told else "lost"].setdefault(str(found["size"]), []).append(number)
        if told and found["reporter"] and found["reporter"] not in sizes["reporters"]:
            sizes["reporters"].append(found["reporter"])
    sizes["reporters"] = sizes["reporters"][:5]
    return {
        "tested": dict(tested),
        "faults": faults,
        "mtu": sizes,
        "clock": [
            [number, _milliseconds(offset), _milliseconds(uncertainty)]
            for number, (offset, uncertainty) in sorted(prober.clock.items())
        ],
        "loss": [[number, sent, lost] for number, (sent, lost) in sorted(prober.loss.items()) if sent],
        "notes": prober.notes,
    }


def _milliseconds(seconds):
    """Return seconds as milliseconds; a clock that is wrong by more than a year need not be told more exactly."""
    return round(max(min(seconds, 1e8), -1e8) * 1000, 1)


def probe(address, nodes, plan, roles, secret, timeout=TIMEOUT):
    """Ask all nodes and tell the listeners that this node is done.

    Arguments:
        address: this node's address.
        nodes: as for :func:`peers_of`.
        plan, roles: as for :func:`peers_of`.
        secret: the run's secret.
        timeout: seconds for all questions together.
    Returns:
        What :func:`summary` returns, with ``seconds`` (how long it took) and ``listener`` (this host's listener is
        ``ours``, that of an ``other`` run, ``gone`` or ``silent``).
    Raises:
        OSError: the address is not on this host.
    """
    started = time.monotonic()
    codec = protocol.Codec(secret)
    address = socket.inet_ntop(socket.AF_INET6, protocol.packed(address))
    mtu = interface.of_address(address)[1]
    prober = Prober(address, peers_of(nodes, address, plan, roles), codec, timeout, mtu)
    try:
        prober.run()
        found = summary(prober)
        run = listener.ask("run", 1)
        found["listener"] = {None: "gone", "": "silent", codec.run: "ours"}.get(run, "other")
        prober.say_goodbye()
        if found["listener"] != "other":
            listener.ask("done {} {}".format(len(nodes), prober.met() + 1), 1)
    finally:
        prober.close()
    found["seconds"] = round(time.monotonic() - started, 3)
    return found
