# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0
"""What each Antrea release knows and needs, as data.

Source of the keys: the ``AgentConfig`` and ``ControllerConfig`` structures of every release from 1.0.0 to 2.7.0
(``cmd/antrea-agent/config.go``, later ``pkg/config/agent/config.go``); of the fixes: Antrea's changelogs and the issue
named at each. Releases up to 1.15 decode their configuration strictly: one key that they do not know ends the agent
with ``yaml: unmarshal errors ... field X not found``, so a key is written only where it is known.
"""

import re

# Release in which a key appeared. A dot separates the levels of nested maps.
AGENT_KEYS = {
    "1.0.0": (
        "activeFlowExportTimeout",
        "antreaClientConnection",
        "apiPort",
        "clientConnection",
        "cniSocket",
        "defaultMTU",
        "enableIPSecTunnel",
        "enablePrometheusMetrics",
        "enableTLSToFlowAggregator",
        "featureGates",
        "flowCollectorAddr",
        "flowPollInterval",
        "hostGateway",
        "hostProcPathPrefix",
        "idleFlowExportTimeout",
        "kubeAPIServerOverride",
        "noSNAT",
        "nplPortRange",
        "ovsBridge",
        "ovsDatapathType",
        "ovsRunDir",
        "serviceCIDR",
        "serviceCIDRv6",
        "tlsCipherSuites",
        "tlsMinVersion",
        "trafficEncapMode",
        "tunnelType",
    ),
    "1.2.0": ("clusterPort",),
    "1.3.0": ("dnsServerOverride", "trafficEncryptionMode", "transportInterface", "wireGuard", "wireGuard.port"),
    "1.4.0": (
        "antreaProxy",
        "antreaProxy.nodePortAddresses",
        "antreaProxy.proxyAll",
        "antreaProxy.skipServices",
        "egress",
        "egress.exceptCIDRs",
        "nodePortLocal",
        "nodePortLocal.enable",
        "nodePortLocal.portRange",
        "transportInterfaceCIDRs",
    ),
    "1.5.0": ("antreaProxy.proxyLoadBalancerIPs", "multicastInterfaces"),
    "1.6.0": ("enableBridgingMode",),
    "1.7.0": (
        "disableTXChecksumOffload",
        "ipsec",
        "ipsec.authenticationMode",
        "multicast",
        "multicast.igmpQueryInterval",
        "multicast.multicastInterfaces",
        "multicluster",
        "multicluster.enable",
        "multicluster.namespace",
    ),
    "1.8.0": (
        "externalNode",
        "externalNode.externalNodeNamespace",
        "externalNode.policyBypassRules",
        "nodeType",
        "tunnelPort",
    ),
    "1.9.0": ("tunnelCsum",),
    "1.10.0": (
        "multicluster.enableStretchedNetworkPolicy",
        "secondaryNetwork",
        "secondaryNetwork.ovs",
        "secondaryNetwork.ovs.enable",
        "secondaryNetwork.ovs.ovsDatapathType",
        "secondaryNetwork.ovs.ovsIntegrationBridgeName",
        "secondaryNetwork.ovs.ovsPatchPort",
        "secondaryNetwork.ovs.ovsTransportBridgeName",
        "secondaryNetwork.tunnelType",
    ),
    "1.11.0": ("egress.maxEgressIPsPerNode", "multicluster.enableGateway", "multicluster.enablePodToPodConnectivity"),
    "1.12.0": (
        "multicast.enable",
        "multicast.igmpQueryVersions",
        "multicluster.trafficEncryptionMode",
        "multicluster.wireGuard",
        "multicluster.wireGuard.port",
    ),
    "1.13.0": (
        "antreaProxy.defaultLoadBalancerMode",
        "antreaProxy.serviceProxyName",
        "flowExporter",
        "flowExporter.activeFlowExportTimeout",
        "flowExporter.enable",
        "flowExporter.flowCollectorAddr",
        "flowExporter.flowPollInterval",
        "flowExporter.idleFlowExportTimeout",
    ),
    "1.14.0": (
        "antreaProxy.enable",
        "auditLogging",
        "auditLogging.compress",
        "auditLogging.maxAge",
        "auditLogging.maxBackups",
        "auditLogging.maxSize",
        "packetInRate",
        "secondaryNetwork.ovsBridges",
    ),
    "2.2.0": ("egress.snatFullyRandomPorts", "snatFullyRandomPorts"),
    "2.3.0": ("antreaProxy.disableServiceHealthCheckServer", "fqdnCacheMinTTL"),
    # 2.4.0's program reads flowExporter.protocols, while its own manifest says protocolFilter; it decodes leniently.
    "2.4.0": ("flowExporter.protocolFilter",),
    "2.5.0": (
        "antreaProxy.serviceHealthCheckServerBindAddress",
        "egress.uniqueMACForSubInterfaces",
        "hostNetworkAcceleration",
        "hostNetworkAcceleration.enable",
        "hostNetworkMode",
        "podCIDRs",
    ),
    "2.7.0": ("memberlist", "memberlist.gossipVerifyIncoming", "memberlist.gossipVerifyOutgoing"),
}

CONTROLLER_KEYS = {
    "1.0.0": (
        "apiPort",
        "clientConnection",
        "enablePrometheusMetrics",
        "featureGates",
        "legacyCRDMirroring",
        "selfSignedCert",
        "tlsCipherSuites",
        "tlsMinVersion",
    ),
    "1.4.0": (
        "nodeIPAM",
        "nodeIPAM.clusterCIDRs",
        "nodeIPAM.enableNodeIPAM",
        "nodeIPAM.nodeCIDRMaskSizeIPv4",
        "nodeIPAM.nodeCIDRMaskSizeIPv6",
        "nodeIPAM.serviceCIDR",
        "nodeIPAM.serviceCIDRv6",
    ),
    "1.7.0": ("ipsecCSRSigner", "ipsecCSRSigner.autoApprove", "ipsecCSRSigner.selfSignedCA"),
    "1.10.0": ("multicluster", "multicluster.enableStretchedNetworkPolicy", "multicluster.namespace"),
    "1.12.0": ("clientCAFile",),
    "1.13.0": ("kubeAPIServerOverride",),
}

# Release that no longer knows a key.
AGENT_KEYS_REMOVED = {
    "enableIPSecTunnel": "2.0.0",
    "enableTLSToFlowAggregator": "1.1.0",
    "multicastInterfaces": "2.0.0",
    "multicluster.enable": "2.0.0",
    "nplPortRange": "2.0.0",
    "secondaryNetwork.ovs": "1.14.0",
    "secondaryNetwork.ovs.enable": "1.14.0",
    "secondaryNetwork.ovs.ovsDatapathType": "1.14.0",
    "secondaryNetwork.ovs.ovsIntegrationBridgeName": "1.14.0",
    "secondaryNetwork.ovs.ovsPatchPort": "1.14.0",
    "secondaryNetwork.ovs.ovsTransportBridgeName": "1.14.0",
    "secondaryNetwork.tunnelType": "1.14.0",
}
CONTROLLER_KEYS_REMOVED = {"legacyCRDMirroring": "2.0.0"}

# Maps whose entries the data above does not list: their names are free (feature gates) or those of a Kubernetes type.
OPEN_MAPS = ("featureGates", "clientConnection", "antreaClientConnection")

# Behaviour that changed, with the releases that brought the change: one in each branch that was still maintained.
FIXES = {
    # The agent removes fe80::/64 from antrea-gw0 after a while, and pods lose everything beyond their node (#5482).
    "link_local_route": ("1.11.4", "1.12.3", "1.13.2", "1.14.0"),
    # With WireGuard the automatic MTU leaves room for IPv4 headers only: 10 bytes too large (#5880).
    "wireguard_mtu": ("1.13.4", "1.14.2", "1.15.0"),
    # The agent turns IPv6 forwarding on by itself (#5833).
    "sets_forwarding": ("1.14.2", "1.15.0"),
    # The image chooses between the iptables backends; without it the kernel must have the legacy tables (#3276).
    "iptables_wrapper": ("1.2.4", "1.5.1", "1.6.0"),
    # The controller tolerates the control-plane taint (#3731).
    "control_plane_toleration": ("1.5.3", "1.6.1", "1.7.0"),
    # Turning WireGuard on in a running cluster leaves a stale peer-gateway route (#3437).
    "wireguard_stale_route": ("1.6.0",),
    # An unknown key in the configuration is ignored (#6156).
    "lenient_decoding": ("2.0.0",),
    # The WireGuard port is opened by the agent (#7030).
    "opens_wireguard_port": ("2.4.0",),
}

# Lowest Kubernetes release an Antrea release runs on, newest first.
KUBERNETES_FLOOR = (("2.5.0", "1.23"), ("2.0.0", "1.19"), ("0.0.0", "1.16"))

# First release with IPv6-only support that kURL's users may rely on.
FIRST_IPV6 = "1.4.0"

# Bytes that WireGuard takes from a packet over IPv6 and that IPv6 needs at least (RFC 8200, section 5).
WIREGUARD_OVERHEAD = 80
MINIMUM_MTU = 1280

_VERSION = re.compile(r"^v?(\d+)\.(\d+)\.(\d+)(?:[-+].*)?$")


def parse(version):
    """Turn ``1.14.2`` or ``v1.14.2`` into ``(1, 14, 2)``; a suffix such as ``-alpha.1`` is left out.

    Raises ValueError for anything else, ``1.14`` included: Antrea's files are named by full versions.
    """
    match = _VERSION.match(str(version))
    if not match:
        raise ValueError("%r is not an Antrea version such as 2.4.1" % str(version))
    return tuple(int(part) for part in match.groups())


def has(version, fix):
    """Tell whether a release has one of :data:`FIXES`.

    A branch that got the fix in one of its patch releases has it from there on; other branches have it when they are
    newer than the newest release named.
    """
    wanted = parse(version)
    releases = sorted(parse(release) for release in FIXES[fix])
    for release in releases:
        if release[:2] == wanted[:2]:
            return wanted >= release
    return wanted > releases[-1]


def known_keys(version, component="agent"):
    """Return the set of configuration keys, nested ones with dots, which a release's agent or controller decodes."""
    added = {"agent": AGENT_KEYS, "controller": CONTROLLER_KEYS}[component]
    removed = {"agent": AGENT_KEYS_REMOVED, "controller": CONTROLLER_KEYS_REMOVED}[component]
    wanted = parse(version)
    known = {key for release, keys in added.items() if parse(release) <= wanted for key in keys}
    return {key for key in known if key not in removed or wanted < parse(removed[key])}


def unknown_keys(configuration, version, component="agent"):
    """Return the keys, with dots, of a nested configuration which a release does not know, in their order."""
    known = known_keys(version, component)
    parents = {key.rsplit(".", 1)[0] for key in known if "." in key}
    unknown = []

    def walk(mapping, prefix):
        for name, value in mapping.items():
            path = prefix + str(name)
            if path not in known:
                unknown.append(path)
            elif isinstance(value, dict) and path in parents and path not in OPEN_MAPS:
                walk(value, path + ".")

    walk(configuration, "")
    return unknown


def kubernetes_floor(version):
    """Return the lowest Kubernetes release, such as ``1.23``, that an Antrea release supports."""
    wanted = parse(version)
    return next(floor for release, floor in KUBERNETES_FLOOR if wanted >= parse(release))


def default_mtu(version, encryption, node_mtu):
    """Return the pod MTU to write for a release, in bytes; 0 lets Antrea choose by itself.

    ``node_mtu`` is the smallest MTU of the nodes' interfaces. Raises ValueError when what is left is less than IPv6
    needs.
    """
    if encryption != "wireguard" or has(version, "wireguard_mtu"):
        return 0
    mtu = int(node_mtu) - WIREGUARD_OVERHEAD
    if mtu < MINIMUM_MTU:
        raise ValueError(
            "the nodes' interfaces carry %d bytes; WireGuard over IPv6 takes %d, and the %d that are left are fewer "
            "than the %d which IPv6 needs" % (int(node_mtu), WIREGUARD_OVERHEAD, mtu, MINIMUM_MTU)
        )
    return mtu


def facts(version):
    """Return what is known about a release: its fixes as booleans, and ``kubernetes_floor``."""
    known = {fix: has(version, fix) for fix in FIXES}
    known["kubernetes_floor"] = kubernetes_floor(version)
    return known
