# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0
"""The manifests of Rook's operator made ready for an IPv6-only cluster: documents and values in, documents out.

Runs on the controller. Of the operator itself nothing is specific to IPv6; what is changed here makes it run on
control-plane nodes, on the Kubernetes that is there, from a registry of the user's own, and with one node.
"""

from ..manifest import documents as manifest_documents
from ..manifest import images as manifest_images
from . import images, objects, versions

try:
    import yaml
except ImportError:
    yaml = None

POD_SECURITY = "pod-security.kubernetes.io/enforce"
CSI_CONTROLLER = "ceph-csi-controller-manager"
#: What turns a driver of CSI off, and the end of the driver's name.
DRIVERS = {"ROOK_CSI_ENABLE_RBD": ".rbd.csi.ceph.com", "ROOK_CSI_ENABLE_CEPHFS": ".cephfs.csi.ceph.com"}
DISABLE_DRIVERS = "ROOK_CSI_DISABLE_DRIVER"
REPLICAS = "CSI_PROVISIONER_REPLICAS"
PLUGIN_TOLERATIONS = "CSI_PLUGIN_TOLERATIONS"
PROVISIONER_TOLERATIONS = "CSI_PROVISIONER_TOLERATIONS"
#: Settings that are keys of the ConfigMap up to 1.19, and are put into the objects of the CSI operator from 1.20 on.
CARRIED_OVER = tuple(DRIVERS) + (DISABLE_DRIVERS, REPLICAS, PLUGIN_TOLERATIONS, PROVISIONER_TOLERATIONS)


def build(
    documents,
    version,
    kubernetes_version,
    storage_nodes=1,
    image_repository="",
    hostpath_requires_privileged=False,
    operator_settings=None,
):
    """Return the documents of a release's operator, changed for an IPv6-only cluster.

    documents: ``crds.yaml``, ``common.yaml``, ``operator.yaml`` and, from 1.18 on, ``csi-operator.yaml``, parsed, in
    this or any order; left as they are. Some of them may be missing.
    version: the release, ``1.18.11``. A manifest of another release is an error.
    kubernetes_version: the cluster's.
    storage_nodes: number of nodes with disks for Ceph; with one, CSI's controllers run once.
    image_repository: registry and path to put in front of the images' base names; empty keeps upstream's.
    hostpath_requires_privileged: whether pods with host paths must be privileged (SELinux).
    operator_settings: keys of the ConfigMap ``rook-ceph-operator-config``; they win over what is set here.

    Raises RookError.
    """
    if yaml is None:
        raise versions.RookError("PyYAML is needed on the controller")
    version = versions.check_supported(version)
    refusal = versions.kubernetes_refusal(version, kubernetes_version)
    if refusal:
        raise versions.RookError(refusal)
    if int(storage_nodes) < 1:
        raise versions.RookError("storage nodes: %s; Ceph needs one at least" % storage_nodes)
    found = manifest_documents.flatten(documents)
    objects.check_release(found, version)
    if versions.minor_key(kubernetes_version) >= versions.KUBERNETES_WITHOUT_PSP:
        found = [document for document in found if document["kind"] != "PodSecurityPolicy"]
    objects.rewrite_images(found, image_repository)
    namespace = objects.find(found, "Namespace", objects.NAMESPACE)
    if namespace is not None:
        # Daemons with host paths are refused where the cluster enforces another level.
        objects.section(namespace, "metadata", "labels")[POD_SECURITY] = "privileged"
    for document, template in manifest_images.pod_templates(found):
        if document["metadata"]["name"] in (objects.OPERATOR, CSI_CONTROLLER):
            objects.tolerate(template["spec"])
    given = dict(operator_settings or {})
    check_settings(version, given)
    if versions.has(version, "csi_objects"):
        found = set_csi_objects(found, given, storage_nodes)
        images.rewrite_image_set(found, image_repository)
        wanted = {name: value for name, value in given.items() if name not in CARRIED_OVER}
    else:
        wanted = dict(csi_settings(version, found, given, storage_nodes, image_repository), **given)
        if not csi_wanted(given):
            found = without_csi_controller(found)
    wanted.setdefault("ROOK_ENABLE_DISCOVERY_DAEMON", False)
    if hostpath_requires_privileged:
        wanted["ROOK_HOSTPATH_REQUIRES_PRIVILEGED"] = True
    set_settings(found, wanted)
    return [document for phase in manifest_documents.phases(found) for document in phase]


def check_settings(version, given):
    """Raise RookError for settings of the operator that a release does not know or no longer reads."""
    if objects.is_true(given.get("ROOK_CEPH_ALLOW_LOOP_DEVICES", False)) and not versions.has(version, "loop_devices"):
        raise versions.RookError(
            "ROOK_CEPH_ALLOW_LOOP_DEVICES: Rook %s does not know it, it came with 1.10.6" % version
        )
    if versions.has(version, "csi_objects"):
        for name in given:
            if name.startswith(("CSI_", "ROOK_CSI", "ROOK_USE_CSI_OPERATOR")) and name not in CARRIED_OVER:
                raise versions.RookError(
                    "%s: Rook %s no longer reads settings of CSI from its ConfigMap; those that are carried over are %s"
                    % (name, version, ", ".join(sorted(CARRIED_OVER)))
                )


def wanted_drivers(given):
    """Return the names' ends of the drivers of CSI that settings leave on."""
    if objects.is_true(given.get(DISABLE_DRIVERS, False)):
        return []
    return [suffix for name, suffix in DRIVERS.items() if objects.is_true(given.get(name, True))]


def csi_wanted(given):
    """Tell whether settings leave any driver of CSI on, NFS included, which is off unless it is asked for."""
    disabled = objects.is_true(given.get(DISABLE_DRIVERS, False))
    return bool(wanted_drivers(given)) or (not disabled and objects.is_true(given.get("ROOK_CSI_ENABLE_NFS", False)))


def csi_settings(version, found, given, storage_nodes, image_repository):
    """Return the keys for CSI that a release before 1.20 needs in the operator's ConfigMap.

    The images are those that the release has compiled in: they are written down so that exactly what was fetched is
    used, from where it was asked for.
    """
    settings = {}
    if objects.is_true(given.get(DISABLE_DRIVERS, False)):
        # Releases before 1.14 know only the single switches.
        settings.update((name, False) for name in DRIVERS)
    if not csi_wanted(given):
        return settings
    for column, image in versions.csi_images(version).items():
        if column != "addons" or objects.is_true(given.get("CSI_ENABLE_CSIADDONS", False)):
            settings[images.CSI_KEYS[column]] = objects.current_image(image, image_repository)
    if int(storage_nodes) == 1 and versions.has(version, "csi_provisioner_replicas"):
        settings[REPLICAS] = 1
    settings[PLUGIN_TOLERATIONS] = settings[PROVISIONER_TOLERATIONS] = list(objects.TOLERATIONS)
    return settings


def without_csi_controller(found):
    """Return objects without the CSI operator's Deployment: its definitions stay, Rook makes objects of them."""
    return [
        document
        for document in found
        if (document["kind"], document["metadata"]["name"]) != ("Deployment", CSI_CONTROLLER)
    ]


def set_csi_objects(found, given, storage_nodes):
    """Return objects from 1.20 on with CSI set up: which drivers, where, how often."""
    drivers = wanted_drivers(given)
    found = [
        document
        for document in found
        if document["kind"] != "Driver" or document["metadata"]["name"].endswith(tuple(drivers))
    ]
    if not drivers:
        found = without_csi_controller(found)
    config = objects.find(found, "OperatorConfig")
    if config is not None:
        defaults = objects.section(config, "spec", "driverSpecDefaults")
        for name, part in ((PLUGIN_TOLERATIONS, "nodePlugin"), (PROVISIONER_TOLERATIONS, "controllerPlugin")):
            if name in given:
                objects.section(defaults, part)["tolerations"] = read_list(name, given[name])
            else:
                objects.tolerate(objects.section(defaults, part))
        replicas = given.get(REPLICAS, 1 if int(storage_nodes) == 1 else None)
        if replicas is not None:
            objects.section(defaults, "controllerPlugin")["replicas"] = int(replicas)
    return found


def read_list(name, value):
    """Return a setting that is a list or YAML text of one. Raises RookError."""
    try:
        items = yaml.safe_load(value) if isinstance(value, str) else value
    except yaml.YAMLError as error:
        raise versions.RookError("%s: %s" % (name, error))
    if not isinstance(items, list):
        raise versions.RookError("%s: neither a list nor YAML text of one" % name)
    return items


def set_settings(found, settings):
    """Write settings of the operator where it reads them, in place.

    Older releases read some from the environment only, and newer ones prefer the ConfigMap: a setting that the
    Deployment names is changed there, any other goes into the ConfigMap.
    """
    config_map = objects.find(found, "ConfigMap", images.OPERATOR_CONFIG)
    deployment = objects.find(found, "Deployment", objects.OPERATOR)
    environment = {}
    for _document, template in manifest_images.pod_templates([deployment] if deployment is not None else []):
        for container in manifest_images.containers(template):
            environment.update((item["name"], item) for item in container.get("env") or [] if "valueFrom" not in item)
    for name, value in settings.items():
        text = (
            yaml.safe_dump(value, default_flow_style=False, sort_keys=False)
            if isinstance(value, (list, dict))
            else objects.text_of(value)
        )
        if name in environment:
            environment[name]["value"] = text
        if config_map is not None and (name not in environment or name in (config_map.get("data") or {})):
            objects.section(config_map, "data")[name] = text
