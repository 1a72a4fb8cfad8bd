# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0
"""Carries out the steps of a reset. Each is content to find its target gone: a reset that was killed goes on where it
stopped.
"""

import contextlib
import errno
import os
import shutil
import signal
import time

from ansible_collections.kurl.ipv6.plugins.module_utils import whole_file
from ansible_collections.kurl.ipv6.plugins.module_utils.host import sysctl
from ansible_collections.kurl.ipv6.plugins.module_utils.hostfiles import registry
from ansible_collections.kurl.ipv6.plugins.module_utils.reset import (
    chains,
    datapath,
    disks,
    evidence,
    ipsets,
    observe,
    plan,
)

#: Seconds that kubeadm may take; it asks an API server that may be gone.
KUBEADM_SECONDS = 180
_SOCKET = "unix:///run/containerd/containerd.sock"
_KILL_SECONDS = 30


class ResetError(Exception):
    """A step failed; the message says which and what to do."""


class Carrier:
    """Carries out steps.

    Arguments:
        module: the AnsibleModule.
        host: what ``observe.read`` returned.
        lock: descriptor that programs inherit, so that they hold the host's lock as long as they run.
    """

    def __init__(self, module, host, lock):
        self.module = module
        self.host = host
        self.lock = lock
        self.kinds = {
            plan.STOP: self.stop,
            plan.KUBEADM: self.kubeadm,
            plan.KILL: self.kill,
            plan.UNMOUNT: self.unmount,
            plan.LINK: self.link,
            plan.DATAPATH: self.datapath,
            plan.CHAINS: self.chains,
            plan.TABLE: self.table,
            plan.SET: self.set,
            plan.TREE: self.tree,
            plan.FILE: self.file,
            plan.RESTORE: self.restore,
            plan.DISK: self.disk,
            plan.PARAMETER: self.parameter,
            plan.STATE: self.state,
        }

    def carry_out(self, step):
        """Do a step. Raises ResetError, OSError."""
        self.kinds[step.kind](step)

    def run(self, words, data=None):
        """Run a program; return (exit code, what it said when it failed)."""
        code, out, err = self.module.run_command(words, data=data, pass_fds=[self.lock])
        return code, (err or out).strip()

    def demand(self, words, data=None):
        """Run a program that must succeed. Raises ResetError."""
        code, said = self.run(words, data)
        if code != 0:
            raise ResetError("{0} failed: {1}".format(" ".join(words[:3]), said or code))

    def stop(self, step):
        """Stop a unit, and let it not start at boot. One that does not stop is killed by systemd in the end."""
        self.run(["systemctl", "stop", step.what])
        if self.host["units"][step.what]["enabled"]:
            self.demand(["systemctl", "disable", step.what])
        self.run(["systemctl", "reset-failed", step.what])

    def kubeadm(self, _step):
        """Let kubeadm take back what it made. etcd's member is not its business: the cluster ends, or it has left."""
        words = ["timeout", str(KUBEADM_SECONDS), "/usr/local/bin/kubeadm", "reset", "--force"]
        code, said = self.run(words + ["--cri-socket", _SOCKET, "--skip-phases", "remove-etcd-member"])
        if code != 0:
            # What it did not come to is done by the steps after it.
            self.module.warn("kubeadm reset failed: {0}".format(said.splitlines()[-1] if said else code))

    def kill(self, _step):
        """Kill the containers' processes, those also that come up while others are killed."""
        deadline = time.time() + _KILL_SECONDS
        left = observe.processes()
        while left:
            if time.time() > deadline:
                raise ResetError(
                    "processes of containers do not end: {0}. They wait for a device or a network that is gone; "
                    "reboot, and reset again".format(", ".join(str(pid) for pid in left[:10]))
                )
            for pid in left:
                _kill(pid)
            time.sleep(0.2)
            left = observe.processes()
        self.run(["systemctl", "stop", "kubepods.slice"])
        _remove_groups()

    def unmount(self, step):
        """Unmount, lazily where it is in use."""
        points = [point for _device, _root, point in observe.read_mounts()]
        if step.what in points and self.run(["umount", step.what])[0] != 0:
            self.demand(["umount", "--lazy", step.what])
        if "/netns/" in step.what and os.path.lexists(step.what):
            os.unlink(step.what)

    def link(self, step):
        """Delete an interface."""
        if os.path.exists("/sys/class/net/" + step.what):
            code, said = self.run(["ip", "link", "delete", step.what])
            if code != 0 and os.path.exists("/sys/class/net/" + step.what):
                raise ResetError("ip link delete {0} failed: {1}".format(step.what, said))

    def datapath(self, _step):
        """Delete the datapath of Open vSwitch."""
        datapath.delete()

    def chains(self, step):
        """Take away the chains, and the rules that lead into them, as they are now."""
        save = self.module.get_bin_path(step.data + "-save", True)
        tables = chains.parse(self.module.run_command([save])[1])
        if tables:
            restore = self.module.get_bin_path(step.data + "-restore", True)
            self.demand([restore, "--wait", "10", "--noflush"], chains.removal(tables))

    def table(self, step):
        """Delete a table of nftables."""
        self.demand([self.module.get_bin_path("nft", True), "delete", "table"] + list(step.data))

    def set(self, step):
        """Delete a set."""
        ipsets.destroy(step.what)

    def parameter(self, step):
        """Set a parameter of the running kernel; the file is written here because sysctl(8) may not be installed."""
        name, value = step.data
        with contextlib.suppress(PermissionError), open("/proc/sys/" + sysctl.normalize(name), "w") as stream:
            stream.write(value)

    def tree(self, step):
        """Remove a folder with all that is in it; of one that is a mount point or a link only what is in it."""
        if not os.path.lexists(step.what):
            return
        below = observe.mount_points(observe.read_mounts(), (os.path.realpath(step.what) + "/",))
        if below:
            raise ResetError("{0} is still mounted: umount {0}".format(below[0]))
        if observe.stays(step.what):
            for name in observe.names_in(step.what):
                _remove(os.path.join(step.what, name))
        else:
            _remove(step.what)

    def file(self, step):
        """Remove a file."""
        if os.path.lexists(step.what):
            os.unlink(step.what)

    def restore(self, step):
        """Put back what was there before the collection."""
        if os.path.lexists(step.data):
            new = step.what + ".kurl-ipv6-restored"
            if os.path.lexists(new):
                os.unlink(new)
            shutil.copy2(step.data, new, follow_symlinks=False)
            os.rename(new, step.what)

    def disk(self, step):
        """Empty a disk of Ceph's, and let udev look at it anew where there is udev."""
        disks.wipe(step.data["device"])
        udevadm = self.module.get_bin_path("udevadm")
        if udevadm:
            self.run([udevadm, "trigger", "--action=change", step.data["device"]])

    def state(self, _step):
        """Remove empty folders, then the records: after this nothing says that the host was ours."""
        if self.host["cluster"]:
            remove_empty(plan.FOLDERS)
        remove_empty(registry.removable(self.host["record"])["folders"])
        self.run(["systemctl", "daemon-reload"])
        if self.host["cluster"] and observe.names_in(plan.ROOK_TREE):
            whole_file.write_json(evidence.ROOK_MARK, {"left by": "kurl.ipv6.reset", "removed by": "reset_wipe_disks"})
        shutil.rmtree(evidence.STATE)


def remove_empty(folders):
    """Remove those of some folders in which there is nothing."""
    for folder in folders:
        try:
            os.rmdir(folder)
        except OSError as error:
            if error.errno not in (errno.ENOENT, errno.ENOTEMPTY, errno.EEXIST, errno.ENOTDIR, errno.EBUSY):
                raise


def _kill(pid):
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)


def _remove(path):
    if os.path.isdir(path) and not os.path.islink(path):
        shutil.rmtree(path)
    else:
        os.unlink(path)


def _remove_groups():
    """Remove the control groups of the containers, which are empty now; what is not stays until the next boot."""
    root = "/sys/fs/cgroup"
    controllers = [os.path.join(root, name) for name in observe.names_in(root)]
    for top in [root] + [path for path in controllers if os.path.isdir(path) and not os.path.islink(path)]:
        for name in ("kubepods", "k8s.io"):
            for folder, _folders, _files in os.walk(os.path.join(top, name), topdown=False):
                with contextlib.suppress(OSError):
                    os.rmdir(folder)
