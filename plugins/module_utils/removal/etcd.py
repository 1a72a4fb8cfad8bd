# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0
"""Asks etcd on a control plane node, by its JSON gateway, so that no etcdctl is needed: a host has none.

Sources: etcd's documentation (gRPC gateway, runtime reconfiguration), kubeadm's paths of certificates.
"""

import http.client
import json
import ssl
from urllib.parse import urlsplit

_PKI = "/etc/kubernetes/pki"
CLIENT_PORT = 2379
#: Seconds for one answer.
LIMIT = 10
#: Seconds that a member has to say that it is healthy.
HEALTH_LIMIT = 4


class EtcdError(Exception):
    """etcd did not do what was asked; the message says what it answered."""


class Etcd:
    """etcd, by its member on this host.

    Arguments:
        address: of the member that is asked.
        pki: folder of kubeadm's certificates.
    """

    def __init__(self, address="::1", pki=_PKI):
        self._address = address
        self._pki = pki

    def _context(self):
        context = ssl.create_default_context(cafile=self._pki + "/etcd/ca.crt")
        context.load_cert_chain(self._pki + "/apiserver-etcd-client.crt", self._pki + "/apiserver-etcd-client.key")
        return context

    def _ask(self, address, port, method, path, body, limit):
        """Return (status, text). Raises OSError, http.client.HTTPException."""
        connection = http.client.HTTPSConnection(address, port, timeout=limit, context=self._context())
        try:
            connection.request(method, path, body, {"Content-Type": "application/json"})
            answer = connection.getresponse()
            return answer.status, answer.read().decode("utf-8", "replace")
        finally:
            connection.close()

    def _call(self, path, body):
        try:
            status, text = self._ask(self._address, CLIENT_PORT, "POST", path, json.dumps(body), LIMIT)
        except (OSError, http.client.HTTPException) as error:
            raise EtcdError("etcd on this host gives no answer: {0}".format(error))
        if status != 200:
            raise EtcdError("etcd refuses {0}: {1}".format(path.rsplit("/", 1)[1], complaint(text)))
        return json.loads(text)

    def members(self):
        """Return the members, each with its health; see :func:`parse_members`. Raises EtcdError."""
        found = parse_members(self._call("/v3/cluster/member/list", {}))
        for member in found:
            member["healthy"] = any(self._healthy(url) for url in member["clients"])
        return found

    def _healthy(self, url):
        parts = urlsplit(url)
        try:
            status, text = self._ask(parts.hostname, parts.port or CLIENT_PORT, "GET", "/health", None, HEALTH_LIMIT)
            return status == 200 and str(json.loads(text).get("health")).lower() == "true"
        except (OSError, ValueError, AttributeError, http.client.HTTPException):
            return False

    def remove(self, member_id):
        """Remove a member. Raises EtcdError."""
        self._call("/v3/cluster/member/remove", {"ID": member_id})


def parse_members(answer):
    """Return ``[{"id", "name", "addresses", "clients" (URLs), "learner"}]`` from the answer to a member list.

    A member that has not started yet has no name and no clients; its address it has.
    """
    found = []
    for member in answer.get("members", []):
        peers = [urlsplit(url).hostname or "" for url in member.get("peerURLs", [])]
        found.append(
            {
                "id": member["ID"],
                "name": member.get("name", ""),
                "addresses": peers,
                "clients": member.get("clientURLs", []),
                "learner": bool(member.get("isLearner")),
            }
        )
    return found


def complaint(text):
    """Return what etcd says in the body of a refusal."""
    try:
        parsed = json.loads(text)
        return parsed.get("message") or parsed.get("error") or text.strip()
    except (ValueError, AttributeError):
        return text.strip()
