# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0
"""The nodes' root file system: a small Debian with systemd, sshd and Python, made from the distribution's packages."""

import hashlib
import os
import tempfile

from . import settings
from .process import run

#: Debian 12: its systemd is the last that also runs on hosts with cgroup v1.
SUITE = "bookworm"
PACKAGES = (
    "systemd,systemd-sysv,dbus,openssh-server,python3,ca-certificates,iproute2,iptables,nftables,kmod,procps,conntrack,socat,ethtool,"
    "iputils-ping,mount,util-linux,e2fsprogs,less"
)
#: Units that need a machine of their own, or that answer for the host's devices.
MASKED = (
    "console-getty.service getty.target getty@tty1.service systemd-logind.service systemd-resolved.service "
    "systemd-udevd.service systemd-udevd-control.socket systemd-udevd-kernel.socket systemd-udev-trigger.service "
    "systemd-timesyncd.service systemd-remount-fs.service dev-hugepages.mount sys-fs-fuse-connections.mount "
    "sys-kernel-debug.mount sys-kernel-tracing.mount"
)
SSH_UNIT = "[Service]\\nExecStartPre=\\nExecStartPre=/usr/bin/ssh-keygen -A\\nExecStartPre=/usr/sbin/sshd -t\\n"
SSHD = "PermitRootLogin prohibit-password\\nPasswordAuthentication no\\nUseDNS no\\nMaxStartups 200\\n"
HOSTS = "127.0.0.1 localhost\\n::1 localhost ip6-localhost ip6-loopback\\n"
HOOKS = (
    f'chroot "$1" systemctl mask {MASKED}',
    'chroot "$1" systemctl enable ssh.service',
    'rm -f "$1"/etc/ssh/ssh_host_* && : > "$1"/etc/machine-id && rm -f "$1"/var/lib/dbus/machine-id',
    f'mkdir -p "$1"/etc/systemd/system/ssh.service.d'
    f' && printf "{SSH_UNIT}" > "$1"/etc/systemd/system/ssh.service.d/keys.conf',
    f'printf "{SSHD}" > "$1"/etc/ssh/sshd_config.d/lab.conf',
    f'printf "{HOSTS}" > "$1"/etc/hosts',
    'rm -rf "$1"/usr/share/doc "$1"/usr/share/man "$1"/usr/share/locale "$1"/var/lib/apt/lists/*',
)


def reference():
    """Return the image's name; its tag changes with what goes into it."""
    recipe = "\n".join((SUITE, PACKAGES, *HOOKS))
    return f"localhost/kurl-ipv6-node:{hashlib.sha256(recipe.encode()).hexdigest()[:12]}"


def ensure():
    """Make the image if it is not there; its tar is kept in the cache. Returns its name."""
    name = reference()
    if run(["podman", "image", "exists", name], check=False)[0] == 0:
        return name
    archive = os.path.join(settings.cache("lab"), name.rsplit(":", 1)[1] + ".tar")
    if not os.path.exists(archive):
        print("==> making the nodes' file system (about a minute)", flush=True)
        handle, partial = tempfile.mkstemp(suffix=".tar", dir=os.path.dirname(archive))
        os.close(handle)
        hooks = [f"--customize-hook={hook}" for hook in HOOKS]
        try:
            run(["mmdebstrap", "--quiet", "--variant=minbase", f"--include={PACKAGES}", *hooks, SUITE, partial])
            os.rename(partial, archive)
        finally:
            if os.path.exists(partial):
                os.unlink(partial)
    change = ["--change", "STOPSIGNAL SIGRTMIN+3", "--change", 'CMD ["/sbin/init"]', "--change", "ENV container=podman"]
    run(["podman", "import", "--quiet", *change, archive, name])
    return name
