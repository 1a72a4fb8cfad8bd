# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0
"""Ceph by Rook without IPv4, from empty disks to wiped ones, in this order. Each test stands on those before it.

What cannot be seen here: volumes of pods. They need ceph-csi, whose images nobody can build from packages or modules,
and the kernel's rbd; the test of them skips, and says so.
"""

import glob
import hashlib
import ipaddress
import json
import os
import re
import subprocess
import time

import pytest
from cluster import BINARIES, TOP, changed
from conftest import fresh

NAME = "rook"
NAMESPACE = "rook-ceph"
CEPH_IMAGE = "quay.io/ceph/ceph:v18.2.7"
POOL = "replicapool"
POD_RANGE, SERVICE_RANGE = "fd00:c00b:1::/56", "fd00:c00b:2::/112"
#: At the start of each device that an OSD has.
LABEL = b"bluestore block device"
#: What the lab asks for besides the spec: loop devices, no ceph-csi, as little memory as Ceph works with.
VARIABLES = {
    "rook_ceph_image": CEPH_IMAGE,
    "rook_operator_settings": {
        "ROOK_CEPH_ALLOW_LOOP_DEVICES": True,
        "ROOK_CSI_ENABLE_RBD": False,
        "ROOK_CSI_ENABLE_CEPHFS": False,
    },
    "rook_cluster_settings": {
        # This module cannot be loaded with the Python of Debian 13.
        "mgr": {"count": 1, "modules": [{"name": "restful", "enabled": False}]},
        "dashboard": {"enabled": False},
        "crashCollector": {"disable": True},
        "monitoring": {"enabled": False, "metricsDisabled": True},
        # Each probe of each daemon starts a Python every few seconds: too much for a machine that is three nodes.
        "healthCheck": {
            probe: {daemon: {"disabled": True} for daemon in ("mon", "mgr", "osd")}
            for probe in ("livenessProbe", "startupProbe")
        },
    },
    "rook_ceph_config": {
        "global": {
            # The least that an OSD takes; and Ceph warns of disks that are full by 70 %, as a developer's may be.
            "osd_memory_target": "939524096",
            "mon_data_avail_warn": "5",
            # Debian's are relative to the root, where Rook's daemons do not start.
            "osd_class_dir": "/usr/lib/x86_64-linux-gnu/rados-classes",
            "erasure_code_dir": "/usr/lib/x86_64-linux-gnu/ceph/erasure-code",
            "plugin_dir": "/usr/lib/x86_64-linux-gnu/ceph",
        }
    },
}
HEALTHY_SECONDS = 600


@pytest.fixture(scope="module")
def lab(request):
    """Three fresh nodes with a disk each; the spec's patch names the disks."""
    for nodes in fresh(request, NAME, "fd00:26::/64", disks=1, spec="demo.yml"):
        storage = [
            {"name": node, "devices": [{"name": path} for path in variables["lab_disks"]]}
            for node, variables in nodes.variables().items()
        ]
        patch = os.path.join(TOP, "build", "rook-disks.yml")
        with open(patch, "w", encoding="utf-8") as file:
            json.dump(
                {
                    "apiVersion": "cluster.kurl.sh/v1beta1",
                    "kind": "Installer",
                    "metadata": {"name": "disks"},
                    "spec": {"rook": {"nodes": json.dumps(storage)}},
                },
                file,
            )
        nodes.disk_patch = patch
        yield nodes


def site(lab, *words):
    """Run site with the spec that asks for Rook."""
    return lab.site(*words, variables=VARIABLES)


def ceph(lab, words, check=True):
    """Run a command of Ceph in the toolbox; return what it prints."""
    result = lab.kubectl(f"--namespace {NAMESPACE} exec deployment/rook-ceph-tools -- {words}")
    assert result.code == 0 or not check, result.output
    return result.output


def asked(lab, words):
    """Return the parsed answer of a command of Ceph."""
    text = ceph(lab, f"ceph {words} --format json 2>/dev/null")
    return json.loads(text[text.index("{") :])


def healthy(lab):
    """Wait until Ceph is healthy with all its OSDs and monitors; return its status."""
    deadline = time.monotonic() + HEALTHY_SECONDS
    said = ""
    while time.monotonic() < deadline:
        try:
            status = asked(lab, "status")
        except (AssertionError, ValueError) as error:
            said = str(error)
        else:
            osds = status["osdmap"]
            said = json.dumps(status["health"])
            whole = (osds["num_up_osds"], osds["num_in_osds"], len(status["quorum"])) == (3, 3, 3)
            if status["health"]["status"] == "HEALTH_OK" and whole:
                return status
        time.sleep(3)
    raise AssertionError(f"Ceph is not healthy after {HEALTHY_SECONDS} s: {said}")


def pods(lab, app):
    """Return the pods of a kind of daemon, by name."""
    listed = lab.objects(f"pods --namespace {NAMESPACE} --selector app={app}")
    return {pod["metadata"]["name"]: pod for pod in listed}


def first_bytes(lab):
    """Return node -> the first bytes of its disk, read on the node."""
    found = {}
    for node, variables in lab.variables().items():
        text = lab.ssh(node, f"head -c {len(LABEL)} {variables['lab_disks'][0]} | od -An -v -tx1").output
        found[node] = bytes.fromhex(text.replace("\n", " "))
    return found


def test_the_mirror_has_what_rook_needs(lab):
    for pattern in ("docker.io/rook/ceph/*.tar", "quay.io/ceph/ceph/*.tar"):
        assert glob.glob(
            os.path.join(lab.mirror, "images", pattern)
        ), f"{pattern}: run tests/lab/mirror/build --with rook"


def test_a_cluster_without_storage(lab):
    for step in (lab.site, lab.cluster_network) if lab.network.external else (lab.site,):
        result = step()
        assert result.code == 0, result.output
    assert set(first_bytes(lab).values()) == {bytes(len(LABEL))}
    # From here on the spec has Rook.
    lab.spec = os.path.join(os.path.dirname(lab.spec), "rook.yml")
    lab.patches = [lab.disk_patch]


def test_check_mode_touches_no_disk(lab):
    result = site(lab, "--check")
    assert result.code == 0, result.output
    assert changed(result.output) > 0
    assert set(first_bytes(lab).values()) == {bytes(len(LABEL))}
    assert NAMESPACE not in lab.kubectl("get namespaces").output


def test_a_killed_run_leaves_what_the_next_can_use(lab):
    """Killed while the operator is at work: the next test's run goes on from there."""
    given = dict(VARIABLES, installer_src=lab.spec, installer_patches=list(lab.patches))
    if lab.network.external:
        given["installer_patches"].append(os.path.join(os.path.dirname(lab.spec), "demo-external-cni.yml"))
        given["external_cni"] = True
    command = [os.path.join(BINARIES, "ansible-playbook"), "kurl.ipv6.site", "--inventory", lab.inventory]
    command += ["--extra-vars", json.dumps(given)]
    with subprocess.Popen(command, cwd=TOP, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
        lines = []
        for line in process.stdout:
            lines.append(line)
            if "Wait until Ceph is healthy" in line:
                time.sleep(20)
                process.kill()
    assert process.returncode == -9, "".join(lines)


def test_site_makes_a_healthy_ceph(lab):
    result = site(lab)
    assert result.code == 0, result.output
    assert healthy(lab)["health"]["status"] == "HEALTH_OK"
    (cluster,) = lab.objects(f"cephclusters --namespace {NAMESPACE}")
    assert cluster["status"]["phase"] == "Ready"
    assert cluster["status"]["ceph"]["health"] == "HEALTH_OK"
    assert set(first_bytes(lab).values()) == {LABEL}


def addresses_in(answer):
    """Return the addresses in an answer of Ceph, as in ``[fd00::1]:6800/0`` and ``1.2.3.4:0/0``."""
    found = re.findall(r'"(\[[0-9a-f:.]+\]|[0-9.]+):\d+/\d+"', json.dumps(answer))
    return {ipaddress.ip_address(address.strip("[]")) for address in found}


def test_ceph_speaks_ipv6_alone(lab):
    ranges = [ipaddress.ip_network(text) for text in (POD_RANGE, SERVICE_RANGE)]
    for words, least in (("mon dump", 3), ("osd dump", 3), ("mgr dump", 1)):
        answer = asked(lab, words)
        if words == "osd dump":
            answer = answer["osds"]
        elif words == "mgr dump":
            answer = {key: answer[key] for key in ("active_addr", "active_addrs")}
        addresses = addresses_in(answer)
        assert len(addresses) >= least, answer
        strange = [str(one) for one in addresses if one.version != 6 or not any(one in known for known in ranges)]
        assert strange == [], words
    for service in lab.objects(f"services --namespace {NAMESPACE}"):
        assert service["spec"]["ipFamilies"] == ["IPv6"], service["metadata"]["name"]
    for kind in ("rook-ceph-mon", "rook-ceph-osd", "rook-ceph-mgr"):
        for name, pod in pods(lab, kind).items():
            assert [ipaddress.ip_address(one["ip"]).version for one in pod["status"]["podIPs"]] == [6], name


def test_verify_passes(lab):
    # What passed is shown with -v.
    result = lab.playbook("kurl.ipv6.verify", "-v", spec=False)
    assert result.code == 0, result.output
    assert "ceph.addresses" in result.output, result.output


def test_the_second_run_changes_nothing(lab):
    result = site(lab)
    assert result.code == 0, result.output
    assert changed(result.output) == 0, result.output


def test_no_secret_is_shown_or_left(lab):
    key = ceph(lab, "ceph auth print-key client.admin").strip().splitlines()[-1]
    assert len(key) > 30
    assert key not in site(lab, "-vvv").output
    for node in lab.hosts():
        found = lab.ssh(node, f"grep -rlF '{key}' /etc /tmp /root /var/tmp 2>/dev/null").output
        assert found == "", node


@pytest.fixture(scope="module")
def written(lab):
    """An image of RBD with random content; its name and the content's digest."""
    content = ceph(lab, "sh -c 'head -c 8388608 /dev/urandom > /tmp/in && sha256sum /tmp/in'").split()[0]
    ceph(lab, f"rbd import --no-progress /tmp/in {POOL}/kept")
    return content


def read_back(lab):
    """Return the digest of what the image holds."""
    # Not what the writer wrote, but what the cluster gives to a fresh client.
    text = ceph(lab, f"sh -c 'rm -f /tmp/out && rbd export --no-progress {POOL}/kept /tmp/out && sha256sum /tmp/out'")
    return text.split()[-2]


def test_an_image_is_written_and_read(lab, written):
    assert read_back(lab) == written
    assert written != hashlib.sha256(bytes(8388608)).hexdigest()
    objects = ceph(lab, f"rados --pool {POOL} ls").split()
    assert sum(name.startswith("rbd_data.") for name in objects) == 2
    where = asked(lab, f"osd map {POOL} {next(name for name in objects if name.startswith('rbd_data.'))}")
    assert sorted(where["acting"]) == [0, 1, 2]


def restarts(pod):
    """Return how often a pod's containers were started again."""
    return sum(state["restartCount"] for state in pod["status"]["containerStatuses"])


@pytest.mark.parametrize("daemon", ["osd", "mon"])
def test_a_killed_daemon_comes_back(lab, written, daemon):
    app = f"rook-ceph-{daemon}"
    before = pods(lab, app)
    victim = before[max(before)]
    node = victim["spec"]["nodeName"]
    # A process of a pod is a process of its node.
    assert lab.ssh(node, f"pkill --signal KILL --exact ceph-{daemon}").code == 0
    assert read_back(lab) == written
    deadline = time.monotonic() + HEALTHY_SECONDS
    while time.monotonic() < deadline:
        now = pods(lab, app)
        if sum(map(restarts, now.values())) > sum(map(restarts, before.values())):
            break
        time.sleep(2)
    else:
        raise AssertionError(f"the pod of {app} on {node} was not started again")
    healthy(lab)
    assert read_back(lab) == written


def test_a_lost_node_is_survived(lab, written):
    """A node is off: two copies and two monitors are left, and the third comes back with it."""
    tools = "get pods --selector app=rook-ceph-tools --output jsonpath={.items[*].spec.nodeName}"
    asking = lab.kubectl(f"--namespace {NAMESPACE} {tools}").output.split()
    node = [name for name in list(lab.hosts())[1:] if name not in asking][-1]
    lab.podman("stop", "--time", "10", node)
    try:
        deadline = time.monotonic() + HEALTHY_SECONDS
        # While the monitors elect a new leader Ceph does not answer.
        while '"num_up_osds":2' not in ceph(lab, "ceph status --format json 2>/dev/null", check=False):
            assert time.monotonic() < deadline, "the OSD of a node that is off is not seen as down"
            time.sleep(3)
        assert read_back(lab) == written
    finally:
        lab.podman("start", node)
    healthy(lab)
    assert read_back(lab) == written


def test_ceph_survives_a_restart_of_all_nodes(lab, written):
    result = lab.restart()
    assert result.code == 0, result.output
    healthy(lab)
    assert read_back(lab) == written
    result = lab.verify()
    assert result.code == 0, result.output


def test_a_volume_is_mounted(lab):
    if not glob.glob(os.path.join(lab.mirror, "images", "quay.io", "cephcsi", "cephcsi", "*.tar")):
        pytest.skip("the mirror holds no image of ceph-csi, which cannot be built here: volumes of pods are not tested")
    claims = lab.verify()
    assert "ceph.volume" in claims.output, claims.output


def test_reset_leaves_the_data_of_the_disks(lab):
    result = lab.playbook("kurl.ipv6.reset", variables={"reset_confirm": True}, spec=False)
    assert result.code == 0, result.output
    assert set(first_bytes(lab).values()) == {LABEL}
    for node in lab.hosts():
        assert lab.ssh(node, "test -d /var/lib/rook/rook-ceph").code == 0, node


def test_reset_wipes_the_disks_when_it_is_told_to(lab):
    result = lab.playbook("kurl.ipv6.reset", variables={"reset_confirm": True, "reset_wipe_disks": True}, spec=False)
    assert result.code == 0, result.output
    assert set(first_bytes(lab).values()) == {bytes(len(LABEL))}
    for node in lab.hosts():
        assert lab.ssh(node, "test -e /var/lib/rook").code != 0, node
