# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0
"""The faults: how to make one, how to end it, and which findings must turn, and to what, and no others.

In the scripts ``$dev``, ``$address`` and ``$gateway`` are the node's interface, address and default gateway, ``$peer``
is the other node's address, and ``hold PROTOCOL ADDRESS PORT`` starts a program that holds a port until ``release``.
"""

from collections import namedtuple

#: ``turns``: ``{id: status}`` of the findings that differ from the healthy node's, where ``None`` means that a finding
#: of this id is not there; ``says``: a word that the first one's text must have.
Fault = namedtuple("Fault", "name inject clear turns says plan arguments")

#: Remembers the healthy node's network; run once, before any fault, with ``peer`` set.
REMEMBER = r"""
dev=$(ip -6 route show default | sed -n 's/.* dev \([^ ]*\).*/\1/p' | head -n 1)
address=$(ip -6 -o addr show dev "$dev" scope global | awk '{print $4}' | head -n 1)
gateway=$(ip -6 route show default | sed -n 's/.* via \([^ ]*\) .*/\1/p' | head -n 1)
[ -n "$dev" ] && [ -n "$address" ] && [ -n "$gateway" ] || exit 1
printf 'dev=%s\naddress=%s\ngateway=%s\npeer=%s\n' "$dev" "$address" "$gateway" "$peer" > /run/kurl-ipv6-faults/network
"""
PRELUDE = r"""
. /run/kurl-ipv6-faults/network
hold() {
  python3 -c '
import socket, sys
protocol, address, port = sys.argv[1:]
kind = socket.SOCK_STREAM if protocol == "tcp" else socket.SOCK_DGRAM
s = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET, kind)
s.bind((address, int(port)))
if protocol == "tcp": s.listen()
print("held", flush=True)
import time; time.sleep(60)' "$@" > /run/kurl-ipv6-faults/held &
  echo $! > /run/kurl-ipv6-faults/holder
  for _ in $(seq 50); do grep -q held /run/kurl-ipv6-faults/held && return; sleep 0.05; done
  return 1
}
release() { kill "$(cat /run/kurl-ipv6-faults/holder)"; }
file() {
  mkdir -p "$(dirname "$1")"
  rm -f /run/kurl-ipv6-faults/kept
  cp -a "$1" /run/kurl-ipv6-faults/kept 2>/dev/null || true
  cat > "$1"
}
back() { if [ -e /run/kurl-ipv6-faults/kept ]; then cat /run/kurl-ipv6-faults/kept > "$1"; else rm -f "$1"; fi; }
"""
#: What every fault is judged by unless it says otherwise: without the Internet, so that a lab needs no resolver.
AIRGAP = {"airgap": True}
ANTREA = {
    "airgap": True,
    "antrea_version": "2.4.1",
    "pod_cidr": "fd00:c00b:1::/56",
    "service_cidr": "fd00:c00b:2::/112",
}
CALM = {"airgap": True, "rook_version": "1.18.11"}

FAULTS = []


def fault(name, inject, clear, turns, says="", plan=AIRGAP, **arguments):
    """Add a fault."""
    FAULTS.append(Fault(name, PRELUDE + inject, PRELUDE + clear, turns, says, plan, arguments))


# --- the default route

fault(
    "no default route",
    "ip -6 route del default",
    'ip -6 route add default via "$gateway" dev "$dev" proto static metric 100',
    {"route.default": "fail"},
    "no default route",
)
fault(
    "a blackhole before the default route",
    "ip -6 route add blackhole default metric 1",
    "ip -6 route del blackhole default metric 1",
    {"route.default": "fail"},
    "blackhole",
)
fault(
    "an unreachable route before the default route",
    "ip -6 route add unreachable default metric 1",
    "ip -6 route del unreachable default metric 1",
    {"route.default": "fail"},
    "unreachable",
)
fault(
    "a default route without a gateway",
    'ip -6 route add default dev "$dev" metric 1',
    'ip -6 route del default dev "$dev" metric 1',
    {"route.default": "warn"},
    "no gateway",
)
fault(
    "a gateway that is dead",
    'ip -6 route add default via fe80::dead dev "$dev" metric 1',
    'ip -6 route del default via fe80::dead dev "$dev" metric 1',
    {"route.default": "warn"},
    "does not answer",
)
fault(
    "a default route over a link without carrier",
    "ip link add re-a type veth peer name re-b; ip link set re-a up; sleep 0.1"
    "; ip -6 addr add fd00:99::1/64 dev re-a nodad; ip -6 route add default via fd00:99::2 dev re-a metric 1",
    "ip link del re-a",
    {"route.default": "fail", "address.node.several": None},
    "link is down",
)
fault(
    "a default route about to expire",
    'ip -6 route add default via "$gateway" dev "$dev" metric 1 expires 20',
    'ip -6 route del default via "$gateway" dev "$dev" metric 1',
    {"route.default": "warn"},
    "expires in",
)
fault(
    "two default routes of one metric",
    "ip link add re-a type veth peer name re-b; ip link set re-a up; ip link set re-b up"
    "; ip -6 route append default via fe80::99 dev re-a metric 100",
    "ip link del re-a",
    {"route.default": "warn"},
)
fault(
    "networkd that forwards and learns its route from advertisements",
    'index=$(cat /sys/class/net/"$dev"/ifindex); mkdir -p /run/systemd/netif/links'
    '; printf "ADMIN_STATE=configured\\nNETWORK_FILE=/run/re.network\\n" > /run/systemd/netif/links/"$index"'
    '; printf "[Network]\\nIPForward=yes\\n" > /run/re.network'
    '; ip -6 route add default via "$gateway" dev "$dev" metric 1 proto ra expires 1000',
    'rm -f /run/systemd/netif/links/$(cat /sys/class/net/"$dev"/ifindex) /run/re.network'
    '; ip -6 route del default via "$gateway" dev "$dev" metric 1',
    {"route.survives": "warn"},
    "networkd",
)
# --- IPv6 itself

fault(
    "IPv6 off for new interfaces",
    "echo 1 > /proc/sys/net/ipv6/conf/default/disable_ipv6",
    "echo 0 > /proc/sys/net/ipv6/conf/default/disable_ipv6",
    {"ipv6.enabled": "fail"},
    "default",
)
fault(
    "IPv6 off on the loopback",
    "echo 1 > /proc/sys/net/ipv6/conf/lo/disable_ipv6",
    "echo 0 > /proc/sys/net/ipv6/conf/lo/disable_ipv6",
    {"ipv6.enabled": "fail", "address.loopback": "skip"},
    "lo",
)
fault(
    "IPv6 off on the uplink",
    'echo 1 > /proc/sys/net/ipv6/conf/"$dev"/disable_ipv6',
    'echo 0 > /proc/sys/net/ipv6/conf/"$dev"/disable_ipv6; ip -6 addr add "$address" dev "$dev" nodad'
    '; ip -6 route add default via "$gateway" dev "$dev" proto static metric 100; sleep 1.5',
    # Without IPv6 there is neither an address nor a route.
    {"ipv6.enabled": "fail", "address.node": "fail", "route.default": "fail"},
    "disable_ipv6 is 1 for",
)
fault(
    "IPv6 off after a reboot",
    "echo net.ipv6.conf.all.disable_ipv6 = 1 | file /etc/sysctl.d/10-re.conf",
    "back /etc/sysctl.d/10-re.conf",
    {"ipv6.enabled": "fail"},
    "/etc/sysctl.d/10-re.conf",
)
# --- addresses

fault(
    "::1 gone from the loopback",
    "ip -6 addr del ::1/128 dev lo",
    "ip -6 addr add ::1/128 dev lo",
    {"address.loopback": "fail"},
    "no ::1",
)
fault(
    "127.0.0.1 gone from the loopback",
    "ip addr del 127.0.0.1/8 dev lo",
    "ip addr add 127.0.0.1/8 dev lo",
    {"address.loopback": "warn"},
    "127.0.0.1",
)
fault(
    "an address that another machine has",
    # Several solicitations, because a busy machine's answer to one may be late.
    'cd /proc/sys/net/ipv6/conf/"$dev"; echo 1 > accept_dad; echo 4 > dad_transmits'
    '; ip -6 addr add "$peer"/64 dev "$dev"'
    '; for _ in $(seq 80); do ip -6 addr show dev "$dev" | grep -q dadfailed && break; sleep 0.1; done',
    'cd /proc/sys/net/ipv6/conf/"$dev"; echo 0 > accept_dad; echo 1 > dad_transmits'
    '; ip -6 addr del "$peer"/64 dev "$dev"',
    {"address.duplicate": "warn"},
    "duplicate address detection failed",
)
fault(
    "a deprecated address only",
    'ip -6 addr change "$address" dev "$dev" preferred_lft 0',
    'ip -6 addr change "$address" dev "$dev" preferred_lft forever valid_lft forever',
    {"address.node": "fail"},
    "deprecated",
)
fault(
    "a link-local address only",
    'ip -6 addr del "$address" dev "$dev"',
    'ip -6 addr add "$address" dev "$dev" nodad; ip -6 route replace default via "$gateway" dev "$dev" proto static'
    " metric 100; sleep 1.2",
    # The kernel takes the route with its gateway's prefix away.
    {"address.node": "fail"},
    "link-local",
)
fault(
    "addresses on a tunnel and a container network only",
    'ip -6 addr del "$address" dev "$dev"; ip link add docker0 type bridge; ip link set docker0 up'
    "; ip -6 addr add fd00:98::1/64 dev docker0 nodad",
    'ip link del docker0; ip -6 addr add "$address" dev "$dev" nodad'
    '; ip -6 route replace default via "$gateway" dev "$dev" proto static metric 100; sleep 1.2',
    {"address.node": "fail"},
    "a container network interface",
)
fault(
    "a node_ip that is not on the host",
    ":",
    ":",
    {"address.node": "fail"},
    "is not on this host",
    node_ip="2001:db8::77",
)
# --- sysctls after a reboot

fault(
    "forwarding turned off at boot, after our own file",
    "echo net.ipv6.conf.all.forwarding = 0 | file /etc/sysctl.d/99-re.conf",
    "back /etc/sysctl.d/99-re.conf",
    {"sysctl.forwarding": "fail"},
    "/etc/sysctl.d/99-re.conf",
)
fault(
    "forwarding turned off by a file of the distribution's folder",
    "echo net/ipv6/conf/all/forwarding=0 | file /usr/lib/sysctl.d/97-re.conf",
    "back /usr/lib/sysctl.d/97-re.conf",
    {"sysctl.forwarding": "fail"},
    "/usr/lib/sysctl.d/97-re.conf",
)
fault(
    "bridge-nf-call-ip6tables turned off at boot",
    "echo net.bridge.bridge-nf-call-ip6tables = 0 | file /run/sysctl.d/98-re.conf",
    "back /run/sysctl.d/98-re.conf",
    {"sysctl.bridge-nf-call-ip6tables": "fail"},
    "/run/sysctl.d/98-re.conf",
)
# --- ports

fault("a port held on all addresses", "hold tcp :: 6443", "release", {"port.6443": "fail"}, "python3")
fault("a port held on the node's address", 'hold tcp "${address%/*}" 2379', "release", {"port.2379": "fail"}, ":2379")
fault("a port held on IPv4 only", "hold tcp 0.0.0.0 10250", "release", {"port.10250": "fail"}, "0.0.0.0:10250")
fault("a loopback port held", "hold tcp ::1 10257", "release", {"port.10257": "fail"}, "[::1]:10257")
fault("a UDP port held", "hold udp :: 10351", "release", {"port.10351-udp": "fail"}, "UDP", plan=ANTREA)
# --- ranges and MTU

fault(
    "a route into the pod range",
    'ip -6 route add fd00:c00b:1:42::/64 via "$gateway" dev "$dev"',
    "ip -6 route del fd00:c00b:1:42::/64",
    {"network.cidr": "fail"},
    "fd00:c00b:1:42::/64",
    plan=ANTREA,
)
fault(
    "an MTU without room for the tunnel",
    'ip link set "$dev" mtu 1300',
    'ip link set "$dev" mtu 1500',
    {"network.mtu": "fail"},
    "1230 inside Geneve",
    plan=ANTREA,
)
# --- names

fault(
    "resolvers with IPv4 addresses only",
    "echo nameserver 192.0.2.53 | file /etc/resolv.conf",
    "back /etc/resolv.conf",
    {"dns.resolver": "warn"},
    "IPv4 only",
)
fault(
    "a resolver on the loopback",
    "echo nameserver ::1 | file /etc/resolv.conf",
    "back /etc/resolv.conf",
    {"dns.resolver": "fail"},
    "plugin/loop",
)
fault(
    "a link-local resolver with a zone",
    'echo "nameserver fe80::53%$dev" | file /etc/resolv.conf',
    "back /etc/resolv.conf",
    {"dns.resolver": "warn"},
    "link-local",
)
fault("no resolver", "echo | file /etc/resolv.conf", "back /etc/resolv.conf", {"dns.resolver": "fail"}, "none")
fault(
    # The other way round: without the listener nobody answers, which is the fault.
    "the proxy of the spec, whose listener comes and goes",
    "hold tcp ::1 3128",
    "release",
    {"network.proxy-reach": "pass"},
    "over IPv6",
    dict(AIRGAP, airgap=False, proxy="http://[::1]:3128"),
)
fault(
    "localhost leads elsewhere",
    "echo 192.0.2.1 localhost | file /etc/hosts",
    "back /etc/hosts",
    {"name.localhost": "fail"},
    "192.0.2.1",
)
fault("nobody knows localhost", "echo | file /etc/hosts", "back /etc/hosts", {"name.localhost": "warn"}, "localhost")
fault(
    "the host's name leads to a stranger",
    '{ cat /etc/hosts; echo "2001:db8::77 $(hostname)"; } > /run/kurl-ipv6-faults/hosts'
    "; file /etc/hosts < /run/kurl-ipv6-faults/hosts",
    "back /etc/hosts",
    {"name.host": "warn"},
    "2001:db8::77",
)
fault(
    "a host called localhost",
    "hostname > /run/kurl-ipv6-faults/name; hostname localhost",
    "hostname -F /run/kurl-ipv6-faults/name",
    {"name.host": "fail"},
    "called localhost",
)
# --- the machine

fault(
    "a system that has not been tried",
    "printf 'ID=centos\\nVERSION_ID=7\\nID_LIKE=rhel\\n' > /run/re-release"
    "; mount --bind /run/re-release /usr/lib/os-release",
    "umount /usr/lib/os-release; rm -f /run/re-release",
    {"os.supported": "warn"},
    "NodePorts fail",
)
fault(
    "swap in fstab",
    "echo '/dev/re none swap sw 0 0' | file /etc/fstab",
    "back /etc/fstab",
    {"os.swap": "info"},
    "/dev/re",
)
fault("a clock behind the controller's", ":", ":", {"time.offset": "warn"}, "behind", controller_time=4e9)
# --- room

fault(
    "a full file system",
    "mkdir -p /var/lib/kubelet; mount -t tmpfs -o size=20m re /var/lib/kubelet"
    "; head -c 19m /dev/zero > /var/lib/kubelet/x",
    "umount /var/lib/kubelet",
    {"disk.space.kubelet": "fail"},
    "free for /var/lib/kubelet",
)
fault(
    "a file system that cannot be written",
    "mkdir -p /var/lib/etcd; mount -t tmpfs -o size=9g,ro re /var/lib/etcd",
    "umount /var/lib/etcd",
    {"disk.space.etcd": "fail"},
    "read-only",
)
fault(
    "a file system without inodes",
    "mkdir -p /var/lib/containerd; mount -t tmpfs -o size=19g,nr_inodes=20 re /var/lib/containerd"
    "; for number in $(seq 19); do : > /var/lib/containerd/$number; done",
    "umount /var/lib/containerd",
    {"disk.space.containerd": "fail"},
    "inodes",
)
# --- surroundings

fault(
    "static pods of another cluster",
    "echo x | file /etc/kubernetes/manifests/etcd.yaml",
    "back /etc/kubernetes/manifests/etcd.yaml; rmdir -p /etc/kubernetes/manifests 2>/dev/null; true",
    {"remains.kubernetes": "fail"},
    "static pods (etcd.yaml)",
)
fault(
    "another distribution of Kubernetes",
    "echo x | file /var/lib/rancher/k3s/token",
    "rm -rf /var/lib/rancher",
    {"remains.kubernetes": "fail"},
    "k3s",
)
fault(
    "data of an old Rook cluster",
    "echo x | file /var/lib/rook/mon-a/keyring",
    "rm -rf /var/lib/rook",
    {"remains.rook": "fail"},
    "/var/lib/rook",
    plan=CALM,
)
fault(
    "another network's file before Antrea's",
    'echo \'{"name": "x", "type": "bridge"}\' | file /etc/cni/net.d/05-re.conflist',
    "rm -f /etc/cni/net.d/05-re.conflist; rmdir -p /etc/cni/net.d 2>/dev/null; true",
    {"remains.cni": "fail"},
    "05-re.conflist (bridge)",
    plan=ANTREA,
)
fault(
    "an interface of another container network",
    "ip link add cilium_host type veth peer name cilium_net",
    "ip link del cilium_host",
    {"remains.cni": "warn"},
    "Cilium",
    plan=ANTREA,
)
fault(
    "firewalld",
    "cp /bin/sleep /run/kurl-ipv6-faults/firewalld; /run/kurl-ipv6-faults/firewalld 60 & echo $! >"
    " /run/kurl-ipv6-faults/holder; sleep 0.1",
    "release",
    {"firewall.firewalld": "warn", "firewall.policy": "skip"},
    "running",
)
fault(
    "ufw that lets the nodes in to every port, and drops the pods' packets",
    "echo ENABLED=yes | file /etc/ufw/ufw.conf;"
    " echo '### tuple ### allow any any ::/0 any '${address%/*}'/64 in' > /etc/ufw/user6.rules",
    "rm /etc/ufw/user6.rules; back /etc/ufw/ufw.conf; rmdir /etc/ufw 2>/dev/null; true",
    {"firewall.ufw.forward": "warn", "firewall.policy": "skip"},
    "drops forwarded packets",
    plan=ANTREA,
)
fault(
    "ufw",
    "echo ENABLED=yes | file /etc/ufw/ufw.conf",
    "back /etc/ufw/ufw.conf; rmdir /etc/ufw 2>/dev/null; true",
    {"firewall.ufw": "warn", "firewall.policy": "skip"},
    "on",
)
fault(
    "an nftables chain that drops by policy",
    "nft 'table inet re { chain in { type filter hook input priority 0; policy drop; meta l4proto ipv6-icmp accept;"
    " tcp dport 22 accept; ct state established accept; }; }'",
    "nft delete table inet re",
    {"firewall.policy": "warn"},
    "inet re in (input)",
)
fault(
    "an nftables chain that lets the nodes in to every port but one",
    "nft 'table inet re { chain in { type filter hook input priority 0; policy drop; meta l4proto ipv6-icmp accept;"
    " ct state established accept; ct state invalid drop; meta l4proto udp accept;"
    " tcp dport { 1-6442, 6444-65535 } accept; }; }'",
    "nft delete table inet re",
    {"firewall.policy": "warn"},
    "no rule lets the nodes in to TCP 6443",
)
fault(
    "a reverse path filter",
    "nft 'table inet re { chain pre { type filter hook prerouting priority -300;"
    " fib saddr . iif oif missing drop; }; }'",
    "nft delete table inet re",
    {"firewall.policy": "info"},
    "reverse path",
)
fault(
    "legacy ip6tables that drop forwarded packets",
    "ip6tables-legacy -P FORWARD DROP",
    "ip6tables-legacy -P FORWARD ACCEPT",
    {"firewall.policy.forward": "warn"},
    "legacy filter FORWARD",
)
