# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0
"""The machines' network: a bridge in a namespace of the lab's own, and the router on it.

One cable leads from the bridge to the host: to the bridge of the lab's container nodes where there are any, so that all
nodes are on one link, else it carries the host's address itself.
"""

import contextlib
import ipaddress
import os
import signal
import subprocess
import time

from containers import requirements, settings
from containers.process import run

BRIDGE = "lan"
#: The router as its advertisements name it.
ROUTER = "fe80::1"
#: Its own, or the bridge would take that of a port, and another one when a port comes or goes.
ROUTER_HARDWARE = "02:00:00:00:00:02"
#: An address behind the router: what is sent there takes the default route.
BEYOND = "2001:db8:ffff::1"
#: Seconds in which processes that were told to end must have ended.
END_SECONDS = 10


def namespace(name):
    """Return the name of a lab's network namespace."""
    return f"{name}-vm"


def cable(name):
    """Return the name of the host's end of the cable; the kernel has 15 characters for it."""
    return f"{name[:11]}-vm"


def exists(name):
    """Return whether a lab's namespace is there."""
    return os.path.exists("/run/netns/" + namespace(name))


def inside(name, *words):
    """Return a command that runs another one in a lab's namespace."""
    return ["ip", "netns", "exec", namespace(name), *words]


def router_address(subnet):
    """Return the router's own address on the nodes' network."""
    return str(ipaddress.IPv6Network(subnet).network_address + 2)


def ensure(name, subnet, container_bridge):
    """Make the namespace, its bridge and the cable to the host.

    Arguments:
        name: the lab's.
        subnet: the nodes' network.
        container_bridge: the host's bridge of the lab's container nodes, empty if there are none.
    """
    space = namespace(name)
    length = subnet.rsplit("/", 1)[1]
    if not exists(name):
        run(["ip", "netns", "add", space])
    if not _link(name, BRIDGE):
        # No snooping: nothing on this link asks for the groups of neighbour discovery regularly.
        link = ["link", "add", BRIDGE, "address", ROUTER_HARDWARE, "type", "bridge", "mcast_snooping", "0"]
        run(["ip", "-n", space, *link])
        run(["ip", "-n", space, "link", "set", BRIDGE, "addrgenmode", "none"])
    for parameter, value in (("all/forwarding", "1"), (f"{BRIDGE}/accept_ra", "0")):
        run(inside(name, "sh", "-c", f"echo {value} > /proc/sys/net/ipv6/conf/{parameter}"))
    for link in ("lo", BRIDGE):
        run(["ip", "-n", space, "link", "set", link, "up"])
    for address, link in ((f"{ROUTER}/64", BRIDGE), (f"{router_address(subnet)}/{length}", BRIDGE), (BEYOND, "lo")):
        run(["ip", "-n", space, "-6", "address", "replace", address, "dev", link, "nodad"])
    run(["ip", "-n", space, "-6", "route", "replace", "default", "via", settings.gateway(subnet), "dev", BRIDGE])
    if not os.path.exists("/sys/class/net/" + cable(name)):
        run(["ip", "link", "add", cable(name), "type", "veth", "peer", "name", "uplink", "netns", space])
    run(["ip", "-n", space, "link", "set", "uplink", "master", BRIDGE, "up"])
    _connect(name, subnet, container_bridge)


def _connect(name, subnet, container_bridge):
    """Plug the host's end of the cable in; the host itself must not take the lab's router for its own."""
    link = cable(name)
    address = f"{settings.gateway(subnet)}/{subnet.rsplit('/', 1)[1]}"
    for interface in filter(None, (link, container_bridge)):
        with open(f"/proc/sys/net/ipv6/conf/{interface}/accept_ra", "w", encoding="ascii") as file:
            file.write("0")
    if container_bridge:
        run(["ip", "-6", "address", "delete", address, "dev", link], check=False)
        run(["ip", "link", "set", link, "master", container_bridge, "up"])
    else:
        run(["ip", "link", "set", link, "nomaster"])
        run(["ip", "link", "set", link, "up"])
        run(["ip", "-6", "address", "replace", address, "dev", link, "nodad"])


def _link(name, link):
    return run(["ip", "-n", namespace(name), "link", "show", link], check=False)[0] == 0


def ensure_tap(name, tap):
    """Make a machine's port on the bridge."""
    space = namespace(name)
    if not _link(name, tap):
        run(["ip", "-n", space, "tuntap", "add", "dev", tap, "mode", "tap"])
        # A machine has room for one frame of the link's size at a time; the host would hand it 64 KB in one piece.
        run(inside(name, "ethtool", "-K", tap, "tx", "off", "sg", "off", "tso", "off", "gso", "off"))
    run(["ip", "-n", space, "link", "set", tap, "master", BRIDGE, "up"])


def processes(name):
    """Return the ids of all processes in a lab's namespace."""
    if not exists(name):
        return []
    return [int(word) for word in run(["ip", "netns", "pids", namespace(name)], check=False)[1].split()]


def end(name, pids, number=signal.SIGKILL):
    """Send a signal to processes of a lab's namespace and wait until they are gone."""
    limit = time.monotonic() + END_SECONDS
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, number)
    while set(pids) & set(processes(name)) and time.monotonic() < limit:
        time.sleep(0.1)


def remove(name):
    """Remove a lab's namespace with all that runs and lies in it, and the cable. Returns whether there was one."""
    there = exists(name)
    if there:
        end(name, processes(name))
        run(["ip", "netns", "delete", namespace(name)])
    if os.path.exists("/sys/class/net/" + cable(name)):
        # It goes with its other end, a moment after the namespace.
        run(["ip", "link", "delete", cable(name)], check=False)
    return there


def router_configuration(subnet, lifetime, resolver=""):
    """Return the configuration of radvd.

    Arguments:
        subnet: the prefix that it advertises.
        lifetime: seconds for which a host keeps it as its default router.
        resolver: a name server to advertise, if not empty.
    """
    # Three advertisements in a lifetime, as RFC 4861, 6.2.1, has it by default.
    interval = max(4, min(600, lifetime // 3))
    lines = [
        f"interface {BRIDGE} {{",
        "  AdvSendAdvert on;",
        f"  MinRtrAdvInterval {max(3, interval * 3 // 4)};",
        f"  MaxRtrAdvInterval {interval};",
        f"  AdvDefaultLifetime {lifetime};",
        f"  prefix {subnet} {{ AdvOnLink on; AdvAutonomous on; }};",
    ]
    if resolver:
        lines.append(f"  RDNSS {resolver} {{ }};")
    return "\n".join([*lines, "};", ""])


def configuration_path(name):
    """Return where the configuration of a lab's radvd lies."""
    return os.path.join(settings.state(name), "radvd.conf")


def start_router(name, configuration):
    """Start radvd, or start it again if its configuration is another one.

    Arguments:
        name: the lab's.
        configuration: what :func:`router_configuration` returned.
    """
    requirements.ensure({"radvd": "radvd"}, {})
    folder = settings.state(name)
    path = configuration_path(name)
    pid = router(name)
    if pid:
        with open(path, encoding="ascii") as file:
            if file.read() == configuration:
                return
        end(name, [pid], signal.SIGTERM)
    with open(path, "w", encoding="ascii") as file:
        file.write(configuration)
    os.chmod(path, 0o644)
    with open(os.path.join(folder, "radvd.log"), "a", encoding="utf-8") as log:
        subprocess.Popen(
            inside(name, "radvd", "-n", "-m", "stderr", "-C", path, "-p", os.path.join(folder, "radvd.pid")),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )


def program(name, command):
    """Return the id of a process in a lab's namespace by its name, 0 if none runs."""
    for pid in processes(name):
        with contextlib.suppress(OSError), open(f"/proc/{pid}/comm", encoding="ascii") as file:
            if file.read().strip() == command:
                return pid
    return 0


def router(name):
    """Return the process id of a lab's radvd, 0 if none runs."""
    return program(name, "radvd")


def stop_router(name):
    """Stop radvd; with its last words it takes the route back (RFC 4861, 6.2.5)."""
    pid = router(name)
    if pid:
        end(name, [pid], signal.SIGTERM)
