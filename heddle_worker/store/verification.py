"""Checking the file behind the calls' back, some time after an unclean end.

A killed process leaves the file sound, since what it wrote is with the system; so nobody has to
wait for the check, and a failover least of all. It begins when the worker has served for a while:
workers that are killed every second never check. A check that is broken off is due again.
"""

from __future__ import annotations

import contextlib
import os
import sys
import threading
from typing import Final

import apsw

from heddle_worker.store.database import Database
from heddle_worker.store.errors import StoreCorruptError, StoreError
from heddle_worker.store.writer import Writer

_DELAY_SECONDS: Final = 60.0
_LOWEST_PRIORITY: Final = 19


class Verification:
    """Checks a database once in a thread of its own, if that is due.

    Args:
        database: opened.
        writer: of the database; notes that the check was passed.
        delay_seconds: how long the thread waits before it begins.
    """

    def __init__(
        self, database: Database, writer: Writer, delay_seconds: float = _DELAY_SECONDS
    ) -> None:
        self._database = database
        self._writer = writer
        self._delay_seconds = delay_seconds
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._run, name="store-check", daemon=True)

    def start(self) -> None:
        """Begin to wait, if a check is due. The database's session has to have begun."""
        if self._database.wants_check:
            self._thread.start()

    def close(self) -> None:
        """Break the check off if it has not ended."""
        self._closing.set()
        if self._thread.ident is not None:
            self._thread.join()

    def _run(self) -> None:
        if self._closing.wait(self._delay_seconds):
            return
        _step_back()
        try:
            if self._database.verify(self._closing.is_set):
                self._writer.submit(_forget)
        except StoreCorruptError as damage:
            self._database.condemn(damage)
        except StoreError:
            # It could not be read now; it stays due.
            return


def _forget(connection: apsw.Connection) -> None:
    connection.execute("DELETE FROM meta WHERE key = 'unchecked'")


def _step_back() -> None:
    """Let everything else that wants the processor go first."""
    if sys.platform == "linux":
        # There a thread has a priority of its own.
        with contextlib.suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), _LOWEST_PRIORITY)
