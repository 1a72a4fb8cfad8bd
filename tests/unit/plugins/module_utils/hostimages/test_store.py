# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0
"""Images in containerd's store: read from ctr's table, loaded from archives, marked with the archive they came from."""

from __future__ import absolute_import, division, print_function

__metaclass__ = type

import gzip
import hashlib
import io
import json
import os
import subprocess
import tarfile
import time

import pytest

from ansible_collections.kurl.ipv6.plugins.module_utils.hostfiles import archive
from ansible_collections.kurl.ipv6.plugins.module_utils.hostimages import store

RELEASE = os.path.expanduser(
    "~/.cache/kurl.ipv6/mirror/github.com/containerd/containerd/releases/download/v2.2.6/"
    "containerd-2.2.6-linux-amd64.tar.gz"
)
PAUSE = "registry.k8s.io/pause:3.10.1"
SHA256 = "a" * 64
KIND = "application/vnd.oci.image."
TABLE = "\n".join(
    [
        "REF                           TYPE                  DIGEST        SIZE      PLATFORMS   LABELS",
        "registry.k8s.io/pause:3.10.1  " + KIND + "index.v1+json    sha256:1111   2.1 MiB   linux/amd64 {0}",
        "registry.k8s.io/etcd:3.6.5-0  " + KIND + "index.v1+json    sha256:2222   22.3 MiB  linux/amd64,linux/arm64 "
        "io.cri-containerd.image=managed",
        "docker.io/library/x:1         " + KIND + "manifest.v1+json sha256:3333   0.0 B     -           -",
        "",
        "",
    ]
)
LABELS = "io.cri-containerd.image=managed,io.cri-containerd.pinned=pinned,kurl.ipv6/archive=" + SHA256


def test_the_table_is_read():
    assert store.parse_listing(TABLE.format(LABELS)) == {
        "registry.k8s.io/pause:3.10.1": SHA256,
        "registry.k8s.io/etcd:3.6.5-0": "",
        "docker.io/library/x:1": "",
    }
    assert store.parse_listing(TABLE.splitlines()[0] + "\n") == {}
    assert store.parse_listing("") == {}


class Ctr:
    """ctr as a function: the table it prints, and the codes of its commands."""

    def __init__(self, table="", codes=None):
        self.table = table
        self.codes = codes or {}
        self.calls = []

    def __call__(self, words):
        assert words[:4] == ["/usr/local/bin/ctr", "--namespace", "k8s.io", "images"]
        self.calls.append(words[4:])
        code = self.codes.get(words[4], 0)
        return code, self.table if words[4] == "list" else "", "" if code == 0 else "ctr: unexpected EOF\n"


def test_an_image_is_marked_last():
    ctr = Ctr(TABLE.format("-"))
    store.Store(ctr).load(PAUSE, "/tmp/a.tar", SHA256)
    assert [call[0] for call in ctr.calls] == ["import", "list", "label"]
    assert ctr.calls[-1] == ["label", PAUSE, "kurl.ipv6/archive=" + SHA256, "io.cri-containerd.pinned=pinned"]


def test_an_archive_with_another_image_is_named_and_not_marked():
    ctr = Ctr(TABLE.format("-"))
    with pytest.raises(store.StoreError, match="the archive for registry.k8s.io/pause:3.9 holds another image"):
        store.Store(ctr).load("registry.k8s.io/pause:3.9", "/tmp/a.tar", SHA256)
    assert "label" not in [call[0] for call in ctr.calls]


@pytest.mark.parametrize("command", ["list", "import", "label"])
def test_what_ctr_says_is_passed_on(command):
    with pytest.raises(store.StoreError, match="ctr images {0}.* failed: ctr: unexpected EOF".format(command)):
        store.Store(Ctr(TABLE.format("-"), {command: 1})).load(PAUSE, "/tmp/a.tar", SHA256)


def write_image(path, reference, layer):
    """Write an image archive of one compressed layer, as registries' tools write it."""
    blobs = {}

    def blob(data):
        digest = hashlib.sha256(data).hexdigest()
        blobs["blobs/sha256/" + digest] = data
        return {"digest": "sha256:" + digest, "size": len(data)}

    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w") as content:
        entry = tarfile.TarInfo("file")
        entry.size = len(layer)
        content.addfile(entry, io.BytesIO(layer))
    plain = stream.getvalue()
    kind = "application/vnd.oci.image.{0}.v1"
    rootfs = {"type": "layers", "diff_ids": ["sha256:" + hashlib.sha256(plain).hexdigest()]}
    config = {"architecture": "amd64", "os": "linux", "config": {}, "rootfs": rootfs}
    manifest = {
        "schemaVersion": 2,
        "mediaType": kind.format("manifest") + "+json",
        "config": dict(blob(json.dumps(config).encode()), mediaType=kind.format("config") + "+json"),
        "layers": [dict(blob(gzip.compress(plain)), mediaType=kind.format("layer") + ".tar+gzip")],
    }
    named = dict(blob(json.dumps(manifest).encode()), mediaType=manifest["mediaType"])
    # Without containerd's own annotation: skopeo writes only this one.
    named["annotations"] = {"org.opencontainers.image.ref.name": reference}
    blobs["index.json"] = json.dumps({"schemaVersion": 2, "manifests": [named]}).encode()
    blobs["oci-layout"] = b'{"imageLayoutVersion": "1.0.0"}'
    with tarfile.open(str(path), "w") as image:
        for name, data in blobs.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(data)
            image.addfile(entry, io.BytesIO(data))


@pytest.fixture(name="containerd")
def fixture_containerd(tmp_path):
    """A function that runs ctr against a real containerd of its own."""
    if os.getuid() != 0 or not os.path.exists(RELEASE):
        pytest.skip("needs root, and containerd in the lab's mirror (make mirror)")
    for name, blocks in archive.files(RELEASE, 1):
        if name in ("containerd", "ctr"):
            (tmp_path / name).write_bytes(b"".join(blocks))
            (tmp_path / name).chmod(0o755)
    (tmp_path / "config.toml").write_text('version = 3\ndisabled_plugins = ["io.containerd.grpc.v1.cri"]\n')
    words = [str(tmp_path / "containerd"), "--config", str(tmp_path / "config.toml")]
    words += ["--root", str(tmp_path / "root"), "--state", str(tmp_path / "state")]
    address = str(tmp_path / "containerd.sock")
    with open(str(tmp_path / "log"), "wb") as log:
        process = subprocess.Popen(words + ["--address", address], stdout=log, stderr=log)
    deadline = time.time() + 30
    while not os.path.exists(address):
        if process.poll() is not None or time.time() > deadline:
            process.kill()
            pytest.fail((tmp_path / "log").read_text())
        time.sleep(0.05)

    def run(words):
        child = subprocess.Popen(
            [str(tmp_path / "ctr"), "--address", address] + words[1:], stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )
        out, err = child.communicate()
        return child.returncode, out.decode(), err.decode()

    yield run
    process.terminate()
    process.wait()


def test_a_real_containerd_is_given_images_once(containerd, tmp_path):
    images = store.Store(containerd)
    assert images.archives() == {}
    write_image(tmp_path / "image.tar", PAUSE, b"one")
    images.load(PAUSE, str(tmp_path / "image.tar"), SHA256)
    assert images.archives() == {PAUSE: SHA256}
    # Another archive for the same image takes its place, and its mark.
    write_image(tmp_path / "image.tar", PAUSE, b"two")
    images.load(PAUSE, str(tmp_path / "image.tar"), "b" * 64)
    assert images.archives() == {PAUSE: "b" * 64}
    with pytest.raises(store.StoreError, match="holds another image"):
        images.load("registry.k8s.io/pause:3.9", str(tmp_path / "image.tar"), SHA256)
    (tmp_path / "image.tar").write_bytes((tmp_path / "image.tar").read_bytes()[:3000])
    with pytest.raises(store.StoreError, match="ctr images import"):
        images.load(PAUSE, str(tmp_path / "image.tar"), SHA256)
    # The mark went with the attempt: the next run does not take the image for loaded.
    assert images.archives() == {PAUSE: ""}
