# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0
"""The block of /etc/hosts by which nodes find each other's names without any resolver. Pure: texts in, texts out."""

import ipaddress

PATH = "/etc/hosts"
BEGIN = "# BEGIN kurl.ipv6: the nodes of the cluster"
END = "# END kurl.ipv6"


def split(text):
    """Return ``(lines before our block, lines of our block, lines after it)``; a block without an end ends at the next
    line that is no entry of a node.
    """
    lines = text.splitlines()
    if BEGIN not in lines:
        return lines, [], []
    start = lines.index(BEGIN)
    rest = lines[start + 1 :]
    if END in rest:
        stop = rest.index(END)
        return lines[:start], rest[:stop], rest[stop + 1 :]
    stop = next((number for number, line in enumerate(rest) if not _entry(line)), len(rest))
    return lines[:start], rest[:stop], rest[stop:]


def _entry(line):
    """Return ``(address, [names])`` of a line, None if it is no entry of an IPv6 address."""
    words = line.split("#", 1)[0].split()
    try:
        return (ipaddress.IPv6Address(words[0].split("%", 1)[0]), words[1:]) if len(words) > 1 else None
    except ValueError:
        return None


def entries(nodes):
    """Return the lines of the block.

    Arguments:
        nodes: ``{name: address}``. A name with a domain gets its first label as an alias where that is unique.
    """
    labels = [name.split(".", 1)[0] for name in nodes]
    lines = []
    for name in sorted(nodes):
        label = name.split(".", 1)[0]
        alias = [label] if label != name and labels.count(label) == 1 else []
        lines.append(" ".join([str(ipaddress.IPv6Address(nodes[name])), name] + alias))
    return lines


def known(block):
    """Return ``{name: address}`` of the lines of a block."""
    found = {}
    for line in block:
        entry = _entry(line)
        if entry:
            found[entry[1][0]] = str(entry[0])
    return found


def updated(text, nodes, complete=True):
    """Return the text of /etc/hosts with our block as it should be.

    Arguments:
        text: the text now.
        nodes: ``{name: address}``; empty removes the block.
        complete: whether these are all nodes; else those that the block already names stay.
    Returns:
        The new text; what is outside of the block is left as it is.
    """
    before, block, after = split(text)
    wanted = dict(nodes)
    if not complete:
        wanted = dict(known(block), **nodes)
    lines = [BEGIN] + entries(wanted) + [END] if wanted else []
    if not lines and not block and BEGIN not in text:
        return text
    joined = before + lines + after
    return "\n".join(joined) + "\n" if joined else ""


def contradictions(text, nodes):
    """Return ``[(name, address)]`` of lines outside of our block that give a node's name another IPv6 address."""
    before, _block, after = split(text)
    found = []
    for line in before + after:
        entry = _entry(line)
        for name in entry[1] if entry else ():
            if name in nodes and ipaddress.IPv6Address(nodes[name]) != entry[0]:
                found.append((name, str(entry[0])))
    return found
