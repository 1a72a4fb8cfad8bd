# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0
"""Runs commands of the host, with errors that say what was run."""

import subprocess


class LabError(Exception):
    """What a user has to know and can do something about."""


def run(command, check=True, environment=None, quiet=True):
    """Run a command.

    Arguments:
        command: list of words.
        check: raise LabError if it fails.
        environment: the whole environment, the caller's if None.
        quiet: keep the output instead of showing it.
    Returns:
        ``(exit code, standard output, standard error)``; the last two are empty unless quiet.
    """
    pipe = subprocess.PIPE if quiet else None
    try:
        done = subprocess.run(command, stdout=pipe, stderr=pipe, stdin=subprocess.DEVNULL, text=True, env=environment)
    except FileNotFoundError:
        raise LabError(f"{command[0]} is not installed") from None
    if check and done.returncode != 0:
        words = (done.stderr or done.stdout or "").strip()
        raise LabError(f"`{' '.join(command)}` failed with code {done.returncode}" + (f": {words}" if words else ""))
    return done.returncode, done.stdout or "", done.stderr or ""
