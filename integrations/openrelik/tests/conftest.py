"""What the tests share: the program, a folder of the project's samples, and Redis on loopback."""

import os
import shutil
import socket
import subprocess
import time
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parents[3]
SAMPLES = PROJECT / "sample-evtx"
# A condition is waited for, not a time: this limit only ends a test that hangs.
PATIENCE_SECONDS = 240

os.environ.setdefault("WINLAST_PROGRAM", str(PROJECT / "target" / "debug" / "winlast"))


def wait_for(condition, what):
    """Waits until the condition holds, and returns its value."""
    end = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < end:
        if value := condition():
            return value
        time.sleep(0.05)
    raise AssertionError(f"waited {PATIENCE_SECONDS} s for {what}")


@pytest.fixture(scope="session")
def winlast():
    program = os.environ["WINLAST_PROGRAM"]
    if not os.access(program, os.X_OK):
        pytest.skip(f"no winlast here ({program})")
    return program


@pytest.fixture
def redis_url(tmp_path):
    """A Redis of this test alone, on a free port of loopback."""
    if not shutil.which("redis-server"):
        pytest.skip("no redis-server here")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    folder = tmp_path / "redis"
    folder.mkdir()
    server = subprocess.Popen(
        ["redis-server", "--bind", "127.0.0.1", "--port", str(port), "--dir", str(folder), "--appendonly", "yes"],
        stdout=subprocess.DEVNULL,
    )
    import redis

    client = redis.Redis(port=port)

    def answers():
        try:
            return client.ping()
        except redis.ConnectionError:
            assert server.poll() is None, "redis-server ended"
            return False

    wait_for(answers, "redis-server")
    yield f"redis://127.0.0.1:{port}/0"
    client.close()
    server.kill()
    server.wait()


def input_file(path, display_name, uuid="00000000000000000000000000000001"):
    """An input file as OpenRelik hands it on."""
    return {"id": 1, "uuid": uuid, "display_name": display_name, "data_type": "file:generic", "path": str(path)}
