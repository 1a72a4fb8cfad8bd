# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0
"""The last words of containers, and what they mean."""

from __future__ import absolute_import, division, print_function

__metaclass__ = type

import pytest

from ansible_collections.kurl.ipv6.plugins.module_utils.cluster import causes

INSTALL_CNI = """modprobe: FATAL: Module openvswitch not found in directory /lib/modules/6.1.0-42-amd64
Failed to load the OVS kernel module from the container, try running 'modprobe openvswitch' on your Nodes"""
STRICT = """I1125 01:00:00.000001       1 log_file.go:93] Set log file max size to 104857600
E1125 01:00:00.000002       1 main.go:31] Failed to complete: yaml: unmarshal errors:
  line 3: field snatFullyRandomPorts not found in type agent.AgentConfig"""
DATAPATH = """I1125 01:00:00.1       1 agent.go:1] Initializing
F1125 01:00:00.2       1 main.go:54] Error running agent: required OVS DP feature 'CT zone' is not supported
I1125 01:00:00.3       1 log.go:1] flushed"""
PANIC = """I1125 01:00:00.1       1 agent.go:1] Initializing
panic: runtime error: invalid memory address or nil pointer dereference

goroutine 1 [running]:
main.main()"""
TABLES = """F1125 01:00:00.2 1 main.go:54] Error running agent: running [/usr/sbin/ip6tables -t nat -S]
exit status 3: modprobe: can't change directory
ip6tables v1.8.4 (legacy): can't initialize ip6tables table `nat': Table does not exist (do you need to insmod?)"""


@pytest.mark.parametrize(
    "log, id, final, said",
    [
        (INSTALL_CNI, "module.openvswitch", True, "not found in directory /lib/modules/6.1.0-42-amd64"),
        (STRICT, "antrea.config", True, "snatFullyRandomPorts"),
        (DATAPATH, "antrea.datapath", True, "CT zone"),
        (PANIC, "pod.crash", False, "nil pointer dereference"),
        (TABLES, "module.ip6_tables", True, "nat"),
        ("Spec.PodCIDR is empty for Node n1. Please make sure", "antrea.pod_cidr", False, "PodCIDR"),
    ],
)
def test_the_cause_is_found_in_a_log_and_says_what_to_do(log, id, final, said):
    cause = causes.meaning(causes.telling(log.splitlines()), "n1", "kube-system", "antrea-agent-x")
    assert (cause.id, cause.final) == (id, final)
    assert said in cause.line
    assert cause.title and cause.expected and cause.remedy
    assert "{" not in cause.title + cause.expected


@pytest.mark.parametrize(
    "text, image",
    [
        ('Failed to pull image "docker.io/antrea/agent:v2.4.1": rpc error', "docker.io/antrea/agent:v2.4.1"),
        ("image antrea/agent:v2.4.1: ImagePullBackOff: Back-off", "antrea/agent:v2.4.1"),
        (
            'image demo:1: ErrImagePull: failed to pull and unpack image \\"docker.io/demo:1\\": failed to resolve',
            "demo:1",
        ),
    ],
)
def test_a_missing_image_is_named(text, image):
    cause = causes.meaning(text, "n1")
    assert cause.id == "image.missing"
    assert image in cause.title and "on n1" in cause.remedy


def test_without_a_known_cause_the_worst_line_tells():
    lines = ["starting", "E1125 01:00:00.1       7 a.go:1] no such host", "I1125 01:00:00.2       7 a.go:2] bye"]
    assert causes.telling(lines) == "no such host"
    assert causes.telling(["first", "", "last "]) == "last"
    assert causes.telling([]) == ""
    assert causes.meaning("everything is fine") is None
