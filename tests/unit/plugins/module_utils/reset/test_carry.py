# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0
"""What carries out the steps, as far as it does not need a host."""

from __future__ import absolute_import, division, print_function

__metaclass__ = type

import pytest

from ansible_collections.kurl.ipv6.plugins.module_utils.reset import carry, plan


class Module:
    """An AnsibleModule on a host with or without udev; a program that is not there ends the real one."""

    def __init__(self, udevadm):
        self.udevadm = udevadm
        self.ran = []

    def get_bin_path(self, name, required=False):
        assert name == "udevadm" and not required
        return self.udevadm

    def run_command(self, words, **_options):
        self.ran.append(words)
        return 0, "", ""


@pytest.mark.parametrize("udevadm", [None, "/usr/bin/udevadm"])
def test_a_disk_is_emptied_with_and_without_udev(tmp_path, udevadm):
    disk = tmp_path / "disk"
    disk.write_bytes(b"bluestore block device\n" + b"x" * (2 << 20))
    module = Module(udevadm)
    step = plan.Step(plan.DISK, str(disk), {"device": str(disk)})
    carry.Carrier(module, {}, None).carry_out(step)
    assert not disk.read_bytes().strip(b"\0")
    assert module.ran == ([[udevadm, "trigger", "--action=change", str(disk)]] if udevadm else [])
