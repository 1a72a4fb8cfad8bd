# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0
"""Kernel parameters: what they are now, and what the files of sysctl.d(5) will make of them at the next boot."""

import fnmatch

#: Folders in systemd's order: a file in an earlier folder hides the file of the same name in a later one.
FOLDERS = ("/etc/sysctl.d", "/run/sysctl.d", "/usr/local/lib/sysctl.d", "/usr/lib/sysctl.d", "/lib/sysctl.d")


def normalize(key):
    """Return a parameter's name as a path below /proc/sys.

    As in sysctl.d(5): where the first separator is a slash the name is a path already (its dots belong to names, such
    as a VLAN interface's); else dots and slashes change places.
    """
    first = next((character for character in key if character in "./"), "/")
    if first == ".":
        key = key.translate(str.maketrans("./", "/."))
    return key.strip("/")


def parse(text):
    """Parse one file of sysctl.d.

    Returns:
        ``[(path below /proc/sys, value)]`` in the file's order; the value is None for a line ``-key`` (which takes a
        key out of the reach of patterns).
    """
    settings = []
    for line in text.splitlines():
        line = line.strip()
        if not line or line[0] in "#;":
            continue
        key, equals, value = line.partition("=")
        key = key.strip()
        if equals:
            settings.append((normalize(key.lstrip("-").strip()), value.strip()))
        elif key.startswith("-"):
            settings.append((normalize(key[1:].strip()), None))
    return settings


def _matches(pattern, path):
    """Return whether a pattern covers a path; as in the shell, no wildcard stands for a slash."""
    if not any(character in pattern for character in "*?["):
        return False
    patterns, parts = pattern.split("/"), path.split("/")
    return len(patterns) == len(parts) and all(fnmatch.fnmatchcase(part, form) for part, form in zip(parts, patterns))


def persisted(files, key):
    """Find what a parameter will be after a reboot.

    Arguments:
        files: ``[(file name, text)]`` in the order in which they are applied.
        key: a parameter, in either spelling.
    Returns:
        ``(value, file name)`` of the setting that wins, or None if no file sets it. An exact name wins over a pattern,
        and within each the last one wins (systemd-sysctl.service(8)).
    """
    wanted = normalize(key)
    exact = pattern = None
    excluded = False
    for name, text in files:
        for path, value in parse(text):
            if path == wanted:
                if value is None:
                    excluded = True
                else:
                    exact = (value, name)
            elif value is not None and _matches(path, wanted):
                pattern = (value, name)
    if exact:
        return exact
    return None if excluded else pattern


def boot_files(reader):
    """Return ``[(path, text)]`` of all sysctl.d files in the order in which they are applied at boot.

    /etc/sysctl.conf is appended where it is not linked from sysctl.d: procps' ``sysctl --system`` and older boot
    scripts read it last.
    """
    chosen = {}
    for folder in FOLDERS:
        for name in reader.names(folder):
            if name.endswith(".conf") and name not in chosen:
                chosen[name] = f"{folder}/{name}"
    files = [(chosen[name], reader.read(chosen[name]) or "") for name in sorted(chosen)]
    linked = any((reader.link(path) or "").rsplit("/", 1)[-1] == "sysctl.conf" for path, _text in files)
    if not linked and reader.exists("/etc/sysctl.conf"):
        files.append(("/etc/sysctl.conf", reader.read("/etc/sysctl.conf") or ""))
    return files


def collect(reader, interfaces):
    """Read the parameters that decide about IPv6.

    Arguments:
        reader: a :class:`Reader`.
        interfaces: names of the interfaces whose own parameters are wanted.
    Returns:
        ``(now, persisted)``: ``{dotted name: value, or None if the kernel does not have it}`` and
        ``{dotted name: {"value", "file"}}`` for those that a file sets.
    """
    names = [
        "net.ipv6.conf.all.forwarding",
        "net.ipv6.conf.default.forwarding",
        "net.ipv6.conf.all.disable_ipv6",
        "net.ipv6.conf.default.disable_ipv6",
        "net.ipv6.conf.lo.disable_ipv6",
        "net.ipv6.conf.all.accept_ra",
        "net.ipv6.conf.default.accept_ra",
        "net.bridge.bridge-nf-call-ip6tables",
        "net.bridge.bridge-nf-call-iptables",
        "net.ipv4.ip_forward",
        "net.ipv4.ip_nonlocal_bind",
        "net.ipv6.ip_nonlocal_bind",
        "net.ipv6.bindv6only",
        "net.ipv6.route.max_size",
        "net.ipv6.neigh.default.gc_thresh3",
        "vm.swappiness",
    ]
    keys = {name: normalize(name) for name in names}
    for interface in interfaces:
        for parameter in ("accept_ra", "disable_ipv6", "forwarding", "accept_ra_defrtr", "use_tempaddr", "autoconf"):
            # An interface's name may hold dots (VLANs), so that the dotted spelling swaps them, as sysctl(8) prints it.
            keys["net.ipv6.conf.{}.{}".format(interface.replace(".", "/"), parameter)] = (
                f"net/ipv6/conf/{interface}/{parameter}"
            )
    files = boot_files(reader)
    now = {name: reader.value(f"/proc/sys/{path}") for name, path in keys.items()}
    later = {}
    for name, path in keys.items():
        winner = persisted(files, path)
        if winner:
            later[name] = {"value": winner[0], "file": winner[1]}
    return now, later
