"""Running git for its plumbing, unaffected by hooks, monitors and the caller's environment."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Final

from heddle_worker.repository.git_process import (
    Word,
    clean_environment,
    command_line,
    complaint,
    explained,
    quoted,
)
from heddle_worker.repository.scratch import scratch_directory
from heddle_worker.snapshots.errors import GitFailedError

EMPTY_TREE: Final = "4b825dc642cb6eb9a060e54bf8d69288fbee4904"
NULL_ID: Final = "0" * 40

_SETTINGS: Final = {
    # See every difference on the disk, also those that the repository prefers not to see.
    "core.fileMode": "true",
    "core.symlinks": "true",
    "core.trustctime": "true",
    "core.checkStat": "default",
    # Any name is recorded: it is on the disk already.
    "core.protectNTFS": "false",
    "core.protectHFS": "false",
    # What is taken has to survive a loss of power.
    "core.fsync": "committed,pack-metadata,reference",
    "core.fsyncMethod": "fsync",
    # Most of what is written is the index file, whose ids do not compress.
    "core.compression": "1",
    "core.looseCompression": "1",
    "pack.compression": "1",
}


@dataclass(frozen=True, slots=True)
class Git:
    """git in one repository.

    Attributes:
        git_dir: the repository's, or the worktree's own.
        root: the worktree; `None` where only objects and refs matter.
        variables: more of the environment.
        settings: more of the configuration.
    """

    git_dir: Path
    root: Path | None = None
    variables: Mapping[str, str] = field(default_factory=dict)
    settings: Mapping[str, str] = field(default_factory=dict)

    def run(self, *words: Word, given: bytes = b"", accept: tuple[int, ...] = (0,)) -> bytes:
        """Run git; return what it prints.

        Args:
            words: the command and its arguments.
            given: what it reads.
            accept: the exit codes that are no failure.

        Raises:
            GitFailedError: it ended in another way.
        """
        with explained(GitFailedError):
            done = subprocess.run(  # noqa: S603 - git, and words that are ours or follow them
                self._command(words),
                check=False,
                input=given,
                capture_output=True,
                cwd=self.root or self.git_dir,
                env=self._environment(),
            )
        if done.returncode not in accept:
            raise failure(words, done.returncode, done.stderr)
        return done.stdout

    def start(
        self, *words: Word, stdin: int | IO[bytes], stdout: int | IO[bytes], stderr: IO[bytes]
    ) -> subprocess.Popen[bytes]:
        """Start git with the given streams."""
        with explained(GitFailedError):
            return subprocess.Popen(  # noqa: S603 - likewise
                self._command(words),
                stdin=stdin,
                stdout=stdout,
                stderr=stderr,
                cwd=self.root or self.git_dir,
                env=self._environment(),
            )

    @contextmanager
    def scratch(self) -> Iterator[Git]:
        """Give a git whose new objects go to a place of their own, which is removed at the end."""
        objects = Path(os.fsdecode(self.run("rev-parse", "--git-path", "objects")[:-1]))
        objects = (self.root or self.git_dir) / objects
        with scratch_directory(self.git_dir) as place:
            yield Git(
                self.git_dir,
                self.root,
                {
                    "GIT_OBJECT_DIRECTORY": str(place),
                    "GIT_ALTERNATE_OBJECT_DIRECTORIES": quoted(objects),
                },
                {"core.fsync": "none", "fastimport.unpackLimit": "1"},
            )

    def _command(self, words: tuple[Word, ...]) -> list[Word]:
        settings = {**_SETTINGS, **self.settings}
        return command_line(words, self.git_dir, self.root, settings)

    def _environment(self) -> dict[str, str]:
        return {**clean_environment(), **self.variables}


def failure(words: tuple[Word, ...], status: int, said: bytes) -> GitFailedError:
    """Return the error for a git that ended with a status and said something on its way."""
    command = os.fsdecode(words[0])
    return GitFailedError(f"git {command} failed: {complaint(said, status)}")
