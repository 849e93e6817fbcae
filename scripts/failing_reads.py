#!/usr/bin/env python3
"""Lets every single read of evidence fail with EIO, one after the other, and all from it on.

    failing_reads.py PROGRAM FILE [FILE...]

Each FILE is a log, an archive or a disk image, whole. strace makes the reads fail, so that the program does what
it does on a real medium. It is wrong if the program then ends with exit code 0 and prints other sessions or other
logs than it does of the whole file, if it ends by a signal, or if it says nothing. Prints a line for each file, and
ends with 1 when something was wrong, with 77 when strace is missing."""

import os, shutil, subprocess, sys, tempfile

program, files = os.path.abspath(sys.argv[1]), sys.argv[2:]
if not shutil.which("strace"):
    print("SKIPPED: strace is missing")
    sys.exit(77)


def run(path, inject=None):
    """The exit code, the printed rows, what was said, and the number of reads."""
    outputs = []
    for table in ("sessions", "logs"):
        # Only reads of the evidence: the loader of programs reads in the same way.
        tracer = ["strace", "-f", "-qq", "-P", path, "-e", "trace=pread64", "-e", "signal=none", "-o", "trace"]
        if inject:
            tracer += ["-e", "inject=pread64:error=EIO:when=" + inject]
        command = [program, path, "--print", table, "--threads", "1"]
        done = subprocess.run(tracer + command, capture_output=True, text=True, errors="replace")
        with open("trace") as trace:
            outputs.append((done.returncode, done.stdout, done.stderr, trace.read().count("pread64(")))
    (code, sessions, said, reads), (_, logs, _, _) = outputs
    return code, sessions + logs, said, reads


work = tempfile.mkdtemp()
files = [os.path.abspath(file) for file in files]
os.chdir(work)
wrong = 0
for path in files:
    code, expected, said, reads = run(path)
    counts = {}
    for at in range(1, reads + 1):
        for inject in (str(at), f"{at}+"):
            got, rows, said, _ = run(path, inject)
            fault = None
            if got not in (0, 1, 3):
                fault = f"it ends with {got}"
            elif got == 0 and rows != expected:
                fault = "the rows differ, and the exit code is 0"
            elif got != 0 and not said:
                fault = f"exit code {got}, and nothing is said"
            elif "panicked" in said:
                fault = "it panics"
            counts[got] = counts.get(got, 0) + 1
            if fault:
                wrong += 1
                print(f"WRONG: {path}: read {inject} fails: {fault}")
    codes = ", ".join(f"exit code {code} {count} times" for code, count in sorted(counts.items()))
    print(f"{os.path.basename(path)}: {reads} reads: {codes}", flush=True)
os.chdir("/")
shutil.rmtree(work)
sys.exit(wrong > 0)
