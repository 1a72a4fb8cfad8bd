# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0
"""Which modules and features the running kernel has, can load, or lacks. Nothing is ever loaded to find out."""

import gzip
import re
import zlib

from ansible_collections.kurl.ipv6.plugins.module_utils.host.netlink import NetlinkError, parse_families

LOADED, BUILTIN, LOADABLE, MISSING = "loaded", "builtin", "loadable", "missing"

#: Module -> configuration symbols, the first that the configuration mentions decides.
#: Since Linux 6.17 ip6_tables and ip_tables have symbols of their own (``..._LEGACY``) beside the older ones.
SYMBOLS = {
    "br_netfilter": ("BRIDGE_NETFILTER",),
    "ceph": ("CEPH_FS",),
    "geneve": ("GENEVE",),
    "ip6_tables": ("IP6_NF_IPTABLES_LEGACY", "IP6_NF_IPTABLES"),
    "ip6table_filter": ("IP6_NF_FILTER",),
    "ip6table_mangle": ("IP6_NF_MANGLE",),
    "ip6table_nat": ("IP6_NF_NAT",),
    "ip6table_raw": ("IP6_NF_RAW",),
    "ip_set": ("IP_SET",),
    "ip_tables": ("IP_NF_IPTABLES_LEGACY", "IP_NF_IPTABLES"),
    "ip_vs": ("IP_VS",),
    "loop": ("BLK_DEV_LOOP",),
    "nf_conntrack": ("NF_CONNTRACK",),
    "nf_tables": ("NF_TABLES",),
    "nft_compat": ("NFT_COMPAT",),
    "openvswitch": ("OPENVSWITCH",),
    "overlay": ("OVERLAY_FS",),
    "rbd": ("BLK_DEV_RBD",),
    "veth": ("VETH",),
    "vport_geneve": ("OPENVSWITCH_GENEVE",),
    "vxlan": ("VXLAN",),
    "wireguard": ("WIREGUARD",),
    "xt_CT": ("NETFILTER_XT_TARGET_CT",),
    "xt_set": ("NETFILTER_XT_SET",),
}
#: Module -> a path that exists only where the feature is in the running kernel.
TRACES = {
    "br_netfilter": "/proc/sys/net/bridge/bridge-nf-call-ip6tables",
    "ip6_tables": "/proc/net/ip6_tables_names",
    "ip_tables": "/proc/net/ip_tables_names",
    "ip_vs": "/proc/net/ip_vs",
    "nf_conntrack": "/proc/sys/net/netfilter/nf_conntrack_max",
}
#: Module -> generic netlink family that the module registers.
FAMILIES = {"openvswitch": "ovs_datapath", "wireguard": "wireguard", "ip_vs": "IPVS"}
#: Module -> name in /proc/filesystems.
FILESYSTEMS = {"overlay": "overlay", "ceph": "ceph"}


def _canonical(name):
    return name.replace("-", "_")


def parse_loaded(text):
    """Return the set of names in the text of /proc/modules."""
    return {line.split(" ", 1)[0] for line in text.splitlines() if line}


def parse_module_files(text):
    """Return the set of module names in modules.builtin or modules.dep (proc-modules and kmod: ``kernel/net/x/y.ko.xz:
    ...``).
    """
    names = set()
    for line in text.splitlines():
        path = line.split(":", 1)[0].strip()
        match = re.match(r"^(?:.*/)?([^/]+)\.ko(?:\.(?:gz|xz|zst|bz2))?$", path)
        if match:
            names.add(_canonical(match.group(1)))
    return names


def parse_config(text):
    """Return ``{symbol without CONFIG_: "y" | "m" | "n"}`` of a kernel configuration; other values are left out."""
    # One search over all of it: a configuration has thousands of lines.
    return {
        name or absent: value or "n"
        for name, value, absent in re.findall(
            r"^(?:CONFIG_(\w+)=([ym])|# CONFIG_(\w+) is not set)$", text.replace("\r", ""), re.MULTILINE
        )
    }


def parse_modprobe(text):
    """Find modules that modprobe.d forbids (``install NAME /bin/false`` or ``/bin/true``, modprobe.d(5)).

    ``blacklist`` lines are ignored on purpose: they stop automatic loading by alias only, not loading by name.
    """
    forbidden = set()
    for line in text.splitlines():
        words = line.split()
        if len(words) >= 3 and words[0] == "install" and words[2].rsplit("/", 1)[-1] in ("true", "false"):
            forbidden.add(_canonical(words[1]))
    return forbidden


def module_states(loaded, builtin, loadable, config, traces):
    """Judge the modules of :data:`SYMBOLS`.

    Arguments:
        loaded, builtin, loadable: sets of module names from /proc/modules, modules.builtin and modules.dep.
        config: ``{symbol: y|m|n}``, empty if unknown.
        traces: names of modules whose effect is seen in the running kernel.
    Returns:
        ``{module: loaded|builtin|loadable|missing}``.
    """
    states = {}
    for name, symbols in SYMBOLS.items():
        setting = next((config[symbol] for symbol in symbols if symbol in config), "")
        if name in loaded:
            states[name] = LOADED
        elif name in builtin or setting == "y":
            states[name] = BUILTIN
        elif name in traces:
            # It works, and no list says how it came in: seen from a container, or built in without a list.
            states[name] = LOADED
        elif name in loadable:
            states[name] = LOADABLE
        else:
            states[name] = MISSING
    return states


def _configuration(reader, release):
    """Return ``(text, path)`` of the running kernel's configuration, ("", "") if there is none."""
    packed = reader.read_bytes("/proc/config.gz")
    if packed:
        try:
            return gzip.decompress(packed).decode("ascii", "replace"), "/proc/config.gz"
        except (OSError, EOFError, zlib.error):
            pass
    for path in (f"/boot/config-{release}", f"/lib/modules/{release}/config", f"/usr/lib/modules/{release}/config"):
        text = reader.read(path)
        if text:
            return text, path
    return "", ""


def _forbidden(reader):
    forbidden = set()
    seen = set()
    for folder in (
        "/etc/modprobe.d",
        "/run/modprobe.d",
        "/usr/local/lib/modprobe.d",
        "/usr/lib/modprobe.d",
        "/lib/modprobe.d",
    ):
        for name in reader.names(folder):
            if name.endswith(".conf") and name not in seen:
                seen.add(name)
                forbidden |= parse_modprobe(reader.read(f"{folder}/{name}") or "")
    return forbidden


def collect(reader, netlink, release):
    """Read what the kernel has.

    Arguments:
        reader: a :class:`Reader`.
        netlink: an object with the methods of ``netlink.Netlink``.
        release: the kernel release (``uname -r``).
    Returns:
        A map: ``modules`` (``{name: state}``), ``modules_folder`` (whether the running kernel's modules lie on disk),
        ``config`` (path or empty), ``configured_modules`` (modules that the configuration builds as a module but which
        are missing), ``forbidden`` (modules that modprobe.d refuses to load), ``can_load`` (the kernel supports modules
        at all).
    """
    folder = next(
        (path for path in (f"/lib/modules/{release}", f"/usr/lib/modules/{release}") if reader.exists(path)), ""
    )
    loaded = parse_loaded(reader.read("/proc/modules") or "")
    builtin = parse_module_files(reader.read(f"{folder}/modules.builtin") or "") if folder else set()
    loadable = parse_module_files(reader.read(f"{folder}/modules.dep") or "") if folder else set()
    traces = {name for name, path in TRACES.items() if reader.exists(path)}
    traces |= {name for name in SYMBOLS if reader.exists(f"/sys/module/{name}")}
    filesystems = {line.split()[-1] for line in reader.lines("/proc/filesystems") if line.split()}
    traces |= {name for name, filesystem in FILESYSTEMS.items() if filesystem in filesystems}
    try:
        families = set(parse_families(netlink.families()))
    except (NetlinkError, OSError):
        families = set()
    traces |= {name for name, family in FAMILIES.items() if family in families}

    text, path = _configuration(reader, release)
    config = parse_config(text)
    states = module_states(loaded, builtin, loadable, config, traces)
    configured = [
        name
        for name, symbols in SYMBOLS.items()
        if states[name] == MISSING and next((config[symbol] for symbol in symbols if symbol in config), "") == "m"
    ]
    return {
        "modules": states,
        "modules_folder": bool(folder),
        "config": path,
        "configured_modules": sorted(configured),
        "forbidden": sorted(_forbidden(reader) & set(SYMBOLS)),
        "can_load": reader.exists("/proc/modules"),
    }
