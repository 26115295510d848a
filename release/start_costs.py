"""What a command loads before it has done its work, in modules."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from benchmarks.daemon import Daemon, temporary_daemon
from benchmarks.processes import timed_run

_LIST: Final = "HEDDLE_LOADED_MODULES"
_PROGRAM: Final = f"""
import os, sys
before = set(sys.modules)
sys.argv = ["heddle", *sys.argv[1:]]
from heddle_supervisor.cli import main
try:
    main()
finally:
    if {_LIST!r} in os.environ:
        with open(os.environ[{_LIST!r}], "w") as listed:
            print(*sorted(set(sys.modules) - before), sep="\\n", file=listed)
"""
_COMMANDS: Final = (
    ("agent", "status"),
    ("agent", "stop"),
    ("--version",),
    ("review",),
)


@dataclass(frozen=True, slots=True)
class StartCost:
    """What one command has loaded.

    Attributes:
        command: its words.
        modules: how many, beyond those of an interpreter that does nothing.
        own: how many of these are heddle's.
    """

    command: str
    modules: int
    own: int


def start_costs(project: Path) -> list[StartCost]:
    """Run the commands of a project's code beside a daemon of it; return what each has loaded."""
    program = [sys.executable, "-P", "-c", _PROGRAM]
    with temporary_daemon(program) as daemon, tempfile.TemporaryDirectory() as directory:
        daemon.environment["PYTHONPATH"] = os.fspath(project)
        daemon.serve()
        daemon.warm()
        return list(_costs(daemon, Path(directory, "modules")))


def _costs(daemon: Daemon, listed: Path) -> Iterator[StartCost]:
    for words in _COMMANDS:
        environment = {**daemon.environment, _LIST: os.fspath(listed)}
        timed_run([*daemon.program, *words], cwd=daemon.repository, environment=environment)
        modules = listed.read_text("utf-8").split()
        own = sum(name.startswith("heddle_") for name in modules)
        yield StartCost(" ".join(("heddle", *words)), len(modules), own)
