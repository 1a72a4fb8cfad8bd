# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0
"""All checks: importing this module registers them, in the order in which reports and documentation show them."""

# isort: off
# pylint: disable=unused-import
from ansible_collections.kurl.ipv6.plugins.module_utils.checks import (  # noqa: F401
    access,
    machine,
    kernel,
    network,
    names,
    ports,
    disks,
    rook,
    firewalls,
    remains,
    running,
    host_preflights,
    fleet,
)
from ansible_collections.kurl.ipv6.plugins.module_utils.checks.registry import registered, run

__all__ = ["registered", "run"]
