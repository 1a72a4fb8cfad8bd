# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0
"""All checks: importing this module registers them, in the order in which reports and documentation show them."""

# pylint: disable=unused-import
from ansible_collections.kurl.ipv6.plugins.module_utils.checks import access, kernel, network, ports  # noqa: F401
from ansible_collections.kurl.ipv6.plugins.module_utils.checks.registry import registered, run

__all__ = ["registered", "run"]
