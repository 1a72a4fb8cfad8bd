# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0
"""Programs and settings of the host that decide about a cluster: clock, firewalls, SELinux, other clusters."""

import ctypes
import re
import time

#: Names of processes (at most 15 characters, as the kernel keeps them) that are worth knowing of.
WATCHED = {
    "NetworkManager",
    "chronyd",
    "containerd",
    "crio",
    "dockerd",
    "firewalld",
    "k0s",
    "k3s",
    "k3s-agent",
    "k3s-server",
    "kubelet",
    "kubelite",
    "ntpd",
    "openntpd",
    "rke2",
    "systemd-network",
    "systemd-resolve",
    "systemd-timesyn",
    "timemaster",
}
CLOCK_SERVICES = ("chronyd", "ntpd", "openntpd", "systemd-timesyn", "timemaster")
#: Folder -> the cluster that leaves it.
OTHER_CLUSTERS = {
    "/etc/rancher/k3s": "k3s",
    "/var/lib/rancher/k3s": "k3s",
    "/var/lib/rancher/rke2": "RKE2",
    "/var/lib/k0s": "k0s",
    "/var/snap/microk8s": "MicroK8s",
    "/var/lib/microshift": "MicroShift",
    "/var/lib/minikube": "minikube",
}
#: What adjtimex(2) returns while the clock is not synchronized.
TIME_ERROR = 5
SELINUX_POLICY = (
    "/usr/share/selinux/packages/container.pp.bz2",
    "/var/lib/selinux/targeted/active/modules/200/container",
    "/etc/selinux/targeted/active/modules/200/container",
)


def parse_assignments(text):
    """Return ``{key: value}`` of lines ``key=value``, quotes removed; of several for one key the last counts."""
    values = {}
    for line in text.splitlines():
        key, equals, value = line.strip().partition("=")
        if equals and not key.startswith(("#", ";")):
            values[key.strip()] = value.split(" #", 1)[0].strip().strip("\"'")
    return values


def parse_networkd(text):
    """Return the keys of the sections [Network] and [IPv6AcceptRA] of a .network file (systemd.network(5)); the last
    assignment counts.
    """
    values = {}
    section = ""
    for line in text.splitlines():
        line = line.strip()
        if line.startswith("[") and line.endswith("]"):
            section = line[1:-1]
        elif section in ("Network", "IPv6AcceptRA") and "=" in line and line[0] not in "#;":
            key, _equals, value = line.partition("=")
            values[key.strip()] = value.strip()
    return values


def processes(reader):
    """Return the sorted names of :data:`WATCHED` that run."""
    found = set()
    for pid in reader.names("/proc"):
        if pid.isdecimal():
            name = reader.value("/proc/{}/comm".format(pid))
            if name in WATCHED:
                found.add(name)
    return sorted(found)


def kernel_clock_synchronized():
    """Return whether the kernel's clock is synchronized (adjtimex(2), which only reads here); None if unknown."""
    try:
        library = ctypes.CDLL(None, use_errno=True)
        state = library.adjtimex(ctypes.create_string_buffer(512))
    except (AttributeError, OSError):
        return None
    return None if state < 0 else state != TIME_ERROR


def clock(reader, running, asked_at, synchronized=kernel_clock_synchronized):
    """Return ``{"now", "offset", "synchronized", "service"}``.

    Arguments:
        running: as :func:`processes` returns it.
        asked_at: the controller's time when it asked, seconds since 1970; 0 if it did not say. ``offset`` is the host's
            time less that, None without.
        synchronized: asks the kernel.
    """
    now = time.time()
    # systemd-timesyncd leaves a mark, which also a container of the machine's clock may have.
    marked = reader.exists("/run/systemd/timesync/synchronized")
    return {
        "now": round(now, 3),
        "offset": round(now - asked_at, 3) if asked_at > 0 else None,
        "synchronized": True if marked else synchronized(),
        "service": next((name for name in CLOCK_SERVICES if name in running), ""),
    }


def trusted(reader):
    """Return ``{zone: [source]}`` of firewalld's zones that accept everything (``target="ACCEPT"``, firewalld.zone(5)).

    A file in /etc takes the place of that in /usr/lib.
    """
    files = {}
    for folder in ("/usr/lib/firewalld/zones", "/etc/firewalld/zones"):
        files.update((name, folder + "/" + name) for name in reader.names(folder) if name.endswith(".xml"))
    found = {}
    for name, path in sorted(files.items()):
        text = reader.read(path, 65536) or ""
        if re.search(r"<zone\b[^>]*\btarget=[\"']ACCEPT[\"']", text):
            found[name[: -len(".xml")]] = re.findall(r"<source\b[^>]*\baddress=[\"']([^\"']{1,64})[\"']", text)[:64]
    return found


def ufw_rules(reader):
    """Return what ufw's own rules for IPv6 let in: ``[{"protocol", "ports", "source"}]``, each ``any`` or text as ufw
    has it (``6443``, ``2379:2380``, ``80,443``); the rules begin with the first that denies, if any (ufw(8): the first
    match wins).
    """
    accepted = []
    for line in reader.lines("/etc/ufw/user6.rules"):
        # ### tuple ### allow tcp 6443 ::/0 any fd00::/64 in
        words = line.split()
        if words[:3] != ["###", "tuple", "###"] or len(words) < 9:
            continue
        action, protocol, ports, _target, _from_ports, source = words[3:9]
        direction = next((word for word in words[9:] if word.split("_")[0] in ("in", "out")), "in")
        if not direction.startswith("in") or action.startswith("route:"):
            continue
        if action != "allow":
            break
        accepted.append({"protocol": protocol, "ports": ports, "source": source})
    return accepted[:256]


def firewall(reader, running):
    """Return what the programs that set up a firewall are told.

    Returns:
        ``{"firewalld", "firewalld_rpfilter", "firewalld_default", "firewalld_trusted", "ufw", "ufw_forward",
        "ufw_rules"}``: is it on, does it drop what comes back by another way (reverse path filter of IPv6), its default
        zone and :func:`trusted`; is ufw on, what does it do with forwarded packets, and :func:`ufw_rules`.
    """
    firewalld = parse_assignments(reader.read("/etc/firewalld/firewalld.conf") or "")
    ufw = parse_assignments(reader.read("/etc/ufw/ufw.conf") or "")
    defaults = parse_assignments(reader.read("/etc/default/ufw") or "")
    return {
        "firewalld": "firewalld" in running,
        "firewalld_rpfilter": firewalld.get("IPv6_rpfilter", "yes").lower() not in ("no", "false"),
        "firewalld_default": firewalld.get("DefaultZone", ""),
        "firewalld_trusted": trusted(reader),
        "ufw": ufw.get("ENABLED", "no").lower() == "yes",
        "ufw_forward": defaults.get("DEFAULT_FORWARD_POLICY", ""),
        "ufw_rules": ufw_rules(reader),
    }


def selinux(reader):
    """Return ``{"mode": enforcing | permissive | disabled, "container_policy": whether the policy for containers is
    installed}``.
    """
    enforce = reader.value("/sys/fs/selinux/enforce")
    return {
        "mode": {None: "disabled", "1": "enforcing"}.get(enforce, "permissive"),
        "container_policy": any(reader.exists(path) for path in SELINUX_POLICY),
    }


def cni_type(text):
    """Return the type of the first plugin in a CNI configuration, as well as can be seen; empty if there is none."""
    match = re.search(r'"type"\s*:\s*"([^"]{1,64})"', text)
    return match.group(1) if match else ""


def remains(reader, running):
    """Return what is left of other clusters: ``clusters`` (names), ``cni`` ([{"file", "type"}], in the order in which
    a runtime takes them), ``rook`` (/var/lib/rook has content), ``pki`` (certificates of a control plane).
    """
    clusters = {name for folder, name in OTHER_CLUSTERS.items() if reader.names(folder)}
    clusters |= {"k3s" for name in running if name.startswith("k3s")}
    clusters |= {"MicroK8s" for name in running if name == "kubelite"}
    files = [name for name in reader.names("/etc/cni/net.d") if name.endswith((".conf", ".conflist", ".json"))]
    return {
        "clusters": sorted(clusters),
        "cni": [
            {"file": name, "type": cni_type(reader.read("/etc/cni/net.d/" + name, 65536) or "")} for name in files[:32]
        ],
        "rook": bool(reader.names("/var/lib/rook")),
        "pki": reader.exists("/etc/kubernetes/pki/ca.crt"),
    }


def without_user(url):
    """Return a proxy's URL without the user and the password in it."""
    return re.sub(r"^([a-zA-Z0-9+.-]+://)?[^/@]*@", r"\1", url)


def proxy(environment):
    """Return ``{"http", "https", "no_proxy"}`` of the environment in which commands run, user names and passwords
    removed; either spelling, lower case first, as Go and curl read it.
    """

    def value(name):
        return environment.get(name) or environment.get(name.upper()) or ""

    return {
        "http": without_user(value("http_proxy")),
        "https": without_user(value("https_proxy")),
        "no_proxy": [part.strip() for part in value("no_proxy").split(",") if part.strip()],
    }


def networkd(reader, links):
    """Return ``{interface: {key: value}}`` of the .network files, with their drop-ins, that networkd applies."""
    found = {}
    for link in links:
        state = parse_assignments(reader.read("/run/systemd/netif/links/{}".format(link["index"])) or "")
        path = state.get("NETWORK_FILE", "")
        if not path.endswith(".network"):
            continue
        values = parse_networkd(reader.read(path) or "")
        name = path.rsplit("/", 1)[-1] + ".d"
        dropins = {}
        for folder in ("/usr/lib", "/usr/local/lib", "/run", "/etc"):
            for file in reader.names("{}/systemd/network/{}".format(folder, name)):
                if file.endswith(".conf"):
                    dropins[file] = "{}/systemd/network/{}/{}".format(folder, name, file)
        for file in sorted(dropins):
            values.update(parse_networkd(reader.read(dropins[file]) or ""))
        found[link["name"]] = {key: value for key, value in values.items() if key.startswith("IP")}
    return found


def collect(reader, links, asked_at=0, environment=None):
    """Read everything of this module.

    Arguments:
        links: as in the facts.
        asked_at: the controller's time, see :func:`clock`.
        environment: the environment variables of commands, none if not given.
    """
    running = processes(reader)
    return {
        "processes": running,
        "clock": clock(reader, running, asked_at),
        "firewall": firewall(reader, running),
        "selinux": selinux(reader),
        "remains": remains(reader, running),
        "networkd": networkd(reader, links),
        "proxy": proxy(environment or {}),
        "product_uuid": reader.value("/sys/class/dmi/id/product_uuid") or "",
    }
