# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0
"""From documents to a plan: the merged spec, the role variables, and everything there is to say about both."""

import re

from ansible_collections.kurl.ipv6.plugins.module_utils.installer import (
    catalogue,
    fields,
    host_preflights,
    merging,
    reading,
    versions,
)
from ansible_collections.kurl.ipv6.plugins.module_utils.installer import spec as specs
from ansible_collections.kurl.ipv6.plugins.module_utils.installer.rulebook import Score, where
from ansible_collections.kurl.ipv6.plugins.module_utils.installer.rules import components, network, values

API = "cluster.kurl.sh/v1beta1"
LEGACY_API = "kurl.sh/v1beta1"
HEADER = f"apiVersion: {API}\nkind: Installer\nmetadata:\n  name: ...\nspec:\n  ..."


def translate(documents, overrides=None, external_cni=False, declared=None):
    """Translate a spec.

    Arguments:
        documents: ``(name, bytes)`` of the base and of every patch, in their order; bytes may be an OSError instead.
        overrides: plain data that is merged last: sections of the spec, or a whole document with ``spec``.
        external_cni: whether the user brings a cluster network.
        declared: what the installed roles take, ``{"roles": {...}, "variables": {...}}``; None judges nothing of it.
    Returns:
        A map with ``spec``, ``role_vars`` (empty if refused), ``findings``, ``versions``, ``networks``, ``sources`` and
        ``refused``.
    """
    score = Score()
    node = _merged(_parsed(documents, score), overrides, score)
    spec = specs.typed(node, score) if node is not None else None
    if spec is None:
        return _result(specs.Spec(), {}, {}, None, score)
    plan = _judge(spec, score, external_cni)
    role_vars = variables(spec, *plan, external_cni) if not score.refused else {}
    if declared is not None:
        _undeclared(spec, role_vars, declared, score)
    return _result(spec, role_vars, plan[0], plan[1], score)


def _judge(spec, score, external_cni):
    components.ipv6(spec, score)
    components.required(spec, score)
    found = components.resolved(spec, score)
    components.minimums(spec, score, found, external_cni)
    components.compatible(spec, score, found)
    components.stores(spec, score, found)
    components.internal_stores(spec, score, found)
    nets = network.ranges(spec, score, found)
    point = network.endpoint(spec, score)
    proxied = network.proxy(spec, score, nets, point)
    addresses = (network.nameserver(spec, score), network.public_address(spec, score))
    components.airgap(spec, score)
    components.outbound(spec, score)
    values.values(spec, score)
    return found, nets, point, proxied, addresses, _host_checks(spec, score)


def _parsed(documents, score):
    """Return the nodes below ``spec`` of all documents that can be read."""
    nodes = []
    for number, (name, content) in enumerate(documents):
        if isinstance(content, OSError):
            score.fail(
                "spec.file.missing",
                "",
                f"{name}: {content.strerror or content}",
                expected="a file that can be read on the controller",
                remedy=f"ls -l {name}   # a relative path is relative to the folder you are in",
            )
            continue
        node, problems = reading.read(content, name)
        for problem in problems:
            score.problem(problem)
        if node is not None:
            node = _envelope(node, number > 0, score)
        if node is not None:
            nodes.append(node)
    return nodes if len(nodes) == len(documents) else []


def _envelope(node, is_patch, score):
    """Judge what stands around ``spec``, and return the map below it. A patch may leave the header out."""
    if node.kind != "map":
        score.fail(
            "spec.document.kind",
            "",
            f"the document is {'a list' if node.kind == 'list' else 'a single value'}",
            expected="an Installer",
            remedy=HEADER,
            mark=node.mark,
        )
        return None
    _header(node, is_patch, score)
    for key in sorted(node.value):
        if key in fields.ENVELOPE:
            continue
        if key in fields.SECTION or key in fields.LEGACY:
            observed, remedy = f"{key} stands beside spec", f"spec:\n  {key}: ..."
        else:
            observed, remedy = f"there is no {reading.shorten(key)} in an Installer", "# remove it"
        score.fail(
            "spec.document.part",
            key,
            observed,
            expected=", ".join(fields.ENVELOPE),
            remedy=remedy,
            mark=node.marks[key],
        )
    if "status" in node.value:
        score.info(
            "spec.document.part", "status", "status says nothing about an installation", mark=node.marks["status"]
        )
    body = node.value.get("spec")
    if body is None or body.kind == "null":
        if is_patch and body is not None:
            return reading.Node("map", {}, body.mark)
        score.fail("spec.document.part", "spec", "no spec", expected="spec", remedy=HEADER, mark=node.mark)
        return None
    if body.kind != "map":
        score.fail(
            "spec.document.part", "spec", f"spec is a {body.kind}", expected="a map", remedy=HEADER, mark=body.mark
        )
        return None
    return body


def _header(node, is_patch, score):
    for key, wanted, rule in (("apiVersion", API, "spec.document.api"), ("kind", "Installer", "spec.document.kind")):
        entry = node.value.get(key)
        said = entry.value if entry is not None and entry.kind == "str" else None
        mark = node.marks.get(key, node.mark)
        if said == wanted or (entry is None and is_patch):
            continue
        if key == "apiVersion" and said == LEGACY_API:
            score.warn(rule, key, f"{said} is an old name", expected=wanted, remedy=f"{key}: {wanted}", mark=mark)
            continue
        observed = f"no {key}" if entry is None else f"{key} is {reading.shorten(entry.raw or entry.kind)}"
        score.fail(rule, key, observed, expected=wanted, remedy=f"{key}: {wanted}", mark=mark)
    metadata = node.value.get("metadata")
    if metadata is not None and metadata.kind not in ("map", "null"):
        score.fail(
            "spec.document.part",
            "metadata",
            f"metadata is {metadata.kind}",
            expected="a map",
            remedy="metadata:\n  name: my-cluster",
            mark=node.marks["metadata"],
        )


def _merged(nodes, overrides, score):
    """Return all documents merged into one map, or None."""
    if not nodes:
        return None
    layers = list(nodes)
    if overrides:
        layer = _overrides(overrides, score)
        if layer is not None:
            layers.append(layer)
    merged = layers[0]
    for layer in layers[1:]:
        merged, removed = merging.merge(merged, layer)
        for path, mark, before in removed:
            if before is None:
                score.warn(
                    "spec.merge.nothing",
                    path,
                    f"null removes {path}, which is not there",
                    remedy="# check the name",
                    mark=mark,
                )
            else:
                score.info("spec.merge.removed", path, f"null removes {path} of {where(before)}", mark=mark)
    return merging.without_nulls(merged)


def _overrides(overrides, score):
    try:
        node = reading.node_of(overrides, "overrides")
    except reading.ReadError as error:
        score.problem(error.problem)
        return None
    if node.kind == "map" and "spec" in node.value:
        return _envelope(node, True, score)
    if node.kind != "map":
        score.fail(
            "spec.document.kind", "", "the overrides are no map", expected="sections of the spec", mark=node.mark
        )
        return None
    return node


def variables(spec, found, nets, point, proxied, addresses, checks, external_cni):
    """Return the role variables of a spec that is not refused. What a field says wins over nothing but a default."""
    proxy, no_proxy = proxied
    nameserver, public = addresses
    result = {f"{component}_version": version for component, version in found.items()}
    result.update(
        installer_airgap=bool(spec.get("kurl.airgap")),
        installer_external_cni=bool(external_cni),
        containerd_proxy=proxy,
        containerd_no_proxy=no_proxy,
        kubernetes_pod_cidr=str(nets.pods),
        kubernetes_service_cidr=str(nets.services),
        kubernetes_node_cidr_mask=nets.node_mask,
        kubernetes_cluster_dns=nets.cluster_dns,
        kubernetes_max_pods=nets.max_pods,
        kubernetes_control_plane_endpoint=point.address,
        kubernetes_ha=point.ha,
        kubernetes_node_port_range=values.node_port_range(spec),
        load_balancer_enabled=point.internal,
        load_balancer_port=network.LOAD_BALANCER_PORT,
    )
    if spec.has("antrea"):
        result["antrea_encryption"] = "none" if spec.get("antrea.isEncryptionDisabled") else "wireguard"
    if nameserver:
        result["kubernetes_nameserver"] = nameserver
    if public:
        result["kubernetes_extra_sans"] = [public]
    if spec.has("kotsadm") and (public or spec.get("kotsadm.hostname")):
        result["kotsadm_hostname"] = spec.get("kotsadm.hostname") or public
    for path in ("kubernetes.initIgnorePreflightErrors", "kubernetes.upgradeIgnorePreflightErrors"):
        if spec.get(path):
            result[fields.FIELDS[path].becomes[0]] = _words(spec.get(path))
    if spec.get("kotsadm.applicationNamespace"):
        result["kotsadm_application_namespaces"] = _words(spec.get("kotsadm.applicationNamespace"))
    result.update(_host(spec))
    if checks:
        result["preflight_host_preflights"] = checks
    for path, field in fields.FIELDS.items():
        # What is left goes over as it is, if it says something else than nothing.
        if field.fate == "translated" and len(field.becomes) == 1 and field.becomes[0] not in COMPUTED:
            value = spec.get(path)
            if value is not None and value != "" and not (field.type == "int" and value == 0):
                result[field.becomes[0]] = value
    return dict(sorted(result.items()))


#: Variables that every accepted spec has.
ALWAYS = frozenset(
    {
        "containerd_version",
        "installer_airgap",
        "installer_external_cni",
        "containerd_no_proxy",
        "containerd_proxy",
        "kubernetes_cluster_dns",
        "kubernetes_control_plane_endpoint",
        "kubernetes_ha",
        "kubernetes_max_pods",
        "kubernetes_node_cidr_mask",
        "kubernetes_node_port_range",
        "kubernetes_pod_cidr",
        "kubernetes_service_cidr",
        "kubernetes_version",
        "load_balancer_enabled",
        "load_balancer_port",
    }
)

#: Variables that are worked out above or below; all others take the value of their one field.
COMPUTED = frozenset(
    {f"{component}_version" for component in catalogue.VERSIONS}
    | {
        "antrea_encryption",
        "host_firewalld",
        "host_firewalld_commands",
        "host_ip6tables_commands",
        "host_selinux",
        "host_selinux_chcon_commands",
        "host_selinux_semanage_commands",
        "host_selinux_type",
        "host_ufw",
        "installer_airgap",
        "installer_external_cni",
        "containerd_no_proxy",
        "containerd_proxy",
        "kotsadm_application_namespaces",
        "kotsadm_hostname",
        "kubernetes_cluster_dns",
        "kubernetes_control_plane_endpoint",
        "kubernetes_extra_sans",
        "kubernetes_ha",
        "kubernetes_init_ignore_preflight_errors",
        "kubernetes_max_pods",
        "kubernetes_nameserver",
        "kubernetes_node_cidr_mask",
        "kubernetes_node_port_range",
        "kubernetes_pod_cidr",
        "kubernetes_service_cidr",
        "kubernetes_upgrade_ignore_preflight_errors",
        "load_balancer_enabled",
        "load_balancer_port",
        "preflight_host_preflights",
    }
)


def _words(text):
    return [word for word in re.split(r"[,\s]+", text) if word]


def _host(spec):
    """Return what is to become of SELinux, firewalls and packet filters; what the spec is silent about is absent."""
    result = {}
    if spec.has("selinuxConfig") and not spec.get("selinuxConfig.preserveConfig"):
        mode = spec.get("selinuxConfig.selinux") or ("permissive" if spec.get("selinuxConfig.disableSelinux") else "")
        result.update(
            host_selinux=mode,
            host_selinux_type=spec.get("selinuxConfig.type", ""),
            host_selinux_chcon_commands=spec.get("selinuxConfig.chconCmds", []),
            host_selinux_semanage_commands=spec.get("selinuxConfig.semanageCmds", []),
        )
    if spec.has("firewalldConfig") and not spec.get("firewalldConfig.preserveConfig"):
        mode = spec.get("firewalldConfig.firewalld") or (
            "disabled" if spec.get("firewalldConfig.disableFirewalld") else ""
        )
        mode = mode or ("refused" if spec.get("firewalldConfig.hardFailOnFirewalld") else "")
        result.update(host_firewalld=mode, host_firewalld_commands=spec.get("firewalldConfig.firewalldCmds", []))
    if spec.has("ufwConfig"):
        disabled, refused = spec.get("ufwConfig.disableUFW"), spec.get("ufwConfig.hardFailOnUFW")
        result["host_ufw"] = "disabled" if disabled else "refused" if refused else ""
    if not spec.get("iptablesConfig.preserveConfig"):
        result["host_ip6tables_commands"] = spec.get("iptablesConfig.iptablesCmds", [])
    return {name: value for name, value in result.items() if value not in ("", [])}


def _host_checks(spec, score):
    """Return the translated host checks of the spec."""
    document = spec.get("kurl.hostPreflights")
    modes = ("kurl.hostPreflightIgnore", "kurl.hostPreflightEnforceWarnings")
    if document:
        ignore, strict = (bool(spec.get(path)) for path in modes)
        return host_preflights.translate(document, score, spec.mark("kurl.hostPreflights"), ignore, strict)
    for path in modes:
        if spec.get(path):
            score.warn(
                "spec.field.ignored",
                path,
                f"{path} has no effect: the spec has no hostPreflights",
                remedy="# preflight_ignore: [{id: <finding>, reason: <why>}] accepts single findings of ours",
                mark=spec.mark(path),
            )
    return []


def _undeclared(spec, role_vars, declared, score):
    """Say which components and fields no role of the installed collection takes."""
    missing = []
    for name, section in fields.SECTION.items():
        role = section.component
        if role and spec.has(name) and role not in declared["roles"]:
            missing.append(role)
            score.warn(
                "spec.section.role",
                name,
                f"{name} is understood, but this release has no role that installs it: it will be left out",
                remedy=f"# install it yourself afterwards, or remove it from the spec with a patch: {name}: null",
                mark=spec.mark(f"{name}.version"),
            )
    unused = {}
    for path, field in fields.FIELDS.items():
        section, name = path.split(".", 1)
        if section in missing or field.fate != "translated" or spec.get(path) in (None, False, "", [], {}, 0):
            continue
        if not any(variable in declared["variables"] for variable in field.becomes if variable in role_vars):
            if any(variable in role_vars for variable in field.becomes):
                unused.setdefault(section, []).append(name)
    for section, names in unused.items():
        score.warn(
            "spec.field.role",
            section,
            f"understood, but no role of this release uses {', '.join(names)}",
            remedy="# nothing will come of it; set it up yourself where it matters",
            mark=spec.mark(f"{section}.{names[0]}"),
        )


def _result(spec, role_vars, found, nets, score):
    networks = {}
    if nets is not None:
        networks = {
            "pods": {
                "cidr": str(nets.pods),
                "node_mask": nets.node_mask,
                "nodes": nets.room.nodes,
                "pods_per_node": nets.room.pods,
            },
            "services": {"cidr": str(nets.services), "cluster_dns": nets.cluster_dns},
        }
    return {
        "spec": spec.plain(),
        "role_vars": role_vars,
        "findings": score.sorted(),
        "versions": {
            component: {
                "version": version,
                "requested": spec.get(f"{component}.version"),
                "catalogued": version in versions.known(component),
                "images": list(catalogue.IMAGES.get((component, version), ())),
            }
            for component, version in found.items()
        },
        "networks": networks,
        "sources": spec.places(),
        "refused": score.refused,
    }
