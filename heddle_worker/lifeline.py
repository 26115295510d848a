"""A worker must not outlive its supervisor: the end of their link ends it."""

from __future__ import annotations

import os
import select
import threading
from typing import NoReturn

from heddle_supervisor.worker_link import WorkerLink


def hold(link: WorkerLink) -> None:
    """End this process as soon as the other side of the link is gone, whatever it is doing.

    A thread of its own waits for that: the event loop may be held up by a call.
    """
    threading.Thread(target=_wait, args=(link.fileno(),), name="lifeline", daemon=True).start()


def cut() -> NoReturn:
    """End this process now; nobody is left to whom anything could be said."""
    os._exit(0)


def _wait(descriptor: int) -> None:
    poll = select.poll()
    # Without any event asked for, only the end of the other side is reported, never its messages.
    poll.register(descriptor, 0)
    poll.poll()
    cut()
