# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0
"""Run the steps of a test suite side by side: one line a step, the full output only of what failed."""

import concurrent.futures
import json
import os
import subprocess
import sys
import time
import traceback

#: The root of the work tree; every script here runs from there.
TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
#: Where the suites leave their counts for ``tests/ci/summary``.
COUNTS = os.path.join(TOP, "build", "counts")
#: The copy of the tree that ansible finds by the collection's name.
COLLECTIONS = os.path.join(TOP, ".collections")
COLLECTION = os.path.join(COLLECTIONS, "ansible_collections", "kurl", "ipv6")
VENV = os.path.join(TOP, ".venv")


class Skip(Exception):
    """A step that cannot run here; the text is the reason."""


class Failure(Exception):
    """A step that found something; the text is what it found."""


class Step:
    """One step of a suite.

    Arguments:
        name: what the line shows.
        action: a command as a list of words, or a function that returns a remark or None and raises Failure or Skip.
        folder: where a command runs; the root of the tree if it is not given.
        environment: variables of a command besides those of the caller; None takes one away.
    """

    def __init__(self, name, action, folder=TOP, environment=None):
        self.name = name
        self.action = action
        self.folder = folder
        self.environment = environment or {}

    def run(self):
        """Run the step. Returns ``(status, remark, seconds)``; of a failed step the remark is its output."""
        started = time.monotonic()
        try:
            remark = self.action() if callable(self.action) else command(self.action, self.folder, self.environment)
            status = "passed"
        except Skip as reason:
            status, remark = "skipped", str(reason)
        except Failure as output:
            status, remark = "failed", str(output)
        except Exception:
            # A step that breaks must not hide what the others found.
            status, remark = "failed", traceback.format_exc()
        return status, remark or "", time.monotonic() - started


def command(words, folder=TOP, environment=None):
    """Run a command to its end. Raises Failure with its output, standard output and error together."""
    try:
        done = subprocess.run(
            words,
            cwd=folder,
            env=surroundings(environment),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            check=False,
        )
    except FileNotFoundError as error:
        raise Failure(f"{error.filename} is not there. Run `make env`") from error
    if done.returncode != 0:
        output = done.stdout.decode("utf-8", "replace").rstrip()
        raise Failure(f"{output}\n({words[0]} ended with {done.returncode})".lstrip())


def surroundings(environment=None):
    """Return the variables for a command: the caller's, the tools of .venv first on the PATH, no colours."""
    result = dict(os.environ, NO_COLOR="1", ANSIBLE_NOCOLOR="1", PYTHONDONTWRITEBYTECODE="1")
    result["PATH"] = os.path.join(VENV, "bin") + os.pathsep + result.get("PATH", "")
    result["ANSIBLE_COLLECTIONS_PATH"] = COLLECTIONS
    result.pop("PYTHONPATH", None)
    for name, value in (environment or {}).items():
        if value is None:
            result.pop(name, None)
        else:
            result[name] = value
    return result


def tracked(*patterns):
    """Return the files of the tree that match git's patterns: those that git tracks or would track, sorted."""
    words = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", "--", *patterns]
    output = subprocess.run(words, cwd=TOP, check=True, stdout=subprocess.PIPE).stdout.decode("utf-8")
    return sorted(name for name in set(output.split("\0")) if name and os.path.isfile(os.path.join(TOP, name)))


def run(suite, *stages, workers=None):
    """Run the steps of a suite, show them, and record their counts. Returns the exit code for the suite.

    Arguments:
        suite: its name.
        stages: lists of steps. The steps of the last run side by side, those of an earlier one after the other; a step
            that fails there leaves nothing to do for the rest.
        workers: how many steps may run at once; as many as there are processors if it is not given.
    """
    counts = {"passed": 0, "failed": 0, "skipped": 0}
    width = max(len(step.name) for steps in stages for step in steps)
    labels = {"passed": "ok", "failed": "FAIL", "skipped": "SKIP"}

    def show(step, status, remark, seconds):
        counts[status] += 1
        head = f"{labels[status]:<4}  {step.name:<{width}}  {seconds:5.1f} s"
        if status == "failed":
            print(head + "\n" + "\n".join("      " + line for line in remark.splitlines()), flush=True)
        else:
            print(f"{head}  {remark}".rstrip(), flush=True)

    waiting = [list(steps) for steps in stages]
    while len(waiting) > 1 and not counts["failed"]:
        if not waiting[0]:
            waiting.pop(0)
            continue
        step = waiting[0].pop(0)
        show(step, *step.run())
    if counts["failed"]:
        for step in [step for steps in waiting for step in steps]:
            show(step, "skipped", "not run, see above", 0.0)
    else:
        with concurrent.futures.ThreadPoolExecutor(max_workers=workers or os.cpu_count() or 1) as pool:
            running = {pool.submit(step.run): step for step in waiting[0]}
            for done in concurrent.futures.as_completed(running):
                show(running[done], *done.result())
    record(suite, **counts)
    print(f"{suite}: {counts['passed']} passed, {counts['failed']} failed, {counts['skipped']} skipped", flush=True)
    return 1 if counts["failed"] else 0


def record(suite, passed, failed, skipped):
    """Write the counts of a suite for ``tests/ci/summary``."""
    os.makedirs(COUNTS, exist_ok=True)
    with open(os.path.join(COUNTS, suite + ".json"), "w", encoding="utf-8") as stream:
        json.dump({"suite": suite, "passed": passed, "failed": failed, "skipped": skipped}, stream)
        stream.write("\n")


def find_python(*versions):
    """Return the path of a Python of one of these versions, empty if none is here."""
    words = [os.path.join(TOP, "tests", "ci", "find-python"), *versions]
    return subprocess.run(words, stdout=subprocess.PIPE, check=False).stdout.decode("utf-8").strip()


def make_environment(version, *pythons):
    """Make the environment of requirements-VERSION.txt, unless it is there. Returns its folder.

    Raises Skip where there is none of the Pythons.
    """
    if not find_python(*pythons):
        raise Skip(f"there is no Python {' or '.join(pythons)} on the PATH or in pyenv")
    folder = f"{VENV}-{version}"
    words = [os.path.join(TOP, "tests", "ci", "make-venv"), folder, f"requirements-{version}.txt", *pythons]
    if subprocess.run(words, cwd=TOP, check=False).returncode != 0:
        raise Failure(f"the environment {folder} cannot be made")
    return folder


def oldest_core():
    """Make the environment with the oldest ansible-core, as ``make_environment`` does."""
    return make_environment("2.16", "3.12", "3.11", "3.10")


def use_environment():
    """Go on with the Python of .venv, which has what the scripts need beyond the standard library."""
    if not os.path.exists(os.path.join(VENV, ".ready")):
        sys.exit("There is no Python environment in .venv yet. Run `make env`.")
    if os.path.realpath(sys.prefix) != os.path.realpath(VENV):
        python = os.path.join(VENV, "bin", "python")
        os.execv(python, [python, "-B", *sys.argv])
