"""A running git whose output is read piece by piece, within a time."""

from __future__ import annotations

import contextlib
import os
import select
import tempfile
import time
from typing import IO, Final, Self

from heddle_worker.limits import DIFF_SECONDS
from heddle_worker.repository.errors import DiffTimeoutError
from heddle_worker.repository.git_command import GitCommand, end, failure
from heddle_worker.repository.git_process import Word

_PIECE_BYTES: Final = 1 << 16
_MUCH_SAID_BYTES: Final = 1 << 16


class GitStream:
    """A git that compares, for one thread at a time.

    It ends when its input does, so also when this process dies.

    Args:
        git: where.
        command, options: what it is to do.

    Raises:
        GitFailedError: git cannot be run.
    """

    def __init__(self, git: GitCommand, command: str, *options: Word) -> None:
        self._command = command
        self._said: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115 - closed by `close`
        try:
            self._process = git.start(command, *options, stderr=self._said)
        except BaseException:
            self._said.close()
            raise
        assert self._process.stdin is not None  # noqa: S101 - both are pipes
        assert self._process.stdout is not None  # noqa: S101
        self._input, self._output = self._process.stdin, self._process.stdout
        self._poll = select.poll()
        self._poll.register(self._output, select.POLLIN)
        self._deadline = 0.0
        self.allow(DIFF_SECONDS)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exception: object) -> None:
        self.close()

    @property
    def has_said_much(self) -> bool:
        """Whether its warnings begin to fill the disk."""
        return os.fstat(self._said.fileno()).st_size > _MUCH_SAID_BYTES

    def allow(self, seconds: float) -> None:
        """Set the time in which it has to have printed all that is read from now on."""
        self._deadline = time.monotonic() + seconds

    def write(self, line: bytes) -> None:
        """Give it something to read, less than fits into a pipe."""
        with contextlib.suppress(BrokenPipeError):
            # Why it has ended, its output's end tells.
            self._input.write(line)

    def end_input(self) -> None:
        """Tell it that there is nothing more to read."""
        self._input.close()

    def read(self) -> bytes:
        """Return the next piece of what it prints; empty at the end.

        Raises:
            DiffTimeoutError: it has not printed any in time.
        """
        left = self._deadline - time.monotonic()
        if left <= 0 or not self._poll.poll(left * 1_000):
            raise DiffTimeoutError(
                f"git took longer than {DIFF_SECONDS:.0f} seconds to compare; "
                "too much is different, or the disk or the remote is too slow"
            )
        return os.read(self._output.fileno(), _PIECE_BYTES)

    def check_success(self) -> None:
        """Wait for its end.

        Raises:
            MissingObjectError: it lacked an object.
            GitFailedError: it failed otherwise.
        """
        status = self._process.wait()
        if status != 0:
            self._said.seek(0)
            raise failure(self._command, status, self._said.read(_MUCH_SAID_BYTES))

    def close(self) -> None:
        """End it, whatever it does."""
        end(self._process)
        self._said.close()
