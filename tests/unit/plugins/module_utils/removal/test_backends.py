# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0
"""Files of nodes that stay, without those that have left."""

from ansible_collections.kurl.ipv6.plugins.module_utils.hostsetup import hosts
from ansible_collections.kurl.ipv6.plugins.module_utils.removal import backends

CONFIG = """# Watches of the server last
backend kube-api
  default-server check check-ssl verify none
  server node1 [fd00::1]:6443
  server node11 [fd00::11]:6443
  server other [fd00:0:0::3]:6443
"""


def test_servers_go_by_name_and_by_address_and_nothing_else_does():
    assert backends.without_backends(CONFIG, ["node1"], []) == CONFIG.replace("  server node1 [fd00::1]:6443\n", "")
    assert "fd00:0:0::3" not in backends.without_backends(CONFIG, [], ["fd00::3"])
    assert backends.without_backends(CONFIG, ["server", "check"], ["fd00::4"]) == CONFIG


def test_names_go_from_our_block_only():
    block = hosts.updated("::1 localhost\nfd00::3 node3\n", {"node1": "fd00::1", "node3": "fd00::3"})
    without = backends.without_names(block, ["node3"], [])
    assert without == "::1 localhost\nfd00::3 node3\n" + hosts.updated("", {"node1": "fd00::1"})
    assert backends.without_names(block, ["x"], ["fd00:0::3"]) == without
    assert backends.without_names(without, ["node3"], ["fd00::3"]) == without
    assert backends.without_names("::1 localhost\n", ["localhost"], []) == "::1 localhost\n"
