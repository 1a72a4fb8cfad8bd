# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0
"""Checks of the running kernel: its modules, and the parameters that make a host a router for its pods."""

from ansible_collections.kurl.ipv6.plugins.module_utils.checks.host_view import version
from ansible_collections.kurl.ipv6.plugins.module_utils.checks.registry import check

PRESENT = ("loaded", "builtin")
#: What an ip6tables of the legacy kind needs besides ip6_tables itself.
IP6_TABLES = ("ip6table_filter", "ip6table_mangle", "ip6table_nat", "ip6table_raw")


def _install(host, module):
    """Return the commands that bring a module onto the host, as its distribution packages it."""
    kernel = host.facts.get("kernel", "")
    information = host.facts.get("kernel_modules", {})
    if host.facts.get("container"):
        return f"modprobe {module}   # on the machine that runs this container; its kernel must have been built with it"
    if module in information.get("forbidden", []):
        return (
            f"grep -rlE '^install +{module} ' /etc/modprobe.d /usr/lib/modprobe.d   # remove that line, then: modprobe"
            f" {module}"
        )
    if not information.get("can_load", True):
        return f"# this kernel ({kernel}) cannot load modules: boot the distribution's stock kernel"
    if not information.get("modules_folder", True):
        return f"reboot   # the modules of the running kernel {kernel} are no longer on disk: it was updated"
    load = f"modprobe {module} && echo {module} > /etc/modules-load.d/{module}.conf"
    distribution = host.facts.get("os", {}).get("id", "")
    if module == "wireguard" and version(kernel) < (5, 6, 0):
        wanted = {
            "ubuntu": "apt-get install -y wireguard",
            "debian": "apt-get install -y wireguard-dkms linux-headers-$(uname -r)   # from backports",
        }.get(
            distribution,
            "dnf install -y elrepo-release epel-release && dnf install -y kmod-wireguard wireguard-tools",
        )
        return f"{wanted}\nreboot   # see https://www.wireguard.com/install/\n{load}"
    if distribution == "ubuntu":
        return f"apt-get install -y linux-modules-extra-$(uname -r) && {load}"
    if host.family == "rhel":
        return f"dnf install -y kernel-modules-extra-$(uname -r) kernel-modules-$(uname -r) && {load}"
    if distribution == "debian":
        return (
            f"apt-get install -y linux-image-amd64 && reboot   # cloud and minimal kernels lack modules; then: {load}"
        )
    return f"# boot a kernel that has {module}, then: {load}"


def _judge(host, verdict, module, needed, why_not="", told=False):
    """Judge one module.

    Arguments:
        needed: what needs it, empty if nothing planned does; ``why_not`` says why then.
        told: whether its absence is worth knowing although nothing planned needs it.
    """
    state = host.module(module)
    forbidden = module in host.facts.get("kernel_modules", {}).get("forbidden", [])
    if state in PRESENT:
        verdict.passed("built into the kernel" if state == "builtin" else "loaded")
    elif not needed:
        say = verdict.info if told and state == "missing" else verdict.skip
        say(
            "{}, not needed: {}".format("can be loaded" if state == "loadable" else "missing", why_not or "not planned")
        )
    elif state == "loadable" and not forbidden:
        verdict.info(
            "can be loaded (site will load and persist it)",
            expected=f"loaded now and at boot for {needed}",
            remedy=f"modprobe {module} && echo {module} > /etc/modules-load.d/{module}.conf   # site does this",
        )
    else:
        observed = "modprobe.d forbids loading it" if forbidden else "missing"
        if module in host.facts.get("kernel_modules", {}).get("configured_modules", []):
            observed += ": the kernel was built with it as a module, but the module is not on disk"
        verdict.fail(
            f"{observed} (kernel {host.facts.get('kernel', 'unknown')})",
            expected=f"available: {needed} needs it",
            remedy=_install(host, module),
        )


@check(
    "module.br_netfilter",
    title="kernel module br_netfilter",
    why="Without it packets between pods on one bridge pass by ip6tables, and Services fail for them.",
    reference="kURL docs/ipv6.md: host requirements",
    remedy="modprobe br_netfilter, and in /etc/modules-load.d",
    needs=("modules",),
)
def br_netfilter(host, verdict):
    """Needed by every node."""
    _judge(host, verdict, "br_netfilter", "every node")


@check(
    "module.overlay",
    title="kernel module overlay",
    why="containerd unpacks images on overlayfs.",
    reference="containerd: getting started",
    remedy="modprobe overlay, and in /etc/modules-load.d",
    needs=("modules",),
)
def overlay(host, verdict):
    """Needed by containerd."""
    _judge(host, verdict, "overlay", "containerd")


@check(
    "module.nf_conntrack",
    title="kernel module nf_conntrack",
    why="kube-proxy and Open vSwitch track connections.",
    reference="Antrea: requirements of the datapath",
    remedy="modprobe nf_conntrack, and in /etc/modules-load.d",
    needs=("modules",),
)
def nf_conntrack(host, verdict):
    """Needed by kube-proxy."""
    _judge(host, verdict, "nf_conntrack", "kube-proxy")


def wraps_iptables(antrea):
    """Whether an Antrea version chooses between the legacy and the nft backend of ip6tables by itself
    (antrea-io/antrea#3243).
    """
    number = version(antrea)
    return number >= (1, 5, 1) or (1, 2, 4) <= number < (1, 3, 0)


@check(
    "module.ip6_tables",
    title="ip6tables in the kernel",
    why=(
        "kube-proxy and antrea-agent program ip6tables. Antrea before 1.5.1 knows only the legacy tables and crashes"
        " without the"
        " module: Table does not exist (do you need to insmod?)."
    ),
    reference="kURL docs/ipv6.md: the networking check fails; antrea-io/antrea#3243",
    remedy="modprobe ip6_tables, and in /etc/modules-load.d",
    needs=("modules",),
)
def ip6_tables(host, verdict):
    """The legacy tables, or nf_tables with its compatibility layer where everything planned can use that."""
    legacy = [name for name in ("ip6_tables",) + IP6_TABLES if host.module(name) == "missing"]
    nft = host.module("nf_tables") != "missing" and host.module("nft_compat") != "missing"
    legacy_needed = host.antrea and not wraps_iptables(host.antrea)
    if not legacy:
        state = host.module("ip6_tables")
        if state in PRESENT:
            verdict.passed("built into the kernel" if state == "builtin" else "loaded")
        else:
            _judge(host, verdict, "ip6_tables", "kube-proxy")
    elif nft and not legacy_needed:
        verdict.passed("nf_tables with its ip6tables layer; the legacy tables are not needed")
    elif "ip6_tables" not in legacy and not legacy_needed and host.module("ip6_tables") in PRESENT and nft:
        verdict.passed("nf_tables")
    else:
        first = legacy[0]
        who = f"Antrea {host.antrea}, which knows only the legacy tables," if legacy_needed else "kube-proxy"
        verdict.fail(
            "missing: {} (kernel {})".format(", ".join(legacy), host.facts.get("kernel", "unknown")),
            expected=(
                "ip6_tables with filter, mangle, nat and"
                f" raw{'' if legacy_needed else ', or nf_tables with nft_compat'}: {who} needs it"
            ),
            remedy=_install(host, first),
        )


@check(
    "module.wireguard",
    title="kernel module wireguard",
    why=(
        "Antrea encrypts the traffic between nodes with WireGuard unless the spec says isEncryptionDisabled. kURL"
        " loads the module but"
        " never persists it."
    ),
    reference="kURL docs/ipv6.md: limitations, host requirements",
    remedy=(
        "Install WireGuard for the distribution (https://www.wireguard.com/install/), reboot, or set"
        " antrea.isEncryptionDisabled."
    ),
    needs=("modules",),
)
def wireguard(host, verdict):
    """Needed only when traffic between nodes is encrypted."""
    _judge(
        host,
        verdict,
        "wireguard",
        "Antrea's encryption" if host.encrypted else "",
        "encryption is off" if host.antrea else "Antrea is not planned",
        told=True,
    )


@check(
    "module.openvswitch",
    title="kernel module openvswitch",
    why="Antrea's datapath is Open vSwitch in the kernel; the userspace datapath is refused since Antrea 1.9.0.",
    reference="Antrea: requirements of the datapath; antrea-io/antrea#2415",
    remedy="Install the distribution's extra kernel modules, then modprobe openvswitch",
    needs=("modules",),
)
def openvswitch(host, verdict):
    """Needed by Antrea."""
    _judge(host, verdict, "openvswitch", f"Antrea {host.antrea}" if host.antrea else "", "Antrea is not planned")


@check(
    "module.geneve",
    title="kernel module geneve",
    why="Antrea's tunnel between nodes is Geneve unless traffic is encrypted.",
    reference="kURL docs/ipv6.md: host requirements; Antrea: network requirements",
    remedy="Install the distribution's extra kernel modules, then modprobe vport_geneve",
    needs=("modules",),
)
def geneve(host, verdict):
    """Needed by Antrea without encryption. Where openvswitch itself is missing that check says it already."""
    if host.antrea and not host.encrypted and host.module("openvswitch") == "missing":
        verdict.skip("judged with openvswitch")
        return
    reason = "WireGuard is the tunnel" if host.encrypted else "Antrea is not planned"
    _judge(host, verdict, "geneve", "Antrea's tunnel" if host.antrea and not host.encrypted else "", reason)


@check(
    "module.rbd",
    title="kernel module rbd",
    why="Rook's block volumes are mapped by the kernel's rbd.",
    reference="Rook: prerequisites",
    remedy="modprobe rbd, and in /etc/modules-load.d",
    needs=("modules",),
)
def rbd(host, verdict):
    """Needed by Rook, unless its driver for block volumes is turned off."""
    planned = bool(host.plan.get("rook_version"))
    needed = planned and host.plan.get("rook_block_volumes", True)
    reason = "Rook's driver for block volumes is turned off" if planned else "Rook is not planned"
    _judge(host, verdict, "rbd", "Rook" if needed else "", reason)


@check(
    "module.ip_vs",
    title="kernel modules of IPVS",
    why="kube-proxy in its mode ipvs uses ip_vs and its schedulers; without them it does not start.",
    reference="kube-proxy: mode ipvs",
    remedy="modprobe ip_vs, or kube-proxy's mode iptables",
    needs=("modules",),
)
def ip_vs(host, verdict):
    """Needed only by kube-proxy's mode ipvs."""
    mode = host.plan.get("kube_proxy_mode") or "iptables"
    _judge(
        host, verdict, "ip_vs", "kube-proxy in its mode ipvs" if mode == "ipvs" else "", f"kube-proxy's mode is {mode}"
    )


def _parameter(host, verdict, name, absent=""):
    """Judge a parameter that must be 1: now, and after a reboot. What no file says, site will."""
    value = host.sysctl(name)
    later = host.facts.get("sysctls_persisted", {}).get(name)
    if later and later["value"] != "1" and not host.ours(later["file"]) and host.applied_after_ours(later["file"]):
        verdict.fail(
            "{} now, but {} sets it to {} at boot, after our own file".format(value, later["file"], later["value"]),
            expected=f"{name} = 1 now and after a reboot",
            remedy="sed -i -E '/^ *-?{}/d' {}".format(name.replace(".", "[./]"), later["file"]),
        )
    elif value == "1" and later and later["value"] == "1":
        verdict.passed("1, persisted in {}".format(later["file"]))
    elif value is None:
        verdict.info(f"{absent} (site will set it)", expected=f"{name} = 1")
    elif value == "1":
        verdict.info("1 now, but not persisted (site will persist it)", expected=f"{name} = 1 now and after a reboot")
    else:
        verdict.info(f"{value} (site will set and persist it)", expected=f"{name} = 1 now and after a reboot")


@check(
    "sysctl.forwarding",
    title="IPv6 forwarding",
    why="Pods' packets are forwarded by the host. Antrea turns it on by itself only from 1.14.2.",
    reference="kURL docs/ipv6.md: host requirements",
    remedy="sysctl -w net.ipv6.conf.all.forwarding=1, after accept_ra=2 where the kernel handles router advertisements",
    needs=("sysctls", "sysctls_persisted"),
)
def forwarding(host, verdict):
    """Only ``all.forwarding`` decides."""
    if not host.facts.get("ipv6_supported", True):
        verdict.skip("not judged: the kernel has no IPv6")
        return
    _parameter(host, verdict, "net.ipv6.conf.all.forwarding", "the kernel does not show it")


@check(
    "sysctl.bridge-nf-call-ip6tables",
    title="bridge-nf-call-ip6tables",
    why=(
        "Without it packets between pods on one bridge pass by ip6tables, and Services fail for them. The kernel"
        " shows the key"
        " only when br_netfilter is there."
    ),
    reference="kURL docs/ipv6.md: host requirements (spelled bridge-call-nf6tables there)",
    remedy="modprobe br_netfilter; sysctl -w net.bridge.bridge-nf-call-ip6tables=1",
    needs=("sysctls", "sysctls_persisted", "modules"),
)
def bridge_netfilter(host, verdict):
    """Judged with br_netfilter where the module itself is missing."""
    name = "net.bridge.bridge-nf-call-ip6tables"
    if host.sysctl(name) is None and host.module("br_netfilter") == "missing":
        verdict.skip("judged with br_netfilter")
        return
    _parameter(host, verdict, name, "br_netfilter is not loaded yet")
