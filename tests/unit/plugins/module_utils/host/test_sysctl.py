# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0
"""What the files of sysctl.d make of a parameter at boot, in systemd's order."""

import os

import pytest

from ansible_collections.kurl.ipv6.plugins.module_utils.host import sysctl
from ansible_collections.kurl.ipv6.plugins.module_utils.host.reader import Reader

KEY = "net.ipv6.conf.all.forwarding"


def host(root, files, links=()):
    """A host with these files and symbolic links."""
    for path, text in files.items():
        target = str(root) + path
        os.makedirs(os.path.dirname(target), exist_ok=True)
        with open(target, "w", encoding="utf-8") as stream:
            stream.write(text)
    for path, target in links:
        os.makedirs(os.path.dirname(str(root) + path), exist_ok=True)
        os.symlink(target, str(root) + path)
    return Reader(str(root))


def outcome(root, files, key=KEY, links=()):
    """(value, file) of a parameter after a reboot."""
    return sysctl.persisted(sysctl.boot_files(host(root, files, links)), key)


@pytest.mark.parametrize(
    "spelling, path",
    [
        ("net.ipv6.conf.all.forwarding", "net/ipv6/conf/all/forwarding"),
        ("net/ipv6/conf/all/forwarding", "net/ipv6/conf/all/forwarding"),
        # sysctl.d(5): the first separator decides, and then dots and slashes change places.
        ("net/ipv6/conf/eth0.100/accept_ra", "net/ipv6/conf/eth0.100/accept_ra"),
        ("net.ipv6.conf.eth0/100.accept_ra", "net/ipv6/conf/eth0.100/accept_ra"),
        ("", ""),
    ],
)
def test_both_spellings_of_a_name(spelling, path):
    assert sysctl.normalize(spelling) == path


@pytest.mark.parametrize(
    "text, expected",
    [
        ("net.ipv6.conf.all.forwarding = 1\n", [("net/ipv6/conf/all/forwarding", "1")]),
        ("  net.ipv6.conf.all.forwarding=1  \n", [("net/ipv6/conf/all/forwarding", "1")]),
        ("-net.ipv6.conf.all.forwarding = 0\n", [("net/ipv6/conf/all/forwarding", "0")]),
        ("-net.ipv6.conf.all.forwarding\n", [("net/ipv6/conf/all/forwarding", None)]),
        ("# a = 1\n; b = 2\n\n", []),
        ("kernel.core_pattern = |/bin/x=%e\n", [("kernel/core_pattern", "|/bin/x=%e")]),
        ("no assignment\n", []),
    ],
)
def test_lines(text, expected):
    assert sysctl.parse(text) == expected


@pytest.mark.parametrize("folder", ["/etc", "/run", "/usr/local/lib", "/usr/lib", "/lib"])
def test_every_folder_is_read(tmp_path, folder):
    path = folder + "/sysctl.d/50-x.conf"
    assert outcome(tmp_path, {path: KEY + " = 1\n"}) == ("1", path)


FOLDERS = ["/etc/sysctl.d", "/run/sysctl.d", "/usr/local/lib/sysctl.d", "/usr/lib/sysctl.d", "/lib/sysctl.d"]


@pytest.mark.parametrize("first, second", [FOLDERS[number : number + 2] for number in range(len(FOLDERS) - 1)])
def test_an_earlier_folder_hides_the_file_of_the_same_name_in_a_later_one(tmp_path, first, second):
    files = {first + "/50-x.conf": KEY + " = 0\n", second + "/50-x.conf": KEY + " = 1\n"}
    assert outcome(tmp_path, files) == ("0", first + "/50-x.conf")


def test_names_decide_the_order_whatever_the_folder(tmp_path):
    files = {"/etc/sysctl.d/10-a.conf": KEY + " = 0\n", "/usr/lib/sysctl.d/99-b.conf": KEY + " = 1\n"}
    assert outcome(tmp_path, files) == ("1", "/usr/lib/sysctl.d/99-b.conf")


def test_within_a_file_the_last_line_wins(tmp_path):
    assert outcome(tmp_path, {"/etc/sysctl.d/a.conf": KEY + "=0\n" + KEY + "=1\n"}) == ("1", "/etc/sysctl.d/a.conf")


def test_sysctl_conf_comes_last_unless_it_is_linked(tmp_path):
    files = {"/etc/sysctl.conf": KEY + " = 0\n", "/etc/sysctl.d/99-zz.conf": KEY + " = 1\n"}
    assert outcome(tmp_path, files) == ("0", "/etc/sysctl.conf")


def test_a_linked_sysctl_conf_has_the_place_of_its_link(tmp_path):
    # As Debian and Ubuntu ship it.
    files = {"/etc/sysctl.conf": KEY + " = 0\n", "/etc/sysctl.d/99-zz.conf": KEY + " = 1\n"}
    links = [("/etc/sysctl.d/99-sysctl.conf", "../sysctl.conf")]
    assert outcome(tmp_path, files, links=links) == ("1", "/etc/sysctl.d/99-zz.conf")


def test_files_without_the_ending_do_not_count(tmp_path):
    assert outcome(tmp_path, {"/etc/sysctl.d/README.sysctl": KEY + " = 1\n"}) is None


def test_a_name_wins_over_a_pattern_wherever_it_stands(tmp_path):
    files = {
        "/etc/sysctl.d/10-a.conf": "net.ipv6.conf.eth0.accept_ra = 2\n",
        "/etc/sysctl.d/20-b.conf": "net.ipv6.conf.*.accept_ra = 0\n",
    }
    assert outcome(tmp_path, files, "net.ipv6.conf.eth0.accept_ra") == ("2", "/etc/sysctl.d/10-a.conf")
    assert outcome(tmp_path, files, "net.ipv6.conf.eth1.accept_ra") == ("0", "/etc/sysctl.d/20-b.conf")


def test_an_excluded_name_is_out_of_the_reach_of_patterns(tmp_path):
    files = {"/etc/sysctl.d/10-a.conf": "net.ipv6.conf.*.accept_ra = 0\n-net.ipv6.conf.eth0.accept_ra\n"}
    assert outcome(tmp_path, files, "net.ipv6.conf.eth0.accept_ra") is None
    assert outcome(tmp_path, files, "net.ipv6.conf.eth1.accept_ra") == ("0", "/etc/sysctl.d/10-a.conf")


def test_a_wildcard_does_not_cross_a_slash(tmp_path):
    files = {"/etc/sysctl.d/10-a.conf": "net.ipv6.*.accept_ra = 0\nnet.ipv6.conf.* = 0\n"}
    assert outcome(tmp_path, files, "net.ipv6.conf.eth0.accept_ra") is None


def test_now_and_after_a_reboot_are_collected_for_vlan_interfaces_too(tmp_path):
    reader = host(
        tmp_path,
        {
            "/proc/sys/net/ipv6/conf/all/forwarding": "0\n",
            "/proc/sys/net/ipv6/conf/eth0.100/accept_ra": "1\n",
            "/etc/sysctl.d/90-x.conf": "net.ipv6.conf.eth0/100.accept_ra = 2\nnet.ipv6.conf.all.forwarding = 1\n",
        },
    )
    now, later = sysctl.collect(reader, ["eth0.100"])
    assert (now[KEY], now["net.ipv6.conf.eth0/100.accept_ra"]) == ("0", "1")
    assert now["net.bridge.bridge-nf-call-ip6tables"] is None
    assert later[KEY] == {"value": "1", "file": "/etc/sysctl.d/90-x.conf"}
    assert later["net.ipv6.conf.eth0/100.accept_ra"]["value"] == "2"
