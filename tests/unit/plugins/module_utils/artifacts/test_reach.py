# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0
"""Whether artifacts can be had: folders, real servers on the loopback, and what is judged of them."""

from __future__ import absolute_import, division, print_function

__metaclass__ = type

import hashlib
import os
import socket
import threading
import time
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from ansible_collections.kurl.ipv6.plugins.module_utils.artifacts import reach
from ansible_collections.kurl.ipv6.plugins.module_utils.artifacts.catalog import file_artifacts, image_artifacts
from ansible_collections.kurl.ipv6.plugins.module_utils.artifacts.fetch import fetch_all
from ansible_collections.kurl.ipv6.plugins.module_utils.artifacts.source import UpstreamSource
from ansible_collections.kurl.ipv6.plugins.module_utils.checks import registry, sources

ARTIFACTS = image_artifacts(["registry.k8s.io/pause:3.10.1"], "amd64") + file_artifacts({"runc": "1.3.6"}, "amd64")


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch):
    """The environment's own proxies are not part of these tests."""
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


@pytest.fixture(name="mirror")
def fixture_mirror(tmp_path):
    """A mirror folder with an image archive and a program, each with its sum."""
    for artifact in ARTIFACTS:
        target = tmp_path / "mirror" / artifact["path"]
        target.parent.mkdir(parents=True)
        target.write_bytes(b"x" * 100)
        published = hashlib.sha256(b"x" * 100).hexdigest()
        (tmp_path / "mirror" / artifact["checksum_path"]).write_text("{0}  {1}\n".format(published, target.name))
    return tmp_path / "mirror"


class Server:
    """A server on the loopback.

    Arguments:
        root: the folder that it serves.
        family: AF_INET6 or AF_INET.
        silent: whether it takes connections and says nothing.
    """

    def __init__(self, root, family=socket.AF_INET6, silent=False):
        self.asked = asked = []
        released = self.released = threading.Event()

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                asked.append(self.path)
                if silent:
                    released.wait(20)
                    return
                # A proxy is asked with the whole URL.
                path = os.path.join(str(root), self.path.split("://", 1)[-1].partition("/")[2])
                if not os.path.isfile(path):
                    self.send_error(404)
                    return
                self.send_response(200)
                self.end_headers()
                with open(path, "rb") as stream:
                    self.wfile.write(stream.read())

            def log_message(self, *_arguments):
                pass

        class Listener(HTTPServer):
            address_family = family
            daemon_threads = True

        self.server = Listener(("::1" if family == socket.AF_INET6 else "127.0.0.1", 0), Handler)
        self.port = self.server.server_port
        self.thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.02})

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_error):
        self.released.set()
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()


def judged(facts):
    """Return {id: (status, observed, remedy)} of what is said of the controller."""
    findings = registry.run(sources.controller(facts), sources.STAGE)
    assert {entry["subject"] for entry in findings} == {"controller"}
    return {entry["id"]: (entry["status"], entry["observed"], entry["remedy"]) for entry in findings}


def statuses(facts):
    """Return {id: status}."""
    return {name: entry[0] for name, entry in judged(facts).items()}


def test_a_whole_mirror_folder_passes_and_nothing_is_asked(mirror, tmp_path):
    facts = reach.look(ARTIFACTS, str(mirror), str(tmp_path / "cache"))
    assert statuses(facts) == {"sources.files": "pass", "sources.reach": "skip"}
    assert not (tmp_path / "cache").exists()


@pytest.mark.parametrize("gone", ["path", "checksum_path"])
def test_what_a_folder_lacks_is_named_with_what_fetches_it(mirror, tmp_path, gone):
    os.unlink(str(mirror / ARTIFACTS[1][gone]))
    found = judged(reach.look(ARTIFACTS, str(mirror), str(tmp_path / "cache")))
    status, observed, remedy = found["sources.files"]
    assert (status, observed) == ("fail", "1 of 2 artifacts are not in {0}: runc".format(mirror))
    assert "-o {0} https://{0} ".format(ARTIFACTS[1]["path"]) in remedy


def test_a_folder_that_is_not_there_is_one_finding(tmp_path):
    found = judged(reach.look(ARTIFACTS, str(tmp_path / "none"), str(tmp_path / "cache")))
    assert found["sources.files"][0] == "fail" and "there is no folder" in found["sources.files"][1]


def test_a_url_is_asked_for_the_sums_over_ipv6(mirror, tmp_path):
    with Server(mirror) as server:
        facts = reach.look(ARTIFACTS, "http://[::1]:{0}".format(server.port), str(tmp_path / "cache"))
        assert sorted(server.asked) == sorted("/" + artifact["checksum_path"] for artifact in ARTIFACTS)
    (entry,) = facts["servers"]
    assert (entry["family"], entry["ipv6"], entry["ipv4"]) == ("ipv6", ["::1"], [])
    assert statuses(facts) == {"sources.files": "pass", "sources.reach": "pass"}


def test_what_was_fetched_is_not_asked_for_again(mirror, tmp_path):
    with Server(mirror) as server:
        url = "http://[::1]:{0}".format(server.port)
        assert fetch_all(ARTIFACTS, url, str(tmp_path / "cache"))["errors"] == []
        del server.asked[:]
        facts = reach.look(ARTIFACTS, url, str(tmp_path / "cache"))
        assert server.asked == []
        assert (facts["cached"], facts["servers"]) == (2, [])
        (tmp_path / "cache" / ARTIFACTS[1]["path"]).write_bytes(b"another one")
        reach.look(ARTIFACTS, url, str(tmp_path / "cache"))
        assert server.asked == ["/" + ARTIFACTS[1]["checksum_path"]]


def test_what_a_server_does_not_have_is_named(mirror, tmp_path):
    os.unlink(str(mirror / ARTIFACTS[0]["checksum_path"]))
    with Server(mirror) as server:
        found = judged(reach.look(ARTIFACTS, "http://[::1]:{0}".format(server.port), str(tmp_path / "cache")))
    assert found["sources.files"][0] == "fail" and ARTIFACTS[0]["name"] in found["sources.files"][1]
    assert found["sources.reach"][0] == "pass"


def test_a_server_over_ipv4_is_told_as_such(mirror, tmp_path):
    with Server(mirror, socket.AF_INET) as server:
        facts = reach.look(ARTIFACTS, "http://127.0.0.1:{0}".format(server.port), str(tmp_path / "cache"))
    assert judged(facts)["sources.reach"][:2] == ("pass", "127.0.0.1 over IPv4")


def test_a_server_that_is_away_fails_with_the_ways_out(tmp_path):
    with socket.socket(socket.AF_INET6) as taken:
        taken.bind(("::1", 0))  # bound and not listening: refused
        url = "http://[::1]:{0}".format(taken.getsockname()[1])
        found = judged(reach.look(ARTIFACTS, url, str(tmp_path / "cache")))
    status, observed, remedy = found["sources.reach.::1"]
    assert status == "fail" and "refused" in observed and "artifacts_mirror: " in remedy
    assert "sources.reach" not in found


def test_the_proxy_of_the_environment_is_used_and_its_password_is_not_told(mirror, tmp_path, monkeypatch):
    with Server(mirror) as proxy:
        monkeypatch.setenv("http_proxy", "http://me:secret@[::1]:{0}".format(proxy.port))
        facts = reach.look(ARTIFACTS, "http://mirror.example.com", str(tmp_path / "cache"))
        assert sorted(proxy.asked)[0].startswith("http://mirror.example.com/")
    assert judged(facts)["sources.reach"][:2] == (
        "pass",
        "mirror.example.com over IPv6, by the proxy http://[::1]:{0}".format(proxy.port),
    )
    assert "secret" not in str(facts)


def test_a_proxy_that_is_away_is_the_one_that_is_blamed(tmp_path, monkeypatch):
    with socket.socket(socket.AF_INET6) as taken:
        taken.bind(("::1", 0))
        monkeypatch.setenv("http_proxy", "http://[::1]:{0}".format(taken.getsockname()[1]))
        found = judged(reach.look(ARTIFACTS, "http://mirror.example.com", str(tmp_path / "cache")))
    assert found["sources.reach.mirror.example.com"][1].startswith("the proxy http://[::1]:")


def test_a_silent_server_takes_a_bounded_time_and_is_a_warning(mirror, tmp_path):
    with Server(mirror, silent=True) as server:
        started = time.time()
        url = "http://[::1]:{0}".format(server.port)
        facts = reach.look(ARTIFACTS, url, str(tmp_path / "cache"), timeout=10, patience=1)
        assert time.time() - started < 3
    assert statuses(facts)["sources.reach.::1"] == "warn"


def test_an_airgapped_spec_without_mirror_asks_nobody(tmp_path, monkeypatch):
    monkeypatch.setattr(reach.Questions, "ask", None)
    found = judged(reach.look(ARTIFACTS, "", str(tmp_path / "cache"), airgap=True))
    assert found["sources.files"][0] == "fail" and "the spec is airgapped" in found["sources.files"][1]


def test_upstream_is_asked_at_the_projects_own_servers():
    source = UpstreamSource()
    assert source.where("dl.k8s.io/v1/x") == "https://dl.k8s.io/v1/x"
    pause, runc = ARTIFACTS
    assert source.question(runc) == "https://" + runc["checksum_path"]
    assert source.question(pause) == "https://registry.k8s.io/v2/"
    assert source.question(image_artifacts(["haproxy:3.0"], "amd64")[0]) == "https://registry-1.docker.io/v2/"


def upstream(**server):
    """Facts of a controller that asked github.com."""
    entry = {
        "server": "github.com",
        "port": 443,
        "proxy": "",
        "dialled": "github.com",
        "ipv6": [],
        "ipv4": ["192.0.2.1"],
        "family": "",
        "nat64": False,
        "reason": "it has no IPv6 address; 192.0.2.1: Network is unreachable",
        "problems": [],
        "silent": False,
        "names": ["runc"],
    }
    entry.update(server)
    return {
        "kind": "upstream",
        "mirror": "",
        "wanted": 1,
        "cached": 0,
        "problem": "",
        "absent": [],
        "tool": "",
        "nat64": "",
        "airgap": False,
        "servers": [entry],
    }


def test_a_server_without_ipv6_address_is_explained():
    status, observed, remedy = judged(upstream())["sources.reach.github.com"]
    assert status == "fail" and "it has no IPv6 address" in observed
    assert "https_proxy" in remedy and "DNS64" in remedy and "artifacts_mirror" in remedy


def test_a_nat64_on_the_way_is_named():
    facts = upstream(ipv6=["64:ff9b::c000:201"], family="ipv6", nat64=True, reason="")
    assert judged(facts)["sources.reach"][1] == "github.com over IPv6 through the NAT64"
    assert reach.within("64:ff9b::/96", "64:ff9b::c000:201")
    assert not reach.within("64:ff9b::/96", "2001:db8::c000:201")


def test_a_missing_skopeo_is_told_before_it_is_needed():
    facts = dict(upstream(family="ipv4", reason=""), tool="skopeo")
    assert judged(facts)["sources.files"][0] == "fail"


def test_nothing_planned_is_nothing_to_judge():
    assert statuses(reach.look([], "", "/nonexistent")) == {"sources.files": "skip", "sources.reach": "skip"}
