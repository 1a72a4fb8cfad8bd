# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0
"""Changing the running kernel and going back: against a kernel that drops learned routes as the real one does."""

import json
import os

import pytest

from ansible_collections.kurl.ipv6.plugins.module_utils.forwarding import change, journal, plan

ACCEPT = "net/ipv6/conf/eth0/accept_ra"
ROUTE = {
    "destination": "default",
    "gateway": "fe80::1",
    "interface": "eth0",
    "metric": 1024,
    "protocol": "ra",
    "type": "unicast",
    "expires": 1700,
}
LINKS = [{"index": 2, "name": "eth0"}]


class Kernel:
    """Parameters and default routes; ``refuses``: parameters that cannot be set, ``stubborn``: no route comes back."""

    def __init__(self, accept="1", forwarding="0", refuses=(), stubborn=False):
        self.values = {ACCEPT: accept, plan.FORWARDING: forwarding}
        self.table = [dict(ROUTE)]
        self.refuses = refuses
        self.stubborn = stubborn
        self.written = []
        self.commands = []

    def write(self, path, value):
        if path in self.refuses:
            raise change.ForwardingError(f"{plan.dotted(path)} cannot be set")
        self.written.append((path, value))
        self.values[path] = value
        if path == plan.FORWARDING and value == "1" and self.values[ACCEPT] != "2":
            self.table = []

    def routes(self):
        return [dict(route) for route in self.table]

    def run(self, words):
        self.commands.append(words)
        if not self.stubborn:
            self.table.append(dict(ROUTE))
        return 0, "", ""

    def change(self):
        return change.Change(self.routes, LINKS, self.run, self.write)


@pytest.fixture(autouse=True)
def no_router(monkeypatch):
    """No packet leaves the tests, and nothing waits for an answer."""
    monkeypatch.setattr(change, "solicit", lambda interface, index: False)
    monkeypatch.setattr(change, "PAUSE", 0.01)


def steps(kernel, handler):
    return plan.changes(plan.wanted({"eth0": handler}, False), kernel.values)


def test_with_accept_ra_first_the_route_stays():
    kernel = Kernel()
    kernel.change().make(steps(kernel, "kernel"), kernel.routes(), 0.05)
    assert kernel.written == [(ACCEPT, "2"), (plan.FORWARDING, "1")]
    assert kernel.table == [ROUTE]
    assert kernel.commands == []


def test_a_lost_route_is_brought_back_and_told():
    kernel = Kernel(accept="0")
    with pytest.raises(change.ForwardingError) as error:
        kernel.change().make(steps(kernel, "program"), kernel.routes(), 0.05)
    assert kernel.values == {ACCEPT: "0", plan.FORWARDING: "0"}
    words = "ip -6 route replace default via fe80::1 dev eth0 metric 1024 proto ra expires 1700"
    assert kernel.commands == [words.split()]
    assert kernel.table == [ROUTE]
    assert "default via fe80::1 dev eth0" in str(error.value)
    assert "the route is back" in str(error.value)
    assert "net.ipv6.conf.eth0.accept_ra=2" in str(error.value)


def test_a_route_that_stays_away_is_the_first_thing_to_type():
    kernel = Kernel(accept="0", stubborn=True)
    with pytest.raises(change.ForwardingError) as error:
        kernel.change().make(steps(kernel, "program"), kernel.routes(), 0)
    assert "has not come back by itself" in str(error.value)
    assert "Remedy:\nip -6 route replace default via fe80::1 dev eth0 metric 1024\n" in str(error.value)


def test_a_router_that_answers_makes_the_command_needless(monkeypatch):
    kernel = Kernel(accept="0")

    def answer(interface, index):
        assert (interface, index) == ("eth0", 2)
        # Only a kernel that is back to what it was takes the advertisement.
        assert kernel.values[plan.FORWARDING] == "0"
        kernel.table.append(dict(ROUTE))
        return True

    monkeypatch.setattr(change, "solicit", answer)
    with pytest.raises(change.ForwardingError):
        kernel.change().make(steps(kernel, "program"), kernel.routes(), 0)
    assert kernel.commands == []


def test_a_refused_parameter_undoes_those_before_it():
    kernel = Kernel(refuses=(plan.FORWARDING,))
    with pytest.raises(change.ForwardingError) as error:
        kernel.change().make(steps(kernel, "kernel"), kernel.routes(), 0)
    assert kernel.values == {ACCEPT: "1", plan.FORWARDING: "0"}
    assert "net.ipv6.conf.all.forwarding cannot be set" in str(error.value)


def test_undoing_goes_backwards():
    kernel = Kernel(accept="2", forwarding="1")
    kernel.change().undo([(ACCEPT, "1"), (plan.FORWARDING, "0"), (plan.BRIDGE, None)], kernel.routes())
    assert kernel.written == [(plan.FORWARDING, "0"), (ACCEPT, "1")]


def test_a_route_that_goes_a_moment_later_is_seen():
    seen = iter([[ROUTE], [ROUTE], []])
    watcher = change.Change(lambda: next(seen), LINKS, None)
    assert watcher.watch([ROUTE], 5) == [ROUTE]


def test_a_host_without_a_default_route_has_none_to_lose():
    kernel = Kernel(accept="1")
    kernel.table = []
    kernel.change().make(steps(kernel, "static"), [], 0)
    assert kernel.values[plan.FORWARDING] == "1"


def test_a_parameter_that_is_not_there_says_what_brings_it(tmp_path):
    with pytest.raises(change.ForwardingError) as error:
        change.write_value(plan.BRIDGE, "1", f"{tmp_path}/")
    assert "net.bridge.bridge-nf-call-ip6tables cannot be set to 1: No such file or directory" in str(error.value)
    assert "modprobe br_netfilter" in str(error.value)


def test_the_note_is_written_whole_and_read_back(tmp_path):
    path = str(tmp_path / "state" / "forwarding.json")
    assert journal.read(path) == {"before": {}, "unfinished": None}
    note = {"before": {ACCEPT: "1"}, "unfinished": {"values": [[ACCEPT, "1"]], "routes": [ROUTE], "boot": "b"}}
    journal.write(note, path)
    assert journal.read(path) == note
    assert os.listdir(str(tmp_path / "state")) == ["forwarding.json"]
    for _attempt in range(2):
        journal.write({"before": {}, "unfinished": None}, path)
        assert not (tmp_path / "state" / "forwarding.json").exists()
    assert journal.read(path) == {"before": {}, "unfinished": None}


@pytest.mark.parametrize("text", ["", "[]", "{", '{"before": 3, "unfinished": null}', json.dumps({"before": {}})])
def test_a_damaged_note_counts_as_none(tmp_path, text):
    path = tmp_path / "forwarding.json"
    path.write_text(text)
    assert journal.read(str(path)) == {"before": {}, "unfinished": None}
