# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0
"""What `lab up` and `lab down` do."""

import os
import time

from containers import inventory, requirements, settings
from containers.process import LabError, run

from . import network, node, rootfs


def _inventory_path(options):
    return os.path.abspath(options.inventory or os.path.join(settings.state(options.name), options.name + ".yml"))


def _key(name):
    """Return the file of the key that opens the nodes, and of the key by which they are known; made if needed."""
    paths = [os.path.join(settings.state(name), file) for file in ("id_ed25519", "host_ed25519")]
    for path in paths:
        if not os.path.exists(path):
            run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", f"{name}-lab", "-f", path])
    return paths


def _memory(name):
    return os.path.join(settings.state(name), "neighbours")


def up(options):
    """Make a lab; one of the same name is removed first."""
    if not 1 <= options.control_planes <= options.nodes <= 500:
        raise LabError("--nodes must be 1 to 500, --control-planes 1 to the number of nodes")
    requirements.ensure_nodes()
    remove(options.name)
    started = time.monotonic()
    root = rootfs.ensure()
    names = settings.node_names(options.name, options.nodes)
    addresses = {name: settings.node_address(options.subnet, number) for number, name in enumerate(names, 1)}
    key, host_key = _key(options.name)
    network.make_room(options.nodes, _memory(options.name))
    try:
        network.create(options.name, options.subnet, addresses)
        node.start(addresses, root, key, host_key)
        node.wait(addresses)
    except BaseException:
        remove(options.name)
        raise
    known_hosts = os.path.join(settings.state(options.name), "known_hosts")
    node.write_known_hosts(known_hosts, addresses, host_key)
    path = _inventory_path(options)
    inventory.write(path, inventory.build(addresses, options.control_planes, key, known_hosts))
    print(f"==> {len(names)} nodes are up after {time.monotonic() - started:.0f} s")
    print(f"    inventory: {os.path.relpath(path)}")


def remove(name):
    """Remove processes and namespaces of a lab."""
    node.stop(network.namespaces(name))
    network.remove(name)
    network.restore_room(_memory(name))


def down(options):
    """Remove everything that `up` made, except the file system in the cache."""
    path = _inventory_path(options)
    remove(options.name)
    if os.path.exists(path):
        os.unlink(path)
    settings.forget(options.name)
    print(f"==> removed the lab {options.name}")
