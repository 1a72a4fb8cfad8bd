# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0
"""Clock, firewalls, SELinux, other clusters: as their files say it."""

import os
import time

import pytest

from ansible_collections.kurl.ipv6.plugins.module_utils.host import services, system
from ansible_collections.kurl.ipv6.plugins.module_utils.host.reader import Reader


def host(root, files):
    """A host with these files."""
    os.makedirs(str(root), exist_ok=True)
    for path, text in files.items():
        target = str(root) + path
        os.makedirs(os.path.dirname(target), exist_ok=True)
        with open(target, "w", encoding="utf-8") as stream:
            stream.write(text)
    return Reader(str(root))


def test_assignments_with_comments_and_quotes():
    text = "# A=1\nENABLED=yes\nB=\"two words\"\nC='x' # why\n; D=1\nIPv6_rpfilter=no\nENABLED=no\nbroken\n"
    assert services.parse_assignments(text) == {"ENABLED": "no", "B": "two words", "C": "x", "IPv6_rpfilter": "no"}


def test_only_running_programs_that_matter_are_listed(tmp_path):
    reader = host(
        tmp_path,
        {
            "/proc/1/comm": "systemd\n",
            "/proc/20/comm": "chronyd\n",
            "/proc/21/comm": "firewalld\n",
            "/proc/net/comm": "k3s",
        },
    )
    assert services.processes(reader) == ["chronyd", "firewalld"]


@pytest.mark.parametrize(
    "files, running, kernel, synchronized, service",
    [
        ({}, ["chronyd"], True, True, "chronyd"),
        ({}, ["chronyd"], False, False, "chronyd"),
        ({}, [], False, False, ""),
        ({}, [], None, None, ""),
        ({"/run/systemd/timesync/synchronized": ""}, ["systemd-timesyn"], False, True, "systemd-timesyn"),
    ],
)
def test_the_clock(tmp_path, files, running, kernel, synchronized, service):
    found = services.clock(host(tmp_path, files), running, 0, lambda: kernel)
    assert (found["synchronized"], found["service"], found["offset"]) == (synchronized, service, None)
    assert abs(found["now"] - time.time()) < 5


def test_the_offset_is_the_hosts_time_less_the_controllers(tmp_path):
    found = services.clock(host(tmp_path, {}), [], time.time() + 100, lambda: True)
    assert -101 < found["offset"] < -99


def test_this_kernels_clock_can_be_asked():
    assert services.kernel_clock_synchronized() in (True, False)


@pytest.mark.parametrize(
    "files, running, expected",
    [
        ({}, [], {"firewalld": False, "ufw": False, "ufw_forward": ""}),
        ({}, ["firewalld"], {"firewalld": True, "firewalld_rpfilter": True}),
        (
            {"/etc/firewalld/firewalld.conf": "DefaultZone=public\nIPv6_rpfilter=no\n"},
            ["firewalld"],
            {"firewalld": True, "firewalld_rpfilter": False},
        ),
        # Newer ones have words instead of yes.
        ({"/etc/firewalld/firewalld.conf": "IPv6_rpfilter=loose\n"}, ["firewalld"], {"firewalld_rpfilter": True}),
        (
            {
                "/etc/ufw/ufw.conf": "# x\nENABLED=yes\nLOGLEVEL=low\n",
                "/etc/default/ufw": 'DEFAULT_FORWARD_POLICY="DROP"\n',
            },
            [],
            {"ufw": True, "ufw_forward": "DROP"},
        ),
        ({"/etc/ufw/ufw.conf": "ENABLED=no\n"}, [], {"ufw": False}),
    ],
)
def test_firewalls(tmp_path, files, running, expected):
    found = services.firewall(host(tmp_path, files), running)
    assert {key: found[key] for key in expected} == expected


@pytest.mark.parametrize(
    "files, mode, policy",
    [
        ({}, "disabled", False),
        ({"/sys/fs/selinux/enforce": "1"}, "enforcing", False),
        ({"/sys/fs/selinux/enforce": "0"}, "permissive", False),
        ({"/sys/fs/selinux/enforce": "1", "/usr/share/selinux/packages/container.pp.bz2": ""}, "enforcing", True),
    ],
)
def test_selinux(tmp_path, files, mode, policy):
    assert services.selinux(host(tmp_path, files)) == {"mode": mode, "container_policy": policy}


def test_remains_of_other_clusters(tmp_path):
    reader = host(
        tmp_path,
        {
            "/var/lib/rancher/k3s/server/token": "x",
            "/var/lib/rook/mon-a/x": "",
            "/etc/cni/net.d/10-calico.conflist": '{"name": "k8s", "plugins": [{"type": "calico"}]}',
            "/etc/cni/net.d/calico-kubeconfig": "",
            "/etc/cni/net.d/99-x.conf": "no json",
            "/etc/kubernetes/pki/ca.crt": "",
        },
    )
    assert services.remains(reader, ["kubelite"]) == {
        "clusters": ["MicroK8s", "k3s"],
        "cni": [{"file": "10-calico.conflist", "type": "calico"}, {"file": "99-x.conf", "type": ""}],
        "rook": True,
        "pki": True,
    }


def test_empty_folders_are_no_remains(tmp_path):
    os.makedirs(str(tmp_path / "var/lib/rook"))
    os.makedirs(str(tmp_path / "etc/rancher/k3s"))
    found = services.remains(Reader(str(tmp_path)), [])
    assert found == {"clusters": [], "cni": [], "rook": False, "pki": False}


def test_networkds_settings_with_their_drop_ins(tmp_path):
    reader = host(
        tmp_path,
        {
            "/run/systemd/netif/links/2": "ADMIN_STATE=configured\nNETWORK_FILE=/etc/systemd/network/10-e.network\n",
            "/etc/systemd/network/10-e.network": "[Match]\nName=e\n[Network]\nIPForward=yes\nIPv6AcceptRA=no\n#IPx=y\n",
            "/etc/systemd/network/10-e.network.d/b.conf": "[Network]\nIPv6AcceptRA=yes\n",
            "/run/systemd/network/10-e.network.d/a.conf": "[Network]\nIPForward=ipv6\n[Route]\nIPv6AcceptRA=x\n",
            "/etc/systemd/network/10-e.network.d/c.txt": "[Network]\nIPForward=no\n",
            "/run/systemd/netif/links/3": "NETWORK_FILE=../../etc/shadow\n",
        },
    )
    links = [{"index": 2, "name": "e"}, {"index": 3, "name": "f"}]
    assert services.networkd(reader, links) == {"e": {"IPForward": "ipv6", "IPv6AcceptRA": "yes"}}


@pytest.mark.parametrize(
    "resolv, upstream, stub, servers",
    [
        ("nameserver 127.0.0.53\n", "nameserver fd00::53\nnameserver 192.0.2.53\n", True, ["fd00::53", "192.0.2.53"]),
        ("nameserver 127.0.0.53\n", "", True, []),
        ("nameserver 127.0.0.53\n", None, True, ["127.0.0.53"]),
        ("nameserver 127.0.0.1\n", "nameserver fd00::53\n", False, ["127.0.0.1"]),
        ("nameserver fe80::1%eth0\n", None, False, ["fe80::1%eth0"]),
        ("", None, False, []),
    ],
)
def test_behind_systemd_resolveds_stub_are_its_own_servers(tmp_path, resolv, upstream, stub, servers):
    files = {"/etc/resolv.conf": resolv}
    if upstream is not None:
        files["/run/systemd/resolve/resolv.conf"] = upstream
    found = system.resolver(host(tmp_path, files))
    assert (found["stub"], found["servers"]) == (stub, servers)


@pytest.mark.parametrize(
    "environment, expected",
    [
        ({}, {"http": "", "https": "", "no_proxy": []}),
        (
            {"https_proxy": "http://user:secret@[2001:db8::8]:3128", "NO_PROXY": "::1, .example ,fd00::/8,"},
            {"http": "", "https": "http://[2001:db8::8]:3128", "no_proxy": ["::1", ".example", "fd00::/8"]},
        ),
        (
            {"HTTP_PROXY": "a:1", "http_proxy": "user:secret@b:1", "HTTPS_PROXY": "http://c:1/x@y"},
            {"http": "b:1", "https": "http://c:1/x@y", "no_proxy": []},
        ),
    ],
)
def test_the_proxy_of_the_environment_without_its_password(environment, expected):
    assert services.proxy(environment) == expected


def test_the_zones_of_firewalld_that_accept_everything(tmp_path):
    zone = (
        '<?xml version="1.0"?>\n<zone target="ACCEPT">\n <source address="fd00::/16"/>\n <source mac="x"/>\n</zone>\n'
    )
    reader = host(
        tmp_path,
        {
            "/usr/lib/firewalld/zones/trusted.xml": '<zone target="ACCEPT">\n</zone>',
            "/etc/firewalld/zones/trusted.xml": zone,
            "/etc/firewalld/zones/public.xml": '<zone>\n <source address="fd01::/16"/>\n</zone>',
            "/usr/lib/firewalld/zones/drop.xml": '<zone target="DROP"/>',
        },
    )
    assert services.trusted(reader) == {"trusted": ["fd00::/16"]}
    assert services.trusted(host(tmp_path / "none", {})) == {}


def test_the_rules_of_ufw_up_to_the_first_that_denies(tmp_path):
    lines = [
        "### RULES ###",
        "### tuple ### allow any any ::/0 any fd00:10::/64 in",
        "-A ufw6-user-input -s fd00:10::/64 -j ACCEPT",
        "### tuple ### allow tcp 22 ::/0 any ::/0 out",
        "### tuple ### route:allow any any ::/0 any fd00:11::/64 in",
        "### tuple ### allow tcp 80,443 ::/0 any ::/0 Nginx%20Full - in_eth0",
        "### tuple ### allow udp 6081 ::/0 any ::/0",
        "### tuple ### broken",
        "### tuple ### deny any any ::/0 any fd00:12::/64 in",
        "### tuple ### allow tcp 6443 ::/0 any ::/0 in",
    ]
    assert services.ufw_rules(host(tmp_path, {"/etc/ufw/user6.rules": "\n".join(lines)})) == [
        {"protocol": "any", "ports": "any", "source": "fd00:10::/64"},
        {"protocol": "tcp", "ports": "80,443", "source": "::/0"},
        {"protocol": "udp", "ports": "6081", "source": "::/0"},
    ]
