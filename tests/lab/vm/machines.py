# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0
"""Makes, starts and removes the virtual machines."""

import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import time

from containers import settings
from containers.process import LabError, run

from . import image, kernel, network

#: Runs User-Mode Linux.
START = os.path.join(os.path.dirname(os.path.abspath(__file__)), "start-uml")
#: Seconds in which a machine must be up; a busy host or an emulated processor takes its time.
READY_SECONDS = {"kvm": 180, "uml": 420, "tcg": 900}
#: The machine's network interface, by kind.
INTERFACES = {"kvm": "eth0", "uml": "vec0", "tcg": "eth0"}


def folder(name):
    """Return the folder of a lab's machines; their disks can be large."""
    return os.path.join(settings.cache("vm"), "machines", name)


def _file(name, node, part):
    return os.path.join(folder(name), node, part)


def existing(name):
    """Return ``{node: what is known of it}``, with ``running`` besides what :func:`create` was given."""
    try:
        nodes = sorted(os.listdir(folder(name)))
    except FileNotFoundError:
        return {}
    found = {}
    for node in nodes:
        # A folder without the description is of an `up` that was killed.
        with (
            contextlib.suppress(OSError, ValueError),
            open(_file(name, node, "machine.json"), encoding="utf-8") as file,
        ):
            found[node] = dict(json.load(file), running=bool(_pid(name, node)))
    return found


def create(name, node, machine, seed):
    """Make a machine's disks.

    Arguments:
        name: the lab's.
        node: the machine's.
        machine: ``kind``, ``number``, ``hardware``, ``address``, ``network``, ``memory`` (MB), ``disks`` and
            ``disk_size`` (GiB).
        seed: its own files, as ``seed.archive`` returned them.
    """
    shutil.rmtree(os.path.join(folder(name), node), ignore_errors=True)
    os.makedirs(os.path.join(folder(name), node), mode=0o700)
    base = os.path.join(image.ensure(machine["kind"] != "uml"), "root.ext4")
    if machine["kind"] != "uml":
        run(["qemu-img", "create", "-q", "-f", "qcow2", "-b", base, "-F", "raw", _file(name, node, "root.qcow2")])
    for number in range(1, machine["disks"] + 1):
        with open(_file(name, node, f"disk{number}"), "wb") as file:
            file.truncate(machine["disk_size"] << 30)
    with open(_file(name, node, "seed.tar"), "wb") as file:
        file.write(seed)
    with open(_file(name, node, "machine.json"), "w", encoding="utf-8") as file:
        json.dump(dict(machine, base=base, kernel=kernel.folder() if machine["kind"] == "uml" else ""), file)


def tap(machine):
    """Return the name of a machine's port."""
    return f"tap{machine['number']}"


def command(name, node, machine):
    """Return the command that runs a machine.

    Arguments:
        name: the lab's.
        node: the machine's name.
        machine: what :func:`existing` returned of it.
    """
    arguments = "rw init=/usr/local/sbin/lab-init net.ifnames=0 systemd.show_status=0"
    parts = [_file(name, node, f"disk{number}") for number in range(1, machine["disks"] + 1)]
    if machine["kind"] == "uml":
        words = [
            START,
            f"mem={machine['memory']}M",
            f"uml_dir={folder(name)}/{node}/",
        ]
        words += [f"umid={node}", f"ubd0={_file(name, node, 'root.cow')},{machine['base']}"]
        # The seed is read only; `r` keeps the program from asking for more.
        words.append(f"ubd1r={_file(name, node, 'seed.tar')}")
        words += [f"ubd{number}={part}" for number, part in enumerate(parts, 2)]
        words.append(f"vec0:transport=tap,ifname={tap(machine)},mac={machine['hardware']}")
        return [*words, "root=/dev/ubda", "con=null", "con0=null,fd:1", "ssl=null", *arguments.split()]
    base = os.path.dirname(machine["base"])
    words = ["qemu-system-x86_64", "-nodefaults", "-display", "none", "-serial", "stdio", "-m", str(machine["memory"])]
    words += ["-machine", f"q35,accel={machine['kind']}", "-cpu", "host" if machine["kind"] == "kvm" else "max"]
    words += ["-smp", "2", "-kernel", os.path.join(base, "vmlinuz"), "-initrd", os.path.join(base, "initrd")]
    words += ["-append", f"root=/dev/vda console=ttyS0 {arguments}"]
    drives = [("qcow2", _file(name, node, "root.qcow2"), ""), ("raw", _file(name, node, "seed.tar"), ",readonly=on")]
    for form, path, more in drives + [("raw", part, "") for part in parts]:
        words += ["-drive", f"if=virtio,format={form},file={path}{more}"]
    words += ["-netdev", f"tap,id=net0,ifname={tap(machine)},script=no,downscript=no"]
    words += ["-device", f"virtio-net-pci,netdev=net0,mac={machine['hardware']}"]
    return [*words, "-device", "virtio-rng-pci"]


def start(name, node):
    """Start a machine that stands still."""
    machine = existing(name)[node]
    network.ensure_tap(name, tap(machine))
    # Its last start may have left the socket and the number of a process that is no more.
    shutil.rmtree(_file(name, node, node), ignore_errors=True)
    with open(_file(name, node, "console.log"), "ab") as console:
        process = subprocess.Popen(
            network.inside(name, *command(name, node, machine)),
            stdin=subprocess.DEVNULL,
            stdout=console,
            stderr=console,
            start_new_session=True,
            env=dict(os.environ, LAB_KERNEL=os.path.join(machine["kernel"], "linux")),
        )
    with open(_file(name, node, "pid"), "w", encoding="ascii") as file:
        file.write(str(process.pid))


def _pid(name, node):
    """Return the id of a machine's process, 0 if it does not run."""
    try:
        with open(_file(name, node, "pid"), encoding="ascii") as file:
            pid = int(file.read())
        with open(f"/proc/{pid}/cmdline", "rb") as file:
            # The number may be another program's by now.
            return pid if os.path.join(folder(name), node).encode() in file.read() else 0
    except (OSError, ValueError):
        return 0


def stop(name, node):
    """Take a machine's power away."""
    pid = _pid(name, node)
    if not pid:
        return
    # User-Mode Linux runs a process for each of its own; all are of the session that `start` made.
    with contextlib.suppress(ProcessLookupError):
        os.killpg(pid, signal.SIGKILL)
    end = time.monotonic() + network.END_SECONDS
    while _pid(name, node) and time.monotonic() < end:
        with contextlib.suppress(ChildProcessError):
            os.waitpid(pid, os.WNOHANG)
        time.sleep(0.1)


def wait(name, machines, key, known_hosts):
    """Wait until machines are up and can be logged in to.

    Arguments:
        name: the lab's.
        machines: ``{node: what existing returned}``.
        key: file of the private key.
        known_hosts: file where ssh keeps the machines' keys.
    """
    started = time.monotonic()
    for node, machine in machines.items():
        limit = started + READY_SECONDS[machine["kind"]]
        while not (_answers(machine["address"]) and _is_up(machine["address"], key, known_hosts)):
            console = _file(name, node, "console.log")
            if not _pid(name, node):
                raise LabError(f"{node} has ended; the end of {console}:\n{_tail(console)}")
            if time.monotonic() > limit:
                raise LabError(
                    f"{node} [{machine['address']}] is not up after {READY_SECONDS[machine['kind']]} s;"
                    f" the end of {console}:\n{_tail(console)}"
                )
            time.sleep(0.5)


def _answers(address):
    try:
        with socket.create_connection((address, 22), timeout=2) as connection:
            connection.settimeout(5)
            return connection.recv(4) == b"SSH-"
    except OSError:
        return False


def _is_up(address, key, known_hosts):
    words = ["ssh", "-i", key, "-o", f"UserKnownHostsFile={known_hosts}", "-o", "StrictHostKeyChecking=accept-new"]
    words += [
        "-o",
        "BatchMode=yes",
        "-o",
        "ConnectTimeout=10",
        f"root@{address}",
        "systemctl is-active multi-user.target",
    ]
    return run(words, check=False)[0] == 0


def _tail(path):
    with open(path, encoding="utf-8", errors="replace") as file:
        return "".join(file.readlines()[-10:])


def remove(name):
    """Remove a lab's machines with their disks; returns their names."""
    nodes = sorted(existing(name))
    for node in nodes:
        stop(name, node)
    shutil.rmtree(folder(name), ignore_errors=True)
    with contextlib.suppress(OSError):
        os.rmdir(os.path.dirname(folder(name)))
    return nodes
