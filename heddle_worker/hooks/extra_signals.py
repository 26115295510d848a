"""Signals that hooks attach to a commit before it is there: kept until it is, and attached then.

A commit is told by the tree that git is about to commit, by its branch and by what it is made upon.
So signals that were raised about a commit that did not come about are never found at another one,
unless it has the very same content.
"""

from __future__ import annotations

import asyncio
import shutil
import tempfile
import threading
import time
from binascii import unhexlify
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Final

import apsw

from heddle_worker.hooks.answers import Answer
from heddle_worker.hooks.events import Event
from heddle_worker.hooks.plain_text import one_line
from heddle_worker.hooks.recording import Recorder
from heddle_worker.hooks.signal_parsing import Signals
from heddle_worker.operation_log import OperationLog
from heddle_worker.repository.checked_out import git_dir_of
from heddle_worker.repository.errors import RepositoryError
from heddle_worker.repository.repository import Repository
from heddle_worker.repository.state import State
from heddle_worker.repository.states import States
from heddle_worker.signals.signal import shortened
from heddle_worker.snapshots.errors import SnapshotError
from heddle_worker.snapshots.git import Git
from heddle_worker.store import extra_signals, operations
from heddle_worker.store.errors import StoreError
from heddle_worker.store.extra_signals import ExpectedCommit
from heddle_worker.store.operation_query import OperationQuery
from heddle_worker.store.operations import newest_seq
from heddle_worker.store.readers import Readers
from heddle_worker.store.writer import Writer

_SECONDS: Final = 60
"""So long a commit is waited for."""

_PAGE: Final = 256
_MOST_NAME: Final = 64


class ExtraSignals:
    """Brings the signals of a question to the commit that it was about.

    Args:
        repository: in which git commits.
        log: tells of the commits.
        writer, readers: of the store, which keeps the signals.
        recorder: tells the operation log of them.
        say: writes a line to the daemon's log.
    """

    def __init__(
        self,
        repository: Repository,
        log: OperationLog,
        writer: Writer,
        readers: Readers,
        recorder: Recorder,
        say: Callable[[str], None],
    ) -> None:
        self._repository = repository
        self._states = States(repository)
        self._log = log
        self._writer = writer
        self._readers = readers
        self._recorder = recorder
        self._say = say
        self._looking = threading.Lock()
        self._expected: dict[int, ExpectedCommit] = {}

    async def begin(self) -> None:
        """Go on waiting for what the worker before this one has waited for."""
        self._expected |= await asyncio.to_thread(self._kept)
        if self._expected:
            self._look_later()

    async def expect(self, event: Event, answers: Sequence[Answer], *, is_commit: bool) -> None:
        """Keep what was attached to a capture that is about to be made.

        Args:
            event: that was asked about.
            answers: to it.
            is_commit: git is about to commit the event's index; else nobody knows what it will
                capture, and nothing is kept.
        """
        signals = _by_author(answers)
        if not signals:
            return
        self._look_later()
        try:
            if not is_commit:
                raise ValueError("what it will commit is not known yet")
            await asyncio.to_thread(self._expect, event, signals)
        except (OSError, ValueError, RepositoryError, SnapshotError, StoreError) as error:
            self._say(f"signals that hooks attached to {_named(event)} are dropped: {error}")

    def look(self) -> None:
        """Attach what waits for a commit that is there now. On any thread; may block.

        Raises:
            StoreError: the store cannot be read or written.
        """
        if not self._expected:
            return
        with self._looking:
            for number, commit in tuple(self._expected.items()):
                state = self._found(commit)
                if state is not None:
                    self._attach(number, commit, state)

    def _look_later(self) -> None:
        loop = asyncio.get_running_loop()
        loop.call_later(_SECONDS + 1, loop.run_in_executor, None, self._look_last)

    def _look_last(self) -> None:
        """Attach what can be attached, also where nobody has heard of a commit; drop the rest."""
        try:
            self._log.refresh()
            self.look()
            overdue = {
                number: commit
                for number, commit in tuple(self._expected.items())
                if commit.asked_at + _SECONDS < time.time()
            }
            for number, commit in overdue.items():
                is_dropped = self._writer.submit(partial(_forget, number)).result()
                self._expected.pop(number, None)
                if is_dropped:
                    where = one_line(commit.thread) or "a detached HEAD"
                    self._say(
                        f"signals that hooks attached to a commit on {where} are dropped: "
                        f"it has not come about within {_SECONDS} s"
                    )
        except (RepositoryError, StoreError) as error:
            self._say(f"signals that hooks attached to a commit are kept for later: {error}")

    def _kept(self) -> dict[int, ExpectedCommit]:
        with self._readers.snapshot() as connection:
            return extra_signals.expected(connection)

    def _expect(self, event: Event, signals: Signals) -> None:
        directory = event.directory or self._repository.git_dir
        with self._readers.snapshot() as connection:
            after_seq = newest_seq(connection)
        commit = ExpectedCommit(
            tree=_tree_of(directory, event.index),
            thread=event.payload["thread"],
            head=Repository.open(directory).commit_at("HEAD"),
            after_seq=after_seq,
            asked_at=int(time.time()),
            signals=signals,
        )
        kept: Future[int] = self._writer.submit(
            lambda connection: extra_signals.expect(connection, commit)
        )
        self._expected[kept.result()] = commit

    def _found(self, expected: ExpectedCommit) -> State | None:
        """Return the commit that was expected, if the log tells of it."""
        for candidate in self._candidates(expected):
            try:
                state = self._states.get(candidate)
                if state.tree == expected.tree and self._is_upon(state, expected.head):
                    return state
            except RepositoryError:
                # It is gone already, or cannot be read: nobody will ask for its signals.
                continue
        return None

    def _candidates(self, expected: ExpectedCommit) -> Iterator[bytes]:
        query = OperationQuery(thread=expected.thread, after_seq=expected.after_seq)
        while True:
            page = self._log.page(query, _PAGE)
            for entry in page.entries:
                if entry.change_id and entry.thread == expected.thread:
                    yield entry.change_id
            if page.is_last:
                return
            query = replace(query, after_seq=page.end)

    def _is_upon(self, state: State, head: bytes) -> bool:
        """Return whether a state was made upon another one, or in its place."""
        if state.parents[:1] == ((head,) if head else ()):
            return True
        return bool(head) and state.parents == self._states.get(head).parents

    def _attach(self, number: int, commit: ExpectedCommit, state: State) -> None:
        entry = self._recorder.attachment(state.id, commit.thread, commit.signals)

        def work(connection: apsw.Connection) -> int | None:
            # During a reload, the other worker may have been faster.
            if not extra_signals.forget(connection, number):
                return None
            left_out = extra_signals.attach(connection, state.id, commit.signals)
            operations.append(connection, [entry])
            return left_out

        left_out = self._writer.submit(work).result()
        self._expected.pop(number, None)
        if left_out:
            self._say(f"{left_out} signals that hooks attached to {state.id.hex()} are too many")


def _by_author(answers: Sequence[Answer]) -> Signals:
    """Return all signals of the answers, each with who has raised it."""
    return tuple(
        replace(signal, module=f"hook:{shortened(one_line(answer.author), _MOST_NAME)}")
        for answer in answers
        for signal in answer.extra_signals
    )


def _tree_of(directory: Path, index: Path | None) -> bytes:
    """Return the raw id of the tree that git makes of an index, which is left as it is.

    Git has made that tree already when it asks hooks about a commit's message.
    """
    git_dir = git_dir_of(directory)
    with tempfile.TemporaryDirectory(prefix="heddle-index-") as place:
        copy = shutil.copyfile(index or git_dir / "index", Path(place, "index"))
        git = Git(git_dir, directory, {"GIT_INDEX_FILE": str(copy)})
        return unhexlify(git.run("write-tree", "--missing-ok").strip())


def _forget(number: int, connection: apsw.Connection) -> bool:
    return extra_signals.forget(connection, number)


def _named(event: Event) -> str:
    return one_line(f"{event.payload.get('intent', '')!r}")
