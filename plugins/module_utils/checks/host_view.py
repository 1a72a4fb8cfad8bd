# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0
"""What the checks of one host may ask: its facts, its part in the plan, and how its configuration is made to last."""

from ansible_collections.kurl.ipv6.plugins.module_utils.checks import addressing, interfaces, node_address

CONTROL_PLANE = "kube_control_plane"
#: The file of sysctl.d in which the collection persists its parameters.
OWN_SYSCTL_FILE = "90-kurl-ipv6.conf"
#: States of a neighbour (NUD_*) that say it does not answer: incomplete and failed.
UNANSWERED = 0x01 | 0x20


def version(text):
    """Return a version as a tuple of three numbers; what is missing or no number counts as 0, and a leading v is
    dropped.
    """
    numbers = []
    for part in (str(text or "").lstrip("v").split("-", 1)[0].split("+", 1)[0].split(".") + ["0", "0", "0"])[:3]:
        numbers.append(int(part) if part.isdecimal() else 0)
    return tuple(numbers)


class HostView:
    """One host as the checks see it.

    Arguments:
        facts: what ``host.collect`` returned.
        plan: what will be installed; keys as in the documentation of ``host_readiness``. Empty if there is no plan.
        roles: the inventory groups of the host (``kube_control_plane``, ``kube_node``).
        subject: the host's name in the inventory.
        node_ip: the address that the inventory gives, empty if none.
    """

    def __init__(self, facts, plan=None, roles=(), subject="localhost", node_ip=""):
        self.facts = facts
        self.plan = plan or {}
        self.roles = list(roles)
        self.subject = subject
        self.node_ip = node_ip or ""
        self._choice = None

    @property
    def control_plane(self):
        """Whether the host is to be a control plane node; without roles it could become anything, so that it counts as
        one.
        """
        return CONTROL_PLANE in self.roles or not self.roles

    @property
    def antrea(self):
        """The planned Antrea version, empty if Antrea is not planned."""
        return str(self.plan.get("antrea_version") or "")

    @property
    def encrypted(self):
        """Whether the traffic between nodes is to be encrypted by WireGuard."""
        return bool(self.antrea) and self.plan.get("antrea_encryption") == "wireguard"

    @property
    def joined(self):
        """Whether the host already is a node of a cluster."""
        return bool(self.facts.get("kubernetes", {}).get("joined"))

    @property
    def choice(self):
        """The choice of the node's address (``node_address.Choice``)."""
        if self._choice is None:
            self._choice = node_address.choose(
                self.facts.get("addresses", []),
                self.facts.get("links", []),
                self.facts.get("default_routes", []),
                self.node_ip,
            )
        return self._choice

    def sysctl(self, name):
        """Return a kernel parameter's value as text, None if the kernel does not have it."""
        return self.facts.get("sysctls", {}).get(name)

    def interface_sysctl(self, interface, parameter):
        """Return an interface's IPv6 parameter as text, None if unknown."""
        return self.sysctl("net.ipv6.conf.{}.{}".format(interface.replace(".", "/"), parameter))

    def module(self, name):
        """Return a kernel module's state: loaded, builtin, loadable or missing."""
        return self.facts["modules"].get(name, "missing")

    def persisted_interface_sysctl(self, interface, parameter):
        """Return ``{"value", "file"}`` of what an interface's IPv6 parameter will be after a reboot, None if no file
        says.
        """
        name = "net.ipv6.conf.{}.{}".format(interface.replace(".", "/"), parameter)
        return self.facts.get("sysctls_persisted", {}).get(name)

    @staticmethod
    def ours(path):
        """Whether a file of sysctl.d is one that the collection writes."""
        return path.rsplit("/", 1)[-1] == OWN_SYSCTL_FILE

    @staticmethod
    def applied_after_ours(path):
        """Whether a file of sysctl.d is applied after ours at boot: by its name, and sysctl.conf last of all."""
        name = path.rsplit("/", 1)[-1]
        return name == "sysctl.conf" or name > OWN_SYSCTL_FILE

    @property
    def family(self):
        """``rhel`` or ``debian`` for the distributions of those families, else empty."""
        release = self.facts.get("os", {})
        names = {release.get("id", "")} | set(release.get("like", []))
        if names & {"rhel", "centos", "fedora", "rocky", "almalinux", "ol", "amzn"}:
            return "rhel"
        return "debian" if names & {"debian", "ubuntu"} else ""

    @property
    def notable_rejections(self):
        """The rejected addresses worth telling: not loopback, at most five."""
        return [entry for entry in self.choice.rejected if entry[2] != "loopback"][:5]

    @staticmethod
    def same_rank(candidates):
        """Whether the two best candidates differ in nothing but their number: interface, lifetime, kind and prefix
        length.
        """

        def traits(entry):
            address = addressing.parse_address(entry["address"])
            return (
                entry["interface"],
                entry["valid"] == -1,
                address in addressing.UNIQUE_LOCAL,
                entry["prefix"] == 128,
            )

        return len(candidates) > 1 and traits(candidates[0]) == traits(candidates[1])

    def neighbour_state(self, address, interface):
        """Return the state of a neighbour (bits of NUD_*), 0 if the kernel knows nothing of it."""
        for neighbour in self.facts.get("neighbours", []):
            if neighbour["address"] == address and neighbour["interface"] == interface:
                return neighbour["state"]
        return 0

    def gateway_answers(self, route):
        """Return whether a route's gateway answers: True, False, or None if it is not known.

        What was asked just now counts more than what the kernel remembers: an entry that failed once stays for a while.
        """
        asked = (self.facts.get("answers") or {}).get("gateway")
        if asked and (asked["address"], asked["interface"]) == (route["gateway"], route["interface"]):
            return asked["answers"]
        state = self.neighbour_state(route["gateway"], route["interface"])
        return None if not state else not state & UNANSWERED

    @property
    def uplink(self):
        """The interface that most likely leads to the other nodes: the default route's, else the node address's, else
        the first NIC that is up.
        """
        for route in self.facts.get("default_routes", []):
            if route["type"] == "unicast" and route["interface"]:
                return route["interface"]
        if self.choice.interface:
            return self.choice.interface
        nics = [link for link in self.facts.get("links", []) if interfaces.nature(link) == "nic" and not link["master"]]
        for wanted in ("lower_up", "up"):
            for link in nics:
                if wanted in link["flags"]:
                    return link["name"]
        return nics[0]["name"] if nics else "eth0"

    def router(self, interface):
        """Return the link-local address of a router that was heard on an interface, empty if none.

        Nodes of a cluster forward, so that they call themselves routers, too; but they are asked by their global
        addresses, and routers advertise themselves by link-local ones (RFC 4861, 4.2).
        """
        for neighbour in self.facts.get("routers", []):
            if neighbour["interface"] == interface and neighbour["address"].startswith("fe80:"):
                return neighbour["address"]
        return ""

    def persist(self, interface, networkd, manager, netplan, ifupdown):
        """Return the line of a remedy that makes a change of an interface last, for the tool that configures the
        interface.

        Arguments:
            interface: the interface.
            networkd: lines for a systemd-networkd drop-in, joined by ``\\n``.
            manager: arguments for ``nmcli connection modify <connection>``.
            netplan: what belongs under the interface in netplan's YAML.
            ifupdown: what belongs into /etc/network/interfaces.
        """
        tools = self.facts.get("network_tools", [])
        service = self.facts.get("network_managers", {}).get(interface, "")
        if "netplan" in tools:
            return f"# to persist, under {interface} in /etc/netplan/*.yaml: {netplan}; then: netplan apply"
        if service == "NetworkManager" or "ifcfg" in tools:
            connection = f'"$(nmcli -g GENERAL.CONNECTION device show {interface})"'
            return f"nmcli connection modify {connection} {manager}   # to persist"
        if service == "networkd" or "networkd" in tools:
            lines = networkd.replace("\n", "; ")
            where = f"the .network file of {interface} (networkctl status {interface} names it)"
            return f"# to persist, in {where}: {lines}; then: networkctl reload"
        if "ifupdown" in tools:
            return f"# to persist, under 'iface {interface} inet6' in /etc/network/interfaces: {ifupdown}"
        return f"# to persist, in the host's network configuration, for {interface}: {ifupdown}"
