"""The reports of tasks. What comes from evidence is never markup in them."""

import csv
import json
import re
from dataclasses import dataclass
from pathlib import Path

from openrelik_worker_common.reporting import MarkdownTable, Priority, Report

from . import program

SEVERITIES = ("error", "warning", "info")
PRIORITIES = {"error": Priority.HIGH, "warning": Priority.MEDIUM, "info": Priority.LOW}

# So many kinds of findings, and so many lines of an answer, stand in a report: the rest is in the files.
MOST_KINDS = 30
MOST_LINES = 300
LONGEST_MESSAGE = 500

# A cell of findings.csv may list many records.
csv.field_size_limit(1 << 26)


@dataclass
class Kind:
    """All findings of one severity and code."""

    severity: str
    code: str
    message: str
    count: int = 0


def plain(text):
    """The text so that Markdown and HTML show it as it is."""
    return re.sub(r"([\\`*_{}\[\]()#+.!|~>-])", r"\\\1", text.replace("&", "&amp;").replace("<", "&lt;"))


def worst_first(cases):
    """The kinds of findings of cases: errors first, each with its number and its first message."""
    kinds = {}
    for case in cases:
        with open(Path(case) / "findings.csv", newline="", encoding="utf-8") as file:
            for row in csv.DictReader(file):
                key = (row["severity"], row["code"])
                kinds.setdefault(key, Kind(*key, row["message"])).count += 1
    rank = {severity: at for at, severity in enumerate(SEVERITIES)}
    return sorted(kinds.values(), key=lambda kind: rank.get(kind.severity, len(rank)))


def of_cases(title, cases, exit_code, missing=()):
    """The report on a case folder, or on all parts of one. `missing` has what was given up before, a line each."""
    report = Report(title)
    kinds = worst_first(cases)
    counts = [json.loads((Path(case) / "run.json").read_text(encoding="utf-8"))["counts"]["found"] for case in cases]
    computers, sessions = (sum(own[what] for own in counts) for what in ("computers", "sessions"))
    worst = kinds[0] if kinds else None
    report.summary = f"computers: {computers}, sessions: {sessions}" + (
        f"; worst finding: {worst.severity} {worst.code} ({worst.count})" if worst else "; no findings"
    )
    report.priority = PRIORITIES.get(worst.severity, Priority.LOW) if worst else Priority.LOW
    section = report.add_section()
    if exit_code == program.DONE_IN_PART:
        report.priority = max(report.priority, Priority.HIGH)
        section.add_paragraph(
            "Exit code 3: the output is complete, but some evidence could not be read or verified. The findings say which."
        )
    if missing:
        report.summary += f"; {len(missing)} given up and missing"
        report.priority = Priority.CRITICAL
        section.add_paragraph("Not in it, because a task before this one gave up:")
        for line in missing[:MOST_KINDS]:
            section.add_bullet(plain(line))
    _add_findings(report, kinds)
    return report


def _add_findings(report, kinds):
    section = report.add_section()
    section.add_header("Findings")
    if not kinds:
        section.add_paragraph("None.")
        return
    table = MarkdownTable(["Severity", "Code", "Number", "The first of them"])
    for kind in kinds[:MOST_KINDS]:
        message = kind.message
        if len(message) > LONGEST_MESSAGE:
            message = message[:LONGEST_MESSAGE] + "…"
        table.add_row([plain(kind.severity), plain(kind.code), str(kind.count), plain(message)])
    section.add_table(table)
    if len(kinds) > MOST_KINDS:
        section.add_paragraph(f"{len(kinds) - MOST_KINDS} more kinds stand in findings.csv.")


def of_answer(title, path, exit_code):
    """The report that shows a text which winlast printed."""
    report = Report(title)
    with open(path, encoding="utf-8", errors="replace") as file:
        lines = [line.rstrip("\n") for _, line in zip(range(MOST_LINES + 1), file)]
    report.summary = f"{len(lines)} lines" if len(lines) <= MOST_LINES else f"more than {MOST_LINES} lines"
    section = report.add_section()
    if exit_code == program.DONE_IN_PART:
        section.add_paragraph("Exit code 3: some evidence could not be read or verified. The report on the case says which.")
    text = "\n".join(lines[:MOST_LINES])
    # A fence longer than any in the text: evidence cannot end the block.
    fence = "`" * (1 + max([2, *(len(run) for run in re.findall("`+", text))]))
    section.add_paragraph(f"{fence}text\n{text}\n{fence}")
    if len(lines) > MOST_LINES:
        section.add_paragraph("The file has the rest.")
    return report


def of_given_up(title, deliveries, names):
    """The report on a task whose process was killed each time that it was begun."""
    report = Report(title)
    report.priority = Priority.CRITICAL
    report.summary = f"given up: {deliveries} times this task was begun, and each time its process was killed"
    section = report.add_section()
    section.add_paragraph(
        f"This task was begun {deliveries} times, and each time the process that ran it was killed: by the system when "
        "memory ran out, with its machine, or by hand. It is not tried again. Nothing of these files is in any result:"
    )
    for name in names:
        section.add_bullet(plain(name))
    section.add_paragraph("With more memory for the worker, or with another value of “Memory”, start the workflow again.")
    return report
