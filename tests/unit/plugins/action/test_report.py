# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0
"""The report as playbooks run it: real ansible-playbook runs on hosts that are this machine, or nobody."""

import json
import os
import subprocess
import sys

import pytest

ansible_playbook = os.path.join(os.path.dirname(sys.executable), "ansible-playbook")
pytestmark = pytest.mark.skipif(not os.path.exists(ansible_playbook), reason="no ansible-playbook beside this Python")
TOP = __file__.split("/ansible_collections/", 1)[0]

INVENTORY = {
    "all": {
        "vars": {"ansible_python_interpreter": sys.executable},
        "hosts": {
            "here": {"ansible_connection": "local"},
            # A port of the loopback that nobody listens on: refused at once.
            "gone": {"ansible_host": "::1", "ansible_port": 9, "ansible_user": "root"},
        },
    }
}
FINDING = {
    "id": "x.y",
    "subject": "n1",
    "status": "warn",
    "title": "T",
    "observed": "O",
    "expected": "E",
    "remedy": "R",
}


def play(tmp_path, tasks, *words, inventory=None):
    """Run tasks on all hosts; returns (exit code, output)."""
    (tmp_path / "inventory.json").write_text(json.dumps(inventory or INVENTORY))
    (tmp_path / "play.yml").write_text(json.dumps([{"hosts": "all", "gather_facts": False, "tasks": tasks}]))
    (tmp_path / "ansible.cfg").write_text("[defaults]\ninterpreter_python = auto_silent\n")
    process = subprocess.run(
        [ansible_playbook, "-i", "inventory.json", "play.yml", *words],
        cwd=tmp_path,
        env=dict(os.environ, ANSIBLE_COLLECTIONS_PATH=TOP, ANSIBLE_CONFIG=str(tmp_path / "ansible.cfg"), COLUMNS="100"),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        universal_newlines=True,
        check=False,
    )
    return process.returncode, process.stdout


def report(**arguments):
    """The task."""
    return {"kurl.ipv6.report": dict({"title": "test"}, **arguments), "run_once": True, "register": "result"}


ONE = {"all": {"hosts": {"here": {"ansible_connection": "local"}}}}


@pytest.mark.parametrize("status, code", [("warn", 0), ("info", 0), ("fail", 2)])
def test_the_exit_code_follows_the_worst_finding(tmp_path, status, code):
    result, output = play(tmp_path, [report(findings=[dict(FINDING, status=status)])], inventory=ONE)
    assert result == code, output
    assert ("test: NOT READY: 1 failure" in output) is bool(code)
    assert "changed=0" in output


def test_a_failing_report_may_be_asked_not_to_fail_and_returns_its_verdict(tmp_path):
    tasks = [
        report(findings=[dict(FINDING, status="fail")], fail=False),
        {
            "ansible.builtin.debug": {"msg": "{{ result.verdict }} {{ result.ready }} {{ result.counts.fail }}"},
            "run_once": True,
        },
    ]
    code, output = play(tmp_path, tasks, inventory=ONE)
    assert code == 0, output
    assert "NOT READY: 1 failure, 0 warnings, 0 passed False 1" in output


def test_a_template_in_a_finding_stays_a_text(tmp_path):
    evil = "{{ lookup('pipe', 'echo pwned') }}"
    tasks = [
        {"ansible.builtin.set_fact": {"found": [dict(FINDING, observed="{% raw %}" + evil + "{% endraw %}")]}},
        report(findings="{{ found }}"),
    ]
    _code, output = play(tmp_path, tasks, inventory=ONE)
    assert "pwned" not in output.replace("echo pwned", "")


def test_unreachable_hosts_are_rows_beside_those_that_answer(tmp_path):
    probe = '{"kurl_ipv6_probe": 1, "usable": true, "python": "p", "version": "3.99.0", "minimum": "3.9", "uid": 0}'
    tasks = [
        {
            "ansible.builtin.raw": "echo '" + probe + "'",
            "register": "probe",
            "ignore_unreachable": True,
            "changed_when": False,
        },
        {
            "kurl.ipv6.host_readiness": {"subject": "{{ inventory_hostname }}"},
            "register": "readiness",
            "ignore_unreachable": True,
            "when": "probe.stdout is defined",
        },
        report(probe="probe", readiness="readiness", hint="Nothing has been changed."),
    ]
    code, output = play(tmp_path, tasks, "-v")
    assert code == 2, output
    assert "host.reachable on gone: host can be reached" in output
    assert "module.overlay" in output and "on 2 hosts. Nothing has been changed." in output
    assert "Traceback" not in output


def test_hosts_accept_for_themselves_and_a_site_checks_what_it_wants(tmp_path):
    local = {"ansible_connection": "local", "ansible_python_interpreter": sys.executable}
    accepted = [{"id": "site.impossible", "reason": "moves next week"}]
    hosts = {"a": dict(local, preflight_ignore=accepted), "b": dict(local, node_ip="2001:db8::99")}
    probe = '{"kurl_ipv6_probe": 1, "usable": true, "python": "p", "version": "3.99.0", "minimum": "3.9", "uid": 0}'
    checks = [
        {"id": "impossible", "title": "memory", "query": "memory_bytes > `1e18`", "remedy": "buy some"},
        {"id": "wrong", "title": "typo", "query": "os.[", "severity": "warn"},
    ]
    tasks = [
        {"ansible.builtin.raw": "echo '" + probe + "'", "register": "probe", "changed_when": False},
        {"kurl.ipv6.host_readiness": {"subject": "{{ inventory_hostname }}"}, "register": "readiness"},
        report(probe="probe", readiness="readiness", extra_checks=checks),
    ]
    code, output = play(tmp_path, tasks, inventory={"all": {"hosts": hosts}})
    assert code == 2, output
    words = " ".join(output.split())
    assert "(failure accepted: moves next week)" in words
    assert "site.impossible on b: memory" in words and "site.impossible on a" not in words
    assert "site.wrong on all hosts: typo" in words
    # The two are one machine, which is told.
    assert "fleet.hostname on a, b: host names of all hosts" in words


def test_a_wrong_argument_is_one_clear_message(tmp_path):
    code, output = play(tmp_path, [{"kurl.ipv6.report": {"titel": "x"}}], inventory=ONE)
    assert code == 2 and "missing required arguments: title" in output and "Traceback" not in output
