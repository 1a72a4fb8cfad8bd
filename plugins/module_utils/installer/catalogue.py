# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0
"""What is known of every component's versions, as data: to add a release, add it to a line of ``VERSIONS``.

``latest`` and ``1.34.x`` are answered from here. A version that is not listed can be installed all the same, with a
warning. Sources, as of August 2026: kURL v2026.08.06-0 for what it ships; the projects' release pages and
compatibility tables.
"""

from ansible_collections.kurl.ipv6.plugins.module_utils.rook import versions as rook_versions

#: Component -> known versions. ``1.34.0-10`` stands for 1.34.0 to 1.34.10.
VERSIONS = {
    "kubernetes": (
        "1.16.4 1.17.13 1.18.20 1.19.0-16 1.20.0-15 1.21.0-14 1.22.0-17 1.23.0-17 1.24.0-17 1.25.0-16 1.26.0-15"
        " 1.27.0-16 1.28.0-15 1.29.0-15 1.30.0-14 1.31.0-14 1.32.0-13 1.33.0-13 1.34.0-10 1.35.0-7 1.36.0-3"
    ),
    "containerd": (
        "1.2.13 1.3.7 1.3.9 1.4.3-4 1.4.6 1.4.8-13 1.5.10-11 1.6.4 1.6.6-16 1.6.18-22 1.6.24-28 1.6.31-33 1.7.25-29"
        " 2.1.5 2.2.0-6"
    ),
    "antrea": (
        "0.13.1 1.0.0-1 1.1.0 1.2.0-4 1.3.0 1.4.0 1.5.0-3 1.6.0-1 1.7.0-3 1.8.0-1 1.9.0-1 1.10.0-1 1.11.0-4 1.12.0-3"
        " 1.13.0-4 1.14.0-3 1.15.0-2 2.0.0 2.1.0 2.2.0 2.3.0 2.4.0-5 2.5.0-3 2.6.0-3 2.7.0"
    ),
    "rook": (
        "1.0.4 1.0.4-14.2.21 1.4.3 1.4.9 1.5.9-12 1.6.11 1.7.11 1.8.10 1.9.12-13 1.10.6 1.10.8 1.10.11 1.10.13"
        " 1.11.2-8 1.11.11 1.12.0-8 1.12.11 1.13.10 1.14.12 1.15.8-9 1.16.3-6 1.16.9 1.17.1 1.17.6-7 1.17.9 1.18.11"
        " 1.19.7 1.19.10 1.20.6"
    ),
    "registry": "2.7.1 2.8.1-3 3.0.0 3.1.0-1",
    "ekco": "0.13.0 0.28.14",
    "velero": "1.7.1 1.10.1-2 1.11.0-1 1.12.0-3 1.13.1-2 1.14.0 1.15.2 1.16.2 1.17.2 1.18.2",
    "kotsadm": "0.9.9 1.58.1 1.86.0",
}

#: Component -> the lowest version that runs on an IPv6-only cluster, and where that is said.
MINIMUM = {
    "kubernetes": ("1.16.0", "the oldest Kubernetes that Antrea 1.4.0 runs on"),
    "antrea": ("1.4.0", "S25"),
    "rook": (rook_versions.OLDEST, "S27"),
    "velero": ("1.7.1", "S28"),
}

#: Kubernetes minor -> the end of its support upstream, for minors that have reached it.
END_OF_LIFE = {
    "1.16": "2020-09",
    "1.17": "2021-01",
    "1.18": "2021-06",
    "1.19": "2021-10",
    "1.20": "2022-02",
    "1.21": "2022-06",
    "1.22": "2022-10",
    "1.23": "2023-02",
    "1.24": "2023-07",
    "1.25": "2023-10",
    "1.26": "2024-02",
    "1.27": "2024-06",
    "1.28": "2024-10",
    "1.29": "2025-02",
    "1.30": "2025-06",
    "1.31": "2025-10",
    "1.32": "2026-02",
    "1.33": "2026-06",
}

#: Which Kubernetes a range of versions needs: component, first version and the first that is not meant any more (empty:
#: all later ones), lowest and highest Kubernetes minor (empty: no bound), what to have instead, and what to write.
BOUNDS = (
    (
        "containerd",
        "0.0.0",
        "1.6.0",
        "",
        "1.25",
        "containerd 1.6.0 or newer: Kubernetes from 1.26 on speaks CRI v1 only",
        'containerd:\n  version: "2.2.6"',
    ),
    (
        "containerd",
        "2.0.0",
        "",
        "1.26",
        "",
        "containerd 1.7: containerd 2 speaks CRI v1 only, Kubernetes before 1.26 v1alpha2",
        'containerd:\n  version: "1.7.29"',
    ),
    (
        "rook",
        "0.0.0",
        "1.9.11",
        "",
        "1.24",
        "Rook 1.9.12 or newer: Kubernetes from 1.25 on has no PodSecurityPolicy",
        'rook:\n  version: "1.14.12"',
    ),
    (
        "velero",
        "1.16.2",
        "",
        "1.25",
        "",
        "Kubernetes 1.25 or newer, or Velero 1.15.2",
        'velero:\n  version: "1.15.2"',
    ),
    (
        "kotsadm",
        "0.0.0",
        "1.96.3",
        "",
        "1.28",
        "a KOTS newer than 1.96.2, or Kubernetes 1.28",
        'kubernetes:\n  version: "1.28.15"',
    ),
)

#: Component -> minor -> lowest and highest Kubernetes minor that it supports (empty: not stated). Newest first; a minor
#: that is not listed takes the next older entry.
KUBERNETES_OF = {"rook": rook_versions.KUBERNETES}
#: Component -> minor whose upper bound is hard -> why.
HARD_UPPER_BOUND = {"rook": rook_versions.HARD_UPPER_BOUND}

#: Faults that an IPv6-only cluster meets: component, first and first mended version (empty: none yet), what happens,
#: what to do, source. A fault that was mended in several branches is listed once for each.
FAULTS = (
    (
        "antrea",
        "0.0.0",
        "1.11.4",
        "the agent deletes the link-local route of antrea-gw0 after a while, and pods lose what is beyond their node",
        'antrea: {version: "2.4.1"}   # mended in 1.11.4, 1.12.3, 1.13.2 and 1.14.0',
        "Antrea #5482",
    ),
    (
        "antrea",
        "1.12.0",
        "1.12.3",
        "the agent deletes the link-local route of antrea-gw0",
        "# take 1.12.3 or newer",
        "Antrea #5482",
    ),
    (
        "antrea",
        "1.13.0",
        "1.13.2",
        "the agent deletes the link-local route of antrea-gw0",
        "# take 1.13.2 or newer",
        "Antrea #5482",
    ),
    (
        "rook",
        "1.11.0",
        "1.14.5",
        "monitors do not form a quorum over IPv6 when msgr2 is required; it must stay off",
        "# leave requireMsgr2 off, as the role does",
        "Rook #11858, #11977",
    ),
    (
        "rook",
        "1.11.0",
        "1.12.4",
        "the exporter of metrics listens on IPv4 only",
        "# take 1.12.4 or newer if its metrics are wanted",
        "Rook #12885",
    ),
)

#: Field -> the component and its first version with which kURL obeys the field. Here every version obeys it.
GATES = {
    "rook.nodes": ("rook", "1.11.4"),
    "rook.minimumNodeCount": ("rook", "1.11.5"),
}

#: (component, version) -> images that upstream or kURL's package of it names, for components whose manifests do not.
IMAGES = {
    ("registry", "2.7.1"): ("docker.io/library/registry:2.7.1",),
    ("registry", "3.1.1"): ("docker.io/library/registry:3.1.1",),
    ("ekco", "0.13.0"): ("docker.io/replicated/ekco:v0.13.0", "docker.io/library/haproxy:2.4.2"),
    ("ekco", "0.28.14"): ("docker.io/replicated/ekco:v0.28.14", "docker.io/library/haproxy:3.4.2-alpine3.24"),
    ("velero", "1.7.1"): (
        "docker.io/velero/velero:v1.7.1",
        "docker.io/velero/velero-restic-restore-helper:v1.7.1",
        "docker.io/velero/velero-plugin-for-aws:v1.3.0",
        "docker.io/velero/velero-plugin-for-gcp:v1.3.0",
        "docker.io/velero/velero-plugin-for-microsoft-azure:v1.3.1",
        "docker.io/replicated/local-volume-provider:v0.3.3",
    ),
    ("kotsadm", "1.58.1"): (
        "docker.io/kotsadm/kotsadm:v1.58.1",
        "docker.io/kotsadm/kotsadm-migrations:v1.58.1",
        "docker.io/kotsadm/kurl-proxy:v1.58.1",
        "docker.io/minio/minio:RELEASE.2021-10-02T16-31-05Z",
        "docker.io/library/postgres:10.18-alpine",
        "docker.io/kotsadm/dex:v2.30.0",
    ),
}
