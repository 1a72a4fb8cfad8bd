# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0
"""What the host checks of a spec ask for, on a recorded host and on this one."""

import http.server
import socket
import threading
import time

import pytest

from ansible_collections.kurl.ipv6.plugins.module_utils.host import asked, reader


@pytest.fixture
def host(tmp_path):
    """Return a function that makes a host out of files."""

    def make(**files):
        for name, text in files.items():
            path = tmp_path / name.replace("__", "/")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        return reader.Reader(str(tmp_path))

    make.root = tmp_path
    return make


def check(kind, of=None, **whens):
    """Return a check as the translator makes it."""
    return {"id": "x", "kind": kind, "of": of or {}, "outcomes": [{"when": dict(whens) or None}]}


def read(host_reader, *arguments, **more):
    """Return what was read for one check."""
    return asked.collect(host_reader, [check(*arguments, **more)])["asked"]["x"]


def test_processor(host):
    text = "".join(f"processor: {n}\nphysical id\t: {n // 2}\ncore id\t: {n % 2 // 1}\n\n" for n in range(4))
    assert read(host(proc__cpuinfo=text), "cpu")["physical"] == 4
    assert asked.physical_cores("physical id : 0\ncore id : 0\n\nphysical id : 0\ncore id : 0\n") == 1
    assert asked.physical_cores("processor : 0\n") == 0


def test_space_of_a_folder_that_is_not_there_yet(host):
    found = read(host(data__file=""), "diskUsage", {"path": "/data/not/yet"})
    assert 0 < found["available"] <= found["total"]
    assert 0 <= found["used"] <= found["total"]


def test_modules(host):
    files = {
        "proc__sys__kernel__osrelease": "6.1\n",
        "proc__modules": "br_netfilter 1 0\n",
        "lib__modules__6.1__modules.builtin": "kernel/net/ipv6/ip6-tables.ko\n",
        "lib__modules__6.1__modules.dep": "kernel/drivers/block/rbd.ko.xz: kernel/x.ko\n",
    }
    found = read(host(**files), "kernelModules", modules=["br_netfilter", "ip6-tables", "rbd", "wireguard"])
    assert found["modules"] == {
        "br_netfilter": "loaded",
        "ip6-tables": "loaded",
        "rbd": "loadable",
        "wireguard": "unloaded",
    }


def test_parameters(host):
    one = check("sysctl", of="vm.max_map_count")
    found = asked.collect(
        host(proc__sys__vm__max_map_count="65530\n"),
        [dict(one, outcomes=[{"when": {"of": "vm.max_map_count"}}, {"when": None}, {"when": {"of": "vm.x"}}])],
    )
    assert found["asked"]["x"] == {"parameters": {"vm.max_map_count": "65530", "vm.x": None}}


def test_time_zones(host):
    assert read(host(), "time") == {"timezone": "UTC"}
    assert read(host(etc__timezone="Europe/Paris\n"), "time") == {"timezone": "Europe/Paris"}
    (host.root / "etc" / "localtime").symlink_to("../usr/share/zoneinfo/Europe/Berlin")
    assert read(host(), "time") == {"timezone": "Europe/Berlin"}


def test_packages_of_debian(host):
    status = (
        "Package: lvm2\nStatus: install ok installed\nVersion: 1\n\n"
        "Package: nfs-common\nStatus: deinstall ok config-files\n\nPackage: bash\nStatus: hold ok installed\n"
    )
    made = host(etc__os_release="", var__lib__dpkg__status=status)
    (host.root / "etc" / "os-release").write_text('ID=ubuntu\nVERSION_ID="20.04"\n')
    packages = {"ubuntu": ["lvm2"], "ubuntu20": ["nfs-common", "lvm2"], "rhel8": ["nfs-utils"]}
    assert read(made, "systemPackages", {"packages": packages}) == {"packages": {"lvm2": True, "nfs-common": False}}
    assert asked.parse_dpkg(status) == {"lvm2", "bash"}


def test_texts(host):
    made = host(proc__cmdline="quiet ipv6.disable=1\nmore\n")
    assert read(made, "textAnalyze", {"path": "/proc/cmdline", "regex": r"ipv6\.disable=1$"}) == {"matches": True}
    assert read(made, "textAnalyze", {"path": "/proc/cmdline", "regex": "nothing"}) == {"matches": False}
    assert read(made, "textAnalyze", {"path": "/proc/none", "regex": "x"}) == {"matches": None}


def test_one_check_that_cannot_be_read_does_not_hide_the_others(host):
    checks = [dict(check("diskUsage"), id="bad"), dict(check("time"), id="good"), dict(check("memory"), id="none")]
    found = asked.collect(host(), checks)["asked"]
    assert found["bad"] == {"problem": "KeyError: 'path'"}
    assert found["good"] == {"timezone": "UTC"}
    assert "none" not in found


@pytest.fixture
def server():
    """Serve on ::1; the path says which status is answered."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            code = int(self.path.strip("/"))
            self.send_response(code)
            if code == 302:
                self.send_header("Location", "http://[::1]:1/")
            self.end_headers()

        def log_message(self, *_arguments):
            pass

    class Server(http.server.HTTPServer):
        address_family = socket.AF_INET6

    serving = Server(("::1", 0), Handler)
    thread = threading.Thread(target=serving.serve_forever)
    thread.start()
    yield serving.server_address[1]
    serving.shutdown()
    thread.join()
    serving.server_close()


def closed_port():
    """Return a port of ::1 on which nobody listens."""
    with socket.socket(socket.AF_INET6) as probe:
        probe.bind(("::1", 0))
        return probe.getsockname()[1]


def test_connections(host, server):
    assert read(host(), "tcpConnect", {"host": "::1", "port": server, "timeout": 2}) == {"state": "connected"}
    refused = read(host(), "tcpConnect", {"host": "::1", "port": closed_port(), "timeout": 2})
    assert refused == {"state": "connection-refused"}
    unknown = read(host(), "tcpConnect", {"host": "no.such.host.invalid", "port": 1, "timeout": 2})
    assert unknown["state"] == "error"
    assert "has no IPv6 address" in unknown["message"]


def test_a_name_with_ipv4_alone_has_no_ipv6_address(host):
    found = read(host(), "tcpConnect", {"host": "127.0.0.1", "port": 1, "timeout": 2})
    assert found["state"] == "error"
    assert "127.0.0.1 has no IPv6 address" in found["message"]


def test_web_requests(host, server):
    of = {"insecure": False, "headers": {"X-Test": "1"}, "timeout": 5}
    for code in (200, 302, 404, 500):
        assert read(host(), "http", dict(of, url=f"http://[::1]:{server}/{code}")) == {"statusCode": code}
    found = read(host(), "http", dict(of, url=f"http://[::1]:{closed_port()}/200"))
    assert found["state"] == "error"
    assert found["message"]


def test_slow_answers_do_not_add_up(host, monkeypatch):
    def slow(_of):
        time.sleep(0.5)
        return {"state": "connected"}

    monkeypatch.setitem(asked._READERS, "tcpConnect", slow)
    started = time.monotonic()
    found = asked.collect(host(), [dict(check("tcpConnect"), id=str(number)) for number in range(20)])
    assert time.monotonic() - started < 5
    assert len(found["asked"]) == 20


def test_who_does_not_answer_is_not_waited_for(host, monkeypatch):
    monkeypatch.setattr(asked, "PATIENCE", 0.1)
    monkeypatch.setitem(asked._READERS, "http", lambda _of: time.sleep(1))
    assert read(host(), "http", {}) == {"state": "connection-timeout"}
