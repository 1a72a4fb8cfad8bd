# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0
"""Writes tar archives and OCI image archives whose bytes depend on their content alone."""

import gzip
import hashlib
import io
import json
import os
import tarfile

GZIP_LEVEL = 1


def _entry(name, size, mode):
    entry = tarfile.TarInfo(name)
    entry.size, entry.mode = size, mode
    return entry


def write_tar(stream, files):
    """Write a tar archive.

    Arguments:
        stream: where to.
        files: ``{name in the archive: (local file or bytes, mode)}``; parents are not written.
    """
    with tarfile.open(fileobj=stream, mode="w", format=tarfile.GNU_FORMAT) as archive:
        for name, (source, mode) in files.items():
            if isinstance(source, bytes):
                archive.addfile(_entry(name, len(source), mode), io.BytesIO(source))
            else:
                with open(source, "rb") as file:
                    archive.addfile(_entry(name, os.path.getsize(source), mode), file)


def write_tar_gz(path, files):
    """Write a compressed tar archive; arguments as for :func:`write_tar`."""
    with (
        open(path, "wb") as raw,
        gzip.GzipFile(filename="", mode="wb", compresslevel=GZIP_LEVEL, fileobj=raw, mtime=0) as stream,
    ):
        write_tar(stream, files)


class _Digesting:
    """A writable stream that also digests what passes."""

    def __init__(self, stream):
        self._stream = stream
        self.digest = hashlib.sha256()
        self.size = 0

    def write(self, data):
        self.digest.update(data)
        self.size += len(data)
        return self._stream.write(data)

    def tell(self):
        return self.size

    def flush(self):
        self._stream.flush()


def _layer(path, fill):
    """Write a compressed layer; return its descriptor and the digest of what was compressed."""
    with open(path, "wb") as raw:
        outer = _Digesting(raw)
        with gzip.GzipFile(filename="", mode="wb", compresslevel=GZIP_LEVEL, fileobj=outer, mtime=0) as compressor:
            inner = _Digesting(compressor)
            fill(inner)
    descriptor = {
        "mediaType": "application/vnd.oci.image.layer.v1.tar+gzip",
        "digest": "sha256:" + outer.digest.hexdigest(),
        "size": outer.size,
    }
    return descriptor, "sha256:" + inner.digest.hexdigest()


def write_image(path, reference, architecture, files, config, base=""):
    """Write an OCI image archive with one or two layers.

    Arguments:
        path: the archive to write.
        reference: the image's full reference; ``ctr images import`` gives it this name.
        architecture: as Go spells it.
        files: as for :func:`write_tar`; the last layer.
        config: the image's configuration (Entrypoint, Cmd, Env ...).
        base: a tar archive that becomes the first layer, empty for none.
    """
    blobs = {}
    layers, differences = [], []

    def copy_base(stream):
        with open(base, "rb") as file:
            for block in iter(lambda: file.read(1 << 20), b""):
                stream.write(block)

    temporary = []
    try:
        for number, fill in enumerate(([copy_base] if base else []) + [lambda stream: write_tar(stream, files)]):
            layer_path = f"{path}.layer{number}"
            temporary.append(layer_path)
            descriptor, difference = _layer(layer_path, fill)
            layers.append(descriptor)
            differences.append(difference)
            blobs[descriptor["digest"]] = layer_path

        def blob(media_type, content):
            data = json.dumps(content, sort_keys=True, separators=(",", ":")).encode()
            digest = "sha256:" + hashlib.sha256(data).hexdigest()
            blobs[digest] = data
            return {"mediaType": media_type, "digest": digest, "size": len(data)}

        image = {
            "architecture": architecture,
            "os": "linux",
            "config": config,
            "rootfs": {"type": "layers", "diff_ids": differences},
        }
        manifest = {
            "schemaVersion": 2,
            "mediaType": "application/vnd.oci.image.manifest.v1+json",
            "config": blob("application/vnd.oci.image.config.v1+json", image),
            "layers": layers,
        }
        described = blob(manifest["mediaType"], manifest)
        described["platform"] = {"architecture": architecture, "os": "linux"}
        described["annotations"] = {
            "io.containerd.image.name": reference,
            "org.opencontainers.image.ref.name": reference.rsplit(":", 1)[1],
        }
        index = {"schemaVersion": 2, "mediaType": "application/vnd.oci.image.index.v1+json", "manifests": [described]}
        content = {
            "oci-layout": (b'{"imageLayoutVersion":"1.0.0"}', 0o644),
            "index.json": (json.dumps(index, sort_keys=True).encode(), 0o644),
        }
        for digest, source in blobs.items():
            content["blobs/sha256/" + digest.split(":")[1]] = (source, 0o644)
        with open(path, "wb") as stream:
            write_tar(stream, content)
    finally:
        for name in temporary:
            if os.path.exists(name):
                os.unlink(name)
