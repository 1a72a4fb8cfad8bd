# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0
"""Lets a test pod ask something else in the cluster, and reads what it says. May be used from several threads at once.

A pod is told what to ask through the API server's proxy; it answers with what it got (``/dial`` of agnhost's netexec,
kubernetes: test/images/agnhost/netexec/netexec.go).
"""

from __future__ import absolute_import, division, print_function

__metaclass__ = type

import json
import re
import time
from collections import namedtuple
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlencode

from ansible_collections.kurl.ipv6.plugins.module_utils.cluster import trial
from ansible_collections.kurl.ipv6.plugins.module_utils.cluster.proxy import ProxyError, message

#: How long one question may take, in seconds; the pod itself gives up after 5 s, its resolver after 10 s.
LIMIT = 12
#: Questions that are asked at the same time.
AT_ONCE = 32

#: A question: the test pod's name, whom to ask, and ``request``, the path to ask for.
Question = namedtuple("Question", "pod host port request")
#: ``asked``: whether there was time to ask at all; ``reached``: whether the pod took the question; ``text``: what it
#: was answered, or ``None``; ``error``: what went wrong, in words, or empty.
Answer = namedtuple("Answer", "asked reached text error")

NOT_ASKED = Answer(False, False, None, "not tried, time is up")

# A path that no URL can have. The pod resolves the host's name, puts the address into a URL and fails to parse that,
# before it connects to anything; its complaint quotes the URL and so tells the address that the name has in the pod.
_RESOLVE_ONLY = "%zz"
_QUOTED = re.compile(r"http://(?:\[([0-9a-fA-F:.%]+)\]|([0-9.]+)):\d+/%zz")


def path_of(question):
    """Return the path in the API that makes the pod ask."""
    words = {"host": question.host, "port": question.port, "request": question.request, "protocol": "http", "tries": 1}
    return "/api/v1/namespaces/%s/pods/%s:%d/proxy/dial?%s" % (
        trial.NAMESPACE,
        question.pod,
        trial.ASK_PORT,
        urlencode(sorted(words.items())),
    )


def resolution(pod, name):
    """Return the Question that resolves a name in a pod and asks nobody."""
    return Question(pod, name, 80, _RESOLVE_ONLY)


def resolved(answer):
    """Return the address that the answer to a :func:`resolution` tells, or an empty string."""
    match = _QUOTED.search(answer.error)
    return (match.group(1) or match.group(2)) if match else ""


def read(status, body):
    """Return the Answer that the API server's answer holds."""
    if status == 400:
        # The pod's own words; its resolver's complaint is in them.
        said = message(body)
        return Answer(True, True, None, said.replace("host and/or port param are invalid. ", "") or "status 400")
    if status != 200:
        said = message(body) or "status %d" % status
        return Answer(True, False, None, said.replace("error trying to reach service: ", ""))
    try:
        said = json.loads(body)
        responses, errors = said.get("responses") or [], said.get("errors") or []
    except (ValueError, AttributeError):
        return Answer(True, False, None, "the pod answered something else: %s" % body[:80].strip())
    if errors:
        return Answer(True, True, None, "; ".join(str(error) for error in errors))
    return Answer(True, True, str(responses[0]) if responses else "", "")


def once(api, question):
    """Ask once and return the Answer."""
    try:
        return read(*api.get(path_of(question), LIMIT))
    except ProxyError as error:
        return Answer(True, False, None, str(error))


def ask_all(api, questions, satisfied, patience, deadline):
    """Ask many questions at once and return their Answers, in order.

    Arguments:
        api: the Proxy.
        questions: list of Question.
        satisfied: function of a question's index and its Answer that tells whether the answer is the wanted one. What
            is not is asked again, for rules of new Services need a moment until they are on all nodes.
        patience: time (of ``time.time()``) until which a question is repeated.
        deadline: time after which none is asked any more.
    """

    def ask(index):
        answer = NOT_ASKED
        while time.time() < deadline:
            answer = once(api, questions[index])
            if satisfied(index, answer) or time.time() + 1 > min(patience, deadline):
                break
            time.sleep(1)
        return answer

    with ThreadPoolExecutor(max_workers=AT_ONCE) as pool:
        return list(pool.map(ask, range(len(questions))))
