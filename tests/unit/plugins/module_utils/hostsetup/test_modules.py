# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0
"""Which kernel modules are loaded and persisted."""

import pytest

from ansible_collections.kurl.ipv6.plugins.module_utils.hostsetup import modules


def host(states=None, loaded=(), builtin=(), loadable=(), forbidden=()):
    return {
        "states": dict(states or {}),
        "loaded": set(loaded),
        "builtin": set(builtin),
        "loadable": set(loadable),
        "forbidden": set(forbidden),
    }


def plan(found, needed=("br_netfilter",), optional=(), container=False):
    return modules.plan(list(needed), list(optional), found, container)


def test_what_can_be_loaded_is_loaded_and_persisted():
    found = host({"br_netfilter": "loadable"}, loadable=["br_netfilter"])
    assert plan(found) == {"load": ["br_netfilter"], "persist": ["br_netfilter"], "missing": []}


def test_what_is_built_in_is_neither():
    found = host({"br_netfilter": "builtin"}, loadable=["br_netfilter"])
    assert plan(found) == {"load": [], "persist": [], "missing": []}


@pytest.mark.parametrize("container, persist", [(False, ["br_netfilter"]), (True, [])])
def test_a_loaded_module_lasts_unless_it_is_the_machines(container, persist):
    found = host({"br_netfilter": "loaded"}, loaded=["br_netfilter"])
    assert plan(found, container=container) == {"load": [], "persist": persist, "missing": []}


def test_a_feature_that_is_seen_but_listed_nowhere_is_left_alone():
    assert plan(host({"br_netfilter": "loaded"})) == {"load": [], "persist": [], "missing": []}


def test_missing_is_told_of_needed_modules_only():
    found = host({"wireguard": "missing", "ip6_tables": "missing"})
    result = plan(found, ["wireguard"], ["ip6_tables"])
    assert result == {"load": [], "persist": [], "missing": ["wireguard"]}


def test_a_forbidden_module_is_not_tried():
    found = host({"rbd": "loadable"}, loadable=["rbd"], forbidden=["rbd"])
    assert plan(found, ["rbd"]) == {"load": [], "persist": [], "missing": ["rbd"]}


def test_order_is_kept_and_a_module_named_twice_counts_once():
    found = host({}, loadable=["ip_vs", "ip_vs_rr", "overlay"])
    result = plan(found, ["overlay", "ip_vs"], ["ip_vs_rr", "overlay"])
    assert result["load"] == ["overlay", "ip_vs", "ip_vs_rr"]


@pytest.mark.parametrize("found, state", [
    (host(loaded=["ip_vs_rr"], loadable=["ip_vs_rr"]), "loaded"),
    (host(builtin=["ip_vs_rr"]), "builtin"),
    (host(loadable=["ip_vs_rr"]), "loadable"),
    (host(), "missing"),
    (host({"ip_vs_rr": "builtin"}, loaded=["ip_vs_rr"]), "builtin"),
])  # fmt: skip
def test_modules_that_only_the_lists_know(found, state):
    assert modules.state("ip_vs_rr", found) == state


def test_the_file_is_ours_and_empty_means_none():
    assert modules.file_text([]) == ""
    assert modules.file_text(["overlay", "rbd"]) == f"{modules.HEADER}\noverlay\nrbd\n"
