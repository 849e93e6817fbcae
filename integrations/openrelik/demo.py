"""Makes a case of each zip, and a fleet of the cases, by two workers: the part of scripts/fleet-demo.sh for Redis.

`demo.py FOLDER` reads FOLDER/zips, and writes FOLDER/output, where the workers put their files, and FOLDER/fleet.
"""

import base64
import json
import os
import socket
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import redis
from celery import Celery

QUEUE = "openrelik-worker-winlast"
PACKAGE = Path(__file__).resolve().parent


class Workers:
    """A Redis on a free port of loopback, and two workers; all end with the `with` block."""

    def __init__(self, folder):
        self.output = folder / "output"
        self.output.mkdir()
        (folder / "redis").mkdir()
        self.log = open(folder / "workers.log", "w")
        self.processes = []
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        self.url = f"redis://127.0.0.1:{port}/0"
        self.serve = ["redis-server", "--bind", "127.0.0.1", "--port", str(port), "--dir", str(folder / "redis")]
        self.redis = redis.Redis.from_url(self.url)
        self.client = Celery(broker=self.url)

    def __enter__(self):
        try:
            self.start([*self.serve, "--appendonly", "yes"])
            while not self.answers():
                time.sleep(0.1)
            for name in ("first", "second"):
                command = [sys.executable, "-m", "celery", "--app=src.app", "worker", "--concurrency=1", "-Q", QUEUE]
                self.start([*command, "-n", f"{name}@localhost"])
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        # The workers first: they say goodbye to Redis.
        for process in reversed(self.processes):
            process.terminate()
            process.wait()
        self.log.close()

    def start(self, command):
        environment = {**os.environ, "REDIS_URL": self.url}
        self.processes.append(subprocess.Popen(command, cwd=PACKAGE, env=environment, stdout=self.log, stderr=self.log))

    def all_run(self):
        if any(process.poll() is not None for process in self.processes):
            sys.exit(f"a process ended; see {self.log.name}")

    def answers(self):
        self.all_run()
        try:
            return self.redis.ping()
        except redis.ConnectionError:
            return False

    def send(self, task, files):
        asked = dict(input_files=files, output_path=str(self.output), workflow_id="1", task_config={})
        return self.client.send_task(f"{QUEUE}.tasks.{task}", kwargs=asked, queue=QUEUE).id

    def output_files(self, task_ids):
        """Waits until these tasks have ended, and returns the files that they hand on."""
        files = []
        for task_id in task_ids:
            while not (text := self.redis.get(f"celery-task-meta-{task_id}")):
                self.all_run()
                time.sleep(0.1)
            ended = json.loads(text)
            if ended["status"] != "SUCCESS":
                sys.exit(f"a task failed: {ended}")
            files += json.loads(base64.b64decode(ended["result"]))["output_files"]
        return files


def size(paths):
    return f"{sum(os.path.getsize(path) for path in paths) / 1e6:.1f} MB"


def main(folder):
    zips = sorted((folder / "zips").iterdir())
    with Workers(folder) as workers:
        started = time.monotonic()
        inputs = [{"id": 1, "display_name": path.name, "path": str(path)} for path in zips]
        files = workers.output_files([workers.send("sessions", [file]) for file in inputs])
        cases = [file for file in files if file["data_type"] == "openrelik:winlast:case"]
        took = time.monotonic() - started
        print(f"{len(cases)} tasks `sessions`: {took:.1f} s with the start of the workers, {len(cases) / took:.1f} a second")
        print(f"    zips of cases {size(file['path'] for file in cases)}, all files {size(file['path'] for file in files)}")
        started = time.monotonic()
        merged = workers.output_files([workers.send("merge", cases)])
        print(f"task `merge`: {time.monotonic() - started:.1f} s")
        fleet = next(file for file in merged if file["data_type"] == "openrelik:winlast:fleet")
        with zipfile.ZipFile(fleet["path"]) as archive:
            archive.extractall(folder / "fleet")
            unpacked = sum(entry.file_size for entry in archive.infolist())
        print(f"    zip of the fleet {size([fleet['path']])}, unpacked {unpacked / 1e6:.1f} MB")


main(Path(sys.argv[1]))
