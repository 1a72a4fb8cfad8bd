# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0
"""Rules about components: which must be there, in which version, and which fit each other."""

from ansible_collections.kurl.ipv6.plugins.module_utils.antrea import versions as antrea_versions
from ansible_collections.kurl.ipv6.plugins.module_utils.installer import catalogue, fields, versions
from ansible_collections.kurl.ipv6.plugins.module_utils.installer.reading import shorten


def ipv6(spec, score):
    """``kurl.ipv6: true`` must be said: nothing is detected (S2, S4)."""
    if spec.get("kurl.ipv6") is not True:
        said = "kurl.ipv6" in spec.values
        score.fail(
            "spec.ipv6",
            "kurl.ipv6",
            "false" if said else "not set",
            expected="true",
            remedy="spec:\n  kurl:\n    ipv6: true",
            mark=spec.mark("kurl.ipv6"),
        )


def required(spec, score):
    """Kubernetes and containerd must be there, and every component must have a version."""
    for section in ("kubernetes", "containerd"):
        if not spec.has(section):
            score.fail(
                "spec.required",
                section,
                f"no section {section}",
                expected=f"{section}.version",
                remedy=f'spec:\n  {section}:\n    version: "{versions.stable(section)[-1]}"',
            )
    for name, section in fields.SECTION.items():
        path = f"{name}.version"
        if section.component and spec.has(name) and not spec.get(path) and path not in _failed(score):
            score.fail(
                "spec.required",
                path,
                "no version",
                expected="an exact version, 1.34.x or latest" if name == "kubernetes" else "an exact version or latest",
                remedy=f'{name}:\n  version: "{versions.stable(name)[-1]}"',
                mark=spec.mark(path),
            )
    if spec.has("helm") and not spec.get("helm.helmfileSpec"):
        score.fail(
            "spec.required",
            "helm.helmfileSpec",
            "no helmfile",
            expected="a helmfile",
            remedy="# remove the section helm",
        )


def _failed(score):
    return {entry["subject"].split(":", 1)[1] for entry in score.findings if entry["status"] == "fail"}


def resolved(spec, score):
    """Return component -> exact version for the components of the spec; what names no release fails."""
    found = {}
    for component in catalogue.VERSIONS:
        path = f"{component}.version"
        wanted = spec.get(path)
        if not wanted:
            continue
        mark = spec.mark(path)
        try:
            version, form = versions.resolve(component, wanted)
        except versions.VersionError as error:
            score.fail("spec.version.form", path, str(error), expected=error.expected, remedy=error.remedy, mark=mark)
            continue
        found[component] = version
        if form in ("latest", "minor"):
            score.info(
                "spec.version.resolved",
                path,
                f"{wanted} is {version}",
                expected="an exact version, so that every run installs the same",
                remedy=f'version: "{version}"',
                mark=mark,
            )
        elif form == "prefixed":
            score.info("spec.field.normalised", path, f"{shorten(wanted)} is read as {version}", mark=mark)
        if version not in versions.known(component):
            score.warn(
                "spec.version.unknown",
                path,
                f"{component} {version} is not in the catalogue",
                expected=f"known, for example: {', '.join(versions.stable(component)[-3:])}",
                remedy="# it will be installed as asked, if upstream has it",
                mark=mark,
            )
    return found


def minimums(spec, score, found, external_cni):
    """The limits of IPv6: network, storage, snapshots (S25, S27, S28), and how old Kubernetes may be."""
    rules = {"kubernetes": "spec.version.form", "antrea": "spec.cni", "rook": "spec.csi", "velero": "spec.velero"}
    for component, (lowest, source) in catalogue.MINIMUM.items():
        version = found.get(component)
        if version and versions.key(version) < versions.key(lowest):
            score.fail(
                rules[component],
                f"{component}.version",
                f"{component} {version}",
                expected=f"{lowest} or newer ({source})",
                remedy=f'{component}:\n  version: "{versions.stable(component)[-1]}"',
                mark=spec.mark(f"{component}.version"),
            )
    if not spec.has("antrea"):
        if external_cni:
            score.warn(
                "spec.cni",
                "antrea",
                "no antrea, and external_cni is set: nodes stay NotReady until you have installed a cluster network",
                expected="a cluster network that works without IPv4",
                remedy="# install it when site has made the cluster: nodes become Ready then",
            )
        else:
            score.fail(
                "spec.cni",
                "antrea",
                "no section antrea: the cluster would have no network",
                expected="antrea 1.4.0 or newer, the only cluster network of kURL on IPv6",
                remedy=f'antrea:\n  version: "{versions.stable("antrea")[-1]}"\n'
                "# or, if you bring a network of your own: -e external_cni=true",
            )
    elif external_cni:
        score.fail(
            "spec.cni",
            "antrea",
            "antrea is in the spec, and external_cni says that you bring another network: only one can be",
            expected="one of the two",
            remedy="# without external_cni Antrea is installed; to leave it out, add a patch with\nantrea: null",
            mark=spec.mark("antrea.version"),
        )


def compatible(spec, score, found):
    """Components and Kubernetes must fit each other."""
    kubernetes = found.get("kubernetes")
    if not kubernetes:
        return
    minor = versions.minor_key(kubernetes)
    _age(spec, score, kubernetes)
    out = _bounds(spec, score, found, minor)
    _antrea(spec, score, found, minor)
    if "rook" not in out:
        _rook(spec, score, found, minor)
    for component in ("antrea", "rook"):
        if component in found:
            _faults(spec, score, component, found[component])
    _gates(spec, score, found)
    if spec.get("kubernetes.cisCompliance") and minor <= (1, 24):
        score.warn(
            "spec.fit.psp",
            "kubernetes.cisCompliance",
            f"Kubernetes {kubernetes} would need a PodSecurityPolicy, which is not made here",
            expected="Kubernetes 1.25 or newer",
            remedy=f'kubernetes:\n  version: "{versions.stable("kubernetes")[-1]}"',
            mark=spec.mark("kubernetes.cisCompliance"),
        )


def _age(spec, score, kubernetes):
    ended = catalogue.END_OF_LIFE.get(versions.minor(kubernetes))
    if ended:
        score.warn(
            "spec.version.eol",
            "kubernetes.version",
            f"Kubernetes {versions.minor(kubernetes)} has had no fixes since {ended}",
            expected="a minor that upstream still mends: "
            + ", ".join(
                entry
                for entry in sorted(
                    {versions.minor(item) for item in versions.known("kubernetes")}, key=versions.minor_key
                )
                if entry not in catalogue.END_OF_LIFE
            ),
            remedy="# plan an upgrade, one minor after the other",
            mark=spec.mark("kubernetes.version"),
        )


#: How components are called in messages.
_NAMES = {"antrea": "Antrea", "kotsadm": "KOTS", "rook": "Rook", "velero": "Velero"}


def _pair(component, version, minor):
    return f"{_NAMES.get(component, component)} {version} with Kubernetes {minor[0]}.{minor[1]}"


def _bounds(spec, score, found, minor):
    """Judge the catalogue's bounds; return the components that are out of theirs."""
    out = set()
    for component, first, behind, lowest, highest, expected, remedy in catalogue.BOUNDS:
        version = found.get(component)
        if not version or versions.key(version) < versions.key(first):
            continue
        if behind and versions.key(version) >= versions.key(behind):
            continue
        if (lowest and minor < versions.minor_key(lowest)) or (highest and minor > versions.minor_key(highest)):
            out.add(component)
            score.fail(
                f"spec.fit.{component}",
                f"{component}.version",
                _pair(component, version, minor),
                expected=expected,
                remedy=remedy,
                mark=spec.mark(f"{component}.version"),
            )
    return out


def _antrea(spec, score, found, minor):
    version = found.get("antrea")
    if not version:
        return
    mark = spec.mark("antrea.version")
    floor = antrea_versions.kubernetes_floor(version)
    if minor < versions.minor_key(floor):
        score.fail(
            "spec.fit.antrea",
            "antrea.version",
            _pair("antrea", version, minor),
            expected=f"Kubernetes {floor} or newer, or an older Antrea",
            remedy=f'kubernetes:\n  version: "{versions.stable("kubernetes")[-1]}"',
            mark=mark,
        )


def _faults(spec, score, component, version):
    for name, first, mended, what, remedy, source in catalogue.FAULTS:
        if name == component and versions.key(first) <= versions.key(version):
            if not mended or versions.key(version) < versions.key(mended):
                score.warn(
                    "spec.version.known",
                    f"{component}.version",
                    f"{component} {version}: {what}",
                    expected=f"{mended} or newer" if mended else "another version",
                    remedy=remedy,
                    mark=spec.mark(f"{component}.version"),
                    reference=source,
                )


def _gates(spec, score, found):
    for path, (component, first) in catalogue.GATES.items():
        version = found.get(component)
        if version and spec.get(path) and versions.key(version) < versions.key(first):
            score.warn(
                "spec.version.gate",
                path,
                f"kURL ignores {path.split('.')[1]} with {component} {version}; here it is obeyed",
                expected=f"{component} {first} or newer, with which kURL does the same",
                remedy=f'{component}:\n  version: "{versions.stable(component)[-1]}"',
                mark=spec.mark(path),
            )


def _rook(spec, score, found, minor):
    version = found.get("rook")
    if not version:
        return
    mark = spec.mark("rook.version")
    own = versions.minor_key(version)
    rows = catalogue.KUBERNETES_OF["rook"]
    name, lowest, highest = next((row for row in rows if versions.minor_key(row[0]) <= own), rows[-1])
    pair = _pair("rook", version, minor)
    hard = catalogue.HARD_UPPER_BOUND["rook"].get(name)
    if minor < versions.minor_key(lowest) or (highest and hard and minor > versions.minor_key(highest)):
        score.fail(
            "spec.fit.rook",
            "rook.version",
            pair,
            expected=f"Kubernetes {lowest}{' to ' + highest if highest else ' or newer'} for Rook {name}"
            + (f": {hard}" if hard and minor > versions.minor_key(highest) else ""),
            remedy=f'rook:\n  version: "{_fitting("rook", minor)}"',
            mark=mark,
        )
    elif highest and minor > versions.minor_key(highest):
        score.warn(
            "spec.fit.rook",
            "rook.version",
            pair,
            expected=f"Kubernetes {lowest} to {highest}, which Rook {name} is tested with",
            remedy=f'rook:\n  version: "{_fitting("rook", minor)}"',
            mark=mark,
        )


def _fitting(component, minor):
    """Return the newest catalogued version of a component that supports a Kubernetes minor, else the newest of all."""
    for name, lowest, highest in catalogue.KUBERNETES_OF[component]:
        if versions.minor_key(lowest) <= minor and (not highest or minor <= versions.minor_key(highest)):
            fitting = [
                item for item in versions.stable(component) if versions.minor_key(item) == versions.minor_key(name)
            ]
            fitting = [item for item in fitting if versions.key(item) >= versions.key(catalogue.MINIMUM[component][0])]
            if fitting:
                return fitting[-1]
    return versions.stable(component)[-1]


def stores(spec, score, found):
    """Registry, Velero and KOTS keep their data in Rook, or say that they do not."""
    if spec.has("rook"):
        return
    local = bool(spec.get("kotsadm.disableS3"))
    remedy = 'rook:\n  version: "{}"'.format(versions.stable("rook")[-1])
    if spec.has("registry"):
        score.fail(
            "spec.fit.store",
            "registry",
            "the registry has nowhere to keep images",
            expected="rook, the only storage on IPv6",
            remedy=remedy,
            mark=spec.mark("registry.version"),
        )
    for section, name in (("kotsadm", "KOTS"), ("velero", "Velero")):
        if spec.has(section):
            wanted = "rook" if local else "rook, or kotsadm.disableS3: true with another storage class"
            if section == "velero" or not local:
                score.fail(
                    "spec.fit.store",
                    section,
                    f"{name} has nowhere to keep its data",
                    expected=wanted,
                    remedy=remedy,
                    mark=spec.mark(f"{section}.version"),
                )
            else:
                score.warn(
                    "spec.fit.store",
                    section,
                    f"{name} needs a default storage class, and the spec brings none",
                    expected=wanted,
                    remedy=remedy,
                    mark=spec.mark(f"{section}.version"),
                )


def internal_stores(spec, score, found):
    """Velero from 1.17 on has no plugin for a local volume."""
    velero = found.get("velero")
    if velero and versions.key(velero) >= versions.key("1.17.0") and spec.get("kotsadm.disableS3"):
        score.fail(
            "spec.fit.store",
            "velero.version",
            f"Velero {velero} with kotsadm.disableS3",
            expected="the object store, or Velero 1.16: from 1.17 on there is no plugin for a local volume",
            remedy="kotsadm:\n  disableS3: false",
            mark=spec.mark("velero.version"),
        )


def airgap(spec, score):
    """What needs the Internet cannot be had without it."""
    if not spec.get("kurl.airgap"):
        return
    for path, why in (
        ("helm.helmfileSpec", "helmfile fetches charts while it installs"),
        ("kurl.licenseURL", "the licence cannot be fetched"),
    ):
        if spec.get(path):
            score.fail(
                "spec.airgap",
                path,
                f"{path} with kurl.airgap: {why}",
                expected="one of the two",
                remedy=f"# remove {path}, or airgap",
                mark=spec.mark(path),
            )


def outbound(spec, score):
    """KOTS asks replicated.app, which has no IPv6 address (S36)."""
    if (
        spec.has("kotsadm")
        and not spec.get("kurl.airgap")
        and (spec.get("kurl.noProxy") or not spec.get("kurl.proxyAddress"))
    ):
        score.warn(
            "spec.outbound",
            "kotsadm",
            "uploading a licence asks replicated.app, which hosts without IPv4 reach through NAT64 only",
            expected="NAT64 with DNS64, a proxy that has IPv4 and IPv6, or airgap",
            remedy="kurl:\n  airgap: true                                # or\n"
            "  proxyAddress: http://proxy.example.com:3128",
            mark=spec.mark("kotsadm.version"),
        )
