# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0
"""CoreDNS's configuration, as text."""

from __future__ import absolute_import, division, print_function

__metaclass__ = type

import re

# ``forward . TO... [{]``: the plugin that asks others for every name that is not the cluster's.
_FORWARD = re.compile(r"^([ \t]*forward[ \t]+\.[ \t]+)([^{\n]*?)([ \t]*\{?[ \t]*)$", re.MULTILINE)


class CorefileError(Exception):
    """A Corefile that says nothing of where other names are asked."""


def forward_to(corefile, resolver):
    """Return a Corefile whose cluster resolver asks one resolver for what is not the cluster's; the rest stays.

    Arguments:
        corefile: the text, as kubeadm or an administrator wrote it.
        resolver: address of the resolver, or the path of a resolv.conf.
    Raises:
        CorefileError: no line forwards all names (``forward .``).
    """
    changed, lines = _FORWARD.subn(lambda found: found.group(1) + resolver + found.group(3), corefile)
    if not lines:
        raise CorefileError("the Corefile has no line 'forward .', so it cannot be told to ask " + resolver)
    return changed
