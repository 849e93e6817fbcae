"""How winlast is run: progress, exit codes, ends by a signal."""

import subprocess

import pytest

from src import program, settings

PROGRESS = '{"progress":"reading","bytes":10,"bytes_read":5}'


@pytest.fixture
def fake(tmp_path, monkeypatch):
    """Makes a shell script the program."""

    def make(script):
        path = tmp_path / "winlast"
        path.write_text(f"#!/bin/sh\n{script}\n")
        path.chmod(0o755)
        monkeypatch.setattr(settings, "PROGRAM", str(path))

    return make


@pytest.mark.parametrize("exit_code", [0, 3])
def test_0_and_3_are_done(fake, exit_code):
    fake(f"echo '{PROGRESS}' >&2; echo 'winlast: read' >&2; exit {exit_code}")
    seen = []
    assert program.run(["x"], seen.append) == exit_code
    assert seen == [{"progress": "reading", "bytes": 10, "bytes_read": 5}]


@pytest.mark.parametrize(
    ("script", "words"),
    [
        ("exit 1", "exit code 1"),
        ("exit 2", "exit code 2"),
        ("exit 143", "exit code 143"),
        ("kill -TERM $$", "signal 15"),
        ("kill -KILL $$", "signal 9"),
    ],
)
def test_every_other_end_is_a_failure_that_says_why(fake, script, words):
    fake(f"echo 'winlast: no event log found' >&2; echo '{{no progress' >&2; {script}")
    with pytest.raises(program.ProgramFailed, match=f"{words}: winlast: no event log found\n{{no progress"):
        program.run([], lambda _: None)


def test_an_exception_ends_the_program(fake, tmp_path):
    fake(f"echo $$ > {tmp_path}/pid; echo '{PROGRESS}' >&2; exec sleep 600")

    def stop(_):
        raise TimeoutError

    with pytest.raises(TimeoutError):
        program.run([], stop)
    pid = (tmp_path / "pid").read_text().strip()
    assert subprocess.run(["kill", "-0", pid], capture_output=True).returncode != 0


def test_the_options_are_those_of_the_help(winlast, monkeypatch):
    monkeypatch.setattr(settings, "PROGRAM", winlast)
    program.options.cache_clear()
    assert {"--output", "--memory", "--recover", "--progress"} <= program.options()
    assert "--exit" not in program.options()
