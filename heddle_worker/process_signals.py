"""What signals mean to a worker: nothing, since its supervisor decides."""

from __future__ import annotations

import signal
from types import FrameType


def leave_to_supervisor() -> None:
    """Let the signals that end or reload a daemon pass by; undo what the fork has copied.

    A terminal sends SIGINT to all processes of the group. A function that does nothing is better
    than `SIG_IGN`: the latter would be handed down to hooks and to git, which then could not be
    interrupted either.
    """
    signal.set_wakeup_fd(-1)
    for signum in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(signum, _pass_by)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_SETMASK, ())


def _pass_by(_signum: int, _frame: FrameType | None) -> None:
    """Do nothing."""
