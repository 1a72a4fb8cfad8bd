# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0
"""Whether the hosts of a play go through its tasks together."""

from ansible import constants as C


def kept(task):
    """Return whether all hosts end a task before any begins the next one.

    Arguments:
        task: an action's task. The strategies ``free`` and ``host_pinned`` let each host go on by itself.
    """
    play = getattr(getattr(task, "_parent", None), "_play", None)
    strategy = str(getattr(play, "strategy", None) or C.DEFAULT_STRATEGY)
    return strategy.rsplit(".", 1)[-1] not in ("free", "host_pinned")
