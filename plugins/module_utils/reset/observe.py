# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0
"""Reads what a cluster and the collection have left on a host. Nothing here writes; what judges is in ``plan``."""

import json
import os
import re

from ansible_collections.kurl.ipv6.plugins.module_utils import whole_file
from ansible_collections.kurl.ipv6.plugins.module_utils.host import netlink, reader, sysctl, system
from ansible_collections.kurl.ipv6.plugins.module_utils.hostfiles import registry, units
from ansible_collections.kurl.ipv6.plugins.module_utils.kubeadm import node
from ansible_collections.kurl.ipv6.plugins.module_utils.reset import chains, datapath, disks, evidence, ipsets, plan

#: Where another containerd would be.
_OTHER_CONTAINERD = ("/usr/bin/containerd", "/usr/sbin/containerd", "/snap/bin/containerd")
_CNI_STATE = "/var/lib/cni"
_CONTAINER_GROUP = re.compile(r"^/(?:kubepods(?:\.slice)?|k8s\.io)(?:/|$)")
_SHIM = re.compile(r"/containerd-shim[\w.-]*$|^containerd-shim[\w.-]*$")


def read(module):
    """Return what :func:`plan.steps` and :func:`plan.kept` need.

    Arguments:
        module: the AnsibleModule; programs are run that only read.
    """
    record = registry.read()
    kubeadm = node.inspect()
    other = next((path for path in _OTHER_CONTAINERD if os.path.exists(path)), "")
    note = read_note()
    host = {
        "state": os.path.isdir(evidence.STATE),
        "note": note,
        "record": record,
        "units": {name: units.read(module.run_command, name) for name in record["units"]},
        "kubeadm": os.access("/usr/local/bin/kubeadm", os.X_OK) and bool(_kubeadm_marks()),
        "foreign_marks": kubeadm["foreign"],
        "other_containerd": other,
    }
    static_etcd = os.path.exists(node.MANIFESTS + "/etcd.yaml")
    host.update(evidence.judge(record, kubeadm, note, other, static_etcd))
    if not host["state"]:
        # A Kubernetes that is not ours may be at work here: it is named, not looked into.
        host["foreign_marks"] = _kubeadm_marks()
        host["rook"] = os.path.isfile(evidence.ROOK_MARK)
        if host["rook"]:
            # Nothing else says any more whose disks these are: only what Rook's folder itself names is found.
            host.update(full={plan.ROOK_TREE}, disks=disks.find(reader.Reader(), True))
        return host
    owned = registry.owned(record)
    networks = sorted(set(network_names(owned)) | set((note or {}).get("networks", [])))
    host.update(
        {
            "networks": networks,
            "processes": processes() if host["cluster"] or host["runtime"] else [],
            "mounts": mounts(host),
            "files": file_states(record),
            "kubernetes": plan.split_kubernetes(sorted(node.sizes_below(plan.KUBERNETES)), owned),
            "cni_state": cni_state(networks),
            "antrea_files": antrea_files(),
            "foreign_cni": foreign_cni(record, owned),
            "full": full_folders(networks),
            "parameters": parameters(),
            "container": bool(system.container(reader.Reader())),
            "disks": disks.find(reader.Reader(), bool(system.container(reader.Reader()))),
        }
    )
    host.update(network())
    host.update(packet_filter(module) if host["cluster"] else _NO_PACKET_FILTER)
    return host


_NO_PACKET_FILTER = {"chains": {}, "nft_tables": [], "sets": [], "packet_filter_tools": True}


def read_note():
    """Return the note of a reset that was killed, None if there is none."""
    try:
        with open(evidence.NOTE, encoding="utf-8") as stream:
            note = json.load(stream)
        return note if isinstance(note, dict) else None
    except (OSError, ValueError):
        return None


def write_note(host):
    """Note what is ours, before the evidence goes."""
    whole_file.write_json(evidence.NOTE, {name: host[name] for name in ("cluster", "runtime", "etcd", "networks")})


def _kubeadm_marks():
    """Return the files by which kubeadm would know a node."""
    candidates = [node.KUBELET_KUBECONFIG, node.BOOTSTRAP_KUBECONFIG, node.KUBELET_CONFIG, node.ADMIN]
    candidates += ["{0}/{1}.yaml".format(node.MANIFESTS, name) for name in node.CONTROL_PLANE]
    return [path for path in candidates if os.path.exists(path)]


def names_in(folder):
    """Return the sorted names in a folder, none if there is no such folder."""
    try:
        return sorted(os.listdir(folder))
    except OSError:
        return []


def parents(texts):
    """Return ``{process: its parent}`` from ``{process: text of /proc/PID/stat}``; a name may hold any character."""
    found = {}
    for pid, text in texts.items():
        words = text.rpartition(")")[2].split()
        if len(words) > 1:
            found[pid] = int(words[1])
    return found


def is_shim(words):
    """Return whether a command line is a shim of Kubernetes' containers: ``-namespace k8s.io``."""
    return bool(words and _SHIM.search(words[0])) and any(
        option == "-namespace" and value == "k8s.io" for option, value in zip(words, words[1:])
    )


def in_container_group(text):
    """Return whether /proc/PID/cgroup says that a process is a container's of Kubernetes or of the k8s.io namespace."""
    return any(_CONTAINER_GROUP.match(line.split(":", 2)[-1]) for line in text.splitlines())


def processes(host=None):
    """Return the processes of Kubernetes' containers: in their control groups, shims, and what the shims started."""
    host = host or reader.Reader()
    pids = [int(name) for name in host.names("/proc") if name.isdigit()]
    found = set()
    texts = {}
    for pid in pids:
        folder = "/proc/{0}/".format(pid)
        texts[pid] = host.read(folder + "stat") or ""
        words = (host.read(folder + "cmdline") or "").split("\0")
        if is_shim(words) or in_container_group(host.read(folder + "cgroup") or ""):
            found.add(pid)
    known = parents(texts)
    grown = True
    while grown:
        children = {pid for pid, parent in known.items() if parent in found and pid not in found}
        found |= children
        grown = bool(children)
    return sorted(found)


def parse_mounts(text):
    """Return ``[(device number, root within the file system, mount point)]`` from /proc/self/mountinfo."""
    rows = [line.split() for line in text.splitlines()]
    return [(row[2], _unescaped(row[3]), _unescaped(row[4])) for row in rows if len(row) > 4]


def _unescaped(text):
    return re.sub(r"\\([0-7]{3})", lambda match: chr(int(match.group(1), 8)), text)


def mount_points(table, prefixes):
    """Return the mount points that begin with a prefix, the last mounted first."""
    return [point for _device, _root, point in reversed(table) if point.startswith(tuple(prefixes))]


def bound_to_itself(table, path):
    """Return whether what is mounted at a path is the very folder: the kubelet does so where mounts are not shared.

    A disk of its own, or another folder, was mounted there by the host's administrator.
    """
    for device, root, point in reversed(table):
        if point != path:
            continue
        above = [row for row in table if path.startswith(row[2].rstrip("/") + "/")]
        parent = max(above, key=lambda row: len(row[2]), default=("", "", ""))
        inside = os.path.normpath(parent[1] + "/" + path[len(parent[2].rstrip("/")) :])
        return device == parent[0] and os.path.normpath(root) == inside
    return False


def read_mounts():
    """Return the parsed table of mounts of now."""
    return parse_mounts(reader.Reader().read("/proc/self/mountinfo") or "")


def mounts(host):
    """Return the mount points of the cluster and of containerd, in the order in which they can be unmounted."""
    prefixes = (plan.CLUSTER_MOUNTS if host["cluster"] else ()) + (plan.RUNTIME_MOUNTS if host["runtime"] else ())
    if not prefixes:
        return []
    table = read_mounts()
    own = [plan.KUBELET] if host["cluster"] and bound_to_itself(table, plan.KUBELET) else []
    return mount_points(table, prefixes) + own


def parameters():
    """Return ``{parameter: (value now, value that a file gives it at boot or None)}`` of ``plan.PARAMETERS``."""
    host = reader.Reader()
    files = sysctl.boot_files(host)
    found = {}
    for name in plan.PARAMETERS:
        later = sysctl.persisted(files, name)
        found[name] = (host.value("/proc/sys/" + sysctl.normalize(name)), later[0] if later else None)
    return found


def network():
    """Return ``{"links", "masters", "datapath", "other_switch"}``."""
    found = netlink.parse_links(netlink.Netlink().links())
    names = {link["index"]: link["name"] for link in found}
    return {
        "links": [link["name"] for link in found],
        "masters": {link["name"]: names[link["master"]] for link in found if link["master"] in names},
        "datapath": datapath.NAME in names.values(),
        "other_switch": _other_switch(),
    }


def _other_switch():
    """Return whether an ovs-vswitchd runs that is in no container of Kubernetes."""
    host = reader.Reader()
    for name in host.names("/proc"):
        if name.isdigit() and host.value("/proc/{0}/comm".format(name)) == "ovs-vswitchd":
            if not in_container_group(host.read("/proc/{0}/cgroup".format(name)) or ""):
                return True
    return False


def packet_filter(module):
    """Return ``{"chains": {tool: parsed tables}, "nft_tables", "sets", "packet_filter_tools": whether there are}``."""

    def output(words):
        path = module.get_bin_path(words[0])
        return module.run_command([path] + words[1:])[1] if path else None

    found = {"chains": {}, "nft_tables": [], "sets": [], "packet_filter_tools": False}
    for tool, listed in (("ip6tables", "ip6_tables_names"), ("iptables", "ip_tables_names")):
        variants = [tool + "-nft"] if module.get_bin_path(tool + "-nft-save") else [tool]
        # Asking where there are no legacy tables would load their modules.
        if names_of_legacy(listed) and module.get_bin_path(tool + "-legacy-save"):
            variants.append(tool + "-legacy")
        for variant in variants:
            text = output([variant + "-save"])
            if text is not None:
                found["packet_filter_tools"] = True
                tables = chains.parse(text)
                if tables:
                    found["chains"][variant] = tables
    found["nft_tables"] = chains.nft_tables(output(["nft", "list", "tables"]) or "")
    found["sets"] = chains.sets(ipsets.names())
    return found


def names_of_legacy(listed):
    """Return the tables of the legacy packet filter that the kernel has now."""
    return (reader.Reader().read("/proc/net/" + listed) or "").split()


def file_states(record):
    """Return ``{path: plan.file_state}`` of the registry's files."""
    antrea = os.path.exists(os.path.join(plan.CNI_PLUGINS, "antrea"))
    states = {}
    for name, item in record["items"].items():
        # Antrea's agent puts its own versions of some plugins over the collection's.
        overwritten = antrea and name == evidence.PLUGINS_ITEM
        for path, noted in item["files"].items():
            exists = os.path.isfile(path) and not os.path.islink(path)
            states[path] = plan.file_state(noted, exists, lambda path=path: registry.digest(path), overwritten)
    return states


def antrea_files():
    """Return the files that Antrea's agent has installed."""
    candidates = [plan.ANTREA_CONFIG] + [os.path.join(plan.CNI_PLUGINS, name) for name in plan.ANTREA_PLUGINS]
    return [path for path in candidates if os.path.exists(path)]


def foreign_cni(record, owned):
    """Return the configurations and plugins of other container networks."""
    found = []
    for folder in (plan.CNI_CONFIGS, plan.CNI_PLUGINS):
        found += [os.path.join(folder, name) for name in names_in(folder)]
    known = set(owned) | set(antrea_files())
    return [path for path in found if path not in known]


def network_names(owned):
    """Return the names of the cluster's container networks, as its configurations give them."""
    found = []
    paths = [plan.ANTREA_CONFIG] + [path for path in owned if path.startswith(plan.CNI_CONFIGS + "/")]
    for path in paths:
        try:
            with open(path, encoding="utf-8") as stream:
                name = json.load(stream).get("name")
        except (OSError, ValueError, AttributeError):
            continue
        if isinstance(name, str) and re.match(r"^[\w.-]+$", name):
            found.append(name)
    return found


def cni_state(networks):
    """Return the files and folders below /var/lib/cni that belong to networks: leases and results."""
    found = [os.path.join(_CNI_STATE, "networks", name) for name in networks]
    folder = os.path.join(_CNI_STATE, "results")
    prefixes = tuple(name + "-" for name in networks)
    found += [os.path.join(folder, name) for name in names_in(folder) if prefixes and name.startswith(prefixes)]
    return [path for path in found if os.path.lexists(path)]


def full_folders(networks):
    """Return those of the folders that may go in which there is anything, or which can go as a whole."""
    candidates = plan.CLUSTER_TREES + (plan.ETCD,) + plan.RUNTIME_TREES + (plan.ROOK_TREE,) + tuple(cni_state(networks))
    return {path for path in candidates if os.path.lexists(path) and (stays(path) is False or names_in(path))}


def stays(path):
    """Return whether a folder's content may go but not itself: a disk or another folder is mounted there, or a link."""
    table = read_mounts()
    mounted = path in [point for _device, _root, point in table]
    return os.path.islink(path) or (mounted and not bound_to_itself(table, path))
