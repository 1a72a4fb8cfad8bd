# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0
"""What turning forwarding on takes on a host, worked out from what was read of it. Pure: nothing is read or written."""

from ansible_collections.kurl.ipv6.plugins.module_utils.checks import interfaces
from ansible_collections.kurl.ipv6.plugins.module_utils.checks.host_view import OWN_SYSCTL_FILE
from ansible_collections.kurl.ipv6.plugins.module_utils.host import sysctl

PATH = "/etc/sysctl.d/" + OWN_SYSCTL_FILE
HEADER = "# Written by kurl.ipv6. Changes of your own belong into a file of your own."
#: Only this one decides whether the host forwards; the interfaces' own values do not (measured, Linux 6.18).
FORWARDING = "net/ipv6/conf/all/forwarding"
#: Sends packets between the pods of one bridge through ip6tables. Its IPv4 sibling is left alone.
BRIDGE = "net/bridge/bridge-nf-call-ip6tables"


def dotted(path):
    """Return a parameter's name as sysctl(8) prints it; a dot in an interface's name becomes a slash."""
    return path.translate(str.maketrans("./", "/."))


def accept_ra(interface):
    """Return the path of an interface's accept_ra below /proc/sys."""
    return f"net/ipv6/conf/{interface}/accept_ra"


def handlers(network, managers, accepts, kept=()):
    """Find out who handles router advertisements.

    The kernel does wherever the interface's own accept_ra is not 0: systemd-networkd, NetworkManager and the DHCP
    clients that handle advertisements themselves set it to 0, and what they learned survives when the host begins to
    forward. NetworkManager with ``ipv6.method=ignore`` manages an interface and leaves advertisements to the kernel.

    Arguments:
        network: what ``host.collect.read_network`` returns.
        managers: ``{interface: service}`` as ``host.system.network_managers`` returns it.
        accepts: ``{interface: accept_ra as text, None if unknown}``.
        kept: interfaces for which an earlier run found the kernel; they may have heard no router since the last boot.
    Returns:
        ``{interface: "kernel" | "networkd" | "NetworkManager" | "program" | "static"}`` of the interfaces that have a
        default route or learned something. ``static``: nothing there comes from advertisements. ``program``: a
        program that is neither of the two services.
    """
    learned = {route["interface"] for route in network["default_routes"] + network["routes"] if _advertised(route)}
    learned |= {entry["interface"] for entry in network["addresses"] if _autoconfigured(entry)}
    found = {}
    for link in network["links"]:
        name = link["name"]
        if interfaces.nature(link) in ("loopback", "container network") or interfaces.of_cluster(name):
            continue
        by_kernel = accepts.get(name) not in (None, "0")
        if by_kernel and (name in learned or name in kept):
            found[name] = "kernel"
        elif name in learned:
            found[name] = managers.get(name, "program")
        elif any(route["interface"] == name for route in network["default_routes"]):
            found[name] = "static"
    return found


def _advertised(route):
    return route["protocol"] == "ra" or (route["protocol"] == "kernel" and route["expires"] >= 0)


def _autoconfigured(entry):
    """Whether an address may be of stateless autoconfiguration: it has a lifetime, and DHCPv6 leases are /128."""
    return entry["family"] == 6 and entry["scope"] == "global" and entry["valid"] != -1 and entry["prefix"] < 128


def wanted(found, bridge):
    """Return ``[(path, value)]``, in the order in which it must be set.

    Where the kernel handles advertisements the interface's accept_ra comes first: with 1 the kernel drops the routes
    that it learned the moment it begins to forward, and ignores advertisements from then on, so that addresses expire.
    ``conf.all.accept_ra`` has no effect. ``conf.default.accept_ra`` is left alone on purpose: every interface that is
    made later would inherit it, the cluster's own among them, and a pod could then give the host a default route
    (the attack of CVE-2020-10749).

    Arguments:
        found: what :func:`handlers` returned.
        bridge: whether bridged packets are to pass ip6tables.
    """
    settings = [(accept_ra(name), "2") for name in sorted(found) if found[name] == "kernel"]
    settings.append((FORWARDING, "1"))
    if bridge:
        settings.append((BRIDGE, "1"))
    return settings


def changes(settings, now):
    """Return ``[{"path", "before", "after"}]`` of the settings that are not so yet; ``before`` may be None."""
    return [
        {"path": path, "before": now.get(path), "after": value} for path, value in settings if now.get(path) != value
    ]


def file_text(settings):
    """Return the text of our file of sysctl.d."""
    return "\n".join([HEADER] + [f"{dotted(path)} = {value}" for path, value in settings]) + "\n"


def kept_interfaces(text):
    """Return the interfaces for which our own file already says accept_ra."""
    kept = set()
    for path, _value in sysctl.parse(text):
        parts = path.split("/")
        if len(parts) == 5 and path == accept_ra(parts[3]):
            kept.add(parts[3])
    return kept


def contradictions(files, settings, programs=()):
    """Find files that undo our settings at boot.

    Arguments:
        files: ``[(path, text)]`` in the order in which they are applied, as ``host.sysctl.boot_files`` returns them.
        settings: what :func:`wanted` returned.
        programs: what programs set after that, as ``others.later`` returns it.
    Returns:
        ``[{"path", "value", "file", "wanted", "remedy"}]``; an empty remedy: the line is to be removed.
    """
    others = [(name, text) for name, text in files if name.rsplit("/", 1)[-1] != OWN_SYSCTL_FILE]
    earlier = [entry for entry in others if not _after_ours(entry[0])]
    later = [entry for entry in others if _after_ours(entry[0])]
    ordered = earlier + [(PATH, file_text(settings))] + later
    found = []
    for path, value in settings:
        winner = sysctl.persisted(ordered, path)
        if winner and winner[1] != PATH and winner[0] != value:
            found.append({"path": path, "value": winner[0], "file": winner[1], "wanted": value, "remedy": ""})
    wanted_values = dict(settings)
    # The last one to set a parameter wins.
    for entry in {entry["path"]: entry for entry in programs}.values():
        value = wanted_values.get(entry["path"])
        if value not in (None, entry["value"]):
            found.append(dict(entry, wanted=value))
    return found


def _after_ours(file):
    return file == "/etc/sysctl.conf" or file.rsplit("/", 1)[-1] > OWN_SYSCTL_FILE


def contradiction_message(found):
    """Return the error for what :func:`contradictions` found, with what to type."""
    lines = []
    for entry in found:
        lines.append(
            "{} sets {} to {} at boot, after our own {}; it must be {}".format(
                entry["file"], dotted(entry["path"]), entry["value"], PATH, entry["wanted"]
            )
        )
    commands = [entry["remedy"] for entry in found if entry["remedy"]]
    for entry in found:
        if entry["remedy"]:
            continue
        file = entry["file"]
        pattern = "/^[[:space:]]*-?{}[[:space:]]*=/d".format(entry["path"].replace(".", "[./]").replace("/", "[./]"))
        if file.startswith("/etc/"):
            commands.append(f"sed -i --follow-symlinks -E '{pattern}' {file}")
        else:
            # A package's file comes back with the package; one of the same name in /etc hides it.
            commands.append("sed -E '{}' {} > /etc/sysctl.d/{}".format(pattern, file, file.rsplit("/", 1)[-1]))
    return "{}. Nothing was changed. Remedy:\n{}".format("; ".join(lines), "\n".join(sorted(set(commands))))


def route_key(route):
    """Return what makes a default route the same one."""
    return [route["interface"], route["gateway"], route["metric"]]


def usable(routes):
    """Return the default routes that carry packets."""
    return [route for route in routes if route["type"] == "unicast" and route["interface"]]


def lost(before, after):
    """Return the default routes that were there and are not any more."""
    there = [route_key(route) for route in after]
    return [route for route in before if route_key(route) not in there]


def route_text(route):
    """Return a route as ip(8) takes it."""
    words = ["default"]
    if route["gateway"]:
        words += ["via", route["gateway"]]
    return " ".join(words + ["dev", route["interface"], "metric", str(route["metric"])])
