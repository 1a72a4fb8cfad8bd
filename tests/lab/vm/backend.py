# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0
"""Which kind of virtual machine this host can run at a useful speed."""

import json
import os
import platform
import subprocess
import tempfile

from containers import requirements, settings
from containers.process import LabError, run

from . import packages

#: ``kvm`` and ``tcg`` are QEMU with the distribution's own kernel, ``uml`` is User-Mode Linux.
KINDS = ("kvm", "uml", "tcg")
QEMU = {"qemu-system-x86_64": "qemu-system-x86", "qemu-img": "qemu-utils"}
#: Seconds in which a kernel without a disk must have come to its end; it takes two.
TRIAL_SECONDS = 30
STOCK_KERNEL = "linux-image-cloud-amd64"


def choose():
    """Return the kind: what LAB_VM asks for, else KVM where it runs an ordinary kernel, else User-Mode Linux.

    Raises:
        LabError: an unknown kind is asked for, or the processor is not of the kind that the machines are made for.
    """
    if platform.machine() != "x86_64":
        raise LabError(f"virtual machines are made for x86_64 hosts, and this one is {platform.machine()}")
    asked = os.environ.get("LAB_VM", "")
    if asked and asked not in KINDS:
        raise LabError(f"LAB_VM must be one of {', '.join(KINDS)}, not {asked}")
    kind = asked or ("kvm" if _kvm_works() else "uml")
    if kind != "uml":
        requirements.ensure(QEMU, {})
    return kind


def _kvm_works():
    """Return whether KVM runs the distribution's kernel here; tried once for each kernel of the host, then remembered.

    The device may be there and its hypervisor still run prepared kernels only.
    """
    if not os.access("/dev/kvm", os.R_OK | os.W_OK):
        return False
    note = os.path.join(settings.cache("vm"), "kvm.json")
    try:
        with open(note, encoding="utf-8") as file:
            known = json.load(file)
    except (OSError, ValueError):
        known = {}
    if known.get("host") != platform.release():
        print(f"==> trying KVM (up to {TRIAL_SECONDS} s, once)", flush=True)
        known = {"host": platform.release(), "works": _trial()}
        with open(note, "w", encoding="utf-8") as file:
            json.dump(known, file)
        if not known["works"]:
            print("    it does not run an ordinary kernel: the machines will be User-Mode Linux", flush=True)
    return known["works"]


def _trial():
    """Start an ordinary kernel that finds no root; return whether it came as far as that."""
    requirements.ensure(QEMU, {})
    with tempfile.TemporaryDirectory(dir=settings.cache("vm"), prefix="build-") as build:
        # The package without a version only depends on the one that holds the kernel.
        depends = run(["apt-cache", "depends", "--important", STOCK_KERNEL])[1]
        name = next(line.split()[-1] for line in depends.splitlines() if "linux-image-" in line and "Depends:" in line)
        files = packages.unpack(name, build)
        kernel = next(
            entry.path for entry in os.scandir(os.path.join(files, "boot")) if entry.name.startswith("vmlinuz")
        )
        words = [
            "qemu-system-x86_64",
            "-machine",
            "q35,accel=kvm",
            "-cpu",
            "host",
            "-m",
            "256",
            "-nodefaults",
            "-no-reboot",
        ]
        words += ["-display", "none", "-serial", "stdio", "-kernel", kernel, "-append", "console=ttyS0 panic=-1"]
        try:
            done = subprocess.run(
                words,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                timeout=TRIAL_SECONDS,
                check=False,
            )
        except subprocess.TimeoutExpired:
            return False
    return b"Kernel panic" in done.stdout
