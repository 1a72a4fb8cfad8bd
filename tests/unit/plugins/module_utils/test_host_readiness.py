# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0
"""Whom the readiness module asks."""

import pytest

from ansible_collections.kurl.ipv6.plugins.module_utils import host_readiness

SPEC = "http://[2001:db8::8]:3128"


@pytest.mark.parametrize(
    "plan, environment, expected",
    [
        ({}, {}, []),
        ({"proxy": SPEC}, {}, [SPEC]),
        ({"proxy": "http://me:secret@[2001:db8::8]:3128"}, {}, [SPEC]),
        ({"proxy": SPEC}, {"https_proxy": "http://me:secret@p:1"}, [SPEC, "http://p:1"]),
        ({"proxy": SPEC, "airgap": True}, {"https_proxy": "http://p:1"}, []),
    ],
)
def test_proxies_are_the_specs_and_the_environments(plan, environment, expected):
    assert host_readiness.proxies(plan, environment) == expected
