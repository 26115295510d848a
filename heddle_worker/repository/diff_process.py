"""Asking git what differs, once or again and again."""

from __future__ import annotations

import secrets
from dataclasses import replace

from heddle_worker.limits import DIFF_SECONDS
from heddle_worker.repository.diff import Diff
from heddle_worker.repository.diff_output import OPTIONS, VARIABLES, DiffReader
from heddle_worker.repository.errors import GitFailedError, MissingObjectError
from heddle_worker.repository.git_command import GitCommand
from heddle_worker.repository.git_stream import GitStream


def compare_index(git: GitCommand, tree: bytes) -> Diff:
    """Return how the index differs from a tree.

    Args:
        git: with the index.
        tree: raw id of the tree.

    Raises:
        RepositoryError: see `DiffProcess.ask`.
    """
    words = ("--cached", *OPTIONS, tree.hex())
    with GitStream(_without_context(git), "diff-index", *words) as stream:
        stream.end_input()
        reader = DiffReader()
        while not reader.has_enough and (piece := stream.read()):
            reader.feed(piece)
        if not reader.has_enough:
            stream.check_success()
        return reader.finish()


class DiffProcess:
    """A git that compares one pair of trees after the other, for one thread at a time.

    Raises:
        GitFailedError: git cannot be run.
    """

    def __init__(self, git: GitCommand) -> None:
        self._stream = GitStream(_without_context(git), "diff-tree", "--stdin", *OPTIONS)
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
        self._stream.allow(DIFF_SECONDS)
        header = f"{old_tree.hex()} {new_tree.hex()}\n".encode()
        # A line that begins with no id is printed as it is. Nobody can foresee this one, so nobody
        # can have it in a file's name.
        mark = f"end {secrets.token_hex(16)}\n".encode()
        self._stream.write(header + mark)
        held = b""
        while len(held) < len(header) and not held.endswith(mark):
            held += self._read()
        if not held.startswith(header):
            self.is_reusable = held == mark
            raise MissingObjectError(
                f"the tree {old_tree.hex()} or {new_tree.hex()} is missing from the repository; "
                "run git fsck"
            )
        reader = DiffReader()
        held = held[len(header) :]
        while not held.endswith(mark):
            reader.feed(held[: -len(mark)])
            if reader.has_enough:
                return reader.finish()
            held = held[-len(mark) :] + self._read()
        reader.feed(held[: -len(mark)])
        self.is_reusable = not self._stream.has_said_much
        return reader.finish()

    def close(self) -> None:
        """End the process, whatever it does."""
        self._stream.close()

    def _read(self) -> bytes:
        piece = self._stream.read()
        if not piece:
            self._stream.check_success()
            raise GitFailedError("git diff-tree ended before it had answered; try again")
        return piece


def _without_context(git: GitCommand) -> GitCommand:
    return replace(git, variables={**git.variables, **VARIABLES})
