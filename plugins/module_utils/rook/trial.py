# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0
"""Writes to Rook's Ceph and reads again: a block image by Ceph's own tools, and a volume through the CSI driver.

Whatever is made is removed. A trial returns a map with ``skipped`` (why nothing was tried), ``error``, ``remedy`` and
``done`` (what was proved), each empty where it does not apply.
"""

from __future__ import absolute_import, division, print_function

__metaclass__ = type

import binascii
import os
import time

from ansible_collections.kurl.ipv6.plugins.module_utils.cluster import diagnose, pods
from ansible_collections.kurl.ipv6.plugins.module_utils.cluster.kubectl import KubectlError, stream
from ansible_collections.kurl.ipv6.plugins.module_utils.rook import health
from ansible_collections.kurl.ipv6.plugins.module_utils.rook.observe import CephError

#: Name of the image, of the claim and of the pods.
NAME = "kurl-ipv6-verify"
_WRITER, _READER = NAME + "-write", NAME + "-read"
_KUBECTL = "kubectl --kubeconfig /etc/kubernetes/admin.conf"
_USER = 65532
_STEP_SECONDS = 1
_REMOVAL_SECONDS = 60
#: Size of the claim; thin, so that little is written.
_SIZE = "64Mi"


def said(skipped="", error="", remedy="", done=""):
    """Return what a trial says."""
    return {"skipped": skipped, "error": error, "remedy": remedy, "done": done}


def token():
    """Return a text that nobody wrote before."""
    return binascii.hexlify(os.urandom(16)).decode("ascii")


def pool_of(objects):
    """Return the name of the pool that is tried: the one that is ready and no pool of Ceph's own; empty if none."""
    for item in objects:
        name = (item.get("spec") or {}).get("name") or item["metadata"]["name"]
        if item["kind"] == "CephBlockPool" and not name.startswith("."):
            if ((item.get("status") or {}).get("phase") or "") == "Ready":
                return name
    return ""


def image(ceph, objects):
    """Make a block image with a text in it, read it, and remove it.

    Arguments:
        ceph: the ``observe.Ceph``.
        objects: the objects of Rook's namespace.
    """
    pool = pool_of(objects)
    if not ceph.reachable:
        return said("not tried: neither the toolbox nor the operator runs")
    if not pool:
        return said("not tried: there is no block pool that is ready")
    name, text = "%s/%s" % (pool, NAME), token()
    remedy = (
        "%s --namespace %s exec deployment/rook-ceph-tools -- ceph health detail\n"
        "%s --namespace %s exec deployment/rook-ceph-tools -- rbd ls %s"
        % (_KUBECTL, health.NAMESPACE, _KUBECTL, health.NAMESPACE, pool)
    )
    try:
        _remove_image(ceph, name)
        try:
            ceph.run("rbd", ["import", "--no-progress", "-", name], text, limit=30)
            found = ceph.run("rbd", ["export", "--no-progress", name, "-"], limit=30)
        finally:
            _remove_image(ceph, name)
    except CephError as error:
        return said(error="pool %s: %s" % (pool, error), remedy=remedy)
    if not found.startswith(text):
        return said(error="pool %s: what was read is not what was written" % pool, remedy=remedy)
    return said(done="written, read and removed in the pool %s" % pool)


def _remove_image(ceph, name):
    pool, image_name = name.split("/", 1)
    if image_name in ceph.run("rbd", ["ls", pool], limit=30).split():
        ceph.run("rbd", ["rm", "--no-progress", name], limit=30)


def driver(objects):
    """Return why volumes cannot be tried for lack of a CSI driver, empty if it runs."""
    found = [item for item in objects if item["kind"] == "Pod" and is_driver(item["metadata"]["name"])]
    if not found:
        return "the CSI driver for block volumes is not installed (it is turned off, or its images are not there)"
    bad = [item for item in found if not pods.healthy(item)]
    if bad:
        cause = pods.cause(bad[0]).text or "not ready"
        return "the CSI driver does not run: %s: %s" % (bad[0]["metadata"]["name"], diagnose.shorten(cause))
    return ""


def is_driver(name):
    """Tell whether a pod belongs to the CSI driver for block volumes, as Rook calls it up to 1.17 and from 1.18 on."""
    return name.startswith("csi-rbdplugin") or ".rbd.csi.ceph.com-" in name


def storage_class(classes):
    """Return the name of the storage class that is tried, the default one first; empty if none is of Rook's blocks."""
    found = [item for item in classes if (item.get("provisioner") or "").endswith(".rbd.csi.ceph.com")]
    annotation = "storageclass.kubernetes.io/is-default-class"
    found.sort(key=lambda item: (item["metadata"].get("annotations") or {}).get(annotation) != "true")
    return found[0]["metadata"]["name"] if found else ""


def claim(namespace, class_name):
    """Return the PersistentVolumeClaim."""
    return {
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        "metadata": {"name": NAME, "namespace": namespace},
        "spec": {
            "accessModes": ["ReadWriteOnce"],
            "storageClassName": class_name,
            "resources": {"requests": {"storage": _SIZE}},
        },
    }


def pod(name, namespace, image_name, script, avoid=""):
    """Return a pod that mounts the claim, runs a script and ends.

    Arguments:
        name, namespace: of the pod.
        image_name: an image with a shell that is on the nodes: that of Ceph.
        script: for ``sh``; the volume is at /data.
        avoid: a node on which it must not run, empty for none.
    """
    spec = {
        "restartPolicy": "Never",
        "automountServiceAccountToken": False,
        "enableServiceLinks": False,
        "terminationGracePeriodSeconds": 1,
        "tolerations": [{"operator": "Exists"}],
        "securityContext": {
            "runAsNonRoot": True,
            "runAsUser": _USER,
            "runAsGroup": _USER,
            "fsGroup": _USER,
            "seccompProfile": {"type": "RuntimeDefault"},
        },
        "containers": [
            {
                "name": "data",
                "image": image_name,
                "imagePullPolicy": "IfNotPresent",
                "command": ["sh", "-c", script],
                "securityContext": {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}},
                "volumeMounts": [{"name": "data", "mountPath": "/data"}],
            }
        ],
        "volumes": [{"name": "data", "persistentVolumeClaim": {"claimName": NAME}}],
    }
    if avoid:
        expression = {"key": "kubernetes.io/hostname", "operator": "NotIn", "values": [avoid]}
        term = {"nodeSelectorTerms": [{"matchExpressions": [expression]}]}
        spec["affinity"] = {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": term}}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, "namespace": namespace}, "spec": spec}


class Volume:
    """The trial of a volume in a namespace that is there already."""

    def __init__(self, kubectl, namespace, class_name, image_name, nodes, deadline):
        """Take a Kubectl, the namespace, the storage class, the pods' image, the names of the nodes that are ready, and
        the time when all must end.
        """
        self._kubectl = kubectl
        self._namespace = namespace
        self._class = class_name
        self._image = image_name
        self._nodes = nodes
        self._deadline = deadline

    def run(self):
        """Make the trial and remove what it made."""
        text = token()
        try:
            try:
                self._apply(claim(self._namespace, self._class))
                first, error = self._end(_WRITER, "echo %s > /data/text && sync" % text, "")
                if not error:
                    # A volume that is still mounted goes to no other node.
                    self._delete(first)
                    avoid = pods.node_of(first) if len(self._nodes) > 1 else ""
                    second, error = self._end(_READER, "cat /data/text", avoid)
                    if not error and text not in self._log(_READER):
                        error = "what was read is not what was written"
            finally:
                self._remove()
        except KubectlError as failure:
            return said(error=str(failure), remedy=self._remedy())
        if error:
            return said(error="class %s: %s" % (self._class, error), remedy=self._remedy())
        places = [pods.node_of(first), pods.node_of(second)]
        return said(done="class %s: written on %s, read on %s" % tuple([self._class] + places))

    def _remedy(self):
        return (
            "{0} --namespace {1} get pods --output wide   # does the CSI driver run on every node?\n"
            "{0} --namespace {1} get configmap rook-ceph-csi-config --output yaml   # are the monitors listed?\n"
            "{0} get volumeattachments,persistentvolumes"
        ).format(_KUBECTL, health.NAMESPACE)

    def _apply(self, document):
        words = ["apply", "--server-side", "--field-manager", "kurl-ipv6", "--filename", "-"]
        self._kubectl.run(words, stream([document]))

    def _delete(self, document):
        words = ["delete", "--filename", "-", "--ignore-not-found", "--timeout", "%ds" % _REMOVAL_SECONDS]
        self._kubectl.run(words, stream([document]), limit=_REMOVAL_SECONDS + 10)

    def _end(self, name, script, avoid):
        """Run a pod until it ends; return (pod, why it did not end well)."""
        self._apply(pod(name, self._namespace, self._image, script, avoid))
        while True:
            found = next(iter(self._kubectl.objects(["get", "pods", name, "--namespace", self._namespace])), {})
            phase = (found.get("status") or {}).get("phase")
            if phase == "Succeeded":
                return found, ""
            if phase == "Failed" or time.time() > self._deadline:
                return found, "pod %s: %s" % (name, self._why(found))
            time.sleep(_STEP_SECONDS)

    def _why(self, found):
        words = diagnose.explain(self._kubectl, found)
        if "unbound immediate PersistentVolumeClaims" in words:
            named = {"metadata": {"name": NAME, "namespace": self._namespace}}
            words = "the claim is not bound: %s" % (diagnose.last_warning(self._kubectl, named) or words)
        return words

    def _log(self, name):
        words = ["logs", "--namespace", self._namespace, name, "--container", "data"]
        return self._kubectl.run(words)

    def _remove(self):
        for name in (_WRITER, _READER):
            self._delete({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, "namespace": self._namespace}})
        self._delete(claim(self._namespace, self._class))
