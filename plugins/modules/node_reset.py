#!/usr/bin/python
# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0
"""Takes from a host what a cluster and the collection have left there."""

DOCUMENTATION = r"""
module: node_reset
short_description: Take Kubernetes and everything of the collection from a host
version_added: 0.1.0
description:
  - Stops the units of the collection, lets C(kubeadm reset) take back what kubeadm made, and removes what is left of
    the cluster - containers and images, mounts, interfaces, Open vSwitch's datapath, configurations and leases of the
    container network, data of the kubelet and of etcd - and then the files that the collection installed. Files that it
    had replaced come back.
  - Of the packet filter exactly those chains go whose names begin with C(KUBE-), C(ANTREA-) or C(CNI-), with the rules
    that lead into them, and tables and sets of the same origin.
  - Only what the collection's records on the host (C(/var/lib/kurl-ipv6)) show to be ours goes. A host without them is
    left as it is. What is somebody else's, or was changed by somebody, is left alone and named.
  - A run that was killed is taken up by the next one; the records go last.
  - Kernel parameters, modules and C(/etc/hosts) are taken back by M(kurl.ipv6.forwarding) and M(kurl.ipv6.host_setup),
    before this module.
author:
  - the kurl.ipv6 authors (@kurl-ipv6)
options:
  wipe_disks:
    description:
      - Also remove C(/var/lib/rook), and overwrite the labels of the disks on which Ceph's BlueStore lies. All data of
        Rook on this host is lost.
      - In a container disks are the machine's, and loop devices may be anybody's. There, and of those, only what
        C(/var/lib/rook) names as an OSD of this host is wiped.
    type: bool
    default: false
extends_documentation_fragment:
  - ansible.builtin.action_common_attributes
attributes:
  check_mode:
    description: Says exactly what would go.
    support: full
  diff_mode:
    support: full
  platform:
    platforms: linux
notes:
  - Works with Python 3.6 and newer and the standard library alone.
  - Parameters that the kubelet and kube-proxy set in the running kernel become what the next boot would make of them,
    as far as that is known. C(kernel.panic_on_oops) and C(net.netfilter.nf_conntrack_max) stay until then, and so do
    loaded kernel modules.
seealso:
  - module: kurl.ipv6.host_setup
  - module: kurl.ipv6.forwarding
"""

EXAMPLES = r"""
- name: Say what would go
  kurl.ipv6.node_reset:
  check_mode: true
  diff: true

- name: Take everything from the host, the disks of Rook as well
  kurl.ipv6.node_reset:
    wipe_disks: true
"""

RETURN = r"""
removed:
  description: What went, or would in check mode, in this order.
  returned: success
  type: list
  elements: str
  sample: ["stop kubelet.service", "kubeadm reset /etc/kubernetes", "interface cni0", "folder /var/lib/kubelet"]
kept:
  description: What was left alone.
  returned: success
  type: list
  elements: dict
  contains:
    what:
      description: The file, folder, interface or disk.
      type: str
      sample: /etc/kubernetes/audit-policy.yaml
    why:
      description: Why.
      type: str
      sample: it is neither kubeadm's nor ours
    remedy:
      description: What to type if it is to go.
      type: str
      sample: rm /etc/kubernetes/audit-policy.yaml
"""

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.kurl.ipv6.plugins.module_utils.host import netlink
from ansible_collections.kurl.ipv6.plugins.module_utils.hostfiles import lock
from ansible_collections.kurl.ipv6.plugins.module_utils.reset import carry, observe, plan

#: How often is looked for what has come back.
PASSES = 3


def main():
    """Observe, plan, do, and look again."""
    module = AnsibleModule(argument_spec={"wipe_disks": {"type": "bool", "default": False}}, supports_check_mode=True)
    try:
        host = observe.read(module)
        steps = plan.steps(host, module.params["wipe_disks"])
        kept = plan.kept(host, module.params["wipe_disks"])
        if steps and not module.check_mode:
            with lock.hold() as descriptor:
                reset(module, descriptor)
    except (carry.ResetError, lock.Busy) as error:
        module.fail_json(msg=str(error))
    except netlink.NetlinkError as error:
        module.fail_json(msg="the host's network cannot be read: {0}".format(error))
    except OSError as error:
        module.fail_json(msg="{0}: {1}".format(error.filename or "the host", error.strerror or error))
    for sentence in plan.told(kept):
        module.warn(sentence)
    removed = ["{0} {1}".format(step.kind, step.what) for step in steps]
    text = "".join(line + "\n" for line in removed)
    module.exit_json(
        changed=bool(steps),
        removed=removed,
        kept=kept,
        diff={"before_header": "on this host", "after_header": "after the reset", "before": text, "after": ""},
    )


def reset(module, descriptor):
    """Do what is to do as it is once the lock is held: an earlier run may have done some of it meanwhile."""
    host = observe.read(module)
    steps = plan.steps(host, module.params["wipe_disks"])
    if not steps:
        return
    carrier = carry.Carrier(module, host, descriptor)
    if not host["state"]:
        for step in steps:
            carrier.carry_out(step)
        return
    observe.write_note(host)
    # Containers that ended meanwhile may have left something anew.
    for _attempt in range(PASSES):
        for step in steps[:-1]:
            carrier.carry_out(step)
        again = plan.steps(observe.read(module), module.params["wipe_disks"])
        steps = [step for step in again if step.kind != plan.RESTORE]
        if len(steps) == 1:
            break
    else:
        raise carry.ResetError(
            "this comes back as often as it is taken away: {0}. What makes it? Stop that, and reset again".format(
                ", ".join("{0} {1}".format(step.kind, step.what) for step in steps[:-1][:5])
            )
        )
    carrier.carry_out(steps[-1])


if __name__ == "__main__":
    main()
