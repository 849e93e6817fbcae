"""The check of artifacts finds what is wrong, and nothing in those of this folder."""

import hashlib
import shutil
from pathlib import Path

import artifacts
import pytest

FOLDER = Path(__file__).resolve().parent
ARTIFACTS = sorted(FOLDER.glob("*.yaml"))
GOOD = """name: A.B
type: SERVER
tools:
  - name: T
    url: https://example.org/t
    expected_hash: "%s"
    serve_locally: true
parameters:
  - name: P
    default: "1"
sources:
  - query: |
      SELECT * FROM Artifact.Generic.Utils.FetchBinary(ToolName="T") -- it's (
""" % ("0" * 64)


def test_the_artifacts_of_this_folder_are_right():
    assert len(ARTIFACTS) == 2
    assert artifacts.check(ARTIFACTS) == 0


@pytest.mark.parametrize("path", ARTIFACTS, ids=lambda path: path.name)
def test_files_in_folders_of_a_case_are_uploaded_too(path):
    query = artifacts.yaml.safe_load(path.read_text())["sources"][0]["query"]
    (upload,) = [line for line in query.splitlines() if "glob(" in line]
    assert 'globs="**", root=Case' in upload
    assert 'relpath(path=OSPath, base=Case, sep="/")' in query
    assert "NOT IsDir" in query


def test_what_is_right_is_not_complained_of():
    assert artifacts.wrong_with(GOOD) == []


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ("type: SERVER", "kind: SERVER", "artifact.kind: no field of Artifact"),
        ("type: SERVER", "type: NORMAL", "type: must be one of"),
        ("type: SERVER", "type: SERVER\ncompiled: true", "artifact.compiled: no field"),
        ("type: SERVER", "type: SERVER\nimports: one", "artifact.imports: must be list of texts"),
        ("type: SERVER", "type: SERVER\nresources: {timeout: soon}", "artifact.resources.timeout: must be number"),
        ("type: SERVER", "type: SERVER\nprecondition: true", "artifact.precondition: must be text"),
        ("type: SERVER", "type: SERVER\ntype: SERVER", "the key type stands twice"),
        ("type: SERVER", "type: SERVER: x", "no YAML"),
        ("serve_locally: true", "serve_locally: 'yes'", "artifact.tools[0].serve_locally: must be true or false"),
        ("serve_locally: true", "hash: x", "artifact.tools[0].hash: no field of Tool"),
        ("0" * 64, "0" * 63, "expected_hash must be a SHA-256"),
        ("https://", "http://", "url must be https"),
        ('default: "1"', "default: 1", "artifact.parameters[0].default: must be text"),
        ('default: "1"', 'default: "1"\n  - name: P', "parameters: each needs a name of its own"),
        ('ToolName="T"', 'ToolName="U"', "U is no tool of this artifact"),
        ('ToolName="T")', 'ToolName="T"', "( is not closed"),
        ('ToolName="T")', 'ToolName="T"]', "] closes nothing"),
        ("-- it's (", "'T", "' is not closed"),
        ("SELECT *", "LET X = *", "selects nothing"),
    ],
)
def test_what_is_wrong_is_found(old, new, complaint):
    assert old in GOOD
    assert complaint in "\n".join(artifacts.wrong_with(GOOD.replace(old, new)))


def test_the_program_is_written_into_an_artifact(tmp_path):
    program = tmp_path / "winlast"
    program.write_bytes(b"program")
    for original in ARTIFACTS:
        path = shutil.copy(original, tmp_path)
        assert artifacts.main(["tool", path, str(program), "https://intranet.example/winlast", "0.1.0"]) == 0
        text = Path(path).read_text()
        assert f'    expected_hash: "{hashlib.sha256(b"program").hexdigest()}"\n' in text
        assert "    url: https://intranet.example/winlast\n" in text
        assert '    version: "0.1.0"\n' in text
        assert len(text.splitlines()) == len(original.read_text().splitlines())


def test_other_arguments_are_refused():
    assert artifacts.main(["check"]) == 2
