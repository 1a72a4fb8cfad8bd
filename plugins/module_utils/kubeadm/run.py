# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0
"""Runs kubeadm and kubectl on a node, once, and takes up a run that was killed."""

from __future__ import absolute_import, division, print_function

__metaclass__ = type

import json
import os
import re

from ansible_collections.kurl.ipv6.plugins.module_utils.kubeadm import node

#: In memory, so that a power failure leaves no token behind.
CONFIG = "/run/kurl-ipv6-kubeadm.yaml"
CRI_SOCKET_ANNOTATION = "kubeadm.alpha.kubernetes.io/cri-socket"
#: Ending of a certificate that is being replaced.
_ASIDE = ".kurl-ipv6-old"
_SECRET = re.compile(
    r"\b[a-z0-9]{6}\.[a-z0-9]{16}\b|\b[0-9a-f]{64}\b|-----BEGIN [A-Z ]*KEY-----.*?(?:-----END [A-Z ]*KEY-----|\Z)",
    re.DOTALL,
)
_TELLING = re.compile(r"\[ERROR |^error|^Error|fatal|timed out|could not|couldn't", re.MULTILINE)
_TRANSIENT = re.compile(
    r"timed out|Client\.Timeout|deadline exceeded|connection refused|connection reset|leader changed|too many requests",
    re.IGNORECASE,
)


class KubeadmError(Exception):
    """kubeadm or kubectl failed; the message holds what it said, without secrets."""


class Kubeadm:
    """kubeadm on this host. One run at a time: the caller holds the host's lock.

    Arguments:
        run: function (words) -> (exit code, output, errors).
        folder: where kubeadm and kubectl are.
    """

    def __init__(self, run, folder="/usr/local/bin"):
        self._run = run
        self._folder = folder

    def _command(self, name):
        return os.path.join(self._folder, name)

    def init(self, documents):
        """Make the cluster, or go on making it; return whether there was anything to do.

        Certificates of a run that was killed are used again, so that an init that goes on makes no second authority.

        Raises:
            KubeadmError: kubeadm failed, or the host holds what another run of kubeadm left.
        """
        if not init_needed(node.inspect()):
            return False
        options = ["--skip-token-print", "--skip-certificate-key-print"]
        self._tried_twice(lambda: self._noted(node.INIT, ["init"] + options, documents))
        node.remove_note()
        return True

    def join(self, documents, control_plane, authority=""):
        """Join the cluster, or go on joining; return whether there was anything to do.

        Arguments:
            documents: kubeadm's configuration; the first document is the JoinConfiguration.
            control_plane: join as a control plane node.
            authority: sha256 of the certificate of the cluster's authority, empty if it is not known.
        Raises:
            KubeadmError: kubeadm failed, the host is a node of another cluster, or a worker that is to become a
                control plane node.
        """
        if not join_needed(node.inspect(), control_plane, authority):
            return False
        action = node.JOIN_CONTROL_PLANE if control_plane else node.JOIN
        self._tried_twice(lambda: self._join_once(documents, action))
        node.remove_note()
        return True

    def _join_once(self, documents, action):
        """Join with the part of kubeadm's work that is left.

        Once its kubelet has a certificate the node is known to the cluster, and kubeadm refuses to join a node that is
        Ready there (``cmd/kubeadm/app/cmd/phases/join/kubelet.go``).
        """
        kubelet = node.inspect()["kubelet"]
        if not kubelet or action == node.JOIN_CONTROL_PLANE:
            options = ["--skip-phases", "kubelet-start"] if kubelet else []
            self._noted(action, ["join"] + options, documents)
        if kubelet:
            self._finish_kubelet(documents[0]["nodeRegistration"])

    def _finish_kubelet(self, registration):
        """Do what kubeadm does after the kubelet has its certificate: ``kubeadm upgrade`` reads the annotation."""
        annotation = "{0}={1}".format(CRI_SOCKET_ANNOTATION, registration["criSocket"])
        words = ["--kubeconfig", node.KUBELET_KUBECONFIG, "--request-timeout", "30s"]
        words += ["annotate", "--overwrite", "node", registration["name"], annotation]
        self._checked([self._command("kubectl")] + words)
        if os.path.exists(node.BOOTSTRAP_KUBECONFIG):
            os.unlink(node.BOOTSTRAP_KUBECONFIG)

    @staticmethod
    def _tried_twice(step):
        """Do a step again if it failed for want of time, or has come further than before."""
        before = node.inspect()["kubelet"]
        try:
            step()
        except KubeadmError as error:
            if not _TRANSIENT.search(str(error)) and node.inspect()["kubelet"] == before:
                raise
            step()

    def _noted(self, action, words, documents):
        """Run kubeadm with a configuration; of what it leaves when it is killed, the note tells the next run."""
        if node.inspect()["own_traces"]:
            words = words + ["--ignore-preflight-errors", ",".join(node.OWN_TRACES)]
            for path in node.torn(node.sizes_below(node.KUBERNETES)):
                os.unlink(os.path.join(node.KUBERNETES, path))
        node.write_note(action)
        try:
            self._configured(words, documents)
        except KubeadmError:
            if not node.inspect()["own_traces"]:
                node.remove_note()
            raise

    def _configured(self, words, documents):
        """Run kubeadm with a configuration; return what it prints.

        The configuration of a join holds the token: no command line, and no file that others can read or that stays.
        """
        try:
            write_secret(CONFIG, documents)
            return self._checked([self._command("kubeadm")] + words + ["--config", CONFIG])
        finally:
            if os.path.lexists(CONFIG):
                os.unlink(CONFIG)

    def credentials(self, lifetime, certificates):
        """Make what other nodes join with.

        Arguments:
            lifetime: of the token, as kubeadm reads it (``15m``).
            certificates: also upload the control plane's certificates, encrypted with a key of this run.
        Returns:
            A map with ``token``, ``ca_cert_hash`` and ``certificate_key`` (empty without certificates).
        """
        kubeadm = self._command("kubeadm")
        command = self._checked(
            [kubeadm, "token", "create", "--ttl", lifetime, "--print-join-command", "--kubeconfig", node.ADMIN]
        )
        made = dict(parse_join_command(command), certificate_key="")
        if certificates:
            printed = self._checked(
                [kubeadm, "init", "phase", "upload-certs", "--upload-certs", "--kubeconfig", node.ADMIN]
            )
            made["certificate_key"] = parse_certificate_key(printed)
        return made

    def renew(self, names):
        """Renew certificates, as ``kubeadm certs renew`` calls them, and return their names. Raises KubeadmError."""
        for name in names:
            self._checked([self._command("kubeadm")] + self._certs() + ["renew", name])
        return list(names)

    def _certs(self):
        """Return the command that has to do with certificates: up to 1.19 it was one of the alpha commands."""
        code, _out, _err = self._run([self._command("kubeadm"), "certs", "renew", "--help"])
        return ["certs"] if code == 0 else ["alpha", "certs"]

    def certify(self, documents):
        """Make the API server's certificate anew, for the names in a configuration. Raises KubeadmError.

        The old one and its key are moved aside first, because kubeadm uses what it finds, and put back if it fails.
        """
        pair = [os.path.join(node.KUBERNETES, "pki", name) for name in ("apiserver.crt", "apiserver.key")]
        for path in pair:
            if os.path.exists(path):
                os.rename(path, path + _ASIDE)
        try:
            self._configured(["init", "phase", "certs", "apiserver"], documents)
        except BaseException:
            for path in pair:
                if os.path.exists(path + _ASIDE):
                    os.rename(path + _ASIDE, path)
            raise
        for path in pair:
            if os.path.exists(path + _ASIDE):
                os.unlink(path + _ASIDE)

    def kubelet_kubeconfig(self, name, documents):
        """Return a kubeconfig with a client certificate for a node's kubelet; the authority's key must be here.

        Arguments:
            name: of the node.
            documents: kubeadm's configuration of the cluster.
        Raises:
            KubeadmError: kubeadm failed, or it is older than 1.20 and lacks the command.
        """
        identity = ["--org", "system:nodes", "--client-name", "system:node:" + name]
        return self._configured(["kubeconfig", "user"] + identity, documents)

    def _checked(self, words):
        code, out, err = self._run(words)
        if code != 0:
            message = failure(words, out, err)
            if "kubelet" in message or "timed out" in message:
                unit = ["journalctl", "--unit", "kubelet", "--no-pager", "--lines", "10", "--output", "cat"]
                journal = hidden(self._run(unit)[1].strip())
                message += "\nThe kubelet's journal ends with:\n" + journal if journal else ""
            raise KubeadmError(message)
        return out


_WORKER = (
    "this host is a worker of the cluster already, and kubeadm cannot make it a control plane node. Take it out of the "
    "cluster first (kubectl drain and kubectl delete node, then kubeadm reset --force on the host), and run the "
    "playbook again"
)
_OTHER_CLUSTER = (
    "this host is a node of another cluster: its " + node.AUTHORITY + " is not that of the first control plane node. "
    "Take it out of the inventory, or out of the other cluster (kubeadm reset --force), and run the playbook again"
)
_OTHER_ACTION = (
    "an earlier run was killed in the midst of kubeadm's {0}, and the inventory asks for something else of this host "
    "now. Give it back its group, or start over on it (kubeadm reset --force; rm " + node.NOTE + ")"
)


def search_path(path):
    """Return a path on which kubeadm finds the kubelet: that of sudo on Enterprise Linux lacks /usr/local/bin."""
    folders = [folder for folder in path.split(":") if folder]
    return ":".join([one for one in ("/usr/local/sbin", "/usr/local/bin") if one not in folders] + folders)


def init_needed(state):
    """Return whether the cluster must be made on a host in this state; raise KubeadmError where it must not."""
    if state["control_plane"]:
        return False
    if state["joined"]:
        raise KubeadmError(_WORKER)
    _refuse(state, node.INIT)
    return True


def join_needed(state, control_plane, authority):
    """Return whether a host in this state must join, as for :meth:`Kubeadm.join`; raise KubeadmError if it must not."""
    if authority and state["authority"] and state["authority"] != authority:
        raise KubeadmError(_OTHER_CLUSTER)
    if state["control_plane"] if control_plane else state["joined"]:
        return False
    if state["joined"]:
        raise KubeadmError(_WORKER)
    _refuse(state, node.JOIN_CONTROL_PLANE if control_plane else node.JOIN)
    return True


def _refuse(state, action):
    """Raise KubeadmError if a host is in the midst of another action, or holds what no run of ours left."""
    if state["unfinished"] not in ("", action):
        raise KubeadmError(_OTHER_ACTION.format(state["unfinished"]))
    if state["foreign"]:
        raise KubeadmError(
            "this host holds what another run of kubeadm left: {0}. If it is of no use any more, remove it with "
            "'kubeadm reset --force', and run the playbook again".format(", ".join(state["foreign"]))
        )


def write_secret(path, documents):
    """Write documents to a file that only root can read."""
    if os.path.lexists(path):
        os.unlink(path)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as stream:
        stream.write("\n---\n".join(json.dumps(document, indent=1, sort_keys=True) for document in documents) + "\n")


def parse_join_command(text):
    """Return token and hash of the authority's key from the command that kubeadm prints."""
    token = re.search(r"--token\s+(\S+)", text)
    digest = re.search(r"--discovery-token-ca-cert-hash\s+(sha256:[0-9a-f]{64})", text)
    if not token or not digest:
        raise KubeadmError("kubeadm token create printed no join command")
    return {"token": token.group(1), "ca_cert_hash": digest.group(1)}


def parse_certificate_key(text):
    """Return the key that kubeadm prints on a line of its own after it has uploaded the certificates."""
    found = re.findall(r"^[0-9a-f]{64}$", text, re.MULTILINE)
    if not found:
        raise KubeadmError("kubeadm init phase upload-certs printed no certificate key")
    return found[-1]


def hidden(text):
    """Return text without tokens, certificate keys and private keys."""
    return _SECRET.sub("<hidden>", text)


def failure(words, out, err):
    """Return a message for a failed command: its errors, else its last lines, without secrets."""
    lines = [line.rstrip() for line in hidden(err + "\n" + out).splitlines() if line.strip()]
    telling = [line for line in lines if _TELLING.search(line)] or lines[-8:]
    return "{0} failed:\n{1}".format(" ".join(os.path.basename(word) for word in words[:2]), "\n".join(telling[:20]))
