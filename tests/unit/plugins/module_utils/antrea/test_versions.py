# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0
"""What each Antrea release knows and needs, at every boundary."""

import pytest

from ansible_collections.kurl.ipv6.plugins.module_utils.antrea import versions


@pytest.mark.parametrize(
    "text, expected",
    [("1.4.0", (1, 4, 0)), ("v2.4.1", (2, 4, 1)), ("1.14.2-alpha.1", (1, 14, 2)), ("10.0.11", (10, 0, 11))],
)
def test_versions_are_read(text, expected):
    assert versions.parse(text) == expected


@pytest.mark.parametrize("text", ["", "1.14", "latest", "1.4.x", "v", "1.2.3.4", None])
def test_what_is_no_version_is_an_error(text):
    with pytest.raises(ValueError, match="is not an Antrea version"):
        versions.parse(text)


@pytest.mark.parametrize(
    "fix, without, having",
    [
        (
            "link_local_route",
            ["1.4.0", "1.10.9", "1.11.3", "1.12.2", "1.13.1"],
            ["1.11.4", "1.12.3", "1.13.2", "1.14.0", "2.4.1"],
        ),
        ("wireguard_mtu", ["1.4.0", "1.12.9", "1.13.3", "1.14.0", "1.14.1"], ["1.13.4", "1.14.2", "1.15.0", "2.0.0"]),
        ("sets_forwarding", ["1.4.0", "1.13.9", "1.14.1"], ["1.14.2", "1.15.0", "2.7.0"]),
        ("iptables_wrapper", ["1.2.3", "1.3.9", "1.4.0", "1.4.9", "1.5.0"], ["1.2.4", "1.5.1", "1.6.0", "2.0.0"]),
        ("control_plane_toleration", ["1.4.0", "1.5.2", "1.6.0"], ["1.5.3", "1.6.1", "1.7.0", "2.0.0"]),
        ("wireguard_stale_route", ["1.4.0", "1.5.9"], ["1.6.0", "1.15.0"]),
        ("lenient_decoding", ["1.4.0", "1.15.9"], ["2.0.0", "2.7.0"]),
        ("opens_wireguard_port", ["1.15.0", "2.3.9"], ["2.4.0", "3.0.0"]),
    ],
)
def test_who_has_a_fix(fix, without, having):
    assert [version for version in without if versions.has(version, fix)] == []
    assert [version for version in having if not versions.has(version, fix)] == []


def test_every_fix_is_a_fact():
    known = versions.facts("2.4.1")
    assert set(known) == set(versions.FIXES) | {"kubernetes_floor"}
    assert all(known[fix] is True for fix in versions.FIXES)


@pytest.mark.parametrize(
    "key, before, first",
    [
        ("clusterPort", "1.1.9", "1.2.0"),
        ("trafficEncryptionMode", "1.2.9", "1.3.0"),
        ("wireGuard.port", "1.2.9", "1.3.0"),
        ("transportInterfaceCIDRs", "1.3.9", "1.4.0"),
        ("egress.exceptCIDRs", "1.3.9", "1.4.0"),
        ("enableBridgingMode", "1.5.9", "1.6.0"),
        ("ipsec.authenticationMode", "1.6.9", "1.7.0"),
        ("tunnelPort", "1.7.9", "1.8.0"),
        ("tunnelCsum", "1.8.9", "1.9.0"),
        ("egress.maxEgressIPsPerNode", "1.10.9", "1.11.0"),
        ("flowExporter.enable", "1.12.9", "1.13.0"),
        ("antreaProxy.enable", "1.13.9", "1.14.0"),
        ("snatFullyRandomPorts", "2.1.9", "2.2.0"),
        ("fqdnCacheMinTTL", "2.2.9", "2.3.0"),
        ("hostNetworkMode", "2.4.9", "2.5.0"),
        ("memberlist.gossipVerifyOutgoing", "2.6.9", "2.7.0"),
    ],
)
def test_a_key_is_known_from_its_first_release_on(key, before, first):
    assert key not in versions.known_keys(before)
    assert key in versions.known_keys(first)
    assert key in versions.known_keys("2.99.0")


@pytest.mark.parametrize(
    "key, last, gone",
    [
        ("enableTLSToFlowAggregator", "1.0.9", "1.1.0"),
        ("nplPortRange", "1.15.9", "2.0.0"),
        ("multicastInterfaces", "1.15.9", "2.0.0"),
        ("secondaryNetwork.ovs", "1.13.9", "1.14.0"),
    ],
)
def test_a_key_is_unknown_once_it_was_removed(key, last, gone):
    assert key in versions.known_keys(last)
    assert key not in versions.known_keys(gone)


def test_every_key_of_a_table_has_its_map_in_the_same_or_an_earlier_release():
    for component, table in (("agent", versions.AGENT_KEYS), ("controller", versions.CONTROLLER_KEYS)):
        for release, keys in table.items():
            for key in keys:
                parent = key.rpartition(".")[0]
                assert not parent or parent in versions.known_keys(release, component), key
    removed = set(versions.AGENT_KEYS_REMOVED) - {key for keys in versions.AGENT_KEYS.values() for key in keys}
    assert removed == set()


def test_names_in_open_maps_are_free():
    configuration = {"featureGates": {"Whatever": True}, "clientConnection": {"qps": 1}, "egress": {"x": 1}, "y": {}}
    assert versions.unknown_keys(configuration, "2.4.1") == ["egress.x", "y"]


@pytest.mark.parametrize(
    "version, encryption, node_mtu, expected",
    [
        ("1.4.0", "none", 1500, 0),
        ("1.4.0", "wireguard", 1500, 1420),
        ("1.13.3", "wireguard", 9000, 8920),
        ("1.13.4", "wireguard", 1500, 0),
        ("1.14.1", "wireguard", 1360, 1280),
        ("1.14.2", "wireguard", 1500, 0),
        ("2.4.1", "wireguard", 1280, 0),
    ],
)
def test_the_mtu_is_written_where_antrea_would_get_it_wrong(version, encryption, node_mtu, expected):
    assert versions.default_mtu(version, encryption, node_mtu) == expected


def test_an_mtu_too_small_for_ipv6_says_what_is_missing():
    with pytest.raises(ValueError, match="carry 1359 bytes; WireGuard over IPv6 takes 80, .* fewer than the 1280"):
        versions.default_mtu("1.4.0", "wireguard", 1359)


@pytest.mark.parametrize(
    "version, floor", [("1.4.0", "1.16"), ("1.15.2", "1.16"), ("2.0.0", "1.19"), ("2.4.9", "1.19"), ("2.5.0", "1.23")]
)
def test_the_lowest_kubernetes(version, floor):
    assert versions.kubernetes_floor(version) == floor
