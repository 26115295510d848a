"""The one thread that writes: what waits is committed as a group, durably, with one sync.

A group is one transaction with a savepoint for each caller, so that a caller who fails takes back
its own changes and nobody else's. Nobody hears of success before the commit is on disk.
"""

from __future__ import annotations

import asyncio
import contextlib
import queue
import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import Final, TypeVar

import apsw

from heddle_worker.store.database import Database
from heddle_worker.store.errors import (
    StoreBusyError,
    StoreClosedError,
    StoreCorruptError,
    StoreError,
    as_store_error,
)
from heddle_worker.store.jobs import AnyJob, AwaitedJob, Job, deliver

T = TypeVar("T")

_GROUP_LIMIT: Final = 256
_LOCK_ATTEMPTS: Final = 10
_LOCK_WAIT_MS: Final = 500
_CHECKPOINT_PAGES: Final = 1_000
_RESTART_PAGES: Final = 4_000
"""Length of the log at which the writer waits for its readers, so that it can begin it anew.

Without that, readers that overlap without end would let the log grow without end. Each time that
it waits in vain it will wait longer, so however long its readers take, there is a length from
which on the log does not grow.
"""


class _Begin:
    """Begins the database's session."""

    def __init__(self) -> None:
        self.future: Future[None] = Future()


class _Beat:
    """Asks the thread to show that it is alive."""


class _End:
    """Is the last entry of the queue."""


class Writer:
    """Owns the database's writing connection, and closes the database at its end.

    The database's session begins with the first work, unless it was begun before.

    Args:
        database: nobody else uses its connection from now on.
        beat: called on the writer's thread whenever `ask_for_beat` reaches it, and while it waits
            for another process's lock. It must be quick and must not raise.
        committed: called on the writer's thread after each group that has written something,
            once its callers know. It must be quick and must not raise.
    """

    def __init__(
        self,
        database: Database,
        beat: Callable[[], None] = lambda: None,
        committed: Callable[[], None] = lambda: None,
    ) -> None:
        self._database = database
        self._beat = beat
        self._committed = committed
        self._queue: queue.SimpleQueue[_Begin | AnyJob | _Beat | _End] = queue.SimpleQueue()
        self._closing = threading.Lock()
        self._closed = False
        self._close_failure: StoreError | None = None
        self._wal_pages = 0
        self._restart_at = _RESTART_PAGES
        self._has_committed = False
        database.connection.set_wal_hook(self._note_commit)
        database.connection.set_busy_timeout(_LOCK_WAIT_MS)
        self._thread = threading.Thread(target=self._run, name="store-writer", daemon=True)
        self._thread.start()

    def begin(self) -> Future[None]:
        """Begin the database's session now, before there is any work.

        The future has the `StoreError` for which that failed.

        Raises:
            StoreClosedError: the writer was closed.
        """
        begin = _Begin()
        self._put(begin)
        return begin.future

    def submit(self, work: Callable[[apsw.Connection], T]) -> Future[T]:
        """Run `work` on the writing connection, inside a transaction that it must not end.

        The future has the result of `work` once it is durable, the exception that `work` raised
        (its changes are gone then), or the `StoreError` for which the commit failed. Until it
        runs, the future can be cancelled.

        Raises:
            StoreClosedError: the writer was closed.
        """
        job = Job(work)
        self._put(job)
        return job.future

    def submit_awaited(self, work: Callable[[apsw.Connection], T]) -> asyncio.Future[T]:
        """Do as `submit` does, for a coroutine: the loop is woken once for a whole group.

        Raises:
            StoreClosedError: the writer was closed.
        """
        job = AwaitedJob(work, asyncio.get_running_loop().create_future())
        self._put(job)
        return job.future

    def ask_for_beat(self) -> None:
        """Have `beat` called on the writer's thread, after the work that waits there now."""
        with contextlib.suppress(StoreClosedError):
            self._put(_Beat())

    def close(self) -> None:
        """Finish what was submitted, take nothing more, and close the database.

        Raises:
            StoreError: the database could not be brought to a clean end; what was acknowledged is
                safe in its log.
        """
        with self._closing:
            if not self._closed:
                self._closed = True
                self._queue.put(_End())
        self._thread.join()
        if self._close_failure is not None:
            raise self._close_failure

    def _put(self, entry: _Begin | AnyJob | _Beat) -> None:
        with self._closing:
            if self._closed:
                raise StoreClosedError(f"{self._database.path} was closed")
            self._queue.put(entry)

    def _run(self) -> None:
        at_end = False
        while not at_end:
            entries = self._take()
            at_end = isinstance(entries[-1], _End)
            for entry in entries:
                if isinstance(entry, _Begin):
                    self._begin_session(entry)
            jobs = [entry for entry in entries if isinstance(entry, Job | AwaitedJob)]
            jobs = [job for job in jobs if job.is_wanted()]
            if jobs:
                self._commit(jobs)
            if any(isinstance(entry, _Beat) for entry in entries):
                self._beat()
            self._checkpoint_if_due()
        try:
            self._database.close()
        except StoreError as error:
            self._close_failure = error

    def _begin_session(self, entry: _Begin) -> None:
        try:
            self._require_session()
        except StoreError as error:
            entry.future.set_exception(error)
        else:
            entry.future.set_result(None)

    def _require_session(self) -> None:
        if not self._database.in_session:
            self._patiently(self._database.begin_session)

    def _take(self) -> list[_Begin | AnyJob | _Beat | _End]:
        entries = [self._queue.get()]
        with contextlib.suppress(queue.Empty):
            while len(entries) < _GROUP_LIMIT:
                entries.append(self._queue.get_nowait())
        return entries

    def _commit(self, jobs: list[AnyJob]) -> None:
        try:
            self._begin()
            for job in jobs:
                self._run_in_savepoint(job)
            self._database.connection.execute("COMMIT")
        except BaseException as error:
            self._roll_back()
            failure = as_store_error(error, self._database.path)
            for job in jobs:
                job.failure = job.failure or failure
        for job in jobs:
            if isinstance(job.failure, StoreCorruptError):
                self._database.condemn(job.failure)
        deliver(jobs)
        if self._has_committed:
            self._has_committed = False
            self._committed()

    def _begin(self) -> None:
        self._require_session()
        self._database.check_usable()
        self._patiently(lambda: self._database.connection.execute("BEGIN IMMEDIATE"))

    def _patiently(self, step: Callable[[], object], attempts: int = _LOCK_ATTEMPTS) -> None:
        """Take a step for which others' locks may have to be waited for, beating on."""
        for attempt in range(1, attempts + 1):
            try:
                step()
            except (apsw.BusyError, StoreBusyError):
                self._beat()
                if attempt == attempts:
                    raise
            else:
                return

    def _run_in_savepoint(self, job: AnyJob) -> None:
        connection = self._database.connection
        connection.execute("SAVEPOINT caller")
        try:
            job.outcome = job.work(connection)
        except BaseException as error:
            job.failure = as_store_error(error, self._database.path)
        if not connection.in_transaction:
            # Some failures, a full disk among them, make SQLite give up the transaction, and with
            # it what the neighbours did.
            raise job.failure or RuntimeError("the work ended the writer's transaction")
        if job.failure is not None:
            connection.execute("ROLLBACK TO caller")
        connection.execute("RELEASE caller")

    def _roll_back(self) -> None:
        connection = self._database.connection
        with contextlib.suppress(apsw.Error):
            if connection.in_transaction:
                connection.execute("ROLLBACK")

    def _note_commit(self, _connection: apsw.Connection, _schema: str, pages: int) -> int:
        self._wal_pages = pages
        self._has_committed = True
        return apsw.SQLITE_OK

    def _checkpoint_if_due(self) -> None:
        pages, self._wal_pages = self._wal_pages, 0
        # What was committed is safe without it: the next one tries again.
        with contextlib.suppress(apsw.Error):
            if pages >= self._restart_at:
                # A reader that takes its time is not to hold up each commit from now on.
                self._restart_at = pages + _RESTART_PAGES
                self._patiently(
                    lambda: self._database.checkpoint(apsw.SQLITE_CHECKPOINT_RESTART),
                    attempts=min(pages // _RESTART_PAGES, _LOCK_ATTEMPTS),
                )
                self._restart_at = _RESTART_PAGES
            elif pages >= _CHECKPOINT_PAGES:
                self._database.checkpoint()
