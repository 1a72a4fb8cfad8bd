# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0
"""The rules a spec is judged by, as data: id, what is looked at, why, and the source. And who keeps the score."""

from collections import namedtuple

from ansible_collections.kurl.ipv6.plugins.module_utils.finding import finding
from ansible_collections.kurl.ipv6.plugins.module_utils.installer.reading import shorten

Rule = namedtuple("Rule", "id title reason source")

_KURL = "kURL v2026.08.06-0, "
_SEED = "kURL docs/ipv6.md, "
_KUBEADM = "kubeadm, cmd/kubeadm/app/apis/kubeadm/validation; "
_CRI = "Kubernetes 1.26 changelog: CRI v1alpha2 is gone; kURL's API rules"

RULES = (
    # Files
    Rule("spec.file.missing", "file of the spec", "without the file there is nothing to translate", _KURL + "util.sh"),
    Rule("spec.file.size", "size of the file", "reading must take bounded time and memory", "etcd's limit of 1.5 MiB"),
    Rule(
        "spec.file.encoding",
        "encoding of the file",
        "a text that is half read would be installed half",
        "YAML 1.1, 5.1",
    ),
    Rule("spec.file.space", "spaces", "a copied non-breaking space makes a key that no field has", _KURL + "util.sh"),
    Rule("spec.file.tab", "indentation", "YAML has no tabs in indentation", "YAML 1.1, 4.2.1"),
    Rule("spec.file.yaml", "YAML syntax", "what cannot be read cannot be installed", "YAML 1.1"),
    Rule("spec.file.empty", "content of the file", "an empty file is usually a mistake", _KURL + "util.sh"),
    Rule("spec.file.documents", "number of documents", "only one of them would be used", "YAML 1.1, 9.2"),
    Rule("spec.file.duplicate", "duplicate key", "one of the two values would be lost in silence", "YAML 1.1, 3.2.1.3"),
    Rule(
        "spec.file.key",
        "type of a key",
        "yes, 1 and null as keys are no text in YAML and name no field",
        "YAML 1.1, types bool, int and null",
    ),
    Rule("spec.file.tag", "YAML tag", "tags make objects; a spec is plain data", "YAML 1.1, 3.2.1.2; CVE-2020-14343"),
    Rule("spec.file.merge", "YAML merge key", "only maps can be merged", "YAML 1.1, type merge"),
    Rule("spec.file.alias", "YAML alias", "an alias to nothing or to itself has no value", "YAML 1.1, 7.1"),
    Rule(
        "spec.file.expansion",
        "number of values",
        "nested aliases can stand for more than fits into memory",
        "CVE-2019-11253",
    ),
    Rule(
        "spec.file.depth", "depth of nesting", "reading must take bounded time and memory", "libyaml, limit of nesting"
    ),
    # The document
    Rule("spec.document.kind", "kind of the document", "another kind of object is no spec", _SEED + "S6, S7"),
    Rule("spec.document.api", "API version", "kURL's tools accept cluster.kurl.sh/v1beta1 only", _SEED + "S6"),
    Rule("spec.document.part", "part of the document", "an Installer says what it installs below spec", _SEED + "S5"),
    Rule(
        "spec.merge.removed", "value removed by null", "kURL keeps the base's value; here null removes it", _KURL + "im"
    ),
    Rule("spec.merge.nothing", "null without effect", "nothing was there to remove; a misspelling?", _KURL + "im"),
    # Fields
    Rule("spec.field.unknown", "unknown field", "kURL drops it in silence, and the setting is lost", _KURL + "im"),
    Rule("spec.field.legacy", "old name of a field", "kURL's scripts do not know the old name", _KURL + "API"),
    Rule(
        "spec.field.type", "type of a value", "a value of another type would mean something else", _KURL + "kurlkinds"
    ),
    Rule("spec.field.normalised", "form of a value", "kURL accepts it in more than one form", _KURL + "kurlkinds"),
    Rule("spec.field.value", "value", "the value cannot be used", _KURL + "kurlkinds"),
    Rule("spec.field.ignored", "field without effect", "nothing here corresponds to it", _KURL + "kurlkinds"),
    Rule(
        "spec.field.role",
        "field that no role takes yet",
        "this release has nothing that would use it",
        "the roles of this release",
    ),
    Rule("spec.section.refused", "section that IPv6 cannot have", "it does not work without IPv4", _SEED + "S19-S29"),
    Rule("spec.section.ignored", "section without effect", "nothing here installs it", _KURL + "addons"),
    Rule(
        "spec.section.role",
        "component that no role installs yet",
        "this release has no role for it",
        "the roles of this release",
    ),
    # Rules over several fields
    Rule("spec.ipv6", "kurl.ipv6", "IPv6 is never detected, and there is no fallback to IPv4", _SEED + "S2, S4"),
    Rule("spec.required", "required field", "without it there is no cluster", _KURL + "API"),
    Rule("spec.cni", "cluster network", "Antrea from 1.4.0 on is the only cluster network on IPv6", _SEED + "S25"),
    Rule("spec.csi", "storage", "Rook from 1.5.12 on is the only storage on IPv6", _SEED + "S27"),
    Rule("spec.velero", "Velero", "snapshots on IPv6 need Velero 1.7.1 or newer", _SEED + "S28"),
    Rule(
        "spec.version.form",
        "form of a version",
        "a version that YAML reads as a number is another version",
        _SEED + "S18",
    ),
    Rule("spec.version.resolved", "version", "which release latest or .x stands for must be seen", _KURL + "API"),
    Rule(
        "spec.version.unknown", "version outside of the catalogue", "nothing is known of it", "docs/spec.md, versions"
    ),
    Rule("spec.version.eol", "age of a version", "upstream mends nothing in it any more", "kubernetes.io/releases"),
    Rule(
        "spec.version.gate", "field that kURL obeys later", "kURL ignores it with this version", _KURL + "addons/rook"
    ),
    Rule(
        "spec.version.known",
        "known fault on IPv6",
        "the release has a fault that IPv6-only clusters meet",
        "docs/spec.md, versions",
    ),
    Rule("spec.fit.containerd", "containerd and Kubernetes", "the two must speak the same version of CRI", _CRI),
    Rule("spec.fit.antrea", "Antrea and Kubernetes", "Antrea uses APIs that older Kubernetes lacks", "Antrea #7564"),
    Rule(
        "spec.fit.rook",
        "Rook and Kubernetes",
        "Rook uses APIs that come and go with Kubernetes",
        "Rook's documentation",
    ),
    Rule("spec.fit.velero", "Velero and Kubernetes", "Velero from 1.16.2 on needs Kubernetes 1.25", _KURL + "velero"),
    Rule("spec.fit.kotsadm", "KOTS and Kubernetes", "KOTS up to 1.96.2 fails on Kubernetes 1.29", _KURL + "preflights"),
    Rule("spec.fit.store", "object store", "it keeps its data in an object store", _KURL + "pre.sh"),
    Rule("spec.fit.psp", "PodSecurityPolicy", "Kubernetes 1.25 has none any more", "Kubernetes 1.25 changelog"),
    Rule("spec.cidr.form", "form of a range", "a range is an address and a prefix length", "RFC 4291, 2.3"),
    Rule("spec.cidr.family", "family of a range", "there is no dual stack, and no IPv4", _SEED + "S19"),
    Rule(
        "spec.cidr.kind", "kind of a range", "such addresses cannot be given to pods or services", "RFC 4291, RFC 4193"
    ),
    Rule("spec.cidr.overlap", "overlap of ranges", "an address must be a pod's or a service's, not both", _KUBEADM),
    Rule("spec.cidr.services", "size of the service range", "Kubernetes takes at most 20 host bits", _KUBEADM),
    Rule("spec.cidr.pods", "size of the pod range", "kubeadm checks it against the nodes' ranges", _KUBEADM + "#95723"),
    Rule("spec.cidr.nodes", "room for nodes", "a node without a range of its own runs no pods", _KUBEADM + "#95723"),
    Rule(
        "spec.cidr.max-pods",
        "room for pods on a node",
        "a pod needs an address of its node's range",
        "size of the range",
    ),
    Rule(
        "spec.endpoint.form", "load balancer address", "an external one is given by name, not by address", _SEED + "S29"
    ),
    Rule("spec.endpoint.choice", "endpoint of the cluster", "a cluster has one endpoint", _KURL + "prompts.sh"),
    Rule(
        "spec.endpoint.ha",
        "several control plane nodes",
        "they need an endpoint that outlives each",
        _KURL + "prompts.sh",
    ),
    Rule("spec.proxy.form", "proxy", "an IPv6 address in a URL stands in brackets", "RFC 3986, 3.2.2"),
    Rule("spec.proxy.family", "family of the proxy", "hosts without IPv4 cannot reach it", _SEED + "S4"),
    Rule(
        "spec.proxy.exceptions",
        "what is not proxied",
        "traffic inside of the cluster must not go to the proxy",
        _KURL + "proxy.sh",
    ),
    Rule("spec.nameserver", "nameserver", "pods without IPv4 must be able to ask it", _SEED + "S20"),
    Rule(
        "spec.public-address", "public address", "clusters without IPv4 have no use for an IPv4 address", _SEED + "S19"
    ),
    Rule("spec.outbound", "KOTS and replicated.app", "replicated.app has no IPv6 address", _SEED + "S36"),
    Rule("spec.airgap", "airgap", "what needs the Internet cannot be had without it", _KURL + "preflights.sh"),
    Rule(
        "spec.ports",
        "node ports",
        "a NodePort lies in the range that Kubernetes was given",
        "Kubernetes, --service-node-port-range",
    ),
    Rule(
        "spec.ignore-errors",
        "ignored errors of kubeadm",
        "ignoring all hides what breaks the cluster",
        _KURL + "install.sh",
    ),
    Rule(
        "spec.toml",
        "containerd.tomlConfig",
        "containerd does not start with TOML that it cannot read",
        "containerd, docs/man/containerd-config.toml.5.md",
    ),
    Rule("spec.host-preflights", "host checks of the spec", "what is not checked is not known", "Troubleshoot v1beta2"),
)

#: The statements of kURL's docs/ipv6.md that rules and texts cite, in our words.
STATEMENTS = {
    "S2": "IPv6 is switched on by `kurl.ipv6: true` or by the flag `ipv6`.",
    "S4": "kURL never detects IPv6, and does not fall back to IPv4.",
    "S5": "The page's example is a valid spec.",
    "S6": "`apiVersion` is `cluster.kurl.sh/v1beta1`.",
    "S7": "`kind` is `Installer`.",
    "S16": "`ekco.enableInternalLoadBalancer` puts HAProxy on every node and means HA, at `localhost:6444`.",
    "S18": "Versions have three components, so that YAML reads them as text.",
    "S19": "There is no dual stack: everything gets an IPv6 address only.",
    "S20": "Hosts may have both families; servers, pods and services use IPv6.",
    "S25": "Antrea from 1.4.0 on is the only cluster network.",
    "S26": "Antrea with encryption needs the kernel's wireguard module.",
    "S27": "Rook from 1.5.12 on is the only storage.",
    "S28": "Snapshots need Velero 1.7.1 or newer.",
    "S29": "An external load balancer is given as a DNS name.",
    "S36": "Uploading a licence fails, because replicated.app has no IPv6 address.",
}

RULE = {rule.id: rule for rule in RULES}


#: Findings of one status that are kept; a spec with more of them has other troubles than the rest.
LIMIT = 500
#: Errors that the message lists; the findings hold them all.
SHOWN = 100


class Score:
    """Collects findings of a spec.

    Each method takes the ``rule``'s id, the ``path`` in the spec, what was ``observed``, and ``expected``, ``remedy``,
    ``mark`` (where the value was written), ``title`` and ``reference`` (instead of the rule's).
    """

    def __init__(self):
        self.findings = []
        self.counts = {}

    def fail(self, rule, path, observed, **more):
        """What makes the spec refused."""
        self._add("fail", rule, path, observed, **more)

    def warn(self, rule, path, observed, **more):
        """What works differently from what the author may expect."""
        self._add("warn", rule, path, observed, **more)

    def info(self, rule, path, observed, **more):
        """Worth knowing."""
        self._add("info", rule, path, observed, **more)

    def problem(self, problem):
        """What is wrong with a file (``reading.Problem``)."""
        self.fail(
            problem.rule,
            "",
            problem.observed,
            expected=problem.expected,
            remedy=problem.remedy,
            mark=problem.mark,
        )

    @property
    def refused(self):
        """Whether anything failed."""
        return bool(self.counts.get("fail"))

    def sorted(self):
        """Return the findings, worst first, then by path: independent of the order in which a file says things."""
        order = {"fail": 0, "warn": 1, "info": 2}
        return sorted(
            self.findings,
            key=lambda entry: (order[entry["status"]], entry["subject"], entry["id"], entry["observed"]),
        )

    def _add(self, status, rule, path, observed, expected="", remedy="", mark=None, title="", reference=""):
        self.counts[status] = self.counts.get(status, 0) + 1
        if self.counts[status] > LIMIT:
            return
        entry = RULE[rule]
        place = where(mark)
        text = shorten(observed, 400)
        self.findings.append(
            finding(
                rule,
                f"spec:{shorten(path)}",
                status,
                title or entry.title,
                observed=f"{text} ({place})" if place else text,
                expected=expected,
                remedy=remedy,
                reference=reference or entry.source or entry.reason,
            )
        )


def where(mark):
    """Return a mark as ``file:line``, the file alone for values without a line, empty for none."""
    if mark is None:
        return ""
    return f"{mark.source}:{mark.line}" if mark.line else mark.source


def message(findings, source):
    """Return one message that lists every failure."""
    failed = [entry for entry in findings if entry["status"] == "fail"]
    count = "1 error" if len(failed) == 1 else f"{len(failed)} errors"
    lines = [f"{source or 'the spec'} is refused: {count}"]
    for entry in failed[:SHOWN]:
        path = entry["subject"].split(":", 1)[1]
        reason = RULE[entry["id"]].reason if entry["id"] in RULE else ""
        lines.append(f"- {path or entry['title']}: {entry['observed']}; {reason} [{entry['id']}]")
        if entry["expected"]:
            lines.append(f"    expected: {entry['expected']}")
        lines.extend(f"    {line}" for line in entry["remedy"].splitlines())
    if len(failed) > SHOWN:
        lines.append(f"- and {len(failed) - SHOWN} more, see findings")
    return "\n".join(lines)
