#!/usr/bin/env python3
"""Checks Velociraptor artifacts, or writes into one which program it brings.

    artifacts.py check ARTIFACT...
    artifacts.py tool ARTIFACT PROGRAM URL VERSION

`check` compares names and types of all fields with what Velociraptor's sources define (artifacts/proto/artifact.proto, as
of version 0.75), and looks at what the fields say. It does not parse VQL beyond its strings, comments and brackets, and
it runs nothing.
"""

import hashlib
import re
import sys
from pathlib import Path

import yaml

TEXT, TRUTH, NUMBER, TEXTS = "text", "true or false", "number", "list of texts"

# What may be written into an artifact. A name in a list stands for a list of such messages, a name by itself for one.
# Fields that Velociraptor sets for its own use, such as `raw` and `compiled`, are left out.
MESSAGES = {
    "Artifact": {
        "name": TEXT,
        "aliases": TEXTS,
        "description": TEXT,
        "author": TEXT,
        "reference": TEXTS,
        "references": TEXTS,
        "required_permissions": TEXTS,
        "implied_permissions": TEXTS,
        "impersonate": TEXT,
        "resources": "Resources",
        "tools": ["Tool"],
        "precondition": TEXT,
        "parameters": ["ArtifactParameter"],
        "type": TEXT,
        "sources": ["ArtifactSource"],
        "imports": TEXTS,
        "export": TEXT,
        "reports": ["Report"],
        "column_types": ["ColumnType"],
    },
    "ArtifactParameter": {
        "name": TEXT,
        "default": TEXT,
        "description": TEXT,
        "type": TEXT,
        "choices": TEXTS,
        "friendly_name": TEXT,
        "validating_regex": TEXT,
        "artifact_type": TEXT,
        "sources": TRUTH,
    },
    "ArtifactSource": {
        "name": TEXT,
        "description": TEXT,
        "precondition": TEXT,
        "query": TEXT,
        "queries": TEXTS,
        "notebook": ["NotebookSourceCell"],
    },
    "NotebookSourceCell": {"template": TEXT, "type": TEXT, "name": TEXT, "output": TEXT, "env": ["ArtifactEnv"]},
    "ArtifactEnv": {"key": TEXT, "value": TEXT},
    "ColumnType": {"name": TEXT, "type": TEXT, "description": TEXT},
    "Report": {"type": TEXT, "timeout": NUMBER, "name": TEXT, "template": TEXT, "parameters": ["ArtifactParameter"]},
    "Tool": {
        "name": TEXT,
        "url": TEXT,
        "github_project": TEXT,
        "github_asset_regex": TEXT,
        "serve_locally": TRUTH,
        "expected_hash": TEXT,
        "version": TEXT,
    },
    "Resources": {
        "timeout": NUMBER,
        "ops_per_second": NUMBER,
        "cpu_limit": NUMBER,
        "iops_limit": NUMBER,
        "max_rows": NUMBER,
        "max_upload_bytes": NUMBER,
        "max_batch_wait": NUMBER,
        "max_batch_rows": NUMBER,
        "max_batch_rows_buffer": NUMBER,
    },
}

ARTIFACT_TYPES = {"CLIENT", "CLIENT_EVENT", "SERVER", "SERVER_EVENT", "INTERNAL"}
CLOSING = {")": "(", "]": "[", "}": "{"}
# Strings, comments and brackets of VQL. What begins a string or a comment and does not end it is the last one.
VQL = re.compile(
    r"'''.*?'''|\"(?:\\.|[^\"\\])*\"|'(?:\\.|[^'\\])*'|--[^\n]*|//[^\n]*|/\*.*?\*/|[()\[\]{}]|(?P<open>['\"]|/\*)", re.DOTALL
)


class StrictLoader(yaml.SafeLoader):
    """YAML in which each key stands once."""

    def construct_mapping(self, node, deep=False):
        keys = [key.value for key, _ in node.value]
        for key in keys:
            if keys.count(key) > 1:
                raise yaml.constructor.ConstructorError(None, None, f"the key {key} stands twice", node.start_mark)
        return super().construct_mapping(node, deep)


def is_of(value, kind):
    """Whether the value is of one of the simple types."""
    if kind == TEXTS:
        return isinstance(value, list) and all(isinstance(item, str) for item in value)
    if kind == NUMBER:
        return isinstance(value, (int, float)) and not isinstance(value, bool) and value >= 0
    return isinstance(value, {TEXT: str, TRUTH: bool}[kind])


def fields(value, message, where):
    """What is wrong with names and types of this message and those in it."""
    if not isinstance(value, dict):
        yield f"{where}: must have fields"
        return
    for name, content in value.items():
        kind = MESSAGES[message].get(name)
        here = f"{where}.{name}"
        if kind is None:
            yield f"{here}: no field of {message}"
        elif isinstance(kind, list):
            if not isinstance(content, list):
                yield f"{here}: must be a list"
                continue
            for at, item in enumerate(content):
                yield from fields(item, kind[0], f"{here}[{at}]")
        elif kind in MESSAGES:
            yield from fields(content, kind, here)
        elif not is_of(content, kind):
            yield f"{here}: must be {kind}"


def brackets(query, where):
    """What is wrong with the strings and brackets of a query."""
    stack = []
    for match in VQL.finditer(query):
        token = match.group()
        line = query.count("\n", 0, match.start()) + 1
        if match["open"]:
            yield f"{where}, line {line}: {token} is not closed"
            return
        if token in "([{":
            stack.append((token, line))
        elif token in CLOSING:
            if not stack or stack.pop()[0] != CLOSING[token]:
                yield f"{where}, line {line}: {token} closes nothing"
                return
    for token, line in stack:
        yield f"{where}, line {line}: {token} is not closed"


def meaning(artifact):
    """What is wrong with what the fields say, when their names and types are right."""
    if not re.fullmatch(r"[A-Za-z0-9_.]+", artifact.get("name", "")):
        yield "name: must be letters, digits, dots and underscores"
    if artifact.get("type", "CLIENT") not in ARTIFACT_TYPES:
        yield f"type: must be one of {', '.join(sorted(ARTIFACT_TYPES))}"
    names = [parameter.get("name") for parameter in artifact.get("parameters", [])]
    if len(set(names)) != len(names) or None in names:
        yield "parameters: each needs a name of its own"
    tools = {tool.get("name") for tool in artifact.get("tools", [])}
    for tool in artifact.get("tools", []):
        if not re.fullmatch(r"[0-9a-f]{64}", tool.get("expected_hash", "")):
            yield f"tools, {tool.get('name')}: expected_hash must be a SHA-256"
        if not tool.get("url", "").startswith("https://"):
            yield f"tools, {tool.get('name')}: url must be https"
    for at, source in enumerate(artifact.get("sources", [])):
        query = source.get("query", "")
        if not re.search(r"^\s*SELECT\b", query, re.MULTILINE):
            yield f"sources[{at}].query: selects nothing"
        yield from brackets(query, f"sources[{at}].query")
        for cell in source.get("notebook", []):
            yield from brackets(cell.get("template", ""), f"sources[{at}].notebook")
        for tool in re.findall(r'ToolName="([^"]*)"', query):
            if tool not in tools:
                yield f"sources[{at}].query: {tool} is no tool of this artifact"


def wrong_with(text):
    """All that is wrong with the text of an artifact."""
    try:
        artifact = yaml.load(text, StrictLoader)
    except yaml.YAMLError as error:
        return [f"no YAML: {error}"]
    found = list(fields(artifact, "Artifact", "artifact"))
    return found or list(meaning(artifact))


def check(paths):
    """Says what is wrong with these artifacts; returns the exit code."""
    wrong = 0
    for path in paths:
        found = wrong_with(Path(path).read_text(encoding="utf-8"))
        wrong += len(found)
        for line in found:
            print(f"{path}: {line}", file=sys.stderr)
    print(f"{len(paths)} artifacts checked, {wrong} errors")
    return 1 if wrong else 0


def set_tool(path, program, url, version):
    """Writes where the program is, its version and its SHA-256 into the artifact."""
    digest = hashlib.sha256(Path(program).read_bytes()).hexdigest()
    text = Path(path).read_text(encoding="utf-8")
    for name, value in (("url", url), ("version", f'"{version}"'), ("expected_hash", f'"{digest}"')):
        text = re.sub(rf"^(    {name}: ).*$", lambda found, value=value: found[1] + value, text, flags=re.MULTILINE)
    Path(path).write_text(text, encoding="utf-8")
    return check([path])


def main(arguments):
    if arguments[:1] == ["check"] and len(arguments) > 1:
        return check(arguments[1:])
    if arguments[:1] == ["tool"] and len(arguments) == 5:
        return set_tool(*arguments[1:])
    print(__doc__, file=sys.stderr)
    return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
