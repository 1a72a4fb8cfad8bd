# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0
"""Finds what programs set after sysctl.d was applied: ufw, systemd-networkd and ifupdown have files of their own."""

import fnmatch
import re

from ansible_collections.kurl.ipv6.plugins.module_utils.forwarding import plan
from ansible_collections.kurl.ipv6.plugins.module_utils.host import sysctl

#: systemd.conf(5): where the main file is looked for, and in which order a drop-in hides another of its name.
NETWORKD_FOLDERS = ("/etc/systemd", "/run/systemd", "/usr/local/lib/systemd", "/usr/lib/systemd", "/lib/systemd")
#: The first release whose networkd knows ``IPv6Forwarding=``. ``IPForward=`` of older ones can turn forwarding on only.
FORWARDING_RELEASE = 256
NO = ("0", "no", "n", "false", "f", "off")
#: interfaces(5): what ifupdown sets accept_ra to where the stanza does not say; other methods leave it alone then.
METHODS = {"auto": "2", "dhcp": "1"}
INTERFACES = "/etc/network/interfaces"
#: Words that begin another stanza of interfaces(5).
STANZAS = ("auto", "iface", "mapping", "source", "source-directory", "no-auto-down", "no-scripts", "template", "rename")


def later(reader, found):
    """Return what is set after the files of sysctl.d.

    Arguments:
        reader: a ``host.reader.Reader``.
        found: what ``plan.handlers`` returned.
    Returns:
        ``[{"path", "value", "file", "remedy"}]`` in the order in which it is applied; ``remedy`` is a command, empty if
        the line is to be removed as from a file of sysctl.d.
    """
    return ifupdown(reader, found) + ufw(reader) + networkd(reader)


def ufw(reader):
    """Return the kernel parameters that ufw sets when it starts (ufw-framework(8)); none while it is off."""
    if _shell_value(reader.read("/etc/ufw/ufw.conf"), "ENABLED").lower() != "yes":
        return []
    name = _shell_value(reader.read("/etc/default/ufw"), "IPT_SYSCTL")
    last = {}
    for path, value in sysctl.parse(reader.read(name) or "") if name else ():
        last[path] = value
    return [
        {"path": path, "value": value, "file": name, "remedy": ""} for path, value in last.items() if value is not None
    ]


def _shell_value(text, key):
    """Return a variable's value in a file of assignments, empty if it is not there."""
    value = ""
    for line in (text or "").splitlines():
        name, equals, rest = line.strip().partition("=")
        if equals and name == key:
            value = rest.split("#")[0].strip().strip("\"'")
    return value


def networkd(reader):
    """Return what systemd-networkd sets when it starts: ``IPv6Forwarding=`` of networkd.conf(5)."""
    if not reader.exists("/run/systemd/netif") or (systemd_release(reader) or FORWARDING_RELEASE) < FORWARDING_RELEASE:
        return []
    files = []
    for folder in NETWORKD_FOLDERS:
        if reader.exists(f"{folder}/networkd.conf"):
            files.append(f"{folder}/networkd.conf")
            break
    dropins = {}
    for folder in NETWORKD_FOLDERS:
        for name in reader.names(f"{folder}/networkd.conf.d"):
            if name.endswith(".conf"):
                dropins.setdefault(name, f"{folder}/networkd.conf.d/{name}")
    files += [dropins[name] for name in sorted(dropins)]
    winner = None
    for file in files:
        for value in _network_values(reader.read(file) or "", "IPv6Forwarding"):
            winner = (value, file) if value else None
    if not winner:
        return []
    value, file = winner
    # A drop-in that is read last, whatever the others are called.
    own = "/etc/systemd/networkd.conf.d/zz-kurl-ipv6.conf"
    remedy = f"mkdir -p /etc/systemd/networkd.conf.d && printf '[Network]\\nIPv6Forwarding=yes\\n' > {own}"
    return [{"path": plan.FORWARDING, "value": "0" if value.lower() in NO else "1", "file": file, "remedy": remedy}]


def systemd_release(reader):
    """Return systemd's release from the name of its shared library, None if it does not tell."""
    for folder in ("/usr/lib/systemd", "/usr/lib/x86_64-linux-gnu/systemd", "/lib/systemd", "/usr/lib64/systemd"):
        for name in reader.names(folder):
            match = re.match(r"libsystemd-shared-(\d+)", name)
            if match:
                return int(match.group(1))
    return None


def _network_values(text, key):
    """Return the values of a key in the sections [Network], in the file's order."""
    section, values = "", []
    for line in text.splitlines():
        line = line.strip()
        if line.startswith("[") and line.endswith("]"):
            section = line[1:-1]
        elif section == "Network" and line[:1] not in ("#", ";"):
            name, equals, value = line.partition("=")
            if equals and name.strip() == key:
                values.append(value.strip())
    return values


def ifupdown(reader, found):
    """Return what ifupdown sets accept_ra to when it brings an interface up, where the kernel hears advertisements."""
    if not any(reader.exists(path) for path in ("/sbin/ifup", "/usr/sbin/ifup")):
        return []
    settings = []
    for file in _interface_files(reader):
        for name, method, accepts in _stanzas(reader.read(file) or ""):
            value = accepts or METHODS.get(method)
            if value is None or found.get(name) != "kernel":
                continue
            start = r"/^[[:space:]]*iface[[:space:]]+{}[[:space:]]+inet6[[:space:]]/".format(name.replace(".", "[.]"))
            if accepts:
                end = r"/^[[:space:]]*({}|allow-)/".format("|".join(STANZAS))
                change = rf"{start},{end}s/^([[:space:]]*accept_ra)[[:space:]].*/\1 2/"
            else:
                change = rf"{start}a\    accept_ra 2"
            remedy = f"sed -i --follow-symlinks -E '{change}' {file}"
            settings.append({"path": plan.accept_ra(name), "value": value, "file": file, "remedy": remedy})
    return settings


def _interface_files(reader):
    """Return interfaces(5) and the files that it sources, one level deep."""
    files = [INTERFACES]
    for line in reader.lines(INTERFACES):
        words = line.split()
        if len(words) < 2 or words[0] not in ("source", "source-directory"):
            continue
        for pattern in words[1:]:
            path = pattern if pattern.startswith("/") else "/etc/network/" + pattern
            folder, _slash, form = (path.rstrip("/") + "/*" if words[0] == "source-directory" else path).rpartition("/")
            files += [f"{folder}/{name}" for name in sorted(reader.names(folder)) if fnmatch.fnmatchcase(name, form)]
    return files


def _stanzas(text):
    """Return ``[(interface, method, accept_ra or empty)]`` of the stanzas for IPv6."""
    stanzas = []
    inside = False
    for line in text.replace("\\\n", " ").splitlines():
        words = line.split()
        if not words or words[0].startswith("#"):
            continue
        if words[0] == "iface" and len(words) >= 4:
            inside = words[2] == "inet6"
            if inside:
                stanzas.append((words[1], words[3], ""))
        elif words[0] in STANZAS or words[0].startswith("allow-"):
            inside = False
        elif inside and words[0] == "accept_ra" and len(words) > 1:
            stanzas[-1] = stanzas[-1][:2] + (words[1],)
    return stanzas
