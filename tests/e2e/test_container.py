# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0
"""From fresh nodes to a cluster and through a power failure, in this order. Each test stands on those before it."""

import gzip
import ipaddress
import json
import os
import re

import pytest
from cluster import TOP, changed

TRACEBACK = "Traceback (most recent call last)"
UPSTREAM = os.path.join(TOP, "tests", "data", "upstream", "antrea")
ROOK = os.path.join(TOP, "tests", "data", "upstream", "rook")
ROOK_OPERATOR = ("crds", "common", "csi-operator", "operator")
ROOK_CLUSTER = ("cluster", "csi/rbd/storageclass", "filesystem", "csi/cephfs/storageclass", "object", "toolbox")


def snapshots(lab):
    """Return node -> what the snapshot script prints there."""
    with open(os.path.join(os.path.dirname(__file__), "snapshot.sh"), encoding="utf-8") as file:
        script = file.read()
    results = {node: lab.ssh(node, script) for node in lab.hosts()}
    assert all("sha256" not in result.output or result.code == 0 for result in results.values())
    assert all(len(result.output.splitlines()) > 300 for result in results.values()), "the snapshot saw too little"
    return {node: result.output for node, result in results.items()}


def differences(before, after):
    """Return what differs between two snapshots, as lines."""
    lines = []
    for node in before:
        old, new = set(before[node].splitlines()), set(after[node].splitlines())
        lines += [f"{node}: -{line}" for line in sorted(old - new)] + [f"{node}: +{line}" for line in sorted(new - old)]
    return lines


@pytest.fixture(scope="module")
def untouched(lab):
    """The nodes as they were before the first playbook."""
    return snapshots(lab)


def refused(result, *words):
    """Assert that a run ended with a message that holds these words, and without a traceback."""
    assert result.code != 0, result.output
    assert TRACEBACK not in result.output, result.output
    flat = " ".join(result.output.split())
    for word in words:
        assert word in flat, f"{word!r} is missing in:\n{result.output}"


def test_a_host_that_is_not_ready_stops_site_before_it_changes_anything(lab, untouched):
    node = list(lab.hosts())[-1]
    route = lab.ssh(node, "ip -6 route show default").output.split(" pref ")[0]
    lab.ssh(node, "ip -6 route del default")
    try:
        broken = snapshots(lab)
        result = lab.site()
        refused(result, "route.default", node, "ip -6 route add default via", "NOT READY")
        assert changed(result.output) == 0
        assert differences(broken, snapshots(lab)) == []
    finally:
        lab.ssh(node, f"ip -6 route add {route}")
    assert differences(untouched, snapshots(lab)) == []


BAD_SPECS = {
    "missing": (None, ("no-such-spec.yml",)),
    "yaml": ("apiVersion: cluster.kurl.sh/v1beta1\nkind: [Installer\n", ("broken.yml", "line")),
    "kind": ("apiVersion: cluster.kurl.sh/v1beta1\nkind: Deployment\nmetadata: {name: x}\nspec: {}\n", ("Installer",)),
}


@pytest.mark.parametrize("case", BAD_SPECS)
def test_a_bad_spec_is_one_clear_message(lab, untouched, tmp_path, case):
    text, words = BAD_SPECS[case]
    path = tmp_path / ("no-such-spec.yml" if text is None else "broken.yml")
    if text is not None:
        path.write_text(text)
    result = lab.site(variables={"installer_src": str(path)})
    refused(result, *words)
    assert differences(untouched, snapshots(lab)) == []


def test_a_host_that_cannot_be_reached_is_a_row_of_the_report(lab, untouched, tmp_path):
    with open(lab.inventory, encoding="utf-8") as file:
        inventory = json.loads("".join(line for line in file if not line.startswith("#")))
    gone = str(ipaddress.ip_address(next(iter(lab.hosts().values()))) + 0x100)
    inventory["all"]["children"]["kube_node"]["hosts"]["e2e-gone"] = {"ansible_host": gone}
    inventory["all"]["vars"]["ansible_ssh_timeout"] = 3
    path = tmp_path / "inventory.yml"
    path.write_text(json.dumps(inventory))
    result = lab.site("--inventory", str(path))
    refused(result, "e2e-gone", "NOT READY")
    assert differences(untouched, snapshots(lab)) == []


def test_a_wrong_checksum_stops_site_before_it_changes_anything(lab, untouched, tmp_path):
    mirror = tmp_path / "mirror"
    lab.link_mirror(mirror)
    (sums,) = mirror.glob("dl.k8s.io/v*/bin/linux/amd64/kubelet.sha256")
    sums.unlink()
    sums.write_text("0" * 64 + "\n")
    result = lab.site(variables={"artifacts_mirror": str(mirror), "artifacts_cache": str(tmp_path / "cache")})
    refused(result, "kubelet", "wrong checksum", "0" * 64)
    assert differences(untouched, snapshots(lab)) == []


def test_a_full_disk_is_one_clear_message(lab, untouched, tmp_path, small_disk):
    with lab.serve_mirror() as url:
        result = lab.site(variables={"artifacts_mirror": url, "artifacts_cache": str(small_disk)})
    refused(result, "no space left", str(small_disk))
    assert differences(untouched, snapshots(lab)) == []


def test_check_mode_tells_what_would_be_done_and_does_nothing(lab, untouched):
    result = lab.site("--check", "--diff")
    assert result.code == 0, result.output
    assert changed(result.output) > 0
    assert "containerd.service" in result.output
    assert differences(untouched, snapshots(lab)) == []


def test_site_makes_a_cluster(lab):
    result = lab.site()
    assert result.code == 0, result.output
    assert TRACEBACK not in result.output
    assert changed(result.output) > 0


def test_no_secret_is_shown(lab):
    node = next(iter(lab.hosts()))
    secrets = lab.ssh(node, "kubeadm token list -o jsonpath='{.token}' 2>/dev/null").output.split()
    log = lab.site("-vvv").output
    assert not re.search(r"\b[a-z0-9]{6}\.[a-z0-9]{16}\b", log)
    assert all(secret not in log for secret in secrets)


def test_the_cluster_network_comes_up(lab):
    if not lab.network.external:
        pytest.skip("Antrea is the network here")
    result = lab.cluster_network()
    assert result.code == 0, result.output


def test_verify_passes(lab):
    result = lab.verify()
    assert result.code == 0, result.output
    assert "READY" in result.output
    assert "kurl-ipv6-verify" not in lab.kubectl("get namespaces").output


def test_the_second_run_changes_nothing(lab):
    result = lab.site()
    assert result.code == 0, result.output
    assert changed(result.output) == 0, result.output
    if lab.network.external:
        assert changed(lab.cluster_network().output) == 0


def bad(folder):
    """Return {(id, host): (status, observed)} of a preflight's failures and warnings that are not about the spec."""
    with open(os.path.join(folder, "preflight.json"), encoding="utf-8") as file:
        findings = json.load(file)["findings"]
    return {
        (entry["id"], entry["host"]): (entry["status"], entry["observed"])
        for entry in findings
        if entry["status"] in ("fail", "warn") and not entry["id"].startswith("spec.")
    }


def test_what_the_running_cluster_holds_is_rightful(lab, tmp_path):
    result = lab.playbook("kurl.ipv6.preflight", "-v", variables={"preflight_report_dir": str(tmp_path)})
    assert result.code == 0, result.output
    assert bad(tmp_path) == {}
    assert "held by the running cluster: 10250" in result.output


def test_an_incomplete_mirror_is_told_before_anything_is_asked_of_it(lab, tmp_path):
    mirror = tmp_path / "mirror"
    lab.link_mirror(mirror)
    (kubelet,) = mirror.glob("dl.k8s.io/v*/bin/linux/amd64/kubelet")
    kubelet.unlink()
    variables = {"artifacts_mirror": str(mirror), "preflight_report_dir": str(tmp_path)}
    result = lab.playbook("kurl.ipv6.preflight", variables=variables)
    refused(result, "sources.files", "kubelet", "https://dl.k8s.io/")
    assert set(bad(tmp_path)) == {("sources.files", "controller")}


def ipv4_in(text):
    """Return the IPv4 addresses in a text that are no loopback addresses and no version numbers."""
    found = re.findall(r"(?<![\w.:-])(?:\d{1,3}\.){3}\d{1,3}(?![\w.-])", text)
    return [word for word in found if all(int(part) < 256 for part in word.split(".")) and not word.startswith("127.")]


@pytest.mark.parametrize(
    "change, finding, running",
    [
        ({"kubernetes": {"version": "1.34.3"}}, "running.version", "1.34.4"),
        ({"kubernetes": {"serviceCIDR": "fd00:c00b:9::/112"}}, "running.ranges.serviceCIDR", "fd00:c00b:2::/112"),
    ],
)
def test_a_spec_that_the_running_cluster_cannot_follow_changes_nothing(lab, change, finding, running):
    result = lab.site(variables={"installer_overrides": change})
    refused(result, finding, running, "Nothing has been changed")
    assert changed(result.output) == 0


def test_no_ipv4_but_loopback_anywhere(lab):
    for node in lab.hosts():
        assert ipv4_in(lab.ssh(node, "ip -4 -o addr").output) == []
        listeners = lab.ssh(node, "ss -H4ltun | awk '{print $5}'").output.split()
        # The nodes' sshd is not ours, and listens on every family as distributions have it.
        assert [entry for entry in listeners if not entry.startswith("127.") and entry != "0.0.0.0:22"] == [], node
        files = "/etc/kubernetes/*.conf /etc/kubernetes/manifests/*.yaml"
        files += " /var/lib/kubelet/config.yaml /var/lib/kubelet/kubeadm-flags.env"
        text = lab.ssh(node, f"cat {files} 2>/dev/null | grep -vE 'certificate|client-key-data'").output
        assert "apiVersion" in text
        assert ipv4_in(text) == [], node
    first = next(iter(lab.hosts()))
    certificates = lab.ssh(
        first,
        "for file in $(find /etc/kubernetes/pki /var/lib/kubelet/pki -name '*.crt'); do"
        " openssl x509 -noout -ext subjectAltName -in $file 2>/dev/null; done",
    ).output
    assert "fd00:20:" in certificates.lower()
    assert ipv4_in(certificates) == []
    for kind in ("nodes", "endpointslices --all-namespaces", "services --all-namespaces", "pods --all-namespaces"):
        for item in lab.objects(kind):
            said = json.dumps({key: item.get(key) for key in ("spec", "status", "endpoints")})
            if kind.startswith("pods"):
                said = json.dumps([item["status"].get("podIPs"), item["status"].get("hostIPs"), item["spec"]])
            assert [word for word in ipv4_in(said) if word != "0.0.0.0"] == [], item["metadata"]["name"]


@pytest.mark.parametrize("manifest", sorted(name for name in os.listdir(UPSTREAM) if name.endswith(".yml")))
def test_the_api_server_takes_antrea(lab, tmp_path, manifest):
    version = manifest[len("antrea-") : -len(".yml")]
    result = lab.playbook(
        os.path.join(TOP, "tests", "e2e", "antrea.yml"),
        "--check",
        variables={"antrea_test_manifest": os.path.join(UPSTREAM, manifest), "antrea_test_version": version},
        spec=False,
    )
    assert result.code == 0, result.output
    assert changed(result.output) == 1, result.output


def test_antrea_is_applied_and_taken_back(lab):
    if not lab.network.external:
        pytest.skip("Antrea is the network here")
    playbook = os.path.join(TOP, "tests", "e2e", "antrea.yml")
    variables = {"antrea_test_manifest": os.path.join(UPSTREAM, "antrea-2.4.1.yml"), "antrea_test_version": "2.4.1"}
    assert changed(lab.playbook(playbook, variables=variables, spec=False).output) == 1
    again = lab.playbook(playbook, variables=variables, spec=False)
    assert again.code == 0 and changed(again.output) == 0, again.output
    config = lab.kubectl("get configmap antrea-config --namespace kube-system --output json").output
    assert "serviceCIDRv6" in config
    gone = lab.playbook(playbook, variables=dict(variables, antrea_test_state="absent"), spec=False)
    assert gone.code == 0 and changed(gone.output) == 1, gone.output
    assert "antrea-agent" not in lab.kubectl("get daemonsets --all-namespaces").output


def rook_files(version, names, folder):
    """Return the paths of a Rook release's files that there are; what is packed is unpacked into a folder."""
    paths = []
    for name in names:
        path = os.path.join(ROOK, version, name + ".yaml")
        if os.path.exists(path + ".gz"):
            with gzip.open(path + ".gz", "rb") as packed:
                path = str(folder / (name + ".yaml"))
                with open(path, "wb") as file:
                    file.write(packed.read())
        if os.path.exists(path):
            paths.append(path)
    return paths


# 1.5.12 is patched for a Kubernetes that it runs on; of its kinds one is gone from the Kubernetes here.
@pytest.mark.parametrize(
    "version, kubernetes, refused",
    [("1.5.12", "1.21.14", ["PodSecurityPolicy"]), ("1.19.7", "1.34.4", []), ("1.20.6", "1.34.4", [])],
)
def test_the_api_server_takes_rook(lab, tmp_path, version, kubernetes, refused):
    playbook = os.path.join(TOP, "tests", "e2e", "rook-manifests.yml")
    variables = {
        "rook_test_version": version,
        "rook_test_kubernetes": kubernetes,
        "rook_test_refused": refused,
        "rook_test_operator_files": rook_files(version, ROOK_OPERATOR, tmp_path),
        "rook_test_cluster_files": rook_files(version, ROOK_CLUSTER, tmp_path),
    }
    before = len(lab.objects("customresourcedefinitions"))
    result = lab.playbook(playbook, variables=variables, spec=False)
    assert result.code == 0, result.output
    definitions = len(lab.objects("customresourcedefinitions")) - before
    would, of_all = (int(number) for number in re.search(r'"(\d+) of (\d+)"', result.output).groups())
    # All but the definitions and the namespace, which are there.
    assert definitions > 10 and would == of_all - definitions - 1, result.output
    gone = lab.playbook(playbook, variables=dict(variables, rook_test_state="absent"), spec=False)
    assert gone.code == 0 and changed(gone.output) == 1, gone.output
    assert len(lab.objects("customresourcedefinitions")) == before


def test_the_cluster_survives_a_restart_of_all_nodes(lab):
    result = lab.restart()
    assert result.code == 0, result.output
    result = lab.verify()
    assert result.code == 0, result.output
    for node in lab.hosts():
        forwarding = lab.ssh(node, "cat /proc/sys/net/ipv6/conf/all/forwarding").output.strip()
        assert forwarding == "1", node
