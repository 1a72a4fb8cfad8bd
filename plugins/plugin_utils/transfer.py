# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0
"""Sends local files to a host for the time of a module call."""

from __future__ import absolute_import, division, print_function

__metaclass__ = type

import contextlib
import os

from ansible.errors import AnsibleActionFail

from ansible_collections.kurl.ipv6.plugins.module_utils.hostfiles.leftovers import FILE_PREFIX


@contextlib.contextmanager
def send_files(action, paths):
    """Put files into a temporary folder of the host, which is removed afterwards.

    A controller that is killed cannot remove it: the modules sweep such folders away, by the names of the files in
        them.

    Arguments:
        action: the action plugin.
        paths: name -> local path.
    Yields:
        name -> path on the host.
    """
    for name, path in sorted(paths.items()):
        if not path or not os.path.isfile(path):
            raise AnsibleActionFail("{0}: there is no file {1} on the controller".format(name, path or "given"))
    shell = action._connection._shell
    # The task's own folder, which it removes at its end if it still knows it: both calls below make it forget.
    known = shell.tmpdir
    folder = action._make_tmp_path()
    shell.tmpdir = known
    try:
        sources = {}
        for number, name in enumerate(sorted(paths)):
            remote = shell.join_path(folder, "{0}{1}".format(FILE_PREFIX, number))
            action._transfer_file(paths[name], remote)
            sources[name] = remote
        action._fixup_perms2([folder] + list(sources.values()), execute=False)
        yield sources
    finally:
        action._remove_tmp_path(folder, force=True)
        shell.tmpdir = known
