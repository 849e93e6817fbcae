"""Runs winlast, and tells what became of it."""

import functools
import json
import re
import subprocess
from collections import deque

from . import settings

# All evidence was read; the output is complete, but some evidence could not be read or verified.
DONE, DONE_IN_PART = 0, 3

# So many lines of what winlast says besides its progress are kept for the message of a failure.
LINES_KEPT = 20
LONGEST_LINE = 1 << 16


class ProgramFailed(RuntimeError):
    """winlast ended without a complete output."""


@functools.cache
def options():
    """The options that this winlast knows."""
    text = subprocess.run([settings.PROGRAM, "--help"], capture_output=True, text=True, check=True).stdout
    return frozenset(re.findall(r"^ +(?:-\w, )?(--[a-z-]+)", text, re.MULTILINE))


def run(arguments, on_progress, stdout=subprocess.DEVNULL):
    """Runs winlast with these arguments, and returns its exit code: `DONE` or `DONE_IN_PART`.

    `on_progress` gets each line of `--progress json` as a dictionary, about one in a second. Every other exit code, and
    an end by a signal, raises `ProgramFailed` with what winlast said.
    """
    # setpriv has Linux kill winlast when this process is killed: nothing goes on writing into the task's folder.
    command = ["setpriv", "--pdeathsig", "KILL", settings.PROGRAM, *arguments, "--progress", "json"]
    said = deque(maxlen=LINES_KEPT)
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=stdout, stderr=subprocess.PIPE)
    try:
        while line := process.stderr.readline(LONGEST_LINE):
            progress = _progress(line)
            if progress is None:
                said.append(line.decode("utf-8", "replace").rstrip())
            else:
                on_progress(progress)
        exit_code = process.wait()
    finally:
        # Only after an exception, such as that of the time limit, it still runs.
        process.kill()
        process.wait()
        process.stderr.close()
    if exit_code not in (DONE, DONE_IN_PART):
        raise ProgramFailed(f"winlast ended with {_in_words(exit_code)}: " + "\n".join(said))
    return exit_code


def _progress(line):
    if not line.startswith(b"{"):
        return None
    try:
        value = json.loads(line)
    except ValueError:
        return None
    return value if isinstance(value, dict) and "progress" in value else None


def _in_words(exit_code):
    return f"exit code {exit_code}" if exit_code >= 0 else f"signal {-exit_code}"
