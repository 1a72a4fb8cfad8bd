# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0
"""The disk that all machines start from: the container nodes' Debian on a file system, with a kernel's modules."""

import glob
import hashlib
import os
import shutil
import tempfile

from containers import image as containers
from containers import requirements, settings
from containers.process import run

from . import kernel

SIZE = "16G"
#: Inode tables are written now: a machine that does it in the background disturbs what it is there for.
FILE_SYSTEM = ("-q", "-F", "-L", "root", "-N", "400000", "-m", "0", "-E", "lazy_itable_init=0,lazy_journal_init=0")
#: What a machine has and a container has not: devices, and the programs that may be in charge of its network.
PACKAGES = "udev,ifupdown,network-manager,ufw,ndisc6,tcpdump,curl"
#: The distribution's stock kernel for virtual machines, with what loads its drivers before there is a root.
STOCK = "linux-image-cloud-amd64,initramfs-tools"
#: Units that a container node does without and a machine needs.
UNMASKED = (
    "systemd-udevd.service systemd-udevd-control.socket systemd-udevd-kernel.socket systemd-udev-trigger.service"
    " systemd-logind.service systemd-remount-fs.service sys-kernel-debug.mount"
)
#: Each node switches on the one that is in charge there.
DISABLED = (
    "NetworkManager.service NetworkManager-wait-online.service NetworkManager-dispatcher.service"
    " networking.service ufw.service"
)
#: Lays a node's own files before systemd reads any; once, so that what is removed on a node stays removed.
SEED = """#!/bin/sh
mount -o remount,rw / 2>/dev/null
if [ ! -e /var/lib/lab-seed ]; then
  mount -t devtmpfs devtmpfs /dev 2>/dev/null
  for device in /dev/ubdb /dev/vdb; do
    [ -b "$device" ] && tar -xf "$device" -C / && : > /var/lib/lab-seed && break
  done
fi
exec /sbin/init "$@"
"""
#: Linux as a user program shows no clock rate, and the kubelet's cAdvisor does not start without one.
CLOCK = """#!/bin/sh
grep -q "^cpu MHz" /proc/cpuinfo && exit 0
awk '{ print } /^vendor_id/ { print "cpu MHz\\t\\t: 2000.000" }' /proc/cpuinfo > /run/cpuinfo
mount --bind /run/cpuinfo /proc/cpuinfo
"""
CLOCK_UNIT = """[Unit]
Description=Show a clock rate in /proc/cpuinfo
DefaultDependencies=no
After=local-fs.target
Before=basic.target

[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=/usr/local/sbin/lab-clock

[Install]
WantedBy=basic.target
"""


def _hooks():
    """Return the commands that make the file system what a machine needs, for mmdebstrap."""
    files = {"/usr/local/sbin/lab-init": (SEED, "755"), "/usr/local/sbin/lab-clock": (CLOCK, "755")}
    files["/etc/systemd/system/lab-clock.service"] = (CLOCK_UNIT, "644")
    hooks = [
        'cd "$1"/etc/systemd/system && rm -f ' + UNMASKED,
        'chroot "$1" systemctl disable --quiet ' + DISABLED,
        # The kernel hears router advertisements only where nobody else is asked to.
        'chroot "$1" systemctl disable --quiet systemd-networkd.service systemd-networkd-wait-online.service',
        'rm -f "$1"/etc/network/interfaces.d/* && printf "auto lo\\niface lo inet loopback\\n"'
        ' > "$1"/etc/network/interfaces',
        'mkdir -p "$1"/usr/local/sbin',
    ]
    for path, (text, mode) in files.items():
        hooks.append(f'cat > "$1"{path} <<\'END\'\n{text}END\nchmod {mode} "$1"{path}')
    hooks.append('chroot "$1" systemctl enable --quiet lab-clock.service')
    # What the container nodes' hooks remove comes last, the kernel's documentation with it.
    return hooks


def _packages(stock):
    return ",".join((containers.PACKAGES, PACKAGES) + ((STOCK,) if stock else ()))


def _cached(name, recipe):
    return os.path.join(settings.cache("vm"), f"{name}-{hashlib.sha256(recipe.encode()).hexdigest()[:12]}")


def files(stock):
    """Make the archive of the machines' files if it is not there.

    Arguments:
        stock: whether the distribution's kernel is inside, for QEMU.
    Returns:
        Its path.
    """
    hooks = [*containers.HOOKS, *_hooks()]
    packages = _packages(stock)
    target = _cached("files", "\n".join((containers.SUITE, packages, *hooks))) + ".tar"
    if not os.path.exists(target):
        print("==> making the machines' files (about a minute, once)", flush=True)
        handle, partial = tempfile.mkstemp(suffix=".tar", dir=os.path.dirname(target))
        os.close(handle)
        try:
            words = [f"--customize-hook={hook}" for hook in hooks]
            run(
                [
                    "mmdebstrap",
                    "--quiet",
                    "--variant=minbase",
                    "--include=" + packages,
                    *words,
                    containers.SUITE,
                    partial,
                ]
            )
            os.rename(partial, target)
        finally:
            if os.path.exists(partial):
                os.unlink(partial)
    return target


def ensure(stock):
    """Make the disk if it is not there.

    Arguments:
        stock: whether it is for the distribution's kernel and QEMU; else for User-Mode Linux, whose modules it holds.
    Returns:
        The folder with ``root.ext4``, and for QEMU ``vmlinuz`` and ``initrd``.
    """
    requirements.ensure({"mkfs.ext4": "e2fsprogs", "depmod": "kmod", "mmdebstrap": "mmdebstrap"}, {})
    archive = files(stock)
    modules = None if stock else os.path.join(kernel.ensure(), "modules", "lib", "modules")
    target = _cached("disk", "\n".join((archive, str(modules), SIZE, " ".join(FILE_SYSTEM))))
    if os.path.exists(target):
        return target
    print("==> making the machines' disk (half a minute, once)", flush=True)
    with tempfile.TemporaryDirectory(dir=settings.cache("vm"), prefix="build-") as build:
        root, product = os.path.join(build, "root"), os.path.join(build, "product")
        os.makedirs(product)
        os.makedirs(root, mode=0o755)
        run(["tar", "-xpf", archive, "-C", root, "--xattrs", "--numeric-owner"])
        if stock:
            for name, kept in (("vmlinuz", "vmlinuz"), ("initrd.img", "initrd")):
                shutil.move(glob.glob(os.path.join(root, "boot", name + "-*"))[0], os.path.join(product, kept))
        else:
            shutil.copytree(modules, os.path.join(root, "lib", "modules"), dirs_exist_ok=True)
            for version in os.listdir(modules):
                run(["depmod", "-b", root, version])
        run(["mkfs.ext4", *FILE_SYSTEM, "-d", root, os.path.join(product, "root.ext4"), SIZE])
        os.rename(product, target)
    return target
