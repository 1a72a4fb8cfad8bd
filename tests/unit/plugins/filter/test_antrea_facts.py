# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0
"""The filter says what a release needs."""

import pytest
from ansible.errors import AnsibleFilterError

from ansible_collections.kurl.ipv6.plugins.filter.antrea_facts import FilterModule

antrea_facts = FilterModule().filters()["antrea_facts"]


@pytest.mark.parametrize(
    "version, kept",
    [
        *((version, False) for version in ("1.4.0", "1.10.9", "1.11.3", "1.12.2", "1.13.1")),
        *((version, True) for version in ("1.11.4", "1.12.3", "1.13.2", "1.14.0", "2.4.1")),
    ],
)
def test_which_releases_keep_their_route(version, kept):
    assert antrea_facts(version)["link_local_route"] is kept


def test_what_is_no_release_is_an_error():
    with pytest.raises(AnsibleFilterError, match="2.4"):
        antrea_facts("2.4")
