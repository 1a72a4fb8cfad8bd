# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0
"""Images are found by the reference that containerd stores."""

from __future__ import absolute_import, division, print_function

__metaclass__ = type

import pytest
from ansible.errors import AnsibleFilterError

from ansible_collections.kurl.ipv6.plugins.filter.image_archives import image_archives

PATHS = {
    "registry.k8s.io/pause:3.10.1": {"path": "/m/pause.tar", "sha256": "a" * 64, "size": 1},
    "docker.io/antrea/antrea-agent-ubuntu:v2.4.1": {"path": "/m/agent.tar", "sha256": "b" * 64, "size": 2},
    "docker.io/library/haproxy:3.0": {"path": "", "sha256": "", "size": 0},
}


def test_a_short_name_is_found_by_its_full_reference():
    assert image_archives(["antrea/antrea-agent-ubuntu:v2.4.1"], PATHS) == [
        {"name": "docker.io/antrea/antrea-agent-ubuntu:v2.4.1", "src": "/m/agent.tar", "sha256": "b" * 64}
    ]


def test_an_image_named_twice_is_loaded_once():
    made = image_archives(["registry.k8s.io/pause:3.10.1", "haproxy:3.0", "docker.io/library/haproxy:3.0"], PATHS)
    assert [image["name"] for image in made] == ["registry.k8s.io/pause:3.10.1", "docker.io/library/haproxy:3.0"]
    assert made[1] == {"name": "docker.io/library/haproxy:3.0", "src": "", "sha256": ""}


def test_all_that_was_not_fetched_is_named_with_the_remedy():
    with pytest.raises(
        AnsibleFilterError, match="docker.io/x/y:1, quay.io/z:2 was not fetched.*artifacts_extra_images"
    ):
        image_archives(["x/y:1", "quay.io/z:2", "haproxy:3.0"], PATHS)
