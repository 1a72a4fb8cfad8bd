# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0
"""The repository's own gates find what they are for, in small trees made for it."""

import os
import sys

import pytest

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "..", "ci"))

import gates

SPECIFICATION = """
argument_specs:
  main:
    options:
      web_port: {type: int, default: 80}
      web_name: {type: str, required: true}
"""


@pytest.fixture(name="tree")
def fixture_tree(tmp_path):
    """A function that writes files of a tree and returns its root."""

    def write(files):
        for name, text in files.items():
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        return str(tmp_path)

    return write


def role(defaults, specification=SPECIFICATION):
    """A role whose only interesting files are its arguments."""
    return {"roles/web/defaults/main.yml": defaults, "roles/web/meta/argument_specs.yml": specification}


@pytest.mark.parametrize(
    "defaults, complaints",
    [
        ("web_port: 80", []),
        ("web_port: '{{ 40 * 2 }}'", []),
        ("web_port: 81", ["roles/web: web_port is 81 in defaults/main.yml and 80 in the argument specification"]),
        ("{}", ["roles/web: web_port is an option that is not required and has no value in defaults/main.yml"]),
        (
            "web_port: 80\nweb_more: 1",
            ["roles/web: web_more is in defaults/main.yml and not in the argument specification"],
        ),
        ("web_port: 80\nweb_name: a", ["roles/web: web_name is required and has a value in defaults/main.yml"]),
    ],
)
def test_arguments(tree, defaults, complaints):
    assert gates.arguments(tree(role(defaults))) == complaints


def test_arguments_carry_the_roles_name(tree):
    specification = SPECIFICATION.replace("web_port", "port")
    assert gates.arguments(tree(role("port: 80", specification))) == ["roles/web: port does not carry the role's name"]


def test_arguments_of_a_role_without_a_specification(tree):
    assert gates.arguments(tree({"roles/web/tasks/main.yml": ""})) == ["roles/web: there is no meta/argument_specs.yml"]


def test_role_files(tree):
    top = tree({"roles/web/README.md": "web", "roles/web/tasks/main.yml": ""})
    assert gates.role_files(top) == ["roles/web: there is no meta/main.yml"]


def test_named_roles(tree):
    include = "- ansible.builtin.include_role:\n    name: kurl.ipv6.{0}\n"
    top = tree({"roles/web/tasks/main.yml": include.format("web"), "playbooks/site.yml": include.format("wbe")})
    assert gates.named_roles(top) == ["playbooks/site.yml: there is no role wbe"]


def test_tasks_are_counted_in_blocks_plays_and_handlers(tree):
    top = tree(
        {
            "roles/web/tasks/main.yml": "- debug:\n- block:\n    - debug:\n    - debug:\n  rescue:\n    - debug:\n",
            "roles/web/handlers/main.yml": "- debug:\n",
            "playbooks/site.yml": "- ansible.builtin.import_playbook: a\n- hosts: all\n  tasks: [{debug: }]\n",
            "playbooks/tasks/more.yml": "- debug:\n- debug:\n",
        }
    )
    assert gates.count_tasks(top) == {
        "roles/web/tasks/main.yml": 4,
        "roles/web/handlers/main.yml": 1,
        "playbooks/site.yml": 1,
        "playbooks/tasks/more.yml": 2,
    }


@pytest.mark.parametrize(
    "line",
    [
        "server: {{ address }}:{{ port }}",
        "server: https://{{ node_ip }}:6443",
        "server {{ name }} {{ node_ip }}:{{ web_port | int }}",
        'return "{host}:{port}"',
        'url = f"https://{node.address}:{port}/readyz"',
    ],
)
def test_joins_without_brackets_are_found(line):
    assert gates.bare_joins("first\n" + line) == [(2, line)]


@pytest.mark.parametrize(
    "line",
    [
        "server: [{{ address }}]:{{ port }}",
        "server: {{ address | bracketed }}:{{ port }}",
        "image: {{ name }}:{{ tag }}",
        'return "[{host}]:{port}"',
        'return "{name}:{version}"',
    ],
)
def test_joins_that_are_right_or_none_are_left_alone(line):
    assert gates.bare_joins(line) == []


def test_only_what_the_collection_ships_is_searched_for_joins(tree):
    join = "{{ address }}:{{ port }}"
    top = tree({"roles/web/templates/a.j2": join, "tests/a.j2": join})
    names = ["roles/web/templates/a.j2", "tests/a.j2"]
    assert gates.endpoint_joins(top, names) == [f"roles/web/templates/a.j2:1: {join}"]


IMPORT = "from ansible_collections.kurl.ipv6.plugins.module_utils"


@pytest.fixture(name="plugins")
def fixture_plugins(tree):
    """Modules with helpers: one that runs on hosts, one whose action plugin does all, one that its plugin calls."""
    return tree(
        {
            "plugins/modules/web.py": f"{IMPORT}.near import pages\n",
            "plugins/module_utils/near/__init__.py": "",
            "plugins/module_utils/near/pages.py": f"import {IMPORT.split()[1]}.deep\n",
            "plugins/module_utils/deep.py": "import json\n",
            "plugins/modules/shown.py": f"{IMPORT} import shown\n",
            "plugins/action/shown.py": "print()\n",
            "plugins/module_utils/shown.py": "import yaml\n",
            "plugins/modules/sent.py": "",
            "plugins/action/sent.py": "self._execute_module()\n",
        }
    )


def test_host_side_is_what_modules_import(plugins):
    assert gates.host_side(plugins) == [
        "plugins/module_utils/deep.py",
        "plugins/module_utils/near/__init__.py",
        "plugins/module_utils/near/pages.py",
        "plugins/modules/sent.py",
        "plugins/modules/web.py",
    ]


@pytest.mark.parametrize(
    "code, complaint",
    [
        ("import yaml", "yaml is not in the standard library"),
        ("import dataclasses", "dataclasses needs Python 3.7"),
        ("from ansible.errors import AnsibleError", "ansible.errors is not there on hosts"),
        ("from __future__ import annotations", "Python 3.6 has no annotations in __future__"),
        ("run(capture_output=True)", "capture_output needs Python 3.7"),
        ("network.subnet_of(other)", "subnet_of needs Python 3.7"),
        ("name.removeprefix('a')", "removeprefix needs Python 3.9"),
    ],
)
def test_what_hosts_do_not_have_is_found(plugins, code, complaint):
    with open(os.path.join(plugins, "plugins", "module_utils", "deep.py"), "w", encoding="utf-8") as stream:
        stream.write(code + "\n")
    found = gates.host_side_code(plugins, {"json"})
    assert "plugins/module_utils/deep.py: " + complaint in found


def test_what_hosts_have_is_left_alone(plugins):
    assert gates.host_side_code(plugins, {"json"}) == []


@pytest.mark.parametrize(
    "code, complaints",
    [
        ("import yaml\n", ["plugins/module_utils/a.py: import yaml in a try, with an except ImportError"]),
        (
            "from netaddr import IPSet\n",
            ["plugins/module_utils/a.py: import netaddr in a try, with an except ImportError"],
        ),
        ("try:\n    import yaml\nexcept ImportError:\n    yaml = None\n", []),
        ("import json\nfrom . import b\nfrom ansible_collections.kurl.ipv6 import c\n", []),
    ],
)
def test_imports_that_ansible_test_could_not_make_are_found(tree, code, complaints):
    assert gates.guarded_imports(tree({"plugins/module_utils/a.py": code}), {"json"}) == complaints


def test_exceptions_for_ansible_test_are_exactly_those_for_the_licence(tree):
    line = "plugins/modules/web.py validate-modules:missing-gplv3-license\n"
    files = {f"tests/sanity/ignore-{core}.txt": line for core in gates.CORES}
    files["plugins/modules/web.py"] = ""
    assert gates.sanity_exceptions(tree(files)) == []
    files["tests/sanity/ignore-2.16.txt"] += "plugins/modules/web.py pylint:bad-name\n"
    complaint = "tests/sanity/ignore-{0}.txt is not what `tests/ci/sanity --exceptions` writes"
    assert gates.sanity_exceptions(tree(files)) == [complaint.format("2.16")]
    files["plugins/modules/new.py"] = ""
    assert gates.sanity_exceptions(tree(files)) == [complaint.format(core) for core in gates.CORES]


def test_programs_need_the_copyright_and_the_licence(tree):
    head = "# Copyright (c) 2026, x\n# SPDX-License-Identifier: Apache-2.0\n"
    files = {"a.py": head, "b.py": "import os\n", "c": "#!/bin/sh\n", "d": "text\n", "e/__init__.py": ""}
    top = tree(files)
    complaint = "the head has no copyright and no SPDX-License-Identifier: Apache-2.0"
    assert gates.headers(top, sorted(files)) == [f"b.py: {complaint}", f"c: {complaint}"]
