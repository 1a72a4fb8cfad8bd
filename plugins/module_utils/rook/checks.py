# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0
"""Checks of Rook's Ceph in a running cluster. They judge what was read and tried; they ask nobody themselves.

Their stage is ``cluster.ceph``. Facts: ``state`` (of ``health.read``), ``asked`` (why Ceph itself could not be asked,
empty if it could), ``addresses`` (of ``health.addresses``), ``image`` and ``volume`` (what the trials said: maps with
``skipped``, ``error``, ``done`` and ``remedy``, each empty where it does not apply).
"""

from __future__ import absolute_import, division, print_function

__metaclass__ = type

from ansible_collections.kurl.ipv6.plugins.module_utils.checks.registry import check
from ansible_collections.kurl.ipv6.plugins.module_utils.rook import health

STAGE = "cluster.ceph"
_KUBECTL = "kubectl --kubeconfig /etc/kubernetes/admin.conf --namespace %s" % health.NAMESPACE
_CEPH = _KUBECTL + " exec deployment/rook-ceph-tools -- "
_SHOWN = 5


def _some(words):
    words = list(words)
    return ", ".join(words[:_SHOWN]) + (", and %d more" % (len(words) - _SHOWN) if len(words) > _SHOWN else "")


@check(
    "ceph.health",
    title="Ceph is healthy",
    why="Whatever keeps its data in volumes waits for Ceph, or loses its last copy with the next disk.",
    reference="https://docs.ceph.com/en/latest/rados/operations/health-checks/",
    remedy="Look at ceph health detail; it says which daemon or disk is meant.",
    stage=STAGE,
)
def healthy(view, verdict):
    """HEALTH_OK, or a warning of nothing but what keeps nobody from storing (kURL's list)."""
    state = view.facts["state"]
    if not state["cluster"]:
        verdict.fail(
            "there is no CephCluster",
            expected="HEALTH_OK",
            remedy="ansible-playbook kurl.ipv6.site -i <inventory> -e installer_src=<spec>",
        )
        return
    words = "%s%s" % (
        state["health"] or "not known",
        ": " + "; ".join("%s (%s)" % pair for pair in sorted(state["checks"].items())) if state["checks"] else "",
    )
    remedy = _CEPH + "ceph health detail"
    if not health.well(state):
        verdict.fail(health.redact(words), expected="HEALTH_OK", remedy=remedy)
    elif not state["told"]:
        verdict.warn(
            "%s, as Rook last wrote it down; Ceph itself could not be asked: %s" % (words, view.facts["asked"]),
            expected="an answer of Ceph",
            remedy="%s get pods --selector app=rook-ceph-tools" % _KUBECTL,
        )
    elif state["checks"]:
        verdict.info(words, expected="HEALTH_OK", remedy=remedy)
    else:
        version = state["cluster"].get("ceph_version")
        verdict.passed("%s%s" % (words, ", Ceph %s" % version if version else ""))


@check(
    "ceph.monitors",
    title="Ceph's monitors form a quorum",
    why="Without a majority of its monitors Ceph answers nobody; on IPv6 they must find each other by IPv6 addresses.",
    reference="https://rook.io/docs/rook/latest/Storage-Configuration/Advanced/ceph-mon-health/",
    remedy="Look at the monitors' pods and at ConfigMap rook-ceph-mon-endpoints.",
    stage=STAGE,
)
def monitors(view, verdict):
    """As many in the quorum as the CephCluster asks for."""
    found = view.facts["state"]["monitors"]
    count = len(found["quorum"]) if view.facts["state"]["told"] else found["running"]
    if not view.facts["state"]["cluster"]:
        verdict.skip("not judged: there is no CephCluster")
    elif count < found["wanted"]:
        verdict.fail(
            "%d of %d%s" % (count, found["wanted"], ": " + _some(found["quorum"]) if found["quorum"] else ""),
            expected="%d in the quorum" % found["wanted"],
            remedy="{0} get pods --selector app=rook-ceph-mon --output wide\n"
            "{0} logs --selector app=rook-ceph-mon --tail 30".format(_KUBECTL),
        )
    else:
        verdict.passed("%d of %d" % (count, found["wanted"]))


@check(
    "ceph.osds",
    title="Ceph's OSDs are up",
    why="An OSD that is down takes its copies with it; with none there is nowhere to store.",
    reference="https://rook.io/docs/rook/latest/Troubleshooting/ceph-osd-mgmt/",
    remedy="Look at the OSD's pod; the log of its node's prepare job says why a disk was not taken.",
    stage=STAGE,
)
def osds(view, verdict):
    """At least one, and all that Ceph knows."""
    state = view.facts["state"]
    found = state["osds"]
    total = max(found["known"], found["made"])
    up = found["up"] if state["told"] else found["running"]
    if not state["cluster"]:
        verdict.skip("not judged: there is no CephCluster")
    elif not total or up < total:
        verdict.fail(
            "%d of %d up" % (up, total) if total else "there are none",
            expected="all up, at least one",
            remedy="%s get pods --selector app=rook-ceph-osd --output wide\n" % _KUBECTL
            + (
                _CEPH + "ceph osd tree"
                if total
                else "%s logs --selector app=rook-ceph-osd-prepare --tail 200   # why was no disk taken?" % _KUBECTL
            ),
        )
    else:
        verdict.passed("%d of %d up" % (up, total))


@check(
    "ceph.addresses",
    title="Ceph's addresses are IPv6",
    why=(
        "A daemon that bound IPv4 on a node without IPv4 is at 0.0.0.0 or 127.0.0.1: it starts, logs no error, and no"
        " other node reaches it."
    ),
    reference="https://docs.ceph.com/en/latest/rados/configuration/msgr2/#address-formats; Rook #6266, #3850",
    remedy="ms_bind_ipv4=false in ConfigMap rook-config-override and ipFamily IPv6 in the CephCluster; restart daemons",
    stage=STAGE,
)
def addresses(view, verdict):
    """Of the monitors, of the OSDs that are up and of the manager, in the maps that Ceph hands to its clients."""
    found = view.facts["addresses"]
    if view.facts["asked"] or not found:
        verdict.skip("not judged: Ceph could not be asked: %s" % (view.facts["asked"] or "it names no address"))
        return
    wrong = health.not_v6(found)
    if wrong:
        verdict.fail(
            _some("%s at %s" % pair for pair in wrong),
            expected="IPv6 addresses that other nodes reach",
            remedy="{0} get configmap rook-config-override --output yaml   # ms_bind_ipv4 = false?\n"
            "{0} get cephcluster --output jsonpath={{.items[*].spec.network}}   # ipFamily IPv6?\n"
            "ansible-playbook kurl.ipv6.site -i <inventory> -e installer_src=<spec>\n"
            "{0} rollout restart deployment --selector app={1}   # the daemons read it when they start".format(
                _KUBECTL, "rook-ceph-osd" if wrong[0][0].startswith("osd.") else "rook-ceph-mon"
            ),
        )
    else:
        number = len({daemon for daemon, _address in found})
        verdict.passed("IPv6 only, of %d daemon%s" % (number, "" if number == 1 else "s"))


@check(
    "ceph.parts",
    title="pools and file systems are ready",
    why="A volume of a storage class whose pool is not there stays pending.",
    reference="https://rook.io/docs/rook/latest/CRDs/Block-Storage/ceph-block-pool-crd/",
    remedy="Describe the object; the operator's log says more.",
    stage=STAGE,
)
def parts(view, verdict):
    """All CephBlockPools, CephFilesystems and CephObjectStores are in the phase Ready."""
    found = view.facts["state"]["parts"]
    late = [part for part in found if part["phase"] not in ("Ready", "Connected")]
    if not found:
        verdict.skip("there are none")
    elif late:
        verdict.fail(
            _some("%s: %s" % (part["name"], part["phase"] or "not seen by the operator") for part in late),
            expected="Ready",
            remedy="\n".join(
                "%s describe %s" % (_KUBECTL, part["name"].replace(" ", "/", 1).lower()) for part in late[:_SHOWN]
            ),
        )
    else:
        verdict.passed(_some(part["name"] for part in found))


def _trial(said, verdict):
    if said.get("skipped"):
        verdict.skip(said["skipped"])
    elif said.get("error"):
        verdict.fail(health.redact(said["error"]), expected="what was written is read", remedy=said["remedy"])
    else:
        verdict.passed(said["done"])


@check(
    "ceph.image",
    title="a block image can be written and read",
    why="Monitors that answer do not prove that clients reach the OSDs, which they do at addresses of their own.",
    reference="https://docs.ceph.com/en/latest/man/8/rbd/",
    remedy="Look at ceph.addresses, and at firewalls between the nodes' pods.",
    stage=STAGE,
)
def image(view, verdict):
    """An image is made in the pool of the storage class, read again, compared and removed."""
    _trial(view.facts["image"], verdict)


@check(
    "ceph.volume",
    title="a volume is mounted, written, and read on another node",
    why="Pods get their volumes through the CSI driver and the node's kernel, which have to reach monitors and OSDs.",
    reference="https://rook.io/docs/rook/latest/Storage-Configuration/Block-Storage-RBD/block-storage/",
    remedy="Look at the CSI driver's pods, and at ConfigMap rook-ceph-csi-config: it must list the monitors.",
    stage=STAGE,
)
def volume(view, verdict):
    """A claim of the storage class is bound, a pod writes to it, a pod on another node reads; all is removed."""
    _trial(view.facts["volume"], verdict)
