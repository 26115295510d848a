"""The examples of docs/guides/client.md, run from top to bottom in one process."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Final

from git_repository import GitRepository
from heddle_daemon import HeddleDaemon

import heddle_client.errors

GUIDES: Final = Path(__file__).parents[2] / "docs" / "guides"
DOCUMENT: Final = (GUIDES / "client.md").read_text(encoding="utf-8")


def test_every_example_does_what_is_said(
    repository: GitRepository,
    make_daemon: Callable[..., HeddleDaemon],
    environment: dict[str, str],
) -> None:
    daemon = make_daemon(repository.root)
    repository.write("a.py", "def f():\n    return 1\n")
    repository.commit("Add f")
    program = "\n".join(re.findall(r"```python\n(.*?)```", DOCUMENT, re.DOTALL))
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", program],
        cwd=repository.root,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    # The daemon was started by the first line; the fixture has to know of it.
    daemon.status()
    assert (done.returncode, done.stderr) == (0, "")
    lines = done.stdout.splitlines()
    assert lines[:5] == [
        "Add f 1",
        "a.py f",
        "['a.py']",
        "discussion nobody not found NOT_FOUND NOT_FOUND",
        "['status']",
    ]
    assert lines[-1].endswith(" second")


def test_every_error_that_a_user_meets_is_told_of() -> None:
    table = DOCUMENT.partition("## Errors")[2].partition("## What is promised")[0]
    refusals = {kind.__name__ for kind in heddle_client.errors.REFUSALS.values()}
    rest = set(heddle_client.errors.__all__) - refusals
    others = {"HeddleError", "ClientError", "Violation", "VersionSkewWarning"}
    assert {name for name in rest - others if f"`{name}`" not in table} == set()
