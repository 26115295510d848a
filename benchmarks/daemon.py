"""One daemon in a temporary repository, driven through its command line like by anybody."""

from __future__ import annotations

import json
import os
import signal
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import psutil

from benchmarks.processes import timed_run
from benchmarks.report import BenchmarkError

_WARM_WITHIN: Final = 30.0
_ASK_AGAIN: Final = 0.005
_IDENTITY: Final = {
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_AUTHOR_NAME": "Benchmark",
    "GIT_AUTHOR_EMAIL": "benchmark@example.com",
    "GIT_COMMITTER_NAME": "Benchmark",
    "GIT_COMMITTER_EMAIL": "benchmark@example.com",
}


@dataclass(frozen=True, slots=True)
class Status:
    """What `heddle agent status --json` says of a running daemon."""

    supervisor: int
    worker: int | None
    standby: int | None
    socket: Path
    version: str

    @classmethod
    def parse(cls, text: str) -> Status:
        """Return the status in the command's output, or in the status file.

        Raises:
            BenchmarkError: The daemon does not run, or the output is of another shape.
        """
        try:
            body = json.loads(text)
            # The file exists while the daemon runs, and does not say so itself.
            if not body.get("running", True):
                raise BenchmarkError("the daemon has ended by itself")
            return cls(
                supervisor=body["pid"],
                worker=body["worker_pid"],
                standby=body["standby_pid"],
                socket=Path(body["socket_path"]),
                version=body["version"],
            )
        except (ValueError, KeyError, TypeError) as error:
            raise BenchmarkError(f"cannot read `agent status --json`: {error!r}") from error


@dataclass(slots=True)
class Daemon:
    """The daemon of one repository. It may be started and stopped any number of times."""

    repository: Path
    environment: dict[str, str]
    program: Sequence[str | Path]
    """The `heddle` command."""
    _may_run: bool = field(default=False, init=False)
    _supervisor: int | None = field(default=None, init=False)
    """A pidfd, from the first status after a start until the stop."""

    def run(self, *arguments: str, expected: int = 0) -> tuple[float, str]:
        """Run `heddle agent …`; return its wall time in milliseconds and its output."""
        command: list[str | Path] = [*self.program, "agent", *arguments]
        return timed_run(
            command, cwd=self.repository, environment=self.environment, expected=expected
        )

    def serve(self, *options: str) -> None:
        """Start the daemon; return when its command does."""
        self._may_run = True
        self.run("serve", "--detach", *options)

    def status(self) -> Status:
        """Return what the daemon says of itself."""
        status = Status.parse(self.run("status", "--json")[1])
        if self._supervisor is None:
            self._supervisor = os.pidfd_open(status.supervisor)
        return status

    def warm(self, *, after: Status | None = None) -> Status:
        """Wait until a worker stands by, and return the status then.

        It reads the status file, which costs the daemon nothing.

        Args:
            after: a status whose worker has died; another one has to serve.

        Raises:
            BenchmarkError: None was warm within 30 seconds.
        """
        if self._supervisor is None:
            self.status()
        gone = after.worker if after is not None else None
        deadline = time.monotonic() + _WARM_WITHIN
        while (status := self._peek()).worker in (None, gone) or status.standby is None:
            if time.monotonic() > deadline:
                raise BenchmarkError(f"no worker stood by within {_WARM_WITHIN:g} s")
            time.sleep(_ASK_AGAIN)
        return status

    def _peek(self) -> Status:
        try:
            return Status.parse((self.files / "sockets" / "grpc.status.json").read_text())
        except OSError as error:
            raise BenchmarkError(f"the daemon's status file is gone: {error.strerror}") from error

    def worker_handle(self, status: Status) -> int:
        """Return a pidfd of the worker that `status` names.

        Raises:
            BenchmarkError: The pid belongs to no child of the supervisor any more.
        """
        if status.worker is None:
            raise BenchmarkError("no worker serves")
        handle = os.pidfd_open(status.worker)
        if psutil.Process(status.worker).ppid() != status.supervisor:
            os.close(handle)
            raise BenchmarkError("the worker was replaced while it was looked at")
        return handle

    @property
    def files(self) -> Path:
        """The directory of the daemon's files."""
        return self.repository / ".heddle"

    def kill_worker(self, status: Status) -> float:
        """Kill the worker that `status` names; return when, in monotonic seconds.

        Raises:
            BenchmarkError: It is not the daemon's worker any more.
        """
        worker = self.worker_handle(status)
        try:
            begin = time.monotonic()
            signal.pidfd_send_signal(worker, signal.SIGKILL)
        finally:
            os.close(worker)
        return begin

    def stop(self, *options: str) -> float:
        """Stop the daemon; return the command's wall time in milliseconds."""
        milliseconds, _ = self.run("stop", "--json", *options)
        self._forget()
        return milliseconds

    def end(self) -> None:
        """Stop the daemon if it may still be running; kill it if it does not obey."""
        if not self._may_run:
            return
        try:
            self.stop()
        except BenchmarkError:
            if self._supervisor is not None:
                with suppress(ProcessLookupError):
                    signal.pidfd_send_signal(self._supervisor, signal.SIGKILL)
            self._forget()

    def _forget(self) -> None:
        self._may_run = False
        if self._supervisor is not None:
            os.close(self._supervisor)
            self._supervisor = None


@contextmanager
def temporary_daemon(program: Sequence[str | Path] = ()) -> Iterator[Daemon]:
    """Give a daemon, not yet started, for a new repository; end both with the block.

    Args:
        program: the `heddle` command; that of this environment unless given.
    """
    with tempfile.TemporaryDirectory(prefix="bench-") as directory:
        repository, runtime = Path(directory, "repository"), Path(directory, "run")
        repository.mkdir()
        runtime.mkdir(mode=0o700)
        environment = {**os.environ, **_IDENTITY, "XDG_RUNTIME_DIR": str(runtime)}
        for arguments in (["init", "--quiet"], ["commit", "--quiet", "--allow-empty", "-m", "one"]):
            timed_run(["git", *arguments], cwd=repository, environment=environment)
        daemon = Daemon(repository, environment, program or [_console_script()])
        try:
            yield daemon
        finally:
            daemon.end()


def _console_script() -> Path:
    script = Path(sys.executable).with_name("heddle")
    if not script.exists():
        raise BenchmarkError(f"{script} is missing; install the project into this environment")
    return script
