# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0
"""The listener on ::1: who gets an answer, who does not, and when it ends."""

import os
import socket
import threading
import time

import pytest

from ansible_collections.kurl.ipv6.plugins.module_utils.mesh import listener, ports, protocol

CODEC = protocol.Codec("secret")


def free_port(kind):
    with socket.socket(socket.AF_INET6, kind) as trial:
        trial.bind(("::1", 0))
        return trial.getsockname()[1]


@pytest.fixture
def control(monkeypatch):
    """A control socket of the test's own."""
    monkeypatch.setattr(listener, "CONTROL", b"\0kurl-ipv6-test-%d" % os.getpid())


class Served:
    """A listener in a thread."""

    def __init__(self, deadline=20, idle=10, codec=CODEC):
        self.tcp = free_port(socket.SOCK_STREAM)
        self.udp = free_port(socket.SOCK_DGRAM)
        planned = [
            ports.Port("tcp", self.tcp, "", ports.ANY, ports.ANY, True),
            ports.Port("udp", self.udp, "", ports.ANY, ports.ANY, True),
        ]
        self.listener = listener.Listener("::1", planned, codec, deadline, idle)
        self.listener.open()
        self.thread = threading.Thread(target=self.listener.serve, daemon=True)
        self.thread.start()

    def end(self, seconds=5):
        """Wait for the end; return how long that took."""
        started = time.monotonic()
        self.thread.join(seconds)
        assert not self.thread.is_alive()
        return time.monotonic() - started

    def ask(self, data):
        """Send a datagram; return the reply, None if there is none."""
        with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as asking:
            asking.settimeout(0.5)
            asking.sendto(data, ("::1", self.udp))
            try:
                return asking.recv(4096)
            except socket.timeout:
                return None

    def call(self, data):
        """Send something over TCP; return what comes until the end."""
        with socket.create_connection(("::1", self.tcp), timeout=2) as calling:
            calling.sendall(data)
            try:
                return calling.recv(4096)
            except ConnectionResetError:
                return b""

    def way(self, kind):
        return protocol.Way(kind, self.tcp if kind == "tcp" else self.udp, "::1", "::1")


@pytest.fixture
def served(control):
    """A listener that ends with the test."""
    made = Served()
    yield made
    listener.ask("stop")
    made.end()


def test_who_knows_the_secret_gets_an_answer(served):
    way = served.way("udp")
    reply = CODEC.read(way, served.ask(CODEC.write(way, protocol.ASK, 7, 5)))
    assert (reply.kind, reply.number, reply.sent) == (protocol.ANSWER, 7, 5)
    assert 0 < reply.received <= reply.answered
    way = served.way("tcp")
    assert CODEC.read(way, served.call(CODEC.write(way, protocol.ASK, 8))).number == 8


def test_nobody_else_gets_any(served):
    other = protocol.Codec("other")
    for data in (b"", b"x" * 2000, protocol.MAGIC, other.write(served.way("udp"), protocol.ASK, 7)):
        assert served.ask(data) is None
    assert served.call(b"GET / HTTP/1.0\r\n\r\n" + b"x" * 100) == b""
    assert served.call(other.write(served.way("tcp"), protocol.ASK, 7)) == b""
    # A message for another port.
    assert served.ask(CODEC.write(served.way("udp")._replace(port=1), protocol.ASK, 7)) is None


def test_a_message_may_come_in_pieces(served):
    data = CODEC.write(served.way("tcp"), protocol.ASK, 9)
    with socket.create_connection(("::1", served.tcp), timeout=2) as calling:
        for place in range(len(data)):
            calling.sendall(data[place : place + 1])
        assert CODEC.read(served.way("tcp"), calling.recv(4096)).number == 9


def test_callers_that_say_nothing_do_not_keep_others_out(served):
    silent = [socket.create_connection(("::1", served.tcp), timeout=2) for _number in range(listener.CALLERS + 20)]
    try:
        way = served.way("tcp")
        assert CODEC.read(way, served.call(CODEC.write(way, protocol.ASK, 8))) is not None
    finally:
        for caller in silent:
            caller.close()


def test_it_ends_when_all_are_done(control):
    served = Served()
    assert listener.ask("done 1 1") == "ok"
    assert served.end() < 3
    assert listener.ask("run") is None


def test_it_waits_for_the_others_and_ends_when_they_are_done(control):
    served = Served()
    served.listener._done.add("fd00::9")
    assert listener.ask("done 3 3") == "ok"
    time.sleep(0.2)
    assert served.thread.is_alive()
    way = protocol.Way("udp", served.udp, "::1", "::1")
    served.listener._done.discard("::1")
    served.listener._done.add("fd00::8")
    assert CODEC.read(way, served.ask(CODEC.write(way, protocol.DONE, 1))).kind == protocol.GOODBYE
    assert served.end() < 3


def test_it_ends_when_nobody_asks_any_more(control):
    served = Served(idle=0.5)
    assert listener.ask("done 9 9") == "ok"
    assert 0.2 < served.end() < 4


def test_it_waits_less_for_those_whom_nobody_met(control, monkeypatch):
    monkeypatch.setattr(listener, "IDLE_DONE", 0.3)
    served = Served(idle=10)
    assert listener.ask("done 9 2") == "ok"
    time.sleep(0.8)
    assert served.thread.is_alive(), "one that was met has not said that it is done"
    way = protocol.Way("udp", served.udp, "::1", "::1")
    served.listener._done.add("fd00::8")
    assert CODEC.read(way, served.ask(CODEC.write(way, protocol.ASK, 1))) is not None
    assert 0.1 < served.end() < 3


def test_who_parts_gets_no_answer_and_is_done(control):
    served = Served()
    assert listener.ask("done 2 2") == "ok"
    way = protocol.Way("udp", served.udp, "::1", "::1")
    served.listener._done.discard("::1")
    served.listener._done.add("fd00::8")
    assert served.ask(CODEC.write(way, protocol.PARTED, 1)) is None
    assert served.end() < 3


def test_it_ends_at_its_deadline(control):
    assert Served(deadline=0.5).end() < 4


def test_a_port_of_somebody_else_is_left_alone(control):
    with socket.socket(socket.AF_INET6, socket.SOCK_STREAM) as holder:
        holder.bind(("::", 0))
        holder.listen(1)
        number = holder.getsockname()[1]
        planned = [ports.Port("tcp", number, "", ports.ANY, ports.ANY, True)]
        made = listener.Listener("::1", planned, CODEC, 5)
        made.open()
        try:
            assert made.bound == []
            assert made.held == {"tcp.%d" % number: "EADDRINUSE"}
        finally:
            made.close()


def test_the_next_run_takes_over(control):
    first = Served()
    second = Served(codec=protocol.Codec("next"))
    first.end()
    assert listener.ask("run") == protocol.Codec("next").run
    assert listener.ask("stop") == ""
    second.end()


def test_an_address_of_another_host_is_an_error_and_leaves_nothing(control):
    made = listener.Listener("2001:db8::1", [], CODEC, 5)
    with pytest.raises(OSError):
        made.open()
    assert listener.ask("run") is None
