# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0
"""Ways into hosts: sudo with and without a password, a jump host, other strategies and batches, hosts without a way.

On a lab of its own, or on the nodes of the inventory that KURL_IPV6_NODES names; they must be fresh.
"""

import glob
import ipaddress
import json
import os
import subprocess

import pytest
from cluster import TOP, Cluster

NAME, SUBNET = "e2e-access", "fd00:29::/64"
#: Makes a user that may use sudo, with the words of a rule of sudoers.
USER = """
useradd --create-home --shell /bin/bash {name} && echo {name}:secret | chpasswd
echo '{name} ALL=(ALL) {rule}' > /etc/sudoers.d/{name}
install -d -m 700 -o {name} /home/{name}/.ssh
install -m 600 -o {name} /root/.ssh/authorized_keys /home/{name}/.ssh/
"""
LEFT = "find /home /root /tmp /var/tmp -xdev -path '*ansible*' | sort; ss -Hltnu | awk '{print $5}' | sort"
SERIAL = """
- hosts: all
  gather_facts: false
  serial: 1
  tasks:
    - name: Judge
      ansible.builtin.import_role:
        name: kurl.ipv6.preflight
"""


@pytest.fixture(scope="module")
def sudo(tmp_path_factory):
    """Distribution package of sudo, which the nodes' image does not have."""
    folder = tmp_path_factory.mktemp("packages")
    subprocess.run(["apt-get", "download", "sudo"], cwd=folder, check=True, capture_output=True)
    (package,) = glob.glob(str(folder / "sudo_*.deb"))
    return package


@pytest.fixture(scope="module")
def lab(sudo):
    """Three nodes with users that are not root."""
    given = os.environ.get("KURL_IPV6_NODES", "")
    inventory = given or os.path.join(TOP, "build", NAME + "-inventory.yml")
    nodes = Cluster(os.path.splitext(os.path.basename(given))[0] if given else NAME, SUBNET, inventory, "", nodes=3)
    if not given:
        os.makedirs(os.path.dirname(inventory), exist_ok=True)
        assert nodes.down().code == 0
        result = nodes.up()
        assert result.code == 0, result.output
    for name in nodes.hosts():
        with open(sudo, "rb") as file:
            command = "cat > /run/sudo.deb && dpkg --install /run/sudo.deb; rm /run/sudo.deb"
            subprocess.run([*nodes.ssh_words(name), command], stdin=file, check=True, capture_output=True)
        script = USER.format(name="ops", rule="NOPASSWD: ALL") + USER.format(name="typing", rule="ALL")
        assert nodes.ssh(name, script).code == 0
    yield nodes
    if not given:
        assert nodes.down().code == 0


@pytest.fixture(scope="module")
def password(tmp_path_factory):
    """Returns a file with a password."""

    def of(text):
        path = tmp_path_factory.mktemp("password") / "password"
        path.write_text(text + "\n")
        return str(path)

    return of


def preflight(lab, tmp_path, *words, playbook="kurl.ipv6.preflight", **options):
    """Run preflight; return (its result, {(id, host): finding} of what failed or is a warning)."""
    variables = {"preflight_report_dir": str(tmp_path / "report"), **options.pop("variables", {})}
    result = lab.playbook(playbook, *words, variables=variables, spec=False, **options)
    report = tmp_path / "report" / "preflight.json"
    assert report.exists(), result.output
    findings = json.loads(report.read_text(encoding="utf-8"))["findings"]
    bad = {(entry["id"], entry["host"]): entry for entry in findings if entry["status"] in ("fail", "warn")}
    return result, bad, {entry["id"] for entry in findings if entry["status"] == "pass"}


def changed_inventory(lab, tmp_path, change):
    """Write a copy of the inventory that ``change(hosts, variables)`` has changed; returns its path."""
    with open(lab.inventory, encoding="utf-8") as file:
        inventory = json.loads("".join(line for line in file if not line.startswith("#")))
    hosts = {}
    for group in inventory["all"]["children"].values():
        hosts.update(group["hosts"])
    change(hosts, inventory["all"]["vars"])
    path = tmp_path / "inventory.yml"
    path.write_text(json.dumps(inventory))
    return str(path)


def test_a_user_with_sudo_sees_what_root_sees_and_leaves_nothing(lab, tmp_path):
    before = {name: lab.ssh(name, LEFT).output for name in lab.hosts()}
    _result, bad, as_root = preflight(lab, tmp_path)
    assert bad == {}
    result, bad, as_user = preflight(lab, tmp_path, "--become", variables={"ansible_user": "ops"})
    assert result.code == 0 and bad == {}, result.output
    assert as_user == as_root and "mesh.tcp.10250" in as_user
    assert {name: lab.ssh(name, LEFT).output for name in lab.hosts()} == before


def test_sudo_may_ask_for_a_password(lab, tmp_path, password):
    words = ("--become", "--become-password-file", password("secret"))
    result, bad, passed = preflight(lab, tmp_path, *words, variables={"ansible_user": "typing"})
    assert result.code == 0 and bad == {} and "host.privileges" in passed, result.output
    assert "secret" not in result.output


def test_a_wrong_password_is_a_row_for_each_host(lab, tmp_path, password):
    words = ("--become", "--become-password-file", password("wrong"))
    result, bad, _passed = preflight(lab, tmp_path, *words, variables={"ansible_user": "typing"})
    assert result.code == 2
    assert {host for _identity, host in bad} == set(lab.hosts()), result.output
    assert "Traceback" not in result.output


def test_a_user_without_sudo_is_told_what_is_missing(lab, tmp_path):
    result, bad, _passed = preflight(lab, tmp_path, variables={"ansible_user": "ops"})
    assert result.code == 2
    assert set(bad) == {("host.privileges", name) for name in lab.hosts()}, result.output


def test_hosts_behind_a_jump_host(lab, tmp_path):
    def behind(hosts, variables):
        first, *others = hosts
        common = variables["ansible_ssh_common_args"]
        jump = f"ssh -i {variables['ansible_ssh_private_key_file']} {common} -W [%h]:%p"
        for name in others:
            proxy = f'-o ProxyCommand="{jump} root@{hosts[first]["ansible_host"]}"'
            hosts[name]["ansible_ssh_common_args"] = f"{common} {proxy}"

    # The later of two inventories wins.
    result, bad, passed = preflight(lab, tmp_path, "--inventory", changed_inventory(lab, tmp_path, behind))
    assert result.code == 0 and bad == {} and "mesh.tcp.10250" in passed, result.output


def test_hosts_without_a_way_in_are_rows_and_the_others_are_judged(lab, tmp_path):
    def odd(hosts, variables):
        _first, second, third = hosts
        variables["ansible_ssh_timeout"] = 4
        hosts[second]["ansible_python_interpreter"] = "/opt/none/python3"
        hosts[third]["ansible_host"] = str(ipaddress.ip_address(hosts[third]["ansible_host"]) + 0x100)

    first, second, third = lab.hosts()
    result, bad, passed = preflight(lab, tmp_path, "--inventory", changed_inventory(lab, tmp_path, odd))
    assert result.code == 2
    assert set(bad) == {("python.version", second), ("host.reachable", third)}, result.output
    assert "/opt/none/python3" in bad["python.version", second]["observed"]
    assert "route.default" in passed, f"{first} is judged"


def test_hosts_that_do_not_wait_for_each_other_make_one_true_report(lab, tmp_path):
    result, bad, passed = preflight(lab, tmp_path, environment={"ANSIBLE_STRATEGY": "free"})
    assert result.code == 0 and bad == {} and "fleet.hostname" in passed, result.output
    assert result.output.count("preflight: READY") == 1
    assert "on 3 hosts" in result.output


def test_batches_are_judged_one_after_the_other(lab, tmp_path):
    playbook = tmp_path / "serial.yml"
    playbook.write_text(SERIAL)
    result, bad, _passed = preflight(lab, tmp_path, playbook=str(playbook))
    assert result.code == 0 and bad == {}, result.output
    assert [f"on {words}" in result.output for words in ("1 host.", "2 hosts.", "3 hosts.")] == [True] * 3
