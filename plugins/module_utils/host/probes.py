# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0
"""What only an answer tells: does the gateway live, do the resolvers, does the proxy. Asked first, read last: nothing
waits meanwhile.

One neighbour solicitation, one or two DNS queries a resolver and one connection to each proxy are all that is sent.
"""

import contextlib
import errno
import ipaddress
import os
import select
import socket
import struct
import threading
import time
import urllib.parse

from ansible_collections.kurl.ipv6.plugins.module_utils.host import asked, dns

SOLICITATION, ADVERTISEMENT = 135, 136
#: Seconds from the first question to the end of waiting.
PATIENCE = 0.3
#: Servers that are asked; the C library uses no more (resolv.conf(5), MAXNS).
SERVERS = 3
#: Seconds that a proxy has to take a connection, its name's resolution included, and proxies that are asked.
PROXY_PATIENCE, PROXIES = 2.0, 3
_FILTER = 1  # ICMP6_FILTER of linux/icmpv6.h


def solicited_node(address):
    """Return the multicast address on which the owner of an address listens (RFC 4291, 2.7.1), as text."""
    low = ipaddress.IPv6Address(address).packed[-3:]
    return str(ipaddress.IPv6Address(b"\xff\x02" + b"\0" * 9 + b"\x01\xff" + low))


def solicitation(target, mac):
    """Return the ICMPv6 message that asks who has an address (RFC 4861, 4.3); the kernel adds the checksum."""
    message = struct.pack(">BBHI", SOLICITATION, 0, 0, 0) + ipaddress.IPv6Address(target).packed
    return message + b"\x01\x01" + bytes(int(part, 16) for part in mac.split(":"))


def answers(message, target):
    """Return whether an ICMPv6 message is the advertisement of an address."""
    return len(message) >= 24 and message[0] == ADVERTISEMENT and message[8:24] == ipaddress.IPv6Address(target).packed


def endpoint(url):
    """Return ``(host, port)`` of a proxy's URL, as curl and Go read it; ``("", 0)`` if it has none."""
    try:
        parts = urllib.parse.urlsplit(url if "://" in url else "http://" + url)
        return parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80)
    except ValueError:
        return "", 0


class Probes:
    """The questions that are under way.

    Arguments:
        outbound: whether a name of the Internet may be asked for, which tells a DNS64.
    """

    def __init__(self, outbound=True):
        self._outbound = outbound
        self._started = time.monotonic()
        self._gateway = None
        self._solicit = None
        self._raw = None
        self._servers = {}
        self._proxies = {}

    def ask_proxies(self, urls):
        """Connect to proxies over IPv6 and hang up again.

        Arguments:
            urls: their URLs, without users and passwords.
        """
        for url in sorted(set(urls))[:PROXIES]:
            host, port = endpoint(url)
            if host:
                answer = {}
                of = {"host": host, "port": port, "timeout": PROXY_PATIENCE}
                thread = threading.Thread(target=lambda answer=answer, of=of: answer.update(asked.connect(of)))
                # To resolve a name may take longer than anybody waits.
                thread.daemon = True
                thread.start()
                self._proxies[url] = (thread, answer)

    def _answered_proxies(self):
        """Return ``{url: {"state", "message"}}``, waiting for those that have not answered yet."""
        end = self._started + PROXY_PATIENCE
        found = {}
        for url, (thread, answer) in self._proxies.items():
            thread.join(max(end - time.monotonic(), 0))
            known = dict(answer)
            found[url] = {"state": known.get("state", "connection-timeout"), "message": known.get("message", "")}
        return found

    def ask_gateway(self, address, link):
        """Ask who has the gateway's address.

        Arguments:
            address: the gateway.
            link: its link of the facts, None if unknown; links without Ethernet addresses are not asked.
        """
        if not link or not link["mac"] or "noarp" in link["flags"]:
            return
        try:
            raw = socket.socket(socket.AF_INET6, socket.SOCK_RAW, socket.IPPROTO_ICMPV6)
        except OSError:
            return  # not root
        try:
            passing = [0xFFFFFFFF] * 8
            passing[ADVERTISEMENT // 32] &= ~(1 << (ADVERTISEMENT % 32))
            raw.setsockopt(socket.IPPROTO_ICMPV6, _FILTER, struct.pack("=8I", *passing))
            raw.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_IF, link["index"])
            raw.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_HOPS, 255)
            raw.setblocking(False)
            message = solicitation(address, link["mac"])
        except (OSError, ValueError):
            raw.close()
            return
        target = (solicited_node(address), 0, 0, link["index"])
        self._raw = raw
        self._solicit = lambda: raw.sendto(message, target)
        self._gateway = {"address": address, "interface": link["name"], "answers": None}
        self._ask_again()

    def _ask_again(self):
        """Send the solicitation; while none could be sent nothing is known of the gateway."""
        with contextlib.suppress(OSError):
            self._solicit()
            if self._gateway["answers"] is None:
                self._gateway["answers"] = False

    def ask_resolvers(self, servers, indices):
        """Ask the resolvers that are IPv6 addresses.

        Arguments:
            servers: addresses, a zone (``%eth0``) included.
            indices: ``{interface: index}``.
        """
        for text in servers[:SERVERS]:
            base, _percent, zone = text.partition("%")
            try:
                ipaddress.IPv6Address(base)
            except ValueError:
                continue
            entry = {"answers": False, "error": "", "nat64": "", "socket": None}
            self._servers[text] = entry
            channel = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
            channel.setblocking(False)
            try:
                channel.connect((base, 53, 0, indices.get(zone, int(zone) if zone.isdecimal() else 0)))
                entry["socket"] = channel
                self._query(entry)
            except (OSError, OverflowError) as error:
                entry["error"] = getattr(error, "strerror", "") or str(error)
                entry["socket"] = None
                channel.close()

    def _query(self, entry):
        entry["number"] = int.from_bytes(os.urandom(2), "big") & 0xFFFE
        entry["socket"].send(dns.query(entry["number"], dns.LOCAL_NAME, dns.PTR))
        if self._outbound:
            entry["socket"].send(dns.query(entry["number"] + 1, dns.DNS64_NAME, dns.AAAA))

    def _pending(self):
        waiting = [entry["socket"] for entry in self._servers.values() if entry["socket"] and not entry["answers"]]
        if self._raw and self._gateway and not self._gateway["answers"]:
            waiting.append(self._raw)
        return waiting

    def finish(self):
        """Read what has come, and wait a little for what has not.

        Returns:
            ``{"gateway": {"address", "interface", "answers"} or None, "resolvers": {server: {"answers", "error",
            "nat64"}}, "proxies": {url: {"state", "message"}}}``; a gateway that could not be asked is left out;
            ``nat64`` is the prefix of a DNS64, empty if the resolver is none or was not asked; ``state`` as
            ``asked.connect`` calls it.
        """
        repeated = False
        while True:
            waiting = self._pending()
            left = self._started + PATIENCE - time.monotonic()
            if not waiting or left <= 0:
                break
            ready, _writable, _broken = select.select(waiting, [], [], left if repeated else min(left, PATIENCE / 3))
            for channel in ready:
                self._receive(channel)
            if not ready and not repeated:
                repeated = True
                if self._raw in waiting:
                    self._ask_again()
        # The answer that tells a DNS64 may come with or after the first one.
        for entry in self._servers.values():
            channel = entry["socket"]
            if channel:
                if entry["answers"] and self._outbound and not entry["nat64"]:
                    select.select([channel], [], [], 0.02)
                self._receive(channel)
                channel.close()
        if self._raw:
            self._receive(self._raw)
            self._raw.close()
        keys = ("answers", "error", "nat64")
        known = self._gateway and self._gateway["answers"] is not None
        return {
            "gateway": self._gateway if known else None,
            "resolvers": {name: {key: entry[key] for key in keys} for name, entry in self._servers.items()},
            "proxies": self._answered_proxies(),
        }

    def _receive(self, channel):
        """Read everything that waits in a socket."""
        for _message in range(64):
            try:
                data = channel.recv(2048)
            except OSError as error:
                self._broken(channel, error)
                return
            if channel is self._raw:
                if answers(data, self._gateway["address"]):
                    self._gateway["answers"] = True
                continue
            entry = next(one for one in self._servers.values() if one["socket"] is channel)
            answer = dns.parse(data)
            if answer and answer[0] in (entry["number"], entry["number"] + 1):
                entry["answers"] = True
                entry["error"] = ""
                if answer[0] == entry["number"] + 1:
                    entry["nat64"] = next(filter(None, map(dns.nat64_prefix, answer[2])), "")

    def _broken(self, channel, error):
        """Remember that a resolver's machine refused; what merely has no more to read is no error."""
        if error.errno in (errno.EAGAIN, errno.EWOULDBLOCK, errno.EINTR) or channel is self._raw:
            return
        for entry in self._servers.values():
            if entry["socket"] is channel and not entry["answers"]:
                entry["error"] = error.strerror or str(error)
                entry["socket"] = None
                channel.close()
