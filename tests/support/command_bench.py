"""A repository with a daemon of its own, for the tests of one module that run commands."""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from git_repository import GitRepository
from heddle_daemon import HeddleDaemon, Outcome
from quick_commands import run_quickly

# What may be set around the tests, and would change what commands print or whom they tell.
_UNWANTED = ("NOTIFY_SOCKET", "WATCHDOG_USEC", "FORCE_COLOR", "NO_COLOR", "HEDDLE_TRANSACTION_ID")


@dataclass(frozen=True, slots=True)
class CommandBench:
    """A private directory, and in it a repository whose daemon runs.

    Attributes:
        room: the directory.
        repository: `r` in it, with two files in two commits.
        daemon: its daemon, and the commands that are run.
    """

    room: Path
    repository: GitRepository
    daemon: HeddleDaemon

    @property
    def root(self) -> Path:
        """Return the root of the worktree."""
        return self.repository.root

    def heddle(self, *words: str, cwd: Path | None = None) -> Outcome:
        """Run `heddle` with these words in the repository, without loading everything first."""
        return run_quickly(words, cwd or self.root, self.daemon.environment)

    def view(self) -> dict[str, object]:
        """Return all that going back has to bring back: files, modes, index, HEAD and branches."""
        git = self.repository.git
        files = {
            str(path.relative_to(self.root)): (path.lstat().st_mode, _content(path))
            for path in sorted(self.root.rglob("*"))
            if not {".git", ".heddle"} & set(path.relative_to(self.root).parts)
            and not (path.is_dir() and not path.is_symlink())
        }
        return {
            "files": files,
            "index": git("ls-files", "--stage", "--debug"),
            "status": git("status", "--porcelain=v2", "--branch"),
            "branch": git("symbolic-ref", "--quiet", "HEAD", may_fail=True),
            "head": git("rev-parse", "HEAD"),
        }


@contextlib.contextmanager
def command_bench(*, start: bool = True) -> Iterator[CommandBench]:
    """Make a bench, and remove all of it in the end."""
    room = Path(tempfile.mkdtemp(prefix="heddle-", dir="/tmp")).resolve()
    repository = GitRepository.init(room / "r")
    repository.write("a", "one\n")
    repository.commit("first")
    repository.write("b", "two\n")
    repository.commit("second")
    daemon = HeddleDaemon(repository.root, private_environment(room))
    try:
        if start:
            daemon.start("--no-standby")
        yield CommandBench(room, repository, daemon)
    finally:
        daemon.finish()
        shutil.rmtree(room, ignore_errors=True)


def private_environment(room: Path) -> Mapping[str, str]:
    """Return an environment in which no file of the user's is found or made."""
    places = {"HOME": "home", "XDG_STATE_HOME": "state", "XDG_RUNTIME_DIR": "run"}
    for name in places.values():
        (room / name).mkdir(mode=0o700, exist_ok=True)
    inherited = {name: value for name, value in os.environ.items() if name not in _UNWANTED}
    return {**inherited, **{name: str(room / place) for name, place in places.items()}}


def _content(path: Path) -> bytes | str:
    return str(path.readlink()) if path.is_symlink() else path.read_bytes()
