# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0
"""The report's files as playbooks get them: when something failed, in check mode, and when they cannot be written."""

import json
import os
import subprocess
import sys

import pytest

ansible_playbook = os.path.join(os.path.dirname(sys.executable), "ansible-playbook")
pytestmark = pytest.mark.skipif(not os.path.exists(ansible_playbook), reason="no ansible-playbook beside this Python")
TOP = __file__.split("/ansible_collections/", 1)[0]

PROBE = '{"kurl_ipv6_probe": 1, "usable": true, "python": "p", "version": "3.99.0", "minimum": "3.9", "uid": 0}'
TASKS = [
    {
        "ansible.builtin.raw": "echo '" + PROBE + "'",
        "register": "probe",
        "ignore_unreachable": True,
        "changed_when": False,
        "check_mode": False,
    },
    {
        "kurl.ipv6.host_readiness": {"subject": "{{ inventory_hostname }}"},
        "register": "readiness",
        "ignore_unreachable": True,
        "when": "probe.stdout is defined",
    },
    {
        "kurl.ipv6.report": {
            "title": "preflight",
            "probe": "probe",
            "readiness": "readiness",
            "report_dir": "{{ folder }}",
        },
        "run_once": True,
    },
]
HOSTS = {
    "here": {"ansible_connection": "local"},
    # A port of the loopback that nobody listens on: refused at once.
    "gone": {"ansible_host": "::1", "ansible_port": 9, "ansible_user": "root"},
}


def play(tmp_path, folder, *words):
    """Run the tasks. Returns (exit code, output)."""
    inventory = {"all": {"vars": {"ansible_python_interpreter": sys.executable}, "hosts": HOSTS}}
    (tmp_path / "inventory.json").write_text(json.dumps(inventory))
    (tmp_path / "play.yml").write_text(json.dumps([{"hosts": "all", "gather_facts": False, "tasks": TASKS}]))
    (tmp_path / "ansible.cfg").write_text("[defaults]\ninterpreter_python = auto_silent\n")
    process = subprocess.run(
        [ansible_playbook, "-i", "inventory.json", "play.yml", "-e", json.dumps({"folder": folder}), *words],
        cwd=tmp_path,
        env=dict(os.environ, ANSIBLE_COLLECTIONS_PATH=TOP, ANSIBLE_CONFIG=str(tmp_path / "ansible.cfg"), COLUMNS="100"),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        universal_newlines=True,
        check=False,
    )
    return process.returncode, process.stdout


def test_the_files_are_written_in_check_mode_and_although_a_host_failed(tmp_path):
    code, output = play(tmp_path, "out/today", "--check")
    assert code == 2, output
    folder = tmp_path / "out" / "today"
    assert sorted(os.listdir(folder)) == ["preflight.html", "preflight.json", "preflight.xml"]
    assert f"Report: {folder / 'preflight.html'}, and beside it preflight.json and preflight.xml" in output
    report = json.loads((folder / "preflight.json").read_text())
    assert report["ready"] is False and report["verdict"] in output
    assert sorted(report["hosts"]) == ["gone", "here"] and report["hosts"]["here"]["reason"]
    assert report["hosts"]["gone"] == {"node_ip": "", "reason": ""}
    worst = report["findings"][0]
    assert worst["status"] == "fail" and {entry["host"] for entry in report["findings"]} >= {"here", "gone"}
    assert "changed=0" in output


def test_a_folder_that_cannot_be_made_is_one_clear_message_beside_the_verdict(tmp_path):
    (tmp_path / "out").write_text("no folder")
    code, output = play(tmp_path, "out")
    assert code == 2 and "Traceback" not in output
    (message,) = [line for line in output.splitlines() if line.startswith("fatal: ") and '"verdict"' in line]
    assert f"the report could not be written to {tmp_path / 'out'}: File exists" in message
    assert "NOT READY" in message and "host.reachable" in output  # The table is shown all the same.


def test_without_a_folder_there_are_no_files(tmp_path):
    _code, output = play(tmp_path, "")
    assert "Report:" not in output
    assert sorted(os.listdir(tmp_path)) == ["ansible.cfg", "inventory.json", "play.yml"]
