# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0
"""Forwarding on machines with kernels of their own, one for each program that may be in charge of a host's network.

All but the static one have address and route from the lab's router, whose advertisements hold for a minute.
"""

import json
import os
import re
import time

import pytest
from cluster import BINARIES, TOP, run
from containers import settings
from machines import Machines
from vm import network as router

NAME, SUBNET = "e2e-vm", "fd00:2a::/64"
NETWORKS = ("static", "kernel", "ifupdown", "networkd", "networkmanager")
NODES = {network: f"{NAME}-n{number}" for number, network in enumerate(NETWORKS, 1)}
#: Who the module finds in charge. ifupdown asks the kernel to listen.
HANDLERS = {
    "static": "static",
    "kernel": "kernel",
    "ifupdown": "kernel",
    "networkd": "networkd",
    "networkmanager": "NetworkManager",
}
#: accept_ra of the interface before and after; programs that listen themselves have it at 0, ifupdown sets 2.
ACCEPTS = {
    "static": ("0", "0"),
    "kernel": ("1", "2"),
    "ifupdown": ("2", "2"),
    "networkd": ("0", "0"),
    "networkmanager": ("0", "0"),
}
LIFETIME = 60
OWN = "/etc/sysctl.d/90-kurl-ipv6.conf"
NOTE = "/var/lib/kurl-ipv6/forwarding.json"
MODULES = ("br_netfilter", "overlay", "openvswitch")


@pytest.fixture(scope="module")
def lab(request):
    """One machine a network."""
    inventory = os.path.join(TOP, "build", f"{NAME}-inventory.yml")
    os.makedirs(os.path.dirname(inventory), exist_ok=True)
    words = ["--network", ",".join(NETWORKS), "--ra-lifetime", LIFETIME, "--memory", 512]
    count = len(NETWORKS)
    nodes = Machines(NAME, SUBNET, inventory, settings.cache("mirror"), count, vms=count, words=words)
    assert nodes.down().code == 0
    result = nodes.up()
    assert result.code == 0, result.output
    yield nodes
    if not request.config.getoption("--keep-lab"):
        result = nodes.down()
        assert result.code == 0, result.output


def call(lab, node, module, arguments=None, *words):
    """Run a module on a node; return (what it returned, exit code)."""
    result = run(
        [
            os.path.join(BINARIES, "ansible"),
            node,
            *("-i", lab.inventory, "-m", f"kurl.ipv6.{module}", "-a", json.dumps(arguments) if arguments else ""),
            *words,
        ]
    )
    answer = re.search(r"^\S+ \| \w+!? => (\{.*\})\s*$", result.output, re.MULTILINE | re.DOTALL)
    assert answer, result.output
    return json.loads(answer.group(1)), result.code


def forwarding(lab, node, *words, **arguments):
    """Run the module that all of this is about."""
    return call(lab, node, "forwarding", arguments, *words)


def on(lab, node, command):
    """Return what a command on a node prints."""
    result = lab.ssh(node, command)
    assert result.code == 0, result.output
    return result.output.strip()


def interface(lab, node):
    """Return the name of a machine's one network interface."""
    return on(lab, node, "ls -d /sys/class/net/*/device | cut -d / -f 5")


def values(lab, node):
    """Return (all.forwarding, accept_ra of the interface)."""
    name = interface(lab, node)
    return tuple(on(lab, node, f"cd /proc/sys/net/ipv6/conf && cat all/forwarding {name}/accept_ra").split())


def routes(lab, node):
    return on(lab, node, "ip -6 route show default")


def wait_for_route(lab, node):
    end = time.monotonic() + LIFETIME
    while not routes(lab, node):
        assert time.monotonic() < end, "the router was not heard"
        time.sleep(0.5)


def reaches_the_router(lab, node):
    """Whether packets that take the default route arrive."""
    return lab.ssh(node, f"ping -c 1 -w 5 {router.BEYOND}").code == 0


@pytest.mark.parametrize("network", NETWORKS)
def test_a_machine_starts_with_its_route_and_no_ipv4(lab, network):
    node = NODES[network]
    wait_for_route(lab, node)
    assert values(lab, node) == ("0", ACCEPTS[network][0])
    assert on(lab, node, "ip -4 -o address | grep -vw lo || true") == ""
    assert reaches_the_router(lab, node)


def test_the_kernel_would_lose_the_route(lab):
    """What the module is for; if it ever passes without us the module is not needed."""
    node = NODES["kernel"]
    on(lab, node, "sysctl -qw net.ipv6.conf.all.forwarding=1")
    assert routes(lab, node) == ""
    assert not reaches_the_router(lab, node)
    on(lab, node, "sysctl -qw net.ipv6.conf.all.forwarding=0")
    wait_for_route(lab, node)


def test_a_failed_change_is_rolled_back(lab):
    node = NODES["kernel"]
    name = interface(lab, node)
    # The kernel learned the route, then stopped to listen: nothing tells that it will drop the route.
    on(lab, node, f"sysctl -qw net.ipv6.conf.{name}.accept_ra=0")
    before = routes(lab, node).split(" expires")[0]
    answer, code = forwarding(lab, node, bridge_netfilter=False)
    assert code != 0
    assert "took the default route away" in answer["msg"] and "the route is back" in answer["msg"]
    assert values(lab, node) == ("0", "0")
    assert routes(lab, node).split(" expires")[0] == before
    assert on(lab, node, f"ls {OWN} {NOTE} 2>/dev/null || true") == ""
    on(lab, node, f"sysctl -qw net.ipv6.conf.{name}.accept_ra=1")
    wait_for_route(lab, node)
    assert reaches_the_router(lab, node)


@pytest.mark.parametrize("network", NETWORKS)
def test_check_mode_changes_nothing(lab, network):
    node = NODES[network]

    def state():
        files = on(lab, node, f"ls {OWN} {NOTE} 2>/dev/null || true")
        return values(lab, node), routes(lab, node).split(" expires")[0], files

    before = state()
    assert before[2] == ""
    answer, code = forwarding(lab, node, "--check", "--diff", bridge_netfilter=False)
    assert (code, answer["changed"]) == (0, True), answer
    assert state() == before


@pytest.mark.parametrize("network", NETWORKS)
def test_the_route_survives_forwarding(lab, network):
    node = NODES[network]
    setup, code = call(lab, node, "host_setup", {"modules": list(MODULES)})
    assert code == 0, setup
    before = routes(lab, node).split(" expires")[0]
    answer, code = forwarding(lab, node)
    assert (code, answer["changed"]) == (0, True), answer
    assert answer["router_advertisements"] == {interface(lab, node): HANDLERS[network]}
    assert values(lab, node) == ("1", ACCEPTS[network][1])
    assert routes(lab, node).split(" expires")[0] == before
    assert reaches_the_router(lab, node)
    again, code = forwarding(lab, node)
    assert (code, again["changed"], again["changes"]) == (0, False, []), again


def test_the_routes_outlive_an_advertisement(lab):
    time.sleep(LIFETIME + 5)
    for node in NODES.values():
        assert routes(lab, node), node
        assert reaches_the_router(lab, node), node


def test_a_router_that_falls_silent_is_dropped_and_one_that_returns_is_heard(lab):
    """The routes are the router's still: nothing of ours has made them last for ever."""
    lab.router(False)
    time.sleep(LIFETIME + 10)
    try:
        left = {network: routes(lab, node) for network, node in NODES.items()}
    finally:
        lab.router(True)
    assert left.pop("static") != ""
    assert set(left.values()) == {""}, left
    for node in NODES.values():
        wait_for_route(lab, node)


def persisted(lab):
    """Assert that all machines forward, have their modules and their routes."""
    for network, node in NODES.items():
        wait_for_route(lab, node)
        assert values(lab, node) == ("1", ACCEPTS[network][1]), network
        assert on(lab, node, "cat /proc/sys/net/bridge/bridge-nf-call-ip6tables") == "1", network
        loaded = set(on(lab, node, "cut -d ' ' -f 1 /proc/modules").split())
        assert set(MODULES) <= loaded, network


def test_everything_holds_through_a_reboot_and_a_lifetime(lab):
    lab.reboot(*NODES.values())
    persisted(lab)
    time.sleep(LIFETIME + 5)
    for network, node in NODES.items():
        assert reaches_the_router(lab, node), network
        assert forwarding(lab, node)[0]["changed"] is False, network


def test_everything_holds_through_a_power_failure(lab):
    result = lab.restart()
    assert result.code == 0, result.output
    persisted(lab)


def names(answer):
    """Return [(file, parameter)] of the contradictions that a failed run names."""
    return [(entry["file"], entry["name"]) for entry in answer["contradictions"]]


def remedy(answer):
    """Return the commands that a failed run says to type."""
    return answer["msg"].split("Remedy:\n")[1]


@pytest.fixture
def fresh(lab, request):
    """A machine on which nothing of ours is left; afterwards it forwards again."""
    node = NODES[request.param]
    answer, code = forwarding(lab, node, state="absent")
    assert code == 0, answer
    yield node
    answer, code = forwarding(lab, node)
    assert code == 0, answer


@pytest.mark.parametrize("fresh", ["static", "kernel"], indirect=True)
def test_a_later_file_of_sysctl_is_found_and_its_remedy_works(lab, fresh):
    vendor = "/etc/sysctl.d/99-zz-vendor.conf"
    on(lab, fresh, f"printf 'kernel.panic = 7\\nnet.ipv6.conf.all.forwarding = 0\\n' > {vendor}")
    answer, code = forwarding(lab, fresh)
    assert code != 0
    assert names(answer) == [(vendor, "net.ipv6.conf.all.forwarding")]
    assert values(lab, fresh)[0] == "0"
    on(lab, fresh, remedy(answer))
    assert on(lab, fresh, f"cat {vendor}") == "kernel.panic = 7"
    assert forwarding(lab, fresh)[1] == 0
    on(lab, fresh, f"rm {vendor}")


@pytest.mark.parametrize("fresh", ["networkd"], indirect=True)
def test_ufw_is_found_and_its_remedy_works(lab, fresh):
    file = "/etc/ufw/sysctl.conf"
    on(lab, fresh, f"ufw allow 22/tcp && ufw allow 546/udp && echo net/ipv6/conf/all/forwarding=0 >> {file}")
    # Not in force: nothing that it says counts.
    assert forwarding(lab, fresh, "--check")[1] == 0
    on(lab, fresh, "ufw --force enable && systemctl enable --quiet ufw")
    answer, code = forwarding(lab, fresh)
    assert code != 0
    assert names(answer) == [(file, "net.ipv6.conf.all.forwarding")]
    on(lab, fresh, remedy(answer))
    assert forwarding(lab, fresh)[1] == 0
    lab.reboot(fresh)
    assert on(lab, fresh, "systemctl is-active ufw") == "active"
    assert values(lab, fresh)[0] == "1"
    on(lab, fresh, "ufw --force disable && systemctl disable --quiet ufw")


@pytest.mark.parametrize("fresh", ["ifupdown"], indirect=True)
def test_ifupdown_is_found_and_its_remedy_works(lab, fresh):
    file = "/etc/network/interfaces"
    on(lab, fresh, f"echo '    accept_ra 1' >> {file}")
    lab.reboot(fresh)
    wait_for_route(lab, fresh)
    assert values(lab, fresh) == ("0", "1")
    answer, code = forwarding(lab, fresh)
    assert code != 0
    assert names(answer) == [(file, f"net.ipv6.conf.{interface(lab, fresh)}.accept_ra")]
    on(lab, fresh, remedy(answer))
    answer, code = forwarding(lab, fresh)
    assert code == 0, answer
    lab.reboot(fresh)
    wait_for_route(lab, fresh)
    assert values(lab, fresh) == ("1", "2")
    # Taking it back gives what the vendor's line gave; without that line it is as at first.
    forwarding(lab, fresh, state="absent")
    assert values(lab, fresh) == ("0", "1")
    on(lab, fresh, f"sed -i '/accept_ra/d' {file}")
    lab.reboot(fresh)
    wait_for_route(lab, fresh)
    assert forwarding(lab, fresh)[1] == 0


@pytest.mark.parametrize("fresh", ["networkd"], indirect=True)
def test_a_networkd_that_only_turns_forwarding_on_is_no_conflict(lab, fresh):
    """``IPForward=no`` of releases before 256 is one way; the later setting for the whole host is another matter."""
    dropin = "/etc/systemd/network/10-lab.network.d"
    release = int(on(lab, fresh, "systemctl --version | head -n 1 | cut -d ' ' -f 2"))
    on(lab, fresh, f"mkdir -p {dropin} && printf '[Network]\\nIPForward=no\\n' > {dropin}/50-vendor.conf")
    on(lab, fresh, "mkdir -p /etc/systemd/networkd.conf.d")
    on(lab, fresh, "printf '[Network]\\nIPv6Forwarding=no\\n' > /etc/systemd/networkd.conf.d/50-vendor.conf")
    answer, code = forwarding(lab, fresh)
    if release >= 256:
        assert names(answer) == [("/etc/systemd/networkd.conf.d/50-vendor.conf", "net.ipv6.conf.all.forwarding")]
        on(lab, fresh, remedy(answer))
        answer, code = forwarding(lab, fresh)
    assert code == 0, answer
    lab.reboot(fresh)
    wait_for_route(lab, fresh)
    assert values(lab, fresh) == ("1", "0")
    on(lab, fresh, f"rm -r {dropin} /etc/systemd/networkd.conf.d")


def test_taking_it_back_leaves_the_hosts_as_they_were(lab):
    for network, node in NODES.items():
        answer, code = forwarding(lab, node, state="absent")
        assert (code, answer["changed"]) == (0, True), network
        assert values(lab, node) == ("0", ACCEPTS[network][0]), network
        assert routes(lab, node), network
        assert on(lab, node, f"ls {OWN} /var/lib/kurl-ipv6/forwarding.json 2>/dev/null || true") == ""
