# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0
"""Files on a real folder tree: whole or not at all, none of somebody else's, convergence after a kill at any point."""

from __future__ import absolute_import, division, print_function

__metaclass__ = type

import copy
import gzip
import hashlib
import io
import os
import tarfile

import pytest

from ansible_collections.kurl.ipv6.plugins.module_utils.hostfiles import archive, install, plan, registry

UNITS = [{"name": "x.service", "started": True}]


class Killed(Exception):
    """Stands for the end of the process."""


def make_item(name, dest, content=None, sha256="", mode="0644", unpack=False, strip=0, units=()):
    """Return one completed item."""
    asked = {
        "name": name,
        "dest": str(dest),
        "src": "",
        "content": content,
        "mode": mode,
        "unpack": unpack,
        "strip": strip,
        "sha256": sha256,
        "units": list(units),
    }
    return plan.complete([asked], UNITS)[0]


def write_archive(path, members):
    """Write a compressed tar archive of (name, content or TarInfo); return its sha256."""
    with tarfile.open(str(path), "w:gz") as stream:
        for name, content in members:
            if isinstance(content, tarfile.TarInfo):
                content.name = name
                stream.addfile(content)
            else:
                entry = tarfile.TarInfo(name)
                entry.size = len(content)
                stream.addfile(entry, io.BytesIO(content))
    return registry.digest(str(path))


def special(kind, target=""):
    """Return a member of an archive that is no regular file."""
    entry = tarfile.TarInfo("x")
    entry.type, entry.linkname = kind, target
    return entry


@pytest.fixture(name="host")
def fixture_host(tmp_path, monkeypatch):
    """A host's root, its record and what a whole run does on it."""
    monkeypatch.setattr(registry, "PATH", str(tmp_path / "var/files.json"))
    monkeypatch.setattr(install, "REPLACED", str(tmp_path / "var/replaced"))
    return Host(tmp_path)


class Host:
    """One host's folder; ``run`` is what the module does between plan and units."""

    def __init__(self, root):
        self.root = root

    def run(self, items, sources=None, replace_foreign=False, save=registry.write):
        """Install items; return the paths that changed."""
        record = registry.read()
        changed = []
        for item in items:
            if registry.current(record, item):
                continue
            if registry.settle(record, item):
                save(record)
                continue
            targets = install.stage(record, item, (sources or {}).get(item["name"]))
            try:
                found = [] if replace_foreign else install.foreign(record, targets)
                if found:
                    raise install.InstallError(install.foreign_message(found))
                changed += install.place(record, item, targets, save)
            finally:
                install.discard(targets)
        return changed

    def files(self):
        """Return {path below the root: content} of every file but the record."""
        found = {}
        for folder, _folders, names in os.walk(str(self.root / "etc")):
            for name in names:
                path = os.path.join(folder, name)
                with open(path) as stream:
                    found[os.path.relpath(path, str(self.root))] = stream.read()
        return found


def test_a_file_is_installed_with_its_folders_mode_and_record(host):
    item = make_item("a", host.root / "etc/x/y/a.conf", "one\n", mode="0640")
    old = os.umask(0o077)
    try:
        assert host.run([item]) == [item["dest"]]
    finally:
        os.umask(old)
    assert host.files() == {"etc/x/y/a.conf": "one\n"}
    assert os.stat(item["dest"]).st_mode & 0o7777 == 0o640
    # Folders can be read by all, whatever root's umask is.
    assert os.stat(str(host.root / "etc/x")).st_mode & 0o7777 == 0o755
    record = registry.read()
    assert record["folders"] == [str(host.root / "etc"), str(host.root / "etc/x"), str(host.root / "etc/x/y")]
    (noted,) = record["items"]["a"]["files"].values()
    assert noted["sha256"] == hashlib.sha256(b"one\n").hexdigest()
    assert noted["before"] == registry.NOTHING
    assert host.run([item]) == []


def test_own_files_are_updated_and_a_touched_one_is_left(host):
    item = make_item("a", host.root / "etc/a", "one\n")
    host.run([item])
    os.utime(item["dest"], (1, 1))
    assert host.run([item]) == []
    assert registry.current(registry.read(), item)
    with open(item["dest"], "w") as stream:
        stream.write("edited\n")
    assert host.run([item]) == [item["dest"]]
    assert host.files() == {"etc/a": "one\n"}
    assert host.run([make_item("a", host.root / "etc/a", "two\n")]) == [item["dest"]]
    assert host.files() == {"etc/a": "two\n"}


def test_a_changed_mode_alone_is_a_change(host):
    host.run([make_item("a", host.root / "etc/a", "one\n")])
    assert host.run([make_item("a", host.root / "etc/a", "one\n", mode="0600")]) == [str(host.root / "etc/a")]
    assert os.stat(str(host.root / "etc/a")).st_mode & 0o7777 == 0o600
    os.chmod(str(host.root / "etc/a"), 0o666)
    assert host.run([make_item("a", host.root / "etc/a", "one\n", mode="0600")]) == [str(host.root / "etc/a")]


@pytest.mark.parametrize("kind", ["file", "link", "dangling link"])
def test_what_is_not_ours_is_left_alone(host, kind):
    (host.root / "etc").mkdir()
    path = host.root / "etc/a"
    if kind == "file":
        path.write_text("theirs\n")
    else:
        (host.root / "etc/b").write_text("one\n")
        path.symlink_to(host.root / ("etc/b" if kind == "link" else "etc/nowhere"))
    before = os.lstat(str(path))
    with pytest.raises(install.InstallError, match="was not installed by this collection.*replace_foreign_files"):
        host.run([make_item("a", path, "one\n")])
    assert os.lstat(str(path)) == before
    assert not [name for name in os.listdir(str(host.root / "etc")) if "kurl" in name]


def test_the_same_file_of_somebody_else_is_taken_as_it_is_and_kept_at_removal(host):
    (host.root / "etc").mkdir()
    (host.root / "etc/a").write_text("one\n")
    os.chmod(str(host.root / "etc/a"), 0o644)
    item = make_item("a", host.root / "etc/a", "one\n")
    assert host.run([item]) == []
    removable = registry.removable(registry.read())
    assert removable["keep"] == [item["dest"]]
    assert removable["remove"] == {}


def test_a_file_that_is_replaced_is_kept_and_can_be_restored(host):
    (host.root / "etc").mkdir()
    (host.root / "etc/a").write_text("theirs\n")
    item = make_item("a", host.root / "etc/a", "one\n")
    assert host.run([item], replace_foreign=True) == [item["dest"]]
    host.run([make_item("a", host.root / "etc/a", "two\n")])
    (copy_of_theirs,) = registry.removable(registry.read())["restore"].values()
    with open(copy_of_theirs) as stream:
        assert stream.read() == "theirs\n"
    # The item moves: what it replaced comes back.
    host.run([make_item("a", host.root / "etc/b", "two\n")])
    assert host.files() == {"etc/a": "theirs\n", "etc/b": "two\n"}


def test_a_folder_in_the_way_is_named_even_where_files_may_be_replaced(host):
    (host.root / "etc/a").mkdir(parents=True)
    with pytest.raises(install.InstallError, match="is a folder"):
        host.run([make_item("a", host.root / "etc/a", "one\n")], replace_foreign=True)


def test_what_differs_from_what_was_sent_is_refused(host, tmp_path):
    (tmp_path / "sent").write_bytes(b"damaged")
    item = make_item("a", host.root / "etc/a", sha256="0" * 64)
    with pytest.raises(install.InstallError, match="differs from what was sent"):
        host.run([item], {"a": str(tmp_path / "sent")})
    assert host.files() == {}


def test_an_archive_is_unpacked_into_one_folder(host, tmp_path):
    members = [("./bin/ctr", b"ctr"), ("bin/containerd", b"containerd"), ("bin/deep/x", b"x"), ("README", b"r")]
    sha256 = write_archive(tmp_path / "a.tar.gz", members)
    item = make_item("a", host.root / "etc/bin/", sha256=sha256, mode="0755", unpack=True, strip=1)
    sources = {"a": str(tmp_path / "a.tar.gz")}
    assert host.run([item], sources) == [str(host.root / "etc/bin/containerd"), str(host.root / "etc/bin/ctr")]
    assert host.files() == {"etc/bin/ctr": "ctr", "etc/bin/containerd": "containerd"}
    assert os.stat(str(host.root / "etc/bin/ctr")).st_mode & 0o7777 == 0o755
    assert host.run([item], {}) == []
    # Touched files are told from changed ones by their sums, without the archive.
    os.utime(str(host.root / "etc/bin/ctr"), (1, 1))
    assert host.run([item], {}) == []
    # A file that the next version no longer has goes.
    sha256 = write_archive(tmp_path / "b.tar.gz", [("bin/ctr", b"ctr"), ("bin/shim", b"shim")])
    item = make_item("a", host.root / "etc/bin", sha256=sha256, mode="0755", unpack=True, strip=1)
    assert host.run([item], {"a": str(tmp_path / "b.tar.gz")}) == [str(host.root / "etc/bin/shim")]
    assert host.files() == {"etc/bin/ctr": "ctr", "etc/bin/shim": "shim"}


def test_other_strip_or_mode_of_an_archive_is_another_item(host, tmp_path):
    sha256 = write_archive(tmp_path / "a.tar", [("bin/x", b"in bin"), ("x", b"at the top")])
    sources = {"a": str(tmp_path / "a.tar")}
    host.run([make_item("a", host.root / "etc", sha256=sha256, unpack=True, strip=1)], sources)
    assert host.files() == {"etc/x": "in bin"}
    host.run([make_item("a", host.root / "etc", sha256=sha256, unpack=True, strip=0)], sources)
    assert host.files() == {"etc/x": "at the top"}
    host.run([make_item("a", host.root / "etc", sha256=sha256, unpack=True, strip=0, mode="0700")], sources)
    assert os.stat(str(host.root / "etc/x")).st_mode & 0o7777 == 0o700


def test_a_foreign_file_in_the_place_of_an_archives_file_is_left_alone(host, tmp_path):
    (host.root / "etc").mkdir()
    (host.root / "etc/containerd").write_text("theirs")
    sha256 = write_archive(tmp_path / "a.tar", [("ctr", b"ctr"), ("containerd", b"ours")])
    with pytest.raises(install.InstallError, match="etc/containerd is there"):
        host.run([make_item("a", host.root / "etc", sha256=sha256, unpack=True)], {"a": str(tmp_path / "a.tar")})
    assert host.files() == {"etc/containerd": "theirs"}


@pytest.mark.parametrize(
    "name, content, strip, message",
    [
        ("../../etc/passwd", b"x", 0, "points outside"),
        ("../passwd", b"x", 1, "points outside"),
        ("bin/../../passwd", b"x", 2, "points outside"),
        ("/etc/passwd", b"x", 2, "points outside"),
        ("passwd", special(tarfile.SYMTYPE, "/etc/passwd"), 0, "no regular file"),
        ("deep/passwd", special(tarfile.SYMTYPE, "/etc/passwd"), 0, "no regular file"),
        ("passwd", special(tarfile.LNKTYPE, "/etc/passwd"), 0, "no regular file"),
        ("null", special(tarfile.CHRTYPE), 0, "no regular file"),
        ("pipe", special(tarfile.FIFOTYPE), 0, "no regular file"),
    ],
)
def test_an_archive_that_reaches_beyond_its_folder_is_refused(host, tmp_path, name, content, strip, message):
    sha256 = write_archive(tmp_path / "a.tar.gz", [("good", b"good"), ("a/good", b"good"), (name, content)])
    item = make_item("a", host.root / "etc/bin", sha256=sha256, unpack=True, strip=strip)
    with pytest.raises(install.InstallError, match=message):
        host.run([item], {"a": str(tmp_path / "a.tar.gz")})
    assert host.files() == {}
    assert not (host.root / "passwd").exists()


def test_a_damaged_archive_says_so(host, tmp_path):
    write_archive(tmp_path / "a.tar.gz", [("x", os.urandom(100000))])
    whole = (tmp_path / "a.tar.gz").read_bytes()
    # A block of a kind that deflate does not have.
    nonsense = bytearray(gzip.compress(b"x" * 100000))
    nonsense[10] |= 6
    for number, data in enumerate([b"no archive", b"", whole[:5000], bytes(nonsense)]):
        path = tmp_path / str(number)
        path.write_bytes(data)
        item = make_item("a", host.root / "etc", sha256=registry.digest(str(path)), unpack=True)
        with pytest.raises(install.InstallError, match="a: the archive"):
            host.run([item], {"a": str(path)})
        assert host.files() == {}


def test_an_archive_without_files_where_they_are_looked_for_says_so(host, tmp_path):
    sha256 = write_archive(tmp_path / "a.tar", [("containerd-2/bin/x", b"x")])
    with pytest.raises(install.InstallError, match="holds no files"):
        host.run(
            [make_item("a", host.root / "etc", sha256=sha256, unpack=True, strip=1)], {"a": str(tmp_path / "a.tar")}
        )


def test_a_name_that_occurs_twice_in_an_archive_has_its_last_content(host, tmp_path):
    sha256 = write_archive(tmp_path / "a.tar", [("x", b"first"), ("x", b"second")])
    host.run([make_item("a", host.root / "etc", sha256=sha256, unpack=True)], {"a": str(tmp_path / "a.tar")})
    assert host.files() == {"etc/x": "second"}
    assert archive.digests(str(tmp_path / "a.tar"), 0) == {"x": hashlib.sha256(b"second").hexdigest()}


def test_an_item_that_takes_over_a_file_from_another_keeps_it(host):
    host.run([make_item("old", host.root / "etc/a", "one\n")])
    # The new item comes first; then the old one moves away, and must not take the file with it.
    host.run([make_item("new", host.root / "etc/a", "two\n"), make_item("old", host.root / "etc/b", "one\n")])
    assert host.files() == {"etc/a": "two\n", "etc/b": "one\n"}
    assert registry.removable(registry.read())["remove"].keys() == {str(host.root / "etc/a"), str(host.root / "etc/b")}


def test_programs_that_read_whole_folders_do_not_see_what_is_staged():
    assert install.staged_path("/etc/kubernetes/manifests/haproxy.yaml") == (
        "/etc/kubernetes/manifests/.haproxy.yaml.kurl-ipv6-new"
    )


def test_what_a_killed_run_staged_is_swept(host):
    (host.root / "etc").mkdir()
    for name in (".a.kurl-ipv6-new", "b.kurl-ipv6-new", ".c"):
        (host.root / "etc" / name).write_text("x")
    install.sweep([str(host.root / "etc"), str(host.root / "nowhere")])
    assert sorted(host.files()) == ["etc/.c", "etc/b.kurl-ipv6-new"]


def test_every_kill_converges(host, monkeypatch):
    """Kill an update at each write of the record and each rename; run again; compare with a run that was not killed."""
    first = make_item("a", host.root / "etc/a", "one\n", units=["x.service"])
    second = make_item("a", host.root / "etc/a", "two\n", units=["x.service"])
    third = make_item("a", host.root / "etc/a", "three\n", units=["x.service"])
    real_rename, real_write = os.rename, registry.write

    def killing(point):
        left = [point]

        def step():
            if left[0] == 0:
                raise Killed()
            left[0] -= 1

        def rename(source, target):
            step()
            real_rename(source, target)
            step()

        def save(record):
            step()
            real_write(record)
            step()

        return rename, save

    kills = 0
    for start in ([], [first]):
        for point in range(40):
            for path in (host.root / "etc/a", host.root / "var/files.json"):
                if path.exists():
                    path.unlink()
            host.run(start)
            record = registry.read()
            record["pending"] = []
            registry.write(record)
            rename, save = killing(point)
            monkeypatch.setattr(install.os, "rename", rename)
            try:
                host.run([second], save=save)
                finished = True
            except Killed:
                finished = False
            monkeypatch.setattr(install.os, "rename", real_rename)
            if finished:
                break
            kills += 1
            # Whatever the next run wants, it does not meet a file that seems to be somebody else's ...
            content = host.files().get("etc/a")
            saved = copy.deepcopy(registry.read())
            host.run([third])
            assert host.files() == {"etc/a": "three\n"}
            assert registry.read()["pending"] == ["x.service"]
            # ... and where the file had changed already, the restart is made up for even if it wants nothing new.
            if content == "two\n":
                assert saved["pending"] == ["x.service"]
            assert registry.removable(registry.read())["remove"].keys() == {str(host.root / "etc/a")}
    assert kills >= 12
