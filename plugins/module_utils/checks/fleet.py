# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0
"""Checks over all hosts together, on the controller: what must be different on each, and what must agree."""

from ansible_collections.kurl.ipv6.plugins.module_utils.checks import addressing, disks
from ansible_collections.kurl.ipv6.plugins.module_utils.checks.registry import check


class Fleet:
    """All hosts of the play.

    Arguments:
        hosts: ``{name in the inventory: facts}`` of the hosts that could be read.
        plan: what will be installed.
        control_planes: names of the hosts that are to be control plane nodes.
        now: the controller's time, seconds since 1970; 0 if unknown.
    """

    #: The subject of what is said of all hosts.
    subject = "all hosts"

    def __init__(self, hosts, plan=None, control_planes=(), now=0):
        self.facts = {"hosts": hosts}
        self.hosts = hosts
        self.plan = plan or {}
        self.now = now
        self.control_planes = [name for name in control_planes if name in hosts]

    def values(self, read):
        """Return ``{value: [host names]}``; ``read`` gets a host's facts, and what it returns empty is left out."""
        found = {}
        for name, facts in self.hosts.items():
            value = read(facts)
            if value:
                found.setdefault(value, []).append(name)
        return found


def _unique(fleet, verdict, read, what, expected, remedy):
    """Judge a value that every host must have for itself; ``remedy`` is made from the value."""
    values = fleet.values(read)
    if not values:
        verdict.skip("not known of any host")
        return
    twice = {value: names for value, names in values.items() if len(names) > 1}
    for value, names in sorted(twice.items()):
        for name in names:
            verdict.fail(
                "{} {} on {} hosts: {}".format(what, value, len(names), ", ".join(names[:6])),
                subject=name,
                expected=expected,
                remedy=remedy(value),
            )
    if not twice:
        verdict.passed("each host has its own")


@check(
    "fleet.hostname",
    title="host names of all hosts",
    why="Nodes are called by their host names: of two with one name the second takes the first one's place.",
    reference="kubeadm: unique hostname, MAC address and product_uuid for every node",
    remedy="hostnamectl set-hostname <name> on all but one.",
    stage="fleet",
)
def host_names(fleet, verdict):
    """Unique; upper and lower case are the same."""
    _unique(
        fleet,
        verdict,
        lambda facts: str(facts.get("hostname") or "").lower(),
        "host name",
        "a host name of its own for each host",
        "hostnamectl set-hostname <another name than {}>".format,
    )


@check(
    "fleet.machine-id",
    title="machine-ids of all hosts",
    why="Machines cloned from one image get one DHCPv6 lease and one stable privacy address.",
    reference="machine-id(5); RFC 7217",
    remedy="rm /etc/machine-id && systemd-machine-id-setup && reboot",
    stage="fleet",
)
def machine_ids(fleet, verdict):
    """Unique."""
    _unique(
        fleet,
        verdict,
        lambda facts: str(facts.get("machine_id") or ""),
        "machine-id",
        "a machine-id of its own for each host",
        lambda value: "rm -f /etc/machine-id /var/lib/dbus/machine-id && systemd-machine-id-setup && reboot",
    )


@check(
    "fleet.product-uuid",
    title="product UUIDs of all hosts",
    why="kubeadm tells machines apart by it; cloned virtual machines may share it.",
    reference="kubeadm: unique hostname, MAC address and product_uuid for every node",
    remedy="A new UUID in the virtual machine's definition.",
    stage="fleet",
)
def product_uuids(fleet, verdict):
    """Unique; containers have their machine's, and some firmware has none worth the name."""
    _unique(
        fleet,
        verdict,
        lambda facts: "" if facts.get("container") or _worthless(facts) else str(facts["product_uuid"]).lower(),
        "product UUID",
        "a UUID of its own for each virtual machine",
        lambda value: "# give all but one of the virtual machines a new UUID in the hypervisor",
    )


def _worthless(facts):
    """Whether a UUID says nothing: absent, all zeros, all ones, or the running numbers of a careless vendor."""
    text = str(facts.get("product_uuid") or "").replace("-", "").lower()
    return not text or len(set(text)) <= 2 or text.startswith("0300020004000500")


@check(
    "fleet.address",
    title="node addresses of all hosts",
    why="Two hosts with one address lose each other's packets; duplicate address detection sees one link only.",
    reference="RFC 4862, 5.4",
    remedy="Another address for all but one, or the right node_ip in the inventory.",
    stage="fleet",
)
def addresses(fleet, verdict):
    """Unique among the chosen node addresses."""
    _unique(
        fleet,
        verdict,
        lambda facts: str(facts.get("node_ip") or ""),
        "node address",
        "an address of its own for each host",
        lambda value: f"ip -6 addr show to {value}   # change it on all but one, or name another: node_ip",
    )


@check(
    "fleet.mac",
    title="hardware addresses of all hosts",
    why="Two hosts with one hardware address on one link get one address by autoconfiguration.",
    reference="kubeadm: unique hostname, MAC address and product_uuid for every node",
    remedy="A new hardware address in the virtual machine's definition.",
    stage="fleet",
)
def hardware_addresses(fleet, verdict):
    """Unique among the interfaces of the node addresses."""

    def mac(facts):
        wanted = facts.get("node_interface")
        return next((link["mac"] for link in facts.get("links", []) if wanted and link["name"] == wanted), "")

    _unique(
        fleet,
        verdict,
        mac,
        "hardware address",
        "a hardware address of its own for each host",
        lambda value: f"ip link | grep -B1 {value}   # give all but one of the machines another one",
    )


@check(
    "fleet.mtu",
    title="MTU of all hosts",
    why="Hosts on one link with different MTUs lose large packets: no router is there to say packet-too-big.",
    reference="RFC 8200, section 5; RFC 4861, 6.3.4",
    remedy="ip link set <interface> mtu <the common value>, and in the network configuration.",
    stage="fleet",
)
def mtus(fleet, verdict):
    """The same on the interfaces of all node addresses that share a prefix."""
    groups = {}
    for name, facts in fleet.hosts.items():
        address = addressing.parse_address(facts.get("node_ip"))
        link = next((one for one in facts.get("links", []) if one["name"] == facts.get("node_interface")), None)
        if address is not None and link is not None:
            prefix = addressing.parse_network("{}/64".format(address))
            groups.setdefault(prefix, {}).setdefault(link["mtu"], []).append((name, link["name"]))
    different = {prefix: values for prefix, values in groups.items() if len(values) > 1}
    for prefix, values in sorted(different.items()):
        common = max(values, key=lambda mtu: (len(values[mtu]), mtu))
        for mtu, members in sorted(values.items()):
            for name, interface in members:
                if mtu != common:
                    verdict.warn(
                        "MTU {} in {}, where {} of {} hosts have {}".format(
                            mtu, prefix, len(values[common]), sum(map(len, values.values())), common
                        ),
                        subject=name,
                        expected="one MTU on one link",
                        remedy=f"ip link set {interface} mtu {common}   # and in the network configuration",
                    )
    if not different:
        verdict.passed("the same on each link")


@check(
    "fleet.ranges",
    title="node addresses against the cluster's ranges",
    why="A node inside the pod or service range is not reached by pods: the address means something else to them.",
    reference="kubeadm: pod and service ranges",
    remedy="Choose another podCIDR or serviceCIDR in the spec.",
    stage="fleet",
)
def ranges(fleet, verdict):
    """No node address lies in a range of the plan, on whichever host the range would matter."""
    networks = [
        (name.replace("_cidr", ""), addressing.parse_network(fleet.plan.get(name)))
        for name in ("pod_cidr", "service_cidr")
    ]
    networks = [(name, network) for name, network in networks if network is not None]
    if not networks:
        verdict.skip("no pod or service range is planned")
        return
    bad = False
    for host, facts in fleet.hosts.items():
        address = addressing.parse_address(facts.get("node_ip"))
        for name, network in networks:
            if address is not None and address in network:
                bad = True
                verdict.fail(
                    f"{address} is inside the {name} range {network}",
                    subject=host,
                    expected="ranges without any node",
                    remedy="# choose another antrea.podCIDR or kubernetes.serviceCIDR in the spec",
                )
    if not bad:
        verdict.passed("no node is inside a range")


@check(
    "fleet.clock",
    title="clocks of all hosts",
    why="Certificates made on a host whose clock is ahead are not yet valid on the others; etcd and Ceph warn of skew.",
    reference="kURL: host preflight NTP Status; X.509 validity",
    remedy="chronyc makestep on the hosts that are off, with one time source for all.",
    stage="fleet",
)
def clocks(fleet, verdict):
    """Clocks that were ahead of the controller's when they were read: ahead even of the time at which it judges them.

    What is behind each host says itself. The mesh measures exactly; this needs no more than the facts.
    """
    if not fleet.now:
        verdict.skip("the controller's time is not known")
        return
    ahead = {}
    for name, facts in fleet.hosts.items():
        clock = facts.get("clock")
        now = clock.get("now") if isinstance(clock, dict) else None
        if isinstance(now, (int, float)) and now > fleet.now + AHEAD:
            ahead[name] = now - fleet.now
    for name, seconds in sorted(ahead.items()):
        verdict.warn(
            "at least {:.0f} s ahead of the controller's".format(seconds),
            subject=name,
            expected="clocks that agree",
            remedy="chronyc makestep || timedatectl set-ntp true   # and look at the controller's clock, too",
        )
    if not ahead:
        verdict.passed("none is ahead of the controller's")


#: Seconds that a host's clock may be ahead of the controller's.
AHEAD = 3


@check(
    "fleet.control-plane",
    title="number of control plane nodes",
    why="etcd goes on while more than half of its members live: 2 members bear no loss, just as 1 does.",
    reference="etcd FAQ: odd number of members",
    remedy="1 or 3 hosts in the group kube_control_plane.",
    stage="fleet",
)
def control_planes(fleet, verdict):
    """An even number bears no more losses than the odd one below it."""
    number = len(fleet.control_planes)
    if not number:
        verdict.skip("no host is in the group kube_control_plane")
    elif number % 2 == 0:
        verdict.info(
            f"{number}: bears the loss of no more nodes than {number - 1} would", expected="an odd number: 1, 3 or 5"
        )
    else:
        verdict.passed(str(number))


@check(
    "fleet.system",
    title="systems of all hosts",
    why="kURL asks for one distribution on all nodes; different ones differ in packet filter, cgroups and kernel.",
    reference="kURL: system requirements",
    remedy="Nothing, unless something does not work.",
    stage="fleet",
)
def systems(fleet, verdict):
    """Different distributions are told."""
    values = fleet.values(
        lambda facts: " ".join([facts.get("os", {}).get("id", ""), facts.get("os", {}).get("version", "")]).strip()
    )
    if len(values) > 1:
        verdict.info(
            "; ".join(
                "{}: {} host{}".format(value, len(names), "s" if len(names) > 1 else "")
                for value, names in sorted(values.items())
            ),
            expected="one distribution",
        )
    else:
        verdict.passed(next(iter(values), "unknown"))


@check(
    "fleet.ipv4",
    title="IPv4 among the hosts",
    why="Where only some hosts have IPv4, what works on those by accident fails on the others.",
    reference="kURL docs/ipv6.md: limitations",
    remedy="Nothing; the cluster uses IPv6 only.",
    stage="fleet",
)
def ipv4(fleet, verdict):
    """Some hosts dual-stack, some not."""

    def kind(facts):
        return "dual-stack" if facts.get("ipv4_default_routes") else "IPv6-only"

    values = fleet.values(kind)
    if len(values) > 1:
        verdict.info(
            "{} dual-stack hosts, {} IPv6-only ones".format(len(values["dual-stack"]), len(values["IPv6-only"])),
            expected="any",
        )
    else:
        verdict.passed("all {}".format(next(iter(values), "unknown")))


@check(
    "fleet.rook",
    title="block devices for Rook on all hosts",
    why="Rook stores on raw devices; without one on any host there are no volumes, and add-ons that need them wait.",
    reference="kURL: block device preflight; Rook: prerequisites",
    remedy="Attach an empty disk of 10 GiB or more to one host at least, best to three.",
    stage="fleet",
)
def rook_devices(fleet, verdict):
    """One host with a device that the spec means and that is empty, at least; hosts on which Rook already runs have
    their own. As many hosts as copies, where the spec says how many.
    """
    if not fleet.plan.get("rook_version"):
        verdict.skip("Rook is not planned")
        return
    known = {
        name: facts
        for name, facts in fleet.hosts.items()
        if isinstance(facts.get("block_devices"), list) and disks.meant(facts, fleet.plan)
    }
    meant = {name: facts for name, facts in known.items() if disks.choice(facts, fleet.plan).chosen}
    holders = [
        name for name, facts in meant.items() if any(not reason for _device, reason in disks.judged(facts, fleet.plan))
    ]
    running = [name for name in meant if (meant[name].get("remains") or {}).get("rook")]
    storing = sorted(set(holders) | set(running))
    copies = int(fleet.plan.get("rook_ceph_replica_count") or 0)
    if not known:
        verdict.skip("the disks are the machines', not the containers'")
    elif not meant:
        verdict.fail(
            "rook.nodes of the spec names none of the hosts: {}".format(
                ", ".join(str(node.get("name")) for node in fleet.plan.get("rook_nodes") or [])
            ),
            expected="names of hosts, as hostname says them",
            remedy="# put the hosts' own names into rook.nodes: {}".format(
                ", ".join(str(facts.get("hostname")) for facts in list(known.values())[:8])
            ),
        )
    elif storing and copies > len(storing):
        verdict.fail(
            "{} copies of the data, and an empty device or Rook's own on {} of {} hosts".format(
                copies, len(storing), len(known)
            ),
            expected="a host for each copy: Ceph puts no two on one",
            remedy="# in the spec: rook.cephReplicaCount: {}, or attach disks to more hosts".format(len(storing)),
        )
    elif holders:
        verdict.passed("an empty device on {} of {} hosts".format(len(holders), len(known)))
    elif running:
        verdict.passed("Rook's data is on {} of {} hosts".format(len(running), len(known)))
    else:
        verdict.fail(
            "no host has a device that Rook would take",
            expected="an empty disk or partition of at least {} on one host".format(disks.size(disks.WANTED)),
            remedy="lsblk -o NAME,SIZE,TYPE,FSTYPE,MOUNTPOINT   # the findings disk.rook say why not each device",
        )
