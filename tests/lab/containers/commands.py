# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0
"""What `lab up`, `lab down`, `lab status` and `lab restart` do."""

import os
import shutil
import time

from . import disks, host, image, inventory, nodes, requirements, settings
from .process import LabError, run


def _inventory_path(options):
    return os.path.abspath(options.inventory or os.path.join(settings.HERE, "inventory.yml"))


def up(options):
    """Make the nodes that are not there, start those that stand still, write the inventory."""
    if not 1 <= options.control_planes <= options.nodes <= 64:
        raise LabError("--nodes must be 1 to 64, --control-planes 1 to the number of nodes")
    if not 0 <= options.disks <= 4:
        raise LabError("--disks must be 0 to 4")
    requirements.ensure_nodes()
    started = time.monotonic()
    name = options.name
    node_image = image.ensure()
    there = nodes.existing(name)
    wanted = settings.node_names(name, options.nodes)
    surplus = sorted(set(there) - set(wanted))
    if surplus:
        raise LabError(
            f"the lab already has {', '.join(surplus)} besides the {options.nodes} nodes asked for;"
            " run `lab down` first"
        )
    host.prepare()
    nodes.ensure_network(name, options.subnet)
    key = os.path.join(settings.state(name), "id_ed25519")
    if not os.path.exists(key):
        run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", f"{name}-lab", "-f", key])
    with open(key + ".pub", encoding="ascii") as file:
        public_key = file.read()
    addresses = {node: settings.node_address(options.subnet, number) for number, node in enumerate(wanted, 1)}
    devices = {node: disks.ensure(name, node, options.disks, node not in there) for node in wanted}
    for node, address in addresses.items():
        if node not in there:
            nodes.create(name, node, address, options.subnet, node_image, public_key, devices[node])
        elif there[node] != "running":
            nodes.podman(name, "start", node)
    nodes.wait(name, wanted, addresses.values())
    known_hosts = os.path.join(settings.state(name), "known_hosts")
    built = inventory.build(addresses, options.control_planes, key, known_hosts, devices)
    inventory.write(_inventory_path(options), built)
    print(
        f"==> {len(wanted)} nodes are up after {time.monotonic() - started:.0f} s: "
        + ", ".join(f"{n} {a}" for n, a in addresses.items())
    )
    print(f"    inventory: {os.path.relpath(_inventory_path(options))}")
    print(f"    shell:     ssh -i {os.path.relpath(key)} root@{next(iter(addresses.values()))}")


def down(options):
    """Remove everything that `up` made, except the image in the cache."""
    if shutil.which("podman"):
        removed = nodes.remove(options.name)
        disks.remove(options.name)
        host.restore()
        print("==> removed " + (", ".join(removed) or "nothing: the lab is not up"))
    if os.path.exists(_inventory_path(options)):
        os.unlink(_inventory_path(options))
    settings.forget(options.name)


def status(options):
    """Show the nodes."""
    there = nodes.existing(options.name) if shutil.which("podman") else {}
    for node, state in sorted(there.items()):
        print(f"{node}  {state}")
    if not there:
        print("the lab is not up")


def restart(options):
    """Restart all nodes, as a power failure of the whole site would."""
    there = sorted(nodes.existing(options.name))
    if not there:
        raise LabError("the lab is not up")
    nodes.podman(options.name, "restart", "--time", "10", *there)
    nodes.wait(options.name, there, nodes.addresses_of(options.name, there))
    print(f"==> restarted {', '.join(there)}")
