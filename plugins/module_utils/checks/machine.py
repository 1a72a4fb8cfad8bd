# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0
"""Checks of the machine: its system against the support matrix, hardware, control groups, swap, clock, SELinux."""

from ansible_collections.kurl.ipv6.plugins.module_utils.checks.host_view import version
from ansible_collections.kurl.ipv6.plugins.module_utils.checks.registry import check

#: What the page supports (S22).
SUPPORTED = {("ubuntu", "18.04"), ("ubuntu", "20.04"), ("centos", "8"), ("rhel", "8")}
#: Lowest major versions of systems on which kURL installs, or this collection's own tests run, beyond the page's list.
KNOWN = {"ubuntu": 20, "debian": 11, "rhel": 9, "centos": 9, "rocky": 8, "almalinux": 8}


@check(
    "os.supported",
    title="operating system",
    why=(
        "The page names Ubuntu 18.04 and 20.04, CentOS 8 and RHEL 8. On CentOS 7 NodePorts fail over IPv6; Oracle Linux"
        " and Amazon Linux were not tested. Newer systems are not refused: their parts are checked one by one."
    ),
    reference="kURL docs/ipv6.md: limitations; kURL install.sh: supported systems",
    remedy="A system of the list, or a newer one.",
    needs=("os",),
)
def operating_system(host, verdict):
    """The support matrix of the page: outside it is information or a warning with the reason, never a failure."""
    release = host.facts["os"]
    name, number = release["id"], release["version"]
    shown = release["name"] or "{} {}".format(name or "an unknown system", number).strip()
    major = version(number)[0]
    expected = "Ubuntu 18.04 or 20.04, CentOS 8, RHEL 8, or a newer one"
    remedy = "# use a system of the list, or accept it: preflight_ignore: [{id: os.supported, reason: ...}]"
    if (name, number) in SUPPORTED or (name, str(major)) in SUPPORTED:
        verdict.passed(shown)
    elif major == 7 and host.family == "rhel" and name != "amzn":
        verdict.warn(f"{shown}: NodePorts fail over IPv6 with its kernel", expected=expected, remedy=remedy)
    elif name in ("ol", "amzn"):
        verdict.warn(f"{shown} has not been tested with IPv6", expected=expected, remedy=remedy)
    elif major >= KNOWN.get(name, 1000):
        verdict.info(f"{shown}: newer than the list of kURL's IPv6 page, or not in it", expected=expected)
    else:
        verdict.warn(f"{shown} has not been tried", expected=expected, remedy=remedy)


@check(
    "os.architecture",
    title="processor architecture",
    why="Kubernetes and its images are there for 64-bit processors; kURL's own for amd64 alone.",
    reference="kURL: system requirements",
    remedy="A machine with a 64-bit system.",
    needs=("architecture",),
)
def architecture(host, verdict):
    """64-bit, amd64 or arm64."""
    name = host.facts["architecture"]
    if name in ("amd64", "arm64"):
        verdict.passed(name)
    else:
        verdict.fail(name, expected="amd64 or arm64", remedy="# install a 64-bit system on a 64-bit machine")


@check(
    "os.resources",
    title="processors and memory",
    why="kubeadm refuses a control plane with less than 2 processors or 1700 MB; kURL recommends 4 and 8 GB.",
    reference="kubeadm: preflight NumCPU and Mem; kURL: host preflights",
    remedy="A larger machine.",
    needs=("cpus", "memory_bytes"),
)
def resources(host, verdict):
    """kubeadm's own limits fail, what is below kURL's recommendation is told."""
    cpus, memory = host.facts["cpus"], host.facts["memory_bytes"]
    words = "{} processor{}, {:.1f} GB".format(cpus, "" if cpus == 1 else "s", memory / 1e9)
    if not cpus or not memory:
        verdict.skip("the kernel does not say")
    elif host.control_plane and (cpus < 2 or memory < 1700 * 1024 * 1024):
        verdict.fail(
            words,
            expected="at least 2 processors and 1700 MB for a control plane node",
            remedy="# give the machine more processors or memory",
        )
    elif cpus < 4 or memory < 8e9:
        verdict.info(words, expected="4 processors and 8 GB are recommended")
    else:
        verdict.passed(words)


@check(
    "kernel.cgroup",
    title="control groups",
    why="kubelet limits pods by them; kubeadm refuses a kernel that lacks one of cpu, cpuset, memory and pids.",
    reference="kubeadm: preflight SystemVerification (system-validators 1.10)",
    remedy="cgroup_enable=memory on the kernel command line; cgroup v2: systemd.unified_cgroup_hierarchy=1",
    needs=("cgroup",),
)
def control_groups(host, verdict):
    """Version, and the controllers that kubeadm demands."""
    group = host.facts["cgroup"]
    wanted = ["cpu", "cpuset", "memory", "pids"] + ([] if group["version"] == 2 else ["cpuacct", "devices", "freezer"])
    missing = [name for name in wanted if name not in group["controllers"]]
    words = "version {}".format(group["version"])
    if not group["controllers"]:
        verdict.skip("no control group is seen")
    elif missing:
        verdict.fail(
            "{}, without {}".format(words, ", ".join(missing)),
            expected=", ".join(wanted),
            remedy=(
                "# on the kernel command line: {}; then reboot".format(
                    "cgroup_enable=memory swapaccount=1"
                    if "memory" in missing
                    else "no cgroup_disable=..., and a kernel" " with CONFIG_CPUSETS, CONFIG_CGROUP_PIDS"
                )
            ),
        )
    elif group["version"] == 1 and version(host.plan.get("kubernetes_version")) >= (1, 31, 0):
        verdict.info(
            f"{words}, which Kubernetes only maintains since 1.31",
            expected="version 2: systemd.unified_cgroup_hierarchy=1 on the kernel command line",
        )
    else:
        verdict.passed(words)


@check(
    "os.swap",
    title="swap",
    why="kubelet does not start while swap is on, and would fail again after a reboot where a file turns it on.",
    reference="kubelet: failSwapOn",
    remedy="Nothing: site turns swap off, now and for every boot.",
    needs=("swap",),
)
def swap(host, verdict):
    """On now, or in fstab: site turns it off."""
    active = [entry["device"] for entry in host.facts["swap"]["active"]]
    configured = host.facts["swap"]["configured"]
    words = []
    if active:
        words.append("on: " + ", ".join(active[:4]))
    if configured:
        words.append("in /etc/fstab: " + ", ".join(configured[:4]))
    if not words:
        verdict.passed("off")
    elif host.facts.get("container"):
        verdict.info("{} (the machine's, not the container's)".format("; ".join(words)), expected="off")
    else:
        verdict.info(
            "{} (site will turn it off)".format("; ".join(words)),
            expected="off, now and after a reboot",
            remedy="swapoff --all && sed -i -E '/^[^#].*[[:space:]]swap[[:space:]]/s/^/#/' /etc/fstab   # as site does",
        )


@check(
    "time.synchronized",
    title="clock",
    why=(
        "Certificates of a node whose clock is ahead are not yet valid for the others; etcd and Ceph complain of skew."
        " IPv6-only hosts often cannot reach their distribution's time servers."
    ),
    reference="kURL: host preflight NTP Status; Rook: prerequisites",
    remedy="A time server with an IPv6 address, in chrony.conf or timesyncd.conf.",
    needs=("clock",),
)
def synchronized(host, verdict):
    """Whether the kernel's clock is synchronized, and by whom."""
    clock = host.facts["clock"]
    service = {"systemd-timesyn": "systemd-timesyncd"}.get(clock["service"], clock["service"])
    if clock["synchronized"]:
        verdict.passed("synchronized" + (f" by {service}" if service else ""))
    elif host.facts.get("container"):
        verdict.skip("the machine's clock, not the container's")
    elif clock["synchronized"] is None:
        verdict.skip("the kernel does not say")
    elif service:
        file = (
            "/etc/systemd/timesyncd.conf" if "timesyncd" in service else "/etc/chrony.conf or /etc/chrony/chrony.conf"
        )
        verdict.warn(
            f"not synchronized yet, though {service} runs",
            expected="a synchronized clock",
            remedy="{}\n# is there a server with an IPv6 address in {}?".format(
                "timedatectl timesync-status" if "timesyncd" in service else "chronyc -6 sources", file
            ),
        )
    else:
        install = "dnf install -y chrony && systemctl enable --now chronyd"
        if host.family == "debian":
            install = "apt-get install -y chrony && systemctl enable --now chrony"
        verdict.warn(
            "not synchronized, and no service would do it",
            expected="a synchronized clock",
            remedy=f"{install}   # with a server that has an IPv6 address",
        )


#: Seconds that a host's clock may be behind the controller's: less than certificates and etcd mind.
TOLERANCE = 3


@check(
    "time.offset",
    title="clock against the controller's",
    why="A clock that is minutes behind takes certificates of the other nodes for not yet valid.",
    reference="kURL: host preflight NTP Status; X.509 validity",
    remedy="chronyc makestep, or timedatectl set-ntp true",
    needs=("clock",),
)
def offset(host, verdict):
    """A host that answers must be later than the question; how far its clock is ahead the controller judges."""
    value = host.facts["clock"]["offset"]
    if value is None:
        verdict.skip("the controller's time is not known")
    elif value < -TOLERANCE:
        verdict.warn(
            "at least {:.0f} s behind the controller's".format(-value),
            expected="clocks that agree",
            remedy="chronyc makestep || timedatectl set-ntp true   # and look at the controller's clock, too",
        )
    else:
        verdict.passed("not behind the controller's")


@check(
    "os.selinux",
    title="SELinux",
    why=(
        "While SELinux enforces its policy, containers may touch the host's files only by the policy for containers;"
        " without it pods with host paths (Antrea, Rook, etcd) fail."
    ),
    reference="kURL: selinuxConfig, system requirements",
    remedy="dnf install -y container-selinux, or selinuxConfig in the spec.",
    needs=("selinux",),
)
def selinux(host, verdict):
    """Enforcing without the policy for containers is a warning."""
    mode = host.facts["selinux"]["mode"]
    if mode != "enforcing":
        verdict.passed(mode)
    elif host.facts["selinux"]["container_policy"]:
        verdict.passed("enforcing, with the policy for containers")
    else:
        verdict.warn(
            "enforcing, without the policy for containers",
            expected="the package container-selinux, or permissive",
            remedy="dnf install -y container-selinux   # or: setenforce 0 && sed -i 's/^SELINUX=.*/SELINUX=permissive/'"
            " /etc/selinux/config",
        )
