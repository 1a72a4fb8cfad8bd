# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0
"""Rules about single values that are of the right type and still cannot be used."""

import ipaddress
import re

from ansible_collections.kurl.ipv6.plugins.module_utils.installer.reading import shorten
from ansible_collections.kurl.ipv6.plugins.module_utils.installer.rules.network import (
    API_PORT,
    DNS_NAME,
    LOAD_BALANCER_PORT,
)

try:
    import tomllib
except ImportError:  # Python 3.10: containerd is the first to read the TOML
    tomllib = None


def values(spec, score):
    """Values that are of the right type and still cannot be used."""
    for path, allowed in (
        ("selinuxConfig.selinux", ("enforcing", "permissive", "disabled", "")),
        ("firewalldConfig.firewalld", ("enabled", "disabled", "")),
    ):
        said = spec.get(path, "")
        if said not in allowed:
            score.fail(
                "spec.field.value",
                path,
                shorten(said),
                expected=", ".join(word for word in allowed if word),
                remedy=f"{path.split('.')[1]}: {allowed[0]}",
                mark=spec.mark(path),
            )
    if spec.get("kubernetes.initIgnorePreflightErrors") == "all":
        score.warn(
            "spec.ignore-errors",
            "kubernetes.initIgnorePreflightErrors",
            "all of kubeadm's errors would be ignored",
            expected="names of single checks",
            remedy="# remove it: kubeadm names the check that fails, and only that one belongs here",
            mark=spec.mark("kubernetes.initIgnorePreflightErrors"),
        )
    _names(spec, score)
    files = spec.get("kubernetes.containerLogMaxFiles", 0)
    if files == 1:
        score.fail(
            "spec.field.value",
            "kubernetes.containerLogMaxFiles",
            "1",
            expected="2 or more: the kubelet does not start with fewer",
            remedy="containerLogMaxFiles: 5",
            mark=spec.mark("kubernetes.containerLogMaxFiles"),
        )
    _ports(spec, score)
    _regular_expression(spec, score)
    _overrides(spec, score)
    _toml(spec, score)
    _commands(spec, score)


def _names(spec, score):
    """Names that become objects of Kubernetes."""
    for path in ("rook.storageClassName", "velero.namespace", "kotsadm.applicationNamespace", "kubernetes.clusterName"):
        names = spec.get(path, "")
        # KOTS takes * for all namespaces.
        for name in re.split(r"[,\s]+", names) if path == "kotsadm.applicationNamespace" else [names]:
            if name and name != "*" and not DNS_NAME.match(name):
                score.fail(
                    "spec.field.value",
                    path,
                    shorten(name),
                    expected="a name of small letters, digits, - and .",
                    remedy=f"{path.split('.')[1]}: {_lowered(name)}",
                    mark=spec.mark(path),
                )


def _lowered(name):
    """Return a name that Kubernetes takes, as near to the given one as can be."""
    return re.sub("[^a-z0-9.-]+", "-", name.lower()).strip("-.")[:60] or "name"


def node_port_range(spec):
    """Return kURL's range of node ports, or Kubernetes' own."""
    return "30000-32767" if spec.get("kubernetes.useStandardNodePortRange") else "80-60000"


def _ports(spec, score):
    low, high = (int(part) for part in node_port_range(spec).split("-"))
    for path, default in (("kotsadm.uiBindPort", 8800), ("registry.publishPort", 0)):
        section = path.split(".", 1)[0]
        port = spec.get(path, default)
        if spec.has(section) and port and not low <= port <= high:
            score.fail(
                "spec.ports",
                path,
                f"{port} is outside of the node ports {low}-{high}",
                expected=f"{low} to {high}",
                remedy=f"{section}:\n  {path.split('.')[1]}: {low if low > 1024 else 8800}",
                mark=spec.mark(path),
            )
    taken = {
        API_PORT: "the API server",
        10250: "the kubelet",
        2379: "etcd",
        2380: "etcd",
        LOAD_BALANCER_PORT: "the load balancer",
    }
    for path in ("kotsadm.uiBindPort", "registry.publishPort"):
        if spec.get(path) in taken:
            score.fail(
                "spec.ports",
                path,
                f"{spec.get(path)} is the port of {taken[spec.get(path)]}",
                expected="a free port",
                remedy="# choose another one",
                mark=spec.mark(path),
            )


def _regular_expression(spec, score):
    path = "rook.blockDeviceFilter"
    text = spec.get(path, "")
    try:
        re.compile(text)
    except (re.error, RecursionError, OverflowError):
        score.fail(
            "spec.field.value",
            path,
            shorten(text),
            expected="a regular expression of device names",
            remedy='blockDeviceFilter: "vd[b-z]"',
            mark=spec.mark(path),
        )


def _overrides(spec, score):
    path = "ekco.podImageOverrides"
    wrong = [entry for entry in spec.get(path, []) if not re.match(r"[^=\s]+=[^=\s]+\Z", entry)]
    if wrong:
        score.fail(
            "spec.field.value",
            path,
            shorten(wrong[0]),
            expected="original=replacement",
            remedy="podImageOverrides:\n  - docker.io/library/busybox:1.36=registry.example.com/busybox:1.36",
            mark=spec.mark(path),
        )


def _toml(spec, score):
    path = "containerd.tomlConfig"
    text = spec.get(path, "")
    if not text or tomllib is None:
        return
    try:
        tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError, ValueError) as error:
        score.fail(
            "spec.toml",
            path,
            f"no TOML: {shorten(str(error))}",
            expected="TOML that containerd can read",
            remedy="# write it as a block: tomlConfig: | and indent every line by two spaces more",
            mark=spec.mark(path),
        )


def _commands(spec, score):
    path = "iptablesConfig.iptablesCmds"
    commands = spec.get(path, [])
    if not commands or spec.get("iptablesConfig.preserveConfig"):
        return
    for command in commands:
        literal = next((word for word in command if _is_ipv4(word)), "")
        if literal:
            score.fail(
                "spec.field.value",
                path,
                f"{shorten(' '.join(command))} names the IPv4 address {shorten(literal)}",
                expected="IPv6 addresses: the rules are for ip6tables here",
                remedy="# write the rule for the IPv6 address",
                mark=spec.mark(path),
            )
    score.warn(
        "spec.field.normalised",
        path,
        f"{len(commands)} command{'s' if len(commands) > 1 else ''} of iptables will be given to ip6tables",
        expected="rules that mean the same for IPv6; ICMPv6 must stay open",
        remedy="# read the rules once more",
        mark=spec.mark(path),
    )


def _is_ipv4(word):
    try:
        return ipaddress.ip_network(word.strip("!"), strict=False).version == 4
    except ValueError:
        return False
