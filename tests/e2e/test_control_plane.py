# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0
"""A cluster of one node grows old and grows up, in this order: its certificates are renewed before they end; it moves
behind an external load balancer that has a name; two control plane nodes join after token and certificate key are gone;
one is lost.
"""

import asyncio
import base64
import contextlib
import datetime
import ipaddress
import posixpath
import re
import threading
import time

import pytest
from cluster import changed
from conftest import fresh
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from test_ha import eventually
from test_node_life import changed_on, flat, inventory, play

NAME = "e2e-plane"
SITE = "kurl.ipv6.site"
API = "api.lab.example"
#: Days that an aged certificate is still valid; the rule is thirty.
LEFT = 10
#: What a kubelet asks the API with.
KUBELET_CERTIFICATE = "/var/lib/kubelet/pki/kubelet-client-current.pem"


@pytest.fixture(scope="module")
def lab(request):
    """Three nodes, all of them control plane nodes in the end."""
    yield from fresh(request, NAME, "fd00:39::/64", control_planes=3)


@pytest.fixture(scope="module")
def one(lab, tmp_path_factory):
    """An inventory with the first node alone."""
    return inventory(lab, tmp_path_factory.mktemp("one"), leave_out=[f"{NAME}-n2", f"{NAME}-n3"])


@pytest.fixture(scope="module")
def proxy(lab):
    """A load balancer outside of the cluster: leads to the first API server that takes a connection."""
    backends = list(lab.hosts().values())
    loop = asyncio.new_event_loop()

    async def pipe(reader, writer):
        with contextlib.suppress(OSError):
            while data := await reader.read(65536):
                writer.write(data)
                await writer.drain()
        with contextlib.suppress(OSError):
            writer.close()

    async def serve(reader, writer):
        for backend in backends:
            try:
                there = await asyncio.wait_for(asyncio.open_connection(backend, 6443), 1)
            except (OSError, asyncio.TimeoutError):
                continue
            await asyncio.gather(pipe(reader, there[1]), pipe(there[0], writer))
            return
        writer.close()

    address = str(ipaddress.ip_network(lab.subnet)[1])
    server = loop.run_until_complete(asyncio.start_server(serve, address, 6443))
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    yield address
    loop.call_soon_threadsafe(server.close)
    loop.call_soon_threadsafe(loop.stop)
    thread.join(5)


def read(lab, node, path):
    """Return a file's text; paths are below /etc/kubernetes if they are not absolute."""
    result = lab.ssh(node, f"cat {posixpath.join('/etc/kubernetes', path)}")
    assert result.code == 0, result.output
    return result.output


def write(lab, node, path, content):
    text = base64.b64encode(content).decode("ascii")
    assert lab.ssh(node, f"echo {text} | base64 -d > {posixpath.join('/etc/kubernetes', path)}").code == 0


def certificate(text):
    """Return the certificate in PEM text or in a kubeconfig."""
    embedded = re.search(r"client-certificate-data: (\S+)", text)
    pem = base64.b64decode(embedded.group(1)) if embedded else text.encode("ascii")
    return x509.load_pem_x509_certificate(pem)


def age(lab, node, path, authority, left=LEFT):
    """Give a certificate the age at which so many days are left, signed by the cluster's own authority."""
    text = read(lab, node, path)
    old = certificate(text)
    key = serialization.load_pem_private_key(read(lab, node, authority + ".key").encode("ascii"), None)
    now = datetime.datetime.now(datetime.timezone.utc)
    new = (
        x509.CertificateBuilder()
        .subject_name(old.subject)
        .issuer_name(old.issuer)
        .public_key(old.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=365 - left))
        .not_valid_after(now + datetime.timedelta(days=left))
    )
    for extension in old.extensions:
        new = new.add_extension(extension.value, extension.critical)
    pem = new.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)
    if "client-certificate-data" in text:
        data = base64.b64encode(pem).decode("ascii")
        pem = re.sub(r"client-certificate-data: \S+", f"client-certificate-data: {data}", text).encode("ascii")
    elif "PRIVATE KEY" in text:
        pem += text[re.search(r"-----BEGIN [A-Z ]*PRIVATE KEY", text).start() :].encode("ascii")
    write(lab, node, path, pem)


def days_left(lab, node, path):
    ends = certificate(read(lab, node, path)).not_valid_after_utc
    return (ends - datetime.datetime.now(datetime.timezone.utc)).days


def process_of(lab, node, part):
    """Return the process of a static pod's container: another one after a restart."""
    result = lab.ssh(node, f"pgrep -o -x {part[:15]}")  # As much of a name as the kernel keeps.
    assert result.code == 0, (part, result.output)
    return result.output.strip()


def processes(lab, node):
    parts = ("etcd", "kube-apiserver", "kube-controller-manager", "kube-scheduler", "kubelet")
    return {part: process_of(lab, node, part) for part in parts}


def test_certificates_with_a_year_left_are_left_alone(lab, one):
    result = play(lab, SITE, one)
    assert result.code == 0, result.output
    before = processes(lab, f"{NAME}-n1")
    assert changed(play(lab, SITE, one).output) == 0
    assert processes(lab, f"{NAME}-n1") == before


def test_what_expires_soon_is_renewed_and_only_who_uses_it_restarts(lab, one):
    node = f"{NAME}-n1"
    aged = {"pki/etcd/server.crt": "pki/etcd/ca", "scheduler.conf": "pki/ca", "admin.conf": "pki/ca"}
    for path, authority in aged.items():
        age(lab, node, path, authority)
        assert days_left(lab, node, path) < LEFT
    others = days_left(lab, node, "pki/apiserver.crt")
    before = processes(lab, node)
    said = play(lab, SITE, one, "--check")
    assert changed(said.output) == 1, said.output
    assert days_left(lab, node, "admin.conf") < LEFT and processes(lab, node) == before
    result = play(lab, SITE, one)
    assert result.code == 0, result.output
    assert changed(result.output) == 1, result.output
    for path in aged:
        assert days_left(lab, node, path) > 360, path
    assert days_left(lab, node, "pki/apiserver.crt") == others
    after = processes(lab, node)
    restarted = {part for part in before if before[part] != after[part]}
    # On a slow machine the controller manager ends by itself: without the one etcd it cannot renew its lease.
    assert restarted - {"kube-controller-manager"} == {"etcd", "kube-scheduler"}
    assert lab.kubectl("get nodes", node).code == 0
    again = play(lab, SITE, one)
    assert changed(again.output) == 0, again.output


def test_restarts_that_a_killed_run_owed_are_made_up_for(lab, one):
    node = f"{NAME}-n1"
    lab.ssh(node, """echo '["kube-scheduler"]' > /var/lib/kurl-ipv6/restarts.json""")
    before = processes(lab, node)
    result = play(lab, SITE, one)
    assert result.code == 0 and changed(result.output) == 1, result.output
    after = processes(lab, node)
    assert {part for part in before if before[part] != after[part]} == {"kube-scheduler"}
    assert lab.ssh(node, "test -e /var/lib/kurl-ipv6/restarts.json").code != 0


def end_kubelet_certificate(lab, node):
    """Leave a node as one that was off until the certificate of its kubelet had ended, and is on again."""
    age(lab, node, KUBELET_CERTIFICATE, "pki/ca", left=-1)
    lab.ssh(node, "systemctl restart kubelet")
    journal = "journalctl --unit kubelet --lines 50 --output cat"
    eventually(lambda: lab.ssh(node, journal).output, lambda text: "client certificate" in text and "expired" in text)


def test_a_kubelet_whose_certificate_has_ended_gets_another(lab, one):
    node = f"{NAME}-n1"
    end_kubelet_certificate(lab, node)
    said = play(lab, SITE, one, "--check")
    assert changed(said.output) == 1, said.output
    assert days_left(lab, node, KUBELET_CERTIFICATE) < 0
    result = play(lab, SITE, one)
    assert result.code == 0 and changed(result.output) == 1, result.output
    assert days_left(lab, node, KUBELET_CERTIFICATE) > 360
    assert "PRIVATE KEY" not in result.output
    # Without a cluster network a node is never Ready; its lease tells that the kubelet is heard.
    lease = f"get lease --namespace kube-node-lease --output jsonpath={{.spec.renewTime}} {node}"
    heard = lab.kubectl(lease, node).output
    eventually(lambda: lab.kubectl(lease, node), lambda result: result.code == 0 and result.output != heard)
    assert changed(play(lab, SITE, one).output) == 0


BEHIND = {"installer_overrides": {"spec": {"kubernetes": {"loadBalancerAddress": f"{API}:6443"}}}}


def test_an_endpoint_that_cannot_be_reached_is_refused_and_the_cluster_stays_as_it_is(lab, one):
    node = f"{NAME}-n1"
    before = lab.ssh(node, "sha256sum /etc/kubernetes/*.conf /etc/kubernetes/pki/*.crt").output
    result = play(lab, SITE, one, **BEHIND)
    assert result.code != 0
    assert API in flat(result), result.output
    assert lab.ssh(node, "sha256sum /etc/kubernetes/*.conf /etc/kubernetes/pki/*.crt").output == before


def api_of(lab, name):
    """Return the API servers that the kubeconfig in a ConfigMap names."""
    return set(re.findall(r"https://[^\s\\]+", lab.kubectl(f"get configmap --output json {name}").output))


def test_one_node_becomes_three_behind_a_name_though_token_and_key_are_gone(lab, proxy):
    for node in lab.hosts():
        lab.ssh(node, f"echo '{proxy} {API}' >> /etc/hosts")
    gone = "delete secret --namespace kube-system --ignore-not-found kubeadm-certs"
    assert lab.kubectl(gone).code == 0
    assert lab.kubectl("delete secret -n kube-system --field-selector type=bootstrap.kubernetes.io/token").code == 0
    result = lab.site(variables=BEHIND)
    assert result.code == 0, result.output
    if lab.network.external:
        assert lab.cluster_network().code == 0
    assert len(lab.objects("nodes --selector node-role.kubernetes.io/control-plane")) == 3


def test_everybody_finds_the_api_by_its_name(lab):
    wanted = f"https://{API}:6443"
    for node, address in lab.hosts().items():
        beside = f"https://[{address}]:6443"
        assert re.findall(r"server: (\S+)", read(lab, node, "admin.conf")) == [wanted], node
        for name in ("kubelet.conf", "controller-manager.conf", "scheduler.conf"):
            assert set(re.findall(r"server: (\S+)", read(lab, node, name))) <= {wanted, beside}, (node, name)
        names = certificate(read(lab, node, "pki/apiserver.crt")).extensions.get_extension_for_class(
            x509.SubjectAlternativeName
        )
        assert API in names.value.get_values_for_type(x509.DNSName), node
    assert api_of(lab, "--namespace kube-public cluster-info") == {wanted}
    assert api_of(lab, "--namespace kube-system kube-proxy") == {wanted}
    kubeadm = lab.kubectl("get configmap --namespace kube-system kubeadm-config --output json").output
    assert f"controlPlaneEndpoint: {API}:6443" in kubeadm
    result = lab.verify()
    assert result.code == 0, result.output


def test_the_next_run_changes_nothing(lab):
    result = lab.site(variables=BEHIND)
    assert result.code == 0, result.output
    assert changed_on(result) == dict.fromkeys(lab.hosts(), 0), result.output


def test_a_kubelet_gets_its_certificate_from_another_node(lab):
    last = list(lab.hosts())[-1]
    end_kubelet_certificate(lab, last)
    eventually(lambda: lab.kubectl(f"get node {last}").output, lambda text: "NotReady" in text)
    result = lab.site(variables=BEHIND)
    assert result.code == 0, result.output
    assert changed_on(result) == dict(dict.fromkeys(lab.hosts(), 0), **{last: 1}), result.output
    eventually(lambda: lab.kubectl(f"get node {last}").output, lambda text: " Ready" in text)


def test_the_name_leads_to_a_node_that_is_left(lab):
    first, second, _third = lab.hosts()
    lab.podman("stop", "--time", "5", first)
    try:
        started = time.monotonic()
        eventually(lambda: lab.kubectl("get --raw /readyz", second), lambda result: result.code == 0)
        assert time.monotonic() - started < 60
        eventually(lambda: lab.kubectl(f"get node {first}", second).output, lambda text: "NotReady" in text)
        result = lab.verify()
        assert result.code != 0 and first in result.output, result.output
    finally:
        lab.podman("start", first)
    assert lab.up().code == 0
    # Podman writes the file of names anew at each start.
    lab.ssh(first, f"grep -q {API} /etc/hosts || echo '{ipaddress.ip_network(lab.subnet)[1]} {API}' >> /etc/hosts")
    eventually(lambda: lab.kubectl(f"get node {first}", second).output, lambda text: " Ready" in text)
    result = lab.verify()
    assert result.code == 0, result.output


def test_a_new_host_may_not_be_the_first(lab, tmp_path):
    """In an inventory that begins with a host which is no node, the cluster would be made a second time."""
    path = inventory(lab, tmp_path)
    with open(path, encoding="utf-8") as file:
        text = file.read()
    first = f"{NAME}-n1"
    # The routes to the other nodes' pods are those of the lab's network.
    away = "kubeadm reset --force >/dev/null 2>&1; ip -6 route flush root fd00:c00b:1::/56"
    result = lab.ssh(first, f"{away}; ls /etc/kubernetes/kubelet.conf")
    assert result.code != 0
    assert text.index(first) < text.index(f"{NAME}-n2")
    result = play(lab, SITE, path, **BEHIND)
    assert result.code != 0
    assert f"{first} is the first host of kube_control_plane and no node yet" in flat(result), result.output
