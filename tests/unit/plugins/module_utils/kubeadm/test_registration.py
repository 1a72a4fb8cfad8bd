# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0

import pytest

from ansible_collections.kurl.ipv6.plugins.module_utils.kubeadm import registration
from ansible_collections.kurl.ipv6.plugins.module_utils.kubeadm.run import KubeadmError

JOURNAL = """Started kubelet.service - kubelet, the Kubernetes node agent.
E1124 22:28:38.571221     456 file.go:98] "Unable to read config path" err="path does not exist, ignoring"
I1124 22:28:38.600000     456 server.go:1] "Started kubelet"
E1124 22:28:38.616842     456 manager.go:294] Registration of the raw container factory failed: inotify_init
E1124 22:28:38.616876     456 kubelet.go:1687] "Failed to start cAdvisor" err="inotify_init: too many open files"
kubelet.service: Main process exited, code=exited, status=1/FAILURE
E1124 22:28:48.616876     477 kubelet.go:1687] "Failed to start cAdvisor" err="inotify_init: too many open files"
"""


class Host:
    """A host whose node appears after some questions; its clock moves with each pause."""

    def __init__(self, after, journal=JOURNAL):
        self.questions = 0
        self.after = after
        self.journal = journal
        self.now = 0

    def run(self, words):
        if words[0] == "journalctl":
            return 0, self.journal, ""
        self.questions += 1
        if self.questions > self.after:
            return 0, "node/n1\n", ""
        return 1, "", 'Error from server (NotFound): nodes "n1" not found'

    def pause(self, seconds):
        self.now += seconds

    def wait(self):
        registration.await_registered(self.run, "kubectl", "n1", patience=5, pause=self.pause, clock=lambda: self.now)


def test_a_node_that_is_there_is_asked_for_once():
    host = Host(after=0)
    host.wait()
    assert host.questions == 1 and host.now == 0


def test_a_node_that_comes_is_waited_for():
    host = Host(after=3)
    host.wait()
    assert host.questions == 4


def test_a_node_that_does_not_come_is_an_error_with_the_cause_each_once():
    with pytest.raises(KubeadmError) as error:
        Host(after=1000).wait()
    text = str(error.value)
    assert "the node n1 within 5 s" in text
    assert text.count("Failed to start cAdvisor") == 1
    assert "Unable to read config path" not in text


def test_without_a_journal_the_api_servers_answer_is_the_cause():
    with pytest.raises(KubeadmError, match="NotFound"):
        Host(after=1000, journal="").wait()
