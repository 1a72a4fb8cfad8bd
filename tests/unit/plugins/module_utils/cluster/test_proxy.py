# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0
"""The API through a socket that only we can reach."""

from __future__ import absolute_import, division, print_function

__metaclass__ = type

import os
import stat

import pytest

from ansible_collections.kurl.ipv6.plugins.module_utils.cluster.kubectl import Kubectl, KubectlError
from ansible_collections.kurl.ipv6.plugins.module_utils.cluster.proxy import Proxy, ProxyError, message

PODS = "/api/v1/namespaces/demo/pods"


def pod(name):
    return {"kind": "Pod", "metadata": {"name": name, "namespace": "demo"}}


def test_objects_are_listed(cluster):
    cluster.add(pod("a"), pod("b"))
    with Proxy(cluster.kubectl, "^/api/v1/namespaces/demo/", 60) as api:
        assert [item["metadata"]["name"] for item in api.objects(PODS)] == ["a", "b"]


def test_only_the_wanted_paths_are_served(cluster):
    with Proxy(cluster.kubectl, "^/api/v1/namespaces/demo/", 60) as api:
        assert api.get("/api/v1/namespaces/kube-system/pods", 5) == (403, "Forbidden")
        with pytest.raises(ProxyError, match="Forbidden"):
            api.objects("/api/v1/secrets")
        with pytest.raises(ProxyError, match="could not find the requested resource"):
            api.objects("/api/v1/namespaces/demo/cats")


def test_nobody_else_can_reach_it_and_nothing_stays(cluster):
    with Proxy(cluster.kubectl, "^/", 60) as api:
        folder, process = api._folder, api._process
        assert stat.S_IMODE(os.stat(folder).st_mode) == 0o700
    assert process.poll() is not None
    assert not os.path.exists(folder)


def test_it_ends_when_something_breaks_meanwhile(cluster):
    with pytest.raises(ZeroDivisionError):
        with Proxy(cluster.kubectl, "^/", 60) as api:
            process = api._process
            raise ZeroDivisionError
    assert process.poll() is not None


def test_one_that_does_not_start_is_quoted(cluster):
    cluster.write(failures=[{"words": "proxy", "stderr": "error: no configuration has been provided"}])
    api = Proxy(cluster.kubectl, "^/", 60)
    with pytest.raises(KubectlError, match="^kubectl proxy: error: no configuration has been provided$"):
        api.__enter__()
    assert not os.path.exists(api._folder)


def test_a_program_that_is_not_there_leaves_nothing(cluster):
    api = Proxy(Kubectl(cluster.path, "/nowhere/kubectl"), "^/", 60)
    with pytest.raises(KubectlError, match="No such file"):
        api.__enter__()
    assert not os.path.exists(api._folder)


def test_it_ends_by_itself_when_nobody_ends_it(cluster):
    api = Proxy(cluster.kubectl, "^/", 1)
    api.__enter__()
    # As timeout(1) says it.
    assert api._process.wait(timeout=30) == 124
    api.close()


def test_one_that_is_gone_is_said(cluster):
    with Proxy(cluster.kubectl, "^/", 60) as api:
        api._process.terminate()
        api._process.wait()
        with pytest.raises(ProxyError):
            api.get(PODS, 5)


@pytest.mark.parametrize(
    "body, said",
    [
        ('{"kind": "Status", "message": "no"}', "no"),
        ('{"kind": "Status", "reason": "Gone"}', "Gone"),
        ('{"kind": "Pod"}', '{"kind": "Pod"}'),
        (" plain words\n", "plain words"),
        ("[]", "[]"),
    ],
)
def test_messages(body, said):
    assert message(body) == said
