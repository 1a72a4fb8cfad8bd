# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0
"""What ufw, systemd-networkd and ifupdown set after the files of sysctl.d, read from their own files."""

import os
import subprocess

import pytest

from ansible_collections.kurl.ipv6.plugins.module_utils.forwarding import others, plan
from ansible_collections.kurl.ipv6.plugins.module_utils.host.reader import Reader

ACCEPT = "net/ipv6/conf/eth0/accept_ra"
KERNEL = {"eth0": "kernel"}
LIBRARY = "/usr/lib/x86_64-linux-gnu/systemd/libsystemd-shared-{}.so"


def host(root, files):
    """A host with these files."""
    for path, text in files.items():
        target = str(root) + path
        os.makedirs(os.path.dirname(target), exist_ok=True)
        with open(target, "w", encoding="utf-8") as stream:
            stream.write(text)
    return Reader(str(root))


def outcome(root, files, found=()):
    """[(parameter, value, file)] of what is set later."""
    return [(entry["path"], entry["value"], entry["file"]) for entry in others.later(host(root, files), dict(found))]


UFW = {
    "/etc/ufw/ufw.conf": "# comment\nENABLED=yes\nLOGLEVEL=low\n",
    "/etc/default/ufw": 'IPV6=yes\nIPT_SYSCTL=/etc/ufw/sysctl.conf\nIPT_MODULES=""\n',
    "/etc/ufw/sysctl.conf": "#net/ipv6/conf/all/forwarding=1\nnet/ipv6/conf/all/forwarding=0\n",
}


def test_ufw_sets_its_own_parameters(tmp_path):
    assert outcome(tmp_path, UFW) == [(plan.FORWARDING, "0", "/etc/ufw/sysctl.conf")]


@pytest.mark.parametrize("changes", [
    {"/etc/ufw/ufw.conf": "ENABLED=no\n"},
    {"/etc/ufw/ufw.conf": "#ENABLED=yes\n"},
    {"/etc/default/ufw": "IPT_SYSCTL=\n"},
    {"/etc/ufw/sysctl.conf": "#net/ipv6/conf/all/forwarding=0\n"},
])  # fmt: skip
def test_a_ufw_that_sets_nothing_is_left_alone(tmp_path, changes):
    assert outcome(tmp_path, dict(UFW, **changes)) == []


def networkd(text, release=257, **more):
    return {
        "/run/systemd/netif/state": "",
        LIBRARY.format(release): "",
        "/etc/systemd/networkd.conf": text,
        **more,
    }


@pytest.mark.parametrize("text, value", [
    ("[Network]\nIPv6Forwarding=no\n", "0"),
    ("[Network]\nIPv6Forwarding = off\n", "0"),
    ("[Network]\nIPv6Forwarding=yes\n", "1"),
])  # fmt: skip
def test_networkd_has_a_setting_for_the_whole_host(tmp_path, text, value):
    assert outcome(tmp_path, networkd(text)) == [(plan.FORWARDING, value, "/etc/systemd/networkd.conf")]


@pytest.mark.parametrize("text", [
    "[Network]\n#IPv6Forwarding=no\n",
    "[DHCPv6]\nIPv6Forwarding=no\n",
    "[Network]\nIPv6Forwarding=no\nIPv6Forwarding=\n",
    "[Network]\nIPv4Forwarding=no\n",
])  # fmt: skip
def test_other_lines_of_networkd_say_nothing(tmp_path, text):
    assert outcome(tmp_path, networkd(text)) == []


def test_a_drop_in_wins_and_one_in_etc_hides_its_namesake(tmp_path):
    dropin = "systemd/networkd.conf.d/10-vendor.conf"
    files = {f"/usr/lib/{dropin}": "[Network]\nIPv6Forwarding=no\n"}
    assert outcome(tmp_path / "a", networkd("", **files)) == [(plan.FORWARDING, "0", f"/usr/lib/{dropin}")]
    files[f"/etc/{dropin}"] = ""
    assert outcome(tmp_path / "b", networkd("", **files)) == []


def test_a_networkd_that_does_not_know_the_setting_or_does_not_run_sets_nothing(tmp_path):
    text = "[Network]\nIPv6Forwarding=no\n"
    assert outcome(tmp_path / "old", networkd(text, 252)) == []
    files = networkd(text)
    del files["/run/systemd/netif/state"]
    assert outcome(tmp_path / "off", files) == []


def test_the_remedy_for_networkd_is_read_last(tmp_path):
    (entry,) = others.later(host(tmp_path, networkd("[Network]\nIPv6Forwarding=no\n")), {})
    command = entry["remedy"].replace("/etc/", f"{tmp_path}/etc/")
    subprocess.run(["sh", "-c", command], check=True)
    (after,) = others.later(Reader(str(tmp_path)), {})
    assert after["value"] == "1"


def interfaces(text, **more):
    return {"/sbin/ifup": "", "/etc/network/interfaces": text, **more}


@pytest.mark.parametrize("stanza, value", [
    ("iface eth0 inet6 auto\n", "2"),
    ("iface eth0 inet6 auto\n  accept_ra 1\n", "1"),
    ("iface eth0 inet6 auto\n  # accept_ra 1\n", "2"),
    ("iface eth0 inet6 dhcp\n", "1"),
    ("iface eth0 inet6 dhcp\n  accept_ra 2\n", "2"),
    ("iface eth0 inet6 static\n  address fd00::1/64\n  accept_ra 0\n", "0"),
    ("iface eth0 inet6 auto\nauto eth0\niface eth1 inet6 auto\n  accept_ra 1\n", "2"),
])  # fmt: skip
def test_ifupdown_sets_accept_ra_when_it_brings_an_interface_up(tmp_path, stanza, value):
    found = outcome(tmp_path, interfaces("auto eth0\n" + stanza), KERNEL)
    assert found == [(ACCEPT, value, "/etc/network/interfaces")]


@pytest.mark.parametrize("text", [
    "iface eth0 inet6 static\n  address fd00::1/64\n",
    "iface eth0 inet6 manual\n",
    "iface eth0 inet dhcp\n  accept_ra 1\n",
    "iface eth1 inet6 dhcp\n",
])  # fmt: skip
def test_stanzas_that_do_not_touch_it(tmp_path, text):
    assert outcome(tmp_path, interfaces(text), KERNEL) == []


def test_ifupdown_counts_only_where_it_is_and_the_kernel_hears(tmp_path):
    files = interfaces("iface eth0 inet6 dhcp\n")
    assert outcome(tmp_path / "a", files, {"eth0": "networkd"}) == []
    del files["/sbin/ifup"]
    assert outcome(tmp_path / "b", files, KERNEL) == []


@pytest.mark.parametrize("line", ["source /etc/network/interfaces.d/*", "source-directory interfaces.d"])
def test_sourced_files_count(tmp_path, line):
    part = "/etc/network/interfaces.d/uplink"
    files = interfaces(line + "\n", **{part: "iface eth0 inet6 dhcp\n"})
    assert outcome(tmp_path, files, KERNEL) == [(ACCEPT, "1", part)]


@pytest.mark.parametrize("stanza", [
    "iface eth0 inet6 dhcp\n",
    "iface eth0 inet6 auto\n    accept_ra   1\n    privext 0\n\niface eth1 inet6 auto\n    accept_ra 1\n",
])  # fmt: skip
def test_the_remedy_for_ifupdown_mends_that_stanza_alone(tmp_path, stanza):
    (entry,) = others.later(host(tmp_path, interfaces("auto eth0\n" + stanza)), KERNEL)
    subprocess.run(["sh", "-c", entry["remedy"].replace("/etc/", f"{tmp_path}/etc/")], check=True)
    (after,) = others.later(Reader(str(tmp_path)), KERNEL)
    assert after["value"] == "2"
    text = (tmp_path / "etc/network/interfaces").read_text()
    assert text.count("accept_ra 2") == 1
    assert text.count("accept_ra 1") == stanza.count("accept_ra 1")
