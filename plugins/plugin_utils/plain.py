# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0
"""What filters of manifests have in common: plain values in, errors that name the filter out."""

import json

from ansible.errors import AnsibleFilterError

from ansible_collections.kurl.ipv6.plugins.module_utils.manifest.documents import ManifestError
from ansible_collections.kurl.ipv6.plugins.module_utils.rook.versions import RookError


def plain(value):
    """Return a value as plain dicts, lists and strings; templating hands out lazy and tagged ones.

    Raises TypeError or ValueError for what JSON does not have, such as the dates that YAML reads without quotes.
    """
    return json.loads(json.dumps(value))


def documents_filter(name, function):
    """Return a filter that hands a list of documents and further values to a function, all of them plain.

    name: the filter's, for messages.
    """

    def run(documents, *values, **options):
        if isinstance(documents, (str, dict)):
            raise AnsibleFilterError("%s: the input is a list of documents, use from_yaml_all first" % name)
        try:
            return function(plain(list(documents)), *plain(list(values)), **plain(options))
        except (RookError, ManifestError, TypeError, ValueError) as error:
            raise AnsibleFilterError("%s: %s" % (name, error))

    run.__doc__ = function.__doc__
    return run
