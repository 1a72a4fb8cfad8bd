# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0
"""What the tasks of a run share, and what becomes of what they registered."""

import os

from ansible_collections.kurl.ipv6.plugins.module_utils.mesh import registered, shared


def test_the_first_one_makes_it_and_the_others_read_it(tmp_path):
    folder = str(tmp_path)
    assert shared.once(folder, "x", lambda: {"a": [1]}) == {"a": [1]}
    assert shared.once(folder, "x", lambda: 1 / 0) == {"a": [1]}
    assert [os.stat(str(path)).st_mode & 0o777 for path in tmp_path.iterdir()] == [0o600]


def test_each_run_has_its_secret(tmp_path):
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    first = shared.secret(str(tmp_path / "a"))
    assert len(first) == 64
    assert shared.secret(str(tmp_path / "a")) == first
    assert shared.secret(str(tmp_path / "b")) != first


def test_a_listener_lives_longer_where_more_hosts_take_turns():
    assert shared.deadline(3, 25) < shared.deadline(200, 25) < shared.deadline(200, 5)


def variables(number, **more):
    listener = {"listener": {"address": "fd00:10::%x" % number, "bound": ["tcp.10250"], "held": {}, "mtu": 1500}}
    probe = {"probe": {"tested": {"icmp": 1}, "faults": {}, "mtu": {}, "clock": []}, "nodes": ["a", "b"]}
    return dict({"l": listener, "p": probe, "group_names": ["kube_node"]}, **more)


def test_from_variables_to_findings_and_picture():
    faulty = variables(2)
    faulty["p"]["probe"]["faults"] = {"tcp.10250": {"silent": [0]}}
    hosts = {
        "a": variables(1, r={"facts": {"firewall": {"ufw": True, "firewalld": False}}}),
        "b": faulty,
        "c": {"l": {"skipped": True}},
        "d": {"l": {"unreachable": True, "msg": "no route"}},
        "e": {"l": {"failed": True, "msg": "fd00::5: Cannot assign requested address\nmore"}},
        "f": {},
    }
    findings, mesh, _reached = registered.report(list(hosts), hosts.get, "l", "p", "r")
    bad = {(entry["id"], entry["subject"]): entry for entry in findings if entry["status"] in ("fail", "warn")}
    assert set(bad) == {("mesh.tcp.10250", "a")}
    assert "ufw allow proto tcp" in bad[("mesh.tcp.10250", "a")]["remedy"]
    absent = {entry["subject"]: entry["observed"] for entry in findings if entry["status"] == "skip"}
    assert set(absent) >= {"c", "d", "e", "f"}
    assert "could not be reached" in absent["d"]
    assert absent["e"].endswith("Cannot assign requested address")
    assert mesh == {"hosts": list(hosts), "pairs": {"a": {"b": "pass"}, "b": {"a": "fail"}}}


def test_a_mesh_that_was_switched_off_says_nothing():
    hosts = {"a": {"l": {"skipped": True}}, "b": {"l": {"skipped": True}}, "c": {}}
    assert registered.report(list(hosts), hosts.get, "l", "p") == ([], {}, {})
