# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0
"""Keeps swap off: the lines of /etc/fstab, and the systemd units that nobody wrote there. Pure: texts in, texts out.

The kubelet refuses to start with swap on unless it is told otherwise. Sources: fstab(5), systemd.swap(5),
systemd.unit(5) for the escaping of names.
"""

import re

FSTAB = "/etc/fstab"
BACKUP = "/etc/fstab.kurl-ipv6"
#: Begins a line that was switched off, so that it can be switched on again.
MARK = "# kurl.ipv6: swap off: "


def _is_swap(line):
    words = line.split()
    return len(words) >= 3 and not words[0].startswith("#") and words[2] == "swap"


def without_swap(text):
    """Return the text of fstab with its lines of swap made comments."""
    return "".join(MARK + line if _is_swap(line) else line for line in text.splitlines(True))


def with_swap(text):
    """Return the text of fstab as it was before :func:`without_swap`."""
    return "".join(line[len(MARK) :] if line.startswith(MARK) else line for line in text.splitlines(True))


def specs(text):
    """Return the first fields of the lines of swap, those that are switched off included."""
    return [line.split()[0] for line in with_swap(text).splitlines() if _is_swap(line)]


def device_of(spec):
    """Return the path of what the first field of a line of fstab names."""
    match = re.match(r'^(UUID|LABEL|PARTUUID|PARTLABEL)="?([^"]+)"?$', spec)
    return "/dev/disk/by-{}/{}".format(match.group(1).lower(), match.group(2)) if match else spec


def unit_of(device):
    """Return the name of the systemd unit of a device or file of swap (``/dev/zram0`` is ``dev-zram0.swap``)."""
    escaped = []
    for number, character in enumerate(device.strip("/")):
        if character == "/":
            escaped.append("-")
        elif re.match(r"[A-Za-z0-9:_]", character) or (character == "." and number > 0):
            escaped.append(character)
        else:
            escaped.extend("\\x{:02x}".format(byte) for byte in character.encode("utf-8"))
    return "".join(escaped) + ".swap"
