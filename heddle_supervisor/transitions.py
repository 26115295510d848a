"""The state machine of the supervisor, as a table: the state, what happens, what is done about it.

Beside a step stands the state that it leads to, or those that it may lead to; without a word there
the state stays. Besides, a fork that fails leads from STARTING to BACKOFF or FAILED, and a socket's
directory that is gone to DRAINING. An event without an entry changes nothing in that state.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from heddle_supervisor.daemon_states import DaemonState, Event
from heddle_supervisor.steps import Step, Steps

TRANSITIONS: Final[Mapping[DaemonState, Mapping[Event, Step]]] = {
    DaemonState.STARTING: {
        Event.NEXT_WARM: Steps.take_over,
        Event.NEXT_EXITED: Steps.start_or_pause,  # BACKOFF, FAILED
        Event.ACTIVE_SERVING: Steps.enter_serving,  # SERVING
        Event.ACTIVE_EXITED: Steps.recover,  # BACKOFF, FAILED
        Event.PAUSE_ELAPSED: Steps.spawn_next,
        Event.RELOAD: Steps.postpone_reload,
        Event.TRIAL_PASSED: Steps.postpone_upgrade,
        Event.TRIAL_FAILED: Steps.note_refusal,
        Event.PIDFILE_OVERWRITTEN: Steps.write_pidfile_anew,
        Event.FILES_VANISHED: Steps.drain,  # DRAINING
        Event.STOP: Steps.drain,  # DRAINING
    },
    DaemonState.SERVING: {
        Event.NEXT_WARM: Steps.continue_reload,
        Event.NEXT_SERVING: Steps.succeed,
        Event.NEXT_EXITED: Steps.replace_standby,
        Event.ACTIVE_OVERDUE: Steps.replace_lost,  # STARTING
        Event.ACTIVE_DYING: Steps.replace_lost,  # STARTING
        Event.ACTIVE_EXITED: Steps.recover,  # STARTING
        Event.PAUSE_ELAPSED: Steps.spawn_next,
        Event.RELOAD: Steps.reload,
        Event.TRIAL_PASSED: Steps.execute_upgrade,
        Event.TRIAL_FAILED: Steps.refuse_upgrade,
        Event.SOCKET_VANISHED: Steps.replace_active,
        Event.MEMORY_EXCEEDED: Steps.replace_active,
        Event.IDLE: Steps.drain,  # DRAINING
        Event.PIDFILE_OVERWRITTEN: Steps.write_pidfile_anew,
        Event.FILES_VANISHED: Steps.drain,  # DRAINING
        Event.STOP: Steps.drain,  # DRAINING
    },
    DaemonState.BACKOFF: {
        Event.PAUSE_ELAPSED: Steps.start,  # STARTING
        Event.RELOAD: Steps.retry,  # STARTING
        Event.TRIAL_PASSED: Steps.execute_upgrade,  # STARTING
        Event.TRIAL_FAILED: Steps.refuse_upgrade,  # STARTING
        Event.PIDFILE_OVERWRITTEN: Steps.write_pidfile_anew,
        Event.FILES_VANISHED: Steps.drain,  # DRAINING
        Event.STOP: Steps.drain,  # DRAINING
    },
    DaemonState.FAILED: {
        Event.RELOAD: Steps.retry,  # STARTING
        Event.TRIAL_PASSED: Steps.execute_upgrade,  # STARTING
        Event.TRIAL_FAILED: Steps.refuse_upgrade,  # STARTING
        Event.PIDFILE_OVERWRITTEN: Steps.write_pidfile_anew,
        Event.FILES_VANISHED: Steps.drain,  # DRAINING
        Event.STOP: Steps.drain,  # DRAINING
    },
    DaemonState.DRAINING: {
        Event.NEXT_EXITED: Steps.end_when_alone,  # STOPPED
        Event.ACTIVE_EXITED: Steps.end_when_alone,  # STOPPED
        Event.FORMER_EXITED: Steps.end_when_alone,  # STOPPED
        Event.GRACE_ELAPSED: Steps.kill_all,
        Event.STOP: Steps.kill_all,
    },
    DaemonState.STOPPED: {},
}
