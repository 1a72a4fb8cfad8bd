# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0
"""One change of a host at a time: a run whose controller was killed may still be at work on the host when the next
one comes.
"""

from __future__ import absolute_import, division, print_function

__metaclass__ = type

import contextlib
import errno
import fcntl
import os
import time

PATH = "/run/kurl-ipv6.lock"
#: Longer than kubeadm's own longest wait.
WAIT_SECONDS = 600


class Busy(Exception):
    """Another run holds the lock; the message says what to do."""


@contextlib.contextmanager
def hold(path=PATH, seconds=WAIT_SECONDS, sleep=time.sleep):
    """Hold the lock; the kernel lets it go when the last process that has it ends, however it ends.

    Arguments:
        path: of the lock file.
        seconds: how long to wait for another run.
        sleep: function (seconds); for tests.
    Yields:
        The lock's file descriptor. A child process that inherits it holds the lock as well.
    Raises:
        Busy: the other run did not end in time.
    """
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        deadline = time.time() + seconds
        while True:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except EnvironmentError as error:
                if error.errno not in (errno.EWOULDBLOCK, errno.EACCES):
                    raise
            if time.time() >= deadline:
                raise Busy(
                    "an earlier run is still at work on this host (it holds {0}). Wait for its "
                    "end and run the playbook again; 'fuser -v {0}' shows its processes".format(path)
                )
            sleep(0.5)
        yield descriptor
    finally:
        os.close(descriptor)
