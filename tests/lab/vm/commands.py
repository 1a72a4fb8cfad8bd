# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0
"""What `lab up --vms N`, `lab down`, `lab status` and `lab restart` do: virtual machines beside the container nodes."""

import argparse
import json
import os
import time

from containers import commands as containers
from containers import inventory, nodes, requirements, settings
from containers.process import LabError, run

from . import backend, image, machines, nat64, network, seed

COMMANDS = {"ip": "iproute2", "ethtool": "ethtool", "ssh": "openssh-client"}
#: Seconds that a slow node may take for what kubeadm waits for.
TIMEOUTS = {"controlPlaneComponentHealthCheck": "15m0s", "tlsBootstrap": "10m0s", "kubernetesAPICall": "3m0s"}
#: What User-Mode Linux has not, and how the product is told that it is known.
WITHOUT_CPUSET = {
    "preflight_ignore": [{"id": "kernel.cgroup", "reason": "User-Mode Linux has no cpuset: it has one processor"}],
    "kubernetes_join_ignore_preflight_errors": ["SystemVerification"],
}


def networks(words, count):
    """Return who is in charge of each machine's network.

    Arguments:
        words: the names, with commas between them; the last one holds for all further machines.
        count: how many machines there are.
    Raises:
        LabError: an unknown name.
    """
    names = words.split(",")
    unknown = sorted(set(names) - set(seed.NETWORKS))
    if unknown:
        raise LabError(f"--network knows {', '.join(seed.NETWORKS)}, not {', '.join(unknown)}")
    return (names + [names[-1]] * count)[:count]


def up(options):
    """Make the container nodes, then the machines; write the inventory of both."""
    if not options.vms:
        containers.up(options)
        return
    if not 1 <= options.control_planes <= options.nodes <= 64 or not 1 <= options.vms <= options.nodes:
        raise LabError("--nodes must be 1 to 64, --control-planes and --vms 1 to the number of nodes")
    managers = networks(options.network, options.vms)
    in_containers = options.nodes - options.vms
    path = _inventory_path(options)
    if in_containers:
        planes = min(options.control_planes, in_containers)
        containers.up(argparse.Namespace(**dict(vars(options), nodes=in_containers, control_planes=planes)))
    if os.geteuid() != 0:
        raise LabError("virtual machines need interfaces of their own: run it as root (sudo make ...)")
    requirements.ensure(COMMANDS, {})
    kind = backend.choose()
    image.ensure(kind != "uml")
    started = time.monotonic()
    name, subnet = options.name, options.subnet
    wanted = settings.node_names(name, options.nodes)
    there = machines.existing(name)
    surplus = sorted(set(there) - set(wanted[in_containers:]))
    if surplus:
        raise LabError(f"the lab already has {', '.join(surplus)} besides those asked for; run `lab down` first")
    key, known_hosts = _keys(name)
    network.ensure(name, subnet, _container_bridge(name))
    if set(managers) != {"static"}:
        resolver = network.router_address(subnet) if options.nat64 else ""
        network.start_router(name, network.router_configuration(subnet, options.ra_lifetime, resolver))
    if options.nat64:
        nat64.ensure(name, subnet)
    with open(key + ".pub", encoding="ascii") as file:
        public_key = file.read()
    for index, manager in enumerate(managers):
        node = wanted[in_containers + index]
        if node not in there:
            machine = _machine(options, kind, in_containers + index + 1, manager)
            machines.create(name, node, machine, _seed(options, node, machine, public_key))
    there = machines.existing(name)
    for node, machine in there.items():
        if not machine["running"]:
            machines.start(name, node)
    machines.wait(name, there, key, known_hosts)
    inventory.write(path, _inventory(path if in_containers else "", there, options, key, known_hosts))
    print(
        f"==> {len(there)} virtual machines ({kind}) are up after {time.monotonic() - started:.0f} s: "
        + ", ".join(f"{node} {machine['address']} ({machine['network']})" for node, machine in there.items())
    )
    print(f"    inventory: {os.path.relpath(path)}")
    print(f"    shell:     ssh -i {os.path.relpath(key)} root@{next(iter(there.values()))['address']}")


def _machine(options, kind, number, manager):
    """Return the description of the lab's n-th node as a machine."""
    address = settings.node_address(options.subnet, number)
    hardware = settings.hardware_address(address)
    return {
        "kind": kind,
        "number": number,
        "network": manager,
        "hardware": hardware,
        "address": address if manager == "static" else seed.autoconfigured(options.subnet, hardware),
        "memory": options.memory,
        "disks": options.disks,
        "disk_size": options.disk_size,
    }


def _seed(options, node, machine, public_key):
    length = options.subnet.rsplit("/", 1)[1]
    gateway = network.router_address(options.subnet)
    return seed.archive(
        node,
        machine["network"],
        machines.INTERFACES[machine["kind"]],
        machine["hardware"],
        f"{machine['address']}/{length}",
        gateway,
        gateway,
        public_key,
    )


def _inventory(path, there, options, key, known_hosts):
    """Return the inventory: the one that the container nodes have, or a new one, with the machines added."""
    if path:
        with open(path, encoding="utf-8") as file:
            built = json.loads("".join(line for line in file if not line.startswith("#")))
    else:
        built = inventory.build({}, 0, key, known_hosts)
    groups = built["all"]["children"]
    built["all"]["vars"]["kubernetes_kubeadm_timeouts"] = TIMEOUTS
    for node, machine in there.items():
        host = {"ansible_host": machine["address"]}
        if machine["kind"] == "uml":
            host.update(WITHOUT_CPUSET)
        if machine["disks"]:
            letters = "cdefghij"[: machine["disks"]]
            host["lab_disks"] = [("/dev/ubd" if machine["kind"] == "uml" else "/dev/vd") + letter for letter in letters]
        plane = len(groups["kube_control_plane"]["hosts"]) < options.control_planes
        groups["kube_control_plane" if plane else "kube_node"]["hosts"][node] = host
    if any(machine["kind"] == "uml" for machine in there.values()):
        built["all"]["vars"]["kubernetes_init_ignore_preflight_errors"] = ["SystemVerification", "NumCPU"]
    return built


def _keys(name):
    """Make the lab's key if it is not there; return (key file, known hosts file)."""
    key = os.path.join(settings.state(name), "id_ed25519")
    if not os.path.exists(key):
        run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", f"{name}-lab", "-f", key])
    return key, os.path.join(settings.state(name), "known_hosts")


def _inventory_path(options):
    return os.path.abspath(options.inventory or os.path.join(settings.HERE, "inventory.yml"))


def _container_bridge(name):
    """Return the host's bridge of a lab's container nodes, empty if there are none."""
    if not nodes.existing(name):
        return ""
    found = json.loads(nodes.podman(name, "network", "inspect", nodes.network(name))[1])
    return found[0]["network_interface"]


def down(options):
    """Remove the machines and their network, then the container nodes."""
    removed = machines.remove(options.name)
    nat64.remove_rule(options.name)
    # The cable keeps the bridge of the container nodes busy.
    if network.remove(options.name) or removed:
        print("==> removed the virtual machines " + (", ".join(removed) or "that were half made"))
    containers.down(options)


def status(options):
    """Show the machines and the container nodes."""
    there = machines.existing(options.name)
    for node, machine in there.items():
        state = "running" if machine["running"] else "stopped"
        print(f"{node}  {state} ({machine['kind']}, {machine['network']}, {machine['address']})")
    containers.status(options)


def restart(options):
    """Restart all nodes, as a power failure of the whole site would: machines lose what they had not written."""
    there = machines.existing(options.name)
    for node in there:
        machines.stop(options.name, node)
    if not there or _container_bridge(options.name):
        containers.restart(options)
    if there:
        _start(options, there)


def _start(options, there):
    # The bridge of the container nodes goes and comes back with them.
    network.ensure(options.name, options.subnet, _container_bridge(options.name))
    for node in there:
        machines.start(options.name, node)
    key, known_hosts = _keys(options.name)
    machines.wait(options.name, there, key, known_hosts)
    print(f"==> restarted {', '.join(there)}")
