#!/usr/bin/python
# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0

DOCUMENTATION = r"""
module: report
short_description: Show findings in one table and fail if any of them does
version_added: 0.1.0
description:
  - Puts findings of a spec, of hosts and of a cluster into one table on the terminal, worst first, equal findings of
    several hosts in one row, followed by a verdict and the commands that mend what failed.
  - The task fails, and C(ansible-playbook) ends with exit code 2, when any finding has the status V(fail).
  - Runs on the controller as an action plugin; use it with C(run_once).
author:
  - the kurl.ipv6 authors (@kurl-ipv6)
options:
  title:
    description: What is reported, for example V(preflight); also the name of the files in O(report_dir).
    type: str
    required: true
  findings:
    description:
      - Findings, each with C(id), C(subject), C(status), C(title), C(observed), C(expected), C(remedy) and
        C(reference).
    type: list
    elements: dict
    default: []
  installer:
    description: Name of the variable in which a task M(kurl.ipv6.installer) was registered.
    type: str
    default: ""
  probe:
    description:
      - Name of the variable in which the probe of every host was registered, a M(ansible.builtin.raw) task.
      - With it every host of the play is judged, also those that could not be reached.
    type: str
    default: ""
  readiness:
    description: Name of the variable in which M(kurl.ipv6.host_readiness) was registered for every host.
    type: str
    default: ""
  mesh_listener:
    description:
      - Name of the variable in which the task was registered that started the listeners of M(kurl.ipv6.node_mesh).
    type: str
    default: ""
  mesh_probe:
    description: Name of the variable in which M(kurl.ipv6.node_mesh) with C(state=probed) was registered.
    type: str
    default: ""
  report_dir:
    description:
      - Folder on the controller for the report as files, which is made if it is missing. Empty for none.
      - It receives C(<title>.json) for programs, C(<title>.html) for people, one file that needs no other, and
        C(<title>.xml) in the JUnit format for the test views of CI systems. They are written in check mode, too.
    type: path
    default: ""
  plan:
    description:
      - What will be installed, as for O(kurl.ipv6.host_readiness#module:plan); the hosts together are judged by it.
    type: dict
    default: {}
  extra_checks:
    description: Checks of a site's own over the facts of every host, see the role P(kurl.ipv6.preflight#role).
    type: list
    elements: dict
    default: []
  ignore:
    description:
      - Failures and warnings that are accepted and shown as information, each with C(id), the finding's id or its
        beginning up to a dot, and C(reason).
      - A host whose inventory variables have C(preflight_ignore) is judged by those instead.
    type: list
    elements: dict
    default: []
  hint:
    description: A sentence that follows the verdict when something failed.
    type: str
    default: ""
  fail:
    description: Whether the task fails when a finding does.
    type: bool
    default: true
extends_documentation_fragment:
  - ansible.builtin.action_common_attributes
attributes:
  check_mode:
    description: Nothing is changed on any host.
    support: full
  diff_mode:
    description: Nothing changes, so that there is nothing to show.
    support: none
  platform:
    platforms: all
"""

EXAMPLES = r"""
- name: Report what verification found
  kurl.ipv6.report:
    title: verify
    findings: "{{ verification.findings }}"
  run_once: true
"""

RETURN = r"""
ready:
  description: Whether no finding failed.
  returned: always
  type: bool
  sample: true
verdict:
  description: The verdict in one sentence.
  returned: always
  type: str
  sample: "READY: no failures, 1 warning, 57 passed on 3 hosts"
counts:
  description: Number of findings by status.
  returned: always
  type: dict
  sample: {fail: 0, warn: 1, info: 6, skip: 3, pass: 57}
files:
  description: Paths of the files that were written to O(report_dir).
  returned: unless a file could not be written
  type: list
  elements: str
  sample: [/srv/report/preflight.json, /srv/report/preflight.html, /srv/report/preflight.xml]
"""
