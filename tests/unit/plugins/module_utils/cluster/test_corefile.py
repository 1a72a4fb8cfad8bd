# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0

from __future__ import absolute_import, division, print_function

__metaclass__ = type

import pytest

from ansible_collections.kurl.ipv6.plugins.module_utils.cluster import corefile

# What kubeadm 1.34 writes, shortened, with a stub domain of an administrator's.
COREFILE = """.:53 {
    errors
    kubernetes cluster.local in-addr.arpa ip6.arpa {
       fallthrough in-addr.arpa ip6.arpa
    }
    forward . /etc/resolv.conf {
       max_concurrent 1000
    }
    reload
}
corp.example:53 {
    forward corp.example fd00::1
}
"""


def test_only_the_target_of_all_other_names_changes():
    assert corefile.forward_to(COREFILE, "2001:db8::53") == COREFILE.replace("/etc/resolv.conf", "2001:db8::53")


def test_again_changes_nothing_and_another_resolver_takes_its_place():
    once = corefile.forward_to(COREFILE, "2001:db8::53")
    assert corefile.forward_to(once, "2001:db8::53") == once
    assert corefile.forward_to(once, "/etc/resolv.conf") == COREFILE


@pytest.mark.parametrize("line", ["forward . 192.0.2.1 192.0.2.2", "\tforward  .  tls://192.0.2.1 {", "forward . a b{"])
def test_other_ways_to_write_it(line):
    changed = corefile.forward_to(".:53 {\n%s\n}\n" % line, "fd00::53")
    assert "fd00::53" in changed and "192.0.2" not in changed and changed.count("{") == (".:53 {" + line).count("{")


def test_a_backslash_stays_one():
    assert "\\1" in corefile.forward_to("forward . x", "\\1")


def test_without_such_a_line_it_says_so():
    with pytest.raises(corefile.CorefileError, match="forward"):
        corefile.forward_to(".:53 {\n    errors\n}\n", "fd00::53")
