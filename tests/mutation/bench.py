"""Copies of the project in which mutants are tried, one for each process that tries them."""

from __future__ import annotations

import enum
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tests.mutation.mutants import Mutant
from tests.mutation.reach import Reach
from tests.mutation.subjects import Subject
from tests.mutation.trial import TIMED_OUT

_FAILED: Final = re.compile(r"^(?:FAILED|ERROR) (\S+)", re.MULTILINE)
_PYTEST: Final = (
    *("-x", "-q", "-rfE", "--timeout=0", "-p", "no:cacheprovider"),
    *("--hypothesis-profile=mutation", "-Wignore::pytest.PytestAssertRewriteWarning"),
)
# A test that waits for what a mutant prevents fails after the first of these. On a machine that
# does other things as well that may happen without any mutant, so it is asked once more.
_DEADLINE_SECONDS: Final = 15
_PATIENT_SECONDS: Final = 60
_WAITED: Final = re.compile(r"in vain|TimeoutExpired|TimeoutError")


class Outcome(enum.Enum):
    """What became of a mutant."""

    KILLED = "killed"
    SURVIVED = "survived"
    TIMEOUT = "timeout"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of one mutant, and the test that has found it."""

    outcome: Outcome
    test: str = ""


class Bench:
    """One copy of the project's files, with a directory for what its tests write."""

    def __init__(self, project: Path, place: Path) -> None:
        self._copy = place / "project"
        self._scratch = place / "tmp"
        self._output = place / "output"
        listing = subprocess.run(
            ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
            cwd=project,
            check=True,
            capture_output=True,
            text=True,
        )
        for name in filter(None, listing.stdout.split("\0")):
            source, target = project / name, self._copy / name
            if source.is_file():
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(source, target)

        self._trials = self._start_trials()

    @property
    def copy(self) -> Path:
        """Where the project's copy is."""
        return self._copy

    def close(self) -> None:
        """End the process in which trials run."""
        self._trials.communicate()

    def run(self, tests: Sequence[str], seconds: float, deadline: float = _PATIENT_SECONDS) -> int:
        """Run tests, in order, up to the first that fails; return the trial's answer.

        What pytest says is kept, for `said`.

        Args:
            tests: files, or single tests by pytest's names.
            seconds: how long all of it may take.
            deadline: how many seconds a test may wait for something.
        """
        shutil.rmtree(self._scratch, ignore_errors=True)
        self._scratch.mkdir()
        request = {
            "seconds": seconds,
            "deadline": deadline,
            "output": str(self._output),
            "arguments": [*_PYTEST, *tests],
        }
        assert self._trials.stdin
        assert self._trials.stdout
        self._trials.stdin.write(json.dumps(request) + "\n")
        self._trials.stdin.flush()
        return int(self._trials.stdout.readline())

    def trace(self, subject: Subject) -> Reach:
        """Run a subject's tests and see what they run; bytecode is written on the way.

        Raises:
            SystemExit: they do not pass.
        """
        record = self._copy.parent / "record"
        self._scratch.mkdir(exist_ok=True)
        tracing = self._copy / "tests" / "mutation" / "tracing"
        environment = self._environment() | {
            "PYTHONPATH": os.pathsep.join([str(tracing), str(self._copy)]),
            "HEDDLE_DEADLINE": str(_PATIENT_SECONDS),
            "MUTATION_RECORD": str(record),
            "MUTATION_MODULES": os.pathsep.join(subject.modules),
        }
        del environment["PYTHONDONTWRITEBYTECODE"]
        command = [sys.executable, "-m", "pytest", *_PYTEST, *subject.tests]
        done = subprocess.run(
            command, cwd=self._copy, env=environment, capture_output=True, text=True, check=False
        )
        if done.returncode != 0:
            sys.exit(f"error: tests fail without any mutant: {subject.name}\n{done.stdout}")
        return Reach(record.read_text("utf-8"), self._copy, subject.modules)

    def _start_trials(self) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-m", "tests.mutation.trial"],
            cwd=self._copy,
            env=self._environment(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def _environment(self) -> dict[str, str]:
        return {
            **os.environ,
            "PYTHONPATH": str(self._copy),
            # It is taken for current by size and second, so a mutant's could outlive it.
            "PYTHONDONTWRITEBYTECODE": "1",
            "TMPDIR": str(self._scratch),
        }

    def try_out(self, mutant: Mutant, tests: Sequence[str], seconds: float) -> Verdict:
        """Return what becomes of a mutant by tests that may be none."""
        if not tests:
            return Verdict(Outcome.SURVIVED)
        module = self._copy / mutant.module
        original = module.read_text("utf-8")
        for stale in module.parent.glob(f"__pycache__/{module.stem}.*"):
            stale.unlink()
        module.write_text(mutant.text, "utf-8")
        try:
            return self._judge(tests, seconds)
        finally:
            module.write_text(original, "utf-8")

    def _judge(self, tests: Sequence[str], seconds: float) -> Verdict:
        status = self.run(tests, seconds, _DEADLINE_SECONDS)
        found = _FAILED.search(self.said())
        if status not in (0, TIMED_OUT) and found and _WAITED.search(self.said()):
            status = self.run([found[1]], seconds) or self.run(tests, seconds)
            found = _FAILED.search(self.said())
        if status == TIMED_OUT:
            return Verdict(Outcome.TIMEOUT)
        if status == 0:
            return Verdict(Outcome.SURVIVED)
        return Verdict(Outcome.KILLED, found[1] if found else "")

    def said(self) -> str:
        """Return what the last run has printed."""
        return self._output.read_text("utf-8", errors="replace")
