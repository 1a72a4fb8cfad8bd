# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0
"""Rules about the network: ranges, the endpoint, proxies, resolvers."""

import ipaddress
import re
from collections import namedtuple
from urllib.parse import urlsplit

from ansible_collections.kurl.ipv6.plugins.module_utils.installer import networks, versions
from ansible_collections.kurl.ipv6.plugins.module_utils.installer.reading import shorten

LOAD_BALANCER_PORT = 6444
API_PORT = 6443
INTERNAL_ENDPOINT = f"localhost:{LOAD_BALANCER_PORT}"

Endpoint = namedtuple("Endpoint", "address internal ha")
Networks = namedtuple("Networks", "pods services node_mask room cluster_dns max_pods")

DNS_NAME = re.compile(r"(?=.{1,253}\Z)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)*[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\Z")


def ranges(spec, score, found):
    """Return the cluster's :class:`Networks`, or None if they cannot be worked out."""
    kubernetes = versions.minor_key(found["kubernetes"]) if "kubernetes" in found else None
    max_pods = _max_pods(spec, score)
    default_pods = networks.OLD_POD_CIDR if kubernetes and kubernetes <= (1, 19) else networks.POD_CIDR
    pods = _range(spec, score, "antrea.podCIDR", default_pods)
    services = _range(spec, score, "kubernetes.serviceCIDR", networks.SERVICE_CIDR)
    if services is not None and not 108 <= services.prefixlen <= 124:
        few = services.prefixlen > 124
        score.fail(
            "spec.cidr.services",
            "kubernetes.serviceCIDR",
            f"{services} has {'fewer than ten addresses' if few else 'more than 20 host bits'}",
            expected="a prefix from /108 to /124; /112 is usual",
            remedy=f"serviceCIDR: {services.network_address}/112",
            mark=spec.mark("kubernetes.serviceCIDR"),
        )
        services = None
    if pods is not None and services is not None and pods.overlaps(services):
        score.fail(
            "spec.cidr.overlap",
            "antrea.podCIDR" if "antrea.podCIDR" in spec.values else "kubernetes.serviceCIDR",
            f"pods {pods} and services {services} overlap",
            expected="two ranges apart",
            remedy=f"podCIDR: {networks.POD_CIDR}\nserviceCIDR: {networks.SERVICE_CIDR}",
            mark=spec.mark("antrea.podCIDR") or spec.mark("kubernetes.serviceCIDR"),
        )
    if pods is None or services is None or kubernetes is None or max_pods is None:
        return None
    try:
        mask = networks.node_mask(pods.prefixlen, kubernetes, max_pods)
    except networks.RangeError as error:
        path = "antrea.podCIDR" if error.rule == "spec.cidr.pods" else "kubernetes.maxPodsPerNode"
        if "antrea.podCIDR" in spec.values:
            path = "antrea.podCIDR"
        score.fail(error.rule, path, str(error), expected=error.expected, remedy=error.remedy, mark=spec.mark(path))
        return None
    room = networks.size(pods, mask)
    if room.nodes < 16:
        score.warn(
            "spec.cidr.nodes",
            "antrea.podCIDR",
            f"{pods} has room for {'one node' if room.nodes == 1 else f'{room.nodes} nodes'} of /{mask}",
            expected="room for all nodes that the cluster will ever have: a node's range cannot be changed later",
            remedy=f"podCIDR: {default_pods}",
            mark=spec.mark("antrea.podCIDR"),
        )
    return Networks(pods, services, mask, room, networks.cluster_dns(services), max_pods)


def _max_pods(spec, score):
    wanted = spec.get("kubernetes.maxPodsPerNode") or 110  # kURL takes 0 for not set
    if not 1 <= wanted <= 65000:
        score.fail(
            "spec.field.value",
            "kubernetes.maxPodsPerNode",
            str(wanted),
            expected="1 to 65000; the kubelet's default is 110",
            remedy="maxPodsPerNode: 110",
            mark=spec.mark("kubernetes.maxPodsPerNode"),
        )
        return None
    return wanted


def _range(spec, score, path, default):
    try:
        return networks.parse(spec.get(path) or default, default)
    except networks.RangeError as error:
        score.fail(
            error.rule,
            path,
            shorten(str(error)),
            expected=error.expected,
            remedy=f"{path.split('.')[1]}: {error.remedy}",
            mark=spec.mark(path),
        )
        return None


def endpoint(spec, score):
    """Return the cluster's :class:`Endpoint`: empty means the first control plane node's address."""
    internal = bool(spec.get("ekco.enableInternalLoadBalancer"))
    address = spec.get("kubernetes.loadBalancerAddress", "").strip()
    first = bool(spec.get("kubernetes.loadBalancerUseFirstPrimary"))
    ha = bool(spec.get("kubernetes.HACluster"))
    chosen = [
        path
        for path, is_set in (
            ("ekco.enableInternalLoadBalancer", internal),
            ("kubernetes.loadBalancerAddress", bool(address)),
            ("kubernetes.loadBalancerUseFirstPrimary", first),
        )
        if is_set
    ]
    if len(chosen) > 1:
        score.fail(
            "spec.endpoint.choice",
            chosen[0],
            " and ".join(chosen),
            expected="one endpoint",
            remedy=f"# keep {chosen[0]} or {chosen[1]}, and remove the other",
            mark=spec.mark(chosen[0]),
        )
        return Endpoint("", False, ha)
    if address:
        return Endpoint(_load_balancer(spec, score, address), False, True)
    if ha and not chosen and spec.has("ekco"):
        score.info(
            "spec.endpoint.ha",
            "kubernetes.HACluster",
            "no load balancer is named, and ekco is in the spec: the internal load balancer is used, as in kURL",
            remedy="ekco:\n  enableInternalLoadBalancer: true",
            mark=spec.mark("kubernetes.HACluster"),
        )
        internal = True
    elif ha and not chosen:
        score.fail(
            "spec.endpoint.ha",
            "kubernetes.HACluster",
            "several control plane nodes and no load balancer",
            expected="an endpoint that outlives each of them",
            remedy='ekco:\n  version: "{}"\n  enableInternalLoadBalancer: true\n'
            "# or kubernetes.loadBalancerAddress: <DNS name of yours>".format(versions.stable("ekco")[-1]),
            mark=spec.mark("kubernetes.HACluster"),
        )
    elif first:
        score.warn(
            "spec.endpoint.ha",
            "kubernetes.loadBalancerUseFirstPrimary",
            "the endpoint is the first control plane node: without it nobody finds the API",
            expected="a load balancer",
            remedy="ekco:\n  enableInternalLoadBalancer: true",
            mark=spec.mark("kubernetes.loadBalancerUseFirstPrimary"),
        )
    return Endpoint(INTERNAL_ENDPOINT if internal else "", internal, ha or internal)


def _load_balancer(spec, score, address):
    """Return ``name:port`` of an external load balancer, empty if it is none."""
    mark = spec.mark("kubernetes.loadBalancerAddress")
    path = "kubernetes.loadBalancerAddress"
    example = "loadBalancerAddress: api.example.com:6443"
    if is_address(address):
        score.fail(
            "spec.endpoint.form",
            path,
            f"{shorten(address)} is an address",
            expected="a DNS name with an AAAA record, with or without a port (S29)",
            remedy=example,
            mark=mark,
        )
        return ""
    name, _colon, port = address.partition(":")
    if not DNS_NAME.match(name) or (_colon and not _port(port)):
        score.fail(
            "spec.endpoint.form",
            path,
            shorten(address),
            expected="a lower-case DNS name, and a port from 1 to 65535 if any",
            remedy=example if not DNS_NAME.match(name.lower()) else f"loadBalancerAddress: {name.lower()}:{API_PORT}",
            mark=mark,
        )
        return ""
    return f"{name}:{int(port) if port else API_PORT}"


def is_address(text):
    """Whether ``host``, ``host:port`` or ``[host]:port`` is an IP address instead of a name."""
    bare = text.strip()
    candidates = [bare, bare.rsplit(":", 1)[0], bare.split("]")[0].lstrip("[")]
    for candidate in candidates:
        try:
            ipaddress.ip_address(candidate.strip("[]").split("%")[0])
            return True
        except ValueError:
            continue
    return bare.count(":") > 1


def _port(text):
    return bool(re.match(r"[0-9]{1,5}\Z", text)) and 1 <= int(text) <= 65535


def proxy(spec, score, nets, point):
    """Return ``(proxy, no_proxy)``: the proxy's URL, and the list of what is not proxied; empty without a proxy."""
    path = "kurl.proxyAddress"
    address = spec.get(path, "").strip()
    more = spec.get("kurl.additionalNoProxyAddresses", [])
    if spec.get("kurl.noProxy"):
        if address:
            score.info("spec.proxy.exceptions", path, "kurl.noProxy is set: no proxy is used", mark=spec.mark(path))
        return "", []
    if not address:
        return "", []
    problem = _proxy_problem(address)
    if problem:
        rule, observed, expected, remedy = (without_password(text) for text in problem)
        score.fail(rule, path, observed, expected=expected, remedy=remedy, mark=spec.mark(path))
        return "", []
    return address, _no_proxy(spec, score, nets, point, more)


def without_password(text):
    """Return a text with the user and the password of a URL in it replaced."""
    return re.sub(r"(//|\s|^)[^/\s@]*@", r"\1***@", text)


def _proxy_problem(address):
    example = "proxyAddress: http://proxy.example.com:3128"
    try:
        parts = urlsplit(address)
        host, _port_number = parts.hostname, parts.port  # a port out of range raises
    except ValueError:
        host, parts = None, None
    bare = address.split("://", 1)[-1].split("/")[0]
    if parts is None or not host or parts.scheme not in ("http", "https"):
        if bare.count(":") > 1 and "[" not in bare:
            host_part, _colon, port_part = bare.rpartition(":")
            shown = f"proxyAddress: http://[{host_part}]:{port_part}"
            return "spec.proxy.form", shorten(address), "an IPv6 address in brackets", shown
        return "spec.proxy.form", shorten(address), "a URL that begins with http:// or https://", example
    if bare.rpartition("@")[2].count(":") > 1 and "[" not in bare:
        host_part, _colon, port_part = bare.rpartition("@")[2].rpartition(":")
        return (
            "spec.proxy.form",
            shorten(address),
            "an IPv6 address in brackets",
            f"proxyAddress: {parts.scheme}://[{host_part}]:{port_part}",
        )
    try:
        literal = ipaddress.ip_address(host.split("%")[0])
    except ValueError:
        return None
    if literal.version == 4:
        return (
            "spec.proxy.family",
            f"{shorten(address)} has an IPv4 address",
            "a proxy that has an IPv6 address",
            example,
        )
    if literal.is_link_local:
        return (
            "spec.proxy.form",
            f"{shorten(address)} has a link-local address",
            "a global or unique-local address",
            example,
        )
    return None


def _no_proxy(spec, score, nets, point, more):
    """Return what is not proxied; kURL's list lacks ``::1`` and holds halves of addresses."""
    entries = {"localhost", "127.0.0.1", "::1", ".svc", ".local", ".default", ".cluster.local", "kubernetes"}
    if nets:
        entries |= {str(nets.pods), str(nets.services)}
    if point.address and not point.internal:
        entries.add(point.address.rsplit(":", 1)[0])
    for section, names in (
        ("kotsadm", ("kotsadm-rqlite", "kotsadm-api-node")),
        ("rook", (".rook-ceph",)),
        ("registry", (".kurl",)),
        ("velero", ("." + spec.get("velero.namespace", "velero"),)),
    ):
        if spec.has(section):
            entries.update(names)
    mark = spec.mark("kurl.additionalNoProxyAddresses")
    for entry in (part for line in more for part in line.split(",")):
        text = entry.strip()
        bare = text.strip("[]")
        try:
            # A bracketed address is understood by few; Go and curl compare the bare one.
            network = ipaddress.ip_network(bare, strict=False)
            if network.version == 4:
                path = "kurl.additionalNoProxyAddresses"
                score.info(
                    "spec.proxy.exceptions", path, f"{shorten(text)} is IPv4, which nothing here uses", mark=mark
                )
            text = bare
        except ValueError:
            pass
        if text:
            entries.add(text)
    return sorted(entries)


def nameserver(spec, score):
    """Return the resolver's address, empty if none or if it cannot be used."""
    path = "kurl.nameserver"
    text = spec.get(path, "").strip()
    if not text:
        return ""
    try:
        address = ipaddress.ip_address(text.strip("[]"))
    except ValueError:
        address = None
    wrong = address is None or address.version == 4 or address.is_loopback or address.is_link_local
    wrong = wrong or address.is_unspecified or address.is_multicast
    if wrong:
        score.fail(
            "spec.nameserver",
            path,
            shorten(text),
            expected="a global or unique-local IPv6 address: pods ask it, and they have no IPv4",
            remedy="nameserver: 2001:4860:4860::8888   # or the address of a resolver of yours",
            mark=spec.mark(path),
        )
        return ""
    return str(address)


def public_address(spec, score):
    """Return the name or IPv6 address for certificates, empty if none or if it is IPv4."""
    path = "kurl.publicAddress"
    text = spec.get(path, "").strip()
    if not text:
        return ""
    mark = spec.mark(path)
    try:
        address = ipaddress.ip_address(text.strip("[]"))
    except ValueError:
        if DNS_NAME.match(text):
            return text
        score.fail(
            "spec.public-address",
            path,
            shorten(text),
            expected="an IPv6 address or a DNS name, without a port",
            remedy="publicAddress: api.example.com",
            mark=mark,
        )
        return ""
    if address.version == 4:
        score.warn(
            "spec.public-address",
            path,
            f"{address} is IPv4 and is left out: NodePorts and certificates are for IPv6",
            expected="an IPv6 address or a DNS name",
            remedy="# remove it, or give the IPv6 address",
            mark=mark,
        )
        return ""
    return str(address)
