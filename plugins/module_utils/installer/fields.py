# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0
"""Every field of kURL's Installer, once, as data: its type, kURL's default, and what becomes of it here.

Validation, translation and ``docs/spec.md`` all come from this table. Sources: the CRD types of replicatedhq/kurlkinds
and kURL's scripts (release v2026.08.06-0) for names, types and defaults; for the fates kURL's ``docs/ipv6.md``.
"""

from collections import namedtuple

#: ``translated``: to role variables; ``ignored``: without effect here, told as a warning; ``refused``: an error.
FATES = ("translated", "ignored", "refused")

#: Type -> how it reads in messages and in the documentation.
TYPES = {
    "bool": "true or false",
    "int": "a whole number",
    "str": "text",
    "version": "a version in quotes or with three parts, such as 1.34.4",
    "cidr": "an IPv6 range such as fd00:c00b:1::/56",
    "prefix": "a prefix length such as 22 or /22",
    "duration": "a duration such as 5m or 1h30m",
    "quantity": "a size such as 50Mi",
    "strings": "a list of text",
    "commands": "a list of commands, each a list of words",
    "inline map": "text that holds a map in YAML or JSON",
    "inline list": "text that holds a list in YAML or JSON",
    "preflights": "a Troubleshoot HostPreflight",
    "any": "anything",
}

#: ``becomes``: names of role variables; ``text``: what it does, why it does nothing, or why it is refused; ``instead``:
#: what to use or type instead; ``secret``: the value is never shown or returned.
Field = namedtuple("Field", "path type default fate becomes text instead secret")
#: A section as a whole; ``component`` is what it installs, empty if nothing.
Section = namedtuple("Section", "name component fate text instead")


def _translated(path, kind, becomes, text, default=""):
    return Field(path, kind, default, "translated", tuple(becomes.split()), text, "", False)


def _ignored(path, kind, text, instead="", default="", secret=False):
    return Field(path, kind, default, "ignored", (), text, instead, secret)


def _refused(path, kind, text, instead):
    return Field(path, kind, "", "refused", (), text, instead, False)


_JOIN = "the inventory says which hosts are control plane nodes, and joining needs no commands to be carried around"
_TOKEN = "tokens and keys for joining are made when a host joins, live for minutes and are never written down"
_NO_PROMPTS = "nothing here waits for an answer or for commands on other machines"
_OVERRIDE = (
    "kURL's packages of add-ons are not used: binaries, manifests and images come from upstream and are verified"
)
_IPV4_ONLY = "kURL uses it for IPv4 only, to search for a free range"

SECTIONS = (
    Section("kurl", "", "translated", "The installation itself: IPv6, proxies, host checks.", ""),
    Section("kubernetes", "kubernetes", "translated", "Kubernetes, installed with kubeadm.", ""),
    Section("containerd", "containerd", "translated", "The container runtime.", ""),
    Section("antrea", "antrea", "translated", "The cluster network; the only one on IPv6 (S25).", ""),
    Section("rook", "rook", "translated", "Storage by Rook and Ceph; the only storage add-on on IPv6 (S27).", ""),
    Section("registry", "registry", "translated", "The registry inside of the cluster.", ""),
    Section("velero", "velero", "translated", "Backups.", ""),
    Section("kotsadm", "kotsadm", "translated", "The admin console of KOTS.", ""),
    Section("ekco", "ekco", "translated", "The operator that looks after the cluster.", ""),
    Section("helm", "", "translated", "Charts that are installed at the end.", ""),
    Section("selinuxConfig", "", "translated", "SELinux on the hosts.", ""),
    Section("firewalldConfig", "", "translated", "firewalld on the hosts.", ""),
    Section("iptablesConfig", "", "translated", "Packet filter rules on the hosts.", ""),
    Section("ufwConfig", "", "translated", "ufw on the hosts.", ""),
    Section(
        "aws",
        "",
        "ignored",
        "the cloud provider inside of Kubernetes is gone since Kubernetes 1.27, and kURL's add-on has no IPv6 branch",
        "# install the external AWS cloud provider with its own chart if the cluster needs one",
    ),
    Section(
        "certManager",
        "",
        "ignored",
        "kURL's cert-manager has no IPv6 branch, and nothing else in a spec needs it",
        "kubectl apply --server-side -f cert-manager.yaml   # of the release, after the installation",
    ),
    Section(
        "metricsServer",
        "",
        "ignored",
        "kURL's metrics-server has no IPv6 branch, and nothing else in a spec needs it",
        "kubectl apply --server-side -f components.yaml   # of the release, after the installation",
    ),
    Section(
        "sonobuoy",
        "",
        "ignored",
        "kURL's sonobuoy has no IPv6 branch; the playbook kurl.ipv6.verify tests the cluster instead",
        "ansible-playbook kurl.ipv6.verify",
    ),
    Section(
        "goldpinger",
        "",
        "ignored",
        "the playbooks kurl.ipv6.preflight and kurl.ipv6.verify test the ways between all nodes instead",
        "ansible-playbook kurl.ipv6.verify",
    ),
    Section(
        "fluentd",
        "",
        "ignored",
        "kURL's fluentd has no IPv6 branch, and nothing else in a spec needs it",
        "# install a log collector with its own chart",
    ),
    Section(
        "collectd",
        "",
        "ignored",
        "kURL's collectd has no IPv6 branch, and nothing else in a spec needs it",
        "# install a metrics collector with its own chart",
    ),
    Section(
        "docker",
        "",
        "refused",
        "containerd is the only container runtime here: Kubernetes has no driver for Docker since 1.24",
        'docker: null              # in a patch\ncontainerd: {version: "2.2.6"}',
    ),
    Section("weave", "", "refused", "Weave has no IPv6; Antrea is the only cluster network there (S25)", ""),
    Section("flannel", "", "refused", "kURL's Flannel has no IPv6; Antrea is the only cluster network there (S25)", ""),
    Section("calico", "", "refused", "kURL's Calico has no IPv6; Antrea is the only cluster network there (S25)", ""),
    Section("openebs", "", "refused", "OpenEBS is not supported on IPv6; Rook is the only storage there (S27)", ""),
    Section("longhorn", "", "refused", "Longhorn is not supported on IPv6; Rook is the only storage there (S27)", ""),
    Section(
        "minio",
        "",
        "refused",
        "kURL's MinIO has no IPv6 branch; Rook brings an object store, and is the only storage there (S27)",
        'minio: null               # in a patch; Rook brings an object store:\nrook: {version: "1.19.7"}',
    ),
    Section(
        "contour",
        "",
        "refused",
        "kURL's Contour add-on has no IPv6 branch",
        "contour: null             # in a patch; install an ingress controller with its own chart, or use NodePorts",
    ),
    Section(
        "prometheus",
        "",
        "refused",
        "kURL's Prometheus add-on has no IPv6 branch",
        "prometheus: null          # in a patch; install kube-prometheus-stack with its own chart",
    ),
    Section("k3s", "", "refused", "k3s is supported by kURL no more; this collection uses kubeadm", ""),
    Section("rke2", "", "refused", "RKE2 is supported by kURL no more; this collection uses kubeadm", ""),
    Section(
        "nodeless",
        "",
        "refused",
        "the nodeless add-on runs pods in a cloud that this collection knows nothing of",
        "nodeless: null            # in a patch",
    ),
)

_INSTEAD = {
    "weave": 'weave: null               # in a patch\nantrea: {version: "2.4.1"}',
    "flannel": 'flannel: null             # in a patch\nantrea: {version: "2.4.1"}',
    "calico": 'calico: null              # in a patch\nantrea: {version: "2.4.1"}',
    "openebs": 'openebs: null             # in a patch\nrook: {version: "1.19.7"}',
    "longhorn": 'longhorn: null            # in a patch\nrook: {version: "1.19.7"}',
    "k3s": 'k3s: null                 # in a patch\nkubernetes: {version: "1.34.4"}',
    "rke2": 'rke2: null                # in a patch\nkubernetes: {version: "1.34.4"}',
}
SECTIONS = tuple(entry._replace(instead=entry.instead or _INSTEAD.get(entry.name, "")) for entry in SECTIONS)

_FIELDS = (
    _translated(
        "kurl.ipv6", "bool", "", "Must be true: nothing is detected, and nothing falls back to IPv4 (S2, S4).", "false"
    ),
    _translated(
        "kurl.additionalNoProxyAddresses",
        "strings",
        "containerd_no_proxy",
        "Added to the list of what is not proxied.",
        "[]",
    ),
    _translated(
        "kurl.airgap",
        "bool",
        "installer_airgap",
        "Nothing is fetched from the Internet; set `artifacts_mirror` as well. KOTS makes no outbound connections.",
        "false",
    ),
    _ignored(
        "kurl.excludeBuiltinHostPreflights",
        "bool",
        "kURL's own checks are not run here, and those of this collection are what an IPv6-only cluster needs",
        "# preflight_ignore: [{id: <finding>, reason: <why>}] accepts single findings",
        "false",
    ),
    _ignored(
        "kurl.hostnameCheck",
        "str",
        "the inventory names the hosts, and an upgrade goes to the host that it names",
        "# remove it; ansible-playbook --limit <host> confines a run to one host",
    ),
    _translated(
        "kurl.hostPreflights",
        "preflights",
        "preflight_host_preflights",
        "Host checks of the application's vendor, see [below](#host-preflights).",
        "none",
    ),
    _translated(
        "kurl.hostPreflightIgnore",
        "bool",
        "preflight_host_preflights",
        "Failures of `hostPreflights` become warnings. The checks of this collection are not touched.",
        "false",
    ),
    _translated(
        "kurl.hostPreflightEnforceWarnings",
        "bool",
        "preflight_host_preflights",
        "Warnings of `hostPreflights` become failures.",
        "false",
    ),
    _ignored("kurl.ignoreRemoteLoadImagesPrompt", "bool", _NO_PROMPTS, "", "false"),
    _ignored("kurl.ignoreRemoteUpgradePrompt", "bool", _NO_PROMPTS, "", "false"),
    _ignored(
        "kurl.installerVersion",
        "str",
        "it names a release of kURL's scripts, which are not used here",
        "# remove it; the version of the collection is that of: ansible-galaxy collection list kurl.ipv6",
    ),
    _ignored(
        "kurl.licenseURL",
        "str",
        "the licence is not shown, and nobody is asked for consent",
        "# read the licence at that address before you install",
    ),
    _translated(
        "kurl.nameserver",
        "str",
        "kubernetes_nameserver",
        "Resolver to which the cluster's own resolver forwards, instead of those in the nodes' resolv.conf. IPv6.",
        "the nodes' own",
    ),
    _translated("kurl.noProxy", "bool", "containerd_proxy", "No proxy is used, whatever else is said.", "false"),
    _ignored(
        "kurl.privateAddress",
        "str",
        "it differs from host to host, so that it belongs into the inventory",
        "# in the inventory, at the host: node_ip: <its IPv6 address>",
    ),
    _translated(
        "kurl.proxyAddress", "str", "containerd_proxy containerd_no_proxy", "Proxy for HTTP and HTTPS.", "none"
    ),
    _translated(
        "kurl.publicAddress",
        "str",
        "kubernetes_extra_sans kotsadm_hostname",
        "Further name or IPv6 address in the API servers' certificate, and host name of the admin console.",
        "none",
    ),
    _ignored(
        "kurl.skipSystemPackageInstall",
        "bool",
        "binaries come from upstream's release archives, not from packages of the distribution",
        "",
        "false",
    ),
    _ignored(
        "kurl.preflightIgnoreWarnings",
        "bool",
        "it has no effect in kURL either: warnings never stop unless enforced",
        "",
        "",
    ),
    _ignored("kurl.task", "str", "kURL's tasks are playbooks here", "ansible-playbook kurl.ipv6.reset   # for example"),
    _translated("kubernetes.version", "version", "kubernetes_version", "Required.", "required"),
    _translated(
        "kubernetes.serviceCIDR",
        "cidr",
        "kubernetes_service_cidr kubernetes_cluster_dns",
        "Range of the services; its tenth address is the cluster's resolver.",
        "fd00:c00b:2::/112",
    ),
    _ignored("kubernetes.serviceCidrRange", "prefix", _IPV4_ONLY, "serviceCIDR: fd00:c00b:2::/112", "22"),
    _ignored("kubernetes.bootstrapToken", "str", _TOKEN, "# remove it", "", True),
    _ignored("kubernetes.bootstrapTokenTTL", "duration", _TOKEN, "# remove it", "24h"),
    _ignored("kubernetes.certKey", "str", _TOKEN, "# remove it", "", True),
    _ignored("kubernetes.controlPlane", "bool", _JOIN, "# put the host into the group kube_control_plane", "false"),
    _ignored("kubernetes.kubeadmToken", "str", _TOKEN, "# remove it", "", True),
    _ignored("kubernetes.kubeadmTokenCAHash", "str", _TOKEN, "# remove it", "", True),
    _ignored("kubernetes.masterAddress", "str", _JOIN, "# put the host into the group kube_control_plane or kube_node"),
    _translated(
        "kubernetes.HACluster",
        "bool",
        "kubernetes_ha kubernetes_control_plane_endpoint",
        "Several control plane nodes behind one endpoint; with `ekco` the internal load balancer.",
        "false",
    ),
    _translated(
        "kubernetes.loadBalancerAddress",
        "str",
        "kubernetes_control_plane_endpoint kubernetes_ha",
        "`name` or `name:port` (6443) of an external load balancer. A DNS name, no address (S29). Always means HA.",
        "none",
    ),
    _translated(
        "kubernetes.loadBalancerUseFirstPrimary",
        "bool",
        "kubernetes_control_plane_endpoint",
        "The first control plane node's address, in brackets, is the endpoint.",
        "false",
    ),
    _translated(
        "kubernetes.containerLogMaxSize", "quantity", "kubernetes_container_log_max_size", "Of the kubelet.", "10Mi"
    ),
    _translated("kubernetes.containerLogMaxFiles", "int", "kubernetes_container_log_max_files", "Of the kubelet.", "5"),
    _translated(
        "kubernetes.maxPodsPerNode", "int", "kubernetes_max_pods", "Must fit into the range that a node gets.", "110"
    ),
    _translated(
        "kubernetes.useStandardNodePortRange",
        "bool",
        "kubernetes_node_port_range",
        "`30000-32767` instead of `80-60000`.",
        "false",
    ),
    _translated(
        "kubernetes.kubeReserved",
        "bool",
        "kubernetes_kube_reserved",
        "Reserves CPU and memory for Kubernetes on every node, by that node's own size.",
        "false",
    ),
    _translated(
        "kubernetes.evictionThresholdResources", "inline map", "kubernetes_eviction_hard", "The kubelet's evictionHard."
    ),
    _translated(
        "kubernetes.systemReservedResources",
        "inline map",
        "kubernetes_system_reserved",
        "The kubelet's systemReserved.",
    ),
    _translated(
        "kubernetes.cisCompliance", "bool", "kubernetes_cis_compliance", "Settings of the CIS benchmark.", "false"
    ),
    _translated("kubernetes.clusterName", "str", "kubernetes_cluster_name", "Name in kubeconfigs.", "kubernetes"),
    _translated(
        "kubernetes.initIgnorePreflightErrors",
        "str",
        "kubernetes_init_ignore_preflight_errors",
        "Names of kubeadm's checks, comma-separated. kURL's default is all of them; here none.",
        "all",
    ),
    _translated(
        "kubernetes.upgradeIgnorePreflightErrors",
        "str",
        "kubernetes_upgrade_ignore_preflight_errors",
        "The same for upgrades.",
    ),
    _translated("containerd.version", "version", "containerd_version", "Required.", "required"),
    _translated(
        "containerd.tomlConfig",
        "str",
        "containerd_toml_config",
        "TOML that containerd merges over its configuration, byte for byte as written.",
    ),
    _translated(
        "containerd.preserveConfig",
        "bool",
        "containerd_preserve_config",
        "containerd's configuration is left alone.",
        "false",
    ),
    _translated("antrea.version", "version", "antrea_version", "1.4.0 or newer (S25).", "required"),
    _translated(
        "antrea.isEncryptionDisabled",
        "bool",
        "antrea_encryption",
        "False means WireGuard between the nodes, which needs the kernel's module (S26).",
        "false",
    ),
    _translated(
        "antrea.podCIDR",
        "cidr",
        "kubernetes_pod_cidr kubernetes_node_cidr_mask",
        "Range of the pods. From Kubernetes 1.20 on kURL's own default, a /112, cannot work as kURL gives it.",
        "fd00:c00b:1::/56; /112 up to Kubernetes 1.19",
    ),
    _ignored("antrea.podCidrRange", "prefix", _IPV4_ONLY, "podCIDR: fd00:c00b:1::/56", "20"),
    _translated("rook.version", "version", "rook_version", "1.5.12 or newer (S27).", "required"),
    _translated(
        "rook.blockDeviceFilter",
        "str",
        "rook_block_device_filter",
        "Regular expression of the devices Ceph takes.",
        "all devices",
    ),
    _translated(
        "rook.cephReplicaCount",
        "int",
        "rook_ceph_replica_count",
        "Copies of the data.",
        "1, later the number of nodes, at most 3",
    ),
    _translated(
        "rook.storageClassName", "str", "rook_storage_class_name", "Name of the block storage class.", "default"
    ),
    _translated("rook.isSharedFilesystemDisabled", "bool", "rook_shared_filesystem_disabled", "No CephFS.", "false"),
    _ignored("rook.isBlockStorageEnabled", "bool", "Rook from 1.4 on always uses block devices", "", "false"),
    _translated("rook.nodes", "inline list", "rook_nodes", "CephCluster storage.nodes; Rook from 1.11.4 on."),
    _translated("rook.minimumNodeCount", "int", "rook_minimum_node_count", "Nodes before Ceph is set up.", "0"),
    _translated(
        "rook.hostpathRequiresPrivileged", "bool", "rook_hostpath_requires_privileged", "For SELinux.", "false"
    ),
    _ignored("rook.bypassUpgradeWarning", "bool", _NO_PROMPTS, "", "false"),
    _translated("registry.version", "version", "registry_version", "", "required"),
    _translated("registry.publishPort", "int", "registry_publish_port", "NodePort of the registry; 0 for none.", "0"),
    _translated("velero.version", "version", "velero_version", "1.7.1 or newer (S28).", "required"),
    _translated(
        "velero.namespace", "str", "velero_namespace", "Honoured here; kURL reads it and always uses velero.", "velero"
    ),
    _translated("velero.localBucket", "str", "velero_local_bucket", "Bucket in the object store.", "velero"),
    _translated("velero.disableCLI", "bool", "velero_disable_cli", "No velero command on the hosts.", "false"),
    _translated("velero.disableRestic", "bool", "velero_disable_restic", "No backups of volumes' files.", "false"),
    _translated(
        "velero.resticRequiresPrivileged", "bool", "velero_restic_requires_privileged", "For SELinux.", "false"
    ),
    _translated("velero.resticTimeout", "duration", "velero_restic_timeout", "Of file system backups."),
    _translated("velero.serverFlags", "strings", "velero_server_flags", "Further arguments of the server.", "[]"),
    _translated("kotsadm.version", "version", "kotsadm_version", "", "required"),
    _translated("kotsadm.uiBindPort", "int", "kotsadm_ui_bind_port", "NodePort of the console.", "8800"),
    _translated(
        "kotsadm.hostname", "str", "kotsadm_hostname", "In the console's address and certificate.", "publicAddress"
    ),
    _translated("kotsadm.applicationSlug", "str", "kotsadm_application_slug", "The application to install."),
    _translated(
        "kotsadm.applicationNamespace", "str", "kotsadm_application_namespaces", "Comma-separated; they are created."
    ),
    _translated("kotsadm.applicationVersionLabel", "str", "kotsadm_application_version_label", "Its version."),
    _translated(
        "kotsadm.disableS3", "bool", "kotsadm_disable_s3", "A local volume instead of the object store.", "false"
    ),
    _translated("ekco.version", "version", "ekco_version", "", "required"),
    _translated(
        "ekco.enableInternalLoadBalancer",
        "bool",
        "load_balancer_enabled load_balancer_port kubernetes_control_plane_endpoint kubernetes_ha",
        "A load balancer on every node, on 127.0.0.1 and ::1; the endpoint is localhost:6444. Means HA (S16).",
        "false",
    ),
    _translated(
        "ekco.nodeUnreachableToleration",
        "duration",
        "ekco_node_unreachable_toleration",
        "After that a node is dead.",
        "5m",
    ),
    _translated("ekco.minReadyMasterNodeCount", "int", "ekco_min_ready_master_node_count", "No purge below.", "2"),
    _translated("ekco.minReadyWorkerNodeCount", "int", "ekco_min_ready_worker_node_count", "No purge below.", "0"),
    _translated("ekco.rookShouldUseAllNodes", "bool", "ekco_rook_should_use_all_nodes", "Ceph on all nodes.", "false"),
    _translated(
        "ekco.rookShouldDisableReconcileMDSPlacement",
        "bool",
        "ekco_rook_should_disable_reconcile_mds_placement",
        "",
        "false",
    ),
    _translated(
        "ekco.rookShouldDisableReconcileCephCSIResources",
        "bool",
        "ekco_rook_should_disable_reconcile_ceph_csi_resources",
        "",
        "false",
    ),
    _translated("ekco.shouldDisableRebootServices", "bool", "ekco_should_disable_reboot_services", "", "false"),
    _translated("ekco.shouldDisableClearNodes", "bool", "ekco_should_disable_clear_nodes", "", "false"),
    _translated("ekco.shouldEnablePurgeNodes", "bool", "ekco_should_enable_purge_nodes", "", "false"),
    _translated("ekco.podImageOverrides", "strings", "ekco_pod_image_overrides", "`original=replacement`.", "[]"),
    _ignored(
        "ekco.shouldDisableRestartFailedEnvoyPods", "bool", "it is for Contour, which is not installed", "", "false"
    ),
    _ignored("ekco.envoyPodsNotReadyDuration", "duration", "it is for Contour, which is not installed", "", "5m"),
    _ignored("ekco.minioShouldDisableManagement", "bool", "it is for MinIO, which is not installed", "", "false"),
    _ignored("ekco.autoUpgradeSchedule", "str", "kURL ignores it as well", "# remove it"),
    _translated(
        "helm.helmfileSpec",
        "str",
        "helm_helmfile_spec",
        "A helmfile, byte for byte as written. Not with airgap.",
        "required",
    ),
    _ignored(
        "helm.additionalImages",
        "strings",
        "kURL uses it for its bundles only",
        "# name the images in artifacts_extra_images",
        "[]",
    ),
    _translated("selinuxConfig.selinux", "str", "host_selinux", "`enforcing`, `permissive` or `disabled`."),
    _translated("selinuxConfig.type", "str", "host_selinux_type", "SELINUXTYPE."),
    _translated("selinuxConfig.chconCmds", "commands", "host_selinux_chcon_commands", "Arguments of chcon.", "[]"),
    _translated(
        "selinuxConfig.semanageCmds", "commands", "host_selinux_semanage_commands", "Arguments of semanage.", "[]"
    ),
    _translated("selinuxConfig.disableSelinux", "bool", "host_selinux", "The same as `selinux: permissive`.", "false"),
    _translated("selinuxConfig.preserveConfig", "bool", "host_selinux", "SELinux is left alone.", "false"),
    _translated("firewalldConfig.firewalld", "str", "host_firewalld", "`enabled` or `disabled`."),
    _translated(
        "firewalldConfig.firewalldCmds", "commands", "host_firewalld_commands", "Arguments of firewall-cmd.", "[]"
    ),
    _translated(
        "firewalldConfig.disableFirewalld", "bool", "host_firewalld", "The same as `firewalld: disabled`.", "false"
    ),
    _translated("firewalldConfig.preserveConfig", "bool", "host_firewalld", "firewalld is left alone.", "false"),
    _ignored(
        "firewalldConfig.bypassFirewalldWarning",
        "bool",
        "the host checks judge the ports, not whether a firewall runs",
        "# preflight_ignore silences a finding, with a reason",
        "false",
    ),
    _translated(
        "firewalldConfig.hardFailOnFirewalld",
        "bool",
        "host_firewalld",
        "A running firewalld stops the installation.",
        "false",
    ),
    _translated(
        "iptablesConfig.iptablesCmds",
        "commands",
        "host_ip6tables_commands",
        "Arguments of ip6tables: kURL runs iptables, which does nothing for IPv6.",
        "[]",
    ),
    _translated("iptablesConfig.preserveConfig", "bool", "host_ip6tables_commands", "No command is run.", "false"),
    _ignored(
        "ufwConfig.bypassUFWWarning",
        "bool",
        "the host checks judge the ports, not whether a firewall runs",
        "# preflight_ignore silences a finding, with a reason",
        "false",
    ),
    _translated("ufwConfig.disableUFW", "bool", "host_ufw", "ufw is disabled.", "false"),
    _translated("ufwConfig.hardFailOnUFW", "bool", "host_ufw", "A running ufw stops the installation.", "false"),
    _ignored(
        "docker.preserveConfig", "bool", "there is no Docker; firewalls are always checked here", "# remove it", "false"
    ),
    _ignored("docker.dockerRegistryIP", "str", "images come from the artifacts and the registry's name", "# remove it"),
)

# Fields of sections that are refused or ignored as a whole: known, so that a misspelling can be told from them.
_SECTION_FIELDS = {
    "docker": "version bypassStorageDriverWarning bypassStorageDriverWarnings daemonConfig hardFailOnLoopback noCEOnEE"
    " additionalNoProxy noDocker",
    "weave": "version podCIDR podCidrRange isEncryptionDisabled noMasqLocal encryptNetwork IPAllocRange",
    "flannel": "version podCIDR podCIDRRange",
    "calico": "version",
    "openebs": "version namespace isLocalPVEnabled localPVStorageClassName isCstorEnabled cstorStorageClassName",
    "longhorn": "version storageOverProvisioningPercentage uiBindPort uiReplicaCount",
    "minio": "version namespace hostPath claimSize",
    "contour": "version tlsMinimumProtocolVersion httpPort httpsPort",
    "prometheus": "version serviceType",
    "fluentd": "version fullEFKStack efkStack fluentdConfPath",
    "collectd": "version",
    "certManager": "version",
    "metricsServer": "version",
    "sonobuoy": "version",
    "goldpinger": "version",
    "aws": "version excludeStorageClass",
    "k3s": "version",
    "rke2": "version",
    "nodeless": "version",
}
#: Sections with kURL's s3Override.
_ADD_ONS = "kubernetes containerd antrea rook registry velero kotsadm ekco".split() + sorted(_SECTION_FIELDS)


def _build():
    fields = {entry.path: entry for entry in _FIELDS}
    fates = {entry.name: entry for entry in SECTIONS}
    for section, names in _SECTION_FIELDS.items():
        whole = fates[section]
        for name in names.split():
            path = f"{section}.{name}"
            fields[path] = Field(path, "any", "", whole.fate, (), whole.text, whole.instead, False)
    for section in _ADD_ONS:
        path = f"{section}.s3Override"
        if section in _SECTION_FIELDS:
            whole = fates[section]
            fields[path] = Field(path, "any", "", whole.fate, (), whole.text, whole.instead, False)
            continue
        fields[path] = _ignored(path, "str", _OVERRIDE, "# artifacts_mirror names another source for all of them")
    order = {entry.name: number for number, entry in enumerate(SECTIONS)}
    return dict(sorted(fields.items(), key=lambda item: order[item[0].split(".")[0]]))


#: Path -> field, in the order of the sections.
FIELDS = _build()
SECTION = {entry.name: entry for entry in SECTIONS}

#: Old and misplaced names -> the path that they mean today, as kURL's API converts them.
LEGACY = {
    "kurl.preflightIgnore": "kurl.hostPreflightIgnore",
    "kurl.excludeBuiltinPreflights": "kurl.excludeBuiltinHostPreflights",
    "kurl.bypassFirewalldWarning": "firewalldConfig.bypassFirewalldWarning",
    "kurl.hardFailOnFirewalld": "firewalldConfig.hardFailOnFirewalld",
    "rook.storageClass": "rook.storageClassName",
    "rook.cephPoolReplicas": "rook.cephReplicaCount",
    "ekco.shouldDisableRebootService": "ekco.shouldDisableRebootServices",
    "ufw": "ufwConfig",
}
#: Keys of a document outside of ``spec`` that say nothing about an installation.
ENVELOPE = ("apiVersion", "kind", "metadata", "spec", "status")


def of_section(section):
    """Return the names of the fields of a section."""
    return [path.split(".", 1)[1] for path in FIELDS if path.split(".", 1)[0] == section]


def variables():
    """Return the names of all role variables that fields become."""
    return sorted({name for entry in FIELDS.values() for name in entry.becomes})
