# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0
"""The catalogue of checks: who they are, and how they are run over the facts of one host.

A check is a function that takes what is known of a host and says what it thinks; it reads nothing by itself. It is
registered with :func:`check` under a stable id, from which the documentation of all checks is generated.
"""

from collections import namedtuple

from ansible_collections.kurl.ipv6.plugins.module_utils.finding import finding

#: ``id``; ``title``; ``why`` it matters on an IPv6-only cluster; ``reference`` (source of the rule); ``remedy`` in
#: general words; ``stage``: ``access`` (controller, before a module can run), ``host``, ``fleet`` (controller, over all
#: hosts); ``needs``: facts it cannot do without; ``judge``: the function.
Check = namedtuple("Check", "id title why reference remedy stage needs judge")

_CHECKS = {}


def check(check_id, title, why, reference, remedy, stage="host", needs=()):
    """Register the decorated function as a check.

    Arguments:
        check_id: lower-case dotted id. A check that says several things appends a case to it (``port`` ->
            ``port.6443``).
        title: what is looked at, in a few words; the title of its findings.
        why: what goes wrong on an IPv6-only cluster.
        reference: the source of the rule.
        remedy: what to do in general; the findings carry the command for the host at hand.
        stage: ``access``, ``host`` or ``fleet``.
        needs: names of facts without which the check is skipped.
    """

    def register(function):
        if check_id in _CHECKS:
            raise ValueError(f"two checks are called {check_id}")
        _CHECKS[check_id] = Check(check_id, title, why, reference, remedy, stage, tuple(needs), function)
        return function

    return register


def registered(stage=None):
    """Return the registered checks, all or those of one stage, in the order of registration."""
    return [entry for entry in _CHECKS.values() if stage in (None, entry.stage)]


class Verdict:
    """Collects what a check says of one subject as findings.

    Each method takes ``observed`` (what was seen), ``expected``, ``remedy`` (commands to paste), ``case`` (appended to
    the check's id), ``title`` (instead of the check's own) and ``subject`` (instead of the one that is judged).
    """

    def __init__(self, entry, subject):
        self._check = entry
        self._subject = subject
        self.findings = []

    def passed(self, observed="", **more):
        """The subject is as it must be."""
        self._add("pass", observed, **more)

    def info(self, observed, **more):
        """Worth knowing; nothing to do, for example because ``site`` does it."""
        self._add("info", observed, **more)

    def warn(self, observed, **more):
        """May break the cluster or a part of it; does not stop an installation."""
        self._add("warn", observed, **more)

    def fail(self, observed, **more):
        """Breaks the cluster; stops an installation."""
        self._add("fail", observed, **more)

    def skip(self, observed, **more):
        """Could not be judged, or does not apply."""
        self._add("skip", observed, **more)

    def _add(self, status, observed, expected="", remedy="", case="", title="", reference="", subject=""):
        entry = self._check
        self.findings.append(
            finding(
                f"{entry.id}.{case}" if case else entry.id,
                subject or self._subject,
                status,
                title or entry.title,
                observed=observed,
                expected=expected,
                remedy=remedy,
                reference=reference or entry.reference,
            )
        )


def run(host, stage="host"):
    """Run all checks of a stage over one host.

    Arguments:
        host: the :class:`~host_view.HostView` to judge (anything with ``subject`` and ``facts`` that the stage's checks
            understand).
        stage: the stage.
    Returns:
        The findings, in the order of registration. A check that breaks becomes a finding and does not touch the others.
    """
    findings = []
    for entry in registered(stage):
        verdict = Verdict(entry, host.subject)
        missing = [name for name in entry.needs if name not in host.facts]
        if missing:
            verdict.skip("not judged: {} could not be read".format(", ".join(missing)))
        else:
            try:
                entry.judge(host, verdict)
            except Exception as error:  # one broken check must not hide what the others found
                verdict.findings = []
                verdict.fail(
                    f"the check itself failed: {type(error).__name__}: {error}",
                    expected="a verdict",
                    remedy="# please report this together with the host's facts",
                )
        findings.extend(verdict.findings)
    return findings
