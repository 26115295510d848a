"""Copies of the project in which mutants are tried, one for each process that tries them."""

from __future__ import annotations

import enum
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from tests.mutation.mutants import Mutant
from tests.mutation.trial import TIMED_OUT

_FAILED: Final = re.compile(r"^(?:FAILED|ERROR) (\S+)", re.MULTILINE)
_NO_TESTS: Final = (4, 5)
# What tests wait for in vain costs this much; a mutant is found when one has.
_DEADLINE_SECONDS: Final = 12


class Outcome(enum.Enum):
    """What became of a mutant."""

    KILLED = "killed"
    SURVIVED = "survived"
    TIMEOUT = "timeout"


class Bench:
    """One copy of the project's files, with a directory for what its tests write."""

    def __init__(self, project: Path, place: Path) -> None:
        self._copy = place / "project"
        self._scratch = place / "tmp"
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

    def run(self, tests: Sequence[str], seconds: float, *, bytecode: bool = False) -> int:
        """Run tests, in order, up to the first that fails; return the trial's exit status.

        What pytest says is kept in `output`.
        """
        shutil.rmtree(self._scratch, ignore_errors=True)
        self._scratch.mkdir()
        environment = {
            **os.environ,
            "PYTHONPATH": str(self._copy),
            "TMPDIR": str(self._scratch),
            "HEDDLE_DEADLINE": str(_DEADLINE_SECONDS),
        }
        # Bytecode is taken for current by size and second, so a mutant's could outlive it.
        environment.pop("PYTHONDONTWRITEBYTECODE", None)
        if not bytecode:
            environment["PYTHONDONTWRITEBYTECODE"] = "1"
        pytest = [sys.executable, "-m", "pytest", "-x", "-q", "-rfE", "--timeout=0", *tests]
        # Without the site's modules the trial starts sooner, and no mutant is among its own.
        trial = [sys.executable, "-m", "tests.mutation.trial", str(seconds), *pytest]
        with self.output.open("wb") as output:
            return subprocess.run(
                trial,
                cwd=self._copy,
                env=environment,
                stdout=output,
                stderr=subprocess.STDOUT,
                check=False,
            ).returncode

    def try_out(self, mutant: Mutant, tests: Sequence[str], seconds: float) -> tuple[Outcome, str]:
        """Return what becomes of a mutant, and the test that has found it.

        Raises:
            RuntimeError: pytest ran no test.
        """
        module = self._copy / mutant.module
        original = module.read_text("utf-8")
        for stale in module.parent.glob(f"__pycache__/{module.stem}.*"):
            stale.unlink()
        module.write_text(mutant.text, "utf-8")
        try:
            status = self.run(tests, seconds)
        finally:
            module.write_text(original, "utf-8")
        if status == TIMED_OUT:
            return Outcome.TIMEOUT, ""
        if status in _NO_TESTS:
            raise RuntimeError(f"pytest ran no test: {self.said()}")
        if status == 0:
            return Outcome.SURVIVED, ""
        found = _FAILED.search(self.said())
        return Outcome.KILLED, found[1] if found else ""

    @property
    def output(self) -> Path:
        """Where the last run's output is."""
        return self._copy.parent / "output"

    def said(self) -> str:
        """Return what the last run has printed."""
        return self.output.read_text("utf-8", errors="replace")
