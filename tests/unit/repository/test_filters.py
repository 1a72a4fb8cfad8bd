# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0
"""The filters in a real playbook, on the newest ansible-core and on the oldest, without a warning."""

import os
import re
import subprocess
import sys

import pytest

HERE = os.path.dirname(os.path.realpath(__file__))
TOP = os.path.realpath(os.path.join(HERE, "..", "..", ".."))
COLLECTIONS = os.path.realpath(os.path.join(TOP, "..", "..", ".."))
PLAYBOOK = os.path.join(HERE, "playbooks", "filters.yml")
MANIFEST = os.path.join(TOP, "tests", "data", "upstream", "antrea", "antrea-2.4.1.yml")

#: What each core must do without: from 2.19 on conditions are strict and facts are no variables by themselves.
STRICT = {"ANSIBLE_ALLOW_BROKEN_CONDITIONALS": "False", "ANSIBLE_INJECT_FACT_VARS": "False"}


def test_every_filter_is_in_the_playbook():
    with open(PLAYBOOK, encoding="utf-8") as stream:
        used = set(re.findall(r"kurl\.ipv6\.([a-z_]+)", stream.read()))
    filters = {name[:-3] for name in os.listdir(os.path.join(TOP, "plugins", "filter")) if name.endswith(".py")}
    assert filters - used <= {"__init__"}


@pytest.mark.parametrize("environment", ["", "-2.16"])
def test_filters_in_a_playbook(environment, tmp_path):
    program = os.path.join(sys.prefix + environment, "bin", "ansible-playbook")
    if not os.path.exists(program):
        pytest.skip("there is no Python for an environment with ansible-core 2.16")
    variables = dict(
        os.environ, HOME=str(tmp_path), ANSIBLE_COLLECTIONS_PATH=COLLECTIONS, ANSIBLE_NOCOLOR="1", **STRICT
    )
    variables.pop("PYTHONPATH", None)
    done = subprocess.run(
        [
            program,
            "--inventory",
            "localhost,",
            "--connection",
            "local",
            "--extra-vars",
            f"manifest={MANIFEST}",
            PLAYBOOK,
        ],
        cwd=str(tmp_path),
        env=variables,
        check=False,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    output = done.stdout.decode("utf-8", "replace")
    assert done.returncode == 0, output
    assert not re.search(r"DEPRECATION WARNING.*(kurl|filters\.yml)", output), output
    assert "failed=0" in output and "rescued=1" in output
