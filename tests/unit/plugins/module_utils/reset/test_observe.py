# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0
"""Texts of /proc, and which processes and mounts they show to be a cluster's."""

import os

import pytest

from ansible_collections.kurl.ipv6.plugins.module_utils.host import reader
from ansible_collections.kurl.ipv6.plugins.module_utils.reset import observe

MOUNTS = r"""22 1 254:0 / / rw - ext4 /dev/vda rw
30 22 254:0 /volumes/v1 /var rw - ext4 /dev/vda rw
41 30 254:0 /volumes/v1/lib/kubelet /var/lib/kubelet rw shared:4 - ext4 /dev/vda rw
42 41 0:50 / /var/lib/kubelet/pods/a/volumes/kubernetes.io~secret/my\040token rw - tmpfs tmpfs rw
43 22 0:51 / /run/containerd/x/rootfs rw - overlay overlay rw
44 43 0:52 / /run/containerd/x/rootfs/sub rw - tmpfs tmpfs rw
"""


def test_mount_points_come_in_the_order_in_which_they_can_go():
    table = observe.parse_mounts(MOUNTS)
    assert observe.mount_points(table, ("/run/containerd/",)) == [
        "/run/containerd/x/rootfs/sub",
        "/run/containerd/x/rootfs",
    ]
    assert observe.mount_points(table, ("/var/lib/kubelet/",)) == [
        "/var/lib/kubelet/pods/a/volumes/kubernetes.io~secret/my token"
    ]


def test_a_folder_bound_to_itself_is_told_from_a_disk_of_its_own():
    assert observe.bound_to_itself(observe.parse_mounts(MOUNTS), "/var/lib/kubelet")
    disk = MOUNTS.replace("41 30 254:0 /volumes/v1/lib/kubelet", "41 30 254:16 /")
    assert not observe.bound_to_itself(observe.parse_mounts(disk), "/var/lib/kubelet")
    other = MOUNTS.replace("41 30 254:0", "41 30 254:16")
    assert not observe.bound_to_itself(observe.parse_mounts(other), "/var/lib/kubelet")
    elsewhere = MOUNTS.replace("/volumes/v1/lib/kubelet", "/data/kubelet")
    assert not observe.bound_to_itself(observe.parse_mounts(elsewhere), "/var/lib/kubelet")
    assert not observe.bound_to_itself(observe.parse_mounts(MOUNTS), "/var/lib/containerd")
    plain = "1 0 254:0 / / rw - ext4 /dev/vda rw\n2 1 254:0 /var/lib/kubelet /var/lib/kubelet rw - ext4 /dev/vda rw\n"
    assert observe.bound_to_itself(observe.parse_mounts(plain), "/var/lib/kubelet")


@pytest.mark.parametrize(
    ("text", "ours"),
    [
        ("0::/kubepods/burstable/pod1/abc\n", True),
        ("0::/kubepods.slice/kubepods-besteffort.slice/cri-containerd-1.scope\n", True),
        ("12:cpu:/k8s.io/kurl-ipv6-load-balancer\n0::/\n", True),
        ("0::/system.slice/docker-1.scope/kubepods/besteffort\n", False),
        ("0::/system.slice/sshd.service\n", False),
        ("0::/kubepods-of-mine\n", False),
        ("", False),
    ],
)
def test_control_groups_of_containers(text, ours):
    assert observe.in_container_group(text) is ours


def write(path, text):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    path.write_text(text)


def test_processes_are_those_of_containers_their_shims_and_their_children(tmp_path):
    shim = "/usr/local/bin/containerd-shim-runc-v2\0-namespace\0{}\0-id\0x\0"
    table = {
        1: (0, "init\0", "0::/init.scope\n"),
        10: (1, shim.format("k8s.io"), "0::/system.slice/containerd.service\n"),
        11: (10, "sh\0", "0::/user.slice\n"),
        12: (11, "sleep\0", "0::/user.slice\n"),
        20: (1, shim.format("moby"), "0::/system.slice/containerd.service\n"),
        21: (20, "sh\0", "0::/docker/1\n"),
        30: (1, "left alone by its shim\0", "0::/kubepods/pod2/c\n"),
    }
    for pid, (parent, command, group) in table.items():
        write(tmp_path / "proc" / str(pid) / "stat", f"{pid} (a ) b) S {parent} 1 1 0")
        write(tmp_path / "proc" / str(pid) / "cmdline", command)
        write(tmp_path / "proc" / str(pid) / "cgroup", group)
    write(tmp_path / "proc" / "version", "not a process")
    assert observe.processes(reader.Reader(str(tmp_path))) == [10, 11, 12, 30]
