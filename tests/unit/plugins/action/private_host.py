# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0
"""Runs real playbooks against this machine in a mount namespace of their own: what modules write to a host's folders
goes away with it.
"""

from __future__ import absolute_import, division, print_function

__metaclass__ = type

import json
import os
import subprocess
import sys

import pytest

ANSIBLE_PLAYBOOK = os.path.join(os.path.dirname(sys.executable), "ansible-playbook")
#: Folders of a host that are empty in the namespace.
FOLDERS = ("/var/lib", "/run", "/opt")
#: A stand-in: no service manager runs in a namespace. It notes what it is told, and units stay as they are told to be.
SYSTEMCTL = """#!/bin/sh
state={state}
echo "$*" >> {log}
case "$1" in
  show) cat "$state/$3" 2>/dev/null || printf 'ActiveState=inactive\\nUnitFileState=\\n' ;;
  enable) printf 'ActiveState=inactive\\nUnitFileState=enabled\\n' > "$state/$2" ;;
  start|restart)
    [ -e "$state/broken" ] && exit 1
    printf 'ActiveState=active\\nUnitFileState=enabled\\n' > "$state/$2" ;;
esac
exit 0
"""


def needed():
    """Skip, visibly, where such a namespace cannot be had."""
    if not os.access(ANSIBLE_PLAYBOOK, os.X_OK):
        pytest.skip("ansible-playbook is not installed beside this Python")
    if os.getuid() != 0 or subprocess.call(["unshare", "--mount", "true"], stderr=subprocess.DEVNULL) != 0:
        pytest.skip("needs root and mount namespaces")


class PrivateHost:
    """The host of a test.

    Arguments:
        folder: for the playbooks, the stand-ins and what survives the namespaces: the host's folders are kept in it.
    """

    def __init__(self, folder):
        needed()
        self.folder = folder
        self.commands = folder / "commands"
        self.state = folder / "state"
        self.log = folder / "log"
        for one in (self.commands, self.state):
            one.mkdir()
        self.command("systemctl", SYSTEMCTL.format(state=self.state, log=self.log))
        self.command("journalctl", "#!/bin/sh\necho the end of its journal\n")
        for path in FOLDERS:
            (folder / "root" / path.lstrip("/")).mkdir(parents=True)

    def command(self, name, text):
        """Put a command on the host's path."""
        path = self.commands / name
        path.write_text(text)
        path.chmod(0o755)

    def run(self, tasks, *options):
        """Run tasks as a playbook.

        Arguments:
            tasks: list of tasks.
            options: of ansible-playbook.
        Returns:
            The tasks' results, in their order; each says ``changed`` and may say ``failed``.
        """
        book, answer = self.folder / "playbook.yml", self.folder / "answer.json"
        if answer.exists():
            answer.unlink()
        numbered = [dict(task, register="result%d" % number, ignore_errors=True) for number, task in enumerate(tasks)]
        results = "{{ [" + ", ".join(task["register"] for task in numbered) + "] | to_json }}"
        last = {"ansible.builtin.copy": {"content": results, "dest": str(answer)}, "check_mode": False, "diff": False}
        book.write_text(json.dumps([{"hosts": "localhost", "gather_facts": False, "tasks": numbered + [last]}]))
        mounts = "".join(
            "mount --bind {0} {1} && ".format(self.folder / "root" / path.lstrip("/"), path) for path in FOLDERS
        )
        words = [ANSIBLE_PLAYBOOK, "-i", "localhost,", "-c", "local", str(book)] + list(options)
        environment = dict(
            os.environ,
            ANSIBLE_LOCAL_TEMP=str(self.folder / "local"),
            ANSIBLE_REMOTE_TEMP=str(self.folder / "remote"),
            ANSIBLE_COLLECTIONS_PATH=os.pathsep.join(path for path in sys.path if path),
            ANSIBLE_PYTHON_INTERPRETER=sys.executable,
            PATH=str(self.commands) + os.pathsep + os.environ["PATH"],
        )
        process = subprocess.Popen(
            ["unshare", "--mount", "sh", "-c", mounts + 'exec "$@"', "sh"] + words,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env=environment,
            cwd=str(self.folder),
        )
        output = process.communicate()[0].decode("utf-8")
        assert answer.exists(), output
        return json.loads(answer.read_text())
