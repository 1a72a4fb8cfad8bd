# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0
"""What a host says of itself."""

import os

import pytest

from ansible_collections.kurl.ipv6.plugins.module_utils.host import collect, netlink, system
from ansible_collections.kurl.ipv6.plugins.module_utils.host.reader import Reader
from ansible_collections.kurl.ipv6.tests.unit.plugins.module_utils.host.messages import Kernel


def host(root, files):
    """A host with these files."""
    for path, text in files.items():
        target = str(root) + path
        os.makedirs(os.path.dirname(target), exist_ok=True)
        with open(target, "w", encoding="utf-8") as stream:
            stream.write(text)
    return Reader(str(root))


def test_os_release_with_every_kind_of_quote():
    text = 'NAME="CentOS Linux"\nID=\'centos\'\nVERSION_ID=8\n# ID=x\nID_LIKE="rhel fedora"\n\nbroken\n=x\nEMPTY=\n'
    assert system.parse_os_release(text) == {
        "NAME": "CentOS Linux",
        "ID": "centos",
        "VERSION_ID": "8",
        "ID_LIKE": "rhel fedora",
        "EMPTY": "",
    }


def test_meminfo_in_bytes():
    text = "MemTotal:       16303616 kB\nHugePages_Total:       4\nbroken\nX: y kB\n"
    assert system.parse_meminfo(text) == {"MemTotal": 16303616 * 1024, "HugePages_Total": 4}


def test_swaps_with_blanks_in_their_names():
    text = (
        "Filename\tType\tSize\tUsed\tPriority\n/dev/dm-1 partition 2097148 0 -2\n/swap\\040file file 1024 0 -3\nbad\n"
    )
    assert system.parse_swaps(text) == [
        {"device": "/dev/dm-1", "bytes": 2097148 * 1024},
        {"device": "/swap file", "bytes": 1024 * 1024},
    ]


@pytest.mark.parametrize(
    "line, devices",
    [
        ("/dev/sda2 none swap sw 0 0", ["/dev/sda2"]),
        ("UUID=x swap swap defaults 0 0", ["UUID=x"]),
        ("#/dev/sda2 none swap sw 0 0", []),
        ("/dev/sda2 none swap noauto 0 0", []),
        ("/dev/sda2 none swap sw,noauto,pri=1 0 0", []),
        ("/dev/sda1 / ext4 defaults 0 1", []),
        ("/swap.img\tnone\tswap", ["/swap.img"]),
    ],
)
def test_swap_in_fstab(line, devices):
    assert system.parse_fstab_swap(line + "\n") == devices


def test_hosts_without_comments():
    text = "127.0.0.1 localhost # me\n::1\tlocalhost ip6-localhost\n# x y\nfd00::1\n"
    assert system.parse_hosts(text) == [["127.0.0.1", "localhost"], ["::1", "localhost", "ip6-localhost"]]


def test_resolv_conf_keeps_zones_and_the_last_search_list():
    text = "# x\nnameserver fe80::1%eth0\nnameserver 192.0.2.1 ; old\nnameserver\n"
    text += "search a.example\nsearch b.example c.example\n"
    assert system.parse_resolv(text) == {
        "nameservers": ["fe80::1%eth0", "192.0.2.1"],
        "search": ["b.example", "c.example"],
    }


def test_control_groups_of_both_versions(tmp_path):
    two = host(tmp_path / "two", {"/sys/fs/cgroup/cgroup.controllers": "cpuset cpu io memory pids\n"})
    assert system.control_groups(two)["version"] == 2
    one = host(
        tmp_path / "one",
        {
            "/proc/self/cgroup": "4:cpu,cpuacct:/x\n3:memory:/\n1:name=systemd:/\n0::/\n",
            "/sys/fs/cgroup/unified/cgroup.controllers": "",
        },
    )
    assert system.control_groups(one) == {"version": 1, "hybrid": True, "controllers": ["cpu", "cpuacct", "memory"]}


@pytest.mark.parametrize(
    "files, kind",
    [
        ({}, ""),
        ({"/run/systemd/container": "podman\n"}, "podman"),
        ({"/run/.containerenv": ""}, "podman"),
        ({"/.dockerenv": ""}, "docker"),
        ({"/proc/1/environ": "A=1\0container=lxc\0B=2"}, "lxc"),
    ],
)
def test_containers_are_recognized(tmp_path, files, kind):
    assert system.container(host(tmp_path, dict({"/etc/x": ""}, **files))) == kind


def test_the_manager_of_each_interface(tmp_path):
    reader = host(
        tmp_path,
        {
            "/run/systemd/netif/links/2": "ADMIN_STATE=configured\nNETWORK_FILE=/run/systemd/network/10-ens3.network\n",
            "/run/systemd/netif/links/3": "ADMIN_STATE=unmanaged\nOPER_STATE=routable\n",
            "/run/NetworkManager/devices/4": "[device]\nconnection-uuid=abc\n",
            "/run/NetworkManager/devices/5": "[device]\nmanaged=false\n",
        },
    )
    links = [{"index": number, "name": f"e{number}"} for number in (2, 3, 4, 5, 6)]
    assert system.network_managers(reader, links) == {"e2": "networkd", "e4": "NetworkManager"}


def test_configuration_tools(tmp_path):
    reader = host(
        tmp_path,
        {
            "/etc/netplan/50-cloud-init.yaml": "network: {}\n",
            "/etc/network/interfaces": "auto lo\niface lo inet loopback\niface eth0 inet6 auto\n",
            "/etc/sysconfig/network-scripts/ifcfg-lo": "",
        },
    )
    assert system.configuration_tools(reader) == ["netplan", "ifupdown"]


def test_remains_of_kubernetes(tmp_path):
    reader = host(
        tmp_path,
        {
            "/etc/kubernetes/manifests/etcd.yaml": "",
            "/etc/kubernetes/manifests/README": "",
            "/var/lib/etcd/member/wal/x": "",
            "/etc/cni/net.d/10-antrea.conflist": "{}",
        },
    )
    assert system.kubernetes(reader) == {
        "joined": False,
        "static_pods": ["etcd.yaml"],
        "etcd_data": True,
        "cni_config": ["10-antrea.conflist"],
        "running": {},
    }


# As kubeadm 1.34 writes them, shortened.
API_SERVER = """spec:
  containers:
  - command:
    - kube-apiserver
    - --service-cluster-ip-range=fd00:c00b:2::/112
    image: registry.example:5000/k8s/kube-apiserver:v1.34.4
"""
CONTROLLER_MANAGER = """    - --cluster-cidr=fd00:c00b:1::/56
"""


@pytest.mark.parametrize("kubelet, pods", [("address: '::'\n", 110), ("maxPods: 250\n", 250)])
def test_what_a_control_plane_node_says_of_its_cluster(tmp_path, kubelet, pods):
    files = {
        "/etc/kubernetes/kubelet.conf": "",
        "/etc/kubernetes/manifests/kube-apiserver.yaml": API_SERVER,
        "/etc/kubernetes/manifests/kube-controller-manager.yaml": CONTROLLER_MANAGER,
        "/var/lib/kubelet/config.yaml": kubelet,
    }
    assert system.kubernetes(host(tmp_path, files))["running"] == {
        "version": "1.34.4",
        "service_cidr": "fd00:c00b:2::/112",
        "pod_cidr": "fd00:c00b:1::/56",
        "max_pods": pods,
    }


def test_what_a_worker_says_of_its_cluster(tmp_path):
    files = {"/etc/kubernetes/kubelet.conf": "", "/var/lib/kubelet/config.yaml": "maxPods: 60\n"}
    assert system.kubernetes(host(tmp_path, files))["running"] == {"max_pods": 60}


def test_an_empty_host_is_read_without_an_error(tmp_path):
    facts, errors = collect.collect(Reader(str(tmp_path)), Kernel({}))
    assert errors == {}
    assert facts["ipv6_supported"] is False and facts["default_routes"] == []


def test_a_collector_that_breaks_does_not_touch_the_others(tmp_path):
    class Broken(Kernel):
        """Refuses everything."""

        def links(self):
            """No answer."""
            raise netlink.NetlinkError("the kernel answers error 1 to netlink request 18")

    facts, errors = collect.collect(Reader(str(tmp_path)), Broken({}))
    assert list(errors) == ["network"] and "error 1" in errors["network"]
    assert "links" not in facts and facts["modules"]["rbd"] == "missing"


def test_default_routes_are_ordered_as_the_kernel_prefers_them():
    def route(**words):
        return dict(
            {
                "destination": "default",
                "table": 254,
                "source": "",
                "metric": 100,
                "preference": "medium",
                "gateway": "",
            },
            **words,
        )

    routes = [
        route(gateway="fe80::c", metric=200, preference="high"),
        route(gateway="fe80::b"),
        route(gateway="fe80::a", preference="high"),
        route(gateway="fe80::d", table=1000),
        route(gateway="fe80::e", source="2001:db8::/56"),
        route(metric=0xFFFFFFFF),
        route(destination="2000::/3"),
    ]
    assert [entry["gateway"] for entry in collect.default_routes(routes)] == ["fe80::a", "fe80::b", "fe80::c"]


def test_this_machine_is_read_without_an_error():
    facts, errors = collect.collect(Reader(), netlink.Netlink())
    assert errors == {}
    assert facts["kernel"] == os.uname().release
    assert any(link["name"] == "lo" for link in facts["links"])
