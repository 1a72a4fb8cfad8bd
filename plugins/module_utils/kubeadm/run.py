# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0
"""Runs kubeadm and kubectl on a node."""

from __future__ import absolute_import, division, print_function

__metaclass__ = type

import json
import os
import re
import tempfile
import time

from ansible_collections.kurl.ipv6.plugins.module_utils.kubeadm import node

_WAIT_SECONDS = 90
_TOKEN = re.compile(r"\b[a-z0-9]{6}\.[a-z0-9]{16}\b|\b[0-9a-f]{64}\b")


class KubeadmError(Exception):
    """kubeadm or kubectl failed; the message holds what it said, without secrets."""


class Kubeadm:
    """kubeadm on this host.

    Arguments:
        run: function (words) -> (exit code, output, errors).
        folder: where kubeadm and kubectl are.
    """

    def __init__(self, run, folder="/usr/local/bin"):
        self._run = run
        self._folder = folder

    def kubectl(self, *words):
        """Run kubectl as the cluster's administrator; return (exit code, output, errors)."""
        return self._run([os.path.join(self._folder, "kubectl"), "--kubeconfig", node.ADMIN, "--request-timeout", "10s"] + list(words))

    def initialised(self):
        """Return whether ``kubeadm init`` has come to its end: its last phase installs the add-ons.

        The API server of a node that has just started is given time to answer.
        """
        if not node.inspect()["control_plane"]:
            return False
        deadline = time.time() + _WAIT_SECONDS
        while True:
            wanted = ["configmap/kubeadm-config", "configmap/kubelet-config", "daemonset/kube-proxy", "deployment/coredns"]
            code, _out, err = self.kubectl("get", "--namespace", "kube-system", "--output", "name", *wanted)
            if code == 0:
                return True
            if "NotFound" in err or "not found" in err or time.time() > deadline:
                return False
            time.sleep(1)

    def init(self, documents):
        """Run ``kubeadm init``."""
        # Certificates of a run that was killed are used again, so that an init that goes on makes no second authority.
        self._with_config("init", documents, ["--skip-token-print", "--skip-certificate-key-print"])

    def join(self, documents):
        """Run ``kubeadm join``."""
        self._with_config("join", documents, [])

    def _with_config(self, command, documents, options):
        words = [os.path.join(self._folder, "kubeadm"), command]
        if node.inspect()["traces"]:
            options = options + ["--ignore-preflight-errors", ",".join(node.OWN_TRACES)]
        # The configuration of a join holds the token: no command line, no file that others can read, and none that stays.
        descriptor, path = tempfile.mkstemp(prefix="kubeadm-", suffix=".yaml", dir="/run")
        try:
            with os.fdopen(descriptor, "w") as stream:
                stream.write("\n---\n".join(json.dumps(document, indent=1, sort_keys=True) for document in documents) + "\n")
            self._checked(words + ["--config", path] + options)
        finally:
            os.unlink(path)

    def credentials(self, lifetime, certificates):
        """Make what other nodes join with.

        Arguments:
            lifetime: of the token, as kubeadm reads it (``15m``).
            certificates: also upload the control plane's certificates, encrypted with a key of this run.
        Returns:
            A map with ``token``, ``ca_cert_hash`` and ``certificate_key`` (empty without certificates).
        """
        kubeadm = os.path.join(self._folder, "kubeadm")
        command = self._checked([kubeadm, "token", "create", "--ttl", lifetime, "--print-join-command", "--kubeconfig", node.ADMIN])
        return dict(
            parse_join_command(command),
            certificate_key=self._checked(
                [kubeadm, "init", "phase", "upload-certs", "--upload-certs", "--kubeconfig", node.ADMIN]
            ).strip().splitlines()[-1] if certificates else "",
        )

    def _checked(self, words):
        code, out, err = self._run(words)
        if code != 0:
            raise KubeadmError(failure(words, out, err))
        return out


def parse_join_command(text):
    """Return token and hash of the authority's key from the command that kubeadm prints."""
    token = re.search(r"--token\s+(\S+)", text)
    digest = re.search(r"--discovery-token-ca-cert-hash\s+(sha256:[0-9a-f]{64})", text)
    if not token or not digest:
        raise KubeadmError("kubeadm token create printed no join command")
    return {"token": token.group(1), "ca_cert_hash": digest.group(1)}


def failure(words, out, err):
    """Return a message for a failed command: its errors, else its last lines, without secrets."""
    lines = [line.rstrip() for line in (err + "\n" + out).splitlines() if line.strip()]
    telling = [line for line in lines if re.search(r"\[ERROR |^error|^Error|fatal|timed out|could not|couldn't", line)] or lines[-8:]
    text = "\n".join(telling[:20])
    return "{0} failed:\n{1}".format(" ".join(os.path.basename(word) for word in words[:2]), _TOKEN.sub("<hidden>", text))
