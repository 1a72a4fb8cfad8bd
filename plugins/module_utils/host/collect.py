# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0
"""Reads a host once and returns plain data. Judging is the business of the ``checks`` package."""

from ansible_collections.kurl.ipv6.plugins.module_utils.host import (
    kernel,
    listeners,
    netlink,
    packetfilter,
    services,
    storage,
    sysctl,
    system,
)

#: Routes kept in the facts; CIDR overlaps are judged over all of them, but a host may carry full Internet tables.
ROUTE_LIMIT = 20000


def read_network(kernel_netlink):
    """Read links, addresses, routes and routers.

    Arguments:
        kernel_netlink: an object with the methods of ``netlink.Netlink``.
    Returns:
        A map: ``links``, ``addresses``, ``routes`` (IPv6, without the local table), ``routes_truncated``,
        ``default_routes`` (IPv6, main table, best first), ``ipv4_default_routes``, ``routers`` (neighbours that
        announced themselves).
    """
    links = netlink.parse_links(kernel_netlink.links())
    names = {link["index"]: link["name"] for link in links}
    addresses = netlink.parse_addresses(kernel_netlink.addresses(), names)
    routes = [route for route in netlink.parse_routes(kernel_netlink.routes(), names) if route["table"] != 255]
    ipv4 = netlink.parse_routes(kernel_netlink.routes(netlink.socket.AF_INET), names)
    neighbours = netlink.parse_neighbours(kernel_netlink.neighbours(), names)
    return {
        "links": links,
        "addresses": addresses,
        "routes": routes[:ROUTE_LIMIT],
        "routes_truncated": len(routes) > ROUTE_LIMIT,
        "default_routes": default_routes(routes),
        "ipv4_default_routes": [route for route in ipv4 if route["destination"] == "default" and route["table"] == 254],
        "routers": [neighbour for neighbour in neighbours if neighbour["router"]],
        "neighbours": neighbours[:ROUTE_LIMIT],
    }


def default_routes(routes):
    """Return the default routes of the main table, in the order in which the kernel prefers them.

    Metric first; of equal metrics the higher router preference (RFC 4191). Routes for one source prefix only are left
    out, as are the kernel's own placeholder rejects (``::/0 dev lo metric 4294967295 error``).
    """
    order = {"high": 0, "medium": 1, "low": 2}
    found = [
        route
        for route in routes
        if route["destination"] == "default"
        and route["table"] == 254
        and not route["source"]
        and route["metric"] != 0xFFFFFFFF
    ]
    return sorted(found, key=lambda route: (route["metric"], order[route["preference"]]))


def collect(reader, kernel_netlink, probes=None, asked_at=0, environment=None, proxies=()):
    """Read a host.

    Arguments:
        reader: a ``reader.Reader``.
        kernel_netlink: an object with the methods of ``netlink.Netlink``.
        probes: a ``probes.Probes``; without one nothing is sent, and ``gateway`` and the resolvers' ``answers`` are
            unknown.
        asked_at: the controller's time when it asked, seconds since 1970, 0 if unknown.
        environment: the environment variables of commands on the host, none if not given.
        proxies: URLs of proxies that are asked whether they answer.
    Returns:
        ``(facts, errors)``: the facts, and ``{collector: message}`` for collectors that failed; their facts are absent.
    """
    facts = {}
    errors = {}

    def run(name, function):
        try:
            facts.update(function())
        except Exception as error:  # a broken collector must become a finding, never end the others
            errors[name] = f"{type(error).__name__}: {error}"

    run("system", lambda: system.collect(reader))
    run("network", lambda: read_network(kernel_netlink))
    links = facts.get("links", [])
    if probes is not None:
        run("probes", lambda: _ask(probes, facts, proxies))
    run("managers", lambda: {"network_managers": system.network_managers(reader, links)})
    run("kernel", lambda: _kernel(reader, kernel_netlink, facts.get("kernel", "")))
    run("sysctls", lambda: _sysctls(reader, links))
    run("listeners", lambda: {"listeners": listeners.collect(reader)})
    run("services", lambda: services.collect(reader, links, asked_at, environment))
    run("storage", lambda: storage.collect(reader))
    run("packetfilter", lambda: {"packet_filter": packetfilter.collect(reader, facts.get("modules", {}))})
    if probes is not None:
        run("probes", lambda: {"answers": probes.finish()})
    return facts, errors


def _ask(probes, facts, proxies):
    """Send the questions whose answers are read at the end."""
    probes.ask_proxies(proxies)
    links = {link["name"]: link for link in facts.get("links", [])}
    best = next(iter(facts.get("default_routes", [])), None)
    if best and best["gateway"]:
        probes.ask_gateway(best["gateway"], links.get(best["interface"]))
    resolver = facts.get("resolver", {})
    probes.ask_resolvers(resolver.get("servers", []), {name: link["index"] for name, link in links.items()})
    return {}


def _kernel(reader, kernel_netlink, release):
    found = kernel.collect(reader, kernel_netlink, release)
    return {"modules": found.pop("modules"), "kernel_modules": found}


def _sysctls(reader, links):
    # Interfaces that come and go with pods are nobody's configuration, but a container's uplink is of that kind, too:
    # they come last, and not all of them where there are many.
    ordered = sorted(links, key=lambda link: link["kind"] in ("veth", "ifb", "dummy"))
    interfaces = [link["name"] for link in ordered][:64]
    now, later = sysctl.collect(reader, interfaces)
    return {"sysctls": now, "sysctls_persisted": later}
