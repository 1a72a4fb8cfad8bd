# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0
"""The releases in the mirror; those of images are what `kubeadm config images list` of this Kubernetes names."""

KUBERNETES = "1.34.4"
CONTAINERD = "2.2.6"
RUNC = "1.3.6"
CNI_PLUGINS = "1.9.1"
ETCD = "3.6.5"
ETCD_TAG = "3.6.5-0"
COREDNS = "1.12.1"
PAUSE = "3.10.1"
AGNHOST = "2.53"
#: Debian's package, under the tag of the same upstream release.
HAPROXY = "2.6.12"
ANTREA = "2.4.1"
#: Since 1.13 Rook's API types are a Go module of their own; of this release they can be had at its very commit.
ROOK = "1.17.2"
#: Debian 13's package, under the tag of the same upstream release.
CEPH = "18.2.7"
