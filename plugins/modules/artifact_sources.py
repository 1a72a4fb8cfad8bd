#!/usr/bin/python
# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0

DOCUMENTATION = r"""
module: artifact_sources
short_description: Tell whether the controller can have what an installation needs
version_added: 0.1.0
description:
  - Finds out, without fetching anything, whether the files and images that M(kurl.ipv6.artifacts) would fetch can be
    had from a mirror or from upstream. What is in the cache already, verified and unchanged, is not asked for.
  - Of a mirror folder it tells which files or checksums are not there. Servers are asked for the checksums, through
    the proxy of the environment if there is one; their addresses, the family of the connection, and a NAT64 on the
    way (RFC 7050) are told.
  - Nodes are not concerned; the controller fetches, and hands on.
  - Takes seconds, however many servers are silent. Runs on the controller as an action plugin; use it with C(run_once).
author:
  - the kurl.ipv6 authors (@kurl-ipv6)
options:
  versions:
    description: Versions of the components, as for O(kurl.ipv6.artifacts#module:versions).
    type: dict
    default: {}
  images:
    description:
      - Image references, each with a tag. Kubernetes' own images, as far as they are known without asking kubeadm, are
        added.
    type: list
    elements: str
    default: []
  architecture:
    description: The nodes' architecture, as upstream spells it.
    type: str
    choices: [amd64, arm64]
    default: amd64
  mirror:
    description: Folder or URL with upstream's layout, as for O(kurl.ipv6.artifacts#module:mirror).
    type: str
    default: ""
  cache:
    description:
      - Folder on the controller for downloads. The default is that of the role P(kurl.ipv6.artifacts#role),
        C(kurl.ipv6/artifacts) in the user's cache folder.
    type: path
    default: ""
  airgap:
    description: The Internet is not asked; what neither the cache nor a mirror has, cannot be had.
    type: bool
    default: false
extends_documentation_fragment:
  - ansible.builtin.action_common_attributes
attributes:
  check_mode:
    description: It only reads and asks.
    support: full
  diff_mode:
    description: Nothing changes, so that there is nothing to show.
    support: none
  platform:
    platforms: posix
seealso:
  - module: kurl.ipv6.artifacts
"""

EXAMPLES = r"""
- name: Ask whether Kubernetes and containerd can be fetched
  kurl.ipv6.artifact_sources:
    versions:
      kubernetes: 1.34.4
      containerd: 2.2.6
  run_once: true
  register: asked

- name: Show the report
  kurl.ipv6.report:
    title: sources
    findings: "{{ asked.findings }}"
  run_once: true
"""

RETURN = r"""
findings:
  description: One entry for each judgement, as M(kurl.ipv6.report) takes them; their subject is V(controller).
  returned: success
  type: list
  elements: dict
sources:
  description: What was seen.
  returned: success
  type: dict
  contains:
    kind:
      description: V(folder), V(url) or V(upstream).
      type: str
    mirror:
      description: O(mirror), without a user's name and password.
      type: str
    wanted:
      description: Number of artifacts.
      type: int
    cached:
      description: How many of them are on the controller, verified.
      type: int
    airgap:
      description: O(airgap).
      type: bool
    problem:
      description: Why the source cannot be used at all, empty if it can.
      type: str
    absent:
      description: What the source does not have, or not with the checksum that it must have.
      type: list
      elements: dict
    tool:
      description: A program that is missing on the controller, empty if none is.
      type: str
    nat64:
      description: The prefix of the NAT64 that the controller's resolvers tell of, empty if there is none.
      type: str
    servers:
      description:
        - The servers that were asked, each with C(server), C(port), C(proxy), C(dialled), C(ipv6) and C(ipv4)
          (addresses), C(family) (over which a connection came about), C(nat64), C(reason), C(problems), C(silent) and
          C(names).
      type: list
      elements: dict
"""
