# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0
"""Modules and parameters: what is missing fails only when something planned needs it; what site does is information."""

import pytest

from ansible_collections.kurl.ipv6.plugins.module_utils.checks import kernel
from ansible_collections.kurl.ipv6.tests.unit.plugins.module_utils.checks import recorded

PLAIN = {"antrea_version": "2.4.1"}
ENCRYPTED = {"antrea_version": "2.4.1", "antrea_encryption": "wireguard"}


def host(forbidden=(), os_id="", kernel_version="", container="", **modules):
    """A healthy host with these modules in these states."""
    facts = recorded.facts()
    facts["modules"].update(modules)
    facts["kernel_modules"]["forbidden"] = list(forbidden)
    facts["container"] = container
    if os_id:
        facts["os"] = {"id": os_id, "version": "", "name": os_id, "like": []}
    if kernel_version:
        facts["kernel"] = kernel_version
    return facts


@pytest.mark.parametrize(
    "module, plan",
    [
        ("br_netfilter", "none"),
        ("overlay", "none"),
        ("nf_conntrack", "none"),
        ("openvswitch", PLAIN),
        ("geneve", PLAIN),
        ("wireguard", ENCRYPTED),
        ("rbd", {"rook_version": "1.18.11"}),
        ("ip_vs", {"kube_proxy_mode": "ipvs"}),
    ],
)
@pytest.mark.parametrize(
    "state, status", [("loaded", "pass"), ("builtin", "pass"), ("loadable", "info"), ("missing", "fail")]
)
def test_a_needed_module(module, plan, state, status):
    findings = recorded.judge(host(**{module: state}), plan)
    assert recorded.one(findings, "module." + module)["status"] == status
    assert recorded.bad(findings) == ({"module." + module: "fail"} if status == "fail" else {})


@pytest.mark.parametrize(
    "module, plan",
    [
        ("wireguard", "none"),
        ("wireguard", PLAIN),
        ("openvswitch", "none"),
        ("geneve", "none"),
        ("geneve", ENCRYPTED),
        ("rbd", PLAIN),
        ("ip_vs", "none"),
        ("ip_vs", {"kube_proxy_mode": "nftables"}),
    ],
)
def test_a_missing_module_that_nothing_needs_is_no_fault(module, plan):
    findings = recorded.judge(host(**{module: "missing"}), plan)
    assert recorded.one(findings, "module." + module)["status"] == ("info" if module == "wireguard" else "skip")
    assert recorded.bad(findings) == {}


def test_where_openvswitch_is_missing_geneve_is_not_blamed_as_well():
    assert recorded.bad(recorded.judge(host(openvswitch="missing", geneve="missing"), PLAIN)) == {
        "module.openvswitch": "fail"
    }


def test_a_module_that_modprobe_d_forbids_fails_with_the_remedy_of_that():
    found = recorded.one(
        recorded.judge(host(forbidden=["wireguard"], wireguard="loadable"), ENCRYPTED), "module.wireguard"
    )
    assert found["status"] == "fail" and "/etc/modprobe.d" in found["remedy"]
    # Loaded is loaded, whatever a file says.
    assert recorded.bad(recorded.judge(host(forbidden=["wireguard"], wireguard="loaded"), ENCRYPTED)) == {}


@pytest.mark.parametrize(
    "os_id, kernel_version, words",
    [
        (
            "ubuntu",
            "4.15.0-213-generic",
            ["apt-get install -y wireguard", "reboot", "https://www.wireguard.com/install/"],
        ),
        ("ubuntu", "5.15.0-105-generic", ["linux-modules-extra-$(uname -r)"]),
        ("rhel", "4.18.0-513.el8.x86_64", ["kmod-wireguard", "elrepo", "reboot"]),
        ("rocky", "5.14.0-362.el9.x86_64", ["kernel-modules-extra"]),
        ("debian", "6.1.0-20-cloud-amd64", ["linux-image-amd64"]),
        ("alpine", "6.6.1", ["boot a kernel that has wireguard"]),
    ],
)
def test_the_remedy_is_the_distributions(os_id, kernel_version, words):
    facts = host(os_id=os_id, kernel_version=kernel_version, wireguard="missing")
    remedy = recorded.one(recorded.judge(facts, ENCRYPTED), "module.wireguard")["remedy"]
    for word in words:
        assert word in remedy


def test_in_a_container_the_remedy_is_the_machines():
    remedy = recorded.one(recorded.judge(host(container="podman", overlay="missing")), "module.overlay")["remedy"]
    assert "on the machine that runs this container" in remedy


def test_an_updated_kernel_that_does_not_run_yet_wants_a_reboot():
    facts = host(overlay="missing")
    facts["kernel_modules"]["modules_folder"] = False
    assert recorded.one(recorded.judge(facts), "module.overlay")["remedy"].startswith("reboot")


LEGACY = ("ip6_tables", "ip6table_filter", "ip6table_mangle", "ip6table_nat", "ip6table_raw")


@pytest.mark.parametrize(
    "antrea, wraps",
    [
        ("1.2.3", False),
        ("1.2.4", True),
        ("1.3.0", False),
        ("1.4.0", False),
        ("v1.4.0", False),
        ("1.5.0", False),
        ("1.5.1", True),
        ("1.6.0", True),
        ("2.4.1", True),
    ],
)
def test_which_antrea_knows_only_the_legacy_tables(antrea, wraps):
    assert kernel.wraps_iptables(antrea) is wraps
    facts = host(**dict.fromkeys(LEGACY, "missing"))
    expected = {} if wraps else {"module.ip6_tables": "fail"}
    assert recorded.bad(recorded.judge(facts, {"antrea_version": antrea})) == expected


@pytest.mark.parametrize(
    "modules, status",
    [
        ({}, "info"),  # loadable
        ({"ip6_tables": "loaded"}, "pass"),
        ({"ip6_tables": "builtin"}, "pass"),
        ({"ip6_tables": "missing"}, "pass"),  # nf_tables does it
        ({"ip6_tables": "missing", "nft_compat": "missing"}, "fail"),
        ({"ip6_tables": "missing", "nf_tables": "missing"}, "fail"),
        ({"ip6table_nat": "missing"}, "pass"),
        ({"ip6table_nat": "missing", "nf_tables": "missing", "nft_compat": "missing"}, "fail"),
    ],
)
def test_ip6_tables_without_antrea(modules, status):
    findings = recorded.judge(host(**modules))
    assert recorded.one(findings, "module.ip6_tables")["status"] == status
    assert recorded.bad(findings) == ({"module.ip6_tables": "fail"} if status == "fail" else {})


FORWARDING = "net.ipv6.conf.all.forwarding"
BRIDGE = "net.bridge.bridge-nf-call-ip6tables"


@pytest.mark.parametrize(
    "name, check_id", [(FORWARDING, "sysctl.forwarding"), (BRIDGE, "sysctl.bridge-nf-call-ip6tables")]
)
@pytest.mark.parametrize(
    "now, value, file, status",
    [
        ("1", "1", "/etc/sysctl.d/50-k8s.conf", "pass"),
        ("1", None, "", "info"),
        ("0", None, "", "info"),
        ("0", "1", "/etc/sysctl.d/50-k8s.conf", "info"),
        (None, None, "", "info"),
        # Files that come before ours are overruled by it.
        ("1", "0", "/etc/sysctl.d/50-router.conf", "info"),
        ("1", "0", "/etc/sysctl.d/90-kurl-ipv6.conf", "info"),
        ("1", "0", "/etc/sysctl.d/99-router.conf", "fail"),
        ("0", "0", "/etc/sysctl.conf", "fail"),
    ],
)
def test_parameters_now_and_after_a_reboot(name, check_id, now, value, file, status):
    facts = recorded.facts()
    facts["sysctls"][name] = now
    if value is not None:
        facts["sysctls_persisted"][name] = {"value": value, "file": file}
    findings = recorded.judge(facts)
    found = recorded.one(findings, check_id)
    assert found["status"] == status
    assert recorded.bad(findings) == ({check_id: "fail"} if status == "fail" else {})
    if status == "fail":
        assert file in found["observed"] and found["remedy"].startswith("sed -i")


def test_a_missing_br_netfilter_is_told_once():
    findings = recorded.judge(host(br_netfilter="missing"))
    assert recorded.bad(findings) == {"module.br_netfilter": "fail"}
    assert recorded.one(findings, "sysctl.bridge-nf-call-ip6tables")["status"] == "skip"
