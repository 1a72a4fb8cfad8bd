# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0
"""Logs and events tell what a status does not."""

from __future__ import absolute_import, division, print_function

__metaclass__ = type

from ansible_collections.kurl.ipv6.plugins.module_utils.cluster import diagnose


def crashing():
    return {
        "kind": "Pod",
        "metadata": {"name": "web", "namespace": "demo"},
        "status": {
            "phase": "Running",
            "containerStatuses": [{"name": "app", "state": {"waiting": {"reason": "CrashLoopBackOff"}}}],
        },
    }


def creating():
    return {
        "kind": "Pod",
        "metadata": {"name": "web", "namespace": "demo"},
        "status": {
            "phase": "Pending",
            "containerStatuses": [{"name": "app", "state": {"waiting": {"reason": "ContainerCreating"}}}],
        },
    }


def event(name, message, when, kind="Warning"):
    return {
        "kind": "Event",
        "metadata": {"name": "%s.%s" % (name, when), "namespace": "demo"},
        "involvedObject": {"name": name},
        "type": kind,
        "message": message,
        "lastTimestamp": when,
    }


def test_last_words_of_a_crashed_container(cluster):
    cluster.write(logs={"web/app/previous": "starting\n\npanic: listen tcp 127.0.0.1:80: refused\n\n"})
    assert diagnose.explain(cluster.kubectl, crashing()) == (
        "container app ends again and again: panic: listen tcp 127.0.0.1:80: refused"
    )


def test_a_log_that_cannot_be_had_is_no_error(cluster):
    assert diagnose.explain(cluster.kubectl, crashing()) == "container app ends again and again"


def test_the_last_warning_of_that_pod(cluster):
    cluster.add(
        event("web", "network: stat /run/flannel/subnet.env:\n  no such file", "2026-01-01T00:00:02Z"),
        event("web", "older", "2026-01-01T00:00:01Z"),
        event("web", "Pulled", "2026-01-01T00:00:03Z", "Normal"),
        event("another", "something else", "2026-01-01T00:00:04Z"),
    )
    assert diagnose.explain(cluster.kubectl, creating()) == "network: stat /run/flannel/subnet.env: no such file"


def test_without_any_word_the_phase_is_told(cluster):
    assert diagnose.explain(cluster.kubectl, creating()) == "phase Pending"
    assert diagnose.explain(cluster.kubectl, {"metadata": {"name": "web"}}) == "phase unknown"


def test_a_kubectl_that_breaks_is_no_error(cluster):
    cluster.write(failures=[{"words": "events", "stderr": "Error from server"}])
    assert diagnose.explain(cluster.kubectl, creating()) == "phase Pending"


def test_texts_are_bounded():
    assert diagnose.shorten("a\n b\t c") == "a b c"
    assert len(diagnose.shorten("x" * 1000)) == 400
