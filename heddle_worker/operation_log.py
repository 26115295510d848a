"""The operation log: the daemon's own operations and git's activity, in one order.

Git's activity is read in before each query. What was read, and how far, is stored in the same
transactions, each of which begins where the one before it ended: so nothing enters the log twice,
whichever process reads, and wherever it is killed.
"""

from __future__ import annotations

import functools
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Final

import apsw

from heddle_worker.repository.entries import Activity
from heddle_worker.repository.pairing import Unpaired as UnpairedLines
from heddle_worker.repository.reflog_lines import pair_key
from heddle_worker.repository.reflogs import LogCursor, Memory, ReflogReader, Step
from heddle_worker.repository.repository import Repository
from heddle_worker.store import mirror, operation_query, operations
from heddle_worker.store.mirror import FileCursor, MirrorMovedOnError, MirrorState, MirrorStep
from heddle_worker.store.operation_query import OperationQuery
from heddle_worker.store.operations import NewOperation, Operation, newest_seq
from heddle_worker.store.readers import Readers
from heddle_worker.store.writer import Writer

_STEP_SIZE: Final = 2_000
"""Entries in one transaction: so many keep the other writers waiting for some 50 ms."""


@dataclass(frozen=True, slots=True)
class Page:
    """A part of what a query finds.

    Attributes:
        entries: in ascending order of `seq`.
        end: nothing up to this `seq` is missing.
        is_last: there was no more when it was read.
    """

    entries: list[Operation]
    end: int
    is_last: bool


class OperationLog:
    """The log of one repository. Its methods block: they are for threads, not for an event loop.

    Args:
        repository: whose activity is read in.
        writer, readers: of the database that keeps the log.
        clock: tells the present in Unix seconds.
    """

    def __init__(
        self,
        repository: Repository,
        writer: Writer,
        readers: Readers,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._writer = writer
        self._readers = readers
        self._reflogs = ReflogReader(repository, clock)
        self._state = MirrorState()
        self._refreshing = threading.Lock()

    def refresh(self) -> int:
        """Read in what git did since the last time; return how many entries that made.

        Raises:
            RepositoryError: git's records cannot be read.
            StoreError: the log cannot be written.
        """
        added = 0
        if not self._reflogs.may_have_news():
            return added
        with self._refreshing:
            while self._reflogs.may_have_news():
                try:
                    for count in self._read_in():
                        added += count
                    break
                except MirrorMovedOnError:
                    # Another worker of this repository was faster; it may not have seen it all.
                    continue
        return added

    def query(self, query: OperationQuery) -> list[Operation]:
        """Return the matching entries in ascending order of `seq`, git's latest included.

        Raises:
            RepositoryError: git's records cannot be read.
            StoreError: the log cannot be read or written.
        """
        self.refresh()
        with self._readers.snapshot() as connection:
            return list(operation_query.select(connection, query))

    def page(self, query: OperationQuery, size: int) -> Page:
        """Return at most `size` of the matching entries on record, the first ones.

        Git is not asked for news. Raises `StoreError` when the log cannot be read.
        """
        limit = min(query.limit, size) if query.limit else size
        with self._readers.snapshot() as connection:
            entries = list(operation_query.select(connection, replace(query, limit=limit)))
            is_last = len(entries) < limit
            end = newest_seq(connection) if is_last else entries[-1].seq
        return Page(entries, max(end, query.after_seq), is_last)

    def pages(self, query: OperationQuery, size: int) -> Iterator[list[Operation]]:
        """Yield the matching entries in runs of at most `size`, each read when it is asked for.

        Entries that are appended meanwhile are included. Raises what `query` raises.
        """
        self.refresh()
        left = query.limit
        while True:
            page = self.page(replace(query, limit=left), size)
            if page.entries:
                yield page.entries
            left -= len(page.entries) if left else 0
            if page.is_last or (query.limit and not left):
                return
            query = replace(query, after_seq=page.end)

    def _read_in(self) -> Iterator[int]:
        """Store what git did since the last time; yield the number of entries of each step."""
        with self._readers.snapshot() as connection:
            if mirror.generation(connection) != self._state.generation:
                self._state = mirror.load(connection)
            batch = self._reflogs.read(_memory(self._state, connection))
        for step in batch.steps(_STEP_SIZE):
            yield self._store(step)
        self._reflogs.done(batch)

    def _store(self, step: Step) -> int:
        generation = self._state.generation
        new = [_as_operation(one) for entry in step.entries for one in entry.activities]

        def work(connection: apsw.Connection) -> MirrorStep:
            taken = _mirror_step(step, operations.append(connection, new))
            mirror.advance(connection, generation, taken)
            return taken

        self._state.follow(self._writer.submit(work).result())
        return len(new)


def _memory(state: MirrorState, connection: apsw.Connection) -> Memory:
    return Memory(
        is_empty=state.generation == 0,
        positions=state.cursors,
        refs=state.refs,
        unpaired=UnpairedLines(
            heads=_by_key(state, of_head=True), branches=_by_key(state, of_head=False)
        ),
        known=functools.partial(mirror.known_lines, connection),
    )


def _by_key(state: MirrorState, *, of_head: bool) -> Mapping[bytes, deque[int]]:
    waiting: dict[bytes, deque[int]] = {}
    for seq, one in sorted(state.unpaired.items()):
        if one.of_head is of_head:
            waiting.setdefault(one.key, deque()).append(seq)
    return waiting


def _as_operation(activity: Activity) -> NewOperation:
    return NewOperation(
        timestamp_secs=activity.timestamp_secs,
        verb=activity.verb.value,
        actor_email=activity.actor_email,
        thread=activity.thread,
        change_id=activity.change_id,
        old_id=activity.old_id,
        detail=activity.detail,
    )


def _mirror_step(step: Step, seqs: list[int]) -> MirrorStep:
    """Return what is remembered of a step whose activities have the entries `seqs`."""
    refs: dict[bytes, bytes | None] = dict(step.unnoticed_refs)
    unpaired = []
    rest = iter(seqs)
    for entry in step.entries:
        own = [next(rest) for _ in entry.activities]
        refs.update(entry.refs)
        if entry.pairing and own:
            unpaired.append(mirror.Unpaired(own[-1], pair_key(entry.pairing), entry.of_head))
    return MirrorStep(
        line_ids=[place.line_id for entry in step.entries for place in entry.places],
        cursors=[_as_file_cursor(cursor) for cursor in step.cursors],
        gone_cursors=step.gone_logs,
        refs={name: target for name, target in refs.items() if target is not None},
        gone_refs=[name for name, target in refs.items() if target is None],
        unpaired=unpaired,
        paired=[entry.found for entry in step.entries if entry.found is not None],
        newest=max(seqs, default=0),
    )


def _as_file_cursor(cursor: LogCursor) -> FileCursor:
    return FileCursor(cursor.key, cursor.offset, cursor.tail, cursor.signature, cursor.branch)
