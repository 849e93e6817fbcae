"""Reports: the worst finding first, and no markup from evidence."""

import json

from openrelik_worker_common.reporting import Priority

from src import report

FINDINGS = """severity,code,computer,boot_epoch,time,log_path,record_id,message
info,log-archived,A,,,,,archived
warning,log-cleared,A,,,,,"<script>|[x](y)`"
error,chunk-damaged,A,,,,,first
warning,record-gap,A,,,,,gap
error,chunk-damaged,A,,,,,second
"""


def case(folder, findings=FINDINGS):
    (folder / "findings.csv").write_text(findings)
    (folder / "run.json").write_text(json.dumps({"counts": {"found": {"computers": 1, "sessions": 7}}}))
    return folder


def test_errors_come_first_and_each_kind_once(tmp_path):
    kinds = report.worst_first([case(tmp_path)])
    assert [(kind.severity, kind.code, kind.count, kind.message) for kind in kinds] == [
        ("error", "chunk-damaged", 2, "first"),
        ("warning", "log-cleared", 1, "<script>|[x](y)`"),
        ("warning", "record-gap", 1, "gap"),
        ("info", "log-archived", 1, "archived"),
    ]


def test_the_summary_names_the_worst_and_exit_code_3_is_said(tmp_path):
    made = report.of_cases("title", [case(tmp_path)], 3)
    assert made.summary == "computers: 1, sessions: 7; worst finding: error chunk-damaged (2)"
    assert made.priority == Priority.HIGH
    text = made.to_markdown()
    assert "Exit code 3" in text
    assert text.index("chunk\\-damaged") < text.index("log\\-cleared") < text.index("log\\-archived")
    assert "Exit code 3" not in report.of_cases("title", [tmp_path], 0).to_markdown()


def test_evidence_is_no_markup(tmp_path):
    text = report.of_cases("title", [case(tmp_path)], 0).to_markdown()
    assert "&lt;script\\>\\|\\[x\\]\\(y\\)\\`" in text
    assert "<script" not in text


def test_no_findings_are_good_to_know(tmp_path):
    made = report.of_cases("title", [case(tmp_path, FINDINGS.splitlines()[0] + "\n")], 0)
    assert (made.summary, made.priority) == ("computers: 1, sessions: 7; no findings", Priority.LOW)


def test_what_was_given_up_before_is_the_first_thing_to_know(tmp_path):
    made = report.of_cases("title", [case(tmp_path)], 0, missing=["'dc01.zip'"])
    assert made.summary.endswith("1 given up and missing")
    assert made.priority == Priority.CRITICAL
    assert "'dc01\\.zip'" in made.to_markdown()


def test_an_answer_cannot_end_its_block_and_is_cut(tmp_path):
    (tmp_path / "answer").write_text("````\n<b>\n" + "line\n" * 400)
    made = report.of_answer("title", tmp_path / "answer", 0)
    text = made.to_markdown()
    assert "`````text\n````\n<b>\n" in text
    assert made.summary == "more than 300 lines"
    assert "The file has the rest." in text
