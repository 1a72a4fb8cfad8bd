# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0
"""Changes parameters of the running kernel, watches the default routes meanwhile, and goes back if one is lost."""

import socket
import struct
import time

from ansible_collections.kurl.ipv6.plugins.module_utils.forwarding import plan

#: Seconds in which a program that handles router advertisements may react to the change.
SETTLE = 1.0
#: Seconds for a router to answer a solicitation: it waits up to 0.5 s by itself (RFC 4861, 6.2.6), twice that and more.
ANSWER = 4.0
PAUSE = 0.1


class ForwardingError(Exception):
    """The change failed and was undone; the message says what was seen and what to do."""


def write_value(path, value, root="/proc/sys/"):
    """Set a parameter.

    Arguments:
        path: the parameter below /proc/sys.
        value: its value.
    Raises:
        ForwardingError: the kernel refuses it or does not have it.
    """
    try:
        with open(root + path, "w", encoding="ascii") as stream:
            stream.write(value + "\n")
    except OSError as error:
        remedy = ""
        if path == plan.BRIDGE:
            remedy = ". The kernel shows it once br_netfilter is there: modprobe br_netfilter"
        raise ForwardingError(f"{plan.dotted(path)} cannot be set to {value}: {error.strerror}{remedy}")


def solicit(interface, index):
    """Ask the routers on a link for an advertisement now (RFC 4861, 4.1); a failure is left to the caller's wait."""
    try:
        with socket.socket(socket.AF_INET6, socket.SOCK_RAW, socket.IPPROTO_ICMPV6) as channel:
            channel.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_HOPS, 255)
            channel.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_IF, struct.pack("@I", index))
            # The kernel fills in the checksum of ICMPv6.
            channel.sendto(struct.pack("!BBHI", 133, 0, 0, 0), ("ff02::2", 0, 0, index))
    except OSError:
        return False
    return True


class Change:
    """One change of the running kernel.

    Arguments:
        routes: function that returns the default routes of now.
        links: what ``host.netlink.parse_links`` returned.
        run: function that runs a command (a list) and returns (code, out, err).
        write: function that sets a parameter (path, value).
    """

    def __init__(self, routes, links, run, write=write_value):
        self.routes = routes
        self.links = links
        self.run = run
        self.write = write

    def make(self, steps, before, settle):
        """Set parameters one after the other.

        Arguments:
            steps: what ``plan.changes`` returned.
            before: the default routes that must stay.
            settle: seconds to watch the routes afterwards.
        Raises:
            ForwardingError: a parameter cannot be set, or a default route went. Everything is as before then, or the
                message says what is not.
        """
        done = []
        try:
            for step in steps:
                self.write(step["path"], step["after"])
                done.append((step["path"], step["before"]))
        except ForwardingError as error:
            self.undo(done, before)
            raise ForwardingError(f"{error}. What had been changed was set back")
        gone = self.watch(before, settle)
        if gone:
            self.fail(done, before, gone)

    def watch(self, before, seconds):
        """Return the default routes that are missing, as soon as one is, for at most so many seconds."""
        end = time.monotonic() + seconds
        while True:
            gone = plan.lost(before, plan.usable(self.routes()))
            if gone or time.monotonic() >= end:
                return gone
            time.sleep(PAUSE)

    def fail(self, done, before, gone):
        """Undo and raise the error that says what happened."""
        missing = self.undo(done, before)
        names = ", ".join(plan.route_text(route) for route in gone)
        text = f"turning IPv6 forwarding on took the default route away ({names}), so it was turned off again"
        remedies = []
        for interface in sorted({route["interface"] for route in gone}):
            name = plan.dotted(plan.accept_ra(interface))
            remedies.append(
                f"# who handles router advertisements on {interface}? The kernel: sysctl -w {name}=2, then wait for the"
                " next advertisement (rdisc6 shows it). A program: let it accept them although the host forwards"
                " (networkd: IPv6AcceptRA=yes). Or make the route static in the host's network configuration"
            )
        if missing:
            text += "; the route has not come back by itself"
            remedies = [f"ip -6 route replace {plan.route_text(route)}" for route in missing] + remedies
        else:
            text += ", and the route is back"
        raise ForwardingError(text + ". Remedy:\n" + "\n".join(remedies))

    def undo(self, done, before):
        """Set parameters back, last one first, and bring the default routes back.

        Arguments:
            done: ``[(path, value)]``: what to set, in the order in which it was changed; a value of None is left alone.
            before: the default routes that were there.
        Returns:
            The default routes that could not be brought back.
        """
        for path, value in reversed(done):
            if value is not None:
                try:
                    self.write(path, value)
                except ForwardingError:
                    continue
        missing = plan.lost(before, plan.usable(self.routes()))
        indexes = {link["name"]: link["index"] for link in self.links}
        learned = [route for route in missing if route["protocol"] == "ra" and route["interface"] in indexes]
        asked = [solicit(name, indexes[name]) for name in sorted({route["interface"] for route in learned})]
        if any(asked):
            end = time.monotonic() + ANSWER
            while time.monotonic() < end and plan.lost(learned, plan.usable(self.routes())):
                time.sleep(PAUSE)
        for route in plan.lost(before, plan.usable(self.routes())):
            # No router answered. The route as it was, for as long as it would have lasted.
            words = ["ip", "-6", "route", "replace"] + plan.route_text(route).split()
            if route["protocol"] in ("ra", "static", "dhcp", "boot"):
                words += ["proto", route["protocol"]]
            if route["expires"] > 0:
                words += ["expires", str(route["expires"])]
            self.run(words)
        return plan.lost(before, plan.usable(self.routes()))
