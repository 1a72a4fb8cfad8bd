# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0
"""Which kernel modules to load now and at boot. Pure: states in, plan out."""

from ansible_collections.kurl.ipv6.plugins.module_utils.host import kernel

PATH = "/etc/modules-load.d/kurl-ipv6.conf"
HEADER = "# Written by kurl.ipv6. Changes of your own belong into a file of your own."


def read(reader, netlink, release):
    """Read the states of all modules and the lists they are in.

    Returns:
        ``{"states": {name: state}, "loaded": set, "builtin": set, "loadable": set, "forbidden": set}``; ``states`` only
        of the modules that ``host.kernel`` knows more about than the lists say.
    """
    found = kernel.collect(reader, netlink, release)
    folder = next(
        (path for path in (f"/lib/modules/{release}", f"/usr/lib/modules/{release}") if reader.exists(path)), ""
    )
    listed = {
        name: kernel.parse_module_files(reader.read(f"{folder}/modules.{file}") or "") if folder else set()
        for name, file in (("builtin", "builtin"), ("loadable", "dep"))
    }
    return {
        "states": found["modules"],
        "loaded": kernel.parse_loaded(reader.read("/proc/modules") or ""),
        "builtin": listed["builtin"],
        "loadable": listed["loadable"],
        "forbidden": set(found["forbidden"]),
    }


def state(name, host):
    """Return ``loaded``, ``builtin``, ``loadable`` or ``missing`` for a module; ``host.kernel`` need not know it."""
    if name in host["states"]:
        return host["states"][name]
    if name in host["loaded"]:
        return kernel.LOADED
    if name in host["builtin"]:
        return kernel.BUILTIN
    return kernel.LOADABLE if name in host["loadable"] else kernel.MISSING


def plan(needed, optional, host, container):
    """Work out what to load and what to persist.

    Arguments:
        needed, optional: names of modules, each in the order in which they are loaded.
        host: what :func:`read` returned.
        container: whether the host is a container; what is loaded there is the machine's.
    Returns:
        ``{"load": [...], "persist": [...], "missing": [...]}``: to load now; to load at boot, which is what is a module
        and not built in; needed and not to be had.
    """
    load, persist, missing = [], [], []
    for name in list(needed) + [name for name in optional if name not in needed]:
        there = state(name, host)
        if there == kernel.LOADABLE and name not in host["forbidden"]:
            load.append(name)
        elif there in (kernel.MISSING, kernel.LOADABLE):
            if name in needed:
                missing.append(name)
            continue
        if there != kernel.BUILTIN and (name in host["loadable"] or (name in host["loaded"] and not container)):
            persist.append(name)
    return {"load": load, "persist": persist, "missing": missing}


def file_text(names):
    """Return the text of our file of modules-load.d, empty if there is nothing to load."""
    return "\n".join([HEADER] + list(names)) + "\n" if names else ""
