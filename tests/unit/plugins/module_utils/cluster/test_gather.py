# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0
"""What broke on the way becomes a finding, not silence."""

from __future__ import absolute_import, division, print_function

__metaclass__ = type

from ansible_collections.kurl.ipv6.plugins.module_utils.cluster import gather

FINDING = {"id": "cluster.api", "status": "pass", "subject": "cluster"}


def test_findings_of_all_tasks_come_together():
    found = gather.findings(
        {"findings": [FINDING]}, {"n1": {"findings": [FINDING]}, "n2": {"findings": []}}, {"findings": [FINDING]}
    )
    assert found == [FINDING] * 3


def test_a_host_that_cannot_be_reached_is_named():
    unreachable = {
        "unreachable": True,
        "msg": "Failed to connect to the host via ssh: ssh: connect to host fd00::2 port 22",
    }
    found = gather.findings({"findings": []}, {"n2": unreachable})
    assert [(entry["id"], entry["subject"], entry["status"]) for entry in found] == [("cluster.host", "n2", "fail")]
    assert found[0]["observed"].startswith("Failed to connect to the host via ssh")
    assert found[0]["expected"] == "reached over ssh"
    assert found[0]["remedy"] == "ansible -m ansible.builtin.ping -i <inventory> n2 -vvv"


def test_an_unreachable_control_plane_node_has_a_way_out():
    found = gather.findings({"unreachable": True, "msg": "no route to host"}, {})
    assert (found[0]["id"], found[0]["subject"]) == ("cluster.api", "cluster")
    assert "--limit" in found[0]["remedy"]


def test_a_module_that_broke_is_told_by_its_first_and_last_line():
    broken = {"failed": True, "msg": "MODULE FAILURE", "module_stderr": "Traceback\n  File x\nKeyError: 'a'\n"}
    found = gather.findings(broken, {})
    assert (found[0]["id"], found[0]["status"]) == ("cluster.api", "fail")
    assert found[0]["observed"] == "MODULE FAILURE / KeyError: 'a'"


def test_what_was_skipped_says_nothing():
    assert gather.findings({"findings": []}, {"n1": {"skipped": True}}, {"skipped": True, "changed": False}) == []
    assert gather.findings({"findings": []}, {"n1": {}}, {}) == []


def test_a_removal_that_failed_is_told():
    found = gather.findings({"findings": []}, {}, {"failed": True, "msg": "no kubectl"})
    assert (found[0]["id"], found[0]["observed"]) == ("cluster.cleanup", "no kubectl")
