# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0
"""Sockets that wait for callers, with the process that holds them: /proc/net and /proc/<pid>/fd."""

import os
import re
import socket
import struct
import sys

#: Entries that are kept; a host with more listeners than this is not a node-to-be.
LIMIT = 2000
#: Parts of control groups that belong to people.
SESSION = re.compile(r"^(?:user\.slice|user@.*|sshd?(?:@.*)?\.service|dropbear.*\.service|getty@.*)$")
#: Local address and port as /proc/net shows them: 8 hexadecimal digits for IPv4, 32 for IPv6.
_SOCKET = re.compile(r"^([0-9A-Fa-f]{8}|[0-9A-Fa-f]{32}):([0-9A-Fa-f]{1,4})$")


def decode_address(text):
    """Turn the hexadecimal address of /proc/net/tcp or tcp6 into its usual form.

    The kernel prints each 32-bit word in the host's byte order (proc(5)).
    """
    words = [int(text[index : index + 8], 16) for index in range(0, len(text), 8)]
    data = b"".join(struct.pack("=I" if sys.byteorder == "little" else ">I", word) for word in words)
    return socket.inet_ntop(socket.AF_INET6 if len(data) == 16 else socket.AF_INET, data)


def parse(text, protocol):
    """Parse /proc/net/{tcp,tcp6,udp,udp6}.

    Arguments:
        text: the file's text.
        protocol: ``tcp`` or ``udp``; for TCP only sockets in the state LISTEN count, for UDP those without a peer.
    Returns:
        ``[{"protocol", "address", "port", "inode"}]``.
    """
    wanted = "0A" if protocol == "tcp" else "07"
    found = []
    for line in text.splitlines()[1:]:
        words = line.split()
        if len(words) < 10 or words[3] != wanted or not words[9].isdecimal():
            continue
        local = _SOCKET.match(words[1])
        if local is None:
            continue
        address, port = local.groups()
        found.append(
            {"protocol": protocol, "address": decode_address(address), "port": int(port, 16), "inode": int(words[9])}
        )
        if len(found) >= LIMIT:
            break
    return found


def owners(reader, inodes):
    """Find which process holds each socket.

    Arguments:
        reader: a :class:`Reader`.
        inodes: the sockets' inode numbers.
    Returns:
        ``{inode: (process name, pid)}``; what belongs to the kernel, or to a process that may not be looked at, is left
        out.
    """
    wanted = {f"socket:[{inode}]": inode for inode in inodes if inode}
    found = {}
    here = _namespace(reader, "self")
    elsewhere = []
    for pid in reader.names("/proc"):
        if len(found) == len(wanted):
            return found
        if pid.isdecimal():
            # Mostly a socket's process is where the socket is; on a node most processes are in pods.
            if here and _namespace(reader, pid) != here:
                elsewhere.append(pid)
            else:
                _holds(reader, pid, wanted, found)
    for pid in elsewhere:
        if len(found) == len(wanted):
            break
        _holds(reader, pid, wanted, found)
    return found


def _namespace(reader, pid):
    """Return a name for the network namespace of a process, empty if it may not be looked at."""
    return reader.link(f"/proc/{pid}/ns/net") or ""


def _holds(reader, pid, wanted, found):
    """Add the wanted sockets that a process has open."""
    folder = reader.path(f"/proc/{pid}/fd")
    try:
        descriptors = os.listdir(folder)
    except OSError:
        return
    for descriptor in descriptors:
        try:
            target = os.readlink(f"{folder}/{descriptor}")
        except OSError:
            continue
        inode = wanted.get(target)
        if inode is not None and inode not in found:
            found[inode] = (process_name(reader, pid), int(pid))


def process_name(reader, pid):
    """Return the name of a process: its program's base name, as /proc/<pid>/comm is cut at 15 characters."""
    comm = reader.value(f"/proc/{pid}/comm") or "?"
    command = (reader.read_bytes(f"/proc/{pid}/cmdline", 4096) or b"").split(b"\0", 1)[0].decode("utf-8", "replace")
    base = command.rsplit("/", 1)[-1].split(" ", 1)[0].rstrip(":")
    # A process may rewrite its command line; the kernel's short name tells whether this one is still true.
    return base if len(comm) == 15 and base.startswith(comm) else comm


def parse_unit(text):
    """Return the systemd unit of a process from its /proc/<pid>/cgroup, empty if it belongs to none that could be
    stopped for it.

    What a user started belongs to the user's session, without logind to the ssh service itself: to stop that would be a
    bad advice.
    """
    for line in text.splitlines():
        parts = line.split(":", 2)
        if len(parts) == 3 and parts[1] in ("", "name=systemd"):
            names = parts[2].split("/")
            if any(SESSION.match(name) for name in names):
                return ""
            for name in reversed(names):
                if name.endswith((".service", ".socket")):
                    return name
    return ""


def collect(reader):
    """Read the TCP listeners and the UDP sockets without a peer.

    Returns:
        ``[{"protocol", "address", "port", "process", "pid", "unit"}]``; ``process`` is empty and ``pid`` 0 for sockets
        of the kernel (WireGuard, Geneve) and for those whose process cannot be seen; ``unit`` is the systemd unit, if
        any.
    """
    found = []
    for name in ("tcp6", "tcp", "udp6", "udp"):
        found.extend(parse(reader.read(f"/proc/net/{name}") or "", name[:3]))
    holders = owners(reader, [entry["inode"] for entry in found])
    units = {}
    listeners = []
    for entry in sorted(found, key=lambda item: (item["port"], item["protocol"], item["address"])):
        process, pid = holders.get(entry.pop("inode"), ("", 0))
        if pid and pid not in units:
            units[pid] = parse_unit(reader.read(f"/proc/{pid}/cgroup") or "")
        listeners.append(dict(entry, process=process, pid=pid, unit=units.get(pid, "")))
    return listeners
