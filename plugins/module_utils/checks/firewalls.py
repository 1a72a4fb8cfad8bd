# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0
"""Checks of the host's firewalls: what would keep the nodes' and the pods' packets out."""

from ansible_collections.kurl.ipv6.plugins.module_utils.checks import addressing, ports
from ansible_collections.kurl.ipv6.plugins.module_utils.checks.registry import check

#: Ports that a finding lists.
LISTED = 6


def _numbers(host, protocol):
    return sorted(
        {port.number for port in ports.planned(host) if port.protocol == protocol and port.bind != ports.LOOPBACK}
    )


def _expected(host):
    """Say which ports other nodes must reach."""
    words = [
        "{} {}".format(protocol.upper(), ", ".join(map(str, _numbers(host, protocol))))
        for protocol in ("tcp", "udp")
        if _numbers(host, protocol)
    ]
    return "{} from the other nodes".format(" and ".join(words))


def _nodes(host):
    """Return the network in which the other nodes most likely are, the /64 of the node's address; None if unknown."""
    return addressing.parse_network("{}/64".format(host.choice.address)) if host.choice.address else None


def _covered(sources, network):
    """Return whether one of these sources holds a whole network."""
    if network is None:
        return False
    known = [addressing.parse_network("::/0" if source == "any" else source) for source in sources]
    return any(source is not None and addressing.contains(source, network) for source in known)


@check(
    "firewall.firewalld",
    title="firewalld",
    why=(
        "firewalld's zones drop what is not named: the nodes' ports, and forwarded packets of pods. Its reverse path"
        " filter for IPv6 drops pods' packets that come back by another interface."
    ),
    reference="kURL: firewalldConfig; docs/ipv6.md: host requirements; firewalld.zone(5)",
    remedy="Trust the other nodes and the pod range, or systemctl disable --now firewalld.",
    needs=("firewall",),
)
def firewalld(host, verdict):
    """Runs or not, and whether it trusts the nodes and, as the case ``forward``, the pods; the mesh tells the rest."""
    facts = host.facts["firewall"]
    if not facts["firewalld"]:
        verdict.passed("not running")
        return
    zones = facts.get("firewalld_trusted") or {}
    everything = facts.get("firewalld_default") in zones
    sources = [source for listed in zones.values() for source in listed]
    restart = "systemctl restart firewalld   # or without it: systemctl disable --now firewalld"
    if everything or _covered(sources, _nodes(host)):
        verdict.passed("running, and trusts the nodes' network")
    else:
        verdict.warn(
            "running",
            expected=_expected(host),
            remedy="firewall-cmd --permanent --zone=trusted --add-source={}\n{}".format(
                _nodes(host) or "<the nodes' prefix>", restart
            ),
        )
    ranges = [host.plan[name] for name in ("pod_cidr", "service_cidr") if host.plan.get(name)]
    strange = [] if everything else [text for text in ranges if not _covered(sources, addressing.parse_network(text))]
    if ranges and (strange or facts["firewalld_rpfilter"]):
        lines = ["firewall-cmd --permanent --zone=trusted --add-source={}".format(text) for text in strange]
        if facts["firewalld_rpfilter"]:
            lines.append("sed -i 's/^IPv6_rpfilter=.*/IPv6_rpfilter=no/' /etc/firewalld/firewalld.conf")
        words = ["does not trust {}".format(", ".join(strange))] if strange else []
        words += ["has a reverse path filter"] if facts["firewalld_rpfilter"] else []
        verdict.warn(
            "firewalld " + " and ".join(words),
            case="forward",
            title="firewalld and the pods' packets",
            expected="the pods' and the services' packets pass",
            remedy="\n".join(lines + [restart]),
        )


def _lets_in(rules, network, protocol, number):
    """Return whether ufw's rules let packets from a whole network in to a port."""
    for rule in rules:
        if rule["protocol"] in ("any", protocol) and _covered([rule["source"]], network):
            spans = [part.partition(":") for part in rule["ports"].split(",")]
            if rule["ports"] == "any" or any(
                low.isdecimal() and int(low) <= number <= int(high if high.isdecimal() else low)
                for low, _colon, high in spans
            ):
                return True
    return False


def _missing(host, rules, network):
    """Return which ports, as words, rules do not open to a whole network."""
    return [
        "{} {}".format(protocol.upper(), number)
        for protocol in ("tcp", "udp")
        for number in _numbers(host, protocol)
        if not _lets_in(rules, network, protocol, number)
    ]


@check(
    "firewall.ufw",
    title="ufw",
    why="ufw drops what arrives and what is forwarded unless told otherwise: the nodes' ports, and pods' packets.",
    reference="kURL: ufwConfig; ufw(8)",
    remedy="Allow the other nodes and route pods, or ufw disable.",
    needs=("firewall",),
)
def ufw(host, verdict):
    """On or off, whether its rules let the nodes in and, as the case ``forward``, what it does with pods' packets."""
    facts = host.facts["firewall"]
    if not facts["ufw"]:
        verdict.passed("off")
        return
    network = _nodes(host)
    missing = _missing(host, facts.get("ufw_rules") or [], network)
    reload = "ufw reload   # or without it: ufw disable"
    if not missing:
        verdict.passed("on, and lets the nodes' network in to every port")
    else:
        verdict.warn(
            "on, and no rule lets the nodes in to {}".format(", ".join(missing[:LISTED])),
            expected=_expected(host),
            remedy="ufw allow from {}\n{}".format(network or "<the nodes' prefix>", reload),
        )
    pods = host.plan.get("pod_cidr")
    if pods and facts["ufw_forward"].upper() != "ACCEPT":
        verdict.warn(
            "ufw drops forwarded packets{}".format(
                " (DEFAULT_FORWARD_POLICY={})".format(facts["ufw_forward"]) if facts["ufw_forward"] else ""
            ),
            case="forward",
            title="ufw and the pods' packets",
            expected="the pods' packets pass",
            remedy="ufw route allow from {0}\nufw route allow to {0}\nufw allow from {0}\n{1}".format(pods, reload),
        )


@check(
    "firewall.policy",
    title="packet filter",
    why=(
        "A chain whose policy is drop lets pass only what its rules name: of the nodes' ports, of ICMPv6 (neighbour"
        " discovery and packet-too-big, without which IPv6 does not work), of the pods' forwarded packets."
    ),
    reference="RFC 4890; nft(8), ip6tables(8)",
    remedy="Accept the other nodes' packets and ICMPv6 in that chain, or set its policy to accept.",
    needs=("packet_filter", "firewall"),
)
def policy(host, verdict):
    """Chains for arriving packets that drop by policy; as the case ``forward`` those for forwarded ones. firewalld and
    ufw have checks of their own.
    """
    found = host.facts["packet_filter"]
    if host.facts["firewall"]["firewalld"] or host.facts["firewall"]["ufw"]:
        verdict.skip("judged with firewalld or ufw")
        return
    dropping = {
        hook: [chain for chain in found["chains"] if chain["policy"] == "drop" and chain["hook"] == hook]
        for hook in ("input", "forward")
    }
    network = _nodes(host)
    closed = [(chain, _missing(host, chain.get("accepts") or [], network)) for chain in dropping["input"]]
    closed = [(chain, missing) for chain, missing in closed if missing]
    if closed:
        _drops(
            verdict,
            [chain for chain, _missing_there in closed],
            _expected(host) + ", and ICMPv6",
            ", and no rule lets the nodes in to {}".format(", ".join(closed[0][1][:LISTED])),
        )
    elif dropping["input"]:
        verdict.passed("rules let the nodes' network in to every port before a policy drops")
    elif found["reverse_path"] and not host.joined:
        verdict.info(
            "a rule drops packets by their way back (reverse path filter)", expected="none on the nodes' interfaces"
        )
    else:
        verdict.passed("no chain for arriving packets drops by policy")
    if dropping["forward"]:
        _drops(
            verdict,
            dropping["forward"],
            "rules that accept the pods' packets and ICMPv6",
            case="forward",
            title="packet filter and the pods' packets",
        )


def _drops(verdict, chains, expected, words="", **more):
    """Warn of chains that drop by policy."""
    names = ["{family} {table} {chain} ({hook})".format(**chain) for chain in chains]
    first = chains[0]
    if first["family"] == "legacy":
        remedy = "ip6tables-legacy -S\nip6tables-legacy -P {} ACCEPT   # or accept the nodes' prefix in it".format(
            first["chain"]
        )
    else:
        remedy = (
            "nft list chain {family} {table} {chain}\nnft insert rule {family} {table} {chain} ip6 saddr"
            " <the nodes' prefix> accept   # and in the file that makes it".format(**first)
        )
    verdict.warn("drop by policy: {}{}".format(", ".join(names[:4]), words), expected=expected, remedy=remedy, **more)
