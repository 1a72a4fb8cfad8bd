#!/usr/bin/env bash
# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0
# The baseline for `site`: the same installation by plain ssh, without checks, idempotence or error messages.
# plain-install.sh MIRROR KEY KNOWN_HOSTS CONTROL-PLANE-ADDRESS WORKER-ADDRESS...
set -euo pipefail
mirror=$1 key=$2 known=$3 first=$4
shift 3
nodes=("$@")
kubernetes=$(basename "$(ls -d "$mirror"/dl.k8s.io/v*)")
export LC_ALL=C

remote() { # remote ADDRESS < script
  ssh -i "$key" -o UserKnownHostsFile="$known" -o StrictHostKeyChecking=accept-new -o LogLevel=ERROR "root@$1" bash -s
}

send() { # send ADDRESS FOLDER FILE...
  local address=$1 folder=$2
  shift 2
  scp -q -i "$key" -o UserKnownHostsFile="$known" -o StrictHostKeyChecking=accept-new "$@" "root@[$address]:$folder/"
}

prepare() {
  local address=$1 images=()
  mapfile -t images < <(find "$mirror/images/registry.k8s.io" -name '*.tar')
  if [ "$address" != "$first" ]; then
    mapfile -t images < <(printf '%s\n' "${images[@]}" | grep -E '/(kube-proxy|pause|coredns|agnhost)/')
  fi
  remote "$address" <<'SCRIPT'
mkdir -p /opt/cni/bin /etc/containerd /var/tmp/plain/images /etc/systemd/system/kubelet.service.d
sysctl -q -w net.ipv6.conf.all.forwarding=1 net.bridge.bridge-nf-call-ip6tables=1
printf 'net.ipv6.conf.all.forwarding = 1\nnet.bridge.bridge-nf-call-ip6tables = 1\n' > /etc/sysctl.d/90-plain.conf
SCRIPT
  send "$address" /usr/local/bin "$mirror/dl.k8s.io/$kubernetes"/bin/linux/amd64/kube{adm,ctl,let}
  send "$address" /var/tmp/plain "$mirror"/github.com/containerd/containerd/releases/download/*/containerd-*.tar.gz \
    "$mirror"/github.com/opencontainers/runc/releases/download/*/runc.amd64 \
    "$mirror"/github.com/containernetworking/plugins/releases/download/*/cni-plugins-*.tgz
  for image in "${images[@]}"; do
    name=$(printf '%s' "${image#"$mirror"/}" | tr / _)
    scp -q -i "$key" -o UserKnownHostsFile="$known" "$image" "root@[$address]:/var/tmp/plain/images/$name"
  done
  remote "$address" <<'SCRIPT'
set -e
cd /var/tmp/plain
tar -C /usr/local -xzf containerd-*.tar.gz
tar -C /opt/cni/bin -xzf cni-plugins-*.tgz
install -m 755 runc.amd64 /usr/local/sbin/runc
chmod 755 /usr/local/bin/kube*
cat > /etc/containerd/config.toml <<'TOML'
version = 3
[plugins."io.containerd.cri.v1.images".pinned_images]
  sandbox = "registry.k8s.io/pause:3.10.1"
[plugins."io.containerd.cri.v1.runtime"]
  restrict_oom_score_adj = true
TOML
printf '[Service]\nExecStart=/usr/local/bin/containerd\nType=notify\nDelegate=yes\nKillMode=process\n[Install]\nWantedBy=multi-user.target\n' \
  > /etc/systemd/system/containerd.service
cat > /etc/systemd/system/kubelet.service <<'UNIT'
[Service]
EnvironmentFile=-/var/lib/kubelet/kubeadm-flags.env
ExecStart=/usr/local/bin/kubelet --bootstrap-kubeconfig=/etc/kubernetes/bootstrap-kubelet.conf --kubeconfig=/etc/kubernetes/kubelet.conf --config=/var/lib/kubelet/config.yaml $KUBELET_KUBEADM_ARGS
Restart=always
[Install]
WantedBy=multi-user.target
UNIT
systemctl daemon-reload
systemctl enable -q --now containerd
systemctl enable -q kubelet
for image in images/*.tar; do ctr -n k8s.io images import "$image" > /dev/null; done
rm -r /var/tmp/plain
SCRIPT
}

registration() { # registration ADDRESS
  printf 'nodeRegistration:\n  criSocket: unix:///run/containerd/containerd.sock\n  taints: []\n  kubeletExtraArgs:\n  - {name: node-ip, value: "%s"}\n' "$1"
}

jobs=()
for address in "${nodes[@]}"; do
  prepare "$address" &
  jobs+=($!)
done
for job in "${jobs[@]}"; do wait "$job"; done

remote "$first" <<SCRIPT
set -e
driver=systemd
if [ ! -e /sys/fs/cgroup/cgroup.controllers ]; then driver=cgroupfs; fi
cat > /root/plain.yaml <<YAML
apiVersion: kubeadm.k8s.io/v1beta4
kind: InitConfiguration
localAPIEndpoint: {advertiseAddress: "$first", bindPort: 6443}
$(registration "$first")
---
apiVersion: kubeadm.k8s.io/v1beta4
kind: ClusterConfiguration
kubernetesVersion: $kubernetes
controlPlaneEndpoint: "[$first]:6443"
networking: {podSubnet: "fd00:c00b:1::/56", serviceSubnet: "fd00:c00b:2::/112"}
---
apiVersion: kubelet.config.k8s.io/v1beta1
kind: KubeletConfiguration
cgroupDriver: \$driver
failCgroupV1: false
---
apiVersion: kubeproxy.config.k8s.io/v1alpha1
kind: KubeProxyConfiguration
conntrack: {maxPerCore: 0, min: 0}
YAML
kubeadm init --config /root/plain.yaml > /root/plain.log 2>&1
SCRIPT
join=$(remote "$first" <<< 'kubeadm token create --print-join-command 2>/dev/null')
token=$(sed -E 's/.*--token ([^ ]+).*/\1/' <<< "$join")
digest=$(sed -E 's/.*(sha256:[0-9a-f]+).*/\1/' <<< "$join")
jobs=()
for address in "${nodes[@]:1}"; do
  remote "$address" <<SCRIPT &
set -e
umask 077
cat > /root/plain.yaml <<YAML
apiVersion: kubeadm.k8s.io/v1beta4
kind: JoinConfiguration
$(registration "$address")
discovery:
  bootstrapToken: {token: "$token", apiServerEndpoint: "[$first]:6443", caCertHashes: ["$digest"]}
YAML
kubeadm join --config /root/plain.yaml > /root/plain.log 2>&1
rm /root/plain.yaml
SCRIPT
  jobs+=($!)
done
for job in "${jobs[@]}"; do wait "$job"; done
