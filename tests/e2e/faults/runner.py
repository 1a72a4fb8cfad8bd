# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0
"""Runs the real readiness module on a node, before, during and after a fault, in one ssh session.

The module, what it imports and ansible's own part of it are copied once; its arguments go in as JSON, as ansible hands
them over. What a session does goes on when the fault cuts the node off for a moment.
"""

import io
import json
import os
import shlex
import subprocess
import tarfile
import tempfile

import ansible.module_utils

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))
FOLDER = "/run/kurl-ipv6-faults"


class Node:
    """A running node.

    Arguments:
        name: its name in the inventory.
        words: the command that logs in to it.
    """

    def __init__(self, name, words):
        self.name = name
        self._control = tempfile.mkdtemp(prefix="kurl-ipv6-")
        self._words = [
            words[0],
            *("-o", "ControlMaster=auto", "-o", f"ControlPath={self._control}/%C", "-o", "ControlPersist=30"),
            *words[1:],
        ]

    def close(self):
        """End the connection."""
        subprocess.run([*self._words, "-O", "exit"], stderr=subprocess.DEVNULL, check=False)
        os.rmdir(self._control)

    def run(self, script, data=None):
        """Run a shell script on the node; returns its output."""
        process = subprocess.run(
            [*self._words, script], input=data, stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=60, check=False
        )
        if process.returncode:
            raise AssertionError(f"{script}\n{process.stdout.decode()}\n{process.stderr.decode()}")
        return process.stdout.decode()

    def install(self):
        """Copy the module."""
        packed = io.BytesIO()
        with tarfile.open(fileobj=packed, mode="w") as archive:

            def add(source, target):
                archive.add(source, target, filter=lambda entry: None if "__pycache__" in entry.name else entry)

            add(os.path.join(TOP, "plugins", "module_utils"), "ansible_collections/kurl/ipv6/plugins/module_utils")
            add(os.path.join(TOP, "plugins", "modules", "host_readiness.py"), "host_readiness.py")
            add(os.path.dirname(ansible.module_utils.__file__), "ansible/module_utils")
            for name in ("ansible/__init__.py",):
                archive.addfile(tarfile.TarInfo(name))
            # The release file tells module_utils its version.
            add(
                os.path.join(os.path.dirname(os.path.dirname(ansible.module_utils.__file__)), "release.py"),
                "ansible/release.py",
            )
        self.run(f"mkdir -p {FOLDER} && tar -x --no-same-owner -C {FOLDER}", packed.getvalue())

    def remove(self):
        """Take the copy away."""
        self.run(f"rm -rf {FOLDER}")

    def judge(self, inject="", clear="", plan=None, roles=(), **arguments):
        """Run the module once in a fault and once after it.

        Arguments:
            inject, clear: shell scripts.
            plan, roles, arguments: arguments of the module.
        Returns:
            The two results, as the module returns them.
        """
        given = dict({"plan": plan or {}, "roles": list(roles), "subject": self.name}, **arguments)
        given = json.dumps({"ANSIBLE_MODULE_ARGS": given})
        module = f"PYTHONPATH={FOLDER} python3 {FOLDER}/host_readiness.py {FOLDER}/arguments"
        script = "\n".join(
            [
                f"printf %s {shlex.quote(given)} > {FOLDER}/arguments",
                # One script that the connection's fate does not touch.
                f"cat > {FOLDER}/script.$$ <<'END'",
                "trap '' HUP",
                f"( {inject or ':'}\n ) > {FOLDER}/log 2>&1 || echo 'injecting failed' >> {FOLDER}/log",
                f"{module} > {FOLDER}/during 2>> {FOLDER}/log",
                f"( {clear or ':'}\n ) >> {FOLDER}/log 2>&1 || echo 'clearing failed' >> {FOLDER}/log",
                f"{module} > {FOLDER}/after 2>> {FOLDER}/log",
                "END",
                f"bash {FOLDER}/script.$$",
                f"cat {FOLDER}/during; echo; cat {FOLDER}/after; echo; cat {FOLDER}/log",
            ]
        )
        lines = [line for line in self.run(script).split("\n") if line]
        results = [line for line in lines if line.startswith('{"') and '"findings": [' in line]
        log = "\n".join(line for line in lines if line not in results)
        assert len(results) == 2 and "failed" not in log and "Traceback" not in log, log[-4000:]
        return json.loads(results[0]), json.loads(results[1])


def statuses(result):
    """Return ``{id: status}`` of a result; the worst where an id comes several times."""
    order = ("pass", "skip", "info", "warn", "fail")
    found = {}
    for entry in result["findings"]:
        found[entry["id"]] = max(found.get(entry["id"], "pass"), entry["status"], key=order.index)
    return found
