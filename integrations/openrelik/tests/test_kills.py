"""Workers and their processes are killed in mid-run, and no task is lost.

Redis, the workers and winlast are real. A script stands before winlast: for the files named below it waits to be killed,
or kills the process that started it. So each kill meets a running task, and no clock decides what happens.
"""

import base64
import json
import os
import shlex
import signal
import subprocess
import sys
import time
import zipfile
from collections import Counter
from pathlib import Path

import pytest
import redis
from celery import Celery
from conftest import SAMPLES, input_file, wait_for

PACKAGE = Path(__file__).resolve().parents[1]
QUEUE = "openrelik-worker-winlast"
TASKS = 60
CHILD, WORKER, POISON = "held-for-child.evtx", "held-for-worker.evtx", "poison.evtx"
# Much longer than a task takes here, even on a busy machine, and short enough to be waited for.
VISIBILITY_SECONDS = 30

SCRIPT = """#!/bin/sh
marks={marks}
for name in {child} {worker} {poison}; do
    case "$*" in
        *"/$name"*)
            echo "$name" >>"$marks/runs"
            [ "$name" = {poison} ] && kill -KILL $PPID && exec sleep 600
            if [ ! -e "$marks/$name" ]; then
                echo $PPID $$ >"$marks/$name.new"
                mv "$marks/$name.new" "$marks/$name"
                exec sleep 600
            fi ;;
    esac
done
exec {winlast} "$@"
"""


class Fleet:
    """Workers, the files of tasks, and what became of these."""

    def __init__(self, folder, url, winlast):
        self.output = folder / "output"
        self.marks = folder / "marks"
        self.log = folder / "workers.log"
        self.output.mkdir()
        self.marks.mkdir()
        self.program = folder / "program"
        quoted = {name: shlex.quote(str(value)) for name, value in {"marks": self.marks, "winlast": winlast}.items()}
        self.program.write_text(SCRIPT.format(child=CHILD, worker=WORKER, poison=POISON, **quoted))
        self.program.chmod(0o755)
        self.url = url
        self.redis = redis.Redis.from_url(url)
        # It has no backend: the results are read from Redis as the workers left them.
        self.client = Celery(broker=url, set_as_current=False)
        self.workers = []

    def start_worker(self, concurrency):
        environment = {
            **os.environ,
            "REDIS_URL": self.url,
            "WINLAST_PROGRAM": str(self.program),
            "WINLAST_VISIBILITY_SECONDS": str(VISIBILITY_SECONDS),
        }
        name = f"worker-{len(self.workers)}"
        command = [sys.executable, "-m", "celery", "--app=src.app", "worker", "--task-events", "--loglevel=INFO", f"--concurrency={concurrency}"]
        with open(self.log, "a") as log:
            self.workers.append(
                subprocess.Popen(
                    [*command, "-Q", QUEUE, "-n", f"{name}@localhost"],
                    cwd=PACKAGE,
                    env=environment,
                    stdout=log,
                    stderr=log,
                )
            )

    def send(self, path, name):
        """Sends a task of this file, and returns its id."""
        asked = dict(input_files=[input_file(path, name)], output_path=str(self.output), workflow_id="1", task_config={})
        return self.client.send_task(f"{QUEUE}.tasks.sessions", kwargs=asked, queue=QUEUE).id

    def ended(self, task_id):
        """What became of the task, or None: it has not ended."""
        text = self.redis.get(f"celery-task-meta-{task_id}")
        return text and json.loads(text)

    def result(self, task_id):
        """What a task that succeeded returned."""
        return json.loads(base64.b64decode(self.ended(task_id)["result"]))

    def held(self, name):
        """The processes that wait to be killed: the one of the worker, and the program."""
        mark = self.marks / name
        wait_for(mark.exists, f"the task {name} to be held; {self.log}")
        return [int(pid) for pid in mark.read_text().split()]

    def runs(self):
        return Counter((self.marks / "runs").read_text().split())

    def left_in_redis(self):
        """Messages that wait or are not acknowledged, and deliveries that are counted."""
        counted = self.redis.keys("winlast:deliveries:*")
        return self.redis.llen(QUEUE), self.redis.hlen("unacked"), len(counted)

    def overdue(self):
        """Whether all messages that are not acknowledged were delivered a visibility timeout ago."""
        delivered = self.redis.zrange("unacked_index", 0, -1, withscores=True)
        return all(time.time() - when > VISIBILITY_SECONDS for _, when in delivered)

    def stop(self):
        for worker in self.workers:
            # The first asks it to end, and its processes with it; what does not end is killed.
            worker.terminate()
        for worker in self.workers:
            try:
                worker.wait(30)
            except subprocess.TimeoutExpired:
                worker.kill()
                worker.wait()
        self.client.close()
        self.redis.close()


@pytest.fixture
def fleet(tmp_path, redis_url, winlast):
    fleet = Fleet(tmp_path, redis_url, winlast)
    yield fleet
    fleet.stop()


def parent(pid):
    # The name of the program in parentheses may hold blanks.
    return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])


def gone(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except (FileNotFoundError, ProcessLookupError):
        return True


def alone(winlast, path, name, case):
    """What winlast makes of this file by itself."""
    command = [winlast, f"--name={name}", str(path), "--hops", "-o", str(case), "-q"]
    assert subprocess.run(command, check=False).returncode in (0, 3)
    return {file.name: file.read_bytes() for file in case.iterdir() if file.name != "run.json"}


def unpacked(path):
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist() if name != "run.json"}


def test_no_task_is_lost_when_a_child_and_a_worker_are_killed(fleet, tmp_path, winlast):
    samples = [SAMPLES / host / "Security.evtx" for host in ("cleared", "dc01", "dirty", "rdp01", "ws01")]
    names = [f"host-{at:02}.evtx" for at in range(TASKS)]
    names[TASKS // 4], names[TASKS // 2] = CHILD, WORKER
    paths = {name: samples[at % len(samples)] for at, name in enumerate(names)}
    sent = {name: fleet.send(path, name) for name, path in paths.items()}
    fleet.start_worker(2)
    fleet.start_worker(2)

    child, program = fleet.held(CHILD)
    os.kill(child, signal.SIGKILL)
    wait_for(lambda: gone(program), "the program of the killed child to end")
    # This task must not be met by the second kill too: a task that was killed twice is given up.
    wait_for(lambda: fleet.ended(sent[CHILD]), f"the task of the killed child; {fleet.log}")

    child, program = fleet.held(WORKER)
    [worker] = [worker for worker in fleet.workers if worker.pid == parent(child)]
    worker.kill()
    worker.wait()
    wait_for(lambda: gone(child) and gone(program), "the processes of the killed worker to end")

    # Workers look for such messages every 100 seconds, and when they begin. So another one begins when it is time.
    wait_for(lambda: fleet.redis.llen(QUEUE) == 0 and fleet.overdue(), "the visibility timeout")
    fleet.start_worker(2)

    wait_for(lambda: all(map(fleet.ended, sent.values())), f"all tasks; {fleet.log}")
    wait_for(lambda: fleet.left_in_redis() == (0, 0, 0), "the last acknowledgement")
    assert Counter(fleet.ended(task_id)["status"] for task_id in sent.values()) == {"SUCCESS": TASKS}
    assert fleet.runs() == {CHILD: 2, WORKER: 2}

    registered = []
    for name, task_id in sent.items():
        case, sessions = [file for file in fleet.result(task_id)["output_files"] if file["register_in_db"]]
        expected = alone(winlast, paths[name], name, tmp_path / f"alone-{name}")
        assert unpacked(case["path"]) == expected, name
        assert Path(sessions["path"]).read_bytes() == expected["sessions.csv"]
        registered += [case["path"], sessions["path"]]
    # Each result is there once, and nothing that is not finished.
    assert sorted(map(str, fleet.output.iterdir())) == sorted(
        [*registered, *(f"{fleet.output}/winlast-{task_id}" for task_id in sent.values())]
    )


def test_a_file_that_kills_each_process_is_given_up_after_two_deliveries(fleet):
    path = SAMPLES / "ws01" / "Security.evtx"
    poison = fleet.send(path, POISON)
    others = [fleet.send(path, f"host-{at}.evtx") for at in range(3)]
    fleet.start_worker(1)
    wait_for(lambda: all(map(fleet.ended, [poison, *others])), f"all tasks; {fleet.log}")
    wait_for(lambda: fleet.left_in_redis() == (0, 0, 0), "the last acknowledgement")
    assert fleet.runs() == {POISON: 2}
    report = fleet.result(poison)["task_report"]
    assert report["summary"] == "given up: 2 times this task was begun, and each time its process was killed"
    assert "poison\\.evtx" in report["content"]
    for task_id in others:
        assert fleet.result(task_id)["task_report"]["summary"].startswith("computers: 1, ")
