# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0
"""A host asks [node]:port of every node: real sockets on the loopback."""

from __future__ import absolute_import, division, print_function

__metaclass__ = type

import contextlib
import socket
import threading
import time
import types
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from ansible_collections.kurl.ipv6.plugins.module_utils.cluster import nodeport


class Server(HTTPServer):
    address_family = socket.AF_INET6


@contextlib.contextmanager
def server(said):
    """A server on [::1] that says something to everybody; gives its port."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200)
            self.end_headers()
            self.wfile.write(said.encode("ascii"))

        def log_message(self, *words):
            pass

    http = Server(("::1", 0), Handler)
    thread = threading.Thread(target=http.serve_forever)
    thread.start()
    try:
        yield http.server_address[1]
    finally:
        http.shutdown()
        thread.join()
        http.server_close()


def closed_port():
    with contextlib.closing(socket.socket(socket.AF_INET6)) as free:
        free.bind(("::1", 0))
        return free.getsockname()[1]


def test_a_test_pod_answers():
    with server("verify-x7k2p") as port:
        assert nodeport.ask([{"name": "n1", "address": "::1"}], port, 0) == [
            {"node": "n1", "address": "::1", "error": ""}
        ]


def test_somebody_else_answers():
    with server("hello") as port:
        assert nodeport.ask_once("::1", port) == "something else answered: hello"


def test_something_that_is_no_http_answers():
    with contextlib.closing(socket.socket(socket.AF_INET6)) as listener:
        listener.bind(("::1", 0))
        listener.listen(1)

        def greet():
            connection, _address = listener.accept()
            connection.recv(1000)
            connection.sendall(b"SSH-2.0-OpenSSH_9.2\r\n")
            connection.close()

        thread = threading.Thread(target=greet)
        thread.start()
        assert nodeport.ask_once("::1", listener.getsockname()[1]) == "something else answered: BadStatusLine"
        thread.join()


def test_nobody_answers():
    assert nodeport.ask_once("::1", closed_port()) == "Connection refused"


def test_silence_is_not_waited_for_for_ever(monkeypatch):
    monkeypatch.setattr(nodeport, "ATTEMPT_SECONDS", 0.2)
    with contextlib.closing(socket.socket(socket.AF_INET6)) as listener:
        listener.bind(("::1", 0))
        listener.listen(1)
        assert nodeport.ask_once("::1", listener.getsockname()[1]) == "timed out"


def test_a_node_that_answers_late_is_asked_again(monkeypatch):
    answers = ["Connection refused", "timed out", ""]
    monkeypatch.setattr(nodeport, "ask_once", lambda address, port: answers.pop(0))
    monkeypatch.setattr(nodeport, "time", types.SimpleNamespace(time=time.time, sleep=lambda seconds: None))
    assert nodeport.ask([{"name": "n1", "address": "fd00::1"}], 30001, 60)[0]["error"] == ""
    assert answers == []


def test_nodes_without_an_address_are_left_out():
    assert nodeport.ask([{"name": "n1", "address": ""}], 30001, 0) == []


NODES = [{"name": "n1", "address": "fd00::1"}, {"name": "n2", "address": "fd00::2"}]


def answers(**errors):
    return [{"node": item["name"], "address": item["address"], "error": errors.get(item["name"], "")} for item in NODES]


@pytest.mark.parametrize(
    "hostname, port, given, statuses, observed",
    [
        ("n1", 30001, answers(), ["pass", "pass"], "answers on 2 nodes"),
        ("n1", 30001, answers(n2="timed out"), ["pass", "fail"], "no answer on n2 ([fd00::2]:30001): timed out"),
        ("n9", 30001, answers(), ["fail", "pass"], "answers on 2 nodes"),
        ("n1", 0, [], ["pass", "skip"], "not judged: there is no NodePort to ask"),
    ],
)
def test_judgement_of_a_host(hostname, port, given, statuses, observed):
    found = nodeport.findings(hostname, NODES, port, given)
    assert [entry["id"] for entry in found] == ["cluster.node.joined", "cluster.node-port"]
    assert [entry["subject"] for entry in found] == ["node/" + hostname] * 2
    assert [entry["status"] for entry in found] == statuses
    assert found[1]["observed"] == observed
    assert all(entry["remedy"] and entry["expected"] for entry in found if entry["status"] == "fail")


def test_without_nodes_nothing_is_judged():
    assert [entry["status"] for entry in nodeport.findings("n1", [], 0, [])] == ["skip", "skip"]
