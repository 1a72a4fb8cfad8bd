# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0
"""Many ways that fail alike put into few words: to a host, or from a host."""

import collections

TO, FROM = "to", "from"
#: Ways that fail: ``side``: all of them lead :data:`TO` ``host``, or :data:`FROM` it; ``others``: the hosts at the
#: other ends; ``asked``: how many ways there are on that side in all.
Group = collections.namedtuple("Group", "side host others asked")


def groups(failing, asked):
    """Put failing ways together: each is in exactly one group, and the largest groups are taken first.

    A host that nobody reaches is one group, as is a host that reaches nobody. Of two groups that explain as much the
    one ``to`` a host is taken, because hosts more often filter what comes in.

    Arguments:
        failing: ways, ``{(source, target)}``.
        asked: all ways that were tried, ``failing`` included.
    Returns:
        A list of :class:`Group`, the largest first; hosts in the order of their numbers.
    """
    ways = {TO: collections.defaultdict(set), FROM: collections.defaultdict(set)}
    for source, target in failing:
        ways[TO][target].add(source)
        ways[FROM][source].add(target)
    total = collections.Counter()
    for source, target in asked:
        total[(TO, target)] += 1
        total[(FROM, source)] += 1

    def weight(choice):
        side, host = choice
        others = len(ways[side][host])
        return others, others == total[choice], side == TO, -host

    found = []
    while True:
        choices = [(side, host) for side in (TO, FROM) for host, others in ways[side].items() if others]
        if not choices:
            return found
        side, host = max(choices, key=weight)
        others = ways[side].pop(host)
        opposite = ways[FROM if side == TO else TO]
        for other in others:
            opposite[other].discard(host)
        found.append(Group(side, host, sorted(others), total[(side, host)]))
