"""Finds what no signal tells of: hung workers, vanished or overwritten files, idleness, memory.

It looks when a worker's deadline may have passed, and at no other time: a healthy daemon's
supervisor wakes about once in a heartbeat deadline.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from heddle_supervisor.config import LocalDaemonConfig
from heddle_supervisor.daemon_states import Event
from heddle_supervisor.event_loop import EventLoop
from heddle_supervisor.possessions import Possessions
from heddle_supervisor.workers import Workers


class Watch:
    """Looks after one daemon, and says what it finds as an `Event`."""

    def __init__(
        self,
        config: LocalDaemonConfig,
        loop: EventLoop,
        workers: Workers,
        owned: Possessions,
        emit: Callable[[Event], None],
        announce: Callable[[], None],
    ) -> None:
        self._config = config
        self._loop = loop
        self._workers = workers
        self._guard = owned.guard
        self._publication = owned.publication
        self._emit = emit
        self._announce = announce

    def look(self) -> None:
        """Look now, and again whenever a deadline may have passed."""
        due = self._workers.check_deadlines()
        if not self._guard.still_installed():
            self._emit(Event.FILES_VANISHED)
        elif not self._publication.still_published():
            self._emit(Event.SOCKET_VANISHED)
        if not self._guard.is_intact():
            self._emit(Event.PIDFILE_OVERWRITTEN)
        self._check_memory()
        # The status file may have been deleted, or was not written for want of space.
        self._announce()
        self._loop.call_at(min(due, self._check_idle(due)), self.look)

    def _check_memory(self) -> None:
        limit = self._config.max_worker_memory
        if limit is not None and self._workers.active_memory() > limit:
            self._emit(Event.MEMORY_EXCEEDED)

    def _check_idle(self, otherwise: float) -> float:
        """Say whether the daemon is idle; return when it may next be, or `otherwise`."""
        if self._config.idle_timeout is None:
            return otherwise
        idle_at = self._workers.last_use() + self._config.idle_timeout
        if idle_at > time.monotonic():
            return idle_at
        self._emit(Event.IDLE)
        return otherwise
