# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0
"""Checks that need no module on the host: can it be reached, has it a Python that works with this ansible-core, are we
root.
"""

from collections import namedtuple

from ansible_collections.kurl.ipv6.plugins.module_utils.checks.registry import check

#: What is known of a host before the first module. ``subject``; ``facts``: ``reached`` (bool), ``message`` (why not),
#: ``answered`` (the probe's shell ran), ``python`` (path, empty if none), ``python_version`` ("3.6.8"), ``uid`` (int or
#: None), ``os`` (os-release ID), ``core`` ("2.21"), ``minimum`` ("3.9").
Access = namedtuple("Access", "subject facts")


def numbers(text):
    """Return a version's first two numbers, (0, 0) for what is none."""
    parts = (str(text or "").split(".") + ["0", "0"])[:2]
    return tuple(int(part) if part.isdecimal() else 0 for part in parts)


@check(
    "host.reachable",
    title="host can be reached",
    why="Everything else needs it. The other hosts are judged all the same.",
    reference="ansible-core: unreachable hosts",
    remedy="ssh -6 <user>@<address> true",
    stage="access",
)
def reachable(host, verdict):
    """ssh and a shell."""
    if host.facts["reached"]:
        verdict.passed("yes")
    else:
        verdict.fail(
            host.facts["message"] or "unreachable",
            expected="a login with a shell",
            remedy="ssh -v {} true   # address, port, user and key as in the inventory".format(
                host.facts.get("address") or host.subject
            ),
        )


@check(
    "python.version",
    title="Python on the host",
    why=(
        "A module on a Python that is too old ends in a traceback. Ubuntu 18.04 and EL 8 come with 3.6, which"
        " ansible-core reaches up to 2.16."
    ),
    reference="ansible-core support matrix",
    remedy="Install a newer Python beside the old one, or run ansible-core 2.16 on the controller.",
    stage="access",
)
def python(host, verdict):
    """The Python that the probe found, against the core's minimum."""
    facts = host.facts
    if not facts["reached"]:
        verdict.skip("not judged: the host cannot be reached")
        return
    if not facts["answered"]:
        verdict.fail(
            "the probe did not run: {}".format(facts["message"] or "no answer"),
            expected="a POSIX shell, and the rights that become asks for",
            remedy="ansible {} -m ansible.builtin.raw -a id   # with the same options".format(host.subject),
        )
        return
    minimum = facts["minimum"]
    if facts["python"] and numbers(facts["python_version"]) >= numbers(minimum):
        verdict.passed("{python_version} at {python}".format(**facts))
        return
    observed = "{python_version} at {python}".format(**facts) if facts["python"] else "no Python found"
    if not facts["python"] and facts.get("given"):
        verdict.fail(
            "no Python at {}, where ansible_python_interpreter says it is".format(facts["given"]),
            expected="the path of a Python on the host",
            remedy="ls /usr/bin/python3* /usr/libexec/platform-python   # on the host; then in the inventory:\n"
            "ansible_python_interpreter: auto_silent   # or one of these",
        )
        return
    verdict.fail(
        observed,
        expected="{} or newer, which ansible-core {} needs".format(minimum, facts["core"]),
        remedy=_python_remedy(facts),
    )


def _python_remedy(facts):
    distribution = facts["os"]
    if distribution in ("ubuntu", "debian"):
        install = "apt-get install -y python3"
        if facts["python"]:
            install = (
                "apt-get install -y python3.8   # Ubuntu 18.04, universe; then"
                " ansible_python_interpreter=/usr/bin/python3.8"
            )
    elif distribution in ("rhel", "centos", "rocky", "almalinux", "ol", "fedora"):
        install = "dnf install -y python3.11   # then in the inventory: ansible_python_interpreter=/usr/bin/python3.11"
    elif distribution == "amzn":
        install = "amazon-linux-extras install -y python3.8   # then: ansible_python_interpreter=/usr/bin/python3.8"
    else:
        install = "# install Python {} or newer with the system's package manager".format(facts["minimum"])
    if facts["python"] and numbers(facts["python_version"]) >= (3, 6):
        install += (
            "\npip install 'ansible-core==2.16.*'   # or on the controller: the last version that reaches Python 3.6"
        )
    return install


@check(
    "host.privileges",
    title="root privileges",
    why=(
        "The installation changes kernel parameters, services and mounts; without root the checks do not see who"
        " holds a port."
    ),
    reference="kURL install.sh: must be run as root",
    remedy="ansible_user=root, or become: true with sudo.",
    stage="access",
)
def privileges(host, verdict):
    """The user id under which modules will run."""
    uid = host.facts.get("uid")
    if uid is None:
        verdict.skip("not judged: the host was not probed")
    elif uid == 0:
        verdict.passed("root")
    else:
        verdict.fail(
            f"user id {uid}",
            expected="root",
            remedy="# run with --become (and --ask-become-pass where sudo wants a password), or ansible_user=root",
        )


@check(
    "host.readable",
    title="host could be read",
    why="What could not be read could not be judged.",
    reference="kurl.ipv6.host_readiness",
    remedy="Run the module alone with -vvv.",
    stage="access",
)
def readable(host, verdict):
    """The readiness module itself."""
    message = host.facts.get("module_message", "")
    if not host.facts.get("module_ran"):
        verdict.skip("not judged: the host was not read")
    elif message:
        verdict.fail(
            message,
            expected="facts of the host",
            remedy="ansible {} -m kurl.ipv6.host_readiness -vvv".format(host.subject),
        )
    else:
        verdict.passed("yes")
