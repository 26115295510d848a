"""The workers of one daemon, by role: the active one, the next, and former ones on their way out.

This is mechanism: it forks, listens, watches deadlines and reaps, and says as an `Event` what has
happened to whom. What is done about it is the supervisor's business.
"""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Callable
from typing import Final

from heddle_supervisor.config import LocalDaemonConfig
from heddle_supervisor.daemon_states import Event
from heddle_supervisor.event_loop import EventLoop
from heddle_supervisor.socket_publication import SocketPublication
from heddle_supervisor.upgrade import Handover, WorkerHandover
from heddle_supervisor.worker_link import Command, Report
from heddle_supervisor.worker_process import WorkerProcess, WorkerState
from heddle_supervisor.worker_settings import WorkerEntry, WorkerSettings

# A hung worker gets this long to write down its stacks before it is killed for good.
_ABORT_SECONDS: Final = 1.0


class Workers:
    """The workers and their roles. Every change of role goes through here."""

    def __init__(
        self,
        config: LocalDaemonConfig,
        entry: WorkerEntry,
        loop: EventLoop,
        publication: SocketPublication,
        emit: Callable[[Event, WorkerProcess], None],
    ) -> None:
        self._config = config
        self._entry = entry
        self._loop = loop
        self._publication = publication
        self._emit = emit
        self._generation = 0
        self._patience_from = 0.0
        self.active: WorkerProcess | None = None
        self.next: WorkerProcess | None = None
        self.former: list[WorkerProcess] = []

    def adopt(self, handover: Handover) -> None:
        """Take over the workers of the version before."""
        self._generation = handover.generation
        self.active = WorkerProcess.adopt(handover.active) if handover.active else None
        self.former = [WorkerProcess.adopt(worker) for worker in handover.former]
        for worker in self.all():
            self._listen(worker)

    def hand_over(self) -> tuple[int, WorkerHandover | None, tuple[WorkerHandover, ...]]:
        """End the next worker, which has the old code; return the last generation and the others.

        The dead one goes along as a former one, so that it will be reaped.
        """
        if self.next is not None:
            self.next.enter(WorkerState.RETIRING)
            self.next.kill()
            self.former.append(self.next)
            self.next = None
        active = self.active.hand_over() if self.active else None
        return self._generation, active, tuple(worker.hand_over() for worker in self.former)

    def all(self) -> list[WorkerProcess]:
        """Return every worker that lives, the active one first."""
        return [w for w in (self.active, self.next, *self.former) if w is not None]

    def spawn_next(self) -> None:
        """Fork the next worker.

        Raises:
            OSError: the system has no room for another process.
        """
        self._generation += 1
        settings = WorkerSettings(
            repository=self._config.repository,
            heddle_dir=self._config.heddle_dir,
            socket_path=self._publication.generation_path(self._generation),
            generation=self._generation,
            heartbeat_interval=self._config.heartbeat_interval,
        )
        self.next = WorkerProcess.fork(settings, self._entry)
        self._listen(self.next)

    def activate(self, worker: WorkerProcess | None) -> None:
        """Tell a worker, if there is one, to serve, if it is warm and was not told yet."""
        if worker is not None and worker.state is WorkerState.WARM:
            worker.enter(WorkerState.ACTIVATING)
            worker.tell(Command.ACTIVATE)

    def publish_next(self) -> None:
        """Make the next worker the active one: from now on clients reach it.

        Raises:
            OSError: the socket's directory is gone.
        """
        if self.next is None:
            return
        self._publication.publish(self.next.socket_path)
        self.dismiss_active()
        self.active, self.next = self.next, None

    def dismiss_active(self) -> None:
        """Make the active worker a former one."""
        if self.active is not None:
            self.former.append(self.active)
            self.active = None

    def retire_former(self) -> None:
        """Tell former workers that still serve to let their connections go and exit."""
        for worker in self.former:
            if worker.state is WorkerState.ACTIVE and not worker.hung:
                worker.enter(WorkerState.RETIRING)
                worker.tell(Command.RETIRE)

    def drain(self, grace: float) -> None:
        """Let the workers that serve finish their calls, and end the others now."""
        for worker in self.all():
            if worker.state in (WorkerState.ACTIVE, WorkerState.RETIRING):
                worker.enter(WorkerState.RETIRING)
                worker.tell(Command.DRAIN, grace)
            else:
                worker.kill()

    def kill_all(self) -> None:
        """End every worker now."""
        for worker in self.all():
            worker.kill()

    def reap(self, spare: int | None = None) -> None:
        """Take note of every worker that has died, whatever the number of signals that said so.

        Args:
            spare: the pid of a child that somebody else waits for.
        """
        for worker in self.all():
            if worker.reap():
                self._loop.remove_reader(worker.link)
                self._loop.remove_reader(worker.pulse)
                worker.release()
                self._emit(self._leave(worker), worker)
        if os.getpid() == 1:
            self._reap_strangers(spare)

    def last_use(self) -> float:
        """Return when a client last had a call with any worker (monotonic seconds)."""
        used = [worker.heartbeat.last_use() for worker in self.all()]
        return max(used, default=time.monotonic())

    def active_memory(self) -> int:
        """Return the resident memory of the active worker, in bytes; 0 where it cannot be read."""
        # Few daemons have a limit, and what is imported here is in the memory of all workers.
        import psutil

        try:
            return int(psutil.Process(self.active.pid).memory_info().rss) if self.active else 0
        except psutil.Error:
            return 0

    def check_deadlines(self) -> float:
        """End the workers that are overdue; return when the next one may be (monotonic seconds).

        The event comes first, so that a successor is published before a hung worker is ended.
        """
        now = time.monotonic()
        if self._loop.was_suspended:
            # This process was stopped, so the workers may have been too: each begins anew.
            self._patience_from = now
        for worker in self.all():
            if self._deadline(worker) <= now and not worker.hung:
                self._emit(self._overdue(worker), worker)
                self._abort(worker)
        longest = now + self._config.heartbeat_deadline
        waiting = (self._deadline(w) for w in self.all() if not w.hung)
        return min([longest, *waiting])

    def _deadline(self, worker: WorkerProcess) -> float:
        start = max(worker.since, self._patience_from)
        if worker.state is WorkerState.FORKED:
            return start + self._config.start_timeout
        beat = max(worker.last_beat(), self._patience_from) + self._config.heartbeat_deadline
        if worker.state is WorkerState.ACTIVATING:
            return min(beat, start + self._config.start_timeout)
        return beat

    def _abort(self, worker: WorkerProcess) -> None:
        """End a hung worker, after a moment in which it may write down its stacks."""
        worker.abort()
        self._loop.call_at(time.monotonic() + _ABORT_SECONDS, worker.kill)

    def _overdue(self, worker: WorkerProcess) -> Event:
        if worker is self.active:
            return Event.ACTIVE_OVERDUE
        return Event.NEXT_OVERDUE if worker is self.next else Event.FORMER_OVERDUE

    def _leave(self, worker: WorkerProcess) -> Event:
        if worker is self.active:
            self.active = None
            return Event.ACTIVE_EXITED
        if worker is self.next:
            self.next = None
            return Event.NEXT_EXITED
        self.former.remove(worker)
        return Event.FORMER_EXITED

    def _listen(self, worker: WorkerProcess) -> None:
        self._loop.add_reader(worker.link, lambda: self._read_reports(worker))
        self._loop.add_reader(worker.pulse, lambda: self._lose_pulse(worker))

    def _lose_pulse(self, worker: WorkerProcess) -> None:
        """Say early that the active worker dies, and see to it that it does."""
        self._loop.remove_reader(worker.pulse)
        if worker is self.active:
            self._emit(Event.ACTIVE_DYING, worker)
            worker.finish()

    def _read_reports(self, worker: WorkerProcess) -> None:
        reports, ended = worker.receive()
        if ended:
            # Its death arrives by itself, as SIGCHLD; an end of file would wake us for ever.
            self._loop.remove_reader(worker.link)
        for report in reports:
            if report is Report.WARM and worker is self.next:
                worker.enter(WorkerState.WARM)
                self._emit(Event.NEXT_WARM, worker)
            elif report is Report.SERVING and worker.state is WorkerState.ACTIVATING:
                worker.enter(WorkerState.ACTIVE)
                is_next = worker is self.next
                self._emit(Event.NEXT_SERVING if is_next else Event.ACTIVE_SERVING, worker)

    def _reap_strangers(self, spare: int | None) -> None:
        """As pid 1 of a container, reap what others have left to init."""
        known = {spare, *(worker.pid for worker in self.all())}
        with contextlib.suppress(ChildProcessError):
            while True:
                dead = os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
                if dead is None or dead.si_pid in known:
                    return
                os.waitpid(dead.si_pid, os.WNOHANG)
