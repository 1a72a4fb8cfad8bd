# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0
"""Questions that test pods ask, and what their answers mean."""

from __future__ import absolute_import, division, print_function

__metaclass__ = type

import json
import time
import types
from urllib.parse import parse_qs, urlsplit

import pytest

from ansible_collections.kurl.ipv6.plugins.module_utils.cluster import dial
from ansible_collections.kurl.ipv6.plugins.module_utils.cluster.dial import Answer, Question
from ansible_collections.kurl.ipv6.plugins.module_utils.cluster.proxy import ProxyError


def test_hosts_and_paths_survive_the_way_through_the_api():
    url = urlsplit(dial.path_of(Question("verify-1", "fd00::5", 8080, "%zz")))
    assert url.path == "/api/v1/namespaces/kurl-ipv6-verify/pods/verify-1:8080/proxy/dial"
    assert parse_qs(url.query) == {
        "host": ["fd00::5"],
        "port": ["8080"],
        "protocol": ["http"],
        "request": ["%zz"],
        "tries": ["1"],
    }


def failure(message):
    return json.dumps({"kind": "Status", "status": "Failure", "message": message})


# Bodies as agnhost's netexec and an API server of 1.34 send them.
@pytest.mark.parametrize(
    "status, body, answer",
    [
        (200, '{"responses":["verify-x7k2p"]}', Answer(True, True, "verify-x7k2p", "")),
        (
            200,
            '{"errors":["Get \\"http://[fd00::5]:8080/hostname\\": dial tcp [fd00::5]:8080: no route to host"]}',
            Answer(
                True,
                True,
                None,
                'Get "http://[fd00::5]:8080/hostname": dial tcp [fd00::5]:8080: no route to host',
            ),
        ),
        (200, "{}", Answer(True, True, "", "")),
        (200, "<html>", Answer(True, False, None, "the pod answered something else: <html>")),
        (
            400,
            "host and/or port param are invalid. lookup nowhere. on [fd00::a]:53: no such host\n",
            Answer(True, True, None, "lookup nowhere. on [fd00::a]:53: no such host"),
        ),
        (
            503,
            failure("error trying to reach service: dial tcp [fd00::5]:8080: i/o timeout"),
            Answer(True, False, None, "dial tcp [fd00::5]:8080: i/o timeout"),
        ),
        (404, failure('pods "verify-1" not found'), Answer(True, False, None, 'pods "verify-1" not found')),
        (502, "", Answer(True, False, None, "status 502")),
    ],
)
def test_answers_are_read(status, body, answer):
    assert dial.read(status, body) == answer


@pytest.mark.parametrize(
    "error, address",
    [
        ('parse "http://[fd00:c00b:2::1]:80/%zz": invalid URL escape "%zz"', "fd00:c00b:2::1"),
        ('parse "http://10.96.0.1:80/%zz": invalid URL escape "%zz"', "10.96.0.1"),
        ("lookup kubernetes on [fd00::a]:53: no such host", ""),
        ('Get "http://[fd00::1]:80/hostname": EOF', ""),
    ],
)
def test_the_address_behind_a_name(error, address):
    assert dial.resolved(Answer(True, True, None, error)) == address


class Api:
    """Answers each pod as a list says, the last answer for ever."""

    def __init__(self, **answers):
        self.answers = answers
        self.asked = []

    def get(self, path, seconds):
        pod = path.split("/pods/")[1].split(":")[0]
        self.asked.append(pod)
        found = self.answers[pod].pop(0) if len(self.answers[pod]) > 1 else self.answers[pod][0]
        if isinstance(found, Exception):
            raise found
        return 200, json.dumps(found)


def ask(api, pods, patience=60, deadline=60):
    now = time.time()
    questions = [Question(pod, "fd00::1", 80, "hostname") for pod in pods]
    return dial.ask_all(api, questions, lambda index, answer: answer.text == "yes", now + patience, now + deadline)


def test_answers_come_in_the_order_of_the_questions():
    api = Api(**{"p%d" % number: [{"responses": ["yes"]}] for number in range(50)})
    assert [answer.text for answer in ask(api, sorted(api.answers))] == ["yes"] * 50
    assert sorted(api.asked) == sorted(api.answers)


def test_only_what_is_not_satisfied_is_asked_again(monkeypatch):
    monkeypatch.setattr(dial, "time", types.SimpleNamespace(time=time.time, sleep=lambda seconds: None))
    api = Api(good=[{"responses": ["yes"]}], late=[{"errors": ["refused"]}, ProxyError("gone"), {"responses": ["yes"]}])
    assert [answer.text for answer in ask(api, ["good", "late"])] == ["yes", "yes"]
    assert (api.asked.count("good"), api.asked.count("late")) == (1, 3)


def test_patience_ends_with_what_was_said_last():
    api = Api(bad=[{"errors": ["refused"]}])
    assert ask(api, ["bad"], patience=0) == [Answer(True, True, None, "refused")]
    assert api.asked == ["bad"]


def test_after_the_deadline_nobody_is_asked():
    api = Api(bad=[{"errors": ["refused"]}])
    assert ask(api, ["bad"], deadline=-1) == [dial.NOT_ASKED]
    assert api.asked == []


def test_no_answer_from_the_api_is_an_answer():
    answer = dial.once(Api(p=[ProxyError("no answer within 12 s")]), Question("p", "fd00::1", 80, "hostname"))
    assert answer == Answer(True, False, None, "no answer within 12 s")
