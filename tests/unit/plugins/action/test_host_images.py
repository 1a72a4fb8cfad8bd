# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0
"""``kurl.ipv6.host_images`` by a real playbook: only what the host lacks is sent, and nothing of it stays."""

from __future__ import absolute_import, division, print_function

__metaclass__ = type

import json

import pytest

from ansible_collections.kurl.ipv6.tests.unit.plugins.action.private_host import PrivateHost

NAMES = ["registry.k8s.io/pause:3.10.1", "registry.k8s.io/etcd:3.6.5-0"]
#: Stands for ctr: an archive is a text with the name of its image; the store is a folder.
CTR = """#!/bin/sh
store={store}
echo "$3 $4" >> {log}
case "$4" in
  list)
    echo "REF TYPE DIGEST SIZE PLATFORMS LABELS"
    for image in $store/*; do [ -e $image ] && cat $image; done ;;
  import)
    name=$(cat "$5")
    [ "$name" = damaged ] && {{ echo "ctr: unexpected EOF" >&2; exit 1; }}
    echo "$name a b 1 MiB linux/amd64 -" > $store/$(echo $name | tr / _) ;;
  label) echo "$5 a b 1 MiB linux/amd64 $6,$7" > $store/$(echo $5 | tr / _) ;;
esac
exit 0
"""


@pytest.fixture(name="host")
def fixture_host(tmp_path):
    """A host with a store, and two archives on its controller."""
    host = PrivateHost(tmp_path)
    (tmp_path / "store").mkdir()
    host.command("ctr", CTR.format(store=tmp_path / "store", log=host.log))
    for number, name in enumerate(NAMES):
        (tmp_path / "{0}.tar".format(number)).write_text(name)
    return host


def task(host, sha256=("0" * 64, "1" * 64), check=False, **more):
    """Return a task that loads both images, one of them named twice."""
    images = [
        {"name": name, "src": str(host.folder / "{0}.tar".format(number)), "sha256": sha256[number]}
        for number, name in enumerate(NAMES)
    ]
    arguments = dict({"images": images + images[:1], "ctr": str(host.commands / "ctr")}, **more)
    return {"kurl.ipv6.host_images": arguments, "check_mode": check}


def shell(command):
    """Return a task that does something to the host, or shows something of it."""
    return {"ansible.builtin.shell": command}


def test_images_are_sent_and_loaded_once(host):
    told = shell("cat {0}; : > {0}".format(host.log))
    results = host.run(
        [
            task(host, check=True, ctr="/nowhere/ctr"),
            task(host, ctr="/nowhere/ctr"),
            task(host, check=True),
            told,
            task(host),
            told,
            task(host),
            told,
            task(host, sha256=("0" * 64, "2" * 64)),
            told,
            shell("echo damaged > {0}".format(host.folder / "0.tar")),
            task(host, sha256=("3" * 64, "2" * 64)),
            shell("ls {0}".format(host.folder / "remote")),
        ]
    )
    assert (results[0]["changed"], results[0]["loaded"]) == (True, NAMES)
    assert "containerd is not installed yet" in results[1]["msg"]
    assert (results[2]["changed"], results[2]["loaded"]) == (True, NAMES)
    assert results[3]["stdout_lines"] == ["images list"]
    assert (results[4]["changed"], results[4]["loaded"]) == (True, NAMES)
    assert results[5]["stdout"].count("images import") == 2
    assert (results[6]["changed"], results[6]["loaded"]) == (False, [])
    # One question when there is nothing to do.
    assert results[7]["stdout_lines"] == ["images list"]
    assert (results[8]["changed"], results[8]["loaded"]) == (True, NAMES[1:])
    assert results[9]["stdout"].count("images import") == 1
    assert results[11]["failed"]
    assert "ctr images import" in results[11]["msg"]
    assert "unexpected EOF" in results[11]["msg"]
    # Only the folder of the task that looks.
    assert results[12]["stdout"].count("ansible-tmp-") <= 1
    assert "Traceback" not in json.dumps(results)
