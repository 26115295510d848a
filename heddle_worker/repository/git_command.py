"""Running git where libgit2 does not do: in one repository, and as nobody's terminal."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Final

from heddle_worker.repository.errors import GitFailedError, MissingObjectError
from heddle_worker.repository.git_process import (
    Word,
    clean_environment,
    command_line,
    complaint,
    explained,
)

_VARIABLES: Final = {
    # Ids mean the objects that they were computed from.
    "GIT_NO_REPLACE_OBJECTS": "1",
    # Whatever wants a password has to do without.
    "GIT_ASKPASS": "/bin/false",
    "SSH_ASKPASS": "/bin/false",
    "GCM_INTERACTIVE": "never",
}
# What git says when an object is not there, or when it could not be fetched.
_MISSING: Final = (
    "unable to read",
    "could not read",
    "missing",
    "promisor",
    "could not fetch",
    "bad object",
    "not a valid object",
    "bad tree object",
    "bad revision",
)


@dataclass(frozen=True, slots=True)
class GitCommand:
    """git in one repository.

    Attributes:
        git_dir: of the worktree, or of the bare repository.
        root: the worktree's; `None` for a bare repository.
        variables: more of the environment.
    """

    git_dir: Path
    root: Path | None
    variables: Mapping[str, str] = field(default_factory=dict)

    def run(self, *words: Word, seconds: float, given: bytes = b"") -> bytes:
        """Run git; return what it prints.

        Args:
            words: the command and its arguments.
            seconds: how long it may take.
            given: what it reads.

        Raises:
            MissingObjectError: it lacks an object.
            GitFailedError: it failed otherwise, or took too long.
        """
        process = self._started(words, subprocess.PIPE)
        try:
            printed, said = process.communicate(given, seconds)
        except subprocess.TimeoutExpired:
            raise GitFailedError(
                f"git {os.fsdecode(words[0])} took longer than {seconds:g} seconds"
            ) from None
        finally:
            end(process)
        if process.returncode != 0:
            raise failure(os.fsdecode(words[0]), process.returncode, said)
        return printed

    def start(self, *words: Word, stderr: IO[bytes]) -> subprocess.Popen[bytes]:
        """Start git with unbuffered pipes for its input and output.

        It ends when its input does, so also when this process dies.
        """
        return self._started(words, stderr)

    def _started(self, words: tuple[Word, ...], stderr: int | IO[bytes]) -> subprocess.Popen[bytes]:
        with explained(GitFailedError):
            return subprocess.Popen(  # noqa: S603 - git, and words that are ours or follow them
                command_line(words, self.git_dir, self.root, {}),
                bufsize=0,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=stderr,
                cwd=self.root or self.git_dir,
                env=self._environment(),
                # Whatever it starts in turn can be ended with it, and finds no terminal to ask at.
                start_new_session=True,
            )

    def _environment(self) -> dict[str, str]:
        return {**clean_environment(), **_VARIABLES, **self.variables}


def end(process: subprocess.Popen[bytes]) -> None:
    """End a git that was started here, whatever it does, with all that it has started."""
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    for stream in (process.stdin, process.stdout, process.stderr):
        if stream is not None:
            stream.close()


def failure(command: str, status: int, said: bytes) -> GitFailedError | MissingObjectError:
    """Return the error for a git that ended with a status and said something on its way."""
    text = complaint(said, status)
    words = said.decode("utf-8", "backslashreplace")
    if any(word in words for word in _MISSING):
        return MissingObjectError(
            f"an object of the repository is missing: git {command} said: {text}; "
            "run git fsck, or make sure that git can fetch from the remote"
        )
    return GitFailedError(f"git {command} failed: {text}")
