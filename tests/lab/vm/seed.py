# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0
"""What makes a machine the one it is: its name, keys and who is in charge of its network, as an archive. Pure."""

import io
import ipaddress
import tarfile

#: Who is in charge of a machine's network. All but ``static`` take their address and their route from advertisements.
NETWORKS = ("static", "kernel", "ifupdown", "networkd", "networkmanager")
WANTS = {
    "networkd": {
        "multi-user.target": "systemd-networkd.service",
        "sockets.target": "systemd-networkd.socket",
        "network-online.target": "systemd-networkd-wait-online.service",
    },
    "kernel": {"multi-user.target": "lab-link.service"},
    "ifupdown": {"multi-user.target": "networking.service", "network-online.target": "networking.service"},
    "networkmanager": {
        "multi-user.target": "NetworkManager.service",
        "network-online.target": "NetworkManager-wait-online.service",
    },
}
WANTS["static"] = WANTS["networkd"]
#: Names under which D-Bus starts a manager.
ALIASES = {
    "networkd": {"dbus-org.freedesktop.network1.service": "systemd-networkd.service"},
    "networkmanager": {"dbus-org.freedesktop.nm-dispatcher.service": "NetworkManager-dispatcher.service"},
}
ALIASES["static"] = ALIASES["networkd"]


def _links(network):
    """Return ``{path: target}`` of the links that switch a manager on, as ``systemctl enable`` makes them."""
    names = {f"{target}.wants/{unit}": unit for target, unit in WANTS[network].items()}
    names.update(ALIASES.get(network, {}))
    folder = "/etc/systemd/system/" if network == "kernel" else "/lib/systemd/system/"
    return {"etc/systemd/system/" + name: folder + unit for name, unit in names.items()}


def autoconfigured(subnet, hardware):
    """Return the address that a machine makes from a /64 prefix and its hardware address (RFC 4291, appendix A).

    Arguments:
        subnet: the prefix, ``fd00:27::/64``.
        hardware: the hardware address, ``02:00:00:00:00:11``.
    """
    octets = bytearray(bytes.fromhex(hardware.replace(":", "")))
    octets[0] ^= 2
    identifier = bytes(octets[:3]) + b"\xff\xfe" + bytes(octets[3:])
    return str(ipaddress.IPv6Network(subnet).network_address + int.from_bytes(identifier, "big"))


def _manager_files(network, interface, hardware, address, gateway):
    """Return ``{path: (text, mode)}`` of the manager's configuration."""
    match = f"[Match]\nMACAddress={hardware}\n\n"
    if network == "static":
        text = f"[Network]\nAddress={address}\nGateway={gateway}\nIPv6AcceptRA=no\nLinkLocalAddressing=ipv6\n"
        return {"etc/systemd/network/10-lab.network": (match + text, 0o644)}
    if network == "networkd":
        return {"etc/systemd/network/10-lab.network": (match + "[Network]\nIPv6AcceptRA=yes\nDHCP=no\n", 0o644)}
    if network == "kernel":
        # Nobody is in charge: the link is up, and the kernel does what it does by itself.
        text = (
            "[Unit]\nDefaultDependencies=no\nAfter=systemd-sysctl.service\n"
            "Before=network.target\nWants=network.target\n\n"
            "[Service]\nType=oneshot\nRemainAfterExit=yes\n"
            f"ExecStart=/usr/bin/timeout 30 /bin/sh -c 'until ip link set dev {interface} up; do sleep 0.2; done'\n"
        )
        return {"etc/systemd/system/lab-link.service": (text, 0o644)}
    if network == "ifupdown":
        text = f"auto lo {interface}\niface lo inet loopback\niface {interface} inet6 auto\n"
        return {"etc/network/interfaces": (text, 0o644)}
    text = (
        f"[connection]\nid=lab\ntype=ethernet\ninterface-name={interface}\n\n[ipv4]\nmethod=disabled\n\n"
        "[ipv6]\nmethod=auto\naddr-gen-mode=eui64\nip6-privacy=0\n"
    )
    # NetworkManager takes no connection file that others may read.
    return {"etc/NetworkManager/system-connections/lab.nmconnection": (text, 0o600)}


def archive(node, network, interface, hardware, address, gateway, resolver, public_key):
    """Return a machine's files as a tar archive.

    Arguments:
        node: its name.
        network: one of NETWORKS.
        interface: its network interface.
        hardware: that one's hardware address.
        address: a static machine's address with the prefix length.
        gateway: a static machine's default route.
        resolver: address of the name server.
        public_key: who may log in.
    """
    files = {
        "etc/hostname": (node + "\n", 0o644),
        "etc/resolv.conf": (f"nameserver {resolver}\n", 0o644),
        "root/.ssh/authorized_keys": (public_key, 0o600),
        **_manager_files(network, interface, hardware, address, gateway),
    }
    output = io.BytesIO()
    with tarfile.open(fileobj=output, mode="w", format=tarfile.GNU_FORMAT) as tar:
        folder = tarfile.TarInfo("root/.ssh")
        folder.type, folder.mode = tarfile.DIRTYPE, 0o700
        tar.addfile(folder)
        for path, (text, mode) in files.items():
            entry = tarfile.TarInfo(path)
            entry.size, entry.mode = len(text.encode()), mode
            tar.addfile(entry, io.BytesIO(text.encode()))
        for path, target in _links(network).items():
            entry = tarfile.TarInfo(path)
            entry.type, entry.linkname = tarfile.SYMTYPE, target
            tar.addfile(entry)
    return output.getvalue()
