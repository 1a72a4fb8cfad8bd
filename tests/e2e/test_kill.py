# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0
"""`site` is killed at random points of an installation on fresh nodes; the next run goes on to the end, and the cluster
works. Run on request (`make e2e-kill`), because it takes two minutes a point. `KILL_SEED` repeats a run of it.
"""

import os
import random
import signal
import subprocess
import threading
import time

import pytest
from cluster import TOP, changed
from conftest import fresh

POINTS = int(os.environ.get("KILL_POINTS", "10"))
SEED = int(os.environ.get("KILL_SEED", str(random.randrange(10**6))))
#: Ends every session of ssh on a node, as a connection does that breaks. The brackets keep the pattern from itself.
CUT = "pkill -KILL -f '[s]shd: root'; true"
#: Kills what holds the collection's lock, as the loss of power would.
STRIKE = """for folder in /proc/[0-9]*; do
  ls -l $folder/fd 2>/dev/null | grep -q kurl-ipv6.lock && kill -KILL ${folder#/proc/}
done; true"""


@pytest.fixture
def lab(request):
    """Two fresh nodes."""
    yield from fresh(request, "e2e-kill", "fd00:39::/64", nodes=2)


@pytest.fixture(scope="module")
def tasks():
    """How many tasks a run has, as found out by the first that was not killed."""
    return {"number": 38}


def kill_site(lab, task, delay, commands):
    """Start site, and kill it some seconds after a task began; return whether it still ran then, and what it said.

    Arguments:
        task: the number of the task.
        delay: in seconds; the end of the run cuts it short.
        commands: what is done on every node besides the end of the controller.
    """
    words = lab.command("kurl.ipv6.site")
    lines = []
    with subprocess.Popen(
        words, cwd=TOP, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True, start_new_session=True
    ) as process:
        seen = threading.Event()

        def read():
            for line in process.stdout:
                lines.append(line)
                if sum(one.startswith("TASK [") for one in lines) >= task:
                    seen.set()
            seen.set()

        reader = threading.Thread(target=read)
        reader.start()
        seen.wait()
        deadline = time.monotonic() + delay
        while process.poll() is None and time.monotonic() < deadline:
            time.sleep(0.1)
        alive = process.poll() is None
        if alive:
            os.killpg(process.pid, signal.SIGKILL)
        for node in lab.hosts():
            for command in commands:
                lab.podman("exec", node, "sh", "-c", command)
        reader.join(10)
    return alive, "".join(lines)


@pytest.mark.parametrize("point", range(POINTS))
def test_the_run_after_a_killed_one_makes_the_cluster(lab, tasks, point):
    chance = random.Random(SEED * 1000 + point)
    # One point in each part of the run, so that ten of them cover it.
    task = 1 + int((point + chance.random()) * tasks["number"] / POINTS)
    delay = chance.choice((0, 0.5, 2, 6))
    commands = chance.choice(((), (CUT,), (CUT, STRIKE)))
    alive, output = kill_site(lab, task, delay, commands)
    last = [line for line in output.splitlines() if line.startswith("TASK [")][-1:]
    print(f"seed {SEED}, point {point}: {len(commands)} more kills {delay} s after task {task} {last}: {alive}")
    result = lab.site()
    assert result.code == 0, result.output
    tasks["number"] = sum(line.startswith("TASK [") for line in result.output.splitlines())
    if lab.network.external:
        assert lab.cluster_network().code == 0
    result = lab.verify()
    assert result.code == 0, result.output
    again = lab.site()
    assert again.code == 0 and changed(again.output) == 0, again.output
