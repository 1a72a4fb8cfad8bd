# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0
"""Gives a kubelet whose client certificate has ended another one.

A kubelet renews its certificate while it runs, and asks with the old one: a host that was off until that had ended
cannot ask any more. Kubernetes' guide ("Troubleshooting kubeadm: kubelet client certificate rotation fails") makes a
certificate where the authority's key is. So does this, and puts it into the store from which the kubelet takes it
(``k8s.io/client-go/util/certificate``, ``certificate_store.go``): the kubelet's kubeconfig names the store's link.
"""

from __future__ import absolute_import, division, print_function

__metaclass__ = type

import base64
import os
import re
import time

from ansible_collections.kurl.ipv6.plugins.module_utils import whole_file
from ansible_collections.kurl.ipv6.plugins.module_utils.kubeadm import certificates, node
from ansible_collections.kurl.ipv6.plugins.module_utils.kubeadm.run import KubeadmError

_EMBEDDED = re.compile(r"^\s*client-(certificate|key)-data:\s*([A-Za-z0-9+/=]+)\s*$", re.MULTILINE)


def ended(now, read=node.read_text):
    """Return whether a node's kubelet has a client certificate that is no longer valid.

    Arguments:
        now: in seconds since the epoch.
        read: function (path) -> text, empty if there is no such file.
    """
    content = certificates.der(read(node.KUBELET_CERTIFICATE))
    return bool(content) and certificates.validity(content)[1] < now


def pair(kubeconfig):
    """Return certificate and key of a kubeconfig as the kubelet stores them: one after the other, as PEM text.

    Raises:
        KubeadmError: it holds none.
    """
    found = {kind: base64.b64decode(data).decode("ascii") for kind, data in _EMBEDDED.findall(kubeconfig)}
    if set(found) != {"certificate", "key"}:
        raise KubeadmError("kubeadm made a kubeconfig without certificate and key")
    return found["certificate"].rstrip() + "\n" + found["key"].rstrip() + "\n"


def store(text, now):
    """Put certificate and key into the kubelet's store, as its current ones.

    Arguments:
        text: what :func:`pair` returned.
        now: in seconds since the epoch; names the file, as the kubelet does.
    """
    name = time.strftime("kubelet-client-%Y-%m-%d-%H-%M-%S.pem", time.gmtime(now))
    path = os.path.join(os.path.dirname(node.KUBELET_CERTIFICATE), name)
    whole_file.write(path, text.encode("ascii"), 0o600)
    whole_file.link(node.KUBELET_CERTIFICATE, path)
