# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0
"""Where a module's state is read from, and which source wins."""

import gzip
import os

import pytest

from ansible_collections.kurl.ipv6.plugins.module_utils.host import kernel
from ansible_collections.kurl.ipv6.plugins.module_utils.host.netlink import NetlinkError
from ansible_collections.kurl.ipv6.plugins.module_utils.host.reader import Reader
from ansible_collections.kurl.ipv6.tests.unit.plugins.module_utils.host.messages import Kernel

RELEASE = "5.15.0-105-generic"


class Refusing:
    """A kernel that refuses generic netlink."""

    @staticmethod
    def families():
        """Nothing."""
        raise NetlinkError("refused")


def put(root, files):
    """Write files below a root."""
    for path, content in files.items():
        target = str(root) + path
        os.makedirs(os.path.dirname(target), exist_ok=True)
        with open(target, "wb") as stream:
            stream.write(content if isinstance(content, bytes) else content.encode())
    return Reader(str(root))


def state(root, files, module, families=()):
    """The state of a module on a host with these files."""
    files = dict({"/proc/modules": "", "/lib/modules/" + RELEASE + "/modules.dep": ""}, **files)
    return kernel.collect(put(root, files), Kernel({"families": list(families)}), RELEASE)["modules"][module]


FOLDER = "/lib/modules/" + RELEASE


@pytest.mark.parametrize(
    "files, module, expected",
    [
        ({"/proc/modules": "wireguard 94208 0 - Live 0x0\n"}, "wireguard", "loaded"),
        ({FOLDER + "/modules.builtin": "kernel/fs/overlayfs/overlay.ko\n"}, "overlay", "builtin"),
        ({FOLDER + "/modules.dep": "kernel/net/wireguard/wireguard.ko.zst: kernel/a.ko\n"}, "wireguard", "loadable"),
        ({FOLDER + "/modules.dep": "kernel/net/netfilter/xt_CT.ko.xz:\n"}, "xt_CT", "loadable"),
        # modules.dep writes the file's name, the kernel the module's: hyphens became underscores.
        ({FOLDER + "/modules.dep": "kernel/net/openvswitch/vport-geneve.ko.xz:\n"}, "vport_geneve", "loadable"),
        ({}, "wireguard", "missing"),
        ({"/boot/config-" + RELEASE: "CONFIG_WIREGUARD=y\n"}, "wireguard", "builtin"),
        ({"/boot/config-" + RELEASE: "CONFIG_WIREGUARD=m\n"}, "wireguard", "missing"),
        ({"/boot/config-" + RELEASE: "# CONFIG_WIREGUARD is not set\n"}, "wireguard", "missing"),
        ({"/proc/config.gz": gzip.compress(b"CONFIG_BRIDGE_NETFILTER=y\n")}, "br_netfilter", "builtin"),
        ({"/proc/config.gz": b"no gzip", "/boot/config-" + RELEASE: "CONFIG_IP_VS=y\n"}, "ip_vs", "builtin"),
        # Since 6.17 the legacy tables have a symbol of their own, which decides where it is mentioned.
        (
            {
                "/proc/config.gz": gzip.compress(
                    b"CONFIG_IP6_NF_IPTABLES=y\n# CONFIG_IP6_NF_IPTABLES_LEGACY is not set\n"
                )
            },
            "ip6_tables",
            "missing",
        ),
        ({"/proc/config.gz": gzip.compress(b"CONFIG_IP6_NF_IPTABLES=y\n")}, "ip6_tables", "builtin"),
        ({"/proc/net/ip6_tables_names": ""}, "ip6_tables", "loaded"),
        ({"/sys/module/rbd/version": "1"}, "rbd", "loaded"),
        ({"/proc/filesystems": "nodev\tsysfs\nnodev\toverlay\n\text4\n"}, "overlay", "loaded"),
    ],
)
def test_a_modules_state(tmp_path, files, module, expected):
    assert state(tmp_path, files, module) == expected


def test_a_generic_family_shows_that_the_feature_is_in_the_running_kernel(tmp_path):
    assert state(tmp_path, {}, "openvswitch", families=["nlctrl", "ovs_datapath"]) == "loaded"
    assert state(tmp_path, {}, "openvswitch", families=["nlctrl"]) == "missing"


def test_a_kernel_that_refuses_generic_netlink_is_read_all_the_same(tmp_path):
    reader = put(tmp_path, {"/proc/modules": "overlay 1 0 - Live 0x0\n"})
    assert kernel.collect(reader, Refusing(), RELEASE)["modules"]["overlay"] == "loaded"


def test_every_symbol_gives_a_state_and_the_lists_agree_with_them():
    states = kernel.module_states({"rbd"}, {"veth"}, {"ceph"}, {"VXLAN": "y", "GENEVE": "m"}, {"ip_vs"})
    assert set(states) == set(kernel.SYMBOLS)
    assert (states["rbd"], states["veth"], states["ceph"]) == ("loaded", "builtin", "loadable")
    assert (states["vxlan"], states["geneve"], states["ip_vs"]) == ("builtin", "missing", "loaded")
    for table in (kernel.TRACES, kernel.FAMILIES, kernel.FILESYSTEMS):
        assert set(table) <= set(kernel.SYMBOLS)


def test_a_module_that_the_configuration_promises_but_the_disk_lacks_is_named(tmp_path):
    files = {"/boot/config-" + RELEASE: "CONFIG_WIREGUARD=m\nCONFIG_OPENVSWITCH=m\n", "/proc/modules": ""}
    files[FOLDER + "/modules.dep"] = "kernel/net/openvswitch/openvswitch.ko:\n"
    found = kernel.collect(put(tmp_path, files), Kernel({}), RELEASE)
    assert found["configured_modules"] == ["wireguard"]
    assert found["modules_folder"] and found["can_load"] and found["config"] == "/boot/config-" + RELEASE


def test_a_kernel_without_modules_and_one_whose_folder_is_gone_are_told_apart(tmp_path):
    found = kernel.collect(put(tmp_path, {"/etc/x": ""}), Kernel({}), RELEASE)
    assert not found["can_load"] and not found["modules_folder"]


@pytest.mark.parametrize(
    "text, forbidden",
    [
        ("install wireguard /bin/false\n", {"wireguard"}),
        ("  install\twireguard\t/usr/bin/true\n", {"wireguard"}),
        ("install vport-geneve /bin/true\n", {"vport_geneve"}),
        # A blacklist stops loading by alias only.
        ("blacklist wireguard\n", set()),
        ("# install wireguard /bin/false\n", set()),
        ("install wireguard /sbin/modprobe --ignore-install wireguard\n", set()),
        ("install wireguard\n", set()),
    ],
)
def test_modprobe_d(text, forbidden):
    assert kernel.parse_modprobe(text) == forbidden


def test_a_file_in_etc_hides_the_one_of_the_same_name_in_usr(tmp_path):
    files = {
        "/usr/lib/modprobe.d/vpn.conf": "install wireguard /bin/false\n",
        "/etc/modprobe.d/vpn.conf": "# allowed here\n",
        "/usr/lib/modprobe.d/ceph.conf": "install rbd /bin/false\n",
        "/etc/modprobe.d/ignored": "install overlay /bin/false\n",
    }
    assert kernel.collect(put(tmp_path, files), Kernel({}), RELEASE)["forbidden"] == ["rbd"]


def test_this_kernel():
    from ansible_collections.kurl.ipv6.plugins.module_utils.host.netlink import Netlink

    found = kernel.collect(Reader(), Netlink(), os.uname().release)
    assert set(found["modules"].values()) <= {"loaded", "builtin", "loadable", "missing"}
    with open("/proc/filesystems", encoding="utf-8") as stream:
        if "\toverlay\n" in stream.read():
            assert found["modules"]["overlay"] in ("loaded", "builtin")
