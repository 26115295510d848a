"""Commands of `heddle` in processes of their own that need not load everything first.

A process that has loaded the client forks for each of them. What a start loads, and how long that
takes, is not seen in this way: other tests run the real program.
"""

from __future__ import annotations

import multiprocessing
import os
import shlex
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from heddle_daemon import Outcome

_SECONDS: Final = 100.0
_CONTEXT: Final = multiprocessing.get_context("forkserver")
_CONTEXT.set_forkserver_preload(
    [
        "quick_commands",
        "typer.main",
        "heddle_supervisor.cli",
        "heddle_client.client",
        "heddle_client.requests.operations",
        "heddle_client.requests.transactions",
        "heddle_client.doctor.examination",
        "heddle_client.guarded_run",
    ]
)


def run_quickly(words: tuple[str, ...], cwd: Path, environment: Mapping[str, str]) -> Outcome:
    """Run `heddle` with these words; whatever happens, it prints no traceback."""
    with tempfile.TemporaryDirectory(prefix="heddle-") as place:
        printed = [Path(place, "stdout"), Path(place, "stderr")]
        process = _CONTEXT.Process(
            target=_become, args=(words, os.fspath(cwd), dict(environment), printed)
        )
        process.start()
        process.join(_SECONDS)
        if process.exitcode is None:
            process.kill()
            process.join()
        texts = [path.read_text(encoding="utf-8") for path in printed]
    code = process.exitcode
    assert code is not None
    outcome = Outcome(shlex.join(["heddle", *words]), code, *texts)
    assert "Traceback" not in texts[0] + texts[1], outcome
    return outcome


def _become(
    words: tuple[str, ...], cwd: str, environment: dict[str, str], printed: list[Path]
) -> None:
    from heddle_supervisor.cli import main

    os.chdir(cwd)
    os.environ.clear()
    os.environ.update(environment)
    null = os.open(os.devnull, os.O_RDONLY)
    os.dup2(null, 0)
    for descriptor, path in enumerate(printed, start=1):
        os.dup2(os.open(path, os.O_WRONLY | os.O_CREAT, 0o600), descriptor)
    sys.stdin = os.fdopen(0, closefd=False)
    sys.stdout, sys.stderr = (
        os.fdopen(descriptor, "w", encoding="utf-8", closefd=False) for descriptor in (1, 2)
    )
    sys.argv = ["heddle", *words]
    main()
