# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0
"""Forwarding on a node whose default route comes from a real router: a radvd on the nodes' link, in a namespace."""

import json
import os
import re
import subprocess
import time

import pytest
from cluster import BINARIES, run
from conftest import fresh
from containers import nodes, requirements

NAME, SUBNET = "e2e-ra", "fd00:21::/64"
NODE = f"{NAME}-n1"
ROUTER = "e2e-router"
#: Seconds for which the router's advertisements hold.
LIFETIME = 12
RADVD = """interface up0 {
  AdvSendAdvert on; MinRtrAdvInterval 3; MaxRtrAdvInterval 4; AdvDefaultLifetime %d;
  prefix fd00:22::/64 { AdvOnLink on; AdvAutonomous on; };
};
""" % LIFETIME  # fmt: skip
OWN = "/etc/sysctl.d/90-kurl-ipv6.conf"


@pytest.fixture(scope="module")
def node(request):
    """One node; its network leads to the router."""
    yield from fresh(request, NAME, SUBNET, nodes=1)


@pytest.fixture(scope="module")
def router(node, tmp_path_factory):
    """A router that advertises itself; gone after the tests."""
    requirements.ensure({"radvd": "radvd"}, {})
    folder = tmp_path_factory.mktemp("radvd")
    (folder / "radvd.conf").write_text(RADVD)
    os.chmod(folder / "radvd.conf", 0o644)
    bridge = json.loads(nodes.podman(NAME, "network", "inspect", nodes.network(NAME))[1])[0]["network_interface"]
    subprocess.run(["ip", "netns", "del", ROUTER], check=False, stderr=subprocess.DEVNULL)
    for words in (
        f"netns add {ROUTER}",
        f"link add {ROUTER} type veth peer name up0 netns {ROUTER}",
        f"link set {ROUTER} master {bridge} up",
        f"-n {ROUTER} link set lo up",
        f"-n {ROUTER} link set up0 up",
        f"netns exec {ROUTER} sysctl -qw net.ipv6.conf.all.forwarding=1",
    ):
        subprocess.run(["ip", *words.split()], check=True)
    words = ["radvd", "-n", "-m", "stderr", "-C", str(folder / "radvd.conf"), "-p", str(folder / "pid")]
    with open(folder / "log", "w", encoding="utf-8") as log:
        with subprocess.Popen(["ip", "netns", "exec", ROUTER, *words], stderr=log) as process:
            yield node
            process.terminate()
    subprocess.run(["ip", "netns", "del", ROUTER], check=True)


def forwarding(lab, *words, **options):
    """Run the module; return (what it returned, exit code)."""
    arguments = " ".join(f"{key}={value}" for key, value in options.items())
    result = run(
        [
            os.path.join(BINARIES, "ansible"),
            NODE,
            "-i",
            lab.inventory,
            "-m",
            "kurl.ipv6.forwarding",
            "-a",
            arguments,
            *words,
        ]
    )
    answer = re.search(r"^\S+ \| \w+!? => (\{.*\})\s*$", result.output, re.MULTILINE | re.DOTALL)
    assert answer, result.output
    return json.loads(answer.group(1)), result.code


def on(lab, command):
    """Return what a command on the node prints."""
    result = lab.ssh(NODE, command)
    assert result.code == 0, result.output
    return result.output.strip()


def values(lab):
    """Return (all.forwarding, accept_ra of eth0)."""
    return on(lab, "cat /proc/sys/net/ipv6/conf/all/forwarding /proc/sys/net/ipv6/conf/eth0/accept_ra").split()


def routes(lab):
    return on(lab, "ip -6 route show default")


def relearn(lab):
    """Bring the node to where it was when it was installed: nothing of ours, and a route that the router gave it."""
    forwarding(lab, state="absent")
    on(lab, "sysctl -qw net.ipv6.conf.all.forwarding=0 net.ipv6.conf.eth0.accept_ra=1; ip -6 route flush default")
    wait_for_route(lab)


def wait_for_route(lab):
    end = time.monotonic() + 15
    while "proto ra" not in routes(lab):
        assert time.monotonic() < end, "the router was not heard"
        time.sleep(0.5)


def test_the_kernel_would_lose_the_route(router):
    """What all of this is for; if it ever passes without us the module is not needed."""
    relearn(router)
    on(router, "sysctl -qw net.ipv6.conf.all.forwarding=1")
    assert routes(router) == ""


def test_check_mode_says_everything_and_does_nothing(router):
    relearn(router)
    answer, code = forwarding(router, "--check", "--diff")
    assert code == 0
    assert answer["changed"]
    assert [entry["name"] for entry in answer["changes"]] == [
        "net.ipv6.conf.eth0.accept_ra",
        "net.ipv6.conf.all.forwarding",
    ]
    assert values(router) == ["0", "1"]
    assert on(router, f"ls {OWN} /var/lib/kurl-ipv6/forwarding.json 2>/dev/null || true") == ""


def test_the_route_survives_forwarding_and_its_lifetime(router):
    relearn(router)
    answer, code = forwarding(router)
    assert (code, answer["changed"], answer["router_advertisements"]) == (0, True, {"eth0": "kernel"})
    assert values(router) == ["1", "2"]
    assert "proto ra" in routes(router)
    time.sleep(LIFETIME + 3)
    assert "proto ra" in routes(router)
    assert "default.accept_ra" not in on(router, f"cat {OWN}")
    assert on(router, "cat /proc/sys/net/ipv6/conf/default/accept_ra") == "1"
    assert forwarding(router) == (dict(answer, changed=False, changes=[]), 0)


def test_it_holds_through_a_restart(router):
    assert router.restart().code == 0
    assert values(router) == ["1", "2"]
    # The container's own network brings a static route as well; what counts is that the router is heard again.
    wait_for_route(router)


def test_a_route_that_is_lost_comes_back_and_the_module_says_so(router):
    relearn(router)
    # The kernel learned the route, then stopped to listen: nothing tells that it will drop the route.
    on(router, "sysctl -qw net.ipv6.conf.eth0.accept_ra=0")
    before = routes(router).split(" expires")[0]
    answer, code = forwarding(router)
    assert code != 0
    assert "took the default route away" in answer["msg"]
    assert "the route is back" in answer["msg"]
    assert values(router) == ["0", "0"]
    assert routes(router).split(" expires")[0] == before
    assert on(router, f"ls {OWN} 2>/dev/null || true") == ""


def test_a_file_that_undoes_it_at_boot_is_named_before_anything_changes(router):
    relearn(router)
    vendor = "/etc/sysctl.d/95-vendor.conf"
    on(router, f"echo net.ipv6.conf.all.forwarding=0 > {vendor}")
    answer, code = forwarding(router)
    assert code != 0
    assert [(entry["file"], entry["name"]) for entry in answer["contradictions"]] == [
        (vendor, "net.ipv6.conf.all.forwarding")
    ]
    assert values(router) == ["0", "1"]
    # The remedy is what to type.
    on(router, answer["msg"].split("Remedy:\n")[1])
    assert forwarding(router)[1] == 0
    on(router, f"rm {vendor}")


def test_taking_it_back_leaves_the_host_as_it_was(router):
    relearn(router)
    forwarding(router)
    answer, code = forwarding(router, state="absent")
    assert (code, answer["changed"]) == (0, True)
    assert values(router) == ["0", "1"]
    assert "proto ra" in routes(router)
    assert on(router, f"ls {OWN} /var/lib/kurl-ipv6/forwarding.json 2>/dev/null || true") == ""
    assert forwarding(router, state="absent")[0]["changed"] is False
