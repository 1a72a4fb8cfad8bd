# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0
"""What goes, in which order, and what stays, for hosts made of plain data."""

import copy

import pytest

from ansible_collections.kurl.ipv6.plugins.module_utils.hostfiles import registry
from ansible_collections.kurl.ipv6.plugins.module_utils.reset import evidence, plan

FRESH = {"size": 1, "modified": 1, "mode": 420, "sha256": "a", "before": registry.NOTHING}
RECORD = {
    "items": {
        "containerd": {"source": "s", "strip": 0, "files": {evidence.CONTAINERD: FRESH}},
        "kubelet": {"source": "s", "strip": 0, "files": {"/usr/local/bin/kubelet": FRESH}},
    },
    "folders": ["/etc/kurl-ipv6"],
    "units": ["containerd.service", "kurl-ipv6-load-balancer.service", "kubelet.service"],
    "pending": [],
}
NO_KUBEADM = {"unfinished": "", "foreign": []}
HOST = {
    "state": True,
    "record": RECORD,
    "cluster": True,
    "runtime": True,
    "etcd": True,
    "other_containerd": "",
    "foreign_marks": [],
    "units": {name: {"enabled": True, "active": True} for name in RECORD["units"]},
    "kubeadm": True,
    "kubernetes": {"ours": ["admin.conf", "pki/ca.crt"], "foreign": ["audit.yaml"]},
    "processes": [7, 8],
    "mounts": ["/var/lib/kubelet/pods/1/volumes/token"],
    "links": ["lo", "eth0", "cni0", "veth1", "veth2", "antrea-gw0", "genev_sys_6081", "antrea"],
    "masters": {"veth1": "cni0", "veth2": "br0"},
    "datapath": False,
    "other_switch": False,
    "chains": {"ip6tables-nft": {"nat": {"chains": ["KUBE-SERVICES"], "jumps": []}}},
    "nft_tables": [("ip6", "kube-proxy")],
    "sets": [],
    "packet_filter_tools": True,
    "parameters": {name: (theirs, None) for name, (theirs, _default) in plan.PARAMETERS.items()},
    "container": False,
    "cni_state": ["/var/lib/cni/networks/antrea"],
    "antrea_files": [plan.ANTREA_CONFIG],
    "foreign_cni": ["/etc/cni/net.d/99-other.conf"],
    "full": {"/var/lib/kubelet", "/var/lib/etcd", "/var/lib/containerd", "/var/lib/cni/networks/antrea"},
    "files": {evidence.CONTAINERD: "ours", "/usr/local/bin/kubelet": "ours", "/etc/crictl.yaml": "same"},
    "disks": [
        {"device": "/dev/vdb", "bytes": 5, "content": "ceph_bluestore", "free": True, "why": "", "remedy": "umount"}
    ],
}


def host(**changes):
    return dict(copy.deepcopy(HOST), **changes)


def shown(steps):
    return [(step.kind, step.what) for step in steps]


def test_the_order_is_one_in_which_nothing_comes_back():
    kinds = [step.kind for step in plan.steps(host())]
    told = shown(plan.steps(host()))
    assert told[0] == (plan.STOP, "kubelet.service")
    assert kinds.index(plan.KUBEADM) < kinds.index(plan.KILL) < told.index((plan.STOP, "containerd.service"))
    assert told.index((plan.STOP, "containerd.service")) < kinds.index(plan.UNMOUNT) < kinds.index(plan.TREE)
    assert kinds.index(plan.TREE) < kinds.index(plan.FILE)
    assert kinds[-1] == plan.STATE


def test_what_an_earlier_reset_left_of_rook_goes_when_it_is_told_to():
    left = {"state": False, "foreign_marks": [], "rook": True, "full": {plan.ROOK_TREE}, "disks": HOST["disks"]}
    assert plan.steps(left) == []
    assert {entry["what"] for entry in plan.kept(left)} == {plan.ROOK_TREE, "/dev/vdb"}
    # The folder says whose the disks are: it goes last.
    assert [step.kind for step in plan.steps(left, wipe_disks=True)] == [plan.DISK, plan.TREE]
    assert plan.steps(dict(left, rook=False), wipe_disks=True) == []


def test_a_host_that_never_was_ours_is_left_alone_and_another_cluster_named():
    stranger = host(state=False, foreign_marks=["/etc/kubernetes/admin.conf"])
    assert plan.steps(stranger, wipe_disks=True) == []
    assert [entry["what"] for entry in plan.kept(stranger)] == ["/etc/kubernetes/admin.conf"]


def test_interfaces_of_others_stay():
    assert plan.links(HOST["links"], HOST["masters"], False) == ["veth1", "cni0", "antrea-gw0", "genev_sys_6081"]
    assert "genev_sys_6081" not in plan.links(HOST["links"], HOST["masters"], True)


def test_the_datapath_goes_before_its_ports_unless_the_host_has_its_own_switch():
    told = shown(plan.steps(host(datapath=True)))
    assert told.index((plan.DATAPATH, "ovs-system")) < told.index((plan.LINK, "antrea-gw0"))
    own = host(datapath=True, other_switch=True)
    assert (plan.DATAPATH, "ovs-system") not in shown(plan.steps(own))
    assert "ovs-system" in [entry["what"] for entry in plan.kept(own)]


def test_a_cluster_that_is_not_ours_keeps_everything():
    told = shown(plan.steps(host(cluster=False, foreign_marks=["/etc/kubernetes/kubelet.conf"])))
    assert not {kind for kind, _what in told} & {plan.KUBEADM, plan.LINK, plan.CHAINS, plan.TABLE, plan.PARAMETER}
    assert (plan.TREE, "/var/lib/etcd") not in told
    assert (plan.FILE, "/etc/kubernetes/admin.conf") not in told
    assert (plan.FILE, "/usr/local/bin/kubelet") in told


def test_images_of_another_containerd_stay_and_are_named():
    shared = host(runtime=False, other_containerd="/usr/bin/containerd")
    assert (plan.TREE, "/var/lib/containerd") not in shown(plan.steps(shared))
    assert "/var/lib/containerd" in [entry["what"] for entry in plan.kept(shared)]


def test_what_is_somebody_elses_is_named_with_what_to_type():
    kept = {
        entry["what"]: entry["remedy"] for entry in plan.kept(host(files={"/etc/containerd/config.toml": "changed"}))
    }
    assert kept == {
        "/etc/containerd/config.toml": "rm /etc/containerd/config.toml",
        "/etc/kubernetes/audit.yaml": "rm /etc/kubernetes/audit.yaml",
        "/etc/cni/net.d/99-other.conf": "rm /etc/cni/net.d/99-other.conf",
        "/dev/vdb": "-e reset_wipe_disks=true",
    }
    assert not {"/etc/containerd/config.toml", "/etc/kubernetes/audit.yaml"} & {
        step.what for step in plan.steps(host(files={"/etc/containerd/config.toml": "changed"}))
    }


def test_disks_go_only_with_consent_and_only_those_that_are_free():
    rook = host(full={plan.ROOK_TREE})
    assert plan.DISK not in [step.kind for step in plan.steps(rook)]
    assert (plan.TREE, plan.ROOK_TREE) not in shown(plan.steps(rook))
    assert {entry["what"] for entry in plan.kept(rook)} >= {plan.ROOK_TREE, "/dev/vdb"}
    told = shown(plan.steps(rook, wipe_disks=True))
    assert (plan.TREE, plan.ROOK_TREE) in told
    assert (plan.DISK, "/dev/vdb (5 bytes, ceph_bluestore)") in told
    used = host(disks=[dict(HOST["disks"][0], free=False, why="it is in use")])
    assert plan.DISK not in [step.kind for step in plan.steps(used, wipe_disks=True)]
    assert "/dev/vdb" in [entry["what"] for entry in plan.kept(used, wipe_disks=True)]


def parameters_set(**changes):
    return {step.data[0]: step.data[1] for step in plan.steps(host(**changes)) if step.kind == plan.PARAMETER}


def test_parameters_become_what_a_boot_would_make_of_them():
    assert parameters_set()["net.netfilter.nf_conntrack_tcp_timeout_established"] == "432000"
    by_file = dict(HOST["parameters"], **{"vm.overcommit_memory": ("1", "2"), "kernel.panic": ("10", "10")})
    found = parameters_set(parameters=by_file)
    assert found["vm.overcommit_memory"] == "2"
    assert "kernel.panic" not in found


def test_parameters_that_somebody_set_or_that_are_the_machines_stay():
    other = dict.fromkeys(plan.PARAMETERS, ("17", None))
    assert parameters_set(parameters=other) == {}
    assert all(name.startswith("net.") for name in parameters_set(container=True))
    assert parameters_set(parameters=dict.fromkeys(plan.PARAMETERS, (None, None))) == {}


@pytest.mark.parametrize(
    ("before", "exists", "digest", "overwritten", "state"),
    [
        (registry.NOTHING, True, "a", False, "ours"),
        (registry.NOTHING, True, "b", False, "changed"),
        (registry.NOTHING, True, "b", True, "ours"),
        (registry.NOTHING, False, "", False, "gone"),
        (registry.THE_SAME, True, "a", False, "same"),
        ("/var/lib/kurl-ipv6/replaced/x", True, "b", False, "restore"),
    ],
)
def test_what_becomes_of_a_file(before, exists, digest, overwritten, state):
    assert plan.file_state(dict(FRESH, before=before), exists, lambda: digest, overwritten) == state


def test_kubeadms_files_are_told_from_others():
    names = ["admin.conf", "audit.yaml", "manifests/etcd.yaml", "my.conf", "pki/ca.crt", "own.yaml"]
    assert plan.split_kubernetes(names, {"/etc/kubernetes/own.yaml"}) == {
        "ours": ["admin.conf", "manifests/etcd.yaml", "pki/ca.crt"],
        "foreign": ["audit.yaml", "my.conf"],
    }


# evidence


def test_a_cluster_is_ours_by_the_records_alone():
    judge = evidence.judge
    assert judge(RECORD, NO_KUBEADM, None, "", True) == {"cluster": True, "runtime": True, "etcd": True}
    assert judge(registry.empty(), NO_KUBEADM, None, "", True) == {"cluster": False, "runtime": False, "etcd": False}
    assert not judge(RECORD, dict(NO_KUBEADM, foreign=["/etc/kubernetes/admin.conf"]), None, "", True)["cluster"]
    assert judge(registry.empty(), dict(NO_KUBEADM, unfinished="join"), None, "", False)["cluster"]
    assert not judge(RECORD, NO_KUBEADM, None, "/usr/bin/containerd", True)["runtime"]


def test_data_of_an_etcd_that_kubeadm_did_not_make_stay():
    assert not evidence.judge(RECORD, NO_KUBEADM, None, "", False)["etcd"]
    assert not evidence.judge(RECORD, dict(NO_KUBEADM, unfinished="join"), None, "", False)["etcd"]
    assert evidence.judge(RECORD, dict(NO_KUBEADM, unfinished="init"), None, "", False)["etcd"]
    other = host(etcd=False)
    assert (plan.TREE, plan.ETCD) not in shown(plan.steps(other))
    assert plan.ETCD in [entry["what"] for entry in plan.kept(other)]


def test_a_killed_reset_knows_what_it_knew():
    note = {"cluster": True, "runtime": True, "etcd": True, "networks": ["antrea"]}
    broken = dict(NO_KUBEADM, foreign=["/etc/kubernetes/admin.conf"])
    assert evidence.judge(registry.empty(), broken, note, "", False) == {"cluster": True, "runtime": True, "etcd": True}
