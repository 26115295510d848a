"""What a supervisor can do about what happens: the steps that the table of transitions names.

Each is short, and may lead to another state. Steps touch the socket's directory alone, so an
`OSError` from one says that all of it is gone, or a name in it.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable
from typing import Final, TypeAlias

from heddle_supervisor.config import LocalDaemonConfig
from heddle_supervisor.daemon_states import DaemonState, Event
from heddle_supervisor.parts import Parts
from heddle_supervisor.succession import Succession
from heddle_supervisor.upgrade import Handover
from heddle_supervisor.worker_process import WorkerState

# Forking at once would take time from the first calls, which have waited for this worker.
_STANDBY_DELAY: Final = 0.05
# A drained worker exits by itself when its grace is over; this is for one that does not.
_GRACE_SLACK: Final = 0.1
_BROKEN_VERSION: Final = "the installed version cannot be imported; see stderr.log"


class Steps:
    """The daemon's state, and the steps that change it.

    Args:
        config: paths and limits.
        parts: what the steps are done with.
        on_serving: called whenever a worker that was published begins to serve.
        emit: told when something happens of which a step has set the time.

    Attributes:
        state: where the daemon is in its life.
    """

    def __init__(
        self,
        config: LocalDaemonConfig,
        parts: Parts,
        on_serving: Callable[[], None],
        emit: Callable[[Event], None],
    ) -> None:
        self._config = config
        self._loop = parts.loop
        self._owned = parts.owned
        self._workers = parts.workers
        self._tally = parts.tally
        self._pacing = parts.pacing
        self._upgrade = parts.upgrade
        self._manager = parts.manager
        self._records = parts.records
        self._succession = Succession(parts)
        self._on_serving = on_serving
        self._emit = emit
        self.state = DaemonState.STARTING
        self._has_served = False
        self._reload_wanted = False
        self._postponed: Step | None = None

    # A worker comes, and the published one goes.

    def start(self) -> None:
        """Fork a worker for clients that have none."""
        self.state = DaemonState.STARTING
        self.spawn_next()

    def spawn_next(self) -> None:
        """Fork the next worker, unless one is on its way already."""
        self._pacing.cancel()
        if self._workers.next is not None:
            return
        try:
            self._workers.spawn_next()
        except OSError as error:
            self._tally.count_failed_fork(f"cannot fork a worker: {error.strerror}")
            if self.state is DaemonState.SERVING:
                self._pacing.pause()
            else:
                self.start_or_pause()

    def take_over(self) -> None:
        """Publish the next worker, warm or past that; calls wait the moment until it serves."""
        self._publish_next()
        self._workers.activate(self._workers.active)

    def enter_serving(self) -> None:
        """The published worker serves: see to its successor."""
        self.state = DaemonState.SERVING
        self._tally.forgive()
        self._on_serving()
        self._has_served = True
        self._manager.ready()
        if self._config.standby:
            self._pacing.pause(at_least=_STANDBY_DELAY)
        postponed, self._postponed = self._postponed, None
        if postponed is not None:
            postponed(self)

    def replace_lost(self) -> None:
        """Let the next worker take over from one that dies, or hangs and is about to be ended."""
        self._workers.dismiss_active()
        self.recover()

    def recover(self) -> None:
        """The published worker is gone: put the next one in its place, or start one."""
        if self.state is DaemonState.SERVING:
            # One that had served is replaced at once, whatever has befallen standbys beside it.
            self._tally.forgive()
        self.state = DaemonState.STARTING
        self._reload_wanted = False
        if self._workers.next is None:
            self.start_or_pause()
        elif self._workers.next.state is not WorkerState.FORKED:
            self.take_over()

    def start_or_pause(self) -> None:
        """Start a worker now, after a pause, or never, as the policy says."""
        if self._postponed is Steps.execute_upgrade:
            # The other version may have what this one's workers want.
            self.execute_upgrade()
            return
        delay = self._pacing.delay()
        if delay is None:
            self.state = DaemonState.FAILED
            self._tally.count_failure()
            if not self._has_served:
                self._loop.stop()
        elif delay == 0:
            self.start()
        else:
            self.state = DaemonState.BACKOFF
            self._pacing.pause()

    def replace_standby(self) -> None:
        """The next worker died beside a healthy one: fork another, in the policy's time.

        The worker that serves is not given up for its standbys, nor are they.
        """
        if self._reload_wanted:
            self._tally.count_failure()
        self._reload_wanted = False
        if self._config.standby:
            self._pacing.pause()

    # A reload, which may be an upgrade.

    def reload(self) -> None:
        """A reload is asked for while a worker serves, and the service manager is told."""
        self._manager.reloading()
        self.retry()

    def retry(self) -> None:
        """Take the installed code if it is not the loaded one; else bring up a new worker."""
        if self._upgrade.available:
            self._upgrade.start_trial()
        else:
            self._renew()

    def replace_active(self) -> None:
        """Bring up a new worker beside the one that serves; it is published when it serves."""
        self._reload_wanted = True
        self._tally.forgive()
        self.spawn_next()
        self.continue_reload()

    def continue_reload(self) -> None:
        """The next worker is warm: a standby, or what a reload waits for."""
        if self._reload_wanted:
            self._workers.activate(self._workers.next)

    def succeed(self) -> None:
        """The new worker of a reload serves: publish it and let the old one go."""
        self._reload_wanted = False
        self._publish_next()
        self._workers.retire_former()
        self.enter_serving()

    def execute_upgrade(self) -> None:
        """Become the installed version, whose first act is to replace the worker that serves."""
        self._postponed = None
        try:
            self._succession.pass_on()
        except OSError as error:
            self._stay(f"cannot execute the installed version: {error}")

    def take_over_from(self, handover: Handover) -> None:
        """Continue what the version before has begun: replace the worker that still serves."""
        self._succession.take_on(handover)
        self._has_served = True
        if self._workers.active is not None:
            self.state = DaemonState.SERVING
        self._renew()

    def refuse_upgrade(self) -> None:
        """The installed version cannot run: go on with the loaded one."""
        self._stay(_BROKEN_VERSION)

    def note_refusal(self) -> None:
        """The installed version cannot run, and a new worker is on its way already."""
        self._tally.count_failure(_BROKEN_VERSION)

    def postpone_upgrade(self) -> None:
        """The installed version can run: become it when the worker serves that is on its way."""
        self._postponed = Steps.execute_upgrade

    def postpone_reload(self) -> None:
        """Reload when the worker serves that is on its way."""
        self._postponed = self._postponed or Steps.reload

    # The end.

    def drain(self) -> None:
        """Stop: let calls in flight finish within the grace period."""
        self.state = DaemonState.DRAINING
        self._manager.stopping()
        self._pacing.cancel()
        self._workers.drain(self._config.grace)
        due = time.monotonic() + self._config.grace + _GRACE_SLACK
        self._loop.call_at(due, lambda: self._emit(Event.GRACE_ELAPSED))
        self.end_when_alone()

    def kill_all(self) -> None:
        """Stop waiting."""
        self._workers.kill_all()

    def end_when_alone(self) -> None:
        """The last worker has gone: so do we."""
        if not self._workers.all():
            self.state = DaemonState.STOPPED
            self._loop.stop()

    def write_pidfile_anew(self) -> None:
        """Let others find this process again; without room for that, the next look tries it."""
        with contextlib.suppress(OSError):
            self._owned.guard.write_anew()

    def fail_to_publish(self, error: OSError) -> None:
        """A step has failed: try another worker if it is this one's name that is gone, or end."""
        self._tally.last_error = f"cannot publish the socket: {error}"
        self._records.event("error", reason=self._tally.last_error)
        if self._workers.next is not None and self._owned.guard.still_installed():
            self._workers.next.kill()
        else:
            self.drain()

    # What several of them do.

    def _publish_next(self) -> None:
        """Let clients reach the next worker.

        Raises:
            OSError: the socket's directory is gone, or the pidfile is: its neighbours may be a
                successor's.
        """
        if not self._owned.guard.still_installed():
            raise FileNotFoundError(f"{self._owned.guard.path} was deleted")
        self._workers.publish_next()

    def _renew(self) -> None:
        """Bring up a new worker, beside one that serves or at once, whatever has failed before."""
        if self._workers.active is not None:
            self.replace_active()
        else:
            self._tally.forgive()
            self.start()

    def _stay(self, reason: str) -> None:
        """Go on as this version, for a reason that is told."""
        self._tally.count_failure(reason)
        self._renew()


Step: TypeAlias = Callable[[Steps], None]
