# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0
"""Waits on a node's planned ports for the probers of the same run, and answers them until nobody will ask any more.

Sockets are bound to the node's address and nothing else. Whoever does not know the run's secret gets no answer. No file
is written: what tells two listeners of one host apart is an abstract Unix socket, which the kernel removes with its
process. The listener ends by itself when all nodes have said that they are done, when nobody was heard for a while
after this node's own prober was done, and in any case at its deadline.
"""

import collections
import contextlib
import errno
import os
import selectors
import signal
import socket
import struct
import time

from ansible_collections.kurl.ipv6.plugins.module_utils.mesh import interface, ports, protocol

#: The name of the socket that a host's listener is told things by; abstract, so one a network namespace (unix(7)).
CONTROL = b"\0kurl-ipv6-node-mesh"
#: Longest line on that socket, in bytes.
LINE = 64
#: Callers that are served at the same time; of more, the one that has waited longest is dropped.
CALLERS = 512
#: How long a caller may stay, in seconds.
PATIENCE = 5
#: How long to wait after the last question when this node's own prober is done, in seconds.
IDLE = 20
#: The same when all have said that they are done whom this node's own prober met: who else will come may never do.
IDLE_DONE = 5
#: How long a listener of an earlier run has to give up its sockets, in seconds.
HANDOVER = 3
#: Datagrams or callers that are taken from one socket before the next one's turn.
AT_ONCE = 64
#: Bytes of the sockets' buffers: 200 probers may ask at the same moment.
BUFFER = 1 << 20
_SO_RCVBUFFORCE = getattr(socket, "SO_RCVBUFFORCE", 33)
#: close(2) drops what was not sent and leaves no TIME_WAIT on a port that a cluster wants soon.
_ABORT = struct.pack("ii", 1, 0)


class Occupied(Exception):
    """Another listener runs here and does not give way."""


def microseconds():
    """Return the time in microseconds since 1970."""
    return int(time.time() * 1e6)


def widen(endpoint):
    """Give a socket a large receive buffer, as far as is allowed."""
    for option in (_SO_RCVBUFFORCE, socket.SO_RCVBUF):
        with contextlib.suppress(OSError):
            endpoint.setsockopt(socket.SOL_SOCKET, option, BUFFER)
            return


def ask(line, timeout=HANDOVER):
    """Tell the listener of this host something.

    Arguments:
        line: ``stop`` (give up), ``done <number of nodes> <number of those that were met, this one included>`` (this
            node's prober will not ask again), ``run`` (who are you).
        timeout: how long to wait for the answer in seconds.
    Returns:
        Its answer, empty if there is none; None if no listener runs.
    """
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as channel:
        channel.settimeout(timeout)
        try:
            channel.connect(CONTROL)
            channel.sendall(line.encode("ascii") + b"\n")
            return channel.recv(LINE).decode("ascii", "replace").strip()
        except (ConnectionRefusedError, FileNotFoundError):
            return None
        except OSError:
            return ""


class Listener:
    """The listener of one host.

    Arguments:
        address: the node's address; nothing else is bound.
        planned: the ports (``ports.Port``) to listen on.
        codec: the run's ``protocol.Codec``.
        deadline: after how many seconds to end in any case.
        idle: see :data:`IDLE`.
    """

    def __init__(self, address, planned, codec, deadline, idle=IDLE):
        self.address = address
        self.bound = []
        self.held = {}
        self._planned = planned
        self._codec = codec
        self._end = time.monotonic() + deadline
        self._idle = idle
        self._heard = time.monotonic()
        self._selector = selectors.DefaultSelector()
        self._control = None
        self._callers = collections.OrderedDict()
        self._done = set()
        self._nodes = 0
        self._met = 0
        self._running = True

    # -- sockets ----------------------------------------------------------------------------------------------------

    def open(self):
        """Bind all sockets.

        A port that something else has is no error: it is kept in ``held`` with the reason.

        Raises:
            Occupied: another listener runs here and does not give way.
            OSError: the address is not on this host.
        """
        self._control = self._take_over()
        self._control.setblocking(False)
        self._selector.register(self._control, selectors.EVENT_READ, self._told)
        try:
            # A port chosen by the kernel: whether the address can be bound at all.
            with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as trial:
                trial.bind((self.address, 0))
            for port in self._planned:
                self._bind(port)
        except OSError:
            self.close()
            raise

    def _take_over(self):
        """Return the bound control socket; a listener that an interrupted run left behind is told to stop."""
        for _attempt in range(3):
            control = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            try:
                control.bind(CONTROL)
                control.listen(8)
                return control
            except OSError as error:
                control.close()
                if error.errno != errno.EADDRINUSE:
                    raise
            # It closes its sockets before it closes the connection, so that they are free after this.
            if ask("stop") == "no":
                raise Occupied("a mesh listener of another user runs on this host; it ends by itself within minutes")
            time.sleep(0.05)
        raise Occupied("a mesh listener of another run is on this host and does not give way")

    def _bind(self, port):
        kind = socket.SOCK_STREAM if port.protocol == "tcp" else socket.SOCK_DGRAM
        endpoint = socket.socket(socket.AF_INET6, kind)
        try:
            endpoint.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
            if port.protocol == "tcp":
                # Connections that ended a moment ago do not occupy a port; a listener does all the same.
                endpoint.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            else:
                widen(endpoint)
            endpoint.bind((self.address, port.number))
            if port.protocol == "tcp":
                # The kernel keeps a caller back until it says something: one look at it is enough then.
                endpoint.setsockopt(socket.IPPROTO_TCP, socket.TCP_DEFER_ACCEPT, PATIENCE)
                endpoint.listen(CALLERS)
        except OSError as error:
            endpoint.close()
            self.held[ports.probe_id(port.protocol, port.number)] = errno.errorcode.get(error.errno, str(error))
            return
        endpoint.setblocking(False)
        take = self._accept if port.protocol == "tcp" else self._datagrams
        self._selector.register(endpoint, selectors.EVENT_READ, lambda: take(endpoint, port.number))
        self.bound.append(ports.probe_id(port.protocol, port.number))

    def descriptors(self):
        """Return the numbers of all open files that the listener needs."""
        return {key.fd for key in self._selector.get_map().values()} | {self._selector.fileno()}

    def renew(self):
        """Make a new selector: one made before fork(2) is shared with the parent process."""
        old, self._selector = self._selector, selectors.DefaultSelector()
        for key in list(old.get_map().values()):
            self._selector.register(key.fileobj, key.events, key.data)
        old.close()

    def close(self):
        """Close all sockets, the control socket last."""
        for key in list(self._selector.get_map().values()):
            if key.fileobj is not self._control:
                self._selector.unregister(key.fileobj)
                key.fileobj.close()
        self._callers.clear()
        self._selector.close()
        if self._control is not None:
            self._control.close()

    # -- serving ----------------------------------------------------------------------------------------------------

    def serve(self):
        """Answer until the end, then close everything."""
        stopped = None
        try:
            while self._running and not self._finished():
                for key, _events in self._selector.select(self._pause()):
                    stopped = key.data() or stopped
                self._dismiss()
        finally:
            self.close()
            # Only now may the one who asked us to stop bind the ports.
            if stopped is not None:
                stopped.close()

    def _finished(self):
        now = time.monotonic()
        if now >= self._end or (self._nodes and len(self._done) >= self._nodes):
            return True
        return bool(self._nodes) and now - self._heard >= self._patience()

    def _patience(self):
        """Return how many seconds nobody must have been heard."""
        return min(self._idle, IDLE_DONE) if len(self._done) >= self._met else self._idle

    def _pause(self):
        """Return the seconds until something has to be done even if nobody says anything."""
        now = time.monotonic()
        until = self._end
        if self._nodes:
            until = min(until, self._heard + self._patience())
        for _caller, (_data, since, _way) in self._callers.items():
            until = min(until, since + PATIENCE)
            break
        return max(until - now, 0.0) + 0.001

    def _told(self):
        """Take a line from the control socket; returns the connection when it told us to stop."""
        try:
            connection, _name = self._control.accept()
        except OSError:
            return None
        connection.settimeout(0.2)
        try:
            uid = struct.unpack("3i", connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12))[1]
            words = connection.recv(LINE).decode("ascii", "replace").split()
            if words[:1] == ["run"]:
                connection.sendall(self._codec.run.encode("ascii"))
            elif uid not in (0, os.geteuid()):
                connection.sendall(b"no")
            elif words[:1] == ["stop"]:
                self._running = False
                return connection
            elif words[:1] == ["done"] and len(words) == 3 and all(word.isdigit() for word in words[1:]):
                self._nodes = max(int(words[1]), 1)
                self._met = max(int(words[2]), 1)
                self._heard = time.monotonic()
                self._done.add(self.address)
                connection.sendall(b"ok")
        except OSError:
            pass
        connection.close()
        return None

    def _note(self, message, source):
        self._heard = time.monotonic()
        if message.kind in (protocol.DONE, protocol.PARTED):
            self._done.add(source)

    def _datagrams(self, endpoint, port):
        for _turn in range(AT_ONCE):
            try:
                data, sender = endpoint.recvfrom(protocol.LARGEST)
            except OSError:
                return
            received = microseconds()
            way = protocol.Way("udp", port, sender[0], self.address)
            message = self._codec.read(way, data)
            if message is None:
                continue
            self._note(message, sender[0])
            reply = self._codec.reply(way, message, received, microseconds())
            if reply is not None:
                with contextlib.suppress(OSError):
                    endpoint.sendto(reply, sender)

    def _accept(self, endpoint, port):
        for _turn in range(AT_ONCE):
            try:
                caller, sender = endpoint.accept()
            except OSError:
                return
            caller.setblocking(False)
            way = protocol.Way("tcp", port, sender[0], self.address)
            self._callers[caller] = (b"", time.monotonic(), way)
            if self._called(caller):
                continue
            self._selector.register(caller, selectors.EVENT_READ, lambda caller=caller: self._called(caller) and None)
            if len(self._callers) > CALLERS:
                self._drop(next(iter(self._callers)))

    def _called(self, caller):
        """Read from a caller; returns whether it is served or sent away."""
        data, since, way = self._callers[caller]
        try:
            more = caller.recv(protocol.SIZE + 1 - len(data))
        except BlockingIOError:
            return False
        except OSError:
            return self._drop(caller)
        received = microseconds()
        data += more
        if more and len(data) < protocol.SIZE:
            self._callers[caller] = (data, since, way)
            return False
        message = self._codec.read(way, data) if more else None
        if message is None:
            return self._drop(caller)
        self._note(message, way.source)
        reply = self._codec.reply(way, message, received, microseconds())
        with contextlib.suppress(OSError):
            if reply is not None:
                caller.send(reply)
        # The prober answers the end of the connection with a reset, so that nothing of it remains here.
        return self._drop(caller, abort=False)

    def _drop(self, caller, abort=True):
        """Close a caller's connection; returns True."""
        if self._callers.pop(caller, None) is not None:
            with contextlib.suppress(KeyError):
                self._selector.unregister(caller)
            if abort:
                with contextlib.suppress(OSError):
                    caller.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _ABORT)
            caller.close()
        return True

    def _dismiss(self):
        """Drop those who have been here for too long; the first one came first."""
        now = time.monotonic()
        while self._callers:
            caller, (_data, since, _way) = next(iter(self._callers.items()))
            if now - since < PATIENCE:
                return
            self._drop(caller)


def _detach(listener):
    """Let go of everything that ties this process to the one that started it."""
    os.setsid()
    os.chdir("/")
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, signal.SIG_DFL)
    needed = listener.descriptors()
    nothing = os.open(os.devnull, os.O_RDWR)
    for number in (0, 1, 2):
        os.dup2(nothing, number)
    for name in os.listdir("/proc/self/fd"):
        number = int(name)
        if number > 2 and number not in needed:
            with contextlib.suppress(OSError):
                os.close(number)
    with contextlib.suppress(OSError), open("/proc/self/comm", "w", encoding="ascii") as file:
        file.write("kurl-mesh")


def start(address, plan, roles, secret, deadline):
    """Start a listener in a process of its own, which outlives the caller.

    Arguments:
        address: the node's address.
        plan: what will be installed; keys as in the documentation of ``host_readiness``.
        roles: the host's inventory groups.
        secret: the run's secret.
        deadline: after how many seconds it ends in any case.
    Returns:
        ``{"address", "interface", "mtu", "bound": [probe id], "held": {probe id: errno's name}}``.
    Raises:
        Occupied, OSError: as :meth:`Listener.open`.
    """
    listener = Listener(address, ports.listening(plan, roles), protocol.Codec(secret), deadline)
    listener.open()
    name, mtu = interface.of_address(address)
    if os.fork() == 0:
        code = 1
        try:
            _detach(listener)
            listener.renew()
            listener.serve()
            code = 0
        finally:
            os._exit(code)
    result = {"address": address, "interface": name, "mtu": mtu, "bound": listener.bound, "held": listener.held}
    listener.close()
    return result
