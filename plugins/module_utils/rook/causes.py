# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0
"""Why a Ceph cluster of Rook does not get well: asks pods, their logs and events, and names causes as findings."""

from __future__ import absolute_import, division, print_function

__metaclass__ = type

from ansible_collections.kurl.ipv6.plugins.module_utils.cluster import diagnose, pods
from ansible_collections.kurl.ipv6.plugins.module_utils.cluster.kubectl import KubectlError
from ansible_collections.kurl.ipv6.plugins.module_utils.finding import finding
from ansible_collections.kurl.ipv6.plugins.module_utils.rook import health

_KUBECTL = "kubectl --kubeconfig /etc/kubernetes/admin.conf"
_REFERENCE = "https://rook.io/docs/rook/latest/Troubleshooting/ceph-common-issues/"
#: More of the same kind tell nothing new.
_SHOWN = 5
_LOG_LINES = "400"

#: Health check of Ceph -> what to do.
_REMEDIES = {
    "MON_CLOCK_SKEW": "chronyc tracking   # on every node: is it synchronised?\n"
    "systemctl enable --now chronyd || systemctl enable --now chrony",
    "OSD_DOWN": "{k} --namespace {n} get pods --selector app=rook-ceph-osd --output wide",
    "MON_DOWN": "{k} --namespace {n} get pods --selector app=rook-ceph-mon --output wide",
    "TOO_FEW_OSDS": "{k} --namespace {n} logs --selector app=rook-ceph-osd-prepare --tail 200"
    "   # why was no disk taken?",
    "MGR_MODULE_ERROR": "{k} --namespace {n} exec deployment/rook-ceph-tools -- ceph mgr fail"
    "   # the next manager loads its modules anew",
    "PG_DEGRADED": "# wait until Ceph has copied what is missing, or add the disk that is gone",
    "OSD_NEARFULL": "# attach more disks, or remove data",
    "OSD_FULL": "# attach more disks, or remove data: nothing can be written any more",
}


def find(kubectl, state, objects, version="", namespace=health.NAMESPACE):
    """Return the causes as findings, those first that the others follow from.

    Arguments:
        kubectl: the Kubectl.
        state: as ``health.read`` returns it.
        objects: the namespace's objects.
        version: the version of Rook that is waited for, empty for any.
        namespace: Rook's.
    Returns:
        A list of findings that fail, never empty.
    """
    lacks = health.missing(state, version)
    found = _pods(kubectl, objects)
    found += _devices(kubectl, state, objects, namespace)
    found += _monitors(state, objects, namespace)
    found += _checks(state, namespace)
    found += _operator(kubectl, state, objects, lacks, namespace)
    if not found:
        found.append(
            _finding(
                "ceph.wait",
                "Ceph is healthy",
                "; ".join(words for _stage, words in lacks) or "not healthy for long enough",
                "nothing missing",
                "%s --namespace %s get cephclusters,pods" % (_KUBECTL, namespace),
            )
        )
    return found


def _finding(id, title, observed, expected, remedy, subject="cluster", reference=_REFERENCE):
    text = health.redact(diagnose.shorten(observed))
    return finding(id, subject, "fail", title, text, expected, remedy, reference)


def hopeless(objects):
    """Tell whether a pod waits for an image that will hardly come: the role has loaded what there is."""
    return any(
        item["kind"] == "Pod" and pods.cause(item).text.startswith("image ") and not pods.healthy(item)
        for item in objects
    )


def _is_csi(name):
    return name.startswith(("csi-", "ceph-csi-")) or ".csi.ceph.com-" in name


def _pods(kubectl, objects):
    """Pods that do not run, each with its cause; an image that many of them lack is told once."""
    found, images = [], {}
    bad = [
        item
        for item in objects
        if item["kind"] == "Pod" and not pods.healthy(item) and not pods.left_over(item) and not _young(item)
    ]
    for item in bad:
        cause = pods.cause(item)
        if cause.text.startswith("image "):
            images.setdefault(cause.text.split(": ", 1)[0], []).append(item)
            continue
        # What a job that looked at disks ended with is told with the disks.
        if len(found) >= _SHOWN or (health.label(item, "app") == health.PREPARE and cause.container):
            continue
        name, node = item["metadata"]["name"], pods.node_of(item)
        space = item["metadata"].get("namespace", health.NAMESPACE)
        found.append(
            _finding(
                "ceph.csi" if _is_csi(name) else "ceph.pod",
                "pod of Rook runs",
                "%s%s: %s" % (name, " on %s" % node if node else "", diagnose.explain(kubectl, item)),
                "runs with all its containers ready",
                "%s --namespace %s describe pod %s\n%s --namespace %s logs %s --all-containers --tail 50"
                % (_KUBECTL, space, name, _KUBECTL, space, name),
                "pod/" + pods.name_of(item),
            )
        )
    for image, items in sorted(images.items()):
        found.insert(0, _image(kubectl, image, items))
    return found


def _young(item):
    """Tell whether a pod is only being made: nothing is wrong with it yet."""
    cause = pods.cause(item)
    scheduled = any(
        entry.get("type") == "PodScheduled" and entry.get("status") == "True"
        for entry in (item.get("status") or {}).get("conditions") or []
    )
    return not cause.text and not scheduled


def _image(kubectl, image, items):
    nodes = sorted({pods.node_of(item) for item in items})
    reference = image[len("image ") :]
    return _finding(
        "ceph.image",
        "the images of Rook are on the nodes",
        "on %s: %s" % (", ".join(nodes[:_SHOWN]) or "no node", diagnose.explain(kubectl, items[0])),
        "on every node, or pulled by it",
        "ctr --namespace k8s.io images list name==%s   # on %s: is it there?\n"
        "ansible-playbook kurl.ipv6.site -i <inventory> -e installer_src=<spec>   # loads what artifacts_mirror has"
        % (reference, nodes[0] if nodes else "the node"),
    )


def _log(kubectl, item, container="", lines=_LOG_LINES):
    words = ["logs", "--namespace", item["metadata"].get("namespace", health.NAMESPACE), item["metadata"]["name"]]
    words += ["--container", container] if container else ["--all-containers"]
    try:
        code, out, _err = kubectl.try_once(words + ["--tail", lines], limit=20)
    except KubectlError:
        return ""
    return out if code == 0 else ""


def _devices(kubectl, state, objects, namespace):
    """Nodes whose disks were not taken, by the logs of the jobs that looked at them, while OSDs are too few."""
    osds = state["osds"]
    short = not osds["running"] or osds["made"] < state["replicas"] or "TOO_FEW_OSDS" in state["checks"]
    prepared = [item for item in objects if item["kind"] == "Pod" and health.label(item, "app") == health.PREPARE]
    if not short:
        return []
    if not prepared:
        waiting = state["monitors"]["running"] < state["monitors"]["wanted"] or not state["managers"]
        return (
            []
            if waiting or not state["cluster"]
            else [
                _finding(
                    "ceph.devices",
                    "Rook looks for disks",
                    "no job that looks for disks was made",
                    "a job on each storage node",
                    "%s --namespace %s logs deployment/%s --tail 100" % (_KUBECTL, namespace, health.OPERATOR),
                )
            ]
        )
    with_osd = {
        pods.node_of(item)
        for item in objects
        if item["kind"] == "Pod" and health.label(item, "app") == health.OSD and pods.node_of(item)
    }
    found = []
    for item in prepared:
        node = pods.node_of(item)
        said = health.devices(_log(kubectl, item))
        if node in with_osd or (said["taken"] and not said["error"]):
            continue
        reasons = ["%s: %s" % pair for pair in said["left"][: 2 * _SHOWN]]
        if said["error"]:
            reasons.insert(0, said["error"])
        found.append(
            _finding(
                "ceph.device",
                "Ceph has a disk on the node",
                "; ".join(reasons) or "no disk was found",
                "an empty disk that blockDeviceFilter or nodes of the spec names",
                "%s --namespace %s logs %s\nlsblk -o NAME,SIZE,TYPE,FSTYPE,MOUNTPOINT   # on %s\n"
                "# a disk whose data you do not need becomes empty by: wipefs --all /dev/<disk>"
                % (_KUBECTL, namespace, item["metadata"]["name"], node or "the node"),
                "node/%s" % node if node else "cluster",
                "https://rook.io/docs/rook/latest/Troubleshooting/ceph-common-issues/"
                "#osd-pods-are-not-created-on-my-devices",
            )
        )
    return found[: 2 * _SHOWN]


def _monitors(state, objects, namespace):
    """Monitors that run and do not find each other."""
    monitors = state["monitors"]
    if not monitors["running"] or (state["told"] and len(monitors["quorum"]) >= monitors["wanted"]):
        return []
    if not state["told"]:
        observed = "%d monitors run and answer nobody" % monitors["running"]
    else:
        observed = "%s of %d monitors in the quorum" % (", ".join(monitors["quorum"]) or "none", monitors["wanted"])
    where = sorted(
        "%s at %s" % (item["metadata"]["name"], ", ".join(pods.addresses(item)) or "no address")
        for item in objects
        if item["kind"] == "Pod" and health.label(item, "app") == health.MONITOR and pods.healthy(item)
    )
    return [
        _finding(
            "ceph.monitors",
            "the monitors form a quorum over IPv6",
            "%s (%s)" % (observed, "; ".join(where[:_SHOWN])),
            "all monitors in the quorum, at IPv6 addresses",
            "{0} --namespace {1} get configmap rook-ceph-mon-endpoints --output jsonpath={{.data.data}}"
            "   # addresses in brackets\n"
            "{0} --namespace {1} get configmap rook-config-override --output yaml   # ms_bind_ipv6 = true?\n"
            "{0} --namespace {1} logs --selector app=rook-ceph-mon --tail 30".format(_KUBECTL, namespace),
        )
    ]


def _checks(state, namespace):
    """Health checks of Ceph that are no allowed warnings."""
    found = []
    for name, message in sorted(health.faults(state).items()):
        remedy = _REMEDIES.get(name) or "{k} --namespace {n} exec deployment/rook-ceph-tools -- ceph health detail"
        found.append(
            _finding(
                "ceph.clock" if name == "MON_CLOCK_SKEW" else "ceph.health",
                "clocks of the monitors" if name == "MON_CLOCK_SKEW" else "Ceph's health",
                "%s: %s" % (name, message),
                "HEALTH_OK",
                remedy.format(k=_KUBECTL, n=namespace),
                reference="https://docs.ceph.com/en/latest/rados/operations/health-checks/#%s"
                % name.lower().replace("_", "-"),
            )
        )
    return found


def _operator(kubectl, state, objects, lacks, namespace):
    """What the operator last complained of, when it is what the cluster waits for."""
    stages = {stage for stage, _words in lacks}
    if not stages & {"operator", "cluster", "monitors", "managers", "osds", "daemons", "parts"}:
        return []
    operators = [item for item in objects if item["kind"] == "Pod" and health.label(item, "app") == health.OPERATOR]
    said = ""
    for item in operators:
        if pods.healthy(item):
            said = health.last_error(_log(kubectl, item))
    message = state["cluster"].get("message", "")
    parts = [words for _stage, words in lacks[:_SHOWN]]
    if said:
        parts.append("its last error: " + said)
    elif message:
        parts.append("it says: " + message)
    elif operators:
        return []
    return [
        _finding(
            "ceph.operator",
            "the operator makes what the CephCluster asks for",
            "; ".join(parts),
            "nothing missing",
            "%s --namespace %s logs deployment/%s --tail 100" % (_KUBECTL, namespace, health.OPERATOR),
        )
    ]
