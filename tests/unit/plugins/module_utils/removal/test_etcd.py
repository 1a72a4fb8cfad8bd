# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0
"""What etcd's JSON gateway answers. That it answers so is tested with a real etcd in tests/e2e/test_node_life.py."""

import pytest

from ansible_collections.kurl.ipv6.plugins.module_utils.removal import etcd

#: As etcd 3.6.5 answers; numbers of 64 bits are texts.
ANSWER = {
    "header": {"cluster_id": "1", "member_id": "2", "raft_term": "3"},
    "members": [
        {
            "ID": "8211f1d0f64f3269",
            "name": "n1",
            "peerURLs": ["https://[fd00::1]:2380"],
            "clientURLs": ["https://[fd00::1]:2379"],
        },
        {"ID": "91bc3c398fb3c146", "peerURLs": ["https://[fd00::2]:2380"], "isLearner": True},
    ],
}


def test_members_are_read_those_too_that_have_not_started():
    first, second = etcd.parse_members(ANSWER)
    assert first["name"] == "n1" and first["addresses"] == ["fd00::1"] and not first["learner"]
    assert (second["name"], second["clients"], second["learner"]) == ("", [], True)


def test_refusals_are_told_in_etcds_words():
    assert etcd.complaint(
        '{"error":"etcdserver: member not found","code":5,"message":"etcdserver: member not found"}'
    ) == ("etcdserver: member not found")
    assert etcd.complaint("404 page not found\n") == "404 page not found"


def test_without_certificates_there_is_an_error_not_a_traceback(tmp_path):
    with pytest.raises(etcd.EtcdError, match="no answer"):
        etcd.Etcd(pki=str(tmp_path)).members()
