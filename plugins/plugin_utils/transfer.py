# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0
"""Sends local files to a host for the time of a module call."""

from __future__ import absolute_import, division, print_function

__metaclass__ = type

import contextlib
import os
import tempfile


@contextlib.contextmanager
def send_files(action, contents):
    """Put files into a temporary folder of the host, which is removed afterwards.

    Arguments:
        action: the action plugin.
        contents: name -> local path, or bytes.
    Yields:
        name -> path on the host.
    """
    if not contents:
        yield {}
        return
    folder = action._make_tmp_path()
    try:
        sources = {}
        for number, name in enumerate(sorted(contents)):
            remote = action._connection._shell.join_path(folder, str(number))
            content = contents[name]
            if isinstance(content, bytes):
                with tempfile.NamedTemporaryFile(prefix="kurl-ipv6-", delete=False) as local:
                    local.write(content)
                try:
                    action._transfer_file(local.name, remote)
                finally:
                    os.unlink(local.name)
            else:
                action._transfer_file(content, remote)
            sources[name] = remote
        action._fixup_perms2([folder] + list(sources.values()), execute=False)
        yield sources
    finally:
        action._remove_tmp_path(folder, force=True)
