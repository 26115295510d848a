"""Processes of `git diff-tree --stdin` that stay for the next question."""

from __future__ import annotations

import contextlib
import os
import secrets
import select
import tempfile
import time
from dataclasses import replace
from typing import IO, Final

from heddle_worker.limits import DIFF_SECONDS
from heddle_worker.repository.diff import Diff
from heddle_worker.repository.diff_output import OPTIONS, VARIABLES, DiffReader
from heddle_worker.repository.errors import (
    DiffTimeoutError,
    MissingObjectError,
    RepositoryError,
)
from heddle_worker.repository.git_command import GitCommand, failure

_COMMAND: Final = "diff-tree"
_PIECE_BYTES: Final = 1 << 16
_MOST_SAID_BYTES: Final = 1 << 16


class DiffProcess:
    """One process, for one thread at a time.

    Raises:
        GitFailedError: git cannot be run.
    """

    def __init__(self, git: GitCommand) -> None:
        self._said: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115 - closed by `close`
        try:
            comparing = replace(git, variables={**git.variables, **VARIABLES})
            self._process = comparing.start(_COMMAND, "--stdin", *OPTIONS, stderr=self._said)
        except BaseException:
            self._said.close()
            raise
        self._poll = select.poll()
        self._poll.register(self._output, select.POLLIN)
        self.is_reusable = True
        """Whether another question may be asked."""

    def ask(self, old_tree: bytes, new_tree: bytes) -> Diff:
        """Return how two trees differ.

        Raises:
            DiffTimeoutError: it took too long.
            MissingObjectError: something that they consist of is missing.
            GitFailedError: git failed otherwise.
        """
        self.is_reusable = False
        deadline = time.monotonic() + DIFF_SECONDS
        header = f"{old_tree.hex()} {new_tree.hex()}\n".encode()
        # A line that begins with no id is printed as it is. Nobody can foresee this one, so nobody
        # can have it in a file's name.
        mark = f"end {secrets.token_hex(16)}\n".encode()
        self._write(header + mark)
        reader = DiffReader()
        held = b""
        while len(held) < len(header) and not held.endswith(mark):
            held += self._read(deadline)
        if not held.startswith(header):
            shown = f"{old_tree.hex()} or {new_tree.hex()}"
            self.is_reusable = held == mark
            raise MissingObjectError(
                f"the tree {shown} is missing from the repository; run git fsck"
            )
        held = held[len(header) :]
        while not held.endswith(mark):
            reader.feed(held[: -len(mark)])
            if reader.has_enough:
                return reader.finish()
            held = held[-len(mark) :] + self._read(deadline)
        reader.feed(held[: -len(mark)])
        self.is_reusable = os.fstat(self._said.fileno()).st_size < _MOST_SAID_BYTES
        return reader.finish()

    def close(self) -> None:
        """End the process, whatever it does."""
        self._process.kill()
        self._process.wait()
        for stream in (self._process.stdin, self._process.stdout, self._said):
            if stream is not None:
                stream.close()

    @property
    def _output(self) -> int:
        assert self._process.stdout is not None  # noqa: S101 - it is a pipe
        return self._process.stdout.fileno()

    def _write(self, question: bytes) -> None:
        assert self._process.stdin is not None  # noqa: S101 - it is a pipe
        with contextlib.suppress(BrokenPipeError):
            # Why it has ended, its output's end tells.
            self._process.stdin.write(question)

    def _read(self, deadline: float) -> bytes:
        left = deadline - time.monotonic()
        if left <= 0 or not self._poll.poll(left * 1_000):
            raise DiffTimeoutError(
                f"git did not compare the two trees within {DIFF_SECONDS:.0f} seconds; "
                "they differ in too much"
            )
        piece = os.read(self._output, _PIECE_BYTES)
        if not piece:
            raise self._failure()
        return piece

    def _failure(self) -> RepositoryError:
        status = self._process.wait()
        self._said.seek(0)
        return failure(_COMMAND, status, self._said.read(_MOST_SAID_BYTES))
