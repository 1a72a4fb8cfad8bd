# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0
"""Runs of kubeadm that end well, fail, and are killed; kubeadm itself is a function that leaves the files it would."""

from __future__ import absolute_import, division, print_function

__metaclass__ = type

import json
import os

import pytest

from ansible_collections.kurl.ipv6.plugins.module_utils.kubeadm import node, run

TOKEN = "abcdef.0123456789abcdef"
KEY = "0123456789abcdef" * 4
REGISTRATION = {"name": "node1", "criSocket": "unix:///run/containerd/containerd.sock"}
DOCUMENTS = [{"kind": "JoinConfiguration", "token": TOKEN, "nodeRegistration": REGISTRATION}, {"kind": "Other"}]
CERTIFICATES = ["/etc/kubernetes/pki/ca.crt", "/etc/kubernetes/pki/ca.key"]


class Killed(Exception):
    """Stands for the end of the process."""


class Node:
    """A host's folders, and a kubeadm and kubectl on it."""

    def __init__(self, root, monkeypatch):
        self.root = str(root)
        self.calls = []
        self.configurations = []
        self.modes = []
        self.plan = []
        for name in dir(node):
            value = getattr(node, name)
            if name.isupper() and isinstance(value, str) and value.startswith("/"):
                monkeypatch.setattr(node, name, self.root + value)
        monkeypatch.setattr(run, "CONFIG", self.root + "/run/kubeadm.yaml")
        os.makedirs(self.root + "/run")
        self.control_plane_files = ["{0}/{1}.yaml".format(node.MANIFESTS, name) for name in node.CONTROL_PLANE]
        self.control_plane_files += [node.ADMIN]
        self.kubelet_files = [node.KUBELET_CONFIG, node.KUBELET_KUBECONFIG, node.KUBELET_CERTIFICATE]

    def put(self, *paths):
        """Make files, with a text."""
        for path in paths:
            path = path if path.startswith(self.root) else self.root + path
            if not os.path.isdir(os.path.dirname(path)):
                os.makedirs(os.path.dirname(path))
            with open(path, "w") as stream:
                stream.write("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n")

    def __call__(self, words):
        """Run a command: the next step of the plan is (files that it leaves, its answer or an exception)."""
        words = [os.path.basename(words[0])] + list(words[1:])
        if words[0] == "journalctl":
            return 0, "kubelet: the token " + TOKEN + " is not valid", ""
        self.calls.append(words)
        if "--config" in words:
            with open(run.CONFIG) as stream:
                self.configurations.append([json.loads(text) for text in stream.read().split("\n---\n")])
            self.modes.append(os.stat(run.CONFIG).st_mode & 0o7777)
        files, answer = self.plan.pop(0) if self.plan else ([], (0, "", ""))
        self.put(*files)
        if isinstance(answer, Exception):
            raise answer  # pylint: disable=raising-bad-type
        return answer

    def left(self):
        """Return what is left of secrets."""
        return os.listdir(self.root + "/run")


@pytest.fixture(name="host")
def fixture_host(tmp_path, monkeypatch):
    """A host on which no kubeadm has been."""
    return Node(tmp_path, monkeypatch)


OK = (0, "done", "")
FAILED = (1, "", "error execution phase x: it is broken")
SLOW = (1, "", "error execution phase addon/coredns: net/http: request canceled (Client.Timeout exceeded)")


def ignoring(words):
    """Return whether a call ignores preflight errors, and assert that it is those of our own traces."""
    if "--ignore-preflight-errors" not in words:
        return False
    assert words[words.index("--ignore-preflight-errors") + 1] == ",".join(node.OWN_TRACES)
    return True


def test_init_runs_once_with_a_configuration_that_only_root_can_read(host):
    host.plan = [(CERTIFICATES + host.control_plane_files + host.kubelet_files, OK)]
    kubeadm = run.Kubeadm(host)
    old = os.umask(0)
    try:
        assert kubeadm.init(DOCUMENTS) is True
    finally:
        os.umask(old)
    assert kubeadm.init(DOCUMENTS) is False
    (call,) = host.calls
    assert call[:2] == ["kubeadm", "init"]
    assert "--skip-token-print" in call
    assert "--skip-certificate-key-print" in call
    assert not ignoring(call)
    assert TOKEN not in " ".join(call)
    assert (host.configurations, host.modes) == ([DOCUMENTS], [0o600])
    assert host.left() == []
    assert node.inspect()["control_plane"]


@pytest.mark.parametrize("action", ["init", "join"])
def test_the_configuration_goes_also_when_kubeadm_fails_or_is_killed(host, action):
    for answer in (FAILED, Killed()):
        host.plan = [([], answer)]
        with pytest.raises((run.KubeadmError, Killed)):
            start(host, action)
        assert host.left() == []
    # A process that was killed itself cannot remove it; the next run does.
    host.put("/run/kubeadm.yaml")
    host.plan = [(CERTIFICATES + host.kubelet_files, OK)]
    assert start(host, action) is True
    assert host.left() == []


def start(host, action):
    """Run init or the join of a worker."""
    kubeadm = run.Kubeadm(host)
    return kubeadm.init(DOCUMENTS) if action == "init" else kubeadm.join(DOCUMENTS, False)


@pytest.mark.parametrize("action", ["init", "join"])
def test_preflight_errors_are_ignored_only_after_traces_of_our_own(host, action):
    host.plan = [([], (1, "", "[ERROR Port-10250]: Port 10250 is in use")), ([], FAILED), (CERTIFICATES, FAILED)]
    for _number in range(4):
        with pytest.raises(run.KubeadmError):
            host.plan = host.plan or [([], FAILED)]
            start(host, action)
    # Twice kubeadm did nothing; the third time it began; the fourth may ignore what the third left.
    assert [ignoring(call) for call in host.calls] == [False, False, False, True]


@pytest.mark.parametrize("kill_after", range(5))
def test_an_init_that_was_killed_in_any_phase_is_taken_up(host, kill_after):
    phases = [
        [],
        CERTIFICATES,
        CERTIFICATES + host.control_plane_files,
        CERTIFICATES + host.control_plane_files + [node.KUBELET_CONFIG, node.KUBELET_KUBECONFIG],
        CERTIFICATES + host.control_plane_files + host.kubelet_files,
    ]
    host.plan = [(phases[kill_after], Killed()), (phases[4], OK)]
    kubeadm = run.Kubeadm(host)
    with pytest.raises(Killed):
        kubeadm.init(DOCUMENTS)
    assert not node.inspect()["control_plane"]
    assert kubeadm.init(DOCUMENTS) is True
    assert [ignoring(call) for call in host.calls] == [False, kill_after > 0]
    assert kubeadm.init(DOCUMENTS) is False
    assert len(host.calls) == 2


def test_half_pairs_of_a_killed_init_are_made_anew(host):
    host.plan = [(CERTIFICATES + ["/etc/kubernetes/pki/apiserver.key"], Killed()), ([], OK)]
    kubeadm = run.Kubeadm(host)
    with pytest.raises(Killed):
        kubeadm.init(DOCUMENTS)
    kubeadm.init(DOCUMENTS)
    assert sorted(os.listdir(host.root + "/etc/kubernetes/pki")) == ["ca.crt", "ca.key"]


def test_a_user_s_own_key_is_left_before_anything_of_ours_is_there(host):
    host.put("/etc/kubernetes/pki/ca.key")
    host.plan = [([], FAILED)]
    with pytest.raises(run.KubeadmError):
        run.Kubeadm(host).init(DOCUMENTS)
    assert os.listdir(host.root + "/etc/kubernetes/pki") == ["ca.key"]


def test_what_fails_for_want_of_time_is_tried_once_more(host):
    host.plan = [(CERTIFICATES + host.control_plane_files, SLOW), (host.kubelet_files, OK)]
    assert run.Kubeadm(host).init(DOCUMENTS) is True
    assert [ignoring(call) for call in host.calls] == [False, True]
    host.calls = []
    host.plan = [([], SLOW), ([], SLOW), ([], OK)]
    os.unlink(node.ADMIN)
    node.write_note(node.INIT)
    with pytest.raises(run.KubeadmError, match="Client.Timeout"):
        run.Kubeadm(host).init(DOCUMENTS)
    assert len(host.calls) == 2


def test_what_fails_for_another_reason_is_not_tried_again(host):
    host.plan = [(CERTIFICATES, FAILED), ([], OK)]
    with pytest.raises(run.KubeadmError, match="it is broken"):
        run.Kubeadm(host).init(DOCUMENTS)
    assert len(host.calls) == 1


def test_a_worker_joins_once(host):
    host.plan = [(CERTIFICATES[:1] + host.kubelet_files, OK)]
    assert run.Kubeadm(host).join(DOCUMENTS, False) is True
    assert run.Kubeadm(host).join(DOCUMENTS, False) is False
    assert [call[:2] for call in host.calls] == [["kubeadm", "join"]]


def test_a_worker_whose_kubelet_joined_while_its_run_was_killed_is_finished(host):
    host.plan = [(CERTIFICATES[:1] + host.kubelet_files + [node.BOOTSTRAP_KUBECONFIG], Killed())]
    with pytest.raises(Killed):
        run.Kubeadm(host).join(DOCUMENTS, False)
    assert run.Kubeadm(host).join(DOCUMENTS, False) is True
    assert [call[0] for call in host.calls] == ["kubeadm", "kubectl"]
    assert host.calls[1][-4:] == [
        "--overwrite",
        "node",
        "node1",
        "kubeadm.alpha.kubernetes.io/cri-socket=unix:///run/containerd/containerd.sock",
    ]
    assert node.KUBELET_KUBECONFIG in host.calls[1]
    assert not os.path.exists(node.BOOTSTRAP_KUBECONFIG)
    assert run.Kubeadm(host).join(DOCUMENTS, False) is False


def test_a_worker_that_was_killed_before_its_kubelet_joined_joins_anew(host):
    host.plan = [
        (CERTIFICATES[:1] + [node.BOOTSTRAP_KUBECONFIG, node.KUBELET_CONFIG], Killed()),
        (host.kubelet_files, OK),
    ]
    with pytest.raises(Killed):
        run.Kubeadm(host).join(DOCUMENTS, False)
    assert run.Kubeadm(host).join(DOCUMENTS, False) is True
    assert [ignoring(call) for call in host.calls] == [False, True]


def test_a_worker_whose_kubelet_joins_while_kubeadm_is_refused_is_finished(host):
    """The kubelet of a killed run was still at it: kubeadm meets a node that is Ready."""
    refused = (1, "", 'error: a Node with name "node1" and status "Ready" already exists in the cluster')
    host.plan = [(CERTIFICATES[:1] + [node.KUBELET_CONFIG], Killed()), (host.kubelet_files, refused)]
    with pytest.raises(Killed):
        run.Kubeadm(host).join(DOCUMENTS, False)
    assert run.Kubeadm(host).join(DOCUMENTS, False) is True
    assert [call[0] for call in host.calls] == ["kubeadm", "kubeadm", "kubectl"]


def test_a_control_plane_node_killed_after_its_kubelet_joined_goes_on_without_it(host):
    host.plan = [(CERTIFICATES + host.kubelet_files, Killed()), (host.control_plane_files, OK)]
    kubeadm = run.Kubeadm(host)
    with pytest.raises(Killed):
        kubeadm.join(DOCUMENTS, True)
    assert kubeadm.join(DOCUMENTS, True) is True
    assert "--skip-phases" not in host.calls[0]
    assert host.calls[1][2:4] == ["--skip-phases", "kubelet-start"]
    assert ignoring(host.calls[1])
    assert host.calls[2][0] == "kubectl"
    assert kubeadm.join(DOCUMENTS, True) is False


def test_a_worker_that_is_to_be_a_control_plane_node_is_told_how(host):
    host.put(*host.kubelet_files)
    for step in (lambda: run.Kubeadm(host).join(DOCUMENTS, True), lambda: run.Kubeadm(host).init(DOCUMENTS)):
        with pytest.raises(run.KubeadmError, match="is a worker of the cluster already.*kubectl drain.*kubeadm reset"):
            step()
    assert host.calls == []


def test_a_control_plane_node_is_left_as_it_is_by_a_join_of_a_worker(host):
    host.put(*(host.kubelet_files + host.control_plane_files))
    assert run.Kubeadm(host).join(DOCUMENTS, False) is False


def test_what_another_run_of_kubeadm_left_is_refused(host):
    host.put("/etc/kubernetes/manifests/etcd.yaml")
    for action in ("init", "join"):
        with pytest.raises(run.KubeadmError, match="another run of kubeadm left: .*etcd.yaml.*kubeadm reset"):
            start(host, action)
    assert host.calls == []
    assert not os.path.exists(node.NOTE)


def test_a_node_of_another_cluster_is_refused(host):
    host.put(*(host.kubelet_files + CERTIFICATES[:1]))
    own = node.inspect()["authority"]
    assert own
    assert run.Kubeadm(host).join(DOCUMENTS, False, own) is False
    assert run.Kubeadm(host).join(DOCUMENTS, False, "") is False
    with pytest.raises(run.KubeadmError, match="is a node of another cluster"):
        run.Kubeadm(host).join(DOCUMENTS, False, "0" * 64)


def test_a_host_that_changed_its_group_in_the_midst_is_told_so(host):
    host.plan = [(CERTIFICATES[:1], Killed())]
    with pytest.raises(Killed):
        run.Kubeadm(host).join(DOCUMENTS, False)
    for step in (lambda: run.Kubeadm(host).join(DOCUMENTS, True), lambda: run.Kubeadm(host).init(DOCUMENTS)):
        with pytest.raises(run.KubeadmError, match="in the midst of kubeadm's join, .*kubeadm reset"):
            step()


def test_credentials_are_read_from_what_kubeadm_prints(host):
    command = "kubeadm join [fd00::1]:6443 --token {0} --discovery-token-ca-cert-hash sha256:{1} \n".format(TOKEN, KEY)
    uploaded = "[upload-certs] Using certificate key:\n{0}\n".format(KEY)
    host.plan = [([], (0, command, "")), ([], (0, uploaded, ""))]
    made = run.Kubeadm(host).credentials("15m", True)
    assert made == {"token": TOKEN, "ca_cert_hash": "sha256:" + KEY, "certificate_key": KEY}
    assert host.calls[0][1:5] == ["token", "create", "--ttl", "15m"]
    host.plan = [([], (0, command, ""))]
    assert run.Kubeadm(host).credentials("15m", False)["certificate_key"] == ""


@pytest.mark.parametrize("answers", [["nothing"], ["kubeadm join --token x"]])
def test_credentials_that_are_not_printed_are_an_error(host, answers):
    host.plan = [([], (0, answer, "")) for answer in answers]
    with pytest.raises(run.KubeadmError, match="printed no join command"):
        run.Kubeadm(host).credentials("15m", True)
    with pytest.raises(run.KubeadmError, match="printed no certificate key"):
        run.parse_certificate_key("[upload-certs] Using certificate key:\n")


def test_messages_hide_tokens_and_keys(host):
    private = "-----BEGIN RSA PRIVATE KEY-----\nMIIE\nsecret\n-----END RSA PRIVATE KEY-----"
    text = "error: token {0} and key {1} and\n{2}\nare wrong, the kubelet timed out".format(TOKEN, KEY, private)
    host.plan = [(CERTIFICATES, (1, text, text))] * 2
    with pytest.raises(run.KubeadmError) as raised:
        run.Kubeadm(host).join(DOCUMENTS, False)
    message = str(raised.value)
    assert message.startswith("kubeadm join failed:\n")
    assert "<hidden>" in message
    assert "kubelet's journal ends with" in message
    for secret in (TOKEN, KEY, "MIIE", "secret"):
        assert secret not in message


def test_a_message_shows_what_tells_and_else_the_end():
    shown = run.failure(
        ["/usr/local/bin/kubeadm", "init", "--config"], "I0101 phase\n" * 50, "[ERROR Swap]: swap is on\n"
    )
    assert shown == "kubeadm init failed:\n[ERROR Swap]: swap is on"
    assert run.failure(["kubeadm", "join"], "\n".join(str(line) for line in range(50)), "").splitlines()[1:] == [
        str(line) for line in range(42, 50)
    ]


@pytest.mark.parametrize(
    "path, expected",
    [
        ("/sbin:/bin:/usr/sbin:/usr/bin", "/usr/local/sbin:/usr/local/bin:/sbin:/bin:/usr/sbin:/usr/bin"),
        ("/usr/local/bin:/bin", "/usr/local/sbin:/usr/local/bin:/bin"),
        ("", "/usr/local/sbin:/usr/local/bin"),
    ],
)
def test_kubeadm_finds_the_kubelet_whatever_sudo_leaves_of_the_path(path, expected):
    assert run.search_path(path) == expected
