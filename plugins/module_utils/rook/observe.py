# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0
"""Reads a Ceph cluster of Rook through kubectl: its objects, and what Ceph says when it is asked in a pod."""

from __future__ import absolute_import, division, print_function

__metaclass__ = type

import json
import time

from ansible_collections.kurl.ipv6.plugins.module_utils.cluster import pods
from ansible_collections.kurl.ipv6.plugins.module_utils.cluster.kubectl import KubectlError
from ansible_collections.kurl.ipv6.plugins.module_utils.rook import health

CRD = "cephclusters.ceph.rook.io"
_KINDS = (
    "cephclusters.ceph.rook.io,cephblockpools.ceph.rook.io,cephfilesystems.ceph.rook.io,cephobjectstores.ceph.rook.io,"
    "deployments.apps,pods"
)
#: How long one question to Ceph may take, in seconds; a cluster without a quorum never answers.
ASK_SECONDS = 15
_STEP_SECONDS = 2
#: For how long a change of the CephCluster that the operator does not say it has seen is waited for, in seconds.
UNSEEN_SECONDS = 20
_TOOLBOX = "rook-ceph-tools"


class CephError(Exception):
    """Ceph could not be asked, or refused; the message holds why, without keys."""


def present(kubectl):
    """Tell whether the API server knows of CephClusters. Raises KubectlError."""
    return bool(kubectl.objects(["get", "customresourcedefinitions.apiextensions.k8s.io", CRD, "--ignore-not-found"]))


def objects(kubectl, namespace=health.NAMESPACE):
    """Return the objects of Rook's namespace. Raises KubectlError."""
    return kubectl.objects(["get", _KINDS, "--namespace", namespace])


class Ceph:
    """The commands of Ceph, run in a pod that may: the toolbox, else the operator."""

    def __init__(self, kubectl, found, namespace=health.NAMESPACE):
        """Take a Kubectl and the namespace's objects, among which the pod is looked for."""
        self._kubectl = kubectl
        self._namespace = namespace
        self._pod, self._options = "", []
        for app in (_TOOLBOX, health.OPERATOR):
            for item in found:
                if item["kind"] == "Pod" and health.label(item, "app") == app and pods.healthy(item):
                    self._pod = self._pod or item["metadata"]["name"]
                    container = item["spec"]["containers"][0]["name"]
                    self._container = container if item["metadata"]["name"] == self._pod else self._container
                    if app == health.OPERATOR and item["metadata"]["name"] == self._pod:
                        # The operator keeps the cluster's configuration where its own commands find it.
                        self._options = ["--conf", "/var/lib/rook/{0}/{0}.config".format(namespace)]

    @property
    def reachable(self):
        """Whether there is a pod to ask in."""
        return bool(self._pod)

    def run(self, program, words, data=None, limit=ASK_SECONDS):
        """Run ``ceph``, ``rbd`` or ``rados`` with text on its standard input, and return its output. Raises CephError.

        Arguments:
            program: the program.
            words: its arguments.
            data: text for its standard input, None for none.
            limit: seconds that it may take.
        """
        if not self._pod:
            raise CephError("neither the toolbox nor the operator runs")
        command = ["exec", "--namespace", self._namespace, self._pod, "--container", self._container]
        command += ["--stdin"] if data is not None else []
        # Ended there as well: what is only left by kubectl goes on.
        command += ["--", "timeout", str(limit), program] + self._options + list(words)
        try:
            code, out, err = self._kubectl.try_once(command, data, limit=limit + 5)
        except KubectlError as error:
            raise CephError(str(error))
        if code:
            lines = [line.strip() for line in (err or out).splitlines() if line.strip()]
            told = [line for line in lines if not line.startswith("command terminated with exit code")]
            words = "no answer within %d s" % limit if code in (124, 137) and not told else "; ".join(told[-2:])
            raise CephError(health.redact("%s: %s" % (program, words or "exit code %d" % code)))
        return out

    def ask(self, *words):
        """Return what ``ceph <words>`` answers as JSON. Raises CephError."""
        out = self.run("ceph", list(words) + ["--format", "json", "--connect-timeout", str(ASK_SECONDS - 3)])
        try:
            # Warnings of the program may come before.
            return json.loads(out[out.index("{") :])
        except ValueError:
            raise CephError("ceph %s: no JSON: %s" % (" ".join(words), health.redact(out[:200])))


def look(kubectl, namespace=health.NAMESPACE):
    """Return (state, objects, Ceph) of the cluster as it is now; the state is :func:`health.read`'s.

    Raises KubectlError.
    """
    found = objects(kubectl, namespace)
    ceph = Ceph(kubectl, found, namespace)
    status = None
    state = health.read(found)
    # Without a monitor nobody answers, and asking takes its time.
    if ceph.reachable and state["monitors"]["running"]:
        try:
            status = ceph.ask("status")
        except CephError:
            status = None
    return (health.read(found, status) if status else state), found, ceph


def wait(kubectl, seconds, version="", steady=1, seen="", namespace=health.NAMESPACE):
    """Look at the cluster until it can be used, for at most some seconds.

    Arguments:
        kubectl: the Kubectl.
        seconds: how long; 0 to look once.
        version: the version of Rook that operator and daemons must have, empty for any.
        steady: how many looks, one after the other, must find nothing missing.
        seen: a summary that the caller knows already: another one ends the waiting, so that it can be shown.
        namespace: Rook's.
    Returns:
        ``(state, objects, ceph, done)``: as :func:`look`, and whether nothing was missing.
    Raises:
        KubectlError: the API server cannot be asked.
    """
    started = time.time()
    deadline = started + seconds
    good = 0
    while True:
        state, found, ceph = look(kubectl, namespace)
        lacks = {stage for stage, _words in health.missing(state, version)}
        if not seconds or time.time() - started >= UNSEEN_SECONDS:
            lacks.discard(health.UNSEEN)
        good = 0 if lacks else good + 1
        if good >= steady:
            return state, found, ceph, True
        changed = bool(seen) and not good and health.summary(state, version) != seen
        if changed or time.time() + _STEP_SECONDS > deadline:
            return state, found, ceph, False
        time.sleep(_STEP_SECONDS)
