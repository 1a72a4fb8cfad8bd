# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0
"""The lab's virtual machines: what can be worked out without making one."""

import io
import os
import sys
import tarfile

import pytest

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))
sys.path.insert(0, os.path.join(TOP, "tests", "lab"))

from containers.process import LabError  # noqa: E402
from vm import commands, kernel, machines, nat64, network, seed  # noqa: E402


def files(manager):
    """The files that make a machine the one it is, by path."""
    content = seed.archive(
        "lab-n1", manager, "vec0", "02:00:00:00:00:11", "fd00:27::11/64", "fd00:27::2", "fd00:27::2", "ssh-ed25519 A\n"
    )
    with tarfile.open(fileobj=io.BytesIO(content)) as tar:
        return {entry.name: (entry, tar.extractfile(entry).read().decode() if entry.isfile() else "") for entry in tar}


def test_an_address_is_made_as_the_kernel_makes_it():
    assert seed.autoconfigured("fd00:27::/64", "02:00:00:00:00:11") == "fd00:27::ff:fe00:11"
    assert seed.autoconfigured("2001:db8::/64", "52:54:00:12:34:56") == "2001:db8::5054:ff:fe12:3456"


@pytest.mark.parametrize("manager", seed.NETWORKS)
def test_a_machine_has_its_name_its_key_and_one_manager(manager):
    found = files(manager)
    assert found["etc/hostname"][1] == "lab-n1\n"
    assert found["root/.ssh/authorized_keys"][0].mode == 0o600
    units = [name.rsplit("/", 1)[1] for name in found if ".target.wants/" in name]
    expected = {
        "static": "systemd-networkd.service",
        "kernel": "lab-link.service",
        "ifupdown": "networking.service",
        "networkd": "systemd-networkd.service",
        "networkmanager": "NetworkManager.service",
    }
    others = set(expected.values()) - {expected[manager]}
    assert expected[manager] in units and not others & set(units)


def test_only_a_static_machine_has_an_address_written_down():
    written = {
        manager for manager in seed.NETWORKS if any("fd00:27::11" in text for _e, text in files(manager).values())
    }
    assert written == {"static"}


def test_networkmanager_is_given_a_file_that_others_cannot_read():
    entry, _text = files("networkmanager")["etc/NetworkManager/system-connections/lab.nmconnection"]
    assert entry.mode == 0o600


def test_the_last_manager_holds_for_all_further_machines():
    assert commands.networks("static,kernel", 4) == ["static", "kernel", "kernel", "kernel"]
    assert commands.networks("kernel,networkd", 1) == ["kernel"]
    with pytest.raises(LabError, match="not netplan"):
        commands.networks("static,netplan", 2)


def test_the_kernels_configuration_keeps_what_nodes_use_and_drops_the_rest():
    text = "CONFIG_EXT4_FS=y\nCONFIG_VETH=m\nCONFIG_CAN=m\nCONFIG_UML_NET_VDE=y\n# CONFIG_WIREGUARD is not set\n"
    lines = kernel.configuration(text).splitlines()
    assert {"CONFIG_EXT4_FS=y", "CONFIG_VETH=m", "# CONFIG_CAN is not set", "CONFIG_WIREGUARD=m"} <= set(lines)
    assert "# CONFIG_UML_NET_VDE is not set" in lines and "CONFIG_UML_NET_VDE=y" not in lines
    assert not [line for line in lines if lines.count(line) > 1]


def test_an_option_that_was_lost_is_named():
    whole = kernel.configuration("")
    assert kernel.missing(whole) == []
    assert kernel.missing(whole.replace("CONFIG_OPENVSWITCH", "").replace("CONFIG_WIREGUARD=m", "")) == ["WIREGUARD"]


@pytest.mark.parametrize("lifetime, most", [(12, 4), (60, 20), (1800, 600), (9000, 600)])
def test_the_router_repeats_itself_within_its_lifetime(lifetime, most):
    text = network.router_configuration("fd00:27::/64", lifetime)
    values = dict(line.split()[:2] for line in text.replace(";", "").splitlines() if "Interval" in line)
    assert (int(values["MaxRtrAdvInterval"]), f"AdvDefaultLifetime {lifetime};" in text) == (most, True)
    # RFC 4861, 6.2.1: at least 3 seconds, at most three quarters of the other.
    assert 3 <= int(values["MinRtrAdvInterval"]) <= max(3, most * 3 / 4)


def test_names_of_interfaces_fit_the_kernel():
    for make in (network.cable, nat64.cable):
        assert len(make("a-lab-with-a-rather-long-name")) <= 15


def test_ipv4_addresses_are_embedded_in_the_labs_prefix():
    assert nat64.embedded("192.0.0.170") == "fd64:ff9b::c000:aa"
    _tayga, unbound = nat64.configurations("/state", "fd00:27::/64", ["192.0.2.53"])
    assert 'local-data: "ipv4only.arpa. AAAA fd64:ff9b::c000:aa"' in unbound
    assert "forward-addr: 192.0.2.53" in unbound


MACHINE = {
    "kind": "uml",
    "number": 2,
    "hardware": "02:00:00:00:00:12",
    "memory": 512,
    "disks": 2,
    "base": "/cache/disk/root.ext4",
    "kernel": "/cache/uml",
}


def test_a_machines_disks_come_in_the_same_order_for_every_kind():
    words = machines.command("lab", "lab-n2", MACHINE)
    disks = [word.split("=")[0] for word in words if word.startswith("ubd")]
    assert disks == ["ubd0", "ubd1r", "ubd2", "ubd3"]
    words = machines.command("lab", "lab-n2", dict(MACHINE, kind="tcg"))
    drives = [word.split("/")[-1] for word in words if word.startswith("if=virtio")]
    assert drives == ["root.qcow2", "seed.tar,readonly=on", "disk1", "disk2"]
    assert "q35,accel=tcg" in words
