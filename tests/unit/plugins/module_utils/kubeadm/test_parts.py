# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0
"""Parts of Kubernetes are restarted once, in their order, and by the next run where one was killed."""

from __future__ import absolute_import, division, print_function

__metaclass__ = type

import pytest

from ansible_collections.kurl.ipv6.plugins.module_utils.kubeadm import parts
from ansible_collections.kurl.ipv6.plugins.module_utils.kubeadm.run import KubeadmError


class Host:
    """A kubelet that starts a container again when its task was killed, and a clock."""

    def __init__(self, stubborn=(), gone=(), ready_after=0, no_lists=0):
        self.number = 1
        self.running = {part: part + "-1" for part in parts.certificates.PARTS}
        self.calls = []
        self.stubborn, self.gone, self.ready_after = stubborn, gone, ready_after
        self.no_lists = no_lists
        self.now = 0

    def run(self, words):
        self.calls.append(words)
        if words[4:5] == ["list"] and self.no_lists:
            self.no_lists -= 1
            return 1, "", "ctr: no running task found"
        if "kill" in words:
            part = words[-1].rsplit("-", 1)[0]
            if not (part in self.stubborn and "SIGTERM" in words) and part not in self.gone:
                self.number += 1
                self.running[part] = "{0}-{1}".format(part, self.number)
            elif part in self.gone:
                self.running.pop(part, None)
        if words[3:5] == ["containers", "list"]:
            part = words[-1].split("==")[1]
            return 0, "\n".join("{0}-{1}".format(part, number) for number in range(1, 9)), ""
        if words[3:5] == ["tasks", "list"]:
            rows = ["TASK PID STATUS"] + ["{0} 7 RUNNING".format(one) for one in self.running.values()]
            return 0, "\n".join(rows + ["etcd-8 0 STOPPED"]), ""
        if "/readyz" in words:
            self.ready_after -= 1
            return (0, "ok", "") if self.ready_after < 0 else (1, "", "connection refused")
        return 0, "", ""

    def pause(self, seconds):
        self.now += seconds

    def restart(self):
        return parts.Parts(self.run, "fd00::11", self.pause, lambda: self.now).restart_owed()

    def killed(self):
        return [words[-1] for words in self.calls if "kill" in words]


@pytest.fixture(autouse=True)
def note(monkeypatch, tmp_path):
    monkeypatch.setattr(parts, "NOTE", str(tmp_path / "restarts.json"))
    return tmp_path / "restarts.json"


def test_nothing_owed_is_nothing_done(note):
    host = Host()
    parts.owe([])
    assert host.restart() == [] and host.calls == [] and not note.exists()


def test_what_is_owed_may_come_one_by_one():
    parts.owe(part for part in ("kube-scheduler", "etcd"))
    assert parts.owed() == ["etcd", "kube-scheduler"]


def test_parts_restart_once_in_their_order(note):
    parts.owe(["kubelet", "kube-scheduler"])
    parts.owe(part for part in ("etcd", "kube-scheduler"))
    host = Host(ready_after=3)
    assert host.restart() == ["etcd", "kube-scheduler", "kubelet"]
    assert host.killed() == ["etcd-1", "kube-scheduler-1"]
    assert ["systemctl", "restart", "kubelet.service"] in host.calls
    assert not note.exists() and host.restart() == []


def test_a_list_that_cannot_be_made_is_not_an_empty_one():
    """Else the container that runs would pass for the one that came back."""
    host = Host(no_lists=3)
    parts.owe(["kube-scheduler"])
    host.restart()
    assert host.killed() == ["kube-scheduler-1"]


def test_containerd_that_gives_no_list_is_an_error_and_the_restart_stays_owed():
    parts.owe(["kube-scheduler"])
    with pytest.raises(KubeadmError, match="no running task"):
        Host(no_lists=1000).restart()
    assert parts.owed() == ["kube-scheduler"]


def test_one_that_does_not_stop_is_killed():
    parts.owe(["kube-apiserver"])
    host = Host(stubborn=["kube-apiserver"])
    assert host.restart() == ["kube-apiserver"]
    assert [words[6] for words in host.calls if "kill" in words] == ["SIGTERM", "SIGKILL"]


def test_one_that_does_not_come_back_is_an_error_and_stays_owed():
    parts.owe(["etcd", "kube-scheduler"])
    with pytest.raises(KubeadmError, match="etcd did not come back within"):
        Host(gone=["etcd"]).restart()
    assert parts.owed() == ["etcd", "kube-scheduler"]


def test_an_api_server_that_is_not_ready_says_what_it_said():
    parts.owe(["kube-apiserver"])
    with pytest.raises(KubeadmError, match="not ready .* after the restart of kube-apiserver: connection refused"):
        Host(ready_after=10000).restart()


def test_a_note_that_is_damaged_owes_nothing(note):
    note.write_text("{")
    assert parts.owed() == []
