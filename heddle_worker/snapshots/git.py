"""Running git for its plumbing, unaffected by hooks, monitors and the caller's environment."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Final, TypeAlias

from heddle_worker.snapshots.errors import GitFailedError
from heddle_worker.snapshots.scratch import scratch_directory

Word: TypeAlias = str | bytes | os.PathLike[str]

EMPTY_TREE: Final = "4b825dc642cb6eb9a060e54bf8d69288fbee4904"
NULL_ID: Final = "0" * 40

_SETTINGS: Final = {
    # Neither hooks nor monitors are ours to run, and a cache may be wrong.
    "core.hooksPath": "/dev/null",
    "core.fsmonitor": "false",
    "core.untrackedCache": "false",
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
_KEPT_VARIABLES: Final = ("GIT_CONFIG_GLOBAL", "GIT_CONFIG_SYSTEM", "GIT_CONFIG_NOSYSTEM")


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
        with explained():
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
        with explained():
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
        values = {**_SETTINGS, **self.settings}
        settings = [word for item in values.items() for word in ("-c", "=".join(item))]
        places: list[Word] = [f"--git-dir={self.git_dir}"]
        if self.root is not None:
            places.append(f"--work-tree={self.root}")
        return ["git", *settings, *places, *words]

    def _environment(self) -> dict[str, str]:
        return {**clean_environment(), **self.variables}


@contextmanager
def explained() -> Iterator[None]:
    """Turn the system's word that git cannot be run into one for people."""
    try:
        yield
    except OSError as error:
        where = os.fsdecode(error.filename) if error.filename else "git"
        raise GitFailedError(
            f"git cannot be run ({where}: {error.strerror}); is it installed and on the PATH?"
        ) from error


def clean_environment() -> dict[str, str]:
    """Return this process's environment without what would lead git elsewhere."""
    ours = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith("GIT_") or name in _KEPT_VARIABLES
    }
    return {
        **ours,
        "GIT_OPTIONAL_LOCKS": "0",
        "GIT_TERMINAL_PROMPT": "0",
        "LC_ALL": "C",
    }


def failure(words: tuple[Word, ...], status: int, said: bytes) -> GitFailedError:
    """Return the error for a git that ended with a status and said something on its way."""
    lines = said.decode("utf-8", "backslashreplace").strip().splitlines()
    text = next((line for line in lines if line.startswith(("fatal:", "error:"))), None)
    command = os.fsdecode(words[0])
    return GitFailedError(
        f"git {command} failed: {text or (lines[-1] if lines else f'status {status}')}"
    )


def quoted(path: Path) -> str:
    """Return a path as `GIT_ALTERNATE_OBJECT_DIRECTORIES` takes any, colons included."""
    text = str(path).replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{text}"'
