"""What a service manager wants to hear (sd_notify(3)): one datagram for each change.

Nothing happens unless `$NOTIFY_SOCKET` says where to send it. The variable stays in the
supervisor's environment, for the version that may replace it, and is kept from the workers.
"""

from __future__ import annotations

import contextlib
import os
import socket
import time
from typing import Final

from heddle_supervisor.event_loop import EventLoop

_NOTIFY_SOCKET: Final = "NOTIFY_SOCKET"
_WATCHDOG_USEC: Final = "WATCHDOG_USEC"
_WATCHDOG_PID: Final = "WATCHDOG_PID"


class ServiceManager:
    """Tells systemd, or whoever started this process and listens, how it is."""

    def __init__(self) -> None:
        self._address = os.environ.get(_NOTIFY_SOCKET, "")
        self._status = ""

    def ready(self) -> None:
        """The daemon serves: for the first time, or again after a reload."""
        self._send("READY=1", f"MAINPID={os.getpid()}")

    def reloading(self) -> None:
        """A reload has begun; `ready` follows. The time is what `Type=notify-reload` asks for."""
        microseconds = time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000
        self._send("RELOADING=1", f"MONOTONIC_USEC={microseconds}")

    def stopping(self) -> None:
        """The daemon drains and will end."""
        self._send("STOPPING=1")

    def status(self, text: str) -> None:
        """Say in one phrase what the daemon does, where that has changed."""
        if text != self._status:
            self._status = text
            self._send(f"STATUS={text}")

    def keep_fed(self, loop: EventLoop) -> None:
        """Feed the watchdog now and from now on, if there is one."""
        interval = self._watchdog_interval()
        if interval is not None:
            self._send("WATCHDOG=1")
            loop.call_at(time.monotonic() + interval, lambda: self.keep_fed(loop))

    def _watchdog_interval(self) -> float | None:
        """Seconds between two feedings, half of what is allowed; None if nobody watches."""
        allowed = os.environ.get(_WATCHDOG_USEC, "")
        watched = os.environ.get(_WATCHDOG_PID, str(os.getpid()))
        if not self._address or not allowed.isdigit() or watched != str(os.getpid()):
            return None
        return int(allowed) / 1_000_000 / 2 or None

    def _send(self, *lines: str) -> None:
        if not self._address:
            return
        # A leading @ stands for the NUL of Linux's abstract names.
        address = "\0" + self._address[1:] if self._address.startswith("@") else self._address
        with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as out:
            out.sendto("\n".join(lines).encode(), address)
