# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0
"""Shows a plan to a person: as lines for a terminal, and as a file of variables."""

import re

try:
    import yaml
except ImportError:  # never on a controller; the sanity tests import this on every Python that a host may have
    yaml = None

from ansible_collections.kurl.ipv6.plugins.module_utils.installer import fields, networks
from ansible_collections.kurl.ipv6.plugins.module_utils.installer.reading import shorten
from ansible_collections.kurl.ipv6.plugins.module_utils.installer.rules.network import without_password

#: Jinja begins with one of these; such text is written as ``!unsafe``, so that nothing evaluates it when it is loaded.
_JINJA = re.compile(r"\{\{|\{%|\{#")


def plan(result, documents, roles=None):
    """Return the lines of a plan.

    Arguments:
        result: what ``translation.translate`` returned, for a spec that is not refused.
        documents: names of the files it was read from.
        roles: names of the roles that are there; None says nothing about components without one.
    """
    variables = result["role_vars"]
    sources = _short(result["sources"], documents)
    lines = ["Plan of " + " + ".join(documents), "", "Components"]
    for component, entry in result["versions"].items():
        notes = []
        if component == "antrea":
            notes.append(
                "WireGuard between nodes" if variables["antrea_encryption"] == "wireguard" else "not encrypted"
            )
        if entry["requested"] != entry["version"]:
            notes.append(f"asked for: {shorten(entry['requested'])}")
        if not entry["catalogued"]:
            notes.append("not in the catalogue")
        if roles is not None and component not in roles:
            notes.append("NOT INSTALLED: no role yet")
        lines.append(_row(component, entry["version"], ", ".join(notes), sources.get(f"{component}.version", "")))
    lines += ["", "Networks"] + _networks(result, variables, sources)
    lines += ["", "Endpoint"] + _endpoint(variables, sources)
    lines += ["", "What happens where"] + _steps(result["versions"], variables, roles)
    settings = _settings(result["spec"], sources)
    if settings:
        lines += ["", "Other settings"] + settings
    return lines


def _short(sources, documents):
    """Return places with the files' names alone, where those tell the files apart."""
    names = {document: document.rsplit("/", 1)[-1] for document in documents}
    if len(set(names.values())) < len(set(documents)):
        return sources
    places = {}
    for path, place in sources.items():
        source, _colon, line = place.rpartition(":")
        places[path] = f"{names.get(source, source)}:{line}" if source in names else place
    return places


def _row(name, value, note="", source=""):
    text = f"  {name:<12} {value:<22} {note}"
    return f"{text:<72} {source}".rstrip() if source else text.rstrip()


def _networks(result, variables, sources):
    pods, services = result["networks"]["pods"], result["networks"]["services"]
    nodes = "1 node" if pods["nodes"] == 1 else f"{networks.amount(pods['nodes'])} nodes"
    room = f"{nodes} of /{pods['node_mask']}, {variables['kubernetes_max_pods']} pods each"
    return [
        _row("pods", pods["cidr"], room, sources.get("antrea.podCIDR", "default")),
        _row(
            "services",
            services["cidr"],
            f"resolver {services['cluster_dns']}",
            sources.get("kubernetes.serviceCIDR", "default"),
        ),
        _row(
            "node ports",
            variables["kubernetes_node_port_range"],
            "",
            sources.get("kubernetes.useStandardNodePortRange", "default"),
        ),
    ] + (
        [_row("proxy", without_password(variables["containerd_proxy"]), "", sources["kurl.proxyAddress"])]
        if variables["containerd_proxy"]
        else []
    )


def _endpoint(variables, sources):
    endpoint = variables["kubernetes_control_plane_endpoint"]
    if variables["load_balancer_enabled"]:
        source = sources.get("ekco.enableInternalLoadBalancer") or sources.get("kubernetes.HACluster", "")
        return [_row("API", endpoint, "a load balancer on every node", source)]
    if endpoint:
        return [_row("API", endpoint, "your load balancer", sources.get("kubernetes.loadBalancerAddress", ""))]
    return [_row("API", "[<address>]:6443", "of the first host in kube_control_plane")]


def _steps(versions, variables, roles):
    """Return what will be done on the controller, on every host and on the groups."""
    modules = ["br_netfilter", "ip6_tables"]
    if "antrea" in versions:
        modules.append("openvswitch")
    if variables.get("antrea_encryption") == "wireguard":
        modules.append("wireguard")
    every = [
        "kernel modules " + ", ".join(modules),
        "IPv6 forwarding, persisted",
        f"containerd {variables['containerd_version']}",
    ]
    if variables["load_balancer_enabled"]:
        every.append(f"load balancer on localhost:{variables['load_balancer_port']}")
    every.append(f"kubelet {variables['kubernetes_version']}")
    installed = [
        name for name in versions if name not in ("kubernetes", "containerd") and (roles is None or name in roles)
    ]
    steps = [
        (
            "controller",
            "takes artifacts from your mirror" if variables["installer_airgap"] else "fetches and verifies artifacts",
        ),
        ("every host", "; ".join(every)),
        ("kube_control_plane", "kubeadm init on the first; the others join one after the other"),
        ("kube_node", "join"),
    ]
    if variables["installer_external_cni"]:
        steps.append(("you", "install a cluster network; until then nodes are NotReady"))
    if installed:
        steps.append(("cluster", ", ".join(f"{name} {versions[name]['version']}" for name in installed)))
    return [f"  {who:<20} {what}" for who, what in steps]


def _settings(spec, sources):
    """Return a line for every value of the spec that no other part of the plan shows."""
    lines = []
    for path in sorted(sources):
        field = fields.FIELDS[path]
        if path in _SHOWN_ABOVE or field.type == "version" or field.fate != "translated":
            continue
        section, name = path.split(".", 1)
        text = f"  {path} = {shorten(_shown(spec[section][name]), 60)}"
        lines.append(f"{text:<72} {sources[path]}")
    return lines


def _shown(value):
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, dict):
        return ", ".join(f"{key}: {_shown(entry)}" for key, entry in value.items())
    if isinstance(value, list):
        return ", ".join(" ".join(entry) if isinstance(entry, list) else _shown(entry) for entry in value)
    return str(value).strip().split("\n", 1)[0]


_TEXT = "tag:yaml.org,2002:str"
#: Fields whose values the other parts of the plan show.
_SHOWN_ABOVE = (
    "antrea.podCIDR",
    "ekco.enableInternalLoadBalancer",
    "kubernetes.loadBalancerAddress",
    "kubernetes.serviceCIDR",
    "kubernetes.useStandardNodePortRange",
    "kurl.ipv6",
    "kurl.proxyAddress",
)


class _Unsafe(str):
    """Text that ansible must not evaluate."""


def _dump(data):
    """Return data as YAML: text with several lines as a block, Jinja as ``!unsafe``."""

    class Dumper(yaml.SafeDumper):
        def ignore_aliases(self, _data):
            return True

    def style(text):
        # Line breaks of Unicode would be folded or become ordinary ones; between double quotes they are escaped. What
        # else a block cannot hold unchanged, the emitter quotes by itself.
        if re.search("[\r\x85\u2028\u2029]", text):
            return '"'
        return "|" if "\n" in text else None

    Dumper.add_representer(str, lambda dumper, text: dumper.represent_scalar(_TEXT, text, style(text)))
    Dumper.add_representer(
        _Unsafe, lambda dumper, text: dumper.represent_scalar("!unsafe", str(text), style(text) or "'")
    )
    return yaml.dump(data, Dumper=Dumper, allow_unicode=True, width=110, sort_keys=False)


def _guarded(value):
    if isinstance(value, str):
        return _Unsafe(value) if _JINJA.search(value) else value
    if isinstance(value, dict):
        return {key: _guarded(entry) for key, entry in value.items()}
    if isinstance(value, list):
        return [_guarded(entry) for entry in value]
    return value


def vars_file(result, documents):
    """Return the role variables as the text of a vars file, each with the field and the line that it came from."""
    origin = {}
    for path, field in fields.FIELDS.items():
        if path in result["sources"]:
            for name in field.becomes:
                origin.setdefault(name, []).append(f"{path}, {result['sources'][path]}")
    lines = [
        "---",
        "# Role variables for kurl.ipv6, translated from " + " + ".join(shorten(name) for name in documents) + ".",
    ]
    for name, value in result["role_vars"].items():
        comment = "; ".join(origin.get(name, ["default"]))
        text = _dump({name: _guarded(value)})
        # A block of text that ends in empty lines ends the document as well, "...", which others follow here. Of line
        # breaks only the last goes: the others may belong to the text.
        lines += [f"# {shorten(comment, 200)}", text.removesuffix("...\n")[:-1]]
    return "\n".join(lines) + "\n"
