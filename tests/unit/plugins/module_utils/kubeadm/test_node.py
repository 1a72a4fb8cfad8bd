# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0
"""How far a host is: every state in which a run can be killed."""

from __future__ import absolute_import, division, print_function

__metaclass__ = type

import base64
import hashlib
import json

import pytest

from ansible_collections.kurl.ipv6.plugins.module_utils.kubeadm import node

MANIFESTS = ["{0}/{1}.yaml".format(node.MANIFESTS, name) for name in node.CONTROL_PLANE]
KUBELET = [node.KUBELET_CONFIG, node.KUBELET_KUBECONFIG, node.KUBELET_CERTIFICATE]
CERTIFICATE = "-----BEGIN CERTIFICATE-----\n{0}\n-----END CERTIFICATE-----\n".format(
    base64.b64encode(b"der" * 30).decode()
)


def state(files, action="", before=()):
    """Return what is seen on a host with these files and this note."""
    texts = {node.AUTHORITY: CERTIFICATE if node.AUTHORITY in files else ""}
    if action:
        texts[node.NOTE] = json.dumps({"action": action, "before": list(before)})
    return node.inspect(exists=lambda path: path in files, read=lambda path: texts.get(path, ""))


def test_a_host_that_kubeadm_never_saw():
    assert state([]) == {
        "joined": False,
        "control_plane": False,
        "kubelet": False,
        "unfinished": "",
        "own_traces": False,
        "foreign": [],
        "authority": "",
    }


def test_a_worker_and_a_control_plane_node():
    worker = state(KUBELET + [node.AUTHORITY])
    assert (worker["joined"], worker["control_plane"], worker["foreign"]) == (True, False, [])
    assert worker["authority"] == hashlib.sha256(b"der" * 30).hexdigest()
    control_plane = state(KUBELET + MANIFESTS + [node.AUTHORITY, node.ADMIN])
    assert (control_plane["joined"], control_plane["control_plane"]) == (True, True)


@pytest.mark.parametrize("missing", KUBELET)
def test_a_kubelet_without_all_of_its_files_is_no_node(missing):
    found = state([path for path in KUBELET if path != missing], node.JOIN)
    assert (found["kubelet"], found["joined"]) == (False, False)


@pytest.mark.parametrize("missing", MANIFESTS + [node.ADMIN])
def test_a_control_plane_node_is_one_also_while_something_of_it_is_away(missing):
    files = [path for path in KUBELET + MANIFESTS + [node.ADMIN] if path != missing]
    assert state(files)["control_plane"]
    assert state([path for path in files if path not in MANIFESTS])["joined"]
    assert not state([path for path in files if path not in MANIFESTS])["control_plane"]


@pytest.mark.parametrize("action", [node.INIT, node.JOIN, node.JOIN_CONTROL_PLANE])
def test_a_node_with_a_run_that_was_killed_has_not_joined(action):
    found = state(KUBELET + MANIFESTS + [node.ADMIN, node.AUTHORITY], action)
    assert (found["joined"], found["control_plane"], found["kubelet"]) == (False, False, True)
    assert (found["unfinished"], found["own_traces"], found["foreign"]) == (action, True, [])


def test_what_was_there_before_is_no_trace_of_ours():
    """A user's own authority, or an etcd of somebody else, must not make preflight errors be ignored."""
    assert not state([node.AUTHORITY], node.INIT, before=[node.AUTHORITY])["own_traces"]
    assert state([node.AUTHORITY, MANIFESTS[0]], node.INIT, before=[node.AUTHORITY])["own_traces"]
    assert not state([], node.INIT)["own_traces"]
    assert not state([node.AUTHORITY])["own_traces"]


def test_what_another_run_left_is_named():
    assert state([node.KUBELET_CONFIG, MANIFESTS[1]])["foreign"] == [MANIFESTS[1], node.KUBELET_CONFIG]
    # An authority of the user's own is what kubeadm lets one bring.
    assert state([node.AUTHORITY])["foreign"] == []


@pytest.mark.parametrize("text", ["", "{", "[]", "null", "{}", '{"action": "x", "before": []}', '{"action": "init"}'])
def test_a_damaged_note_is_none(text):
    assert node.read_note(lambda _path: text) == {"action": "", "before": []}


def test_a_note_is_kept_by_the_run_that_goes_on(tmp_path, monkeypatch):
    monkeypatch.setattr(node, "NOTE", str(tmp_path / "deep" / "note.json"))
    node.write_note(node.INIT, exists=lambda path: path == node.AUTHORITY)
    assert node.read_note() == {"action": node.INIT, "before": [node.AUTHORITY]}
    # By now kubeadm has left files of its own: they are not what was there before.
    node.write_note(node.INIT, exists=lambda _path: True)
    assert node.read_note()["before"] == [node.AUTHORITY]
    node.write_note(node.JOIN, exists=lambda _path: False)
    assert node.read_note() == {"action": node.JOIN, "before": []}
    node.remove_note()
    node.remove_note()
    assert node.read_note()["action"] == ""


@pytest.mark.parametrize("text", ["", "no certificate", CERTIFICATE[:40], "-----BEGIN CERTIFICATE-----\n!\n"])
def test_what_is_no_certificate_has_no_fingerprint(text):
    assert node.fingerprint(text) == ""


def test_the_first_certificate_of_a_chain_counts():
    other = CERTIFICATE.replace(base64.b64encode(b"der").decode(), base64.b64encode(b"red").decode())
    assert other != CERTIFICATE
    assert node.fingerprint(CERTIFICATE + other) == node.fingerprint(CERTIFICATE) != node.fingerprint(other)


@pytest.mark.parametrize(
    "sizes, expected",
    [
        # Killed between key and certificate: the key is written first.
        ({"pki/ca.key": 1, "pki/ca.crt": 1, "pki/apiserver.key": 1}, ["pki/apiserver.key"]),
        ({"pki/etcd/ca.key": 1}, ["pki/etcd/ca.key"]),
        ({"pki/sa.key": 1}, ["pki/sa.key"]),
        ({"pki/sa.key": 1, "pki/sa.pub": 1}, []),
        # Power lost: empty files, and their other halves.
        ({"pki/ca.key": 1, "pki/ca.crt": 0}, ["pki/ca.crt", "pki/ca.key"]),
        ({"pki/ca.key": 0, "pki/ca.crt": 1}, ["pki/ca.crt", "pki/ca.key"]),
        ({"admin.conf": 0, "kubelet.conf": 7}, ["admin.conf"]),
        # An authority whose key lies elsewhere is none of our business, nor are files that kubeadm does not make.
        ({"pki/ca.crt": 1}, []),
        ({"pki/oidc.key": 1, "pki/empty.crt": 0, "manifests/x.yaml": 0, "audit.yaml": 0, "x.conf": 0}, []),
        ({}, []),
    ],
)
def test_what_kubeadm_cannot_go_on_with_is_found(sizes, expected):
    assert node.torn(sizes) == expected


def test_files_are_measured_with_their_folders(tmp_path):
    (tmp_path / "pki/etcd").mkdir(parents=True)
    (tmp_path / "pki/etcd/ca.key").write_text("12")
    (tmp_path / "admin.conf").write_text("")
    (tmp_path / "link.conf").symlink_to(tmp_path / "admin.conf")
    assert node.sizes_below(str(tmp_path)) == {"pki/etcd/ca.key": 2, "admin.conf": 0}
    assert node.sizes_below(str(tmp_path / "nowhere")) == {}


def test_no_error_of_a_real_host_is_ignored():
    """Swap, kernel, container runtime, control groups and what others own stay errors."""
    assert not [one for one in node.OWN_TRACES if one.lower() in ("all", "swap", "systemverification", "cri", "numcpu")]
    assert all(one.startswith(("FileAvailable--etc-kubernetes-", "DirAvailable-", "Port-")) for one in node.OWN_TRACES)
