# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0
"""How far a host is on its way into the cluster, what a run that was killed left behind, and which of kubeadm's
preflight errors the next run may ignore because of that.

kubeadm leaves no sign by which a finished run could be told from one that was killed, so one is kept: a note that is
written before kubeadm starts, and removed when it has succeeded.
"""

from __future__ import absolute_import, division, print_function

__metaclass__ = type

import base64
import errno
import hashlib
import json
import os
import re

from ansible_collections.kurl.ipv6.plugins.module_utils import whole_file

ADMIN = "/etc/kubernetes/admin.conf"
KUBELET_CONFIG = "/var/lib/kubelet/config.yaml"
KUBELET_KUBECONFIG = "/etc/kubernetes/kubelet.conf"
BOOTSTRAP_KUBECONFIG = "/etc/kubernetes/bootstrap-kubelet.conf"
KUBELET_CERTIFICATE = "/var/lib/kubelet/pki/kubelet-client-current.pem"
KUBERNETES = "/etc/kubernetes"
MANIFESTS = "/etc/kubernetes/manifests"
AUTHORITY = "/etc/kubernetes/pki/ca.crt"
NOTE = "/var/lib/kurl-ipv6/kubeadm.json"
CONTROL_PLANE = ("kube-apiserver", "kube-controller-manager", "kube-scheduler", "etcd")

#: What kubeadm is in the midst of.
INIT, JOIN, JOIN_CONTROL_PLANE = "init", "join", "join of a control plane node"

#: Errors that a killed run of ours causes: its own files and its own running components. Never ``all``.
OWN_TRACES = tuple("FileAvailable--etc-kubernetes-manifests-{0}.yaml".format(name) for name in CONTROL_PLANE) + (
    "FileAvailable--etc-kubernetes-kubelet.conf",
    "FileAvailable--etc-kubernetes-bootstrap-kubelet.conf",
    "FileAvailable--etc-kubernetes-pki-ca.crt",
    "DirAvailable--etc-kubernetes-manifests",
    "DirAvailable--var-lib-etcd",
    "Port-6443",
    "Port-10250",
    "Port-10257",
    "Port-10259",
    "Port-2379",
    "Port-2380",
)

_PAIRS = {
    "pki/{0}.key".format(name): "pki/{0}.crt".format(name)
    for name in (
        "apiserver",
        "apiserver-etcd-client",
        "apiserver-kubelet-client",
        "ca",
        "etcd/ca",
        "etcd/healthcheck-client",
        "etcd/peer",
        "etcd/server",
        "front-proxy-ca",
        "front-proxy-client",
    )
}
_PAIRS["pki/sa.key"] = "pki/sa.pub"
_FILES = set(_PAIRS) | set(_PAIRS.values())
_FILES.update(
    "{0}.conf".format(name)
    for name in ("admin", "bootstrap-kubelet", "controller-manager", "kubelet", "scheduler", "super-admin")
)
_CERTIFICATE = re.compile(r"-----BEGIN CERTIFICATE-----(.*?)-----END CERTIFICATE-----", re.DOTALL)


def read_text(path):
    """Return the text of a file, empty if there is none."""
    try:
        with open(path, "rb") as stream:
            return stream.read().decode("utf-8", "replace")
    except EnvironmentError as error:
        if error.errno not in (errno.ENOENT, errno.ENOTDIR):
            raise
        return ""


def _marks():
    """Return the files that show that kubeadm was at work, whoever ran it."""
    return ["{0}/{1}.yaml".format(MANIFESTS, name) for name in CONTROL_PLANE] + [
        KUBELET_KUBECONFIG,
        BOOTSTRAP_KUBECONFIG,
        KUBELET_CONFIG,
        ADMIN,
    ]


def inspect(exists=os.path.exists, read=read_text):
    """Look at the files that kubeadm leaves behind.

    Arguments:
        exists: function (path) -> bool.
        read: function (path) -> text, empty if there is no such file.
    Returns:
        A map:

        - ``joined``: the host is a node of a cluster, and no run of kubeadm is unfinished;
        - ``control_plane``: it is a control plane node besides, also where somebody took away its administrator's
          kubeconfig or, for a time, one of its static pods;
        - ``kubelet``: the kubelet has a client certificate of a cluster, finished or not;
        - ``unfinished``: what our run of kubeadm was in the midst of, empty if none was killed;
        - ``own_traces``: that run went beyond its preflight checks;
        - ``foreign``: files of kubeadm's that no run of ours left, on a host that is no node;
        - ``authority``: sha256 of the certificate of the cluster's authority, empty if there is none.
    """
    kubelet = exists(KUBELET_KUBECONFIG) and exists(KUBELET_CERTIFICATE) and exists(KUBELET_CONFIG)
    pods = any(exists("{0}/{1}.yaml".format(MANIFESTS, name)) for name in CONTROL_PLANE)
    marks = [path for path in _marks() if exists(path)]
    note = read_note(read)
    joined = kubelet and not note["action"]
    traces = marks + ([AUTHORITY] if exists(AUTHORITY) else [])
    return {
        "joined": joined,
        "control_plane": joined and pods,
        "kubelet": kubelet,
        "unfinished": note["action"],
        "own_traces": bool(note["action"]) and bool(set(traces) - set(note["before"])),
        "foreign": marks if not note["action"] and not joined else [],
        "authority": fingerprint(read(AUTHORITY)),
    }


def read_note(read=read_text):
    """Return the note of a run that is not finished: ``action``, and the files that were there ``before``."""
    try:
        note = json.loads(read(NOTE) or "{}")
        if note.get("action") in (INIT, JOIN, JOIN_CONTROL_PLANE):
            return {"action": note["action"], "before": [path + "" for path in note["before"]]}
    except (ValueError, KeyError, TypeError, AttributeError):
        pass
    return {"action": "", "before": []}


def write_note(action, exists=os.path.exists):
    """Note that kubeadm is about to start, unless the note of the same action is there from a run that was killed."""
    if read_note()["action"] == action:
        return
    before = [path for path in _marks() + [AUTHORITY] if exists(path)]
    whole_file.write_json(NOTE, {"action": action, "before": before})


def remove_note():
    """Forget the note: the run has ended well, or has done nothing."""
    if os.path.exists(NOTE):
        os.unlink(NOTE)


def fingerprint(text):
    """Return the sha256 of the first certificate in PEM text, empty if there is none."""
    found = _CERTIFICATE.search(text)
    if not found:
        return ""
    try:
        return hashlib.sha256(base64.b64decode("".join(found.group(1).split()))).hexdigest()
    except ValueError:
        return ""


def torn(sizes):
    """Return the files of a killed run with which kubeadm would refuse to go on.

    kubeadm uses certificates and kubeconfigs again that it finds; of a pair it writes the key first, and a file that
    lost its content with the host's power is empty (``cmd/kubeadm/app/phases/certs``, ``.../kubeconfig``).

    Arguments:
        sizes: {path below /etc/kubernetes: size in bytes} of what is there.
    Returns:
        A sorted list of paths to remove: kubeadm makes them anew. A certificate without its key is left, because the
        key of an authority may lie elsewhere.
    """
    remove = {path for path, size in sizes.items() if size == 0 and path in _FILES}
    for key, other in _PAIRS.items():
        if key in remove or (key in sizes and (other not in sizes or other in remove)):
            # Neither half fits what is made anew.
            remove.update(path for path in (key, other) if path in sizes)
    return sorted(remove)


def sizes_below(folder):
    """Return {relative path: size} of the files in a folder and its folders."""
    found = {}
    for parent, _folders, names in os.walk(folder):
        for name in names:
            path = os.path.join(parent, name)
            if os.path.isfile(path) and not os.path.islink(path):
                found[os.path.relpath(path, folder)] = os.path.getsize(path)
    return found
