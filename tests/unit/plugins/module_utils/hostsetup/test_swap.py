# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0
"""Lines of swap in fstab, and the names of systemd's units of swap."""

import pytest

from ansible_collections.kurl.ipv6.plugins.module_utils.host import system
from ansible_collections.kurl.ipv6.plugins.module_utils.hostsetup import swap

FSTAB = """# <file system> <mount point> <type> <options>
UUID=1-2 / ext4 errors=remount-ro 0 1
UUID=3-4\tnone\tswap\tsw\t0\t0
  /swapfile none swap defaults 0 0
# /old none swap sw 0 0
/dev/sdb1 /swap ext4 defaults 0 0
"""


def test_only_swap_is_switched_off_and_can_be_switched_on():
    off = swap.without_swap(FSTAB)
    assert system.parse_fstab_swap(off) == []
    assert [line for line in off.splitlines() if not line.startswith(swap.MARK)] == [
        line for line in FSTAB.splitlines() if "none" not in line or line.startswith("#")
    ]
    assert swap.without_swap(off) == off
    assert swap.with_swap(off) == FSTAB


def test_the_lines_are_known_on_and_off():
    assert swap.specs(FSTAB) == ["UUID=3-4", "/swapfile"]
    assert swap.specs(swap.without_swap(FSTAB)) == ["UUID=3-4", "/swapfile"]


@pytest.mark.parametrize("spec, path", [
    ("UUID=3-4", "/dev/disk/by-uuid/3-4"),
    ('LABEL="my swap"', "/dev/disk/by-label/my swap"),
    ("PARTUUID=ab", "/dev/disk/by-partuuid/ab"),
    ("/swapfile", "/swapfile"),
])  # fmt: skip
def test_what_a_line_names(spec, path):
    assert swap.device_of(spec) == path


# As `systemd-escape --path --suffix=swap` prints them.
@pytest.mark.parametrize("device, unit", [
    ("/dev/zram0", "dev-zram0.swap"),
    ("/dev/mapper/vg-swap", r"dev-mapper-vg\x2dswap.swap"),
    ("/swap.img", "swap.img.swap"),
    ("/.hidden", r"\x2ehidden.swap"),
    ("/mnt/a file", r"mnt-a\x20file.swap"),
    ("/mnt/ä", r"mnt-\xc3\xa4.swap"),
])  # fmt: skip
def test_units_are_named_as_systemd_does(device, unit):
    assert swap.unit_of(device) == unit
