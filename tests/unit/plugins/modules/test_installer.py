# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0
"""The module and the playbook as ansible runs them: ad hoc, from a playbook, and on to a rendered file."""

import json
import os
import pathlib
import subprocess
import sys

import pytest
import yaml

ROOT = pathlib.Path(__file__).resolve().parents[4]
DATA = ROOT / "tests" / "data" / "installer"
BIN = pathlib.Path(sys.executable).parent

TOML = """\
# {{ lookup('pipe', 'touch OWNED') }} {% if true %}x{% endif %} {# comment #}
[debug]
  level = "{{ 1 + 1 }}$(id)`id`%s"
  path = 'C:\\x'
"""
HELMFILE = "releases: [{name: '{{ env \"X\" }}', values: ['100%\\n']}]"


PLAY = """\
- hosts: localhost
  gather_facts: false
  tasks:
    - kurl.ipv6.installer:
        src: installer.yml
      register: installer
      delegate_to: localhost
      run_once: true
    - ansible.builtin.set_fact:
        "{{ item.key }}": "{{ item.value }}"
      loop: "{{ installer.role_vars | dict2items }}"
    - ansible.builtin.include_vars:
        file: "{{ playbook_dir }}/vars.yml"
        name: loaded
    - ansible.builtin.copy:
        dest: "{{ playbook_dir }}/{{ item.name }}"
        content: "{{ item.content }}"
        mode: "0600"
      loop:
        - {name: plain.toml, content: "{{ containerd_toml_config }}"}
        - {name: template.toml, content: "{{ lookup('ansible.builtin.template', 'user.j2') }}"}
        - {name: helmfile.yaml, content: "{{ helm_helmfile_spec }}"}
        - {name: loaded.toml, content: "{{ loaded.containerd_toml_config }}"}
"""


@pytest.fixture
def ansible(tmp_path):
    """Return a function that runs one of ansible's commands in an empty folder."""
    collections = ROOT.parents[2]
    if ROOT.parts[-3:] != ("ansible_collections", "kurl", "ipv6") or not (BIN / "ansible-playbook").exists():
        pytest.skip("needs ansible beside this Python, and the collection at its place")
    environment = {
        "PATH": f"{BIN}:{os.environ['PATH']}",
        "HOME": str(tmp_path),
        "LC_ALL": "C.UTF-8",
        "ANSIBLE_COLLECTIONS_PATH": str(collections),
        "ANSIBLE_LOCAL_TEMP": str(tmp_path / "tmp"),
        "ANSIBLE_INVENTORY_UNPARSED_WARNING": "False",
        "ANSIBLE_LOCALHOST_WARNING": "False",
        "ANSIBLE_NOCOLOR": "1",
    }

    def run(command, *arguments):
        return subprocess.run(
            [str(BIN / command), *arguments],
            cwd=tmp_path,
            env=environment,
            check=False,
            capture_output=True,
            text=True,
            timeout=300,
        )

    return run


def installer(**sections):
    """Return an Installer as text."""
    spec = yaml.safe_load((DATA / "demo.yml").read_text(encoding="utf-8"))
    for section, values in sections.items():
        spec["spec"].setdefault(section, {}).update(values)
    return yaml.safe_dump(spec)


def test_ad_hoc_and_refused(ansible, tmp_path):
    (tmp_path / "installer.yml").write_text(
        installer(kubernetes={"serviceCIDR": "10.0.0.0/16"}, weave={"version": "2.8.1"})
    )
    result = ansible("ansible", "localhost", "-m", "kurl.ipv6.installer", "-a", "src=installer.yml")
    assert result.returncode == 2
    answer = json.loads(result.stdout.split("=>", 1)[1])
    assert answer["msg"].startswith("installer.yml is refused: 2 errors")
    assert [entry["id"] for entry in answer["findings"]] == ["spec.cidr.family", "spec.section.refused"]
    assert answer["role_vars"] == {}
    assert "Traceback" not in result.stdout + result.stderr


def test_from_the_spec_to_a_rendered_file_nothing_is_evaluated(ansible, tmp_path):
    """Through set_fact and a template, and through the file of variables that the playbook writes."""
    (tmp_path / "installer.yml").write_text(installer(containerd={"tomlConfig": TOML}, helm={"helmfileSpec": HELMFILE}))
    arguments = (
        "kurl.ipv6.translate",
        "-e",
        "installer_src=installer.yml",
        "-e",
        f"translate_output={tmp_path}/vars.yml",
    )
    check = ansible("ansible-playbook", *arguments, "--check")
    assert check.returncode == 0, check.stdout + check.stderr
    assert not (tmp_path / "vars.yml").exists()
    written = ansible("ansible-playbook", *arguments)
    assert written.returncode == 0, written.stdout + written.stderr
    assert "  kubernetes   1.34.4" in written.stdout
    assert "256 nodes of /64" in written.stdout
    assert (tmp_path / "vars.yml").stat().st_mode & 0o777 == 0o600

    (tmp_path / "user.j2").write_text("{{ containerd_toml_config }}")
    (tmp_path / "play.yml").write_text(PLAY)
    result = ansible("ansible-playbook", "play.yml")
    assert result.returncode == 0, result.stdout + result.stderr
    for name in ("plain.toml", "template.toml", "loaded.toml"):
        assert (tmp_path / name).read_text() == TOML, name
    assert (tmp_path / "helmfile.yaml").read_text() == HELMFILE
    assert not (tmp_path / "OWNED").exists()


def test_the_playbook_refuses_with_exit_code_2(ansible, tmp_path):
    (tmp_path / "installer.yml").write_text(installer(kurl={"ipv6": False}))
    refused = ansible("ansible-playbook", "kurl.ipv6.translate", "-e", "installer_src=installer.yml")
    assert refused.returncode == 2
    assert "spec.ipv6" in refused.stdout
    assert "Traceback" not in refused.stdout + refused.stderr


def test_the_module_itself_does_the_same(capsys):
    """Without the action plugin, as when another plugin calls the module."""
    testing = pytest.importorskip("ansible.module_utils.testing")
    from ansible_collections.kurl.ipv6.plugins.modules import installer as module

    with testing.patch_module_args({"src": str(DATA / "demo.yml")}), pytest.raises(SystemExit) as end:
        module.main()
    assert end.value.code == 0
    assert json.loads(capsys.readouterr().out)["role_vars"]["kubernetes_version"] == "1.34.4"
    with testing.patch_module_args({"src": str(DATA / "nowhere.yml")}), pytest.raises(SystemExit) as end:
        module.main()
    assert end.value.code == 1
    assert "No such file" in json.loads(capsys.readouterr().out)["msg"]
