# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0
"""Antrea's release manifest made ready for an IPv6-only cluster: documents and values in, documents out.

Runs on the controller. The configuration of Antrea is YAML inside a string of a ConfigMap; it is parsed, and only the
values that differ are replaced in it, so that its comments stay.
"""

import copy
import difflib
import hashlib
import ipaddress
import json

from ..manifest import documents as manifest_documents
from ..manifest import images as manifest_images
from . import edit, versions

try:
    import yaml
except ImportError:
    yaml = None

AGENT_FILE = "antrea-agent.conf"
CONTROLLER_FILE = "antrea-controller.conf"
CHECKSUM = "checksum/config"
# The encryption of a kURL spec, and what Antrea calls it.
ENCRYPTION_MODES = {"none": "none", "wireguard": "wireGuard"}
CONTROL_PLANE_TAINT = "node-role.kubernetes.io/control-plane"


class AntreaError(Exception):
    """Values or a manifest that do not fit; the message says which and why."""


def build(
    documents,
    version,
    service_cidr,
    encryption="none",
    default_mtu=0,
    node_mtu=1500,
    image_repository="",
    agent_config=None,
    controller_config=None,
):
    """Return the documents of an Antrea release, changed for an IPv6-only cluster.

    documents: the parsed ``antrea.yml`` of the release; left as it is.
    version: the release, ``2.4.1``. Image tags that name another release are an error.
    service_cidr: the IPv6 range of Services.
    encryption: ``none`` or ``wireguard``.
    default_mtu: MTU of pods in bytes; 0 leaves it to Antrea, or to us where Antrea would get it wrong
    (:func:`versions.default_mtu`).
    node_mtu: smallest MTU of the nodes' interfaces in bytes, for that case.
    image_repository: registry and path to put in front of the images' base names; empty keeps the manifest's.
    agent_config, controller_config: further keys for the two configuration files, maps merged, all else replaced.

    Raises AntreaError.
    """
    if yaml is None:
        raise AntreaError("PyYAML is needed on the controller")
    objects = manifest_documents.flatten(documents)
    check_release(objects, version)
    changes = agent_values(version, service_cidr, encryption, default_mtu, node_mtu)
    overlay(changes, check_known(agent_config or {}, version, "agent"))
    config_map = find_config_map(objects)
    set_configuration(config_map, AGENT_FILE, changes)
    if controller_config:
        set_configuration(config_map, CONTROLLER_FILE, check_known(controller_config, version, "controller"))
    set_checksums(objects, config_map)
    for _document, template in manifest_images.pod_templates(objects):
        for container in manifest_images.containers(template):
            container["image"] = manifest_images.rewrite(container["image"], image_repository)
    tolerate_control_plane(objects)
    return objects


def check_release(objects, version):
    """Raise AntreaError unless the images of the manifest belong to the release that was asked for."""
    try:
        wanted = versions.parse(version)
    except ValueError as error:
        raise AntreaError(str(error))
    for image in manifest_images.images(objects):
        tag = manifest_images.split(image)[1]
        try:
            found = versions.parse(tag)
        except ValueError:
            # A tag of the user's own naming says nothing about the release.
            continue
        if found != wanted:
            raise AntreaError(
                "the manifest belongs to another release: it names the image %s, and Antrea %s was asked for"
                % (image, version)
            )


def agent_values(version, service_cidr, encryption, default_mtu, node_mtu):
    """Return the keys of ``antrea-agent.conf`` that an IPv6-only cluster needs, as a nested dict.

    ``serviceCIDR`` is not among them: it is for IPv4 only. Raises AntreaError for values that do not fit.
    """
    try:
        network = ipaddress.ip_network(str(service_cidr))
    except ValueError as error:
        raise AntreaError("service CIDR: %s" % error)
    if network.version != 6:
        raise AntreaError("service CIDR: %s is not an IPv6 range" % service_cidr)
    if encryption not in ENCRYPTION_MODES:
        raise AntreaError("encryption: %r is none of %s" % (encryption, ", ".join(sorted(ENCRYPTION_MODES))))
    known = versions.known_keys(version)
    values = {"serviceCIDRv6": str(network)}
    if "trafficEncryptionMode" in known:
        values["trafficEncryptionMode"] = ENCRYPTION_MODES[encryption]
    elif encryption != "none":
        raise AntreaError("encryption: Antrea %s has no WireGuard, it came with 1.3.0" % version)
    mtu = int(default_mtu)
    if mtu and mtu < versions.MINIMUM_MTU:
        raise AntreaError("default MTU: %d bytes are fewer than the %d which IPv6 needs" % (mtu, versions.MINIMUM_MTU))
    if not mtu:
        try:
            mtu = versions.default_mtu(version, encryption, node_mtu)
        except ValueError as error:
            raise AntreaError("node MTU: %s" % error)
    if mtu:
        values["defaultMTU"] = mtu
    return values


def check_known(configuration, version, component):
    """Return a configuration, or raise AntreaError with the keys that the release does not know."""
    unknown = versions.unknown_keys(configuration, version, component)
    if unknown:
        known = sorted(versions.known_keys(version, component))
        hints = []
        for path in unknown:
            near = difflib.get_close_matches(path, known, 1)
            hints.append("%s%s" % (path, " (is %s meant?)" % near[0] if near else ""))
        raise AntreaError("antrea-%s %s does not know the key %s" % (component, version, ", ".join(hints)))
    return configuration


def overlay(target, changes):
    """Put changes into a nested dict, in place: maps are merged, everything else replaces what was there."""
    for name, value in changes.items():
        if isinstance(value, dict):
            # In 1.4 to 1.6 every entry of a map is a comment, and the map itself reads as null.
            if not isinstance(target.get(name), dict):
                target[name] = {}
            overlay(target[name], value)
        else:
            target[name] = copy.deepcopy(value)


def find_config_map(objects):
    """Return the ConfigMap with Antrea's configuration, whose name ends in a hash up to 1.6. Raises AntreaError."""
    for document in objects:
        name = document["metadata"]["name"]
        if document["kind"] == "ConfigMap" and (name == "antrea-config" or name.startswith("antrea-config-")):
            if AGENT_FILE in (document.get("data") or {}):
                return document
    raise AntreaError("the manifest has no ConfigMap antrea-config with %s: is it Antrea's?" % AGENT_FILE)


def read_configuration(config_map, file_name):
    """Return one configuration file of the ConfigMap as a dict. Raises AntreaError when it is no YAML map."""
    try:
        configuration = yaml.safe_load(config_map["data"].get(file_name) or "")
    except yaml.YAMLError as error:
        raise AntreaError("%s of ConfigMap %s: %s" % (file_name, config_map["metadata"]["name"], error))
    if configuration is None:
        return {}
    if not isinstance(configuration, dict):
        raise AntreaError("%s of ConfigMap %s is not a map" % (file_name, config_map["metadata"]["name"]))
    return configuration


def set_configuration(config_map, file_name, changes):
    """Change one configuration file of the ConfigMap in place.

    What says so already stays as it is. Comments stay, too, unless a change replaces a value that spans several lines.
    """
    before = read_configuration(config_map, file_name)
    after = copy.deepcopy(before)
    overlay(after, changes)
    if after == before:
        return
    text = edit.edited(config_map["data"].get(file_name) or "", changed_only(before, changes))
    if text is None or not says(text, after):
        text = yaml.safe_dump(after, default_flow_style=False, sort_keys=False)
    config_map["data"][file_name] = text


def changed_only(before, changes):
    """Return the part of nested changes that is not there already."""
    left = {}
    for name, value in changes.items():
        known = before.get(name) if isinstance(before, dict) else None
        if isinstance(value, dict) and value and isinstance(known, dict):
            inner = changed_only(known, value)
            if inner:
                left[name] = inner
        elif known != value or type(known) is not type(value) or name not in before:
            left[name] = value
    return left


def says(text, configuration):
    """Tell whether YAML text is a configuration."""
    try:
        return yaml.safe_load(text) == configuration
    except yaml.YAMLError:
        return False


def set_checksums(objects, config_map):
    """Note on each pod template the sum of the configuration files which its containers mount.

    A file that is mounted by ``subPath`` never changes in a running pod; the annotation makes a changed configuration
    restart the pods that read it, and only those.
    """
    name = config_map["metadata"]["name"]
    for _document, template in manifest_images.pod_templates(objects):
        volumes = [
            volume["name"]
            for volume in (template.get("spec") or {}).get("volumes") or []
            if (volume.get("configMap") or {}).get("name") == name
        ]
        files = sorted(
            {
                mount["subPath"]
                for container in manifest_images.containers(template)
                for mount in container.get("volumeMounts") or []
                if mount.get("name") in volumes and mount.get("subPath")
            }
        )
        if files:
            content = json.dumps({file_name: config_map["data"].get(file_name) for file_name in files}, sort_keys=True)
            annotations = template.setdefault("metadata", {}).setdefault("annotations", {})
            annotations[CHECKSUM] = hashlib.sha256(content.encode("utf-8")).hexdigest()


def tolerate_control_plane(objects):
    """Let antrea-controller run on control-plane nodes; before 1.5.3 it tolerates only the taint's old name."""
    for document, template in manifest_images.pod_templates(objects):
        if document["kind"] != "Deployment" or document["metadata"]["name"] != "antrea-controller":
            continue
        tolerations = template["spec"].setdefault("tolerations", [])
        if not any(_tolerates(toleration) for toleration in tolerations):
            tolerations.append({"key": CONTROL_PLANE_TAINT, "effect": "NoSchedule"})


def _tolerates(toleration):
    if toleration.get("effect") not in (None, "", "NoSchedule"):
        return False
    return toleration.get("key") == CONTROL_PLANE_TAINT or (
        not toleration.get("key") and toleration.get("operator") == "Exists"
    )
