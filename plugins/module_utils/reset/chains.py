# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0
"""Which chains, tables and sets of the packet filter a cluster made, and how exactly those are taken away. Pure: texts
in, texts out.

Sources of the names: kube-proxy (``pkg/proxy/iptables``, ``pkg/proxy/ipvs``, ``pkg/proxy/nftables``), the kubelet
(``KUBE-KUBELET-CANARY``, ``KUBE-FIREWALL``), Antrea (``ANTREA-*``), the CNI plugins bridge and portmap (``CNI-*``, and
the tables ``cni_hostport`` and ``cni_plugins_masquerade`` of their nftables backend).
"""

import re
import shlex

_CHAIN = re.compile(r"^(?:KUBE|ANTREA|CNI)-[\w.:+-]+$")
_SET = re.compile(r"^(?:KUBE|ANTREA)-[\w.:+-]+$")
_TABLES = ("kube-proxy", "cni_hostport", "cni_plugins_masquerade")


def parse(text):
    """Read the output of ``ip6tables-save``.

    Returns:
        ``{table: {"chains": [names], "jumps": [rules as -A lines]}}`` of the tables that hold anything of a cluster:
        its chains, and the rules of other chains that lead into them.
    """
    tables = {}
    table = ""
    for line in text.splitlines():
        if line.startswith("*"):
            table = line[1:].strip()
            tables[table] = {"chains": [], "jumps": []}
        elif line.startswith(":") and table:
            name = line[1:].split()[0]
            if _CHAIN.match(name):
                tables[table]["chains"].append(name)
        elif line.startswith("-A ") and table:
            words = _words(line)
            if not _CHAIN.match(words[1]) and any(_CHAIN.match(target) for target in _targets(words)):
                tables[table]["jumps"].append(line)
    return {name: found for name, found in tables.items() if found["chains"] or found["jumps"]}


def _words(line):
    try:
        return shlex.split(line)
    except ValueError:
        return line.split()


def _targets(words):
    """Yield where a rule jumps or goes to."""
    for option, value in zip(words, words[1:]):
        if option in ("-j", "-g", "--jump", "--goto"):
            yield value


def removal(tables):
    """Return the input of ``ip6tables-restore --noflush`` that takes away what :func:`parse` found, and nothing else.

    A chain that is declared there is emptied first, so that none refers to another when they are deleted. All of a
    table goes in one step or not at all.
    """
    lines = []
    for table in sorted(tables):
        found = tables[table]
        lines.append("*" + table)
        lines += [":{0} - [0:0]".format(name) for name in found["chains"]]
        lines += ["-D" + rule[len("-A") :] for rule in found["jumps"]]
        lines += ["-X " + name for name in found["chains"]]
        lines.append("COMMIT")
    return "\n".join(lines) + "\n" if lines else ""


def nft_tables(text):
    """Return ``[(family, table)]`` of a cluster's own tables in the output of ``nft list tables``."""
    found = []
    for line in text.splitlines():
        words = line.split()
        if len(words) == 3 and words[0] == "table" and words[2] in _TABLES:
            found.append((words[1], words[2]))
    return found


def sets(names):
    """Return a cluster's sets among the names of all."""
    return [name for name in names if _SET.match(name)]
