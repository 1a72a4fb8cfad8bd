# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0
"""What verification puts into a cluster."""

from __future__ import absolute_import, division, print_function

__metaclass__ = type

from ansible_collections.kurl.ipv6.plugins.module_utils.cluster import trial


def test_pods_run_on_every_node_with_no_rights():
    pod = trial.daemon_set("demo/agnhost:1")["spec"]["template"]["spec"]
    assert pod["tolerations"] == [{"operator": "Exists"}]
    assert pod["automountServiceAccountToken"] is False
    assert "hostNetwork" not in pod
    # What the pod security standard "restricted" demands, which the namespace enforces.
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    for container in pod["containers"]:
        assert container["image"] == "demo/agnhost:1"
        assert container["securityContext"]["allowPrivilegeEscalation"] is False
        assert container["securityContext"]["capabilities"] == {"drop": ["ALL"]}
        assert container["imagePullPolicy"] == "IfNotPresent"


def test_nodes_offer_only_the_server_that_says_its_name():
    containers = {item["name"]: item for item in trial.daemon_set("x")["spec"]["template"]["spec"]["containers"]}
    port = trial.service(30001)["spec"]["ports"][0]
    assert containers["name"]["args"][0] == "serve-hostname"
    assert port["targetPort"] == containers["name"]["ports"][0]["containerPort"] == 9376
    assert port["nodePort"] == 30001
    assert "nodePort" not in trial.service()["spec"]["ports"][0]


def test_the_service_is_ipv6_and_finds_the_pods():
    spec = trial.service()["spec"]
    assert (spec["ipFamilies"], spec["ipFamilyPolicy"]) == (["IPv6"], "SingleStack")
    assert not {"ipFamilies", "ipFamilyPolicy"} & set(trial.service(families=False)["spec"])
    template = trial.daemon_set("x")["spec"]["template"]
    assert spec["selector"].items() <= template["metadata"]["labels"].items()


def test_node_ports_of_others_are_not_taken():
    services = [
        {"spec": {"ports": [{"port": 80, "nodePort": 30000}, {"port": 81}], "healthCheckNodePort": 30001}},
        {"spec": {"type": "ExternalName"}},
    ]
    assert trial.free_node_ports(services)[0] == 30002
    assert len(trial.free_node_ports(services)) == 2766


def test_our_namespace_is_known_by_its_label():
    assert trial.ours(trial.namespace())
    assert not trial.ours({"metadata": {"name": trial.NAMESPACE}})
    assert not trial.ours({"metadata": {"name": trial.NAMESPACE, "labels": {trial.LABEL[0]: "Helm"}}})


def test_names_of_our_pods():
    assert trial.is_pod_name("verify-x7k2p\n")
    for text in ("", "verify", "verify-x7k2p-more", "nginx", "<html>verify-x7k2p</html>", "verify-X7K2P"):
        assert not trial.is_pod_name(text)
