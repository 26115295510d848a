"""The words of the supervisor's state machine: the daemon's states, and what can happen to it."""

from __future__ import annotations

import enum


class DaemonState(enum.Enum):
    """Where the daemon is in its life."""

    STARTING = "starting"
    """The lock is held, and a worker is on its way: the first, or the successor of a dead one."""
    SERVING = "serving"
    """The published worker serves; the next one is warming up, or warm, beside it."""
    BACKOFF = "backoff"
    """Waiting before the next attempt to start a worker."""
    FAILED = "failed"
    """Nothing more is tried until a reload."""
    DRAINING = "draining"
    """Stopping: no new calls; those in flight have the grace period."""
    STOPPED = "stopped"


class Event(enum.Enum):
    """What can happen.

    The *active* worker is the published one, *next* the one that will follow it, and *former* ones
    were active once and are on their way out. Overdue is a worker that did not start in time, or
    whose heart did not beat.
    """

    NEXT_WARM = "next_warm"
    NEXT_SERVING = "next_serving"
    NEXT_OVERDUE = "next_overdue"
    NEXT_EXITED = "next_exited"
    ACTIVE_SERVING = "active_serving"
    ACTIVE_OVERDUE = "active_overdue"
    ACTIVE_DYING = "active_dying"
    ACTIVE_EXITED = "active_exited"
    FORMER_OVERDUE = "former_overdue"
    FORMER_EXITED = "former_exited"
    PAUSE_ELAPSED = "pause_elapsed"
    GRACE_ELAPSED = "grace_elapsed"
    FILES_VANISHED = "files_vanished"
    SOCKET_VANISHED = "socket_vanished"
    PIDFILE_OVERWRITTEN = "pidfile_overwritten"
    MEMORY_EXCEEDED = "memory_exceeded"
    RELOAD = "reload"
    TRIAL_PASSED = "trial_passed"
    TRIAL_FAILED = "trial_failed"
    IDLE = "idle"
    STOP = "stop"
