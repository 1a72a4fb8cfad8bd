# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0
"""Checks of names: the host's own, localhost, and the resolvers that everything else is asked of."""

import re

from ansible_collections.kurl.ipv6.plugins.module_utils.checks import addressing
from ansible_collections.kurl.ipv6.plugins.module_utils.checks.registry import check

#: A lower-case DNS subdomain, which a Node's name must be (RFC 1123; Kubernetes: object names).
NODE_NAME = re.compile(r"^[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)*$")


def _canonical(text):
    """Return an IPv6 address in the form that compares; any other text as it is."""
    return addressing.parse_address(text) or text


def _listed(host, name):
    """Return the addresses that /etc/hosts gives a name."""
    return [entry[0] for entry in host.facts["hosts"] if name in entry[1:]]


@check(
    "name.host",
    title="host name",
    why=(
        "The node is called by it for ever: it must be a lower-case DNS name that is the host's own, and must lead to"
        " no other machine."
    ),
    reference="kURL: system requirements; Kubernetes: object names (RFC 1123)",
    remedy="hostnamectl set-hostname <name>; an entry in /etc/hosts with the node's IPv6 address.",
    needs=("hostname", "hosts"),
)
def host_name(host, verdict):
    """Form of the name, and where /etc/hosts leads it; what is not listed there, site lists."""
    name = host.facts["hostname"]
    suggestion = re.sub(r"[^a-z0-9-]+", "-", host.subject.lower()).strip("-") or "node1"
    if name in ("localhost", "localhost.localdomain", "(none)", ""):
        verdict.fail(
            "the host is called {}".format(name or "nothing"),
            expected="a name of its own",
            remedy=f"hostnamectl set-hostname {suggestion}",
        )
        return
    # kubeadm makes the node's name from it in lower case.
    if len(name) > 253 or not NODE_NAME.match(name.lower()):
        verdict.fail(
            f"{name} cannot be a node's name",
            expected="letters, digits, hyphens and dots, at most 253 characters",
            remedy=f"hostnamectl set-hostname {suggestion}",
        )
        return
    own = {_canonical(entry["address"]) for entry in host.facts.get("addresses", [])}
    listed = [(text, addressing.parse_address(text)) for text in _listed(host, name)]
    strange = [text for text, _address in listed if not text.startswith("127.") and _canonical(text) not in own]
    if strange:
        verdict.warn(
            "/etc/hosts leads {} to {}, which is not on this host".format(name, ", ".join(strange)),
            expected=f"{name} leads to the node's own address",
            remedy="sed -i -E '/^{}[[:space:]].*\\b{}\\b/d' /etc/hosts".format(strange[0], name),
        )
    elif any(address is not None and not address.is_loopback for _text, address in listed):
        verdict.passed("{}, {} in /etc/hosts".format(name, ", ".join(text for text, _address in listed)))
    else:
        verdict.info(
            "{} (site lists all nodes in /etc/hosts)".format(
                "not in /etc/hosts" if not listed else "only as {} in /etc/hosts".format(listed[0][0])
            ),
            expected="the name leads to the node's address",
        )


@check(
    "name.localhost",
    title="localhost",
    why=(
        "kubelet's, kubeadm's and Antrea's probes ask localhost, and the internal load balancer's endpoint is"
        " localhost:6444: the name must lead to the loopback, best to ::1 and 127.0.0.1."
    ),
    reference="Antrea: probes on localhost; kURL docs/ipv6.md: internal load balancer",
    remedy="127.0.0.1 localhost and ::1 localhost in /etc/hosts",
    needs=("hosts",),
)
def localhost(host, verdict):
    """What /etc/hosts says of localhost. Several distributions name only 127.0.0.1 so, which works."""
    listed = _listed(host, "localhost")
    strange = [text for text in listed if text != "::1" and not text.startswith("127.")]
    if strange:
        verdict.fail(
            "/etc/hosts leads localhost to {}".format(", ".join(strange)),
            expected="localhost is ::1 and 127.0.0.1",
            remedy="sed -i -E 's/^({})([[:space:]].*)\\blocalhost\\b/\\1\\2/' /etc/hosts".format("|".join(strange)),
        )
    elif not listed:
        verdict.warn(
            "/etc/hosts does not know localhost",
            expected="localhost is ::1 and 127.0.0.1, without asking a resolver",
            remedy="printf '127.0.0.1 localhost\\n::1 localhost\\n' >> /etc/hosts",
        )
    elif "::1" not in listed:
        verdict.info(
            "only {} in /etc/hosts: programs reach localhost over IPv4".format(", ".join(listed)),
            expected="::1 localhost as well",
            remedy="sed -i -E 's/^::1[[:space:]].*/& localhost/' /etc/hosts   # or: echo '::1 localhost' >> /etc/hosts",
        )
    else:
        verdict.passed(", ".join(listed))


def _loopback(text):
    return text == "::1" or text.startswith("127.") or text in ("0.0.0.0", "::")


def _set_resolver(host):
    """The commands that name a resolver, for the tool that configures the uplink."""
    uplink = host.uplink
    return host.persist(
        uplink,
        networkd="[Network]\nDNS=<resolver's IPv6 address>",
        manager="ipv6.dns <resolver's IPv6 address>",
        netplan="nameservers: {addresses: [<resolver's IPv6 address>]}",
        ifupdown="dns-nameservers <resolver's IPv6 address>",
    )


@check(
    "dns.resolver",
    title="resolvers",
    why=(
        "Pods have IPv6 only, and cluster DNS hands on what it does not know to the host's resolvers: CoreDNS does not"
        " start without any, ends itself where they are the loopback, and cannot reach IPv4 addresses or link-local"
        " ones with a zone."
    ),
    reference="kURL: nameserver check; CoreDNS: forward and loop",
    remedy="A resolver with a global or unique-local IPv6 address, through the tool that configures the network.",
    needs=("resolver",),
)
def resolvers(host, verdict):
    """Those of systemd-resolved behind its stub, else those of resolv.conf."""
    resolver = host.facts["resolver"]
    servers = resolver["servers"]
    source = "/run/systemd/resolve/resolv.conf" if resolver["stub"] else "/etc/resolv.conf"
    expected = "a resolver with an IPv6 address that pods can reach"
    if not servers:
        verdict.fail(f"{source} names none", expected=expected, remedy=_set_resolver(host))
        return
    names = ", ".join(servers[:3])
    if any(_loopback(server) for server in servers):
        verdict.fail(
            f"{names} in {source}: cluster DNS would ask itself and end (plugin/loop)",
            expected=expected,
            remedy=_set_resolver(host),
        )
        return
    usable, zoned = [], []
    for server in servers:
        address = addressing.parse_address(server)
        if address is not None:
            (zoned if "%" in server or address.is_link_local else usable).append(server)
    if usable:
        _answers(host, verdict, usable)
    elif zoned:
        verdict.warn(
            "{}: a link-local address means nothing in a pod".format(", ".join(zoned)),
            expected=expected,
            remedy=_set_resolver(host),
        )
    else:
        verdict.warn(
            f"{names}: IPv4 only, which pods cannot reach"
            + ("" if host.facts.get("ipv4_default_routes") else ", nor can this host"),
            expected=expected,
            remedy=_set_resolver(host),
        )


def _answers(host, verdict, servers):
    """Say whether the resolvers answered, as far as they were asked."""
    asked = (host.facts.get("answers") or {}).get("resolvers", {})
    known = [(server, asked[server]) for server in servers if server in asked]
    answering = [server for server, entry in known if entry["answers"]]
    silent = [
        "{} ({})".format(server, entry["error"].lower() or "no answer")
        for server, entry in known
        if not entry["answers"]
    ]
    words = ", ".join(servers)
    if not known:
        verdict.passed(words)
    elif answering and not silent:
        verdict.passed("{}, which answer{}".format(words, "s" if len(servers) == 1 else ""))
    elif answering:
        verdict.info(
            "{} answer; not: {}".format(", ".join(answering), ", ".join(silent)), expected="resolvers that answer"
        )
    elif host.plan.get("airgap"):
        verdict.info(
            "no resolver answers: {}; an airgapped cluster can do without".format(", ".join(silent)),
            expected="a resolver that answers",
        )
    else:
        verdict.warn(
            "no resolver answers: {}".format(", ".join(silent)),
            expected="a resolver that answers over IPv6",
            remedy="ping -6 -c 3 {0}\ndig @{0} kubernetes.io AAAA   # no answer? name another one:\n{1}".format(
                servers[0], _set_resolver(host)
            ),
        )


@check(
    "dns.nat64",
    title="DNS64 and NAT64",
    why=(
        "With a DNS64 and a NAT64 an IPv6-only host reaches IPv4-only services (github.com, the licence server); what"
        " works here may then not work where there is none."
    ),
    reference="kURL docs/ipv6.md: uploading the licence fails; RFC 7050",
    remedy="Nothing; see the documentation of kURL on IPv6 for sites that need one.",
    needs=("answers",),
)
def nat64(host, verdict):
    """Named where a resolver synthesizes addresses."""
    found = sorted({entry["nat64"] for entry in host.facts["answers"].get("resolvers", {}).values() if entry["nat64"]})
    if found:
        verdict.info(
            "the resolver is a DNS64 for {}: IPv4-only services are reached through a NAT64".format(", ".join(found)),
            expected="any",
        )
    else:
        verdict.skip("no DNS64 was seen")
