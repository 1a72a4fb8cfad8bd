# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0
"""``kurl.ipv6.host_files`` by real playbooks: what is sent, what changes, what check mode says of it."""

from __future__ import absolute_import, division, print_function

__metaclass__ = type

import io
import json
import os
import tarfile

import pytest
from ansible.errors import AnsibleActionFail

from ansible_collections.kurl.ipv6.plugins.action.host_files import NOT_FETCHED, complete, members_of
from ansible_collections.kurl.ipv6.tests.unit.plugins.action.private_host import PrivateHost


@pytest.fixture(name="host")
def fixture_host(tmp_path):
    """A host, and an archive and a binary on its controller."""
    host = PrivateHost(tmp_path)
    with tarfile.open(str(tmp_path / "runtime.tar.gz"), "w:gz") as archive:
        for name in ("containerd", "ctr"):
            entry = tarfile.TarInfo("bin/" + name)
            entry.size = len(name)
            archive.addfile(entry, io.BytesIO(name.encode()))
    (tmp_path / "kubelet").write_bytes(b"\x7fELF" + os.urandom(100000))
    return host


def task(host, config="one\n", check=False, **more):
    """Return a task that installs an archive, a binary and two files of text, for two units."""
    items = [
        {
            "name": "runtime",
            "src": str(host.folder / "runtime.tar.gz"),
            "unpack": True,
            "strip": 1,
            "dest": "/opt/bin",
            "mode": "0755",
            "units": ["containerd.service"],
        },
        {"name": "kubelet", "src": str(host.folder / "kubelet"), "dest": "/opt/bin/kubelet", "mode": "0755"},
        {"name": "config", "content": config, "dest": "/opt/etc/config.toml", "units": ["containerd.service"]},
        {"name": "data", "content": '{"a": [1]}', "dest": "/opt/etc/data.json", "mode": "0600"},
    ]
    units = [{"name": "containerd.service"}, {"name": "kubelet.service", "started": False}]
    arguments = dict({"items": items, "units": units}, **more)
    return {"kurl.ipv6.host_files": arguments, "check_mode": check, "diff": True}


def shell(command):
    """Return a task that does something to the host, or shows something of it."""
    return {"ansible.builtin.shell": command}


#: Every file of the host with its mode and sum, and what systemctl was told since the last time.
LOOK = "find /opt /var/lib -type f | sort | while read f; do stat -c '%n %a' $f; sha256sum < $f; done"
TOLD = "grep -v ^show {0}; : > {0}"


def test_a_host_from_nothing_to_a_change(host):
    told = shell(TOLD.format(host.log))
    check, look, first, told1, second, told2, third, told3, leftovers, opt = host.run(
        [
            task(host, check=True),
            shell(LOOK),
            task(host),
            told,
            task(host),
            told,
            task(host, config="two\n"),
            told,
            shell("ls {0}; ls -a /opt/bin /opt/etc".format(host.folder / "remote")),
            shell(
                "cd /opt; stat -c '%n %a' bin/* etc/*; cat bin/ctr etc/*; cmp bin/kubelet {0}".format(
                    host.folder / "kubelet"
                )
            ),
        ]
    )
    every = ["runtime", "kubelet", "config", "data"]
    units = {"containerd.service": ["enable", "start"], "kubelet.service": ["enable"]}
    assert (check["changed"], check["installed"], check["units"]) == (True, every, units)
    assert look["stdout"] == ""
    assert (first["changed"], first["installed"], first["units"]) == (True, every, units)
    assert told1["stdout_lines"] == [
        "daemon-reload",
        "enable containerd.service",
        "start containerd.service",
        "daemon-reload",
        "enable kubelet.service",
    ]
    assert (second["changed"], second["installed"], second["units"], second["diff"]) == (False, [], {}, [])
    assert told2["stdout"] == ""
    assert (third["changed"], third["installed"]) == (True, ["config"])
    assert [(one["before"], one["after"]) for one in third["diff"]] == [("one\n", "two\n")]
    assert third["units"] == {"containerd.service": ["restart"]}
    assert told3["stdout_lines"] == ["daemon-reload", "restart containerd.service"]
    # Nothing stays where files were sent to, but the folder of the task that looks.
    assert leftovers["stdout"].count("ansible-tmp-") <= 1
    assert "kurl-ipv6-new" not in leftovers["stdout"]
    assert opt["stdout_lines"] == [
        "bin/containerd 755",
        "bin/ctr 755",
        "bin/kubelet 755",
        "etc/config.toml 644",
        "etc/data.json 600",
        "ctrtwo",
        '{"a": [1]}',
    ]


def test_what_was_lost_or_touched_is_no_change_and_a_missed_restart_is_made_up_for(host):
    told = shell(TOLD.format(host.log))
    broken = str(host.state / "broken")
    results = host.run(
        [
            task(host),
            told,
            shell("touch -d @1 /opt/bin/kubelet /opt/bin/ctr"),
            task(host, check=True),
            shell(": > /var/lib/kurl-ipv6/files.json"),
            task(host, check=True),
            task(host),
            task(host),
            told,
            shell("touch " + broken),
            task(host, config="two\n"),
            told,
            task(host, config="two\n", check=True),
            shell("rm " + broken),
            task(host, config="two\n"),
            task(host, config="two\n"),
            told,
        ]
    )
    for number in (3, 5, 6, 7):
        assert (results[number]["changed"], results[number]["installed"]) == (False, [])
    assert results[8]["stdout"] == ""
    assert results[10]["failed"]
    assert "the end of its journal" in results[10]["msg"]
    restart = {"containerd.service": ["restart"]}
    assert (results[12]["changed"], results[12]["installed"], results[12]["units"]) == (True, [], restart)
    assert (results[14]["changed"], results[14]["installed"], results[14]["units"]) == (True, [], restart)
    assert results[15]["changed"] is False
    assert results[16]["stdout_lines"] == ["daemon-reload", "restart containerd.service"]


def test_a_foreign_file_stops_the_task_before_anything_changes(host):
    paths = ["/opt/bin/containerd", "/opt/etc/config.toml"]
    tasks = []
    for path in paths:
        tasks += [
            shell("rm -rf /opt/*; mkdir -p $(dirname {0}); echo theirs > {0}".format(path)),
            shell(LOOK),
            task(host, check=True),
            task(host),
            shell(LOOK),
        ]
    tasks += [
        task(host, check=True, replace_foreign=True),
        task(host, replace_foreign=True),
        shell("cat /var/lib/kurl-ipv6/replaced/opt/etc/config.toml /opt/etc/config.toml"),
        shell(TOLD.format(host.log)),
    ]
    results = host.run(tasks)
    for number, path in enumerate(paths):
        _made, before, check, done, after = results[number * 5 : number * 5 + 5]
        assert before["stdout"] == after["stdout"] != ""
        for result in (check, done):
            assert result["failed"], result
            assert path + " is there" in result["msg"]
            assert "replace_foreign_files" in result["msg"]
    assert results[10]["changed"]
    assert results[11]["changed"]
    assert results[12]["stdout_lines"] == ["theirs", "one"]
    # Only the task that took over did anything to a unit.
    assert results[13]["stdout_lines"].count("start containerd.service") == 1


def test_wrong_arguments_end_in_one_sentence(host):
    wrong = task(host)
    wrong["kurl.ipv6.host_files"]["items"][1]["src"] = "/nowhere"
    gone = task(host)
    gone["kurl.ipv6.host_files"]["items"][1].update(src="/nowhere", sha256="0" * 64)
    mode = task(host)
    mode["kurl.ipv6.host_files"]["items"][2]["mode"] = 420
    results = host.run([wrong, gone, mode, shell("touch /opt/bin"), task(host)])
    del results[3]
    assert [one.get("failed") for one in results] == [True] * 4
    assert "/nowhere" in results[0]["msg"]
    assert "kubelet: there is no file /nowhere on the controller" in results[1]["msg"]
    assert "config: the mode must be octal digits in quotes" in results[2]["msg"]
    assert "/opt/bin" in results[3]["msg"]
    assert not any("Traceback" in json.dumps(one) for one in results)


def test_items_are_completed_on_the_controller(tmp_path):
    (tmp_path / "a").write_text("a")
    assert complete({"name": "a", "content": {"a": [1]}}, False)["content"] == '{"a": [1]}'
    assert complete({"name": "a", "content": ""}, False)["content"] == ""
    assert complete({"name": "a", "src": ""}, True)["sha256"] == NOT_FETCHED
    assert complete({"name": "a", "src": str(tmp_path / "a")}, False)["sha256"].startswith("ca978112")
    assert complete({"name": "a", "src": "/nowhere", "sha256": "given"}, False)["sha256"] == "given"
    for item in ({"name": "a"}, {"name": "a", "src": "/nowhere"}, {"name": "a", "src": "/a", "content": "b"}, "a"):
        with pytest.raises(AnsibleActionFail):
            complete(item, False)


def test_members_are_read_of_archives_that_are_there(tmp_path):
    (tmp_path / "bad").write_text("no archive")
    assert members_of([{"name": "a", "unpack": True, "src": "/nowhere"}, {"name": "b", "src": str(tmp_path)}]) == {}
    with pytest.raises(AnsibleActionFail, match="cannot be read"):
        members_of([{"name": "a", "unpack": True, "src": str(tmp_path / "bad")}])
