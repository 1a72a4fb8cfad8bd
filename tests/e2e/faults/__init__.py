# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0
"""Faults of a host, injected and cleared for real, and what the readiness check must say of them."""
