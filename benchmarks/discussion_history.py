"""Repositories full of discussions: any number of them, one about each symbol."""

from __future__ import annotations

import contextlib
import itertools
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from benchmarks.daemon import Daemon
from benchmarks.processes import timed_run
from heddle_worker.codebase import Codebase
from heddle_worker.repository.repository import Repository
from heddle_worker.store import discussions
from heddle_worker.store.database import Database
from heddle_worker.store.discussions import NewDiscussion, Origin, Turn
from heddle_worker.symbols.outline import Source

FILE: Final = "package0/module0.py"
SYMBOL: Final = "function0"
AT_SYMBOL: Final = 10
"""Discussions about `SYMBOL` of `FILE`, however many there are of others."""

FILES: Final = 1_000
FUNCTIONS: Final = 100
"""In each file; a discussion about each of them makes 100,000."""
UNDISCUSSED: Final = FILES
"""Number of one more file, which nobody discusses."""

_DIRECTORIES: Final = 20
_TRANSACTION: Final = 20_000
_TURN: Final = Turn(
    "Benchmark", "benchmark@example.com", "Why is it done like this?", 1_790_000_000
)


def file_name(number: int) -> str:
    """Return the path of one of the files."""
    return f"package{number % _DIRECTORIES}/module{number}.py"


def file_text(number: int, edition: int = 0) -> str:
    """Return the contents of a file; its first function differs between editions."""
    functions = (
        f"def function{i}(value):\n"
        f"    result = value * {number} + {i} + {edition if i == 0 else 0}\n"
        f"    return result\n"
        for i in range(FUNCTIONS)
    )
    return "\n\n".join(functions)


def write_discussions(daemon: Daemon, size: int) -> None:
    """Commit the files to a daemon's repository, and make its store with so many discussions."""
    for number in range(FILES + 1):
        path = daemon.repository / file_name(number)
        path.parent.mkdir(exist_ok=True)
        path.write_text(file_text(number), encoding="utf-8")
    commit(daemon)
    daemon.files.mkdir(mode=0o700, exist_ok=True)
    database = Database.open(daemon.files)
    connection = database.connection
    connection.pragma("synchronous", "off")
    origins = itertools.islice(_origins(daemon.repository, daemon.files), size)
    numbered = enumerate(origins)
    while batch := list(itertools.islice(numbered, _TRANSACTION)):
        with connection:
            for number, origin in batch:
                new = NewDiscussion(f"{number:032x}", origin, _TURN, "", "public")
                discussions.add(connection, new)
        database.checkpoint()
    connection.pragma("synchronous", "full")
    database.close()


def commit(daemon: Daemon) -> None:
    """Commit what is in a daemon's worktree."""
    for arguments in (["add", "--all"], ["commit", "--quiet", "-m", "change"]):
        timed_run(["git", *arguments], cwd=daemon.repository, environment=daemon.environment)


def edit(daemon: Daemon, number: int, edition: int) -> None:
    """Commit another edition of one file."""
    path: Path = daemon.repository / file_name(number)
    path.write_text(file_text(number, edition), encoding="utf-8")
    commit(daemon)


def _origins(root: Path, heddle_dir: Path) -> Iterator[Origin]:
    """Yield what to discuss: first `SYMBOL`, some times, and then each other function once."""
    repository = Repository.open(root)
    with contextlib.closing(Codebase.of(repository, heddle_dir)) as code:
        state = code.states.get(repository.commit_at("HEAD"))
        for number in range(FILES):
            path = file_name(number).encode()
            version = code.states.file_at(state.tree, path)
            if version is None:
                raise LookupError(f"{path!r} was not committed")
            (outline,) = code.outlines.of([Source(path, version.blob)])
            for symbol in outline.symbols:
                origin = Origin(
                    state_id=state.id,
                    path=path,
                    symbol=symbol.name,
                    start_line=symbol.start_line,
                    end_line=symbol.end_line,
                    language=outline.language,
                    kind=symbol.kind.value,
                    content=symbol.content,
                    meaning=symbol.meaning,
                    sketch=symbol.sketch,
                )
                is_asked = number == 0 and symbol.name == SYMBOL
                yield from itertools.repeat(origin, AT_SYMBOL if is_asked else 1)
