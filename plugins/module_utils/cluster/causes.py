# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0
"""What the last words of containers mean: which line of a log tells the cause, and what is to be done. No I/O.

Sources of the texts: Antrea's ``build/images/scripts/install_cni``, ``pkg/agent/openflow`` (the datapath's features),
``pkg/agent/util/iptables``; sigs.k8s.io/yaml (strict decoding); kmod's modprobe; the kubelet's image manager.
"""

from __future__ import absolute_import, division, print_function

__metaclass__ = type

import re
from collections import namedtuple

#: ``id``: of the finding; ``line``: what told it; ``title``, ``expected``, ``remedy``: as in a finding; ``final``:
#: whether waiting longer is of no use.
Cause = namedtuple("Cause", "id line title expected remedy final")

_LOAD = "modprobe {what}   # on {node}\necho {what} > /etc/modules-load.d/{what}.conf   # on {node}, to keep it"

#: (pattern, id, title, expected, remedy, final), the most telling first. ``{what}`` is what the pattern's group found,
#: ``{node}``, ``{namespace}`` and ``{pod}`` the place of the pod.
_MEANINGS = [
    (
        re.compile(r"modprobe: (?:FATAL|ERROR): .*?[Mm]odule ([\w-]+) not found", re.ASCII),
        "module.{what}",
        "the kernel has the module {what}",
        "a kernel with {what}",
        _LOAD + "\nuname -r; ls /lib/modules   # modprobe finds modules of the running kernel alone",
        True,
    ),
    (
        re.compile(r"modprobe: (?:FATAL|ERROR): could not insert '([\w-]+)'"),
        "module.{what}",
        "the kernel loads the module {what}",
        "the module {what}, loaded",
        "dmesg | tail   # on {node}: why the kernel refuses {what}",
        True,
    ),
    (
        re.compile(r"[Ff]ailed to load the (\S+) kernel module"),
        "module.kernel",
        "the kernel loads what {what} needs",
        "the kernel module of {what}",
        "dmesg | tail   # on {node}",
        True,
    ),
    (
        re.compile(r"required OVS DP feature '?\"?([\w ]+?)'?\"? is not supported"),
        "antrea.datapath",
        "the kernel's Open vSwitch can do {what}",
        "a kernel whose openvswitch has {what} (CONFIG_NF_CONNTRACK_ZONES, _MARK, _LABELS and CONFIG_NF_NAT)",
        "grep -E 'NF_CONNTRACK_(ZONES|MARK|LABELS)|NF_NAT' /boot/config-$(uname -r)   # on {node}",
        True,
    ),
    (
        re.compile(r"field (\S+) not found in type"),
        "antrea.config",
        "the release knows the key {what}",
        "a configuration without {what}",
        "take {what} out of antrea_agent_config and antrea_controller_config, and run the playbook again",
        True,
    ),
    (
        re.compile(r"can't initialize ip6?tables table `(\w+)'"),
        "module.ip6_tables",
        "the kernel has the ip6tables table {what}",
        "the modules ip6_tables and ip6table_{what}",
        "modprobe ip6table_{what}   # on {node}\n"
        "echo ip6table_{what} > /etc/modules-load.d/ip6table_{what}.conf   # on {node}, to keep it",
        True,
    ),
    (
        re.compile(r"K8s Node should have an IPv6 address if IPv6 Pod CIDR is defined()"),
        "antrea.node_address",
        "the node has an IPv6 address in Kubernetes",
        "an InternalIP of IPv6",
        "kubectl get node {node} --output jsonpath='{{.status.addresses}}'   # node_ip of the inventory",
        True,
    ),
    (
        re.compile(r"Spec\.PodCIDR is empty for Node (\S+)"),
        "antrea.pod_cidr",
        "the node has a range for its pods",
        "a pod CIDR in the Node object",
        "kubectl --namespace kube-system logs --selector component=kube-controller-manager   # why not",
        False,
    ),
    (
        re.compile(
            r"(?:Failed to pull image|Container image|failed to pull and unpack image) \\?\"([^\"\\]+)\\?\""
            r"|image (\S+): (?:ErrImagePull|ImagePullBackOff|ErrImageNeverPull)"
        ),
        "image.missing",
        "the node has the image {what}",
        "{what} in the mirror or a registry that the node reaches",
        "ctr --namespace k8s.io images list | grep {what}   # on {node}\n"
        "put its archive under <artifacts_mirror>/images/, and run the playbook again",
        False,
    ),
    (
        re.compile(r"^panic: (.*)"),
        "pod.crash",
        "the program runs",
        "no panic",
        "kubectl --namespace {namespace} logs {pod} --previous --all-containers",
        False,
    ),
]
#: Lines that tell more than the last one, the most telling first: fatal errors, errors.
_TELLING = (
    re.compile(r"^F\d{4} |\bFATAL\b|^panic: |^fatal error: "),
    re.compile(r"^E\d{4} |^Error|\b[Ee]rror:|\bERROR\b"),
)
_KLOG = re.compile(r"^[IWEF]\d{4} [\d:.]+\s+\d+ \S+\] ")


def telling(lines):
    """Return the line of a log that tells best why a container ended; empty for an empty log.

    That is one whose meaning is known, the most telling first, else the last fatal error, else the last error, else the
    last line.
    """
    lines = [line.strip() for line in lines if line.strip()]
    for entry in _MEANINGS:
        for line in reversed(lines):
            if entry[0].search(line):
                return line
    for pattern in _TELLING:
        for line in reversed(lines):
            if pattern.search(line):
                return _KLOG.sub("", line)
    return _KLOG.sub("", lines[-1]) if lines else ""


def meaning(text, node="", namespace="", pod=""):
    """Return the Cause that a text tells, None if it is none that is known.

    Arguments:
        text: a line of a log, or what the kubelet says of a container.
        node: where the pod is; names the place in the remedy.
        namespace: of the pod.
        pod: its name.
    """
    found = _match(text)
    if not found:
        return None
    match, (_pattern, id, title, expected, remedy, final) = found
    words = {"what": next((group for group in match.groups() if group), "")}
    words.update(node=node or "the node", namespace=namespace, pod=pod)
    id, title, expected, remedy = (part.format(**words) for part in (id, title, expected, remedy))
    return Cause(id, text, title, expected, remedy, final)


def _match(text):
    for entry in _MEANINGS:
        match = entry[0].search(text)
        if match:
            return match, entry
    return None
