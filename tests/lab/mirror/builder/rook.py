# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0
"""Adds Rook to the mirror: its operator and manifests from its Go module, Ceph from Debian's packages.

What Rook expects of an image with Ceph: daemons run as 167:167 and files are given to ``ceph:ceph``, LVM does not
wait for a udev that containers lack, and ``ceph --version`` answers. The operator's image is the same and Rook's
command on top, because the operator asks Ceph by Ceph's own command.
"""

import hashlib
import os

from . import archives, catalogue, debian, golang, versions

MODULE = "github.com/rook/rook"
FOLDER = os.path.join(catalogue.HERE, "rook")
EXAMPLES = "deploy/examples"
#: As upstream names them, below deploy/examples.
MANIFESTS = (
    "crds.yaml",
    "common.yaml",
    "operator.yaml",
    "cluster.yaml",
    "csi/rbd/storageclass.yaml",
    "filesystem.yaml",
    "csi/cephfs/storageclass.yaml",
    "object.yaml",
    "toolbox.yaml",
)
CEPH_SUITE = "trixie"
CEPH_PACKAGES = (
    *("ceph-base", "ceph-common", "ceph-mon", "ceph-mgr", "ceph-mgr-modules-core", "ceph-osd", "ceph-volume"),
    *("ceph-mds", "radosgw", "lvm2", "gdisk", "cryptsetup-bin", "udev", "kmod", "util-linux", "e2fsprogs"),
    *("iproute2", "jq", "logrotate", "bash", "coreutils", "findutils", "grep", "sed", "gawk", "hostname", "procps"),
)
#: User and group alike: Ceph's number in upstream's images, and Rook's own.
ACCOUNTS = {"root": 0, "ceph": 167, "rook": 2016, "nobody": 65534}
_USERS = "".join(f"{name}:x:{number}:{number}::/var/lib/{name}:/bin/bash\\n" for name, number in ACCOUNTS.items())
_GROUPS = "".join(f"{name}:x:{number}:\\n" for name, number in {**ACCOUNTS, "tty": 5, "disk": 6}.items())
#: Rook asks for this version before it prepares any disk, also one that needs no device mapper; a kernel may have none.
_DMSETUP = (
    '#!/bin/sh\\nif [ "$*" = version ] && ! grep -q device-mapper /proc/misc; then\\n'
    '  echo "Driver version: none"\\n  exit\\nfi\\nexec /usr/sbin/dmsetup "$@"\\n'
)
CEPH_HOOKS = (
    f'printf "{_USERS}" > "$1"/etc/passwd && printf "{_GROUPS}" > "$1"/etc/group',
    'printf "passwd: files\\ngroup: files\\nhosts: files dns\\n" > "$1"/etc/nsswitch.conf',
    # What install scripts would make, and the name that Rook's log collector looks for.
    'ln -sf gawk "$1"/usr/bin/awk && ln -sf bash "$1"/usr/bin/sh',
    'rmdir "$1"/var/run "$1"/var/lock && ln -s /run "$1"/var/run && ln -s /run/lock "$1"/var/lock',
    'cat "$1"/usr/share/ca-certificates/mozilla/*.crt > "$1"/etc/ssl/certs/ca-certificates.crt',
    'mv "$1"/etc/logrotate.d/ceph-common "$1"/etc/logrotate.d/ceph',
    f'mkdir -p "$1"/usr/local/sbin && printf \'{_DMSETUP}\' > "$1"/usr/local/sbin/dmsetup'
    ' && chmod 755 "$1"/usr/local/sbin/dmsetup',
    # Each module of the manager is an interpreter of its own, which this library refuses; one function needs it.
    'sed -i "/^import bcrypt$/d; s/^def password_hash.*/&\\n    import bcrypt/" "$1"/usr/share/ceph/mgr/mgr_util.py',
    'mkdir -p "$1"/run/ceph "$1"/var/lib/ceph "$1"/var/log/ceph "$1"/var/lib/rook "$1"/etc/ceph',
    'chown -R 167:167 "$1"/run/ceph "$1"/var/lib/ceph "$1"/var/log/ceph',
    'chown -R 2016:2016 "$1"/var/lib/rook "$1"/etc/ceph',
    'sed -i "s/# udev_sync = 1/udev_sync = 0/; s/# udev_rules = 1/udev_rules = 0/" "$1"/etc/lvm/lvm.conf',
    'rm -rf "$1"/usr/share/perl* "$1"/usr/lib/*/perl* "$1"/usr/lib/python3*/test "$1"/usr/lib/systemd/system',
)
CEPH_IMAGE = f"quay.io/ceph/ceph:v{versions.CEPH}"
ROOK_IMAGE = f"docker.io/rook/ceph:v{versions.ROOK}"
CEPH_RECIPE = catalogue.RECIPE + repr((versions.CEPH, CEPH_SUITE, CEPH_PACKAGES, CEPH_HOOKS, debian.THIN))


def fill(mirror):
    """Build what the mirror lacks of Rook. Returns how many files were made."""
    golang.ensure()
    debian.ensure()
    made = _manifests(mirror)
    made += _image(mirror, CEPH_IMAGE, CEPH_RECIPE, {}, lambda: {"etc/lab-image": (CEPH_IMAGE.encode() + b"\n", 0o644)})
    configuration = {"Entrypoint": ["/usr/local/bin/rook"], "Cmd": [""], "User": "2016"}
    with open(os.path.join(FOLDER, "go.sum"), "rb") as sums:
        recipe = CEPH_RECIPE + versions.ROOK + hashlib.sha256(sums.read()).hexdigest()
    return made + _image(mirror, ROOK_IMAGE, recipe, configuration, lambda: _operator(mirror))


def _manifests(mirror):
    folder = f"raw.githubusercontent.com/rook/rook/v{versions.ROOK}/{EXAMPLES}"
    made = 0
    for name in MANIFESTS:

        def make(path, name=name):
            with open(os.path.join(golang.source(FOLDER, MODULE), EXAMPLES, name), "rb") as source:
                data = source.read()
            with open(path, "wb") as target:
                target.write(data)

        made += mirror.add(f"{folder}/{name}", catalogue.RECIPE, make)
    return made


def _image(mirror, reference, recipe, configuration, files):
    name, tag = reference.rsplit(":", 1)
    path = f"images/{name}/{tag}-{catalogue.ARCHITECTURE}.tar"
    settings = {"Env": [catalogue.PATH, "LANG=C.UTF-8"], **configuration}

    def make(destination):
        base = catalogue.root_file_system(mirror, "ceph", CEPH_RECIPE, CEPH_PACKAGES, CEPH_HOOKS, suite=CEPH_SUITE)
        archives.write_image(destination, reference, catalogue.ARCHITECTURE, files(), settings, base)

    return mirror.add(path, recipe + repr(settings), make, os.path.basename(path) + ".sha256 list")


def _operator(mirror):
    """Return what the operator's image has besides Ceph, as upstream's build puts it together."""
    command = catalogue.Binaries(mirror.work).get(
        f"rook-{versions.ROOK}",
        FOLDER,
        f"{MODULE}/cmd/rook",
        flags=f"-X {MODULE}/pkg/version.Version=v{versions.ROOK}",
    )
    files = {"usr/local/bin/rook": (command, 0o755)}
    source = golang.source(FOLDER, MODULE)
    for name in ("toolbox.sh", "set-ceph-debug-level"):
        files["usr/local/bin/" + name] = (os.path.join(source, "images/ceph", name), 0o755)
    monitoring = os.path.join(source, EXAMPLES, "monitoring")
    for parent, folders, names in os.walk(monitoring):
        folders.sort()
        for path in (os.path.join(parent, name) for name in sorted(names)):
            files["etc/ceph-monitoring/" + os.path.relpath(path, monitoring)] = (path, 0o644)
    script = "create-external-cluster-resources.py"
    files["etc/rook-external/" + script] = (os.path.join(source, EXAMPLES, script), 0o644)
    return files
