"""Runs tiny daemons for tests, and looks at them from outside."""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

import psutil
from waiting import DEADLINE, wait_until

from heddle_supervisor.config import LocalDaemonConfig
from heddle_supervisor.process_identity import pid_alive
from heddle_supervisor.status_file import PublicState, StatusRecord, read_status

_SCRIPT: Final = Path(__file__).with_name("tiny_daemon.py")
_FIELD: Final = re.compile(r'(\w+)=("(?:[^"\\]|\\.)*"|\S+)')
# Deaths in start-up follow one another quickly, so that giving up takes no time either.
_QUICK: Final[dict[str, object]] = {"backoff_first": 0.01, "backoff_max": 0.02, "grace": 20.0}


class Call:
    """A connection to a worker, which keeps it busy until it is closed."""

    def __init__(self, path: Path) -> None:
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.settimeout(DEADLINE)
        self._socket.connect(str(path))
        self._lines = self._socket.makefile("rb")

    def send(self, line: str) -> None:
        self._socket.sendall(line.encode() + b"\n")

    def ask(self, line: str = "who") -> dict[str, Any]:
        """Send a line and return what the worker says of itself.

        Raises:
            ConnectionError: the worker is gone.
        """
        self.send(line)
        answer = self._lines.readline()
        if not answer:
            raise ConnectionResetError("the worker closed the connection")
        body: dict[str, Any] = json.loads(answer)
        return body

    def close(self) -> None:
        self._lines.close()
        self._socket.close()


class TinyDaemon:
    """A daemon in a directory of its own; `start` may be called again after it has ended."""

    def __init__(self, room: Path, **limits: object) -> None:
        self.room = room
        self.config = LocalDaemonConfig.for_heddle_dir(room / ".heddle")
        self.orders = room / "orders"
        self.orders.mkdir(exist_ok=True)
        self.process: subprocess.Popen[str]
        self._limits = {**_QUICK, **limits}
        self._started: list[subprocess.Popen[str]] = []

    def start(self, **arguments: object) -> subprocess.Popen[str]:
        """Run the daemon in a process of its own, without waiting for anything."""
        body = {"heddle_dir": str(self.config.heddle_dir), "limits": self._limits, **arguments}
        self.process = subprocess.Popen(
            [sys.executable, _SCRIPT, json.dumps(body)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self._started.append(self.process)
        return self.process

    def start_serving(self, **arguments: object) -> StatusRecord:
        """Run the daemon and wait until it serves, with its standby warm where it has one."""
        self.start(**arguments)
        return self.settled()

    def settled(self) -> StatusRecord:
        """Wait until a worker serves and its standby, where there is to be one, is warm."""
        standby = self._limits.get("standby", True)
        return self.until(
            lambda status: (
                status.state is PublicState.SERVING
                and pid_alive(status.worker_pid or 0)
                and (status.standby_pid is not None or not standby)
            ),
            "the daemon serves",
        )

    def until(self, condition: Callable[[StatusRecord], bool], what: str) -> StatusRecord:
        """Wait until the published state of the running daemon fulfils a condition; return it."""

        def look() -> StatusRecord | None:
            if self.process.poll() is not None:
                raise AssertionError(f"the daemon ended before {what}: {self.end()}\n{self.log()}")
            record = self.status()
            if record is None or record.pid != self.process.pid or not condition(record):
                return None
            return record

        try:
            return wait_until(look, what)
        except AssertionError as error:
            raise AssertionError(f"{error}\nstate: {self.status()}\n{self.log()}") from None

    def status(self) -> StatusRecord | None:
        return read_status(self.config.status_path)

    def call(self) -> Call:
        """Begin a call, by whatever worker is published."""
        return Call(self.config.socket_path)

    def ask(self, line: str = "who") -> dict[str, Any]:
        """Make one call."""
        with contextlib.closing(self.call()) as call:
            return call.ask(line)

    def order(self, name: str, text: str = "") -> None:
        """Give an order to workers; see `tiny_daemon`."""
        path = self.orders / name
        temporary = path.with_suffix(".tmp")
        temporary.write_text(text, encoding="ascii")
        temporary.replace(path)

    def withdraw(self, name: str) -> None:
        (self.orders / name).unlink()

    def end(self) -> tuple[int, str]:
        """Wait for the process to end; return its exit code and what it wrote to stderr."""
        _, stderr = self.process.communicate(timeout=DEADLINE)
        return self.process.returncode, stderr

    def stop(self) -> int:
        """Send SIGTERM, wait for the end and return the exit code."""
        self.process.send_signal(signal.SIGTERM)
        return self.end()[0]

    def kill_supervisor(self) -> list[int]:
        """Kill the supervisor alone; return the pids that its workers had."""
        workers = self.workers()
        self.process.kill()
        self.process.wait()
        return workers

    def workers(self) -> list[int]:
        """Return the pids of the daemon's workers, whatever the daemon says of them."""
        try:
            return [child.pid for child in psutil.Process(self.process.pid).children()]
        except psutil.NoSuchProcess:
            return []

    def log(self) -> str:
        try:
            return self.config.log_path.read_text(encoding="utf-8")
        except OSError:
            return ""

    def events(self, name: str) -> list[dict[str, str]]:
        """Return the logged events of this name, oldest first."""
        found = (dict(_FIELD.findall(line)) for line in self.log().splitlines())
        return [
            {k: json.loads(v) if v.startswith('"') else v for k, v in fields.items()}
            for fields in found
            if fields["event"] == name
        ]

    def files(self) -> set[str]:
        """Return the names in the directory of sockets."""
        return {path.name for path in self.config.pid_path.parent.iterdir()}

    def clean_up(self) -> None:
        """End every process that was started; workers follow their daemon by themselves."""
        for process in self._started:
            workers = [] if process.poll() is not None else self.workers()
            for pid in (process.pid, *workers):
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGCONT)
            process.kill()
            process.communicate()


@contextlib.contextmanager
def tiny_daemon(room: Path, **limits: object) -> Iterator[TinyDaemon]:
    """Make a daemon that can be started, and end whatever is left of it afterwards."""
    daemon = TinyDaemon(room, **limits)
    try:
        yield daemon
    finally:
        daemon.clean_up()
