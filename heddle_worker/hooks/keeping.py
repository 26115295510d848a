"""The worker's side of the keeper: bringing it up, and having it run commands."""

from __future__ import annotations

import asyncio
import contextlib
import json
import signal
import socket
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from heddle_worker.hooks.warden import LENGTH_BYTES

_PROGRAM: Final = "import sys; sys.path.insert(0, sys.argv[1]); \
from heddle_worker.hooks.keeper import main; main(int(sys.argv[2]))"
_PACKAGES: Final = Path(__file__).parents[2]
_GRACE_SECONDS: Final = 0.08
_PAUSE_SECONDS: Final = 0.001


@dataclass(frozen=True, slots=True)
class Order:
    """A command to be run.

    Attributes:
        words: the program and its arguments.
        environment: all of it.
        directory: where it runs.
        given: what it reads.
        seconds: how long it may take.
    """

    words: Sequence[str]
    environment: Mapping[str, str]
    directory: Path
    given: str
    seconds: float

    def encoded(self) -> bytes:
        """Return it as the warden reads it."""
        text = json.dumps(
            {
                "words": list(self.words),
                "environment": dict(self.environment),
                "directory": str(self.directory),
                "given": self.given,
                "seconds": self.seconds,
            }
        ).encode()
        return len(text).to_bytes(LENGTH_BYTES, "big") + text


@dataclass(frozen=True, slots=True)
class Ended:
    """How a command has ended.

    Attributes:
        ending: `exited`, `signalled`, `timed_out`, `too_much`, `not_started` or `lost`.
        number: exit status, signal, or the system's error number.
        output, complaint: what it wrote, as far as it was kept.
    """

    ending: str
    number: int = 0
    output: bytes = b""
    complaint: bytes = b""


class Keeper:
    """Runs commands by way of a process of its own, which is started when it is first needed.

    On the event loop's thread.
    """

    def __init__(self) -> None:
        self._control: socket.socket | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self._starting = asyncio.Lock()

    async def run(self, order: Order) -> Ended:
        """Run a command; when the caller is cancelled, it is ended.

        What is left of it some 0.1 s after its time was over is killed, wherever it has gone.

        Raises:
            OSError: the process that starts commands cannot be started itself.
        """
        ours, theirs = socket.socketpair()
        with ours, theirs:
            ours.setblocking(False)
            await self._hand_over(theirs)
            theirs.close()
            try:
                async with asyncio.timeout(order.seconds + _GRACE_SECONDS):
                    return await _talk(ours, order.encoded())
            except TimeoutError:
                return Ended("timed_out")
            except (OSError, EOFError):
                return Ended("lost")

    async def start(self) -> None:
        """Have the process ready.

        Raises:
            OSError: it cannot be started.
        """
        async with self._starting:
            if self._control is None:
                self._process, self._control = await asyncio.to_thread(_start)

    def close(self) -> None:
        """Let the process end, and with it whatever it runs."""
        if self._control is not None:
            self._control.close()
            self._control = None
        if self._process is not None:
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(1)
            self._process = None

    async def _hand_over(self, connection: socket.socket) -> None:
        for is_last in (False, True):
            await self.start()
            try:
                await self._send(connection.fileno())
            except OSError:
                self.close()
                if is_last:
                    raise
            else:
                return

    async def _send(self, descriptor: int) -> None:
        while self._control is not None:
            try:
                socket.send_fds(self._control, [b"."], [descriptor])
            except BlockingIOError:
                await asyncio.sleep(_PAUSE_SECONDS)
            else:
                return


def _start() -> tuple[subprocess.Popen[bytes], socket.socket]:
    ours, theirs = socket.socketpair()
    with theirs:
        try:
            process = subprocess.Popen(  # noqa: S603 - our own program
                [sys.executable, "-I", "-S", "-c", _PROGRAM, _PACKAGES, str(theirs.fileno())],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                pass_fds=(theirs.fileno(),),
                start_new_session=True,
            )
        except BaseException:
            ours.close()
            raise
    ours.setblocking(False)
    return process, ours


async def _talk(connection: socket.socket, order: bytes) -> Ended:
    loop = asyncio.get_running_loop()
    await loop.sock_sendall(connection, order)
    buffer = bytearray()

    async def take(count: int) -> bytes:
        while len(buffer) < count:
            data = await loop.sock_recv(connection, 65_536)
            if not data:
                raise EOFError
            buffer.extend(data)
        taken = bytes(buffer[:count])
        del buffer[:count]
        return taken

    length = int.from_bytes(await take(LENGTH_BYTES), "big")
    head: dict[str, Any] = json.loads(await take(length))
    output = await take(head["output"])
    return Ended(head["ending"], head["number"], output, await take(head["complaint"]))


def signal_name(number: int) -> str:
    """Return a signal's name, as people know it."""
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"
