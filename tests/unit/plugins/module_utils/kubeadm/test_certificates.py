# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0
"""Certificates are read and judged; what openssl makes is what kubeadm's look like."""

from __future__ import absolute_import, division, print_function

__metaclass__ = type

import base64
import shutil
import subprocess
import time

import pytest

from ansible_collections.kurl.ipv6.plugins.module_utils.kubeadm import certificates, node

DAY = 86400
NAMES = "DNS:localhost,DNS:api.example.org,IP:fd00::11,IP:::1"


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A certificate of openssl's for 90 days, as PEM text."""
    if not shutil.which("openssl"):
        pytest.skip("openssl is not here")
    folder = tmp_path_factory.mktemp("certificate")
    words = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=kube-apiserver -days 90"
    subprocess.check_call(
        words.split()
        + ["-addext", "subjectAltName=" + NAMES, "-keyout", str(folder / "key"), "-out", str(folder / "c")],
        stderr=subprocess.DEVNULL,
    )
    return (folder / "c").read_text()


def reader(**files):
    paths = {"{0}/{1}".format(node.KUBERNETES, path): text for path, text in files.items()}
    return lambda path: paths.get(path, "")


def test_validity_and_names_are_read(made):
    begins, ends = certificates.validity(certificates.der(made))
    assert abs(begins - time.time()) < 600
    assert ends - begins == 90 * DAY
    assert certificates.names(certificates.der(made)) == ["localhost", "api.example.org", "fd00::11", "::1"]


def test_a_certificate_in_a_kubeconfig_is_the_same(made):
    text = "users:\n- user:\n    client-certificate-data: " + base64.b64encode(made.encode()).decode() + "\n"
    assert certificates.der(text) == certificates.der(made)


@pytest.mark.parametrize(
    "text", ["", "no certificate", "client-certificate-data: !!!", "client-certificate-data: QUJD"]
)
def test_what_is_no_certificate_is_none(text):
    assert certificates.der(text) is None


@pytest.mark.parametrize("content", [b"", b"\x30", b"\x30\x05ab", b"\x30\x00", b"\x30\x02\x30\x00", b"\x02\x01\x01"])
def test_what_is_cut_off_is_an_error_and_no_crash(content):
    with pytest.raises(ValueError):
        certificates.validity(content)


@pytest.mark.parametrize(
    "day, days, due",
    [
        (0, 30, False),
        (59, 30, False),
        (61, 30, True),
        (91, 30, True),  # Over already.
        # One that was made for 90 days is not renewed every time though it never has 100 left.
        (10, 100, False),
        (46, 100, True),
    ],
)
def test_when_a_certificate_is_due(made, day, days, due):
    content = certificates.der(made)
    now = certificates.validity(content)[0] + day * DAY
    assert certificates.due(content, now, days) is due


def test_each_certificate_knows_who_must_restart(made):
    end = certificates.validity(certificates.der(made))[1]
    read = reader(**{"pki/etcd/server.crt": made, "scheduler.conf": "", "pki/apiserver.crt": made, "pki/ca.crt": made})
    found = certificates.expiring(end - DAY, 30, read)
    assert [(one.name, one.part) for one in found] == [("apiserver", "kube-apiserver"), ("etcd-server", "etcd")]
    assert certificates.expiring(end - 50 * DAY, 30, read) == []
    assert certificates.ending_authorities(end - DAY, 30, read) == {"/etc/kubernetes/pki/ca.crt": 1}


def test_names_that_a_certificate_lacks(made):
    read = reader(**{"pki/apiserver.crt": made})
    wanted = ["LOCALHOST", "fd00:0:0::11", "::1", "other.example.org", "fd00::12"]
    assert certificates.missing_names(wanted, read) == ["other.example.org", "fd00::12"]
    # Killed while the certificate was replaced.
    assert certificates.missing_names(["localhost"], reader()) == ["localhost"]
