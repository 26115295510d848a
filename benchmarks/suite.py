"""All benchmarks of one run, each in a process of its own, and the one document that they fill.

A benchmark that fails, or cannot be measured here, is named in the document and stops no other.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from benchmarks.machine import machine_facts
from benchmarks.processes import PROJECT
from benchmarks.report import Options

_LIMIT: Final = 1800.0
"""Seconds that one benchmark may take."""
_END_WITHIN: Final = 60.0
_REPORTED: Final = (0, 1)
_FAILED: Final = 2
"""Exit statuses of a benchmark that was measured, and of one that could not be."""


def run_all(
    names: Iterable[str], options: Options, keep: Callable[[dict[str, Any]], None]
) -> dict[str, Any]:
    """Run the benchmarks in turn, tell of each on standard error, and return the document.

    Args:
        names: the benchmarks.
        options: what each is asked for.
        keep: is given the document after each benchmark, so that a run that is cut off leaves what
            it has measured.
    """
    names = list(names)
    begun = time.monotonic()
    document = {
        **_commit(),
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "seconds": 0.0,
        "quick": options.quick,
        "machine": machine_facts(),
        "benchmarks": [],
    }
    for number, name in enumerate(names, start=1):
        _tell(f"{number} of {len(names)}: {name} …")
        measured = run_one(name, options)
        document["benchmarks"].append(measured)
        document["seconds"] = round(time.monotonic() - begun, 1)
        keep(document)
        for line in _said(measured):
            _tell(f"{name}: {line}")
    return document


def run_one(name: str, options: Options, *, limit: float = _LIMIT) -> dict[str, Any]:
    """Run one benchmark in a process of its own; return its part of the document.

    Args:
        name: the benchmark.
        options: what it is asked for.
        limit: how many seconds it may take.
    """
    load = round(os.getloadavg()[0], 2)
    begin = time.monotonic()
    command = [sys.executable, "-m", "benchmarks", name, "--json"]
    code, printed, said = _run([*command, "--quick"] if options.quick else command, limit)
    seconds = round(time.monotonic() - begin, 1)
    if code not in _REPORTED:
        # Its last line is kept; the others help whoever looks for the cause.
        sys.stderr.write(said)
    head = {"benchmark": name, "seconds": seconds, "load_before": load}
    return head | outcome(name, code, printed, said)


def outcome(name: str, code: int | str, printed: str, said: str) -> dict[str, Any]:
    """Return a report as `as_json` makes it, or `error` with one line that says why there is none.

    Args:
        name: the benchmark.
        code: the exit status of its process, or words in its place.
        printed: its standard output.
        said: its standard error.
    """
    if code in _REPORTED and printed:
        report = json.loads(printed)
        return {key: report[key] for key in ("met", "rows", "notes", "skipped")}
    last = said.strip().splitlines()[-1] if said.strip() else ""
    # What could not be measured says why; an end of another kind may say nothing.
    if code == _FAILED and last:
        return {"error": last.removeprefix(f"benchmarks: {name}: ")}
    return {"error": f"it ended with {code}" + (f": {last}" if last else "")}


def status(document: dict[str, Any]) -> int:
    """Return the exit status that the document stands for: the worst of its benchmarks."""
    measured = document["benchmarks"]
    if any("error" in each for each in measured):
        return _FAILED
    return 0 if all(each["met"] for each in measured) else 1


def _said(measured: dict[str, Any]) -> list[str]:
    """Return lines for people: how it went, and what is missing."""
    if "error" in measured:
        return [f"NOT MEASURED: {measured['error']}"]
    missed = [row["what"] for row in measured["rows"] if row["met"] is False]
    bars = sum(row["met"] is not None for row in measured["rows"])
    head = f"{measured['seconds']:.0f} s, {bars - len(missed)} of {bars} bars met"
    return [
        head,
        *(f"missed: {what}" for what in missed),
        *(f"SKIPPED: {what}" for what in measured["skipped"]),
    ]


def _tell(line: str) -> None:
    print(f"benchmarks: {line}", file=sys.stderr, flush=True)


def _run(command: list[str], limit: float) -> tuple[int | str, str, str]:
    """Run a command to its end, which comes after `limit` seconds; return what it has printed.

    Files take it in: what a benchmark has left running could keep a pipe open for ever.
    """
    with tempfile.TemporaryDirectory(prefix="bench-") as directory:
        paths = [Path(directory, "stdout"), Path(directory, "stderr")]
        with (
            paths[0].open("wb") as stdout,
            paths[1].open("wb") as stderr,
            subprocess.Popen(
                command, cwd=PROJECT, stdin=subprocess.DEVNULL, stdout=stdout, stderr=stderr
            ) as process,
        ):
            code: int | str
            try:
                code = process.wait(limit)
            except subprocess.TimeoutExpired:
                code = f"SIGTERM after {limit:g} s"
            finally:
                _end(process)
        printed, said = (path.read_text("utf-8", "replace") for path in paths)
        return code, printed, said


def _end(process: subprocess.Popen[bytes]) -> None:
    """End a benchmark that is still there; what it has started ends with it."""
    if process.poll() is not None:
        return
    process.terminate()
    try:
        process.wait(_END_WITHIN)
    except subprocess.TimeoutExpired:
        process.kill()


def _commit() -> dict[str, Any]:
    """Return the commit that is checked out, and whether the tree is as it is."""
    try:
        changed = _git("status", "--porcelain", "--untracked-files=no")
        return {"commit": _git("rev-parse", "HEAD"), "clean": not changed}
    except (OSError, subprocess.CalledProcessError):
        return {"commit": None, "clean": False}


def _git(*words: str) -> str:
    done = subprocess.run(
        ["git", "-C", PROJECT, *words], check=True, capture_output=True, text=True
    )
    return done.stdout.strip()
