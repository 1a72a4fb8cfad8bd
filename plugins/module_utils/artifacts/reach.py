# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0
"""Whether an installation's artifacts can be had, found out without fetching them: what is not in the cache yet is
asked for at its source, by the code that fetches it. Reads and asks only; ``checks.sources`` judges.
"""

from __future__ import absolute_import, division, print_function

__metaclass__ = type

import os
import re
import shutil
import socket
import threading
import time

try:
    from urllib.parse import urlsplit
    from urllib.request import getproxies, proxy_bypass
except ImportError:  # never on a supported controller; the sanity tests import this on every Python
    urlsplit = getproxies = proxy_bypass = None

from ansible_collections.kurl.ipv6.plugins.module_utils.artifacts.fetch import in_hand
from ansible_collections.kurl.ipv6.plugins.module_utils.artifacts.lock import read_lock
from ansible_collections.kurl.ipv6.plugins.module_utils.artifacts.source import SourceError, open_source
from ansible_collections.kurl.ipv6.plugins.module_utils.host import dns

#: Seconds that one answer may take, and all of them together; what has not come by then counts as silent.
TIMEOUT, PATIENCE = 4, 8
#: Addresses of one family that are tried.
ADDRESSES = 3


class Questions(object):
    """Questions that are asked at the same time, each in a thread of its own; a slow one keeps nobody waiting for long.

    Arguments:
        patience: seconds from now until answers are no longer waited for.
    """

    def __init__(self, patience):
        self._end = time.time() + patience
        self._threads = []
        self._answers = {}

    def ask(self, name, function, *arguments):
        """Call a function; what it returns is the answer to ``name``."""

        def run():
            self._answers[name] = function(*arguments)

        thread = threading.Thread(target=run)
        # One that never ends must not keep the process from ending.
        thread.daemon = True
        thread.start()
        self._threads.append(thread)

    def answers(self):
        """Wait, and return ``{name: answer}`` of those that were answered."""
        for thread in self._threads:
            thread.join(max(self._end - time.time(), 0))
        return dict(self._answers)


def look(artifacts, mirror, cache, airgap=False, timeout=TIMEOUT, patience=PATIENCE):
    """Find out whether artifacts can be had.

    Arguments:
        artifacts: list of artifacts as in catalog.py.
        mirror: value of artifacts_mirror.
        cache: folder with what was fetched before, and its lock file.
        airgap: nothing may be asked of the Internet.
        timeout, patience: seconds, see :data:`TIMEOUT`.
    Returns:
        A map: ``kind`` (folder, url, upstream); ``mirror``; ``wanted`` and ``cached`` (numbers); ``airgap``;
        ``problem`` (the source or the lock file cannot be used at all, empty if they can); ``absent``
        ([{"name", "path", "kind"}] that the source does not have, or has without its checksum); ``tool`` (a program
        that is missing, empty if none);
        ``nat64`` (the prefix of the controller's NAT64, empty if none); ``servers``, one for each that had to be asked:
        ``{"server", "port", "proxy" (URL without user, empty if none), "dialled", "ipv6" and "ipv4" (addresses),
        "family" (ipv6 or ipv4, whatever a connection came about over, else empty), "nat64" (bool), "reason" (why none
        did), "problems" (what was answered instead of an artifact), "silent" (connected, and some answer did not come
        in time), "names" (of artifacts)}``.
    """
    found = {
        "kind": "upstream" if not mirror else "url" if mirror.startswith(("http://", "https://")) else "folder",
        "mirror": without_user(mirror),
        "wanted": len(artifacts),
        "cached": 0,
        "problem": "",
        "absent": [],
        "tool": "",
        "nat64": "",
        "airgap": bool(airgap),
        "servers": [],
    }
    cache = os.path.abspath(os.path.expanduser(cache))
    try:
        source = open_source(mirror)
        lock = read_lock(os.path.join(cache, "artifacts.lock.json"))
    except (SourceError, ValueError, EnvironmentError) as error:
        found["problem"] = str(error)
        return found
    needed = [artifact for artifact in artifacts if not in_hand(artifact, source, cache, lock)]
    found["cached"] = len(artifacts) - len(needed)
    if found["kind"] == "folder":
        found["absent"] = [brief(artifact) for artifact in needed if _lacks(source, artifact)]
    elif needed and not (airgap and found["kind"] == "upstream"):
        _ask(source, needed, found, timeout, patience)
    elif needed:
        found["absent"] = [brief(artifact) for artifact in needed]
    return found


def brief(artifact):
    """Return what a report needs of an artifact."""
    return {key: artifact[key] for key in ("name", "path", "kind")}


def _lacks(source, artifact):
    """Return whether a folder lacks an artifact or the sum without which it is not used."""
    if not os.path.isfile(source.local_path(artifact["path"])):
        return True
    return source.publishes_checksum(artifact) and source.read_text(artifact["checksum_path"]) is None


def _ask(source, needed, found, timeout, patience):
    """Ask all servers at once: by name, by a connection, and for the artifacts' sums."""
    questions = Questions(patience)
    asked = {}
    for artifact in needed:
        asked.setdefault(source.question(artifact), []).append(artifact)
    servers = {}
    for url in asked:
        servers.setdefault(server_of(url), []).append(url)
    ways = {server: way(server) for server in servers}
    for server in servers:
        questions.ask(("connect", server), connect, ways[server]["dialled"], ways[server]["port"], timeout)
    for url, members in asked.items():
        questions.ask(("get", url), _get, source, members[0], timeout)
    questions.ask("nat64", nat64)
    answers = questions.answers()
    found["nat64"] = answers.get("nat64", "")
    for server in sorted(servers):
        met = answers.get(("connect", server)) or {"ipv6": [], "ipv4": [], "family": "", "reason": "no answer in time"}
        entry = dict(ways[server], server=server[1], port=server[2], problems=[], silent=False, names=[], **met)
        entry["nat64"] = bool(found["nat64"]) and any(within(found["nat64"], address) for address in met["ipv6"])
        for url in servers[server]:
            entry["names"] += [artifact["name"] for artifact in asked[url]]
            told = answers.get(("get", url))
            if told is None:
                entry["silent"] = True
            elif told["problem"]:
                entry["problems"].append(told["problem"])
            elif told["absent"]:
                found["absent"] += [brief(artifact) for artifact in asked[url]]
        found["servers"].append(entry)
    if found["kind"] == "upstream" and any(artifact["kind"] == "image" for artifact in needed):
        found["tool"] = "" if shutil.which("skopeo") else "skopeo"


def _get(source, artifact, timeout):
    """Ask for what is published beside an artifact, as fetching it begins."""
    try:
        return {"problem": "", "absent": not source.has(artifact, timeout)}
    except SourceError as error:
        return {"problem": str(error), "absent": False}


def server_of(url):
    """Return ``(scheme, host, port)`` of a URL."""
    parts = urlsplit(url)
    return parts.scheme, parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80)


def without_user(url):
    """Return a URL without the user and the password in it."""
    return re.sub(r"^([a-zA-Z0-9+.-]+://)[^/@]*@", r"\1", url)


def way(server):
    """Return how a server is reached from this process: ``{"proxy", "dialled", "port"}``, the last two of the proxy if
    the environment names one for it.
    """
    scheme, host, port = server
    proxy = getproxies().get(scheme, "")
    if not proxy or proxy_bypass(host):
        return {"proxy": "", "dialled": host, "port": port}
    _scheme, name, number = server_of(proxy if "://" in proxy else "http://" + proxy)
    return {"proxy": without_user(proxy), "dialled": name, "port": number}


def connect(host, port, timeout):
    """Resolve a name and connect, over IPv6 first; hangs up at once.

    Returns:
        ``{"ipv6", "ipv4", "family", "reason"}``, see :func:`look`.
    """
    found = {"ipv6": [], "ipv4": [], "family": "", "reason": ""}
    try:
        infos = socket.getaddrinfo(host, port, socket.AF_UNSPEC, socket.SOCK_STREAM)
    except (socket.gaierror, UnicodeError) as error:
        found["reason"] = "its name has no address: {0}".format(getattr(error, "strerror", None) or error)
        return found
    for name, family in (("ipv6", socket.AF_INET6), ("ipv4", socket.AF_INET)):
        found[name] = [info[4][0] for info in infos if info[0] == family][:ADDRESSES]
    reasons = []
    for name, family in (("ipv6", socket.AF_INET6), ("ipv4", socket.AF_INET)):
        for address in found[name]:
            try:
                with socket.socket(family, socket.SOCK_STREAM) as endpoint:
                    endpoint.settimeout(float(timeout) / 2)
                    endpoint.connect((address, port))
                found["family"] = name
                return found
            except (EnvironmentError, OverflowError) as error:
                reasons.append("{0}: {1}".format(address, getattr(error, "strerror", None) or error))
    if not found["ipv6"]:
        reasons.insert(0, "it has no IPv6 address")
    found["reason"] = "; ".join(reasons[:3])
    return found


def nat64():
    """Return the prefix of the NAT64 that the controller's resolvers tell of (RFC 7050), empty if there is none."""
    try:
        infos = socket.getaddrinfo(dns.DNS64_NAME, None, socket.AF_INET6, socket.SOCK_STREAM)
    except (socket.gaierror, UnicodeError):
        return ""
    prefixes = [dns.nat64_prefix(socket.inet_pton(socket.AF_INET6, info[4][0].split("%")[0])) for info in infos]
    return next((prefix for prefix in prefixes if prefix), "")


def within(prefix, address):
    """Return whether an address has a prefix whose length is a multiple of eight."""
    base, _slash, length = prefix.partition("/")
    size = int(length) // 8
    packed = [socket.inet_pton(socket.AF_INET6, text.split("%")[0]) for text in (base, address)]
    return packed[0][:size] == packed[1][:size]
