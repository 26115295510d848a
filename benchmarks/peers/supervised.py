"""Any other supervisor, driven in the foreground with one worker."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import time
from contextlib import suppress
from pathlib import Path
from typing import Final

import psutil

from benchmarks import processes
from benchmarks.health_client import until_answered
from benchmarks.peers.environment import PeerEnvironment
from benchmarks.peers.peer import Command, MissingError, Peer, Site
from benchmarks.peers.subject import SETTLED, Round, memory_of
from benchmarks.report import BenchmarkError

_END_WITHIN: Final = 15.0
_LOG: Final = "supervisor.log"


class PeerSubject:
    """One supervisor under measurement."""

    def __init__(self, peer: Peer, home: Path, environment: PeerEnvironment) -> None:
        """Install it and write its configuration.

        Raises:
            MissingError: It is not there, and cannot be installed.
        """
        environment.require(peer.packages)
        for program in peer.programs:
            if shutil.which(program) is None:
                raise MissingError(f"there is no command {program}")
        self.name = peer.name
        self.rival = peer.rival
        self._home = home
        self._site = Site(home, home / "worker.sock", environment.programs)
        self._commands = peer.lay_out(self._site)
        self._answers = peer.answers
        self._process: subprocess.Popen[bytes] | None = None

    def measure(self) -> Round:
        """Start, ask, kill the worker, stop."""
        begin = time.monotonic()
        supervisor = self._start()
        start = self._first_reply() - begin
        time.sleep(SETTLED)
        memory = memory_of(supervisor.pid)
        status = self._run(self._commands.status) if self._commands.status else None
        failover = self._fail_over(supervisor.pid)
        worker = os.pidfd_open(self._worker(supervisor.pid))
        try:
            stop = self._stop(supervisor)
            outlived = supervisor.poll() is None or not processes.has_ended(worker)
            if not processes.has_ended(worker, within=_END_WITHIN):
                raise BenchmarkError("its worker has not ended")
        finally:
            processes.end(worker)
        self._wait(supervisor)
        self.end()
        return Round(start * 1000, status, memory, failover * 1000, stop, outlived)

    def end(self) -> None:
        """End the supervisor and its workers, if any of them still run."""
        if self._process is None:
            return
        with suppress(psutil.Error):
            children = psutil.Process(self._process.pid).children(recursive=True)
            for child in (psutil.Process(self._process.pid), *children):
                with suppress(psutil.Error):
                    child.kill()
        self._process.wait()
        self._process = None
        self._site.socket.unlink(missing_ok=True)

    def _start(self) -> subprocess.Popen[bytes]:
        with (self._home / _LOG).open("ab") as log:
            self._process = subprocess.Popen(
                self._commands.supervise,
                cwd=self._home,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        return self._process

    def _first_reply(self) -> float:
        return until_answered(lambda: self._answers(self._site.socket))

    def _fail_over(self, supervisor: int) -> float:
        """Kill the worker; return the seconds until another one answers."""
        before = self._worker(supervisor)
        handle = os.pidfd_open(before)
        try:
            if before != self._worker(supervisor):
                raise BenchmarkError("the worker was replaced while it was looked at")
            begin = time.monotonic()
            signal.pidfd_send_signal(handle, signal.SIGKILL)
        finally:
            os.close(handle)
        seconds = self._first_reply() - begin
        if self._worker(supervisor) == before:
            raise BenchmarkError("the worker survived SIGKILL")
        return seconds

    def _worker(self, supervisor: int) -> int:
        """Return the pid of the one descendant that has the socket on its command line."""
        socket = str(self._site.socket)
        for child in psutil.Process(supervisor).children(recursive=True):
            with suppress(psutil.Error):
                if any(socket in word for word in child.cmdline()):
                    return child.pid
        raise BenchmarkError(f"it has no worker; see its log: {self._last_words()}")

    def _stop(self, supervisor: subprocess.Popen[bytes]) -> float:
        """Return the milliseconds until the stop command returns, or SIGTERM has worked."""
        if self._commands.stop is not None:
            return self._run(self._commands.stop)
        begin = time.monotonic()
        supervisor.terminate()
        self._wait(supervisor)
        return (time.monotonic() - begin) * 1000

    def _wait(self, supervisor: subprocess.Popen[bytes]) -> None:
        try:
            supervisor.wait(_END_WITHIN)
        except subprocess.TimeoutExpired as error:
            raise BenchmarkError(f"it does not stop: {self._last_words()}") from error

    def _run(self, command: Command) -> float:
        milliseconds, _ = processes.timed_run(command, cwd=self._home, environment=os.environ)
        return milliseconds

    def _last_words(self) -> str:
        lines = (self._home / _LOG).read_text(errors="replace").splitlines()
        return lines[-1] if lines else "it said nothing"
