# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0
"""The processes of a node: an sshd that is the first process of the node's own namespaces."""

import contextlib
import os
import signal
import socket
import subprocess
import time

from containers.process import LabError, run

READY_SECONDS = 60
#: Runs in the node's namespaces, before anything else does. $1: file system, $2: the node's name, $3: its address,
#: $4 and $5: files of the key that opens it and of its own key.
FIRST = r"""
set -eu
root=$1
hostname "$2"
mount --bind "$root" "$root"
mount -o remount,bind,ro "$root"
for folder in tmp run root var/tmp; do mount -t tmpfs -o mode=755 tmpfs "$root/$folder"; done
chmod 1777 "$root/tmp" "$root/var/tmp"
mount -t proc proc "$root/proc"
mount -t sysfs sysfs "$root/sys"
mount -t tmpfs -o mode=755 tmpfs "$root/dev"
mkdir "$root/dev/pts" "$root/dev/shm"
for device in null zero full random urandom tty; do
  : > "$root/dev/$device"
  mount --bind "/dev/$device" "$root/dev/$device"
done
mount -t devpts -o newinstance,ptmxmode=0666 devpts "$root/dev/pts"
ln -s pts/ptmx "$root/dev/ptmx"
ln -s /proc/self/fd "$root/dev/fd"
mkdir -p -m 755 "$root/run/sshd"
mkdir -m 700 "$root/root/.ssh"
cp "$4" "$root/root/.ssh/authorized_keys"
cp "$5" "$root/run/host_key"
chmod 600 "$root/root/.ssh/authorized_keys" "$root/run/host_key"
for name in machine-id hostname hosts; do : > "$root/run/$name"; done
echo -n "$2" | md5sum | cut -c1-32 > "$root/run/machine-id"
echo "$2" > "$root/run/hostname"
printf '127.0.0.1 localhost\n::1 localhost\n%s %s\n' "$3" "$2" > "$root/run/hosts"
for name in machine-id hostname hosts; do mount --bind "$root/run/$name" "$root/etc/$name"; done
exec chroot "$root" /usr/sbin/sshd -D -e -h /run/host_key -o "ListenAddress=[$3]:22" -o MaxStartups=500 \
  -o PermitRootLogin=prohibit-password -o PasswordAuthentication=no -o UsePAM=no -o UseDNS=no -o PidFile=none
"""


def start(addresses, root, key, host_key):
    """Start the nodes, which outlive this process.

    Arguments:
        addresses: node -> address; the namespaces are there.
        root: folder with the nodes' file system.
        key: file of the private key that opens the nodes.
        host_key: file of the nodes' own private key.
    """
    for name, address in addresses.items():
        words = ["ip", "netns", "exec", name]
        words += ["unshare", "--mount", "--uts", "--ipc", "--pid", "--fork", "--kill-child", "--propagation", "private"]
        words += ["sh", "-c", FIRST, "node", root, name, address, key + ".pub", host_key]
        with open(os.path.join(os.path.dirname(key), name + ".log"), "w", encoding="utf-8") as log:
            subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True)


def wait(addresses):
    """Wait until every node's sshd answers."""
    deadline = time.monotonic() + READY_SECONDS
    for name, address in addresses.items():
        while True:
            try:
                with socket.create_connection((address, 22), timeout=2):
                    break
            except OSError:
                if time.monotonic() > deadline:
                    raise LabError(f"{name} is not up after {READY_SECONDS} s") from None
                time.sleep(0.1)


def write_known_hosts(path, addresses, host_key):
    """Write the nodes' key for ssh, so that hundreds of first contacts do not write it."""
    with open(host_key + ".pub", encoding="ascii") as file:
        key = " ".join(file.read().split()[:2])
    with open(path, "w", encoding="ascii") as file:
        file.writelines(f"{address} {key}\n" for address in addresses.values())


def stop(names):
    """End all processes in these namespaces; a node's first process takes the others with it."""
    deadline = time.monotonic() + READY_SECONDS
    for name in names:
        while True:
            pids = [int(pid) for pid in run(["ip", "netns", "pids", name], check=False)[1].split()]
            if not pids:
                break
            if time.monotonic() > deadline:
                raise LabError(f"{name} has processes that do not end: {pids}")
            for pid in pids:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            time.sleep(0.05)
