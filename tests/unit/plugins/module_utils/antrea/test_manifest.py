# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0
"""Every upstream manifest through the whole patch, compared field by field: exactly the intended differences."""

import copy
import os
import re

import pytest
import yaml

from ansible_collections.kurl.ipv6.plugins.module_utils.antrea import manifest, versions
from ansible_collections.kurl.ipv6.plugins.module_utils.manifest.documents import flatten, identity
from ansible_collections.kurl.ipv6.plugins.module_utils.manifest.images import images, pod_templates
from ansible_collections.kurl.ipv6.tests.unit.plugins.module_utils.manifest.leaves import fields

FOLDER = os.path.join(__file__.split(os.sep + "unit" + os.sep, 1)[0], "data", "upstream", "antrea")
VERSIONS = sorted(name[len("antrea-") : -len(".yml")] for name in os.listdir(FOLDER))
SERVICES = "fd00:c00b:2::/112"
_LOADED = {}


def upstream(version):
    """Return the objects of an upstream manifest; read once."""
    if version not in _LOADED:
        loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
        with open(os.path.join(FOLDER, "antrea-{0}.yml".format(version)), encoding="utf-8") as stream:
            _LOADED[version] = flatten(list(yaml.load_all(stream, Loader=loader)))
    return _LOADED[version]


def differences(before, after):
    """Return {object and path: (value before, value after)}; what is absent is None."""
    assert [identity(one) for one in before] == [identity(one) for one in after]
    found = {}
    for old, new in zip(before, after, strict=False):
        old_fields, new_fields = fields(old), fields(new)
        for path in sorted(set(old_fields) | set(new_fields)):
            if old_fields.get(path) != new_fields.get(path) or (path in old_fields) != (path in new_fields):
                found[identity(old) + path] = (old_fields.get(path), new_fields.get(path))
    return found


def configuration(objects, file_name=manifest.AGENT_FILE):
    """Return one configuration file of Antrea as a dict."""
    return manifest.read_configuration(manifest.find_config_map(objects), file_name)


def comments(text):
    """Return the comment lines of a text."""
    return [line for line in text.splitlines() if line.lstrip().startswith("#")]


def test_there_are_manifests_of_every_form():
    assert VERSIONS == ["1.14.0", "1.15.2", "1.4.0", "2.4.0", "2.4.1", "2.7.0"]


@pytest.mark.parametrize("encryption", ["none", "wireguard"])
@pytest.mark.parametrize("version", VERSIONS)
def test_exactly_the_intended_fields_differ(version, encryption):
    before = upstream(version)
    kept = copy.deepcopy(before)
    after = manifest.build(before, version, SERVICES, encryption=encryption)
    assert before == kept
    found = differences(before, after)

    name = manifest.find_config_map(before)["metadata"]["name"]
    agent = "ConfigMap kube-system/{0}/data/antrea-agent.conf".format(name)
    checksum = "{0}/spec/template/metadata/annotations/checksum~config"
    expected = {
        agent,
        checksum.format("DaemonSet kube-system/antrea-agent"),
        checksum.format("Deployment kube-system/antrea-controller"),
    }
    if version == "1.4.0":
        toleration = "Deployment kube-system/antrea-controller/spec/template/spec/tolerations/2/"
        expected |= {toleration + "effect", toleration + "key"}
        assert found[toleration + "key"] == (None, "node-role.kubernetes.io/control-plane")
    assert set(found) == expected

    old, new = yaml.safe_load(found[agent][0]) or {}, yaml.safe_load(found[agent][1])
    changed = {key: new[key] for key in new if key not in old or old[key] != new[key]}
    assert [key for key in old if key not in new] == []
    wanted = {"serviceCIDRv6": SERVICES}
    if encryption == "wireguard":
        wanted["trafficEncryptionMode"] = "wireGuard"
        if version in ("1.4.0", "1.14.0"):
            wanted["defaultMTU"] = 1420
    elif version == "1.4.0":
        # A key that is only a comment there.
        wanted["trafficEncryptionMode"] = "none"
    assert changed == wanted


@pytest.mark.parametrize("version", VERSIONS)
def test_comments_and_order_stay(version):
    before = manifest.find_config_map(upstream(version))["data"][manifest.AGENT_FILE]
    built = manifest.build(
        upstream(version),
        version,
        SERVICES,
        encryption="wireguard",
        agent_config={"featureGates": {"Egress": False}, "wireGuard": {"port": 51821}, "noSNAT": False},
    )
    after = manifest.find_config_map(built)["data"][manifest.AGENT_FILE]
    assert comments(after) == comments(before)
    assert len(comments(after)) > 80
    old, new = list(yaml.safe_load(before) or {}), list(yaml.safe_load(after))
    assert new[: len(old)] == old
    assert configuration(built)["wireGuard"] == {"port": 51821}
    assert configuration(built)["featureGates"]["Egress"] is False


@pytest.mark.parametrize("version", VERSIONS)
def test_all_keys_of_a_release_are_known_for_it(version):
    """The table of keys, against upstream's own text; keys that are comments count, too."""
    config_map = manifest.find_config_map(upstream(version))
    for component, file_name in (("agent", manifest.AGENT_FILE), ("controller", manifest.CONTROLLER_FILE)):
        text = config_map["data"][file_name]
        real = yaml.safe_load(text) or {}
        assert (
            versions.unknown_keys({key: value for key, value in real.items() if value is not None}, version, component)
            == []
        )
        written = set(re.findall(r"^#?([A-Za-z0-9]+):", text, re.MULTILINE))
        assert written - versions.known_keys(version, component) == set()
        assert len(written) > 5


@pytest.mark.parametrize("version", VERSIONS)
def test_images_are_rewritten_by_their_base_name(version):
    before = upstream(version)
    after = manifest.build(before, version, SERVICES, image_repository="registry.example:5000/mirror/antrea/")
    assert sorted(images(after)) == sorted(
        {"registry.example:5000/mirror/antrea/" + image.rsplit("/", 1)[1] for image in images(before)}
    )
    assert all(image.endswith(":v" + version) for image in images(after))
    plain = manifest.build(before, version, SERVICES)
    found = differences(plain, after)
    assert found
    assert all(path.endswith("/image") for path in found)


@pytest.mark.parametrize("version", VERSIONS)
def test_pods_restart_when_what_they_read_changes_and_only_then(version):
    def sums(**options):
        built = manifest.build(upstream(version), version, SERVICES, **options)
        return {
            document["kind"]: template["metadata"]["annotations"]["checksum/config"]
            for document, template in pod_templates(built)
            if document["metadata"]["name"] in ("antrea-agent", "antrea-controller")
        }

    first = sums()
    assert sums() == first
    agent = sums(agent_config={"tunnelType": "vxlan"})
    assert (agent["DaemonSet"] != first["DaemonSet"], agent["Deployment"]) == (True, first["Deployment"])
    controller = sums(controller_config={"apiPort": 10359})
    assert (controller["DaemonSet"], controller["Deployment"] != first["Deployment"]) == (first["DaemonSet"], True)


@pytest.mark.parametrize("version", VERSIONS)
def test_nothing_of_the_users_is_lost_between_two_builds(version):
    """Patched once more, a patched manifest stays as it is."""
    once = manifest.build(upstream(version), version, SERVICES, encryption="wireguard")
    assert differences(once, manifest.build(once, version, SERVICES, encryption="wireguard")) == {}


def test_a_value_that_spans_lines_costs_the_comments_only():
    objects = copy.deepcopy(upstream("2.4.1"))
    config_map = manifest.find_config_map(objects)
    text = "# A comment.\negress:\n  exceptCIDRs:\n  - fd00::/64\ntunnelType: geneve\n"
    config_map["data"][manifest.AGENT_FILE] = text
    built = manifest.build(objects, "2.4.1", SERVICES, agent_config={"egress": {"exceptCIDRs": ["fd01::/64"]}})
    assert configuration(built) == {
        "egress": {"exceptCIDRs": ["fd01::/64"]},
        "tunnelType": "geneve",
        "serviceCIDRv6": SERVICES,
        "trafficEncryptionMode": "none",
    }


@pytest.mark.parametrize(
    "changes, message",
    [
        ({"version": "2.4.2"}, "belongs to another release.*v2.4.1"),
        ({"version": "2.4"}, "is not an Antrea version"),
        ({"service_cidr": "10.96.0.0/12"}, "not an IPv6 range"),
        ({"service_cidr": "fd00::1/112"}, "service CIDR"),
        ({"service_cidr": ""}, "service CIDR"),
        ({"encryption": "ipsec"}, "none of none, wireguard"),
        ({"default_mtu": 1279}, "fewer than the 1280"),
        ({"agent_config": {"tunelType": "vxlan"}}, "does not know the key tunelType .is tunnelType meant"),
        ({"agent_config": {"egress": {"exceptCIDR": []}}}, "egress.exceptCIDR .is egress.exceptCIDRs meant"),
        ({"controller_config": {"wireGuard": {"port": 1}}}, "antrea-controller 2.4.1 does not know the key wireGuard"),
    ],
)
def test_what_does_not_fit_is_named(changes, message):
    arguments = dict({"version": "2.4.1", "service_cidr": SERVICES}, **changes)
    with pytest.raises(manifest.AntreaError, match=message):
        manifest.build(upstream("2.4.1"), **arguments)


def test_a_manifest_that_is_not_antreas_is_named():
    pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "x"}, "spec": {"containers": [{"image": "x:1"}]}}
    with pytest.raises(manifest.AntreaError, match="is it Antrea's"):
        manifest.build([pod], "2.4.1", SERVICES)
    broken = copy.deepcopy(upstream("2.4.1"))
    for text in ("a: [", "- a list\n"):
        manifest.find_config_map(broken)["data"][manifest.AGENT_FILE] = text
        with pytest.raises(manifest.AntreaError, match="antrea-agent.conf of ConfigMap antrea-config"):
            manifest.build(broken, "2.4.1", SERVICES)


def test_an_mtu_of_the_users_own_wins():
    built = manifest.build(
        upstream("1.14.0"), "1.14.0", SERVICES, encryption="wireguard", default_mtu=1300, node_mtu=9000
    )
    assert configuration(built)["defaultMTU"] == 1300
    built = manifest.build(upstream("1.14.0"), "1.14.0", SERVICES, encryption="wireguard", node_mtu=9000)
    assert configuration(built)["defaultMTU"] == 8920
    with pytest.raises(manifest.AntreaError, match="node MTU"):
        manifest.build(upstream("1.14.0"), "1.14.0", SERVICES, encryption="wireguard", node_mtu=1300)


@pytest.mark.parametrize(
    "tolerations, added",
    [
        ([], True),
        ([{"key": "node-role.kubernetes.io/master", "effect": "NoSchedule"}], True),
        ([{"key": "node-role.kubernetes.io/control-plane", "effect": "NoSchedule"}], False),
        ([{"key": "node-role.kubernetes.io/control-plane", "operator": "Exists"}], False),
        ([{"key": "node-role.kubernetes.io/control-plane", "effect": "NoExecute"}], True),
        ([{"operator": "Exists"}], False),
        ([{"operator": "Exists", "effect": "NoExecute"}], True),
    ],
)
def test_the_controller_may_run_on_control_plane_nodes(tolerations, added):
    objects = [
        {
            "kind": "Deployment",
            "metadata": {"name": name},
            "spec": {"template": {"spec": {"tolerations": copy.deepcopy(tolerations)}}},
        }
        for name in ("antrea-controller", "other")
    ]
    manifest.tolerate_control_plane(objects)
    wanted = tolerations + [{"key": "node-role.kubernetes.io/control-plane", "effect": "NoSchedule"}] * added
    assert objects[0]["spec"]["template"]["spec"]["tolerations"] == wanted
    assert objects[1]["spec"]["template"]["spec"]["tolerations"] == tolerations
