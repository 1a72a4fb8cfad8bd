# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0
"""The run of a task: files, the message of a refusal, and what the installed roles take."""

import pathlib

import pytest
import yaml

from ansible_collections.kurl.ipv6.plugins.module_utils.installer import fields, reading, run, translation

ROOT = pathlib.Path(__file__).resolve().parents[5]
DATA = ROOT / "tests" / "data" / "installer"


def task(**arguments):
    """Run a task with defaults as ansible fills them in."""
    values = {name: option.get("default") for name, option in run.ARGUMENTS.items()}
    values.update(arguments)
    return run.run(values, None)


def test_the_example_of_kurls_page_translates_as_written():
    result = task(src=str(DATA / "seed.yml"))
    assert "failed" not in result
    assert not [entry for entry in result["findings"] if entry["status"] == "fail"]
    assert result["role_vars"] == {
        "antrea_encryption": "wireguard",
        "antrea_version": "1.4.0",
        "containerd_version": "1.4.6",
        "ekco_version": "0.13.0",
        "installer_airgap": False,
        "installer_external_cni": False,
        "containerd_no_proxy": [],
        "containerd_proxy": "",
        "kotsadm_version": "1.58.1",
        "kubernetes_cluster_dns": "fd00:c00b:2::a",
        "kubernetes_control_plane_endpoint": "localhost:6444",
        "kubernetes_ha": True,
        "kubernetes_max_pods": 110,
        "kubernetes_node_cidr_mask": 120,
        "kubernetes_node_port_range": "80-60000",
        "kubernetes_pod_cidr": "fd00:c00b:1::/112",
        "kubernetes_service_cidr": "fd00:c00b:2::/112",
        "kubernetes_version": "1.19.15",
        "load_balancer_enabled": True,
        "load_balancer_port": 6444,
        "registry_version": "2.7.1",
        "rook_version": "1.5.12",
        "velero_version": "1.7.1",
    }
    assert result["sources"]["ekco.enableInternalLoadBalancer"].endswith("seed.yml:20")
    assert all(entry["catalogued"] for entry in result["versions"].values())


@pytest.mark.parametrize("name", ["demo.yml", "ha.yml"])
def test_the_specs_of_the_demonstration_translate(name):
    result = task(src=str(DATA / name))
    assert result["findings"] == []
    assert translation.ALWAYS <= set(result["role_vars"])


def test_the_demonstration_without_antrea():
    result = task(src=str(DATA / "demo.yml"), patches=[str(DATA / "demo-external-cni.yml")], external_cni=True)
    assert "failed" not in result
    assert "antrea_version" not in result["role_vars"]
    assert [entry["id"] for entry in result["findings"]] == ["spec.cni", "spec.merge.removed"]


def test_a_missing_file_is_named(tmp_path):
    missing = str(tmp_path / "no.yml")
    result = task(src=missing, patches=[str(tmp_path / "neither.yml")])
    assert result["failed"]
    assert result["msg"].startswith(f"{missing} is refused: 2 errors\n")
    assert "neither.yml: No such file or directory" in result["msg"]
    assert f"ls -l {missing}" in result["msg"]
    assert [entry["id"] for entry in result["findings"]] == ["spec.file.missing"] * 2


def test_a_folder_is_no_file(tmp_path):
    assert "Is a directory" in task(src=str(tmp_path))["msg"]


def test_a_name_that_no_file_can_have():
    assert "spec.file.missing" in task(src="a\0b")["msg"]


def test_only_so_much_of_a_file_is_read(tmp_path):
    path = tmp_path / "large.yml"
    with open(path, "wb") as stream:
        stream.truncate(1 << 34)
    assert len(run.load(str(path))) == reading.FILE_LIMIT + 1
    assert "spec.file.size" in task(src=str(path))["msg"]


def test_what_is_wrong_in_several_files_is_told_at_once(tmp_path):
    (tmp_path / "a.yml").write_text("spec: [\n")
    (tmp_path / "b.yml").write_text("spec: {a: 1, a: 2}\n")
    result = task(src=str(tmp_path / "a.yml"), patches=[str(tmp_path / "b.yml")])
    assert {entry["id"] for entry in result["findings"]} == {"spec.file.yaml", "spec.file.duplicate"}


def test_a_refused_spec_has_one_message_with_every_error(tmp_path):
    path = tmp_path / "bad.yml"
    path.write_text(
        "apiVersion: cluster.kurl.sh/v1beta1\nkind: Installer\nspec:\n" + "".join(f"  x{n}: 1\n" for n in range(150))
    )
    result = task(src=str(path))
    assert result["failed"]
    assert result["role_vars"] == {}
    assert "is refused: 154 errors" in result["msg"]
    assert "and 54 more, see findings" in result["msg"]


def test_roles_that_are_not_there_are_told():
    content = (DATA / "seed.yml").read_bytes()
    declared = {"roles": {"kubernetes", "containerd", "antrea"}, "variables": set()}
    findings = translation.translate([("seed.yml", content)], declared=declared)["findings"]
    assert [entry["subject"] for entry in findings if entry["id"] == "spec.section.role"] == [
        f"spec:{name}" for name in ("ekco", "kotsadm", "registry", "rook", "velero")
    ]


def test_fields_that_no_role_takes_are_told():
    overrides = {"kubernetes": {"clusterName": "one", "kubeReserved": True}}
    declared = {"roles": set(fields.SECTION), "variables": {"kubernetes_version", "kubernetes_cluster_name"}}
    result = translation.translate([("demo.yml", (DATA / "demo.yml").read_bytes())], overrides, declared=declared)
    told = [entry for entry in result["findings"] if entry["id"] == "spec.field.role"]
    told = {entry["subject"]: entry["observed"] for entry in told}
    assert told["spec:kubernetes"] == "understood, but no role of this release uses kubeReserved (overrides)"
    assert told["spec:antrea"].endswith("uses version, isEncryptionDisabled (demo.yml:14)")


def test_declared_reads_the_roles_of_the_collection():
    declared = run.declared(str(ROOT))
    assert {"kubernetes", "containerd"} <= declared["roles"]
    assert {"kubernetes_version", "kubernetes_pod_cidr", "containerd_toml_config"} <= declared["variables"]


def test_declared_counts_use_as_well_as_options(tmp_path):
    (tmp_path / "roles" / "one" / "tasks").mkdir(parents=True)
    (tmp_path / "roles" / "empty").mkdir()
    (tmp_path / "roles" / "one" / "tasks" / "main.yml").write_text("when: kubernetes_used | bool\n")
    (tmp_path / "roles" / "one" / "tasks" / "broken.yml").write_bytes(b"\xff")
    (tmp_path / "playbooks").mkdir()
    (tmp_path / "playbooks" / "site.yml").write_text("x: '{{ rook_used }}'\n")
    found = run.declared(str(tmp_path))
    assert found["roles"] == {"one"}
    assert {"kubernetes_used", "rook_used"} <= found["variables"]
    assert "kubernetes_other" not in found["variables"]


def test_declared_without_roles(tmp_path):
    assert run.declared(str(tmp_path)) is None


def test_roles_take_what_the_translator_gives():
    """A role that is there takes every variable of its own prefix that every spec has."""
    declared = run.declared(str(ROOT))
    for role in ("kubernetes", "containerd", "antrea"):
        wanted = {name for name in translation.ALWAYS if name.startswith(role + "_")} - {"kubernetes_ha"}
        assert wanted <= declared["variables"], role


def test_the_modules_documentation_agrees_with_its_arguments():
    text = (ROOT / "plugins" / "modules" / "installer.py").read_text(encoding="utf-8")
    options = yaml.safe_load(text.split('DOCUMENTATION = r"""')[1].split('"""')[0])["options"]
    assert set(options) == set(run.ARGUMENTS)
    for name, argument in run.ARGUMENTS.items():
        assert options[name]["type"] == argument["type"]
        assert options[name].get("default") == argument.get("default")
        assert options[name].get("required", False) == argument.get("required", False)
    returned = yaml.safe_load(text.split('RETURN = r"""')[1].split('"""')[0])
    result = task(src=str(DATA / "demo.yml"))
    assert set(returned) == set(result) - {"changed"}
