# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0
"""Sockets and the processes that hold them: texts of /proc/net, and the sockets of this process."""

import os
import socket
import sys

import pytest

from ansible_collections.kurl.ipv6.plugins.module_utils.host import listeners
from ansible_collections.kurl.ipv6.plugins.module_utils.host.reader import Reader

HEADER = "  sl  local_address  remote_address  st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n"
LINE = "   0: {local} {peer} {state} 00000000:00000000 00:00000000 00000000     0        0 {inode} 1 0 100 0 0 10 0\n"
NOBODY = "00000000000000000000000000000000:0000"


def line(local, state="0A", peer=NOBODY, inode=12345):
    """One line of /proc/net/tcp6."""
    return LINE.format(local=local, state=state, peer=peer, inode=inode)


@pytest.mark.skipif(sys.byteorder != "little", reason="the texts are those of a little-endian machine")
@pytest.mark.parametrize(
    "local, address, port",
    [
        ("00000000000000000000000000000000:192B", "::", 6443),
        ("00000000000000000000000001000000:0943", "::1", 2371),
        ("B80D0120000000000000000001000000:280A", "2001:db8::1", 10250),
        ("0100007F:0277", "127.0.0.1", 631),
        ("00000000:0016", "0.0.0.0", 22),
        ("0000000000000000FFFF00000100007F:1F90", "::ffff:127.0.0.1", 8080),
    ],
)
def test_addresses_are_decoded_in_the_machines_byte_order(local, address, port):
    assert listeners.parse(HEADER + line(local), "tcp") == [
        {"protocol": "tcp", "address": address, "port": port, "inode": 12345}
    ]


def test_only_listening_tcp_and_unconnected_udp_sockets_count():
    text = HEADER + line("00000000:1000", "01") + line("00000000:2000", "0A") + line("00000000:3000", "07")
    assert [entry["port"] for entry in listeners.parse(text, "tcp")] == [0x2000]
    assert [entry["port"] for entry in listeners.parse(text, "udp")] == [0x3000]


def test_broken_lines_are_left_out():
    text = HEADER + "garbage\n" + line("xyz:1") + line("00000000:1F90") + line("0000:1", inode="x")
    assert [entry["port"] for entry in listeners.parse(text, "tcp")] == [8080]


def test_the_number_of_sockets_is_bounded():
    text = HEADER + "".join(line("00000000:{:04X}".format(port)) for port in range(1, 5000))
    assert len(listeners.parse(text, "tcp")) == listeners.LIMIT


@pytest.mark.parametrize(
    "text, unit",
    [
        ("0::/system.slice/nginx.service\n", "nginx.service"),
        ("0::/system.slice/ssh.service\n", ""),
        ("0::/system.slice/system-sshd.slice/sshd@4-a.service\n", ""),
        ("0::/user.slice/user-1000.slice/user@1000.service/app.slice/web.service\n", ""),
        ("0::/system.slice/docker.service/inner\n", "docker.service"),
        ("0::/system.slice/cockpit.socket\n", "cockpit.socket"),
        ("12:pids:/x\n1:name=systemd:/system.slice/haproxy.service\n", "haproxy.service"),
        ("12:pids:/system.slice/wrong.service\n", ""),
        ("0::/user.slice/user-0.slice/session-1.scope\n", ""),
        ("", ""),
    ],
)
def test_the_unit_of_a_process(text, unit):
    assert listeners.parse_unit(text) == unit


@pytest.mark.parametrize(
    "comm, command, name",
    [
        ("nginx", b"nginx: master process /usr/sbin/nginx\0", "nginx"),
        ("kube-controller", b"/usr/local/bin/kube-controller-manager\0--x\0", "kube-controller-manager"),
        ("kube-controller", b"something else\0", "kube-controller"),
        ("python3", b"/usr/bin/python3\0-m\0http.server\0", "python3"),
        ("kworker/0:1", b"", "kworker/0:1"),
    ],
)
def test_the_name_of_a_process(tmp_path, comm, command, name):
    folder = tmp_path / "proc" / "77"
    folder.mkdir(parents=True)
    (folder / "comm").write_text(comm + "\n")
    (folder / "cmdline").write_bytes(command)
    assert listeners.process_name(Reader(str(tmp_path)), "77") == name


@pytest.mark.parametrize(
    "family, kind, bind, protocol",
    [
        (socket.AF_INET6, socket.SOCK_STREAM, "::", "tcp"),
        (socket.AF_INET6, socket.SOCK_STREAM, "::1", "tcp"),
        (socket.AF_INET, socket.SOCK_STREAM, "127.0.0.1", "tcp"),
        (socket.AF_INET6, socket.SOCK_DGRAM, "::", "udp"),
    ],
)
def test_a_real_socket_is_found_with_its_process(family, kind, bind, protocol):
    with socket.socket(family, kind) as holder:
        holder.bind((bind, 0))
        if protocol == "tcp":
            holder.listen(1)
        port = holder.getsockname()[1]
        found = [
            entry for entry in listeners.collect(Reader()) if (entry["protocol"], entry["port"]) == (protocol, port)
        ]
    assert [(entry["address"], entry["pid"]) for entry in found] == [(bind, os.getpid())]
    assert found[0]["process"]


def test_a_socket_that_only_a_process_of_another_namespace_holds_is_found_last(tmp_path):
    def process(pid, namespace, *targets):
        for folder in ("ns", "fd"):
            (tmp_path / "proc" / pid / folder).mkdir(parents=True)
        os.symlink(namespace, str(tmp_path / "proc" / pid / "ns" / "net"))
        (tmp_path / "proc" / pid / "comm").write_text("p" + pid + "\n")
        for number, target in enumerate(targets):
            os.symlink(target, str(tmp_path / "proc" / pid / "fd" / str(number)))

    process("self", "net:[1]")
    process("7", "net:[2]", "socket:[10]", "socket:[11]")
    process("8", "net:[1]", "/dev/null", "socket:[11]")
    reader = Reader(str(tmp_path))
    assert listeners.owners(reader, [10, 11, 12]) == {10: ("p7", 7), 11: ("p8", 8)}
    assert listeners.owners(reader, [11]) == {11: ("p8", 8)}
