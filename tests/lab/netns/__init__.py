# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0
"""A lab of network namespaces: hundreds of nodes that ssh reaches over IPv6, for what depends on their number."""
