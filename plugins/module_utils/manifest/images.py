# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0
"""Container images in Kubernetes objects: find them, and point them at another repository by their base name.

The base name is what stays the same: the registries and repositories that release manifests name have moved more than
once, the last part of the name and the tag did not.
"""

_CONTAINER_LISTS = ("initContainers", "containers", "ephemeralContainers")
_TEMPLATE_PATHS = {
    "Pod": (),
    "CronJob": ("spec", "jobTemplate", "spec", "template"),
}
_WORKLOADS = ("DaemonSet", "Deployment", "Job", "ReplicaSet", "ReplicationController", "StatefulSet")


def split(reference):
    """Split an image reference into repository, tag and digest; what is absent is empty.

    ``registry.example:5000/antrea/antrea-agent-ubuntu:v2.4.1`` gives
    ``("registry.example:5000/antrea/antrea-agent-ubuntu", "v2.4.1", "")``. A registry written as an IPv6 address keeps
    its brackets.
    """
    name, _at, digest = reference.partition("@")
    path, slash, last = name.rpartition("/")
    base, _colon, tag = last.partition(":")
    return path + slash + base, tag, digest


def basename(reference):
    """Return the last part of an image's repository: ``antrea-agent-ubuntu``."""
    return split(reference)[0].rpartition("/")[2]


def rewrite(reference, prefix):
    """Return an image reference with everything before its base name replaced by a prefix, tag and digest kept.

    An empty prefix changes nothing.
    """
    if not prefix:
        return reference
    _repository, tag, digest = split(reference)
    return "%s/%s%s%s" % (
        prefix.rstrip("/"),
        basename(reference),
        ":" + tag if tag else "",
        "@" + digest if digest else "",
    )


def pod_templates(documents):
    """Yield ``(document, template)`` for every object that runs pods; the template is what has a ``spec``."""
    for document in documents:
        kind = document.get("kind")
        if kind in _WORKLOADS:
            path = ("spec", "template")
        elif kind in _TEMPLATE_PATHS:
            path = _TEMPLATE_PATHS[kind]
        else:
            continue
        template = document
        for step in path:
            template = (template or {}).get(step)
        if isinstance(template, dict):
            yield document, template


def containers(template):
    """Yield the containers of a pod template, init containers first."""
    spec = template.get("spec") or {}
    for name in _CONTAINER_LISTS:
        yield from spec.get(name) or []


def images(documents):
    """Return the image references of all pods in the objects, each once, in the order in which they are met."""
    found = []
    for _document, template in pod_templates(documents):
        for container in containers(template):
            image = container.get("image")
            if image and image not in found:
                found.append(image)
    return found
