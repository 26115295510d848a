"""Runs `python -m heddle_supervisor` as a process of its own."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from waiting import DEADLINE


@dataclass(frozen=True, slots=True)
class Transcript:
    """What a command has printed, and its exit code."""

    code: int
    stdout: str
    stderr: str

    def body(self) -> dict[str, Any]:
        """Return the one JSON object on standard output."""
        (line,) = self.stdout.splitlines()
        value: dict[str, Any] = json.loads(line)
        return value


def heddle(*words: str | Path, cwd: Path | None = None) -> Transcript:
    """Run a command to its end; none ever prints a traceback."""
    done = subprocess.run(
        [sys.executable, "-P", "-m", "heddle_supervisor", *words],
        cwd=cwd,
        check=False,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=DEADLINE,
    )
    transcript = Transcript(done.returncode, done.stdout, done.stderr)
    assert "Traceback" not in done.stdout + done.stderr, transcript
    return transcript
