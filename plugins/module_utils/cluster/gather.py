# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0
"""From what the tasks of the role ``verify`` registered to findings. Runs on the controller."""

from ansible_collections.kurl.ipv6.plugins.module_utils.finding import finding


def message(result):
    """Return why a task failed or a host could not be reached, in one line."""
    words = [str(result.get(key) or "") for key in ("msg", "module_stderr", "module_stdout")]
    lines = [line.strip() for line in "\n".join(words).splitlines() if line.strip()]
    return " / ".join(lines[:1] + (lines[-1:] if len(lines) > 1 else [])) or "no result"


def findings(cluster, hosts, removal=None):
    """Return all findings of a verification.

    Arguments:
        cluster: the registered result of the cluster's verification.
        hosts: host of the inventory -> registered result of asking from it.
        removal: the registered result of the removal of the test objects.
    Returns:
        Their findings. A task that failed, and a host that could not be reached, is a finding as well.
    """
    found = _of(cluster, "cluster", "cluster.api", "the cluster can be verified")
    for name, result in hosts.items():
        found += _of(result, name, "cluster.host", "the host can be asked")
    if removal:
        found += _of(removal, "cluster", "cluster.cleanup", "the test objects are removed")
    return found


def _of(result, subject, id, title):
    said = result.get("findings") if isinstance(result, dict) else None
    if isinstance(said, list):
        return [entry for entry in said if isinstance(entry, dict)]
    if not isinstance(result, dict) or not result or result.get("skipped"):
        return []
    return [
        finding(
            id,
            subject,
            "fail",
            title,
            observed=message(result),
            expected="reached over ssh" if result.get("unreachable") else "an answer",
            remedy="\n".join(_remedy(subject, bool(result.get("unreachable")))),
        )
    ]


def _remedy(subject, unreachable):
    lines = ["ansible -m ansible.builtin.ping -i <inventory> %s -vvv" % subject]
    if subject == "cluster":
        lines = ["ansible -m ansible.builtin.ping -i <inventory> kube_control_plane -vvv"]
        if unreachable:
            lines.append(
                "ansible-playbook kurl.ipv6.verify -i <inventory> --limit 'all:!<that host>'"
                "   # asks another control plane node, where there is one"
            )
    return lines
