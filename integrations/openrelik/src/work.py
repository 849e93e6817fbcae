"""What each task does: from input files to files that OpenRelik shows, and a report."""

import csv
from dataclasses import dataclass, field
from pathlib import Path

from kombu.exceptions import OperationalError
from openrelik_worker_common.task_utils import create_task_result

from . import deliveries, evidence, program, report, settings
from .app import redis_client
from .staging import Output, TaskFolder, link_or_copy

CASE, FLEET = "openrelik:winlast:case", "openrelik:winlast:fleet"
GIVEN_UP = "openrelik:winlast:given-up"

# What `merge` and `trail` read of the files of their workflow.
CASES = {
    "data_types": [CASE, FLEET, GIVEN_UP],
    "filenames": ["*.winlast-case.zip", "*.winlast-fleet.zip"],
}


@dataclass
class Job:
    """What a task was asked for, and where its files go."""

    task: object
    title: str
    input_files: list
    workflow_id: str
    config: dict
    folder: TaskFolder

    def on_progress(self, progress):
        """Tells OpenRelik how far the task is."""
        try:
            self.task.send_event("task-progress", data=progress)
        except OperationalError:
            # The work goes on without it. Where Redis stays away, Celery says so when the task has ended.
            pass

    def run(self, arguments, **more):
        """Runs winlast; each task has `Memory`."""
        memory = (self.config.get("memory") or "").strip()
        return program.run([*arguments, *([f"--memory={memory}"] if memory else [])], self.on_progress, **more)


@dataclass
class Done:
    """What a task made: the outputs lie in its folder, and not under their names yet."""

    report: object
    outputs: list = field(default_factory=list)
    command: str = ""


def carry_out(job, do):
    """Does the job once, however often it is delivered, and returns its result as text.

    A job that has killed the process that did it `MOST_DELIVERIES` times is given up, with a report.
    """
    folder = job.folder
    finished = folder.finished()
    if finished is not None:
        return finished
    delivery = deliveries.begin(redis_client, folder.task_id)
    try:
        folder.begin()
        done = do(job) if delivery <= settings.MOST_DELIVERIES else _give_up(job)
        result = _result(job, done)
        folder.finish(done.outputs, result)
        return result
    finally:
        # Whoever is killed does not come here: the next delivery finds the number and the files.
        folder.discard()
        deliveries.end(redis_client, folder.task_id)


def _result(job, done):
    first = job.input_files[0].get("id") if len(job.input_files) == 1 else None
    return create_task_result(
        output_files=[job.folder.describe(output, first) for output in done.outputs],
        workflow_id=job.workflow_id,
        command=done.command,
        task_report=done.report.to_dict(),
    )


def _give_up(job):
    names = [file.get("display_name") or "" for file in job.input_files]
    (job.folder.staging / "given-up.txt").write_text("".join(f"{name!r}\n" for name in names), encoding="utf-8")
    return Done(
        report.of_given_up(job.title, settings.MOST_DELIVERIES, names),
        [Output("given-up.txt", "winlast-given-up.txt", GIVEN_UP, registered=True)],
    )


def sessions(job):
    """All files of a workflow, which are of one computer, become one case."""
    if not job.input_files:
        raise ValueError("the workflow has no files")
    options = ["--recover"] if job.config.get("recover") else []
    return _make_case(job, CASE, [*options, *evidence.arguments(job.input_files, job.folder.scratch)])


def merge(job):
    """All cases of a workflow become one, or so many parts as were asked for."""
    parts = str(job.config.get("partitions") or "").strip()
    if parts and not (parts.isascii() and parts.isdecimal()):
        raise ValueError(f"the number of parts is no whole number: {parts}")
    missing, cases = _unpack(job)
    return _make_case(job, FLEET, [*([f"--partitions={parts}"] if parts else []), str(cases)], missing)


def trail(job):
    """Follows an account, a computer or a session through a fleet."""
    who = (job.config.get("who") or "").strip()
    if not who:
        raise ValueError("say whom to follow: an account, a computer or a session")
    if "--trail" not in program.options():
        raise ValueError("this winlast does not know --trail: the worker needs a newer one")
    _, cases = _unpack(job)
    arguments = [str(cases), f"--trail={who}"]
    with open(job.folder.staging / "trail.txt", "wb") as answer:
        exit_code = job.run(arguments, stdout=answer)
    return Done(
        report.of_answer(job.title, job.folder.staging / "trail.txt", exit_code),
        [Output("trail.txt", f"{evidence.safe_name(who)}.trail.txt", "openrelik:winlast:trail", registered=True)],
        f"winlast FLEET --trail {who!r}",
    )


def _unpack(job):
    """The folder with the cases of the input files, and what earlier tasks gave up."""
    missing, zips = [], []
    for file in job.input_files:
        if file.get("data_type") == GIVEN_UP:
            missing += Path(file["path"]).read_text(encoding="utf-8").splitlines()
        else:
            zips.append(file)
    if not zips:
        raise ValueError("the workflow has no case of winlast: run the task “sessions” before")
    folder = job.folder.scratch / "cases"
    folder.mkdir()
    evidence.unpack_cases(zips, folder)
    return missing, folder


def _make_case(job, data_type, arguments, missing=()):
    """Makes the case, or the parts that the arguments ask for, and packs each."""
    case = job.folder.staging / "case"
    hops = ["--hops"] if "--hops" in program.options() else []
    exit_code = job.run(["--output", str(case), *hops, *arguments])
    parts = sorted(path for path in case.glob("part-*-of-*") if path.is_dir())
    outputs = []
    for own in parts or [case]:
        outputs += _pack(job, own, data_type, f".{own.name}" if parts else "")
    given = [argument for argument in arguments if argument.startswith("--partitions=")]
    command = "winlast EVIDENCE -o CASE" + "".join(f" {option}" for option in [*hops, *given])
    return Done(report.of_cases(job.title, parts or [case], exit_code, missing), outputs, command)


def _pack(job, case, data_type, part):
    """The files of a case. Two are registered, and the others are at hand for later tasks."""
    scratch = job.folder.scratch / f"packed{part}"
    scratch.mkdir()
    evidence.pack_case(case, scratch / "case.zip")
    link_or_copy(case / "sessions.csv", scratch / "sessions.csv")
    kind = data_type.rpartition(":")[2]
    name = f"{_name_of(case)}{part}"
    within = scratch.relative_to(job.folder.staging).as_posix()
    outputs = [
        Output(f"{within}/case.zip", f"{name}.winlast-{kind}.zip", data_type, registered=True),
        Output(f"{within}/sessions.csv", f"{name}.sessions.csv", "openrelik:winlast:sessions", registered=True),
    ]
    for path in sorted(case.iterdir()):
        # The pages of single computers, in the folder `report`, are found by the links of report.html.
        if path.is_file() and path.name not in ("sessions.csv", "events.jsonl.gz", "run.json"):
            file = path.relative_to(job.folder.staging).as_posix()
            outputs.append(Output(file, f"{name}.{path.name}", f"openrelik:winlast:{path.stem}"))
    return outputs


def _name_of(case):
    """The name of the computer where there is only one, else how many there are."""
    with open(case / "boots.csv", newline="", encoding="utf-8") as file:
        computers = {row["computer"] for row in csv.DictReader(file)}
    if len(computers) == 1:
        return evidence.safe_name(computers.pop())
    return f"{len(computers)} computers"
