# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0
"""Asks a NodePort of every node, from the host on which this runs."""

from __future__ import absolute_import, division, print_function

__metaclass__ = type

import http.client
import socket
import time
from concurrent.futures import ThreadPoolExecutor

from ansible_collections.kurl.ipv6.plugins.module_utils.cluster import checks, trial

#: How long one attempt may take, in seconds.
ATTEMPT_SECONDS = 3
AT_ONCE = 32


def ask_once(address, port):
    """Return what is wrong with the answer of a node, in words; empty when a test pod answered."""
    connection = http.client.HTTPConnection(address, port, timeout=ATTEMPT_SECONDS)
    try:
        connection.request("GET", "/")
        said = connection.getresponse().read(256).decode("utf-8", "replace")
    except socket.timeout:
        return "timed out"
    except OSError as error:
        return error.strerror or str(error)
    except http.client.HTTPException as error:
        return "something else answered: %s" % type(error).__name__
    finally:
        connection.close()
    return "" if trial.is_pod_name(said) else "something else answered: %s" % said[:60].strip()


def ask(nodes, port, seconds):
    """Ask all nodes and return ``[{node, address, error}]`` in their order.

    Arguments:
        nodes: ``[{name, address}]``; a node without an address is left out, which is a finding of its own already.
        port: the NodePort.
        seconds: how long a node that does not answer is asked again.
    """
    until = time.time() + seconds

    def one(node):
        while True:
            error = ask_once(node["address"], port)
            if not error or time.time() + 1 > until:
                return {"node": node["name"], "address": node["address"], "error": error}
            time.sleep(1)

    with ThreadPoolExecutor(max_workers=AT_ONCE) as pool:
        return list(pool.map(one, [node for node in nodes if node["address"]]))


def findings(hostname, nodes, port, answers):
    """Judge a host by the nodes of the cluster and by what they answered it."""
    subject = "node/" + hostname
    facts = {"hostname": hostname, "nodes": nodes, "port": port, "answers": answers}
    return checks.run(checks.View(subject, facts), "cluster.host")
