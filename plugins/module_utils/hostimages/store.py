# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0
"""The images in containerd's store, as ``ctr`` shows them."""

from __future__ import absolute_import, division, print_function

__metaclass__ = type

#: Label that says from which archive an image came; set last, so that an interrupted import is repeated.
ARCHIVE_LABEL = "kurl.ipv6/archive"
#: Label by which the kubelet knows that it must not remove an image to free space.
PINNED_LABEL = "io.cri-containerd.pinned"


class StoreError(Exception):
    """ctr failed; the message says how."""


class Store:
    """containerd's images in the namespace of Kubernetes.

    Arguments:
        run: function (words) -> (exit code, output, errors).
        ctr: path of ctr.
    """

    def __init__(self, run, ctr="/usr/local/bin/ctr"):
        self._run = run
        self._ctr = ctr

    def _call(self, *words):
        code, out, err = self._run([self._ctr, "--namespace", "k8s.io", "images"] + list(words))
        if code != 0:
            raise StoreError("ctr images {0} failed: {1}".format(" ".join(words[:2]), (err or out).strip()))
        return out

    def archives(self):
        """Return {image: sha256 of the archive it came from} of what is in the store."""
        return parse_listing(self._call("list"))

    def load(self, image, archive, sha256):
        """Import an image archive and mark the image.

        Raises:
            StoreError: the archive is damaged, or holds another image.
        """
        self._call("import", archive)
        if image not in parse_listing(self._call("list")):
            raise StoreError(
                "the archive for {0} holds another image. Replace it in the mirror, with its checksum".format(image)
            )
        self._call("label", image, "{0}={1}".format(ARCHIVE_LABEL, sha256), "{0}=pinned".format(PINNED_LABEL))


def parse_listing(text):
    """Parse the table of ``ctr images list``.

    The first column is the image, the last one its labels as ``key=value,key=value``.
    Returns:
        {image: value of the archive label, empty if it has none}.
    """
    images = {}
    for line in text.splitlines()[1:]:
        columns = line.split()
        if not columns:
            continue
        labels = dict(label.split("=", 1) for label in columns[-1].split(",") if "=" in label)
        images[columns[0]] = labels.get(ARCHIVE_LABEL, "")
    return images
