# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0
"""The artifacts that an installation needs: named, fetched, verified, locked."""

from __future__ import absolute_import, division, print_function

__metaclass__ = type

import hashlib
import json
import os
import threading

import pytest
from ansible_collections.kurl.ipv6.plugins.module_utils.artifacts import fetch as fetch_module
from ansible_collections.kurl.ipv6.plugins.module_utils.artifacts.catalog import (
    file_artifacts,
    full_reference,
    image_artifacts,
)
from ansible_collections.kurl.ipv6.plugins.module_utils.artifacts.checksum import parse_checksum
from ansible_collections.kurl.ipv6.plugins.module_utils.artifacts.fetch import fetch_all

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


def test_an_unknown_component_is_named():
    with pytest.raises(ValueError, match="weave"):
        file_artifacts({"weave": "2.8.1"}, "amd64")


def test_an_image_by_digest_is_refused():
    with pytest.raises(ValueError, match="by its tag"):
        image_artifacts(["registry.k8s.io/pause@sha256:" + SUM], "amd64")


@pytest.fixture(name="mirror")
def fixture_mirror(tmp_path):
    """A mirror folder with one image archive and a file to fetch."""
    for artifact in image_artifacts(["registry.k8s.io/pause:3.10.1"], "amd64") + file_artifacts({"runc": "1.3.6"}, "amd64"):
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
    assert os.listdir(str(tmp_path / "cache")) == ["artifacts.lock.json"]


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
        "artifacts_mirror: there is no folder {0}. Point artifacts_mirror at a folder with upstream's layout, or leave it "
        "empty to fetch from upstream".format(tmp_path / "nowhere")
    ]


@pytest.fixture(name="server")
def fixture_server(mirror):
    """The mirror behind a URL on the loopback interface."""
    from http.server import HTTPServer, SimpleHTTPRequestHandler

    class Handler(SimpleHTTPRequestHandler):
        def translate_path(self, path):
            return str(mirror) + path

        def log_message(self, *_arguments):
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield "http://127.0.0.1:{0}".format(server.server_port)
    server.shutdown()
    thread.join()
    server.server_close()


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


def test_a_full_disk_says_so(server, tmp_path, monkeypatch):
    def full(_path):
        raise OSError(28, "No space left on device", _path)

    monkeypatch.setattr(fetch_module, "sha256_of", full)
    result = fetch_all(ARTIFACTS[:1], server, str(tmp_path / "cache"))
    assert "no space left on the disk" in result["errors"][0]
    assert "artifacts_cache" in result["errors"][0]


def test_a_broken_lock_file_names_the_remedy(mirror, tmp_path):
    cache = tmp_path / "cache"
    cache.mkdir()
    (cache / "artifacts.lock.json").write_text("{")
    result = fetch_all(ARTIFACTS, str(mirror), str(cache))
    assert "Delete it to lock anew" in result["errors"][0]
