"""Runs one command, and sees to it that nothing of it is left afterwards.

The warden is a process that does only this. Each costs a fork of the keeper, so little is imported
here. It is the parent of the command and, where the system has that, adopts what the command leaves
behind, whatever session that has fled to. Its connection is its only tie: what it has to run comes
in over it and the outcome goes out; when the other side is gone, the command is ended too.
"""

from __future__ import annotations

import contextlib
import errno
import json
import os
import select
import signal
import socket
import time
from typing import Any, Final, NoReturn

from heddle_supervisor.prctl import adopt_orphans, die_with_parent

MOST_OUTPUT: Final = 1024 * 1024
"""Bytes of standard output that a command may write."""

MOST_COMPLAINT: Final = 16 * 1024
"""Bytes of standard error that are kept; the rest is read and dropped."""

LENGTH_BYTES: Final = 4

_TERM_SECONDS: Final = 0.05
_KILL_SECONDS: Final = 5.0
_SEND_SECONDS: Final = 5.0
_CHUNK: Final = 65_536
_CANNOT_START: Final = 127


def serve(connection: socket.socket) -> None:
    """Run the command that comes in over a connection, and send back how it ended."""
    # What the keeper ignores has to be heard here: the end of the command.
    signal.signal(signal.SIGCHLD, lambda _signum, _frame: None)
    adopt_orphans()
    order = _receive(connection)
    if order is not None:
        with contextlib.suppress(OSError):
            _Run(connection, order).go()


def _receive(connection: socket.socket) -> dict[str, Any] | None:
    """Return what is to be done, `None` when the other side went away instead."""
    with connection.makefile("rb") as stream:
        length = int.from_bytes(stream.read(LENGTH_BYTES), "big")
        text = stream.read(length)
    if not length or len(text) < length:
        return None
    order: dict[str, Any] = json.loads(text)
    return order


class _Kept:
    """What a command writes to one of its streams, up to a limit."""

    def __init__(self, most: int) -> None:
        self.content = bytearray()
        self.is_over = False
        self._most = most

    def add(self, data: bytes) -> None:
        room = self._most - len(self.content)
        self.content += data[:room]
        self.is_over |= len(data) > room


class _Run:
    """One command, from its start until nothing of it is left."""

    def __init__(self, connection: socket.socket, order: dict[str, Any]) -> None:
        self._connection = connection
        self._words: list[str] = order["words"]
        self._environment: dict[str, str] = order["environment"]
        self._directory: str = order["directory"]
        self._given = memoryview(order["given"].encode())
        self._deadline = time.monotonic() + order["seconds"]
        self._output = _Kept(MOST_OUTPUT)
        self._complaint = _Kept(MOST_COMPLAINT)
        self._status: int | None = None
        self._is_abandoned = False

    def go(self) -> None:
        """Start the command, wait for its end, tell of it, and clear up."""
        wake, self._wake_end = os.pipe()
        os.set_blocking(self._wake_end, False)
        os.set_blocking(wake, False)
        signal.set_wakeup_fd(self._wake_end)
        stdin, stdout, stderr, failure = os.pipe(), os.pipe(), os.pipe(), os.pipe()
        self._pid = os.fork()
        if self._pid == 0:
            self._become(stdin[0], stdout[1], stderr[1], failure[1])
        for descriptor in (stdin[0], stdout[1], stderr[1], failure[1]):
            os.close(descriptor)
        number = int.from_bytes(os.read(failure[0], LENGTH_BYTES), "big")
        if number:
            self._report("not_started", number)
            return
        self._attend(stdin[1], stdout[0], stderr[0], wake)

    def _become(self, stdin: int, stdout: int, stderr: int, failure: int) -> NoReturn:
        """Turn this forked process into the command."""
        number = errno.EINVAL
        try:
            os.setsid()
            die_with_parent()
            for signum in (signal.SIGCHLD, signal.SIGPIPE, signal.SIGXFSZ):
                signal.signal(signum, signal.SIG_DFL)
            for descriptor, number in ((stdin, 0), (stdout, 1), (stderr, 2)):
                os.dup2(descriptor, number)
            os.chdir(self._directory)
            os.execvpe(self._words[0], self._words, self._environment)  # noqa: S606 - no shell wanted
        except OSError as error:
            number = error.errno or errno.EINVAL
        except ValueError:
            # A NUL, or nothing at all, where the system takes words.
            number = errno.EINVAL
        os.write(failure, number.to_bytes(LENGTH_BYTES, "big"))
        os._exit(_CANNOT_START)

    def _attend(self, stdin: int, stdout: int, stderr: int, wake: int) -> None:
        """Feed the command and listen to it until it ends, one way or another."""
        kept = {stdout: self._output, stderr: self._complaint}
        poll = select.poll()
        for descriptor in (*kept, wake, self._connection.fileno()):
            poll.register(descriptor, select.POLLIN)
        os.set_blocking(stdin, False)
        for descriptor in kept:
            os.set_blocking(descriptor, False)
        poll.register(stdin, select.POLLOUT)
        while self._status is None and not self._output.is_over and not self._is_abandoned:
            left = self._deadline - time.monotonic()
            if left <= 0:
                break
            for descriptor, _event in poll.poll(left * 1000):
                if descriptor == wake:
                    _read(wake)
                    self._reap()
                elif descriptor == stdin:
                    self._feed(poll, stdin)
                elif descriptor in kept:
                    if (data := _read(descriptor)) == b"":
                        poll.unregister(descriptor)
                    kept[descriptor].add(data or b"")
                else:
                    # Nothing more is ever said over it: it is the end.
                    self._is_abandoned = True
        self._finish(kept)

    def _feed(self, poll: select.poll, stdin: int) -> None:
        try:
            written = os.write(stdin, self._given[:_CHUNK])
        except BlockingIOError:
            return
        except BrokenPipeError:
            written = len(self._given)
        self._given = self._given[written:]
        if not self._given:
            poll.unregister(stdin)
            os.close(stdin)

    def _finish(self, kept: dict[int, _Kept]) -> None:
        if self._status is not None:
            # What it wrote last may still be in the pipes; others may hold these open for ever.
            for descriptor, stream in kept.items():
                while not stream.is_over and (data := _read(descriptor)):
                    stream.add(data)
            is_signal = os.WIFSIGNALED(self._status)
            number = os.waitstatus_to_exitcode(self._status)
            self._report("signalled" if is_signal else "exited", abs(number))
        elif self._output.is_over:
            self._report("too_much", 0)
        elif not self._is_abandoned:
            self._report("timed_out", 0)
        self._clear_up()

    def _report(self, ending: str, number: int) -> None:
        """Say how it ended; the other side need not wait until all is cleared up."""
        if self._output.is_over and ending != "not_started":
            ending = "too_much"
        head = {
            "ending": ending,
            "number": number,
            "output": len(self._output.content),
            "complaint": len(self._complaint.content),
        }
        text = json.dumps(head).encode()
        self._connection.settimeout(_SEND_SECONDS)
        with contextlib.suppress(OSError):
            self._connection.sendall(
                len(text).to_bytes(LENGTH_BYTES, "big")
                + text
                + self._output.content
                + self._complaint.content
            )

    def _clear_up(self) -> None:
        """End what is left: politely where the command itself still runs, then all of it."""
        if self._status is None:
            self._signal_group(signal.SIGTERM)
            self._await_end(_TERM_SECONDS)
        latest = time.monotonic() + _KILL_SECONDS
        self._signal_group(signal.SIGKILL)
        while self._reap() and time.monotonic() < latest:
            for pid in _children():
                with contextlib.suppress(OSError):
                    os.kill(pid, signal.SIGKILL)
            self._await_end(0.01)

    def _await_end(self, seconds: float) -> None:
        latest = time.monotonic() + seconds
        while self._reap() and (left := latest - time.monotonic()) > 0:
            # Woken by each child's end.
            select.select([], [], [], min(left, 0.005))

    def _signal_group(self, signum: int) -> None:
        with contextlib.suppress(OSError):
            os.killpg(self._pid, signum)

    def _reap(self) -> bool:
        """Take note of those that have ended; return whether any are left."""
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return False
            if pid == 0:
                return True
            if pid == self._pid:
                self._status = status


def _read(descriptor: int) -> bytes | None:
    """Return what there is; nothing at the end, `None` when there is nothing yet."""
    try:
        return os.read(descriptor, _CHUNK)
    except BlockingIOError:
        return None


def _children() -> list[int]:
    """Return the pids of this process's children, as far as the system tells."""
    own, found = os.getpid(), []
    with contextlib.suppress(OSError), os.scandir("/proc") as processes:
        for entry in processes:
            if entry.name.isdigit() and _parent_of(entry.path) == own:
                found.append(int(entry.name))
    return found


def _parent_of(process: str) -> int:
    """Return the pid of a process's parent, 0 when it is gone."""
    try:
        descriptor = os.open(f"{process}/stat", os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return 0
    try:
        # The name, in parentheses, may hold anything.
        return int(os.read(descriptor, 4_096).rpartition(b")")[2].split()[1])
    except (OSError, IndexError, ValueError):
        return 0
    finally:
        os.close(descriptor)
