"""The tasks by themselves, without Redis and workers."""

import base64
import csv
import json
import zipfile
from pathlib import Path

import pytest
from conftest import SAMPLES, input_file
from kombu.exceptions import OperationalError

from src import program, settings, tasks, work


class CountsInMemory:
    """Of Redis what `deliveries` uses."""

    def __init__(self):
        self.counts = {}

    def pipeline(self):
        return self

    def __enter__(self):
        return self

    def __exit__(self, *_):
        return False

    def incr(self, key):
        self.counts[key] = self.counts.get(key, 0) + 1
        self.answer = self.counts[key]

    def expire(self, *_):
        pass

    def execute(self):
        return [self.answer, True]

    def delete(self, key):
        self.counts.pop(key, None)


@pytest.fixture
def counts(monkeypatch):
    counts = CountsInMemory()
    monkeypatch.setattr(work, "redis_client", counts)
    monkeypatch.setattr(work.Job, "on_progress", lambda self, progress: None)
    return counts


@pytest.fixture
def run(tmp_path, counts, winlast, monkeypatch):
    """Runs a task in this process, and returns its decoded result."""
    monkeypatch.setattr(settings, "PROGRAM", winlast)
    program.options.cache_clear()
    output = tmp_path / "output"
    output.mkdir()

    def go(task, files=(), pipe_result=None, config=None, task_id="task-1"):
        asked = dict(
            pipe_result=pipe_result, input_files=list(files), output_path=str(output), workflow_id="7", task_config=config
        )
        ended = task.apply(kwargs=asked, task_id=task_id, throw=True)
        return json.loads(base64.b64decode(ended.result))

    go.output = output
    return go


def host(name, path="ws01/Security.evtx"):
    return input_file(SAMPLES / path, name)


def rows(path):
    with open(path, newline="") as file:
        return list(csv.DictReader(file))


def test_a_workflow_becomes_one_case_with_two_registered_files(run):
    made = run(tasks.sessions, [host("Security.evtx"), host("System.evtx", "ws01/System.evtx")])
    registered = [file for file in made["output_files"] if file["register_in_db"]]
    assert [(file["display_name"], file["data_type"]) for file in registered] == [
        ("WS01.winlast-case.zip", "openrelik:winlast:case"),
        ("WS01.sessions.csv", "openrelik:winlast:sessions"),
    ]
    for file in registered:
        # Where OpenRelik looks for a file that it registers.
        assert file["path"] == f"{run.output}/{file['uuid']}{file['extension']}"
    others = {file["data_type"]: file for file in made["output_files"] if not file["register_in_db"]}
    assert {f"openrelik:winlast:{table}" for table in ("timeline", "boots", "attempts", "logs", "findings", "report")} <= set(others)
    assert all(Path(file["path"]).is_file() for file in made["output_files"])
    assert made["task_report"]["title"] == "Logon sessions"
    assert made["workflow_id"] == "7"
    with zipfile.ZipFile(registered[0]["path"]) as archive:
        assert {"events.jsonl.gz", "run.json", "sessions.csv"} <= set(archive.namelist())
    assert not [path for path in run.output.iterdir() if path.name.startswith(".")]


def test_the_tables_have_the_display_names(run, tmp_path):
    stored = tmp_path / "0123456789abcdef0123456789abcdef.evtx"
    stored.write_bytes((SAMPLES / "ws01/Security.evtx").read_bytes())
    made = run(tasks.sessions, [input_file(stored, "C:/Windows/Security.evtx")])
    logs = next(file for file in made["output_files"] if file["data_type"] == "openrelik:winlast:logs")
    assert [row["path"] for row in rows(logs["path"])] == ["C:/Windows/Security.evtx"]


def test_the_parts_of_a_split_archive_find_each_other(run, tmp_path):
    files = []
    for at, name in enumerate(["split.zip", "split.z01"]):
        stored = tmp_path / f"{at:032x}{Path(name).suffix}"
        stored.write_bytes((SAMPLES.parent / "tests/archives" / name).read_bytes())
        files.append(input_file(stored, name))
    made = run(tasks.sessions, files)
    logs = next(file for file in made["output_files"] if file["data_type"] == "openrelik:winlast:logs")
    assert [row["path"] for row in rows(logs["path"])] == ["split.zip/Security.evtx"]
    assert "Exit code 3" not in made["task_report"]["content"]


def test_progress_is_told_and_nobody_who_listens_is_no_failure(monkeypatch):
    told = []

    class Task:
        def send_event(self, kind, data):
            told.append((kind, data))
            if data["progress"] == "lost":
                raise OperationalError

    job = work.Job(Task(), "title", [], "7", {}, None)
    job.on_progress({"progress": "reading"})
    job.on_progress({"progress": "lost"})
    assert told == [("task-progress", {"progress": "reading"}), ("task-progress", {"progress": "lost"})]


def test_exit_code_3_is_done_and_said(run):
    damaged = next((SAMPLES.parent / "sample-evtx-damaged").rglob("*.evtx"))
    made = run(tasks.sessions, [input_file(damaged, damaged.name)])
    assert "Exit code 3" in made["task_report"]["content"]
    assert made["task_report"]["priority"] == 40


def test_what_is_no_log_fails_and_leaves_nothing(run, tmp_path, counts):
    other = tmp_path / "text"
    other.write_text("no log")
    with pytest.raises(program.ProgramFailed, match="exit code 1"):
        run(tasks.sessions, [input_file(other, "notes.txt")])
    assert list(run.output.iterdir()) == []
    assert counts.counts == {}


def test_a_rerun_removes_what_a_killed_run_left_and_gives_the_same_result(run):
    files = [host("Security.evtx")]
    (run.output / ".winlast-task-1" / "case").mkdir(parents=True)
    (run.output / ".winlast-task-1" / "case" / "half").write_text("half")
    first = run(tasks.sessions, files)
    before = {path: path.stat().st_mtime_ns for path in run.output.rglob("*")}
    assert not any("half" in path.name or path.name.startswith(".") for path in before)
    # The acknowledgement was lost: the task is delivered again, and answers at once.
    assert run(tasks.sessions, files) == first
    assert {path: path.stat().st_mtime_ns for path in run.output.rglob("*")} == before


def test_a_task_that_was_begun_twice_is_given_up_with_a_report(run, counts):
    counts.counts["winlast:deliveries:task-1"] = 2
    made = run(tasks.sessions, [host("poison.evtx")])
    assert made["task_report"]["priority"] == 80
    assert made["task_report"]["summary"].startswith("given up: 2 times this task was begun")
    assert "poison\\.evtx" in made["task_report"]["content"]
    assert [file["data_type"] for file in made["output_files"]] == ["openrelik:winlast:given-up"]
    assert counts.counts == {}


def encoded(*results):
    """Results as Celery hands those of a group to the next task."""
    return [base64.b64encode(json.dumps(result).encode()).decode() for result in results]


def test_cases_are_merged_and_what_was_given_up_is_missing(run, counts):
    first = run(tasks.sessions, [host("Security.evtx")], task_id="task-1")
    second = run(tasks.sessions, [host("Security.evtx", "rdp01/Security.evtx")], task_id="task-2")
    counts.counts["winlast:deliveries:task-3"] = 2
    third = run(tasks.sessions, [host("poison.evtx")], task_id="task-3")
    counts.counts["winlast:deliveries:task-4"] = 2
    fourth = run(tasks.sessions, [host("venom.evtx")], task_id="task-4")
    fleet = run(tasks.merge, pipe_result=encoded(first, second, third, fourth), task_id="task-5")
    registered = [file for file in fleet["output_files"] if file["register_in_db"]]
    assert [(file["display_name"], file["data_type"]) for file in registered] == [
        ("2 computers.winlast-fleet.zip", "openrelik:winlast:fleet"),
        ("2 computers.sessions.csv", "openrelik:winlast:sessions"),
    ]
    sessions = [rows(file["path"]) for case in (first, second) for file in case["output_files"][1:2]]
    assert len(rows(registered[1]["path"])) == sum(len(table) for table in sessions)
    assert fleet["task_report"]["summary"].endswith("2 given up and missing")
    for missing in ("poison", "venom"):
        assert f"{missing}\\.evtx" in fleet["task_report"]["content"]


def test_a_merge_in_parts_has_each_computer_once_and_is_followed_as_one(run):
    first = run(tasks.sessions, [host("Security.evtx")], task_id="task-1")
    second = run(tasks.sessions, [host("Security.evtx", "rdp01/Security.evtx")], task_id="task-2")
    cases = encoded(first, second)
    whole = run(tasks.merge, pipe_result=cases, task_id="task-3")
    fleet = run(tasks.merge, pipe_result=cases, config={"partitions": " 3 "}, task_id="task-4")

    def tables(made, name):
        return [rows(file["path"]) for file in made["output_files"] if file["data_type"] == f"openrelik:winlast:{name}"]

    registered = [file for file in fleet["output_files"] if file["register_in_db"]]
    assert [file["data_type"] for file in registered] == 3 * ["openrelik:winlast:fleet", "openrelik:winlast:sessions"]
    assert len({file["path"] for file in fleet["output_files"]}) == len(fleet["output_files"])
    assert all(Path(file["path"]).is_file() for file in fleet["output_files"])
    names = [file["display_name"] for file in registered[::2]]
    assert all(name.endswith(f".part-{at}-of-3.winlast-fleet.zip") for at, name in zip((1, 2, 3), names, strict=True))
    for name in ("sessions", "boots", "hops"):
        parts = tables(fleet, name)
        key = lambda row: list(row.values())
        assert len(parts) == 3
        assert sorted(sum(parts, []), key=key) == sorted(tables(whole, name)[0], key=key), name
    computers = [{row["computer"] for row in part} for part in tables(fleet, "boots")]
    assert sorted(map(sorted, filter(None, computers))) == [["RDP01.contoso.local"], ["WS01"]]
    assert fleet["task_report"]["summary"] == whole["task_report"]["summary"]
    answers = [run(tasks.trail, pipe_result=encoded(made), config={"who": "carol"}, task_id=f"trail-{at}") for at, made in enumerate((whole, fleet))]
    one, other = (Path(made["output_files"][0]["path"]).read_text() for made in answers)
    assert one == other and "10.0.0.12" in one


def test_a_number_of_parts_is_a_number(run):
    with pytest.raises(ValueError, match="no whole number: many"):
        run(tasks.merge, [], config={"partitions": "many"})


def test_without_cases_there_is_nothing_to_merge(run):
    with pytest.raises(ValueError, match="no case of winlast"):
        run(tasks.merge, [host("Security.evtx")])


def test_trail_says_what_it_lacks(run, monkeypatch):
    with pytest.raises(ValueError, match="whom to follow"):
        run(tasks.trail, [])
    monkeypatch.setattr(program, "options", lambda: frozenset())
    with pytest.raises(ValueError, match="does not know --trail"):
        run(tasks.trail, [], config={"who": "bob"})


def test_metadata_are_literals():
    import ast

    for task in (tasks.sessions, tasks.merge, tasks.trail):
        assert ast.literal_eval(repr(task.metadata)) == task.metadata
        assert task.name == f"openrelik-worker-winlast.tasks.{task.__name__}"
        for field in task.metadata["task_config"]:
            assert set(field) == {"name", "label", "description", "type", "required"}
            assert field["type"] in ("text", "checkbox")


def test_a_trail_is_an_answer_and_a_file(run, tmp_path):
    if "--trail" not in program.options():
        pytest.skip("this winlast does not know --trail")
    first = run(tasks.sessions, [host("Security.evtx")], task_id="task-1")
    fleet = run(tasks.merge, pipe_result=encoded(first), task_id="task-2")
    made = run(tasks.trail, pipe_result=encoded(fleet), config={"who": " carol "}, task_id="task-3")
    [answer] = made["output_files"]
    assert (answer["display_name"], answer["data_type"]) == ("carol.trail.txt", "openrelik:winlast:trail")
    # carol came to WS01 from this address, of which no log is there.
    assert "10.0.0.12" in Path(answer["path"]).read_text()
    assert "10.0.0.12" in made["task_report"]["content"]
