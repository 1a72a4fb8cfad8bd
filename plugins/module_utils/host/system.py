# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0
"""What a host is: operating system, hardware, names, swap, control groups, container, remains of Kubernetes."""

import os
import platform
import re
import sys

ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64"}


def parse_os_release(text):
    """Return the assignments of os-release(5) as a map, quotes removed."""
    values = {}
    for line in text.splitlines():
        key, equals, value = line.strip().partition("=")
        if equals and key and not key.startswith("#"):
            value = value.strip()
            if len(value) >= 2 and value[0] == value[-1] and value[0] in "\"'":
                value = value[1:-1]
            values[key] = value
    return values


def parse_meminfo(text):
    """Return ``{name: bytes}`` of /proc/meminfo."""
    values = {}
    for line in text.splitlines():
        name, colon, rest = line.partition(":")
        words = rest.split()
        if colon and words and words[0].isdecimal():
            values[name] = int(words[0]) * (1024 if words[1:] == ["kB"] else 1)
    return values


def parse_swaps(text):
    """Return ``[{"device", "bytes"}]`` of /proc/swaps."""
    swaps = []
    for line in text.splitlines()[1:]:
        words = line.split()
        if len(words) >= 3 and words[2].isdecimal():
            swaps.append({"device": words[0].replace("\\040", " "), "bytes": int(words[2]) * 1024})
    return swaps


def parse_fstab_swap(text):
    """Return the first fields of fstab(5) lines that turn swap on at boot."""
    devices = []
    for line in text.splitlines():
        words = line.split()
        if len(words) < 3 or words[0].startswith("#") or words[2] != "swap":
            continue
        options = words[3].split(",") if len(words) > 3 else []
        if "noauto" not in options:
            devices.append(words[0])
    return devices


def parse_hosts(text):
    """Return ``[[address, name, ...]]`` of hosts(5)."""
    entries = []
    for line in text.splitlines():
        words = line.split("#", 1)[0].split()
        if len(words) >= 2:
            entries.append(words)
    return entries


def parse_resolv(text):
    """Return ``{"nameservers": [...], "search": [...]}`` of resolv.conf(5); a zone (``fe80::1%eth0``) is kept."""
    result = {"nameservers": [], "search": []}
    for line in text.splitlines():
        words = line.split("#", 1)[0].split(";", 1)[0].split()
        if len(words) >= 2 and words[0] == "nameserver":
            result["nameservers"].append(words[1])
        elif words and words[0] in ("search", "domain"):
            result["search"] = words[1:]
    return result


def resolver(reader):
    """Return what is known of the resolvers: ``nameservers`` and ``search`` of /etc/resolv.conf, ``stub`` (they are
    systemd-resolved's own), ``servers`` (who is asked in the end; loopback servers that are no stub are kept).
    """
    result = parse_resolv(reader.read("/etc/resolv.conf") or "")
    result["stub"] = bool(result["nameservers"]) and set(result["nameservers"]) <= {"127.0.0.53", "127.0.0.54"}
    result["servers"] = result["nameservers"]
    if result["stub"]:
        upstream = reader.read("/run/systemd/resolve/resolv.conf")
        if upstream is not None:
            result["servers"] = parse_resolv(upstream)["nameservers"]
    return result


def control_groups(reader):
    """Return ``{"version": 1 | 2, "hybrid", "controllers"}``: version 2 is what /sys/fs/cgroup itself must be (kubelet,
    containerd).
    """
    unified = reader.value("/sys/fs/cgroup/cgroup.controllers")
    if unified is not None:
        return {"version": 2, "hybrid": False, "controllers": sorted(unified.split())}
    controllers = []
    for line in reader.lines("/proc/self/cgroup"):
        parts = line.split(":", 2)
        if len(parts) == 3 and parts[1] and not parts[1].startswith("name="):
            controllers.extend(parts[1].split(","))
    hybrid = reader.exists("/sys/fs/cgroup/unified/cgroup.controllers")
    return {"version": 1, "hybrid": hybrid, "controllers": sorted(set(controllers))}


def container(reader):
    """Return the kind of container this is (``podman``, ``docker``, ``lxc`` ...), empty on a machine.

    systemd records it in /run/systemd/container; podman and docker leave a marker file; else the first process was
    told.
    """
    kind = reader.value("/run/systemd/container")
    if kind:
        return kind
    if reader.exists("/run/.containerenv"):
        return "podman"
    if reader.exists("/.dockerenv"):
        return "docker"
    environment = reader.read_bytes("/proc/1/environ") or b""
    for entry in environment.split(b"\0"):
        if entry.startswith(b"container="):
            return entry[len(b"container=") :].decode("utf-8", "replace")
    return ""


def network_managers(reader, links):
    """Find which service manages each interface, from the state that the services keep under /run.

    Returns:
        ``{interface: "networkd" | "NetworkManager"}``; an interface that neither manages is left out.
    """
    managers = {}
    for link in links:
        index = link["index"]
        state = reader.read(f"/run/systemd/netif/links/{index}")
        if state is not None and "ADMIN_STATE=unmanaged" not in state and "NETWORK_FILE=" in state:
            managers[link["name"]] = "networkd"
            continue
        device = reader.read(f"/run/NetworkManager/devices/{index}")
        if device is not None and "connection-uuid=" in device:
            managers[link["name"]] = "NetworkManager"
    return managers


def configuration_tools(reader):
    """Return the names of the network configuration systems whose files lie on the host, most specific first."""
    tools = []
    if any(name.endswith(".yaml") for name in reader.names("/etc/netplan")):
        tools.append("netplan")
    if any(name.startswith("ifcfg-") and name != "ifcfg-lo" for name in reader.names("/etc/sysconfig/network-scripts")):
        tools.append("ifcfg")
    if "iface" in (reader.read("/etc/network/interfaces") or "").replace("iface lo", ""):
        tools.append("ifupdown")
    if any(name.endswith(".network") for name in reader.names("/etc/systemd/network")):
        tools.append("networkd")
    return tools


def kubernetes(reader):
    """Return what there is of a Kubernetes node: ``joined`` (the kubelet has credentials), ``static_pods``,
    ``etcd_data``, ``cni_config``, and what ``running`` says (:func:`running`).
    """
    return {
        "joined": reader.exists("/etc/kubernetes/kubelet.conf"),
        "static_pods": [
            name for name in reader.names("/etc/kubernetes/manifests") if name.endswith((".yaml", ".yml", ".json"))
        ],
        "etcd_data": bool(reader.names("/var/lib/etcd/member")),
        "cni_config": reader.names("/etc/cni/net.d"),
        "running": running(reader) if reader.exists("/etc/kubernetes/kubelet.conf") else {},
    }


#: Key of the fact -> (static pod, argument) as kubeadm writes it.
_ARGUMENTS = {
    "service_cidr": ("kube-apiserver", "service-cluster-ip-range"),
    "pod_cidr": ("kube-controller-manager", "cluster-cidr"),
}
#: Pods that a kubelet allows if its configuration does not say (KubeletConfiguration).
_MAX_PODS = 110


def running(reader):
    """Return what a node's own files say of its cluster: ``version``, ``service_cidr`` and ``pod_cidr`` from the static
    pods of a control plane node, ``max_pods`` from the kubelet's configuration. What is not known is absent.
    """
    found = {}
    pods = {
        name: reader.read("/etc/kubernetes/manifests/%s.yaml" % name) or ""
        for name in ("kube-apiserver", "kube-controller-manager")
    }
    image = re.search(r"^\s*image: \S+/kube-apiserver:v(\S+)$", pods["kube-apiserver"], re.MULTILINE)
    if image:
        found["version"] = image.group(1)
    for key, (pod, argument) in _ARGUMENTS.items():
        value = re.search(r"^\s*- --%s=(\S+)$" % argument, pods[pod], re.MULTILINE)
        if value:
            found[key] = value.group(1)
    kubelet = reader.read("/var/lib/kubelet/config.yaml")
    if kubelet:
        limit = re.search(r"^maxPods: (\d+)$", kubelet, re.MULTILINE)
        found["max_pods"] = int(limit.group(1)) if limit else _MAX_PODS
    return found


def collect(reader):
    """Read everything of this module.

    Returns:
        A map of facts whose names are the keys of the module's return value.
    """
    memory = parse_meminfo(reader.read("/proc/meminfo") or "")
    release = parse_os_release(reader.read("/etc/os-release") or reader.read("/usr/lib/os-release") or "")
    machine = platform.machine()
    return {
        "architecture": ARCHITECTURES.get(machine, machine),
        "kernel": reader.value("/proc/sys/kernel/osrelease") or platform.release(),
        "kernel_command_line": reader.value("/proc/cmdline") or "",
        "os": {
            "id": release.get("ID", ""),
            "version": release.get("VERSION_ID", ""),
            "name": release.get("PRETTY_NAME", ""),
            "like": release.get("ID_LIKE", "").split(),
        },
        "hostname": reader.value("/proc/sys/kernel/hostname") or platform.node(),
        "hosts": parse_hosts(reader.read("/etc/hosts") or "")[:1000],
        "resolver": resolver(reader),
        "machine_id": reader.value("/etc/machine-id") or "",
        "memory_bytes": memory.get("MemTotal", 0),
        "cpus": os.cpu_count() or 0,
        "swap": {
            "active": parse_swaps(reader.read("/proc/swaps") or ""),
            "configured": parse_fstab_swap(reader.read("/etc/fstab") or ""),
        },
        "cgroup": control_groups(reader),
        "container": container(reader),
        "kubernetes": kubernetes(reader),
        "network_tools": configuration_tools(reader),
        "python": platform.python_version(),
        "python_executable": sys.executable or "",
        "ipv6_supported": reader.exists("/proc/sys/net/ipv6"),
    }
