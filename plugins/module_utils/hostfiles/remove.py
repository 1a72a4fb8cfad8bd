# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0
"""Takes away items that an earlier run installed and that a host no longer needs, and the units that go with them."""

from __future__ import absolute_import, division, print_function

__metaclass__ = type

from ansible_collections.kurl.ipv6.plugins.module_utils.hostfiles import install, units

#: What is done with a unit that goes.
DISABLE = "disable"


def due(record, items, names):
    """Return the items and the units that are recorded and have to go, as two lists in the order asked for.

    Arguments:
        record: the registry's record.
        items: names of items.
        names: of units.
    """
    return [name for name in items if name in record["items"]], [name for name in names if name in record["units"]]


def take_away(run, record, items, names, save):
    """Stop units and remove the files of items; what the files replaced is put back.

    The record forgets a thing once it is gone, so that a run which is killed is made up for by the next one.

    Arguments:
        run: function (words) -> (exit code, output, errors).
        record: the registry's record.
        items: names of items of the record.
        names: of units of the record.
        save: function (record) that writes the record.
    Raises:
        UnitError: systemctl failed.
    """
    for name in names:
        units.stop(run, name)
    for name in items:
        install.take_away(record, name)
    if names:
        units.reload(run)
    for name in items:
        del record["items"][name]
    for name in names:
        record["units"].remove(name)
        if name in record["pending"]:
            record["pending"].remove(name)
    if items or names:
        save(record)
