"""What a daemon writes down of itself: its log, its status file, a word to the service manager."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Final

from heddle_supervisor.config import LocalDaemonConfig
from heddle_supervisor.daemon_states import DaemonState
from heddle_supervisor.death_tally import DeathTally
from heddle_supervisor.event_loop import EventLoop, Timer
from heddle_supervisor.log_files import EventLog
from heddle_supervisor.possessions import Possessions
from heddle_supervisor.service_manager import ServiceManager
from heddle_supervisor.status_file import PublicState, StatusFile
from heddle_supervisor.worker_process import WorkerState
from heddle_supervisor.workers import Workers

# Longer than a takeover takes, and shorter than anybody notices.
_PUT_OFF_SECONDS: Final = 0.02


class Records:
    """Writes at once what has happened, unless that would take time from waiting clients.

    Args:
        config: where to write.
        loop: wakes this when what was put off is due.
        owned: while its pidfile is not in place, the status file is a successor's or nobody's.
        workers, tally, manager: what there is to tell, and whom.
    """

    def __init__(
        self,
        config: LocalDaemonConfig,
        loop: EventLoop,
        owned: Possessions,
        workers: Workers,
        tally: DeathTally,
        manager: ServiceManager,
    ) -> None:
        self._loop = loop
        self._guard = owned.guard
        self._workers = workers
        self._tally = tally
        self._manager = manager
        self._log = EventLog(config.log_path, "supervisor")
        self._status = StatusFile(config, owned.started_at)
        self._state = DaemonState.STARTING
        self._put_off: Timer | None = None
        self._lines: list[tuple[float, str, Mapping[str, object]]] = []

    def event(self, name: str, /, **fields: object) -> None:
        """Log one event."""
        if self._put_off is None:
            self._log.event(name, **fields)
        else:
            self._lines.append((time.time(), name, fields))

    def announce(self, state: DaemonState) -> None:
        """Publish the state that the daemon is in now, if that was not published already."""
        self._state = state
        if self._put_off is None:
            self._write()

    def put_off(self) -> None:
        """Write nothing for a moment: what is being done is waited for."""
        if self._put_off is None:
            due = time.monotonic() + _PUT_OFF_SECONDS
            self._put_off = self._loop.call_at(due, self.catch_up)

    def catch_up(self) -> None:
        """Write what was put off."""
        if self._put_off is None:
            return
        self._put_off.cancel()
        self._put_off = None
        lines, self._lines = self._lines, []
        for at, name, fields in lines:
            self._log.event_at(at, name, **fields)
        self._write()

    def _write(self) -> None:
        public = _PUBLIC_STATES[self._state]
        self._manager.status(public.value)
        if not self._guard.still_installed():
            return
        active, waiting = self._workers.active, self._workers.next
        warm = waiting is not None and waiting.state is not WorkerState.FORKED
        try:
            self._status.write(
                state=public,
                worker_pid=active.pid if active is not None else None,
                standby_pid=waiting.pid if waiting is not None and warm else None,
                generation=active.generation if active is not None else 0,
                restarts=self._tally.restarts,
                failures=self._tally.failures,
                recent_restarts=self._tally.recent,
                last_error=self._tally.last_error,
            )
        except OSError as error:
            # A full disk must not end a daemon that serves; the next change is written again.
            self._log.event("error", reason=f"cannot write the status file: {error}")


_PUBLIC_STATES: Final[Mapping[DaemonState, PublicState]] = {
    DaemonState.STARTING: PublicState.STARTING,
    DaemonState.SERVING: PublicState.SERVING,
    DaemonState.BACKOFF: PublicState.STARTING,
    DaemonState.FAILED: PublicState.FAILED,
    DaemonState.DRAINING: PublicState.DRAINING,
    DaemonState.STOPPED: PublicState.STOPPED,
}
