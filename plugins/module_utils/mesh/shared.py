# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0
"""What the tasks of one run share on the controller, whose worker processes know nothing of each other: the secret, and
the list of nodes.
"""

import fcntl
import json
import os
import secrets

from ansible_collections.kurl.ipv6.plugins.module_utils.mesh import nodes


def once(folder, name, make):
    """Return what ``make`` returned to the first process of the run that asked.

    Arguments:
        folder: the run's own folder for temporary files, which is removed at its end.
        name: what is shared; also the name of a file, whose mode is 0600.
        make: makes the value, plain data.
    """
    descriptor = os.open(os.path.join(folder, "kurl-ipv6-" + name), os.O_RDWR | os.O_CREAT, 0o600)
    with open(descriptor, "r+", encoding="utf-8") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        text = file.read()
        if text:
            return json.loads(text)
        value = make()
        file.write(json.dumps(value))
        return value


def secret(folder):
    """Return the run's secret."""
    return once(folder, "mesh-secret", lambda: secrets.token_hex(32))


def listening(folder, name, hosts, variables_of, registered):
    """Return the nodes that listen, see ``nodes.listening``; found once for all hosts that ask under the same name."""
    return once(folder, "mesh-nodes-" + name, lambda: nodes.listening(hosts, variables_of, registered))


def deadline(hosts, forks):
    """Return after how many seconds a listener ends in any case: a run over many hosts takes its time.

    Arguments:
        hosts: the number of hosts.
        forks: how many of them are served at the same time.
    """
    return 90 + 15 * -(-hosts // max(forks, 1))
