"""The supervisor: one lock, one published socket, and workers that come and go behind it.

What happens is an `Event`; what is done about it depends on the `DaemonState`; `_ACTIONS`, at the
end of this module, is the whole of that relation. The steps it names are short.
"""

from __future__ import annotations

import signal
import time
from collections.abc import Callable, Mapping
from typing import Final, TypeAlias

from heddle_supervisor.config import LocalDaemonConfig
from heddle_supervisor.daemon_states import DaemonState, Event
from heddle_supervisor.death_tally import DeathTally
from heddle_supervisor.errors import HeddleError
from heddle_supervisor.event_loop import EventLoop
from heddle_supervisor.pacing import Pacing
from heddle_supervisor.possessions import Possessions
from heddle_supervisor.records import Records
from heddle_supervisor.restart_policy import RestartPolicy
from heddle_supervisor.service_manager import ServiceManager
from heddle_supervisor.succession import Succession
from heddle_supervisor.upgrade import HELD_SIGNALS, Handover, Upgrade
from heddle_supervisor.version import __version__
from heddle_supervisor.watch import Watch
from heddle_supervisor.worker_process import WorkerProcess, WorkerState
from heddle_supervisor.worker_settings import WorkerEntry
from heddle_supervisor.workers import Workers

# Forking at once would take time from the first calls, which have waited for this worker.
_STANDBY_DELAY: Final = 0.05
# Clients wait for what follows these.
_URGENT: Final = (Event.ACTIVE_DYING, Event.ACTIVE_OVERDUE, Event.ACTIVE_EXITED)
# A drained worker exits by itself when its grace is over; this is for one that does not.
_GRACE_SLACK: Final = 0.1
_BROKEN_VERSION: Final = "the installed version cannot be imported; see stderr.log"


class StartFailedError(HeddleError):
    """No worker could be brought to serve; the text is the worker's own error."""


class Supervisor:
    """The daemon's state, and the steps that change it."""

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
        self._owned = owned
        self._upgrade = upgrade
        self._on_serving = on_serving
        self._workers = Workers(config, worker_entry, loop, owned.publication, self._handle)
        self._tally = DeathTally(
            RestartPolicy(config.backoff_first, config.backoff_max, config.breaker)
        )
        self._manager = ServiceManager()
        self._records = Records(config, loop, owned, self._workers, self._tally, self._manager)
        self._succession = Succession(
            loop, upgrade, owned, self._workers, self._tally, self._records
        )
        self._pacing = Pacing(
            loop, self._tally, config.backoff_max, lambda: self._handle(Event.PAUSE_ELAPSED)
        )
        self._watch = Watch(config, loop, self._workers, owned, self._handle, self._announce)
        self._state = DaemonState.STARTING
        self._has_served = False
        self._reload_wanted = False
        self._postponed: _Step | None = None

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
                self._spawn_next()
            else:
                self._take_over_from(handover)
            self._announce()
            self._watch.look()
            self._manager.keep_fed(self._loop)
            self._loop.run()
        finally:
            self._workers.kill_all()
            self._upgrade.abandon_trial()
            self._records.catch_up()
        self._records.event("stopped")
        if self._state is DaemonState.FAILED:
            raise StartFailedError(self._tally.last_error)

    def _handle(self, event: Event, worker: WorkerProcess | None = None) -> None:
        """Take one event: note what it says of its worker, then do what the table names."""
        action = _ACTIONS[self._state].get(event)
        if event in _URGENT:
            self._records.put_off()
        if action is not None or worker is not None:
            self._record(event, worker)
        if action is not None:
            try:
                action(self)
            except OSError as error:
                self._fail_to_publish(error)
        self._announce()

    def _fail_to_publish(self, error: OSError) -> None:
        """Steps touch the socket's directory alone: all of it is gone, or a name in it."""
        self._tally.last_error = f"cannot publish the socket: {error}"
        self._records.event("error", reason=self._tally.last_error)
        if self._workers.next is not None and self._owned.guard.still_installed():
            self._workers.next.kill()
        else:
            self._drain()

    def _record(self, event: Event, worker: WorkerProcess | None) -> None:
        fields: dict[str, object] = {}
        if worker is not None:
            fields = {"worker": worker.pid, "generation": worker.generation}
            if worker.death is not None:
                expected = worker.death.state is WorkerState.RETIRING and not worker.hung
                if not expected and self._state is not DaemonState.DRAINING:
                    self._tally.count(worker.death)
                fields |= {"reason": worker.death.reason, "stacks": worker.death.stacks}
        shown = {key: value for key, value in fields.items() if value}
        self._records.event(event.value, state=self._state.value, **shown)

    def _reap(self) -> None:
        passed = self._upgrade.trial_result()
        if passed is not None:
            self._handle(Event.TRIAL_PASSED if passed else Event.TRIAL_FAILED)
        self._workers.reap(spare=self._upgrade.trial_pid)

    def _announce(self) -> None:
        self._records.announce(self._state)

    # The steps, each named by the table below.

    def _spawn_next(self) -> None:
        """Fork the next worker, unless one is on its way already."""
        self._pacing.cancel()
        if self._workers.next is not None:
            return
        try:
            self._workers.spawn_next()
        except OSError as error:
            self._tally.count_failed_fork(f"cannot fork a worker: {error.strerror}")
            if self._state is DaemonState.SERVING:
                self._pacing.pause()
            else:
                self._start_or_pause()

    def _take_over(self) -> None:
        """Publish the next worker, warm or past that; calls wait the moment until it serves."""
        self._publish_next()
        self._workers.activate(self._workers.active)

    def _publish_next(self) -> None:
        """Let clients reach the next worker.

        Raises:
            OSError: the socket's directory is gone, or the pidfile is: its neighbours may be a
                successor's.
        """
        if not self._owned.guard.still_installed():
            raise FileNotFoundError(f"{self._owned.guard.path} was deleted")
        self._workers.publish_next()

    def _enter_serving(self) -> None:
        """The published worker serves: see to its successor."""
        self._state = DaemonState.SERVING
        self._tally.forgive()
        self._on_serving()
        self._has_served = True
        self._manager.ready()
        if self._config.standby:
            self._pacing.pause(at_least=_STANDBY_DELAY)
        postponed, self._postponed = self._postponed, None
        if postponed is not None:
            postponed(self)

    def _recover(self) -> None:
        """The published worker is gone: put the next one in its place, or start one."""
        if self._state is DaemonState.SERVING:
            # One that had served is replaced at once, whatever has befallen standbys beside it.
            self._tally.forgive()
        self._state = DaemonState.STARTING
        self._reload_wanted = False
        if self._workers.next is None:
            self._start_or_pause()
        elif self._workers.next.state is not WorkerState.FORKED:
            self._take_over()

    def _replace_lost(self) -> None:
        """Let the next worker take over from one that dies, or hangs and is about to be ended."""
        self._workers.dismiss_active()
        self._recover()

    def _start_or_pause(self) -> None:
        """Start a worker now, after a pause, or never, as the policy says."""
        if self._postponed is Supervisor._execute_upgrade:
            # The other version may have what this one's workers want.
            self._execute_upgrade()
            return
        delay = self._pacing.delay()
        if delay is None:
            self._state = DaemonState.FAILED
            self._tally.count_failure()
            if not self._has_served:
                self._loop.stop()
        elif delay == 0:
            self._start()
        else:
            self._state = DaemonState.BACKOFF
            self._pacing.pause()

    def _start(self) -> None:
        self._state = DaemonState.STARTING
        self._spawn_next()

    def _retry(self) -> None:
        """A person has asked to try again, perhaps with another version installed."""
        if self._upgrade.available:
            self._upgrade.start_trial()
        else:
            self._start_afresh()

    def _start_afresh(self) -> None:
        """Try again at once, whatever has failed before."""
        self._tally.forgive()
        self._start()

    def _replace_standby(self) -> None:
        """The next worker died beside a healthy one: fork another, in the policy's time.

        The worker that serves is not given up for its standbys, nor are they.
        """
        if self._reload_wanted:
            self._tally.count_failure()
        self._reload_wanted = False
        if self._config.standby:
            self._pacing.pause()

    def _reload(self) -> None:
        """Take the installed code if it is not the loaded one; else bring up a new worker."""
        self._manager.reloading()
        if self._upgrade.available:
            self._upgrade.start_trial()
        else:
            self._replace_active()

    def _execute_upgrade(self) -> None:
        """Become the installed version, whose first act is to replace the worker that serves."""
        self._postponed = None
        try:
            self._succession.pass_on()
        except OSError as error:
            self._stay(f"cannot execute the installed version: {error}")

    def _refuse_upgrade(self) -> None:
        """The installed version cannot run: go on with the loaded one."""
        self._stay(_BROKEN_VERSION)

    def _note_refusal(self) -> None:
        """The installed version cannot run, and a new worker is on its way already."""
        self._tally.count_failure(_BROKEN_VERSION)

    def _postpone_upgrade(self) -> None:
        """The installed version can run: become it when the worker serves that is on its way."""
        self._postponed = Supervisor._execute_upgrade

    def _postpone_reload(self) -> None:
        """Reload when the worker serves that is on its way."""
        self._postponed = self._postponed or Supervisor._reload

    def _stay(self, reason: str) -> None:
        self._tally.count_failure(reason)
        if self._workers.active is not None:
            self._replace_active()
        else:
            self._start_afresh()

    def _take_over_from(self, handover: Handover) -> None:
        """Continue what the version before has begun: replace the worker that still serves."""
        self._succession.take_on(handover)
        self._has_served = True
        if self._workers.active is not None:
            self._state = DaemonState.SERVING
            self._replace_active()
        else:
            self._start()
        self._reap()

    def _replace_active(self) -> None:
        """Bring up a new worker beside the one that serves; it is published when it serves."""
        self._reload_wanted = True
        self._tally.forgive()
        self._spawn_next()
        self._continue_reload()

    def _continue_reload(self) -> None:
        """The next worker is warm: a standby, or what a reload waits for."""
        if self._reload_wanted:
            self._workers.activate(self._workers.next)

    def _succeed(self) -> None:
        """The new worker of a reload serves: publish it and let the old one go."""
        self._reload_wanted = False
        self._publish_next()
        self._workers.retire_former()
        self._enter_serving()

    def _drain(self) -> None:
        """Stop: let calls in flight finish within the grace period."""
        self._state = DaemonState.DRAINING
        self._manager.stopping()
        self._pacing.cancel()
        self._workers.drain(self._config.grace)
        due = time.monotonic() + self._config.grace + _GRACE_SLACK
        self._loop.call_at(due, lambda: self._handle(Event.GRACE_ELAPSED))
        self._end_when_alone()

    def _kill_all(self) -> None:
        """Stop waiting."""
        self._workers.kill_all()

    def _end_when_alone(self) -> None:
        """The last worker has gone: so do we."""
        if not self._workers.all():
            self._state = DaemonState.STOPPED
            self._loop.stop()


_Step: TypeAlias = Callable[[Supervisor], None]

# An event without an entry changes nothing in that state.
_ACTIONS: Final[Mapping[DaemonState, Mapping[Event, _Step]]] = {
    DaemonState.STARTING: {
        Event.NEXT_WARM: Supervisor._take_over,
        Event.NEXT_EXITED: Supervisor._start_or_pause,
        Event.ACTIVE_SERVING: Supervisor._enter_serving,
        Event.ACTIVE_EXITED: Supervisor._recover,
        Event.PAUSE_ELAPSED: Supervisor._spawn_next,
        Event.RELOAD: Supervisor._postpone_reload,
        Event.TRIAL_PASSED: Supervisor._postpone_upgrade,
        Event.TRIAL_FAILED: Supervisor._note_refusal,
        Event.FILES_VANISHED: Supervisor._drain,
        Event.STOP: Supervisor._drain,
    },
    DaemonState.SERVING: {
        Event.NEXT_WARM: Supervisor._continue_reload,
        Event.NEXT_SERVING: Supervisor._succeed,
        Event.NEXT_EXITED: Supervisor._replace_standby,
        Event.ACTIVE_OVERDUE: Supervisor._replace_lost,
        Event.ACTIVE_DYING: Supervisor._replace_lost,
        Event.ACTIVE_EXITED: Supervisor._recover,
        Event.PAUSE_ELAPSED: Supervisor._spawn_next,
        Event.RELOAD: Supervisor._reload,
        Event.TRIAL_PASSED: Supervisor._execute_upgrade,
        Event.TRIAL_FAILED: Supervisor._refuse_upgrade,
        Event.SOCKET_VANISHED: Supervisor._replace_active,
        Event.MEMORY_EXCEEDED: Supervisor._replace_active,
        Event.IDLE: Supervisor._drain,
        Event.FILES_VANISHED: Supervisor._drain,
        Event.STOP: Supervisor._drain,
    },
    DaemonState.BACKOFF: {
        Event.PAUSE_ELAPSED: Supervisor._start,
        Event.RELOAD: Supervisor._retry,
        Event.TRIAL_PASSED: Supervisor._execute_upgrade,
        Event.TRIAL_FAILED: Supervisor._refuse_upgrade,
        Event.FILES_VANISHED: Supervisor._drain,
        Event.STOP: Supervisor._drain,
    },
    DaemonState.FAILED: {
        Event.RELOAD: Supervisor._retry,
        Event.TRIAL_PASSED: Supervisor._execute_upgrade,
        Event.TRIAL_FAILED: Supervisor._refuse_upgrade,
        Event.FILES_VANISHED: Supervisor._drain,
        Event.STOP: Supervisor._drain,
    },
    DaemonState.DRAINING: {
        Event.NEXT_EXITED: Supervisor._end_when_alone,
        Event.ACTIVE_EXITED: Supervisor._end_when_alone,
        Event.FORMER_EXITED: Supervisor._end_when_alone,
        Event.GRACE_ELAPSED: Supervisor._kill_all,
        Event.STOP: Supervisor._kill_all,
    },
    DaemonState.STOPPED: {},
}
