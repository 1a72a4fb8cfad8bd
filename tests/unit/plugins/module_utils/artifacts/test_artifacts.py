# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0
"""The artifacts that an installation needs: named, fetched, verified, locked."""

from __future__ import absolute_import, division, print_function

__metaclass__ = type

import hashlib
import json
import os
import socket
import subprocess
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from ansible_collections.kurl.ipv6.plugins.module_utils.artifacts import fetch as fetch_module
from ansible_collections.kurl.ipv6.plugins.module_utils.artifacts.catalog import (
    file_artifacts,
    full_reference,
    image_artifacts,
)
from ansible_collections.kurl.ipv6.plugins.module_utils.artifacts.checksum import parse_checksum
from ansible_collections.kurl.ipv6.plugins.module_utils.artifacts.fetch import fetch_all
from ansible_collections.kurl.ipv6.plugins.module_utils.hostfiles import lock as host_lock

SUM = "a" * 64


@pytest.mark.parametrize(
    "text, expected",
    [
        (SUM, SUM),
        (SUM.upper() + "\n", SUM),
        (SUM + "  runc.amd64\n", SUM),
        (SUM + " *runc.amd64\n", SUM),
        (SUM + "  ./out/runc.amd64\n", SUM),
        ("b" * 64 + "  runc.arm64\n" + SUM + "  runc.amd64\n", SUM),
        ("b" * 64 + "  runc.arm64\n", None),
        ("<html>not found</html>", None),
        ("", None),
        ("a" * 63, None),
    ],
)
def test_published_checksums_are_read(text, expected):
    assert parse_checksum(text, "runc.amd64") == expected


@pytest.mark.parametrize(
    "short, full",
    [
        ("haproxy:3.0", "docker.io/library/haproxy:3.0"),
        ("antrea/antrea-agent-ubuntu:v2.4.1", "docker.io/antrea/antrea-agent-ubuntu:v2.4.1"),
        ("registry.k8s.io/pause:3.10.1", "registry.k8s.io/pause:3.10.1"),
        ("localhost/x:1", "localhost/x:1"),
        ("[fd00::1]:5000/x", "[fd00::1]:5000/x:latest"),
        ("busybox", "docker.io/library/busybox:latest"),
    ],
)
def test_references_are_spelled_out_as_containerd_stores_them(short, full):
    assert full_reference(short) == full


def test_paths_are_upstreams_own():
    artifacts = file_artifacts({"kubernetes": "1.34.4", "runc": "1.3.6", "antrea": ""}, "arm64")
    assert [artifact["path"] for artifact in artifacts] == [
        "dl.k8s.io/v1.34.4/bin/linux/arm64/kubeadm",
        "dl.k8s.io/v1.34.4/bin/linux/arm64/kubelet",
        "dl.k8s.io/v1.34.4/bin/linux/arm64/kubectl",
        "github.com/opencontainers/runc/releases/download/v1.3.6/runc.arm64",
    ]
    assert artifacts[-1]["checksum_path"] == "github.com/opencontainers/runc/releases/download/v1.3.6/runc.sha256sum"


@pytest.mark.parametrize(
    "version, folder, csi_operator",
    [
        ("1.5.12", "cluster/examples/kubernetes/ceph", False),
        ("1.7.11", "cluster/examples/kubernetes/ceph", False),
        ("1.8.10", "deploy/examples", False),
        ("1.17.7", "deploy/examples", False),
        ("1.18.11", "deploy/examples", True),
    ],
)
def test_rooks_manifests_lie_where_the_release_has_them(version, folder, csi_operator):
    artifacts = {artifact["name"]: artifact for artifact in file_artifacts({"rook": version}, "amd64")}
    base = "raw.githubusercontent.com/rook/rook/v{0}/{1}/".format(version, folder)
    assert artifacts["rook-crds"]["path"] == base + "crds.yaml"
    assert artifacts["rook-storageclass"]["path"] == base + "csi/rbd/storageclass.yaml"
    assert artifacts["rook-cephfs-storageclass"]["path"] == base + "csi/cephfs/storageclass.yaml"
    assert ("rook-csi-operator" in artifacts) is csi_operator
    assert not any(artifact["checksum_required"] for artifact in artifacts.values())


def test_a_version_of_rook_that_is_none_is_named():
    with pytest.raises(ValueError, match="'1.18' is not a Rook version"):
        file_artifacts({"rook": "1.18"}, "amd64")


def test_an_unknown_component_is_named():
    with pytest.raises(ValueError, match="weave"):
        file_artifacts({"weave": "2.8.1"}, "amd64")


def test_an_image_by_digest_is_refused():
    with pytest.raises(ValueError, match="by its tag"):
        image_artifacts(["registry.k8s.io/pause@sha256:" + SUM], "amd64")


@pytest.fixture(name="mirror")
def fixture_mirror(tmp_path):
    """A mirror folder with one image archive and a file to fetch."""
    for artifact in image_artifacts(["registry.k8s.io/pause:3.10.1"], "amd64") + file_artifacts(
        {"runc": "1.3.6"}, "amd64"
    ):
        target = tmp_path / "mirror" / artifact["path"]
        target.parent.mkdir(parents=True)
        target.write_bytes(artifact["name"].encode() * 1000)
        published = hashlib.sha256(target.read_bytes()).hexdigest()
        (tmp_path / "mirror" / artifact["checksum_path"]).write_text("{0}  {1}\n".format(published, target.name))
    return tmp_path / "mirror"


ARTIFACTS = image_artifacts(["registry.k8s.io/pause:3.10.1"], "amd64") + file_artifacts({"runc": "1.3.6"}, "amd64")


def test_a_mirror_folder_is_used_in_place(mirror, tmp_path):
    result = fetch_all(ARTIFACTS, str(mirror), str(tmp_path / "cache"))
    assert result["errors"] == []
    assert result["fetched"] == []
    assert [one["path"].startswith(str(mirror)) for one in result["files"]] == [True, True]
    assert sorted(os.listdir(str(tmp_path / "cache"))) == [".busy", "artifacts.lock.json"]


def test_a_wrong_checksum_names_file_and_both_sums(mirror, tmp_path):
    path = mirror / ARTIFACTS[0]["path"]
    path.write_bytes(b"tampered")
    result = fetch_all(ARTIFACTS, str(mirror), str(tmp_path / "cache"))
    assert [one["name"] for one in result["files"]] == ["runc"]
    (error,) = result["errors"]
    assert "wrong checksum" in error
    assert str(path) in error
    assert hashlib.sha256(b"tampered").hexdigest() in error


def test_a_file_changed_after_it_was_locked_is_summed_again(mirror, tmp_path):
    fetch_all(ARTIFACTS, str(mirror), str(tmp_path / "cache"))
    (mirror / ARTIFACTS[1]["path"]).write_bytes(b"changed later")
    result = fetch_all(ARTIFACTS, str(mirror), str(tmp_path / "cache"))
    assert "wrong checksum" in result["errors"][0]


def test_everything_missing_is_reported_at_once(tmp_path):
    (tmp_path / "empty").mkdir()
    result = fetch_all(ARTIFACTS, str(tmp_path / "empty"), str(tmp_path / "cache"))
    assert len(result["errors"]) == 2
    assert all("checksum" in error or "not in the mirror" in error for error in result["errors"])


def test_a_file_without_published_checksum_is_refused(mirror, tmp_path):
    (mirror / ARTIFACTS[1]["checksum_path"]).unlink()
    result = fetch_all(ARTIFACTS, str(mirror), str(tmp_path / "cache"))
    assert "cannot be verified" in result["errors"][0]


def test_a_missing_mirror_folder_is_one_clear_error(tmp_path):
    result = fetch_all(ARTIFACTS, str(tmp_path / "nowhere"), str(tmp_path / "cache"))
    assert result["errors"] == [
        "artifacts_mirror: there is no folder {0}. Point artifacts_mirror at a folder with upstream's layout, or leave "
        "it empty to fetch from upstream".format(tmp_path / "nowhere")
    ]


class Server:
    """A mirror behind a URL of the IPv6 loopback address, as well behaved as it is told to be.

    Arguments:
        root: the folder it serves.
    """

    def __init__(self, root):
        self.requests = []
        #: How many bytes of an answer are sent before the connection is closed, one entry an answer; then all.
        self.cuts = []
        self.ranges = True
        self.codes = {}
        server = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                server.answer(self, str(root) + self.path)

            def log_message(self, *_arguments):
                pass

        class Listener(HTTPServer):
            address_family = socket.AF_INET6

        self.listener = Listener(("::1", 0), Handler)
        self.url = "http://[::1]:{0}".format(self.listener.server_port)
        self.thread = threading.Thread(target=self.listener.serve_forever, kwargs={"poll_interval": 0.02})

    def answer(self, handler, path):
        """Answer one request."""
        self.requests.append((os.path.basename(path), handler.headers.get("Range")))
        code = self.codes.get(os.path.basename(path), 200)
        if code != 200 or not os.path.isfile(path):
            handler.send_error(404 if code == 200 else code)
            return
        with open(path, "rb") as stream:
            data = stream.read()
        start = 0
        if self.ranges and handler.headers.get("Range"):
            start = int(handler.headers["Range"][len("bytes=") : -1])
            if start >= len(data):
                handler.send_error(416)
                return
        handler.send_response(206 if start else 200)
        handler.send_header("Content-Length", str(len(data) - start))
        handler.end_headers()
        cut = self.cuts.pop(0) if self.cuts and not path.endswith("sum") and not path.endswith("256") else None
        handler.wfile.write(data[start:] if cut is None else data[start : start + cut])

    def close(self):
        """Stop listening."""
        self.listener.shutdown()
        self.thread.join()
        self.listener.server_close()


@pytest.fixture(name="listening")
def fixture_listening(mirror):
    """A server of the mirror."""
    try:
        server = Server(mirror)
    except OSError as error:
        pytest.skip("needs the IPv6 loopback address: {0}".format(error))
    server.thread.start()
    yield server
    server.close()


@pytest.fixture(name="server")
def fixture_server(listening):
    """The address of a server of the mirror."""
    return listening.url


def test_a_url_is_fetched_once_and_locked(server, mirror, tmp_path):
    cache = tmp_path / "cache"
    first = fetch_all(ARTIFACTS, server, str(cache))
    assert first["errors"] == []
    assert sorted(first["fetched"]) == sorted(one["name"] for one in ARTIFACTS)
    assert fetch_all(ARTIFACTS, server, str(cache))["fetched"] == []
    locked = json.loads((cache / "artifacts.lock.json").read_text())["artifacts"]
    assert locked[server + "/" + ARTIFACTS[1]["path"]]["sha256"] == first["files"][1]["sha256"]


def test_only_looking_changes_nothing(server, tmp_path):
    result = fetch_all(ARTIFACTS, server, str(tmp_path / "cache"), only_look=True)
    assert result["missing"] == [one["name"] for one in ARTIFACTS]
    assert not (tmp_path / "cache").exists()


def test_a_damaged_download_is_not_kept(server, mirror, tmp_path):
    (mirror / ARTIFACTS[0]["path"]).write_bytes(b"tampered")
    result = fetch_all(ARTIFACTS[:1], server, str(tmp_path / "cache"))
    assert "wrong checksum" in result["errors"][0]
    assert not list((tmp_path / "cache").rglob("*.tar*"))


def test_a_file_missing_behind_a_url_names_the_address(server, mirror, tmp_path):
    (mirror / ARTIFACTS[0]["path"]).unlink()
    result = fetch_all(ARTIFACTS[:1], server, str(tmp_path / "cache"))
    assert "answered 404" in result["errors"][0]
    assert ARTIFACTS[0]["path"] in result["errors"][0]


@pytest.fixture(name="small_disk")
def fixture_small_disk(tmp_path):
    """A real file system with room for 64 kB."""
    folder = tmp_path / "small"
    folder.mkdir()
    words = ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(folder)]
    if os.getuid() != 0 or subprocess.call(words, stderr=subprocess.DEVNULL) != 0:
        pytest.skip("needs root, to mount a small file system")
    yield folder
    subprocess.check_call(["umount", str(folder)])


def test_a_full_disk_says_so_and_keeps_what_arrived(listening, mirror, tmp_path, small_disk):
    big = mirror / ARTIFACTS[0]["path"]
    big.write_bytes(os.urandom(200000))
    published = hashlib.sha256(big.read_bytes()).hexdigest()
    (mirror / ARTIFACTS[0]["checksum_path"]).write_text("{0}  {1}\n".format(published, big.name))
    assert fetch_all(ARTIFACTS[1:], listening.url, str(small_disk))["fetched"] == ["runc"]
    result = fetch_all(ARTIFACTS, listening.url, str(small_disk))
    (error,) = result["errors"]
    assert "registry.k8s.io/pause:3.10.1: no space left on the disk of {0}".format(small_disk) in error
    assert "artifacts_cache" in error
    # The small one is there all the same, and with more room the next run goes on.
    assert [one["name"] for one in result["files"]] == ["runc"]
    subprocess.check_call(["mount", "-o", "remount,size=1m", str(small_disk)])
    del listening.requests[:]
    assert fetch_all(ARTIFACTS, listening.url, str(small_disk))["errors"] == []
    ((_name, asked),) = [request for request in listening.requests if request[0] == big.name]
    assert asked.startswith("bytes=")
    assert int(asked[len("bytes=") : -1]) > 10000


def test_a_connection_that_breaks_off_is_taken_up_in_the_same_run(listening, tmp_path):
    listening.cuts = [1000, 5000]
    result = fetch_all(ARTIFACTS[:1], listening.url, str(tmp_path / "cache"))
    assert result["errors"] == []
    name = os.path.basename(ARTIFACTS[0]["path"])
    assert [asked for one, asked in listening.requests if one == name] == [None, "bytes=1000-", "bytes=6000-"]


def test_a_connection_that_brings_nothing_is_an_error_and_what_came_is_kept(listening, tmp_path):
    listening.cuts = [1000, 0]
    result = fetch_all(ARTIFACTS[:1], listening.url, str(tmp_path / "cache"))
    (error,) = result["errors"]
    assert "broke off" in error
    assert "goes on after the 1000 bytes" in error
    assert listening.url + "/" + ARTIFACTS[0]["path"] in error
    assert fetch_all(ARTIFACTS[:1], listening.url, str(tmp_path / "cache"))["errors"] == []
    assert listening.requests[-1][1] == "bytes=1000-"


def test_a_server_without_ranges_is_asked_for_the_whole_file(listening, tmp_path):
    part = tmp_path / "cache" / (ARTIFACTS[0]["path"] + ".part")
    part.parent.mkdir(parents=True)
    part.write_bytes(b"x" * 1000)
    listening.ranges = False
    assert fetch_all(ARTIFACTS[:1], listening.url, str(tmp_path / "cache"))["errors"] == []
    name = os.path.basename(ARTIFACTS[0]["path"])
    assert [asked for one, asked in listening.requests if one == name] == ["bytes=1000-"]


@pytest.mark.parametrize("size", [1000, 1000000])
def test_the_beginning_of_another_file_is_fetched_anew(listening, tmp_path, size):
    part = tmp_path / "cache" / (ARTIFACTS[0]["path"] + ".part")
    part.parent.mkdir(parents=True)
    part.write_bytes(b"x" * size)
    result = fetch_all(ARTIFACTS[:1], listening.url, str(tmp_path / "cache"))
    assert (result["errors"], result["fetched"]) == ([], [ARTIFACTS[0]["name"]])
    assert not part.exists()


def test_another_sources_file_in_the_cache_is_fetched_anew(listening, tmp_path):
    cached = tmp_path / "cache" / ARTIFACTS[0]["path"]
    cached.parent.mkdir(parents=True)
    cached.write_bytes(b"built by another mirror")
    assert fetch_all(ARTIFACTS[:1], listening.url, str(tmp_path / "cache"), only_look=True)["missing"] == [
        ARTIFACTS[0]["name"]
    ]
    assert cached.read_bytes() == b"built by another mirror"
    result = fetch_all(ARTIFACTS[:1], listening.url, str(tmp_path / "cache"))
    assert (result["errors"], result["fetched"]) == ([], [ARTIFACTS[0]["name"]])


def replace(mirror, artifact, data):
    """Put other bytes into the mirror, with their sum."""
    path = mirror / artifact["path"]
    path.write_bytes(data)
    (mirror / artifact["checksum_path"]).write_text("{0}  {1}\n".format(hashlib.sha256(data).hexdigest(), path.name))


def test_a_release_that_changes_on_a_server_is_an_error(listening, mirror, tmp_path):
    cache = tmp_path / "cache"
    fetch_all(ARTIFACTS, listening.url, str(cache))
    replace(mirror, ARTIFACTS[0], b"replaced")
    # What was verified and is still there needs no server.
    assert fetch_all(ARTIFACTS, listening.url, str(cache))["errors"] == []
    (cache / ARTIFACTS[0]["path"]).unlink()
    (error,) = fetch_all(ARTIFACTS, listening.url, str(cache))["errors"]
    assert hashlib.sha256(b"replaced").hexdigest() in error
    assert "A release does not change" in error
    assert str(cache / "artifacts.lock.json") in error
    (cache / "artifacts.lock.json").unlink()
    assert fetch_all(ARTIFACTS, listening.url, str(cache))["errors"] == []


def test_a_mirror_folder_that_changes_with_its_sums_is_a_warning(mirror, tmp_path):
    cache = str(tmp_path / "cache")
    fetch_all(ARTIFACTS, str(mirror), cache)
    replace(mirror, ARTIFACTS[0], b"rebuilt")
    result = fetch_all(ARTIFACTS, str(mirror), cache)
    assert result["errors"] == []
    (warning,) = result["warnings"]
    assert hashlib.sha256(b"rebuilt").hexdigest() in warning
    assert fetch_all(ARTIFACTS, str(mirror), cache)["warnings"] == []


def test_without_a_published_sum_the_lock_file_holds(listening, mirror, tmp_path):
    (artifact,) = file_artifacts({"antrea": "2.4.1"}, "amd64")
    path = mirror / artifact["path"]
    path.parent.mkdir(parents=True)
    path.write_bytes(b"first")
    cache = tmp_path / "cache"
    assert fetch_all([artifact], listening.url, str(cache))["errors"] == []
    (cache / artifact["path"]).unlink()
    path.write_bytes(b"second")
    (error,) = fetch_all([artifact], listening.url, str(cache))["errors"]
    assert "wrong checksum" in error
    assert "the lock file says " + hashlib.sha256(b"first").hexdigest() in error


def test_nothing_is_made_in_a_mirror_folder(mirror, tmp_path):
    (artifact,) = file_artifacts({"cni_plugins": "1.9.1"}, "amd64")
    for only_look in (True, False):
        (error,) = fetch_all([artifact], str(mirror), str(tmp_path / "cache"), only_look)["errors"]
        assert "cni-plugins is not in the mirror: there is no {0}".format(mirror / artifact["path"]) in error
    assert not (mirror / "github.com/containernetworking").exists()


def test_a_program_that_is_run_on_the_controller_can_be_run(listening, mirror, tmp_path):
    kubeadm = file_artifacts({"kubernetes": "1.34.4"}, "amd64")[0]
    (mirror / kubeadm["path"]).parent.mkdir(parents=True)
    replace(mirror, kubeadm, b"#!/bin/sh\necho images\n")
    cache = str(tmp_path / "cache")
    for source in (str(mirror), listening.url):
        for _again in range(2):
            (found,) = fetch_all([kubeadm], source, cache)["files"]
            assert subprocess.check_output([found["path"]]) == b"images\n"
    # Neither the mirror's file nor the cached one is touched.
    assert not os.access(str(mirror / kubeadm["path"]), os.X_OK)
    os.chmod(str(mirror / kubeadm["path"]), 0o755)
    (found,) = fetch_all([kubeadm], str(mirror), cache)["files"]
    assert found["path"] == str(mirror / kubeadm["path"])


def test_servers_that_are_away_or_broken_are_named(listening, tmp_path):
    cache = str(tmp_path / "cache")
    name = os.path.basename(ARTIFACTS[0]["path"])
    listening.codes = {name: 500}
    assert "answered 500" in fetch_all(ARTIFACTS[:1], listening.url, cache)["errors"][0]
    listening.codes = {name + ".sha256": 503}
    assert "answered 503" in fetch_all(ARTIFACTS[:1], listening.url, cache)["errors"][0]
    with socket.socket(socket.AF_INET6) as free:
        free.bind(("::1", 0))
        port = free.getsockname()[1]
    for mirror_url in (
        "http://[::1]:{0}".format(port),
        "http://[::1",
        "http://no host/",
        "https://[::1]:{0}".format(port),
    ):
        (error,) = fetch_all(ARTIFACTS[:1], mirror_url, cache)["errors"]
        assert "cannot be reached" in error
        assert "artifacts_mirror" in error
        assert mirror_url in error


def test_a_cache_that_cannot_be_written_names_the_folder(mirror, tmp_path):
    (tmp_path / "file").write_text("")
    (error,) = fetch_all(ARTIFACTS, str(mirror), str(tmp_path / "file/cache"))["errors"]
    assert str(tmp_path / "file") in error
    assert "artifacts_cache" in error


def test_a_second_run_waits_for_the_first(mirror, tmp_path, monkeypatch):
    cache = tmp_path / "cache"
    cache.mkdir()
    monkeypatch.setattr(fetch_module, "hold", lambda path: host_lock.hold(path, seconds=0))
    with host_lock.hold(str(cache / ".busy")):
        (error,) = fetch_all(ARTIFACTS, str(mirror), str(cache))["errors"]
    assert "an earlier run is still at work" in error
    assert fetch_all(ARTIFACTS, str(mirror), str(cache))["errors"] == []


def test_a_broken_lock_file_names_the_remedy(mirror, tmp_path):
    cache = tmp_path / "cache"
    cache.mkdir()
    (cache / "artifacts.lock.json").write_text("{")
    result = fetch_all(ARTIFACTS, str(mirror), str(cache))
    assert "Delete it to lock anew" in result["errors"][0]
