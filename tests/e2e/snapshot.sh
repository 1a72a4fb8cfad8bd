# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0
# Prints what of a host an installation could change, in a form that two runs can be compared by: files, kernel parameters of the
# network, units, mounts, modules, addresses, routes, listeners.
find /etc /opt /usr/local /var/lib/containerd /var/lib/kubelet /var/lib/kurl-ipv6 /root/.kube -xdev ! -type d \
  -printf '%p %m %U %G %s %T@ %l\n' 2>/dev/null | LC_ALL=C sort
find /etc -xdev -type f -exec sha256sum {} + | LC_ALL=C sort -k 2
sysctl -a 2>/dev/null | grep -E '^net\.' | grep -vE 'conntrack_count|_key|stable_secret' | LC_ALL=C sort
systemctl list-units --all --plain --no-legend --type=service,mount,timer,socket --property=none 2>/dev/null \
  || systemctl list-units --all --plain --no-legend --type=service,mount,timer,socket | awk '{print $1, $2, $3, $4}'
cat /proc/mounts
cut -d ' ' -f 1 /proc/modules 2>/dev/null | LC_ALL=C sort
ip -6 -o addr | sed -E 's/(valid_lft|preferred_lft) [0-9]+sec//g'
ip -6 route | sed -E 's/expires [0-9]+sec//'
ss -Hltun | awk '{print $1, $5}' | LC_ALL=C sort
