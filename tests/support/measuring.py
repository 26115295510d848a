"""Begins to measure coverage in an interpreter that starts, whatever program it is to run.

A line in a .pth file of the environment calls `begin` (see tests/measure_coverage.py), so neither a
program of ours nor what its environment says has to do with it. What a process has run is written
when it ends, and also where nothing of the interpreter's is run at the end: by `os._exit`, by an
exec, by SIGTERM. A process that is killed takes its part along. A fork goes on with what its parent
has counted so far.
"""

from __future__ import annotations

import atexit
import contextlib
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import coverage

# A program that finds its modules without the site's gets none of the site's .pth files either.
_WITHOUT_SITE = ["-I", "-S", "-c"]


def begin(configuration: str, data: str) -> None:
    """Measure this process and those that it forks.

    Args:
        configuration: path of the file with the table tool.coverage.
        data: path to which each process adds a suffix for its own file.
    """
    sys.path.remove(str(Path(__file__).parent))
    # The directory is there for as long as the suite runs.
    if not Path(data).parent.is_dir():
        return
    measured = coverage.Coverage(config_file=configuration, data_file=data, data_suffix=True)
    # Only the report wants the modules that nobody imports; looking for them takes time.
    packages = measured.get_option("run:source_pkgs")
    assert isinstance(packages, list)
    measured.set_option("run:source_pkgs", [])
    measured.set_option("run:include", [f"*/{package}/*" for package in packages])
    measured.start()
    atexit.register(_save, measured)
    _save_before(measured, "_exit")
    _save_before(measured, "execv")
    _save_before(measured, "execve")
    _let_the_site_in()


def _save(measured: coverage.Coverage) -> None:
    # Another user's process may not write there, and what a test reads must not be added to.
    with contextlib.suppress(Exception):
        measured.save()


def _save_before(measured: coverage.Coverage, name: str) -> None:
    then: Callable[..., None] = getattr(os, name)

    def save(*arguments: Any) -> None:
        _save(measured)
        then(*arguments)

    setattr(os, name, save)


def _let_the_site_in() -> None:
    start: Callable[..., None] = subprocess.Popen.__init__

    def start_with_site(self: Any, words: Any, *others: Any, **named: Any) -> None:
        if isinstance(words, list) and words[1:4] == _WITHOUT_SITE:
            words = [words[0], "-I", *words[3:]]
        start(self, words, *others, **named)

    subprocess.Popen.__init__ = start_with_site  # type: ignore[method-assign,assignment]
