# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0
"""A kubelet's certificate is judged, made and stored; what openssl makes is what Kubernetes' look like."""

from __future__ import absolute_import, division, print_function

__metaclass__ = type

import base64
import os
import shutil
import subprocess

import pytest

from ansible_collections.kurl.ipv6.plugins.module_utils.kubeadm import certificates, kubelet, node, run

NOW = 1790000000


@pytest.fixture(scope="module", name="made")
def fixture_made(tmp_path_factory):
    """Certificate and key of openssl's, as PEM text."""
    if not shutil.which("openssl"):
        pytest.skip("openssl is not here")
    folder = tmp_path_factory.mktemp("certificate")
    words = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=system:node:n1 -days 9"
    subprocess.check_call(
        words.split() + ["-keyout", str(folder / "key"), "-out", str(folder / "c")], stderr=subprocess.DEVNULL
    )
    return (folder / "c").read_text(), (folder / "key").read_text()


@pytest.fixture(name="current")
def fixture_current(tmp_path, monkeypatch):
    """The link that the kubelet's kubeconfig names."""
    path = tmp_path / "pki" / "kubelet-client-current.pem"
    monkeypatch.setattr(node, "KUBELET_CERTIFICATE", str(path))
    return path


def kubeconfig(certificate, key):
    data = [base64.b64encode(text.encode()).decode() for text in (certificate, key)]
    return "users:\n- user:\n    client-certificate-data: {0}\n    client-key-data: {1}\n".format(*data)


def test_it_has_ended_only_after_its_last_second(made):
    read = {node.KUBELET_CERTIFICATE: made[0] + made[1]}.get
    end = certificates.validity(certificates.der(made[0]))[1]
    assert not kubelet.ended(end, lambda path: read(path, ""))
    assert kubelet.ended(end + 1, lambda path: read(path, ""))
    assert not kubelet.ended(end + 1, lambda _path: "")


def test_the_pair_of_a_kubeconfig_is_stored_as_the_current_one(made, current):
    kubelet.store("old\n", NOW)
    kubelet.store(kubelet.pair(kubeconfig(*made)), NOW + 3600)
    assert current.read_text() == made[0] + made[1]
    assert os.path.basename(os.readlink(str(current))) == "kubelet-client-2026-09-21-15-13-20.pem"
    assert os.stat(str(current)).st_mode & 0o7777 == 0o600
    # The earlier one stays, as the kubelet's own do.
    assert len(os.listdir(str(current.parent))) == 3


def test_a_kubeconfig_without_a_pair_is_refused(made):
    with pytest.raises(run.KubeadmError):
        kubelet.pair(kubeconfig(*made).replace("client-key-data", "token"))
