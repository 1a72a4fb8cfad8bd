# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0
"""Which of a control plane node's certificates expire soon, and which static pods use them.

The certificates are read here: every run looks at them, also where the API server does not answer because they have
expired, and ``kubeadm certs check-expiration`` takes seconds and prints a table. Sources: RFC 5280 for the encoding,
kubeadm's ``cmd/kubeadm/app/phases/certs/renewal`` for the names.
"""

from __future__ import absolute_import, division, print_function

__metaclass__ = type

import base64
import calendar
import re
import socket
import time
from collections import namedtuple

from ansible_collections.kurl.ipv6.plugins.module_utils.kubeadm import node

DAY = 86400

#: ``name``: what ``kubeadm certs renew`` calls it; ``path``: below /etc/kubernetes; ``part``: the static pod that must
#: be restarted to use the new one, empty if none must.
Certificate = namedtuple("Certificate", "name path part")
#: What ``kubeadm certs renew`` renews. The kubelet renews its own.
RENEWABLE = (
    Certificate("apiserver", "pki/apiserver.crt", "kube-apiserver"),
    Certificate("apiserver-kubelet-client", "pki/apiserver-kubelet-client.crt", "kube-apiserver"),
    Certificate("front-proxy-client", "pki/front-proxy-client.crt", "kube-apiserver"),
    Certificate("apiserver-etcd-client", "pki/apiserver-etcd-client.crt", "kube-apiserver"),
    Certificate("etcd-server", "pki/etcd/server.crt", "etcd"),
    Certificate("etcd-peer", "pki/etcd/peer.crt", "etcd"),
    Certificate("etcd-healthcheck-client", "pki/etcd/healthcheck-client.crt", ""),
    Certificate("admin.conf", "admin.conf", ""),
    Certificate("super-admin.conf", "super-admin.conf", ""),
    Certificate("controller-manager.conf", "controller-manager.conf", "kube-controller-manager"),
    Certificate("scheduler.conf", "scheduler.conf", "kube-scheduler"),
)
#: Authorities, which kubeadm does not renew.
AUTHORITIES = ("pki/ca.crt", "pki/etcd/ca.crt", "pki/front-proxy-ca.crt")
#: Static pods in the order in which they are restarted.
PARTS = ("etcd", "kube-apiserver", "kube-controller-manager", "kube-scheduler")

_PEM = re.compile(r"-----BEGIN CERTIFICATE-----(.*?)-----END CERTIFICATE-----", re.DOTALL)
_EMBEDDED = re.compile(r"^\s*client-certificate-data:\s*([A-Za-z0-9+/=]+)\s*$", re.MULTILINE)
_SUBJECT_ALTERNATIVE_NAMES = b"\x55\x1d\x11"
_VERSION, _EXTENSIONS, _UTC_TIME, _DNS_NAME, _ADDRESS = 0xA0, 0xA3, 0x17, 0x82, 0x87


def der(text):
    """Return the first certificate in PEM text or in a kubeconfig as bytes, None if there is none."""
    found = _PEM.search(text)
    try:
        if not found:
            embedded = _EMBEDDED.search(text)
            found = embedded and _PEM.search(base64.b64decode(embedded.group(1)).decode("ascii"))
        return base64.b64decode("".join(found.group(1).split())) if found else None
    except ValueError:
        return None


def _parts(data):
    """Return the elements of a DER sequence's content as ``[(tag, content)]``. Raises ValueError."""
    found, at = [], 0
    while at < len(data):
        try:
            tag, length, at = data[at], data[at + 1], at + 2
            if length & 0x80:
                size = length & 0x7F
                length, at = int.from_bytes(data[at : at + size], "big"), at + size
        except IndexError:
            raise ValueError("a certificate is cut off")
        if at + length > len(data):
            raise ValueError("a certificate is cut off")
        found.append((tag, data[at : at + length]))
        at += length
    return found


def _fields(certificate):
    """Return the fields of the part of a certificate that is signed, without its version."""
    try:
        ((_tag, whole),) = _parts(certificate)
        fields = _parts(_parts(whole)[0][1])
    except IndexError:
        raise ValueError("not a certificate")
    return fields[1:] if fields and fields[0][0] == _VERSION else fields


def validity(certificate):
    """Return when a certificate begins and ends to be valid, in seconds since the epoch.

    Raises:
        ValueError: it is no certificate.
    """
    fields = _fields(certificate)
    if len(fields) < 4:
        raise ValueError("not a certificate")
    return tuple(_seconds(tag, content.decode("ascii")) for tag, content in _parts(fields[3][1])[:2])


def _seconds(tag, text):
    # A year of two digits is one from 1950 to 2049 (RFC 5280, 4.1.2.5.1).
    year = ("19" if int(text[:2]) >= 50 else "20") if tag == _UTC_TIME else ""
    return calendar.timegm(time.strptime(year + text, "%Y%m%d%H%M%SZ"))


def names(certificate):
    """Return the names and addresses that a certificate is for. Raises ValueError."""
    found = []
    for tag, content in _fields(certificate):
        for _tag, extension in _parts(_parts(content)[0][1]) if tag == _EXTENSIONS else []:
            fields = _parts(extension)
            if fields[0][1] == _SUBJECT_ALTERNATIVE_NAMES:
                for kind, value in _parts(_parts(fields[-1][1])[0][1]):
                    if kind == _DNS_NAME:
                        found.append(value.decode("ascii"))
                    elif kind == _ADDRESS:
                        family = socket.AF_INET6 if len(value) == 16 else socket.AF_INET
                        found.append(socket.inet_ntop(family, value))
    return found


def due(certificate, now, days):
    """Return whether a certificate should be renewed.

    One that was made for a short time is not renewed again and again: at least half of its time must be over.
    """
    begins, ends = validity(certificate)
    return ends - now < min(days * DAY, (ends - begins) / 2)


def expiring(now, days, read=node.read_text):
    """Return those of :data:`RENEWABLE` that are there and due.

    Arguments:
        now: in seconds since the epoch.
        days: how many must be left.
        read: function (path) -> text, empty if there is no such file.
    """
    found = []
    for certificate in RENEWABLE:
        content = der(read("{0}/{1}".format(node.KUBERNETES, certificate.path)))
        if content and due(content, now, days):
            found.append(certificate)
    return found


def ending_authorities(now, days, read=node.read_text):
    """Return ``{path: days left}`` of the authorities that end within some days."""
    found = {}
    for path in AUTHORITIES:
        content = der(read("{0}/{1}".format(node.KUBERNETES, path)))
        if content and validity(content)[1] - now < days * DAY:
            found["{0}/{1}".format(node.KUBERNETES, path)] = int((validity(content)[1] - now) // DAY)
    return found


def missing_names(wanted, read=node.read_text):
    """Return those names and addresses that the API server's certificate should be for and is not."""
    content = der(read("{0}/pki/apiserver.crt".format(node.KUBERNETES)))
    if not content:
        # A run was killed while it replaced the certificate.
        return list(wanted)
    there = {_plain(name) for name in names(content)}
    return [name for name in wanted if _plain(name) not in there]


def _plain(name):
    """Return a name in lower case, an address in its shortest form."""
    for family in (socket.AF_INET6, socket.AF_INET):
        try:
            return socket.inet_ntop(family, socket.inet_pton(family, name))
        except (socket.error, ValueError):
            pass
    return name.lower()
