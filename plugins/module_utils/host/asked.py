# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0
"""Reads what the host checks of a spec ask for and no other collector reads: any path's space, packages, answers."""

import os
import platform
import re
import socket
import subprocess
import threading

from ansible_collections.kurl.ipv6.plugins.module_utils.host import kernel

#: Characters of a file in which a check may search.
TEXT_LIMIT = 64 * 1024
#: Longest time all answers of others may take together, in seconds.
PATIENCE = 12.0


def collect(reader, checks):
    """Read what checks ask for.

    Arguments:
        reader: a ``reader.Reader``.
        checks: the checks, as ``installer.host_preflights`` returns them.
    Returns:
        ``{"asked": {check's id: what was read}}``; a check that needs nothing of its own has no entry, one that could
        not be read has ``{"problem": why}``.
    """
    found = {}
    waiting = []
    for check in checks:
        read = _READERS.get(check["kind"])
        if read is None:
            continue
        if check["kind"] in ("tcpConnect", "http"):
            waiting.append(_ask(read, check))
            continue
        try:
            found[check["id"]] = read(reader, check)
        except Exception as error:  # one check that cannot be read must not hide the others
            found[check["id"]] = {"problem": "{}: {}".format(type(error).__name__, error)}
    for thread, answer, check in waiting:
        thread.join(PATIENCE)
        # Whoever has not answered by now is told from what refuses.
        found[check["id"]] = dict(answer) or {"state": "connection-timeout"}
    return {"asked": found}


def _ask(read, check):
    """Start a question in a thread of its own, so that several slow answers do not add up."""
    answer = {}

    def run():
        try:
            answer.update(read(check["of"]))
        except Exception as error:
            answer.update({"state": "error", "message": "{}: {}".format(type(error).__name__, error)})

    thread = threading.Thread(target=run)
    thread.daemon = True
    thread.start()
    return thread, answer, check


def space(reader, check):
    """Return ``total``, ``used`` and ``available`` bytes of the file system of a path, or of its nearest parent."""
    path = check["of"]["path"].rstrip("/")
    while path and not reader.exists(path):
        path = path.rsplit("/", 1)[0]
    status = os.statvfs(reader.path(path or "/"))
    return {
        "total": status.f_blocks * status.f_frsize,
        "used": (status.f_blocks - status.f_bfree) * status.f_frsize,
        "available": status.f_bavail * status.f_frsize,
    }


def physical_cores(text):
    """Return the number of cores in the text of /proc/cpuinfo, 0 if it does not say (as in many virtual machines)."""
    cores = set()
    package = ""
    for line in text.splitlines():
        name, _colon, value = line.partition(":")
        if name.strip() == "physical id":
            package = value.strip()
        elif name.strip() == "core id":
            cores.add((package, value.strip()))
    return len(cores)


def processor(reader, _check):
    """Return ``physical`` cores and ``machine``, as ``uname -m`` calls it."""
    return {"physical": physical_cores(reader.read("/proc/cpuinfo") or ""), "machine": platform.machine()}


def modules(reader, check):
    """Return ``{module: loaded|loadable|unloaded}``; what is built in counts as loaded."""
    release = reader.value("/proc/sys/kernel/osrelease") or platform.release()
    folder = next((path for path in ("/lib/modules/", "/usr/lib/modules/") if reader.exists(path + release)), "")
    loaded = kernel.parse_loaded(reader.read("/proc/modules") or "")
    builtin = kernel.parse_module_files(reader.read(folder + release + "/modules.builtin") or "") if folder else set()
    loadable = kernel.parse_module_files(reader.read(folder + release + "/modules.dep") or "") if folder else set()
    states = {}
    for outcome in check["outcomes"]:
        for name in (outcome["when"] or {}).get("modules", []):
            plain = name.replace("-", "_")
            if plain in loaded or plain in builtin or reader.exists("/sys/module/" + plain):
                states[name] = "loaded"
            else:
                states[name] = "loadable" if plain in loadable else "unloaded"
    return {"modules": states}


def parameters(reader, check):
    """Return ``{parameter: value}`` of /proc/sys, None for what the kernel does not have."""
    names = {(outcome["when"] or {}).get("of") for outcome in check["outcomes"]} - {None}
    return {"parameters": {name: reader.value("/proc/sys/" + name.replace(".", "/")) for name in names}}


def zone(reader, _check):
    """Return the ``timezone``, ``UTC`` if nothing else is set."""
    target = reader.link("/etc/localtime") or ""
    if "zoneinfo/" in target:
        return {"timezone": target.split("zoneinfo/", 1)[1]}
    return {"timezone": reader.value("/etc/timezone") or "UTC"}


def parse_dpkg(text):
    """Return the names of installed packages in the text of dpkg's status file."""
    installed = set()
    for paragraph in text.split("\n\n"):
        name = re.search(r"^Package: *(\S+)", paragraph, re.MULTILINE)
        if name and re.search(r"^Status: \S+ \S+ installed\s*$", paragraph, re.MULTILINE):
            installed.add(name.group(1))
    return installed


def wanted(packages, system, version):
    """Return the packages for a system: those for its name (``ubuntu``) and those for its release (``rhel8``)."""
    names = []
    for key in (system, system + version.split(".")[0]):
        names += [name for name in packages.get(key, []) if name not in names]
    return names


def installed(reader, check):
    """Return ``{"packages": {name: whether it is installed}}`` of the packages for this host's system."""
    lines = [line.partition("=") for line in reader.lines("/etc/os-release")]
    release = {name: value.strip("\"'") for name, _equals, value in lines}
    names = wanted(check["of"]["packages"], release.get("ID", ""), release.get("VERSION_ID", ""))
    status = reader.read("/var/lib/dpkg/status", 64 * 1024 * 1024)
    if status is not None:
        there = parse_dpkg(status)
        return {"packages": {name: name in there for name in names}}
    return {"packages": {name: _rpm(name) for name in names}}


def _rpm(name):
    """Ask rpm, whose database only rpm reads."""
    # pylint: disable-next=ansible-bad-function  # collectors have no module whose run_command could be called
    done = subprocess.run(
        ["rpm", "-q", "--whatprovides", name], stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=20, check=False
    )
    return done.returncode == 0


def text(reader, check):
    """Return whether a file's text matches, ``matches`` None if the file is not there."""
    content = reader.read(check["of"]["path"], TEXT_LIMIT)
    return {"matches": None if content is None else bool(re.search(check["of"]["regex"], content, re.MULTILINE))}


def connect(of):
    """Connect over IPv6 and hang up again; return the ``state`` as Troubleshoot calls it."""
    try:
        found = socket.getaddrinfo(of["host"], of["port"], socket.AF_INET6, socket.SOCK_STREAM)
    except socket.gaierror as error:
        return {"state": "error", "message": "{} has no IPv6 address: {}".format(of["host"], error.strerror or error)}
    with socket.socket(socket.AF_INET6, socket.SOCK_STREAM) as connection:
        connection.settimeout(of["timeout"])
        try:
            connection.connect(found[0][4])
        except ConnectionRefusedError:
            return {"state": "connection-refused"}
        except socket.timeout:
            return {"state": "connection-timeout"}
        except OSError as error:
            return {"state": "error", "message": str(error)}
    return {"state": "connected"}


def request(of):
    """Get a URL; return ``statusCode``, or the ``state`` error."""
    # Loading these takes a host longer than many a whole run, and few specs ask for it.
    import ssl  # pylint: disable=import-outside-toplevel
    import urllib.error  # pylint: disable=import-outside-toplevel
    import urllib.request  # pylint: disable=import-outside-toplevel

    class Stay(urllib.request.HTTPRedirectHandler):
        """A redirect is an answer as well."""

        def redirect_request(self, *_arguments):
            return None

    context = ssl.create_default_context()
    if of["insecure"]:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    opener = urllib.request.build_opener(urllib.request.HTTPSHandler(context=context), Stay)
    try:
        with opener.open(urllib.request.Request(of["url"], headers=of["headers"]), timeout=of["timeout"]) as answer:
            return {"statusCode": answer.getcode()}
    except urllib.error.HTTPError as error:
        return {"statusCode": error.code}
    except (OSError, ValueError) as error:
        return {"state": "error", "message": str(getattr(error, "reason", error))}


_READERS = {
    "cpu": processor,
    "diskUsage": space,
    "kernelModules": modules,
    "sysctl": parameters,
    "time": zone,
    "systemPackages": installed,
    "textAnalyze": text,
    "tcpConnect": connect,
    "http": request,
}
