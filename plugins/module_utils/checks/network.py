# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0
"""Checks of a host's IPv6: is it on, has it an address that can be a node's, does its default route work and stay."""

from ansible_collections.kurl.ipv6.plugins.module_utils.checks import addressing, interfaces
from ansible_collections.kurl.ipv6.plugins.module_utils.checks.registry import check

#: Lifetime in seconds below which a default route learned from router advertisements is about to go: routers repeat
#: themselves at least every 1800 s and grant three times their own interval (RFC 4861, 6.2.1).
ABOUT_TO_EXPIRE = 30
#: Smallest MTU of a link that carries IPv6 (RFC 8200, section 5).
MINIMUM_MTU = 1280
#: What the tunnel between nodes adds to each packet over IPv6, in bytes (Antrea: Geneve and WireGuard).
GENEVE_OVERHEAD, WIREGUARD_OVERHEAD = 70, 80


#: What systemd reads as yes, and the values of IPForward= that include IPv6 (systemd.network(5)).
TRUE = ("yes", "true", "on", "1")
FORWARDING = TRUE + ("ipv6",)


def _on(value):
    return value is not None and value.strip() == "1"


def _write(parameter, value, interface=""):
    """The commands that set a parameter now and at every boot, for an interface or a global one."""
    path = f"net/ipv6/conf/{interface}/{parameter}" if interface else parameter.replace(".", "/")
    name = f"net.ipv6.conf.{interface.replace('.', '/')}.{parameter}" if interface else parameter
    file = "/etc/sysctl.d/95-{}.conf".format(path.replace("net/ipv6/conf/", "ipv6-").replace("/", "-"))
    return f"sysctl -w {name}={value}\necho '{name} = {value}' > {file}   # to persist"


@check(
    "ipv6.enabled",
    title="IPv6 enabled",
    why=(
        "kURL neither detects IPv6 nor falls back to IPv4: with IPv6 off on the host, on the uplink or for new"
        " interfaces (antrea-gw0 is one) nothing of the cluster can work."
    ),
    reference="kURL docs/ipv6.md: no autodetection; kernel ip-sysctl: disable_ipv6",
    remedy="Remove ipv6.disable from the kernel command line; set disable_ipv6 to 0 now and in sysctl.d.",
    needs=("sysctls", "ipv6_supported"),
)
def ipv6_enabled(host, verdict):
    """Command line, then all, default, lo and the uplink, now and at the next boot."""
    words = host.facts.get("kernel_command_line", "").split()
    for word in ("ipv6.disable=1", "ipv6.disable_ipv6=1"):
        if word in words:
            verdict.fail(
                f"the kernel was started with {word}",
                expected="IPv6 switched on at boot",
                remedy=f"sed -i 's/ *{word}//' /etc/default/grub && "
                + ("grub2-mkconfig -o /boot/grub2/grub.cfg" if host.family == "rhel" else "update-grub")
                + " && reboot",
            )
            return
    if not host.facts["ipv6_supported"]:
        verdict.fail(
            "the kernel has no IPv6 (/proc/sys/net/ipv6 is absent)",
            expected="a kernel with IPv6",
            remedy="modprobe ipv6 && echo ipv6 > /etc/modules-load.d/ipv6.conf   # or boot a kernel that has it",
        )
        return
    off = []
    for name in ("default", "lo", host.uplink):
        if _on(host.interface_sysctl(name, "disable_ipv6")):
            off.append(name)
    later = [
        (name, host.persisted_interface_sysctl(name, "disable_ipv6"))
        for name in ("all", "default", "lo", host.uplink)
        if name not in off
    ]
    later = [(name, entry) for name, entry in later if entry and _on(entry["value"])]
    everywhere = _on(host.interface_sysctl("all", "disable_ipv6"))
    if off:
        verdict.fail(
            "disable_ipv6 is 1 for {}".format(", ".join(off)),
            expected="disable_ipv6 = 0 for default, lo and {}".format(host.uplink),
            remedy="\n".join(_write("disable_ipv6", 0, name) for name in (["all"] if everywhere else []) + off),
        )
    elif later:
        files = sorted({entry["file"] for _name, entry in later})
        verdict.fail(
            "on now, but off after a reboot: {}".format(
                ", ".join("{} sets disable_ipv6 = 1 for {}".format(entry["file"], name) for name, entry in later)
            ),
            expected="disable_ipv6 = 0 after a reboot as well",
            remedy="sed -i '/disable_ipv6/d' {}".format(" ".join(files)),
        )
    elif everywhere:
        verdict.warn(
            "net.ipv6.conf.all.disable_ipv6 is 1, though the interfaces in use have IPv6",
            expected="0",
            remedy=_write("disable_ipv6", 0, "all"),
        )
    else:
        verdict.passed("on for lo, new interfaces and {}".format(host.uplink))


@check(
    "address.loopback",
    title="loopback addresses",
    why=(
        "kubeadm lets etcd, the API server's probes and HAProxy listen on ::1; Antrea's probes and antctl still dial"
        " 127.0.0.1."
    ),
    reference="kubeadm IPv6 defaults; Antrea manifest (probes on localhost)",
    remedy="ip -6 addr add ::1/128 dev lo; ip addr add 127.0.0.1/8 dev lo",
    needs=("addresses",),
)
def loopback(host, verdict):
    """::1 must be there; 127.0.0.1 should."""
    addresses = {entry["address"] for entry in host.facts["addresses"] if entry["interface"] == "lo"}
    if "::1" not in addresses:
        if _on(host.interface_sysctl("lo", "disable_ipv6")):
            verdict.skip("not judged: IPv6 is off on lo")
            return
        verdict.fail("lo has no ::1", expected="::1 on lo", remedy="ip link set lo up\nip -6 addr add ::1/128 dev lo")
    elif "127.0.0.1" not in addresses:
        verdict.warn(
            "lo has no 127.0.0.1",
            expected="127.0.0.1 on lo: Antrea's probes use it even in an IPv6-only cluster",
            remedy="ip addr add 127.0.0.1/8 dev lo",
        )
    else:
        verdict.passed("::1 and 127.0.0.1 on lo")


@check(
    "address.node",
    title="node address",
    why=(
        "The address goes into certificates, etcd's membership and the Node object. Link-local, temporary, deprecated,"
        " tentative and duplicate addresses, and those of tunnels and container networks, do not work or do not last."
    ),
    reference="kURL: node address discovery (filters none of these); RFC 4862; RFC 8981",
    remedy=(
        "Give the host a static global or unique-local address on its uplink, or name one in the inventory: node_ip=..."
    ),
    needs=("addresses", "links"),
)
def node_address(host, verdict):
    """One stable, usable address, chosen by us or given by the inventory."""
    choice = host.choice
    if choice.address:
        first, others = choice.candidates[:1], [entry["address"] for entry in choice.candidates[1:]]
        dynamic = first and first[0]["prefix"] == 128 and first[0]["valid"] != -1 and not host.node_ip
        if dynamic:
            verdict.info(
                f"{choice.address}: {choice.reason}; leased by DHCPv6",
                expected="an address that stays",
                remedy="# give the host a fixed lease (its DUID) or a static address; then name it: node_ip={}".format(
                    choice.address
                ),
            )
        else:
            verdict.passed(f"{choice.address}: {choice.reason}")
        if others and not host.node_ip and host.same_rank(choice.candidates):
            verdict.info(
                "{} and {} would do equally well; the lowest is taken".format(choice.address, ", ".join(others[:3])),
                case="several",
                title="node address is one of several",
                expected="a choice that a further address cannot change",
                remedy=f"# in the inventory: {host.subject} node_ip={choice.address}",
            )
        return
    rejected = "; ".join(f"{address} ({interface}): {reason}" for address, interface, reason in host.notable_rejections)
    observed = choice.reason + (f": {rejected}" if rejected and not host.node_ip else "")
    verdict.fail(
        observed,
        expected="a stable global or unique-local IPv6 address",
        remedy=_address_remedy(host),
    )


def _address_remedy(host):
    """What to type where no address can be chosen; a duplicate or tentative address needs something else than a new
    one.
    """
    uplink = host.uplink
    if host.node_ip:
        if addressing.parse_address(host.node_ip) is None:
            return f"# in the inventory: {host.subject} node_ip=<an IPv6 address of the host>"
        if host.choice.candidates:
            return "# in the inventory: {} node_ip={}".format(host.subject, host.choice.candidates[0]["address"])
    reasons = " ".join(reason for _address, _interface, reason in host.notable_rejections)
    if "duplicate address detection failed" in reasons:
        address = next(a for a, _i, reason in host.notable_rejections if "failed" in reason)
        interface = next(i for _a, i, reason in host.notable_rejections if "failed" in reason)
        return (
            f"ip -6 neigh show {address}   # on a neighbour: which machine has it? Change one of the two, then here:\n"
            f"ip -6 addr del {address} dev {interface}; ip -6 addr add <another>/64 dev {interface}"
        )
    if "tentative" in reasons:
        return (
            "ip -6 addr show tentative   # wait until it is empty; if it stays: ip link set {0} down; ip link set"
            " {0} up".format(uplink)
        )
    return "ip -6 addr add <prefix>::<host>/64 dev {}\n{}".format(
        uplink,
        host.persist(
            uplink,
            networkd="[Network]\nAddress=<prefix>::<host>/64",
            manager="ipv6.method manual ipv6.addresses <prefix>::<host>/64",
            netplan="addresses: [<prefix>::<host>/64]",
            ifupdown="address <prefix>::<host>/64",
        ),
    )


@check(
    "address.duplicate",
    title="duplicate addresses on the link",
    why="An address for which duplicate address detection failed stays on the interface and is never used.",
    reference="RFC 4862, 5.4.5",
    remedy="Find the other machine (ip -6 neigh) and change one of the two addresses.",
    needs=("addresses",),
)
def duplicate_address(host, verdict):
    """Duplicates besides the node's own address, which ``address.node`` judges."""
    failed = [entry for entry in host.facts["addresses"] if entry["family"] == 6 and "dadfailed" in entry["flags"]]
    if not failed:
        verdict.passed("none")
    elif not host.choice.address:
        verdict.skip("judged with the node address")
    else:
        entry = failed[0]
        verdict.warn(
            "duplicate address detection failed for {}".format(
                ", ".join("{0[address]} on {0[interface]}".format(entry) for entry in failed)
            ),
            expected="addresses that no other machine has",
            remedy=(
                "ip -6 addr del {0[address]}/{0[prefix]} dev {0[interface]}   # or change the other machine's".format(
                    entry
                )
            ),
        )


def _route_remedy(host, interface, gateway):
    """The commands that add a default route, as exact as what is known of the network allows."""
    via = gateway or host.router(interface) or "<router's address, see: ip -6 neigh; rdisc6 {}>".format(interface)
    words = f"ip -6 route add default via {via} dev {interface}"
    return (
        words
        + "\n"
        + host.persist(
            interface,
            networkd=f"[Network]\nGateway={via}",
            manager=f"ipv6.gateway {via}",
            netplan=f"routes: [{{to: '::/0', via: '{via}'}}]",
            ifupdown=f"gateway {via}",
        )
    )


@check(
    "route.default",
    title="IPv6 default route",
    why=(
        "Without a default route nodes cannot reach each other's services, kubeadm picks no address, and joining the"
        " second node fails."
    ),
    reference="kURL docs/ipv6.md: joining the second node fails",
    remedy="ip -6 route add default via <router> dev <interface>, and in the network configuration.",
    needs=("default_routes", "links"),
)
def default_route(host, verdict):
    """The best default route: there, of a kind that carries packets, with a living gateway."""
    routes = host.facts["default_routes"]
    uplink = host.uplink
    expected = "a default route through a router on {}".format(uplink)
    if not routes:
        observed = "no default route"
        remedy = _route_remedy(host, uplink, "")
        if host.interface_sysctl(uplink, "accept_ra") == "1" and _on(host.sysctl("net.ipv6.conf.all.forwarding")):
            observed += f"; forwarding is on and accept_ra of {uplink} is 1, so that router advertisements are ignored"
            remedy = (
                f"{_write('accept_ra', 2, uplink)}\nrdisc6 {uplink} || ip link set {uplink} down && ip link set"
                f" {uplink} up"
            )
        verdict.fail(observed, expected=expected, remedy=remedy)
        return
    best = routes[0]
    if best["type"] != "unicast":
        others = any(route["type"] == "unicast" for route in routes)
        verdict.fail(
            "the default route is of type {0[type]} (metric {0[metric]})".format(best),
            expected=expected,
            remedy="ip -6 route del {} default metric {}{}".format(
                best["type"], best["metric"], "" if others else "\n" + _route_remedy(host, uplink, "")
            ),
        )
        return
    text = _route_text(best)
    interface = best["interface"]
    dead = [flag for flag in ("dead", "linkdown") if flag in best["flags"]]
    if dead:
        verdict.fail(
            f"{text}: the link is down",
            expected="a link that is up",
            remedy=f"ip link set {interface} up   # and check the cable or the virtual network",
        )
        return
    if not best["gateway"]:
        link = next((entry for entry in host.facts["links"] if entry["name"] == interface), {"flags": []})
        if "pointopoint" in link["flags"] or "noarp" in link["flags"]:
            verdict.passed(f"{text}, a point-to-point link")
        else:
            verdict.warn(
                f"{text} has no gateway: every address of the Internet is looked for on this link",
                expected="a gateway, unless the router answers for all addresses",
                remedy="ip -6 route del default dev {0} metric {1}\n{2}".format(
                    interface, best["metric"], _route_remedy(host, interface, "")
                ),
            )
        return
    if host.gateway_answers(best) is False:
        verdict.warn(
            f"{text}: the gateway does not answer neighbour solicitations",
            expected="a gateway that answers",
            remedy="ping -6 -c 3 -I {0} {1}\nip -6 route replace default via <another router> dev {0}".format(
                interface, best["gateway"]
            ),
        )
        return
    if 0 <= best["expires"] < ABOUT_TO_EXPIRE:
        verdict.warn(
            f"{text} expires in {best['expires']} s: no router advertisement has renewed it",
            expected="router advertisements that arrive in time",
            remedy=f"rdisc6 {interface}   # does the router still answer? else set the route statically:\n"
            + _route_remedy(host, interface, best["gateway"]),
        )
        return
    rivals = [
        route
        for route in routes[1:]
        if route["type"] == "unicast"
        and route["metric"] == best["metric"]
        and route["preference"] == best["preference"]
        and route["interface"] != interface
    ]
    if rivals:
        verdict.warn(
            "several default routes of metric {}: {}".format(
                best["metric"], ", ".join(_route_text(route) for route in [best] + rivals)
            ),
            expected="one best default route: replies must leave where the node's address lives",
            remedy=(
                "ip -6 route change default via {0[gateway]} dev {0[interface]} metric {1}   # the one that is second"
                " best".format(rivals[0], rivals[0]["metric"] + 100)
            ),
        )
        return
    verdict.passed(text)


def _route_text(route):
    text = "default"
    if route["gateway"]:
        text += " via " + route["gateway"]
    text += " dev {}".format(route["interface"])
    sources = {"ra": "learned from router advertisements", "dhcp": "from DHCP", "kernel": "from the kernel"}
    return "{} ({})".format(text, sources.get(route["protocol"], route["protocol"]))


@check(
    "route.survives",
    title="default route once forwarding is on",
    why=(
        "Where the kernel handles router advertisements with accept_ra=1, turning forwarding on deletes the default"
        " route at once. Only the interface's own accept_ra=2 keeps it; networkd and NetworkManager handle"
        " advertisements themselves."
    ),
    reference="kernel ip-sysctl: accept_ra; systemd #27639; kops #12418; kURL docs/ipv6.md: troubleshooting",
    remedy="Nothing: site sets accept_ra=2 on the interface before forwarding.",
    needs=("default_routes", "sysctls"),
)
def route_survives(host, verdict):
    """Who handles router advertisements, and whether the route stays when the host begins to forward."""
    learned = [
        route for route in host.facts["default_routes"] if route["type"] == "unicast" and route["protocol"] == "ra"
    ]
    if not learned:
        verdict.passed("the default route does not come from router advertisements")
        return
    interface = learned[0]["interface"]
    manager = host.facts.get("network_managers", {}).get(interface, "")
    accept = host.interface_sysctl(interface, "accept_ra")
    settings = host.facts.get("networkd", {}).get(interface, {})
    forwards = [key for key in ("IPv6Forwarding", "IPForward") if settings.get(key, "no").lower() in FORWARDING]
    if manager == "networkd" and forwards and settings.get("IPv6AcceptRA", "").lower() not in TRUE:
        verdict.warn(
            "networkd forwards for {} ({}={}) and then ignores router advertisements".format(
                interface, forwards[0], settings[forwards[0]]
            ),
            expected="IPv6AcceptRA=yes beside it",
            remedy=host.persist(
                interface,
                networkd="[Network]\nIPv6AcceptRA=yes",
                manager="",
                netplan="accept-ra: true",
                ifupdown="accept_ra 2",
            ),
        )
    elif manager or accept == "0":
        verdict.passed(
            "{} handles router advertisements on {}".format(manager or "a program, not the kernel,", interface)
        )
    elif accept == "2":
        verdict.passed(f"accept_ra of {interface} is 2")
    else:
        verdict.info(
            f"accept_ra of {interface} is {accept}: forwarding would delete the default route (site will set"
            " accept_ra=2 first)",
            expected=f"net.ipv6.conf.{interface}.accept_ra = 2",
            remedy=_write("accept_ra", 2, interface) + " # site does this",
        )


@check(
    "network.mtu",
    title="MTU for tunnels",
    why=(
        "Pods need an MTU of 1280 at least. The tunnel between nodes takes 70 bytes (Geneve) or 80 (WireGuard) of the"
        " link's."
    ),
    reference="RFC 8200, section 5; Antrea MTU rule",
    remedy="ip link set <interface> mtu 1500, and in the network configuration.",
    needs=("links",),
)
def mtu(host, verdict):
    """The uplink's MTU against the floor of IPv6 and the tunnel's overhead; the route's own MTU counts where it is
    smaller.
    """
    interface = host.choice.interface or host.uplink
    link = next((entry for entry in host.facts["links"] if entry["name"] == interface), None)
    if link is None:
        verdict.skip("no uplink to judge")
        return
    overhead, tunnel = 0, ""
    if host.antrea:
        overhead, tunnel = (WIREGUARD_OVERHEAD, "WireGuard") if host.encrypted else (GENEVE_OVERHEAD, "Geneve")
    needed = MINIMUM_MTU + overhead
    limits = [route["mtu"] for route in host.facts.get("default_routes", [])[:1] if 0 < route["mtu"]]
    actual = min([link["mtu"]] + limits)
    words = f"MTU {actual} on {interface}"
    if tunnel:
        words += f", {actual - overhead} inside {tunnel}"
    if actual < needed:
        verdict.fail(
            words,
            expected=f"at least {needed}" + (f" (1280 and {overhead} for {tunnel})" if tunnel else ""),
            remedy="ip link set {0} mtu 1500\n{1}".format(
                interface,
                host.persist(
                    interface,
                    networkd="[Link]\nMTUBytes=1500",
                    manager="802-3-ethernet.mtu 1500",
                    netplan="mtu: 1500",
                    ifupdown=f"up ip link set {interface} mtu 1500",
                ),
            ),
        )
    else:
        verdict.passed(words)


@check(
    "network.cidr",
    title="pod and service ranges against the host's networks",
    why="A range of the cluster that the host also reaches through its own routes makes one of the two unreachable.",
    reference="kubeadm: pod and service ranges; kubeadm --pod-network-cidr",
    remedy="Choose another podCIDR or serviceCIDR in the spec, or remove the host's route.",
    needs=("routes", "addresses"),
)
def cidr_overlap(host, verdict):
    """Every route and address that overlaps a range of the plan; the cluster's own interfaces do not count."""
    ranges = []
    for name in ("pod_cidr", "service_cidr"):
        network = addressing.parse_network(host.plan.get(name))
        if network is not None:
            ranges.append((name.replace("_cidr", ""), network))
    if not ranges:
        verdict.skip("no pod or service range is planned")
        return
    conflicts = []
    for route in host.facts["routes"]:
        if route["destination"] == "default" or interfaces.of_cluster(route["interface"]):
            continue
        destination = addressing.parse_network(route["destination"])
        if destination is None or destination.prefixlen == 0:
            continue
        for name, network in ranges:
            if not addressing.overlap(destination, network):
                continue
            # On a node of a running cluster the routes to the other nodes' pods are the cluster's own.
            if host.joined and addressing.contains(network, destination):
                continue
            conflicts.append(
                "{} range {} and route {} dev {}".format(name, network, route["destination"], route["interface"])
            )
    for entry in host.facts["addresses"]:
        address = addressing.parse_address(entry["address"]) if entry["family"] == 6 else None
        if address is None or interfaces.of_cluster(entry["interface"]):
            continue
        for name, network in ranges:
            if address in network:
                conflicts.append("{} range {} and address {}".format(name, network, entry["address"]))
    if conflicts:
        more = " and {} more".format(len(conflicts) - 5) if len(conflicts) > 5 else ""
        verdict.fail(
            "; ".join(conflicts[:5]) + more,
            expected="ranges that the host does not reach otherwise",
            remedy=(
                "# choose another antrea.podCIDR or kubernetes.serviceCIDR in the spec, or remove the route from the"
                " host:\nip -6 route show"
            ),
        )
        return
    words = " and ".join(str(network) for _name, network in ranges)
    if host.facts.get("routes_truncated"):
        verdict.info(
            "{} do not overlap the first {} routes of the host, which has more".format(
                words, len(host.facts["routes"])
            ),
            expected="ranges that the host does not reach otherwise",
            remedy="ip -6 route show root {}   # nothing?".format(ranges[0][1]),
        )
    else:
        verdict.passed(f"{words} do not overlap any network of the host")


@check(
    "network.ipv4",
    title="IPv4 on the host",
    why="The host may be dual-stack, but the cluster uses IPv6 only: what was tested here may have gone over IPv4.",
    reference="kURL docs/ipv6.md: limitations",
    remedy="Nothing; NodePorts must be reached on the host's IPv6 address.",
    needs=("addresses", "ipv4_default_routes"),
)
def ipv4(host, verdict):
    """Tell dual-stack hosts from IPv6-only ones."""
    addresses = [
        entry["address"]
        for entry in host.facts["addresses"]
        if entry["family"] == 4 and entry["scope"] == "global" and not interfaces.of_cluster(entry["interface"])
    ]
    if addresses or host.facts["ipv4_default_routes"]:
        verdict.info(
            "dual-stack: {}{}".format(
                ", ".join(addresses[:4]) or "no address",
                ", with an IPv4 default route" if host.facts["ipv4_default_routes"] else "",
            ),
            expected="any; the cluster uses IPv6 only",
        )
    else:
        verdict.passed("IPv6 only")


def exempt(entries, target):
    """Return whether a no_proxy list exempts a network, as Go reads it: by ``*``, an address or a network.

    Arguments:
        entries: the list.
        target: an IPv6Network; a single address is one of length 128.
    """
    for entry in entries:
        if entry == "*":
            return True
        network = addressing.parse_network(entry if "/" in entry else "{}/128".format(entry.strip("[]")))
        if network is not None and addressing.contains(network, target):
            return True
    return False


@check(
    "network.proxy",
    title="proxy",
    why=(
        "With a proxy in the environment kubeadm and kubectl ask it for the API server, too, unless no_proxy names the"
        " nodes' addresses and the service range: bare, without brackets, and ::1."
    ),
    reference="kURL: no_proxy on IPv6; kubeadm: preflight HTTPProxy; golang.org/x/net/http/httpproxy",
    remedy="no_proxy with the nodes' prefix, the service and the pod range, in /etc/environment.",
    needs=("proxy",),
)
def proxy(host, verdict):
    """What no_proxy lacks where a proxy is set."""
    facts = host.facts["proxy"]
    if not facts["https"] and not facts["http"]:
        verdict.passed("none")
        return
    node = addressing.parse_network("{}/128".format(host.choice.address))
    ranges = [addressing.parse_network(host.plan.get(name)) for name in ("service_cidr", "pod_cidr")]
    networks = [network for network in [node] + ranges if network is not None]
    missing = [
        str(network.network_address) if network.prefixlen == 128 else str(network)
        for network in networks
        if not exempt(facts["no_proxy"], network)
    ]
    shown = facts["https"] or facts["http"]
    if missing:
        prefix = addressing.parse_network("{}/64".format(host.choice.address))
        parts = [str(network) for network in [prefix] + ranges if network is not None]
        verdict.warn(
            "{}, and no_proxy lacks {}".format(shown, ", ".join(missing)),
            expected="no_proxy with the nodes, the service and the pod range",
            remedy="echo 'no_proxy={}' >> /etc/environment   # and NO_PROXY for programs that want it".format(
                ",".join(facts["no_proxy"] + ["::1", "localhost"] + parts)
            ),
        )
    else:
        verdict.passed(f"{shown}, not for the cluster's own addresses")


_STATES = {
    "connection-refused": "refuses the connection",
    "connection-timeout": "does not answer",
}


@check(
    "network.proxy-reach",
    title="the proxy answers",
    why=(
        "containerd and what else on a node asks the outside goes through the proxy: one without an IPv6 address, or"
        " behind a firewall, is none for hosts that have only IPv6."
    ),
    reference="kURL docs: installing behind a proxy; kurl.proxyAddress",
    remedy="A proxy with an IPv6 address that lets the nodes in; or kurl.noProxy: true in the spec.",
    needs=("answers",),
)
def proxy_answers(host, verdict):
    """A TCP connection over IPv6 to the spec's proxy, and to those of the host's environment."""
    found = host.facts["answers"].get("proxies") or {}
    if not found:
        verdict.skip("no proxy is used")
        return
    good = [url for url, answer in sorted(found.items()) if answer["state"] == "connected"]
    for url, answer in sorted(found.items()):
        if answer["state"] != "connected":
            verdict.warn(
                "{} {}".format(url, _STATES.get(answer["state"]) or "is not reached: " + answer["message"]),
                expected="a connection over IPv6",
                remedy="curl -6 -v --proxy {} https://registry.k8s.io/v2/".format(url),
            )
    if good:
        verdict.passed("{} over IPv6".format(", ".join(good)))
