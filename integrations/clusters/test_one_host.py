"""one-host.sh makes a case once, counts exit code 3 as done, and goes on after a run that was killed."""

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parents[2]
PROGRAM = os.environ.get("WINLAST_PROGRAM", str(PROJECT / "target" / "debug" / "winlast"))


@pytest.fixture
def run(tmp_path):
    if not os.access(PROGRAM, os.X_OK):
        pytest.skip(f"no winlast here ({PROGRAM})")

    def run(evidence, *options):
        command = [PROJECT / "integrations/clusters/one-host.sh", evidence, tmp_path / "cases", *options]
        environment = {**os.environ, "WINLAST_PROGRAM": PROGRAM}
        ended = subprocess.run(command, env=environment, cwd=tmp_path, capture_output=True, text=True)
        return ended.returncode, ended.stdout

    return run


def test_a_case_is_made_once(run, tmp_path):
    case = tmp_path / "cases" / "ws01"
    assert run(PROJECT / "sample-evtx/ws01", "--memory=1G") == (0, "")
    made = (case / "run.json").stat().st_mtime_ns
    assert run(PROJECT / "sample-evtx/ws01") == (0, f"{case}: already complete\n")
    assert (case / "run.json").stat().st_mtime_ns == made


def test_exit_code_3_counts_as_done_and_stands_in_the_case(run, tmp_path):
    assert run(PROJECT / "sample-evtx-damaged")[0] == 0
    assert json.loads((tmp_path / "cases/sample-evtx-damaged/run.json").read_text())["exit_code"] == 3


def test_what_a_killed_run_left_is_no_case(run, tmp_path):
    case = tmp_path / "cases" / "ws01"
    case.mkdir(parents=True)
    (case / ".sessions.csv.0123456789abcdef.tmp").write_text("half")
    assert run(PROJECT / "sample-evtx/ws01") == (0, "")
    assert not [path for path in case.iterdir() if path.name.endswith(".tmp")]


def test_evidence_whose_name_begins_with_a_hyphen(run, tmp_path):
    shutil.copytree(PROJECT / "sample-evtx/ws01", tmp_path / "-q")
    assert run("-q", "--memory=1G") == (0, "")
    assert '"-q/Security.evtx"' in (tmp_path / "cases/-q/run.json").read_text()


def test_other_exit_codes_are_those_of_winlast(run, tmp_path):
    assert run(tmp_path)[0] == 1
    assert run(PROJECT / "sample-evtx/ws01", "--memory=much")[0] == 2
