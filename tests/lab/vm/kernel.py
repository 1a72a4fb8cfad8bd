# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0
"""A User-Mode Linux kernel with what a cluster network needs, built once from the distribution's kernel source package.

The distribution's own User-Mode Linux has no nf_tables families, no conntrack zones and no WireGuard. Its configuration
is the start; modules that no node of ours could use are left out, and what is missing is added.
"""

import glob
import hashlib
import os
import re
import shutil
import tempfile

from containers import requirements, settings
from containers.process import LabError, run

from . import packages

SOURCE = "linux-source-6.1"
CONFIGURATION = "user-mode-linux"
#: Command -> package that brings it.
COMMANDS = {"gcc": "gcc", "make": "make", "flex": "flex", "bison": "bison", "bc": "bc", "xz": "xz-utils"}
#: The modules of the package's configuration that stay; there are 900.
KEPT = (
    r"NETFILTER_.*|NF_.*|NFT_.*|IP6?_NF_.*|IP_SET.*|IP_VS.*|BRIDGE.*|VLAN_8021Q|STP|LLC|VXLAN|GENEVE|OPENVSWITCH.*|NET_NSH"
    r"|VETH|DUMMY|MACVLAN|IPVLAN|BONDING|TUN|TAP|IFB|NET_(SCH|CLS|ACT|EMATCH)_.*|NET_UDP_TUNNEL|NET_IP_TUNNEL|NET_IPGRE.*"
    r"|IPV6_.*|INET6?_(ESP|TUNNEL|XFRM_TUNNEL|(TCP|UDP|RAW)_DIAG)|XFRM_.*|(UNIX|PACKET|NETLINK)_DIAG|BLK_DEV_(LOOP|RBD|NBD|DM)"
    r"|DM_(CRYPT|THIN_PROVISIONING|SNAPSHOT|BUFIO|PERSISTENT_DATA|BIO_PRISON)|CEPH_.*|OVERLAY_FS|FUSE_FS|AUTOFS_FS|BINFMT_MISC"
    r"|CONFIGFS_FS|ISO9660_FS|SQUASHFS|CRYPTO_.*|LIBCRC32C|DNS_RESOLVER"
)
#: Built in as in the distribution's ordinary kernels, and what those have besides.
BUILT_IN = (
    "IPV6 IKCONFIG IKCONFIG_PROC SECCOMP SECCOMP_FILTER CFS_BANDWIDTH MEMCG CGROUP_PIDS CGROUP_BPF CGROUP_DEVICE"
    " CGROUP_FREEZER NF_CONNTRACK_ZONES NF_CONNTRACK_LABELS NF_CONNTRACK_EVENTS NF_TABLES_INET NF_TABLES_IPV4"
    " NF_TABLES_IPV6"
    " NF_TABLES_NETDEV UML_NET_VECTOR BLK_DEV_UBD HOSTFS TMPFS_XATTR IPV6_MULTIPLE_TABLES NET_L3_MASTER_DEV FANOTIFY"
)
MODULES = (
    "WIREGUARD NF_TABLES NFT_CT NFT_NAT NFT_MASQ NFT_REDIR NFT_REJECT NFT_COMPAT NFT_FIB_IPV4 NFT_FIB_IPV6 NFT_FIB_INET"
    " NFT_NUMGEN"
    " NFT_LIMIT NFT_LOG NFT_QUOTA NFT_OBJREF NFT_HASH NFT_QUEUE NFT_CONNLIMIT NFT_SOCKET NFT_TPROXY NF_CT_NETLINK"
    " IP_NF_IPTABLES IP6_NF_IPTABLES NETFILTER_XT_TARGET_TPROXY NETFILTER_XT_MATCH_RECENT NET_SCH_TBF NET_VRF"
)
#: Their headers or programs are not there, or a node has no use for them.
OFF = (
    "UML_NET_VDE UML_NET_PCAP UML_NET_SLIP UML_NET_SLIRP UML_NET_MCAST UML_NET_ETHERTAP DEBUG_INFO BPFILTER SOUND"
    " MODULE_SIG"
    " DEBUG_KERNEL WERROR SYSTEM_TRUSTED_KEYS"
)


def configuration(text):
    """Return the kernel's configuration, worked out from the distribution's."""
    wanted = dict.fromkeys(BUILT_IN.split(), "y")
    wanted.update(dict.fromkeys(MODULES.split(), "m"))
    wanted.update(dict.fromkeys(OFF.split(), "n"))
    lines = []
    for line in text.splitlines():
        found = re.match(r"(?:# )?CONFIG_(\w+)(?:=(\w*)| is not set)", line)
        if not found or found.group(1) in wanted:
            continue
        if found.group(2) == "m" and not re.fullmatch(KEPT, found.group(1)):
            line = f"# CONFIG_{found.group(1)} is not set"
        lines.append(line)
    lines += [
        f"# CONFIG_{name} is not set" if value == "n" else f"CONFIG_{name}={value}" for name, value in wanted.items()
    ]
    return "\n".join(lines) + "\n"


def missing(text):
    """Return the options that we want and that a finished configuration does not have."""
    there = set(re.findall(r"^CONFIG_(\w+)=[ym]", text, re.MULTILINE))
    return sorted((set(BUILT_IN.split()) | set(MODULES.split())) - there)


def folder():
    """Return the cache's folder of the kernel; its name changes with the recipe."""
    recipe = "\n".join((SOURCE, KEPT, BUILT_IN, MODULES, OFF))
    return os.path.join(settings.cache("vm"), "uml-" + hashlib.sha256(recipe.encode()).hexdigest()[:12])


def ensure():
    """Build the kernel if it is not there.

    Returns:
        The folder with the program ``linux`` and the modules below ``modules/``.
    Raises:
        LabError: a package cannot be had, or the build failed; the message names the log.
    """
    target = folder()
    if os.path.exists(os.path.join(target, "linux")):
        return target
    requirements.ensure(COMMANDS, {})
    log = target + ".log"
    print(f"==> building the nodes' kernel (5 to 10 minutes, once); log: {log}", flush=True)
    # Beside the target: a rename makes it whole, and /tmp may be small.
    with tempfile.TemporaryDirectory(dir=settings.cache("vm"), prefix="build-") as build:
        os.chmod(build, 0o755)
        tree = _unpack(build)
        with open(os.path.join(tree, ".config"), "w", encoding="ascii") as file:
            file.write(configuration(_distribution_configuration(build)))
        _make(tree, log, "olddefconfig")
        with open(os.path.join(tree, ".config"), encoding="ascii") as file:
            left_out = missing(file.read())
        if left_out:
            raise LabError(f"the kernel's configuration lost what nodes need: {', '.join(left_out)}")
        _make(tree, log, f"-j{os.cpu_count()}", "linux", "modules")
        product = os.path.join(build, "product")
        os.makedirs(product)
        _make(tree, log, "modules_install", f"INSTALL_MOD_PATH={product}/modules", "INSTALL_MOD_STRIP=1")
        for link in glob.glob(os.path.join(product, "modules/lib/modules/*/*")):
            if os.path.islink(link):
                os.unlink(link)
        run(["strip", "-o", os.path.join(product, "linux"), os.path.join(tree, "linux")])
        shutil.copy(os.path.join(tree, ".config"), os.path.join(product, "config"))
        shutil.rmtree(target, ignore_errors=True)
        os.rename(product, target)
    return target


def _unpack(build):
    archives = glob.glob(os.path.join(packages.unpack(SOURCE, build), "usr/src/linux-source-*.tar.xz"))
    run(["tar", "-xJf", archives[0], "-C", build])
    return next(path for path in glob.glob(os.path.join(build, SOURCE + "*")) if os.path.exists(path + "/Kbuild"))


def _distribution_configuration(build):
    path = os.path.join(packages.unpack(CONFIGURATION, build), "usr/share/doc/user-mode-linux/config.gz")
    return run(["gzip", "-dc", path])[1]


def _make(tree, log, *words):
    """Run make in the kernel's tree, its output appended to the log."""
    command = 'exec make ARCH=um "$@" >> "$0" 2>&1'
    if run(["sh", "-c", f"cd '{tree}' && {command}", log, *words], check=False)[0]:
        with open(log, encoding="utf-8", errors="replace") as file:
            end = "".join(file.readlines()[-5:])
        raise LabError(f"`make ARCH=um {' '.join(words)}` failed; the end of {log}:\n{end}")
