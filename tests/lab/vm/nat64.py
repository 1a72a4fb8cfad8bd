# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0
"""NAT64 and DNS64 on the lab's router (RFC 6146, RFC 6147): nodes reach what has only IPv4, by the host's own way out.

The programs are taken out of the distribution's packages and not installed: as services of the host they have no place.
"""

import ipaddress
import os
import subprocess
import zlib

from containers import host, requirements, settings
from containers.process import LabError, run

from . import network, packages

#: The lab's own: the well-known prefix must not stand for private IPv4 addresses, as hosts need (RFC 6052, 3.1).
PREFIX = "fd64:ff9b::/96"
#: IPv4 addresses that stand for the nodes inside of the namespace.
POOL = "100.127.0.0/24"
#: What the programs need beyond a small Debian.
PACKAGES = ("tayga", "unbound", "libprotobuf-c1", "libevent-2.1-7", "libnghttp2-14")
DEVICE = "nat64"
#: The two addresses whose names tell a host that there is a DNS64, and its prefix (RFC 7050).
KNOWN = ("192.0.0.170", "192.0.0.171")


def embedded(address):
    """Return the IPv6 address that stands for an IPv4 address."""
    return str(ipaddress.IPv6Network(PREFIX).network_address + int(ipaddress.IPv4Address(address)))


def link(name):
    """Return a lab's IPv4 link to the host, four addresses that hang on its name."""
    return ipaddress.IPv4Network(f"100.126.{zlib.crc32(name.encode()) % 256}.0/30")


def cable(name):
    """Return the name of the host's end of the IPv4 link."""
    return f"{name[:11]}-v4"


def _programs():
    """Return the folder with the programs and their libraries."""
    target = os.path.join(settings.cache("vm"), "nat64")
    if not os.path.exists(os.path.join(target, "usr", "sbin", "unbound")):
        packages.unpack_all(PACKAGES, target)
    return target


def _resolvers():
    """Return the host's name servers that the router can reach."""
    for path in ("/run/systemd/resolve/resolv.conf", "/etc/resolv.conf"):
        if os.path.exists(path):
            with open(path, encoding="utf-8") as file:
                servers = [line.split()[1] for line in file if line.startswith("nameserver ")]
            return [server for server in servers if not ipaddress.ip_address(server.split("%")[0]).is_loopback]
    return []


def configurations(folder, subnet, resolvers):
    """Return the texts of tayga's and of unbound's configuration; what they write goes into the folder."""
    first = ipaddress.IPv4Network(POOL).network_address + 1
    tayga = f"tun-device {DEVICE}\nipv4-addr {first}\nprefix {PREFIX}\ndynamic-pool {POOL}\n" f"data-dir {folder}\n"
    lines = ["server:", f"  interface: {network.router_address(subnet)}", f"  access-control: {subnet} allow"]
    lines += ['  module-config: "dns64 iterator"', f"  dns64-prefix: {PREFIX}", '  chroot: ""', '  username: ""']
    lines += [
        f'  directory: "{folder}"',
        f'  pidfile: "{folder}/unbound.pid"',
        "  do-daemonize: no",
    ]
    lines += ["  use-syslog: no", "  local-zone: ipv4only.arpa. static"]
    lines += [f'  local-data: "ipv4only.arpa. A {address}"' for address in KNOWN]
    lines += [f'  local-data: "ipv4only.arpa. AAAA {embedded(address)}"' for address in KNOWN]
    if resolvers:
        lines += ["forward-zone:", '  name: "."', *(f"  forward-addr: {server}" for server in resolvers)]
    return tayga, "\n".join([*lines, ""])


def ensure(name, subnet):
    """Set it up, unless it is: the IPv4 link, the translator, the resolver."""
    if _running(name):
        return
    requirements.ensure({"iptables": "iptables"}, {})
    folder = _programs()
    space = network.namespace(name)
    near, far = list(link(name).hosts())
    host.prepare()
    if not os.path.exists("/sys/class/net/" + cable(name)):
        run(["ip", "link", "add", cable(name), "type", "veth", "peer", "name", "uplink4", "netns", space])
    for words in (
        f"address replace {near}/30 dev {cable(name)}",
        f"link set {cable(name)} up",
        f"-n {space} address replace {far}/30 dev uplink4",
        f"-n {space} link set uplink4 up",
        f"-n {space} route replace default via {near}",
    ):
        run(["ip", *words.split()])
    with open("/proc/sys/net/ipv4/ip_forward", "w", encoding="ascii") as file:
        file.write("1")
    run(network.inside(name, "sh", "-c", "echo 1 > /proc/sys/net/ipv4/ip_forward"))
    remove_rule(name)
    run(["iptables", "-t", "nat", "-A", *_rule(name)])
    run(network.inside(name, "iptables", "-t", "nat", "-F", "POSTROUTING"))
    run(network.inside(name, "iptables", "-t", "nat", "-A", "POSTROUTING", "-s", POOL, "-j", "MASQUERADE"))
    paths = [os.path.join(settings.state(name), part) for part in ("tayga.conf", "unbound.conf")]
    for path, text in zip(paths, configurations(settings.state(name), subnet, _resolvers())):
        with open(path, "w", encoding="ascii") as file:
            file.write(text)
    tayga = os.path.join(folder, "usr", "sbin", "tayga")
    if run(["ip", "-n", space, "link", "show", DEVICE], check=False)[0]:
        run(network.inside(name, tayga, "--config", paths[0], "--mktun"))
    for words in (
        f"link set {DEVICE} up",
        f"route replace {POOL} dev {DEVICE}",
        f"-6 route replace {PREFIX} dev {DEVICE}",
    ):
        run(["ip", "-n", space, *words.split()])
    environment = dict(os.environ, LD_LIBRARY_PATH=os.path.join(folder, "usr", "lib", "x86_64-linux-gnu"))
    unbound = [os.path.join(folder, "usr", "sbin", "unbound"), "-d", "-c", paths[1]]
    for command in ([tayga, "--config", paths[0], "--nodetach"], unbound):
        with open(os.path.join(settings.state(name), "nat64.log"), "a", encoding="utf-8") as log:
            subprocess.Popen(
                network.inside(name, *command),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                env=environment,
            )


def _running(name):
    """Return whether both programs run in a lab's namespace; one alone is ended, to start again."""
    found = {program: network.program(name, program) for program in ("tayga", "unbound")}
    if all(found.values()):
        return True
    network.end(name, [pid for pid in found.values() if pid])
    return False


def _rule(name):
    words = ["POSTROUTING", "-s", str(link(name)), "!", "-o", cable(name)]
    return [*words, "-m", "comment", "--comment", network.namespace(name), "-j", "MASQUERADE"]


def remove_rule(name):
    """Take the rule out of the host's packet filter; all else goes with the namespace."""
    try:
        while run(["iptables", "-t", "nat", "-D", *_rule(name)], check=False)[0] == 0:
            pass
    except LabError:
        # No iptables, no rule.
        return
