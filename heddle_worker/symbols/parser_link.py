"""The worker's side of one parser process."""

from __future__ import annotations

import contextlib
import marshal
import signal
import socket
import subprocess
import sys
from collections.abc import Sequence
from typing import Final, TypeAlias

from heddle_worker.symbols.limits import ParserLimits
from heddle_worker.symbols.parser_process import LENGTH_BYTES

SourceToParse: TypeAlias = tuple[str, bytes, bytes]
"""A source: its language, its path and its bytes."""
Reply: TypeAlias = tuple[bool, bytes]
"""Whether a source has syntax errors, and its symbols for `encode`."""

# The interpreter reads neither its environment nor what is installed for it, which takes longer
# than all the rest of its start: it searches where this process does.
_PROGRAM: Final = (
    "import sys; seconds, memory, *sys.path = sys.argv[1:]; "
    "from heddle_worker.symbols.parser_process import main; "
    "sys.exit(main(float(seconds), int(memory)))"
)
_CHUNK_BYTES: Final = 1024 * 1024
_END_SECONDS: Final = 1.0


class NoReplyError(Exception):
    """A parser process has ended, or had to be ended, before it had answered.

    Attributes:
        status: its exit status, negative for a signal; `None` when it did not answer in time.
    """

    def __init__(self, status: int | None) -> None:
        super().__init__(f"a parser process has ended with {status}")
        self.status = status

    @property
    def is_too_slow(self) -> bool:
        """Whether it took too long, be it by the clock or by the processor's time."""
        return self.status is None or self.status == -signal.SIGPROF


class ParserLink:
    """A parser process, started when it is asked first and again after it has ended.

    Only one thread may use it at a time.
    """

    def __init__(self, limits: ParserLimits) -> None:
        self._limits = limits
        self._running: tuple[subprocess.Popen[bytes], socket.socket] | None = None

    def ask(self, sources: Sequence[SourceToParse]) -> list[Reply]:
        """Return the reply for each of the sources.

        Raises:
            NoReplyError: there was none.
            OSError: no process could be started.
        """
        if self._running is None:
            self._running = self._start()
        connection = self._running[1]
        request = marshal.dumps(list(sources))
        try:
            connection.sendall(len(request).to_bytes(LENGTH_BYTES, "big") + request)
            reply_length = int.from_bytes(_receive(connection, LENGTH_BYTES), "big")
            replies: list[Reply] = marshal.loads(  # noqa: S302 - from a process of our own
                _receive(connection, reply_length)
            )
        except TimeoutError as error:
            self._end(0.0)
            raise NoReplyError(None) from error
        except (OSError, EOFError) as error:
            raise NoReplyError(self._end(_END_SECONDS)) from error
        return replies

    def close(self) -> None:
        """End the process, if there is one."""
        self._end(_END_SECONDS)

    def _start(self) -> tuple[subprocess.Popen[bytes], socket.socket]:
        limits = self._limits
        numbers = [str(limits.processor_seconds), str(limits.memory_bytes)]
        ours, theirs = socket.socketpair()
        ours.settimeout(limits.wall_seconds)
        with theirs:
            try:
                process = subprocess.Popen(  # noqa: S603 - this interpreter, and words that are ours
                    [sys.executable, "-I", "-S", "-c", _PROGRAM, *numbers, *filter(None, sys.path)],
                    stdin=theirs.fileno(),
                    stdout=theirs.fileno(),
                )
            except BaseException:
                ours.close()
                raise
        return process, ours

    def _end(self, seconds: float) -> int | None:
        """End the process, within `seconds` by itself; return its exit status if there is one."""
        if self._running is None:
            return None
        process, connection = self._running
        self._running = None
        # The end of its input ends it.
        connection.close()
        with contextlib.suppress(subprocess.TimeoutExpired):
            return process.wait(timeout=seconds)
        process.kill()
        return process.wait()


def _receive(connection: socket.socket, size: int) -> bytes:
    """Return so many bytes.

    Raises:
        EOFError: there are fewer.
        OSError: the other side is gone, or silent for too long.
    """
    received = bytearray()
    while len(received) < size:
        chunk = connection.recv(min(size - len(received), _CHUNK_BYTES))
        if not chunk:
            raise EOFError
        received += chunk
    return bytes(received)
