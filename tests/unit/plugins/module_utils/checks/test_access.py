# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0
"""What is said of a host before, or instead of, the readiness module."""

import pytest

from ansible_collections.kurl.ipv6.plugins.module_utils.checks import catalogue
from ansible_collections.kurl.ipv6.plugins.module_utils.checks.access import Access, numbers
from ansible_collections.kurl.ipv6.tests.unit.plugins.module_utils.checks import recorded

GOOD = {
    "reached": True,
    "message": "",
    "address": "2001:db8::11",
    "answered": True,
    "python": "/usr/bin/python3",
    "python_version": "3.11.2",
    "minimum": "3.9",
    "uid": 0,
    "os": "debian",
    "core": "2.21",
    "module_ran": True,
    "module_message": "",
}


def judged(**more):
    """The findings of a host of which this is known."""
    return catalogue.run(Access("n1", dict(GOOD, **more)), "access")


def test_a_good_host_passes():
    assert {entry["status"] for entry in judged()} == {"pass"}


def test_an_unreachable_host_is_one_failure():
    findings = judged(
        reached=False, answered=False, python="", uid=None, module_ran=False, message="Connection timed out"
    )
    assert recorded.bad(findings) == {"host.reachable": "fail"}
    found = recorded.one(findings, "host.reachable")
    assert found["observed"] == "Connection timed out" and "2001:db8::11" in found["remedy"]


def test_a_host_whose_shell_does_not_answer():
    findings = judged(answered=False, python="", uid=None, module_ran=False, message="sudo: a password is required")
    assert recorded.bad(findings) == {"python.version": "fail"}
    assert "sudo: a password is required" in recorded.one(findings, "python.version")["observed"]


@pytest.mark.parametrize(
    "version, minimum, good",
    [
        ("3.6.8", "3.6", True),
        ("3.6.8", "3.9", False),
        ("3.10.1", "3.9", True),
        ("3.9.0", "3.10", False),
        ("2.7.18", "3.6", False),
        ("nonsense", "3.6", False),
        ("3.6\u00b2", "3.6", False),
    ],
)
def test_pythons_are_compared_by_number(version, minimum, good):
    findings = judged(python_version=version, minimum=minimum, module_ran=good)
    assert recorded.bad(findings) == ({} if good else {"python.version": "fail"})


@pytest.mark.parametrize(
    "system, python, version, words",
    [
        ("ubuntu", "/usr/bin/python3", "3.6.9", ["python3.8", "ansible-core==2.16"]),
        ("rhel", "/usr/libexec/platform-python", "3.6.8", ["dnf install -y python3.11", "ansible-core==2.16"]),
        ("debian", "", "", ["apt-get install -y python3"]),
        ("amzn", "/usr/bin/python", "2.7.18", ["amazon-linux-extras"]),
        ("suse", "", "", ["package manager"]),
    ],
)
def test_the_remedy_of_an_old_python(system, python, version, words):
    findings = judged(os=system, python=python, python_version=version, module_ran=False)
    remedy = recorded.one(findings, "python.version")["remedy"]
    for word in words:
        assert word in remedy
    if not python:
        assert recorded.one(findings, "python.version")["observed"] == "no Python found"
        assert "2.16" not in remedy


def test_not_root():
    found = recorded.one(judged(uid=1000), "host.privileges")
    assert found["status"] == "fail" and found["observed"] == "user id 1000" and "--become" in found["remedy"]


def test_a_module_that_broke():
    findings = judged(module_message="MODULE FAILURE")
    assert recorded.bad(findings) == {"host.readable": "fail"}


@pytest.mark.parametrize(
    "text, expected",
    [("3.6.8", (3, 6)), ("3", (3, 0)), ("", (0, 0)), (None, (0, 0)), ("x.y", (0, 0)), ("\u00b2.1", (0, 1))],
)
def test_versions(text, expected):
    assert numbers(text) == expected


def test_an_interpreter_of_the_inventory_that_is_not_there_is_named():
    found = recorded.one(judged(python="", python_version="", given="/opt/none/python3"), "python.version")
    assert found["status"] == "fail" and "/opt/none/python3" in found["observed"]
    assert "apt-get" not in found["remedy"] and "ansible_python_interpreter" in found["remedy"]
    assert "apt-get" in recorded.one(judged(python="", python_version=""), "python.version")["remedy"]
