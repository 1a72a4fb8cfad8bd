#!/usr/bin/python
# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0
"""Reads a host once and judges whether it is ready for an IPv6-only cluster. Changes nothing."""

DOCUMENTATION = r"""
module: host_readiness
short_description: Judge whether a host is ready for an IPv6-only Kubernetes cluster
version_added: 0.1.0
description:
  - Reads the host's network, kernel, parameters, sockets and system once, and judges what it found. Nothing is changed.
  - Every judgement is a finding with a remedy that can be pasted. The module does not fail because of a finding;
    the report of M(kurl.ipv6.report) does.
  - Runs without a plan too, for example as C(ansible all -m kurl.ipv6.host_readiness); what is not planned is then
    not demanded.
author:
  - the kurl.ipv6 authors (@kurl-ipv6)
options:
  plan:
    description:
      - What will be installed, as RV(kurl.ipv6.installer#module:role_vars) says it.
      - Keys that are understood are C(kubernetes_version), C(pod_cidr), C(service_cidr), C(antrea_version),
        C(antrea_encryption), C(rook_version), C(load_balancer_enabled), C(load_balancer_port), C(airgap), C(proxy),
        C(external_cni), C(max_pods) and C(kube_proxy_mode). A component that is not planned is absent or empty.
      - What Rook takes is said by C(rook_block_device_filter), C(rook_nodes), C(rook_ceph_replica_count),
        C(rook_shared_filesystem_disabled) and C(rook_block_volumes), which is V(false) where its driver is turned off.
      - C(host_preflights) holds the host checks of the spec, as M(kurl.ipv6.installer) translates them.
    type: dict
    default: {}
  roles:
    description:
      - The inventory groups of the host that matter, V(kube_control_plane) and V(kube_node).
      - Without any the host is judged as a control plane node.
    type: list
    elements: str
    default: []
  node_ip:
    description:
      - The node's address as the inventory gives it. Without it a stable, usable address is chosen.
    type: str
    default: ""
  controller_time:
    description:
      - The controller's time when it asked, in seconds since 1970. With it the host's clock is compared.
    type: float
    default: 0
  subject:
    description:
      - The host's name in the inventory, which the findings carry. The default is the host's own name.
    type: str
    default: ""
  listen:
    description:
      - Start the listener of M(kurl.ipv6.node_mesh) on the chosen address afterwards, so that the mesh needs one task
        less.
    type: bool
    default: false
  secret:
    description:
      - The listener's secret, as for M(kurl.ipv6.node_mesh). The action plugin makes one for each run.
    type: str
    default: ""
  finder:
    description:
      - A script for a POSIX shell that finds a Python on the host, sets C(usable) and C(python) and prints what it
        found as one line of JSON, as the role P(kurl.ipv6.preflight#role) has it. The action plugin runs it first.
      - Where it finds none, the task is skipped, and its C(stdout) tells why.
    type: str
    default: ""
  deadline:
    description:
      - Seconds after which the listener ends in any case, as for M(kurl.ipv6.node_mesh).
    type: int
    default: 0
extends_documentation_fragment:
  - ansible.builtin.action_common_attributes
attributes:
  check_mode:
    description: The module only reads.
    support: full
  diff_mode:
    description: Nothing changes, so that there is nothing to show.
    support: none
  platform:
    platforms: linux
notes:
  - Needs root to see which process holds a port, what block devices hold, and whether the gateway answers.
  - Sends one neighbour solicitation to the gateway and up to two DNS queries to each resolver. One of them asks
    for C(ipv4only.arpa), which tells a DNS64 (RFC 7050), unless O(plan) says C(airgap). Then proxies are not asked,
    either; else a connection is made to that of the plan and to those of the environment.
  - Works with Python 3.6 and newer and the standard library alone.
seealso:
  - module: kurl.ipv6.installer
"""

EXAMPLES = r"""
- name: Judge every host
  kurl.ipv6.host_readiness:
    plan:
      kubernetes_version: 1.34.4
      antrea_version: 2.4.1
      antrea_encryption: wireguard
      pod_cidr: fd00:c00b:1::/56
      service_cidr: fd00:c00b:2::/112
    roles: "{{ group_names }}"
    subject: "{{ inventory_hostname }}"
  register: readiness

- name: Show what must be done on this host
  ansible.builtin.debug:
    msg: "{{ readiness.findings | selectattr('status', 'equalto', 'fail') | map(attribute='remedy') }}"
"""

RETURN = r"""
findings:
  description: One entry for each judgement.
  returned: always
  type: list
  elements: dict
  contains:
    id:
      description: Stable name of the check, see the catalogue of checks.
      type: str
      sample: route.default
    subject:
      description: O(subject).
      type: str
      sample: node1
    status:
      description: V(pass), V(info), V(warn), V(fail) or V(skip).
      type: str
      sample: fail
    title:
      description: What was looked at.
      type: str
      sample: IPv6 default route
    observed:
      description: What was seen.
      type: str
      sample: no default route
    expected:
      description: What was wanted.
      type: str
      sample: a default route through a router on ens5
    remedy:
      description: Commands to paste, one a line.
      type: str
      sample: ip -6 route add default via fe80::1 dev ens5
    reference:
      description: The source of the rule.
      type: str
      sample: "kURL docs/ipv6.md: joining the second node fails"
facts:
  description:
    - What was read of the host, and RV(facts.node_ip) with RV(facts.node_ip_reason).
    - Of lists at most 200 entries are returned. The judgements have seen all.
  returned: always
  type: dict
  contains:
    node_ip:
      description: The node's address, empty if there is none that can be used.
      returned: success
      type: str
      sample: fd00:10::11
    node_ip_reason:
      description: Why this address.
      returned: success
      type: str
      sample: unique-local, permanent address on eth0, the interface of the default route
    node_interface:
      description: The interface of the node's address.
      returned: success
      type: str
      sample: eth0
    hostname:
      description: The host's own name.
      returned: success
      type: str
      sample: node1
    os:
      description: C(id), C(version), C(name) and C(like) of os-release.
      returned: success
      type: dict
      sample: {id: debian, version: "12", name: Debian GNU/Linux 12 (bookworm), like: []}
    kernel:
      description: Release of the running kernel.
      returned: success
      type: str
      sample: 6.1.0-20-amd64
    kernel_command_line:
      description: What the kernel was started with.
      returned: success
      type: str
      sample: root=/dev/vda1 ro quiet
    architecture:
      description: C(amd64), C(arm64), or the kernel's name for another one.
      returned: success
      type: str
      sample: amd64
    cpus:
      description: Number of processors.
      returned: success
      type: int
      sample: 4
    memory_bytes:
      description: Memory in bytes.
      returned: success
      type: int
      sample: 16694902784
    container:
      description: Kind of container, empty on a machine.
      returned: success
      type: str
      sample: podman
    cgroup:
      description: C(version), C(hybrid) and C(controllers).
      returned: success
      type: dict
      sample: {version: 2, hybrid: false, controllers: [cpu, memory, pids]}
    machine_id:
      description: Content of /etc/machine-id.
      returned: success
      type: str
      sample: 16f2b7a03656a58e71600ca6d3ff2351
    product_uuid:
      description: UUID of the machine as its firmware gives it, empty if there is none.
      returned: success
      type: str
      sample: 4c4c4544-0042-3510-8052-b4c04f333132
    python:
      description:
        - "Version of the Python that ran the module; C(python_executable) is its path."
      returned: success
      type: str
      sample: 3.11.2
    links:
      description:
        - "Interfaces, each with C(name), C(index), C(mtu), C(kind), C(type), C(flags), C(state), C(mac) and
          C(master)."
      returned: success
      type: list
      elements: dict
    addresses:
      description:
        - "Addresses of both families, each with C(address), C(prefix), C(interface), C(family), C(scope),
          C(flags), C(valid) and C(preferred) (seconds, -1 for ever)."
      returned: success
      type: list
      elements: dict
    routes:
      description:
        - "IPv6 routes, each with C(destination), C(gateway), C(interface), C(metric), C(protocol), C(type),
          C(table), C(expires), C(preference), C(mtu), C(source) and C(flags)."
      returned: success
      type: list
      elements: dict
    default_routes:
      description:
        - "The default routes of the main table, the one that the kernel prefers first; keys as of
          RV(facts.routes)."
      returned: success
      type: list
      elements: dict
    ipv4_default_routes:
      description: The same for IPv4.
      returned: success
      type: list
      elements: dict
    neighbours:
      description:
        - "IPv6 neighbours, each with C(address), C(interface), C(router) and C(state); C(routers) are those that
          announced themselves as routers."
      returned: success
      type: list
      elements: dict
    answers:
      description:
        - "What was asked and whether it was answered; C(gateway) and C(resolvers), by address, each with
          C(answers), C(error) and C(nat64); C(proxies), by URL, each with C(state) and C(message)."
      returned: success
      type: dict
    resolver:
      description:
        - "C(nameservers) and C(search) of resolv.conf, C(stub) (they are systemd-resolved's), C(servers) (who is
          asked in the end)."
      returned: success
      type: dict
    hosts:
      description: Lines of /etc/hosts, each the address and its names.
      returned: success
      type: list
      elements: list
    sysctls:
      description:
        - "Kernel parameters now, by dotted name; null where the kernel has none."
      returned: success
      type: dict
    sysctls_persisted:
      description: What files of sysctl.d make of them at boot, each with C(value) and C(file).
      returned: success
      type: dict
    modules:
      description:
        - "State of kernel modules, V(loaded), V(builtin), V(loadable) or V(missing); C(kernel_modules) says more
          of the kernel."
      returned: success
      type: dict
    listeners:
      description:
        - "TCP listeners and UDP sockets without a peer, each with C(protocol), C(address), C(port), C(process),
          C(pid) and C(unit)."
      returned: success
      type: list
      elements: dict
    packet_filter:
      description:
        - "C(chains) that see arriving packets, each with C(family), C(table), C(chain), C(hook), C(policy),
          C(rules) and, if it drops what arrives, C(accepts); C(reverse_path) whether one filters by the way back."
      returned: success
      type: dict
    firewall:
      description:
        - C(firewalld), C(firewalld_rpfilter), C(firewalld_default), C(firewalld_trusted), C(ufw), C(ufw_forward) and
          C(ufw_rules).
      returned: success
      type: dict
    selinux:
      description: C(mode) and C(container_policy).
      returned: success
      type: dict
    clock:
      description: C(now) (seconds since 1970), C(offset) to O(controller_time), C(synchronized) and C(service).
      returned: success
      type: dict
    proxy:
      description: "C(http), C(https) and C(no_proxy) of the environment in which modules run, without passwords."
      returned: success
      type: dict
    swap:
      description: C(active), each with C(device) and C(bytes), and C(configured), the devices in fstab.
      returned: success
      type: dict
    filesystems:
      description:
        - "Where the folders lie that an installation fills, each with C(paths), C(total), C(available), C(files),
          C(files_free) and C(read_only)."
      returned: success
      type: list
      elements: dict
    block_devices:
      description:
        - "Disks, partitions and loop devices that can be written, each with C(name), C(kind), C(bytes), C(read_only),
          C(removable), C(children), C(mounted) and C(content)."
      returned: success
      type: list
      elements: dict
    lvm2:
      description: Whether the program of LVM is installed.
      returned: success
      type: bool
    kubernetes:
      description:
        - C(joined), C(static_pods), C(etcd_data), C(cni_config), and C(running), what a node's own files say of its
          cluster.
      returned: success
      type: dict
    remains:
      description:
        - "C(clusters), C(cni), C(rook) and C(pki), what other clusters left."
      returned: success
      type: dict
    processes:
      description: Services that matter and run.
      returned: success
      type: list
      elements: str
    asked:
      description: What only the host checks of the spec ask for, by the check.
      returned: when the plan has C(host_preflights)
      type: dict
    network_managers:
      description:
        - "Service that manages an interface, by its name; C(network_tools) are the configuration systems in use,
          C(networkd) the settings of systemd-networkd."
      returned: success
      type: dict
listener:
  description: What listens on this host, as M(kurl.ipv6.node_mesh) returns it.
  returned: O(listen=true), if there is an address
  type: dict
listener_error:
  description: Why nothing listens.
  returned: O(listen=true), if nothing listens
  type: str
  sample: it has no address that can be used
"""

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.kurl.ipv6.plugins.module_utils import host_readiness


def main():
    """Collect, judge, return."""
    module = AnsibleModule(argument_spec=host_readiness.ARGUMENTS, supports_check_mode=True)
    module.exit_json(**host_readiness.perform(module.params))


if __name__ == "__main__":
    main()
