# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0
"""One change of a host at a time, and no litter from runs that were killed."""

from __future__ import absolute_import, division, print_function

__metaclass__ = type

import os
import subprocess
import sys

import pytest

from ansible_collections.kurl.ipv6.plugins.module_utils.hostfiles import leftovers, lock


def test_the_second_run_waits_and_says_whom_for(tmp_path):
    path = str(tmp_path / "lock")
    waits = []
    with lock.hold(path):
        with pytest.raises(lock.Busy, match="still at work on this host"):
            with lock.hold(path, seconds=0):
                pass
        with pytest.raises(RuntimeError):
            with lock.hold(path, seconds=60, sleep=lambda seconds: waits.append(seconds) or raise_later(waits)):
                pass
    with lock.hold(path, seconds=0):
        pass
    assert len(waits) == 3


def raise_later(waits):
    """End a wait that goes on."""
    if len(waits) == 3:
        raise RuntimeError()


def test_a_child_that_inherits_the_lock_keeps_it_when_its_parent_dies(tmp_path):
    path = str(tmp_path / "lock")
    with lock.hold(path) as descriptor:
        child = subprocess.Popen(
            [sys.executable, "-c", "import sys; sys.stdin.read()"], stdin=subprocess.PIPE, pass_fds=[descriptor]
        )
    with pytest.raises(lock.Busy):
        with lock.hold(path, seconds=0):
            pass
    child.communicate()
    with lock.hold(path, seconds=0):
        pass


def make_folder(parent, name, files, age):
    """Make a folder of a transfer, so many seconds old."""
    folder = parent / name
    folder.mkdir()
    for one in files:
        (folder / one).write_text("x")
        os.utime(str(folder / one), (1000000 - age, 1000000 - age))
    os.utime(str(folder), (1000000 - age, 1000000 - age))
    return str(folder)


def test_only_idle_folders_with_nothing_but_our_files_are_swept(tmp_path):
    old = make_folder(tmp_path, "ansible-tmp-1", ["kurl-ipv6-0", "kurl-ipv6-1"], 700)
    own = make_folder(tmp_path, "ansible-tmp-2", ["kurl-ipv6-0"], 700)
    make_folder(tmp_path, "ansible-tmp-3", ["kurl-ipv6-0"], 500)
    make_folder(tmp_path, "ansible-tmp-4", ["kurl-ipv6-0", "AnsiballZ_command.py"], 700)
    make_folder(tmp_path, "ansible-tmp-5", [], 700)
    make_folder(tmp_path, "other-tmp-6", ["kurl-ipv6-0"], 700)
    (tmp_path / "ansible-tmp-7").symlink_to(old)
    assert leftovers.sweep(os.path.join(own, "kurl-ipv6-0"), now=1000000) == [old]
    assert sorted(os.listdir(str(tmp_path))) == [
        "ansible-tmp-2",
        "ansible-tmp-3",
        "ansible-tmp-4",
        "ansible-tmp-5",
        "ansible-tmp-7",
        "other-tmp-6",
    ]
