"""The supervisor: one lock, one published socket, and workers that come and go behind it.

Here what happens is turned into an `Event`, noted, and answered with the step that `TRANSITIONS`
names for it.
"""

from __future__ import annotations

import signal
from collections.abc import Callable
from typing import Final

from heddle_supervisor.config import LocalDaemonConfig
from heddle_supervisor.daemon_states import DaemonState, Event
from heddle_supervisor.death_tally import DeathTally
from heddle_supervisor.errors import HeddleError
from heddle_supervisor.event_loop import EventLoop
from heddle_supervisor.pacing import Pacing
from heddle_supervisor.parts import Parts
from heddle_supervisor.possessions import Possessions
from heddle_supervisor.records import Records
from heddle_supervisor.restart_policy import RestartPolicy
from heddle_supervisor.service_manager import ServiceManager
from heddle_supervisor.steps import Steps
from heddle_supervisor.transitions import TRANSITIONS
from heddle_supervisor.upgrade import HELD_SIGNALS, Handover, Upgrade
from heddle_supervisor.version import __version__
from heddle_supervisor.watch import Watch
from heddle_supervisor.worker_process import WorkerProcess, WorkerState
from heddle_supervisor.worker_settings import WorkerEntry
from heddle_supervisor.workers import Workers

# Clients wait for what follows these.
_URGENT: Final = (Event.ACTIVE_DYING, Event.ACTIVE_OVERDUE, Event.ACTIVE_EXITED)


class StartFailedError(HeddleError):
    """No worker could be brought to serve; the text is the worker's own error."""


class Supervisor:
    """One daemon's supervisor; see `daemon.serve` for what it is given."""

    def __init__(
        self,
        config: LocalDaemonConfig,
        worker_entry: WorkerEntry,
        loop: EventLoop,
        owned: Possessions,
        upgrade: Upgrade,
        on_serving: Callable[[], None],
    ) -> None:
        self._config = config
        self._loop = loop
        self._upgrade = upgrade
        self._workers = Workers(config, worker_entry, loop, owned.publication, self._handle)
        self._tally = DeathTally(
            RestartPolicy(config.backoff_first, config.backoff_max, config.breaker)
        )
        self._manager = ServiceManager()
        self._records = Records(config, loop, owned, self._workers, self._tally, self._manager)
        pacing = Pacing(
            loop, self._tally, config.backoff_max, lambda: self._handle(Event.PAUSE_ELAPSED)
        )
        parts = Parts(
            loop, owned, self._workers, self._tally, pacing, upgrade, self._manager, self._records
        )
        self._steps = Steps(config, parts, on_serving, self._handle)
        self._watch = Watch(config, loop, self._workers, owned, self._handle, self._announce)

    def run(self, handover: Handover | None = None) -> None:
        """Supervise until stopped.

        Args:
            handover: what the version before has left, after an upgrade in place.

        Raises:
            StartFailedError: no worker ever served.
        """
        self._loop.on_signal(signal.SIGTERM, lambda: self._handle(Event.STOP))
        self._loop.on_signal(signal.SIGINT, lambda: self._handle(Event.STOP))
        self._loop.on_signal(signal.SIGHUP, lambda: self._handle(Event.RELOAD))
        self._loop.on_signal(signal.SIGCHLD, self._reap)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, HELD_SIGNALS)
        self._records.event("started", version=__version__, repository=self._config.repository)
        try:
            if handover is None:
                self._steps.start()
            else:
                self._steps.take_over_from(handover)
                self._reap()
            self._announce()
            self._watch.look()
            self._manager.keep_fed(self._loop)
            self._loop.run()
        finally:
            self._workers.kill_all()
            self._upgrade.abandon_trial()
            self._records.catch_up()
        self._records.event("stopped")
        if self._steps.state is DaemonState.FAILED:
            raise StartFailedError(self._tally.last_error)

    def _handle(self, event: Event, worker: WorkerProcess | None = None) -> None:
        """Take one event: note what it says of its worker, then do what the table names."""
        step = TRANSITIONS[self._steps.state].get(event)
        if event in _URGENT:
            self._records.put_off()
        if worker is not None:
            self._count_death(worker)
        if step is not None or worker is not None:
            self._record(event, worker)
        if step is not None:
            try:
                step(self._steps)
            except OSError as error:
                self._steps.fail_to_publish(error)
        self._announce()

    def _count_death(self, worker: WorkerProcess) -> None:
        """Count the death of a worker that nobody has told to go."""
        if worker.death is None or self._steps.state is DaemonState.DRAINING:
            return
        if worker.hung or worker.death.state is not WorkerState.RETIRING:
            self._tally.count(worker.death)

    def _record(self, event: Event, worker: WorkerProcess | None) -> None:
        fields: dict[str, object] = {}
        if worker is not None:
            fields = {"worker": worker.pid, "generation": worker.generation}
            if worker.death is not None:
                fields |= {"reason": worker.death.reason, "stacks": worker.death.stacks}
        shown = {key: value for key, value in fields.items() if value}
        self._records.event(event.value, state=self._steps.state.value, **shown)

    def _reap(self) -> None:
        passed = self._upgrade.trial_result()
        if passed is not None:
            self._handle(Event.TRIAL_PASSED if passed else Event.TRIAL_FAILED)
        self._workers.reap(spare=self._upgrade.trial_pid)

    def _announce(self) -> None:
        self._records.announce(self._steps.state)
