"""The real daemon of a repository, driven by the `heddle` command as a person drives it."""

from __future__ import annotations

import contextlib
import json
import os
import shlex
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import psutil
from waiting import wait_until

from heddle_supervisor.config import LocalDaemonConfig
from heddle_supervisor.inspection import read_settled
from heddle_supervisor.log_files import parse_line
from heddle_supervisor.process_identity import Match, ProcessIdentity, pid_alive
from heddle_supervisor.status_file import PublicState, StatusRecord, read_status

HEDDLE: Final = Path(sys.executable).with_name("heddle")
"""The console script of the package under test."""

_COMMAND_SECONDS: Final = 100.0
_PATIENCE: Final = "heddle: waiting for the worker to serve …"


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a command has ended.

    Attributes:
        command: its command line, as one types it.
        code: the exit code.
        stdout, stderr: what it has printed.
    """

    command: str
    code: int
    stdout: str
    stderr: str

    def expect(self, code: int) -> Outcome:
        """Require an exit code."""
        assert self.code == code, f"exit code {code} was expected of {self}"
        return self

    def body(self) -> dict[str, Any]:
        """Return the one JSON object on standard output."""
        value: dict[str, Any] = json.loads(self.stdout)
        return value

    def complaint(self) -> str:
        """Return the one line on standard error, without the program's name.

        On a slow machine a start also says that it waits.
        """
        (line,) = [line for line in self.stderr.splitlines() if line != _PATIENCE]
        assert line.startswith("heddle: "), self
        return line.removeprefix("heddle: ")


class HeddleDaemon:
    """The daemon of the repository at `root`, and the commands that are about it.

    Attributes:
        root: where commands run: the repository, or a directory in it.
        config: where the daemon's files are.
        environment: of every command, and so of the daemon.

    The words of `prefix` stand before each command, as those that make it another user's.
    """

    def __init__(
        self,
        root: Path,
        environment: Mapping[str, str],
        heddle_dir: Path | None = None,
        *,
        prefix: Sequence[str] = (),
    ) -> None:
        self.root = root
        self.environment = dict(environment)
        self.config = LocalDaemonConfig.for_heddle_dir(heddle_dir or root / ".heddle")
        self._prefix = prefix
        self._supervisors: set[ProcessIdentity] = set()

    def popen(self, *words: str, cwd: Path | None = None) -> subprocess.Popen[str]:
        """Start `heddle` with these words in the repository, without waiting for anything."""
        return subprocess.Popen(
            [*self._prefix, HEDDLE, *words],
            cwd=cwd or self.root,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def heddle(self, *words: str, cwd: Path | None = None) -> Outcome:
        """Run `heddle` with these words; whatever happens, it prints no traceback."""
        with self.popen(*words, cwd=cwd) as process:
            try:
                stdout, stderr = process.communicate(timeout=_COMMAND_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                raise
            finally:
                self._remember()
        outcome = Outcome(shlex.join(["heddle", *words]), process.returncode, stdout, stderr)
        assert "Traceback" not in stdout + stderr, outcome
        return outcome

    def agent(self, *words: str, cwd: Path | None = None) -> Outcome:
        """Run `heddle agent …`."""
        return self.heddle("agent", *words, cwd=cwd)

    def start(self, *options: str) -> StatusRecord:
        """Run `serve --detach`, which has to succeed; return the state with the standby warm."""
        self.agent("serve", "--detach", *options).expect(0)
        return self.settled(standby="--no-standby" not in options)

    def stop(self, *options: str) -> dict[str, Any]:
        """Run `stop`, which has to succeed; return what it has done."""
        return self.agent("stop", "--json", *options).expect(0).body()

    def status(self, *options: str) -> dict[str, Any]:
        """Return what `status --json` prints, whatever its exit code."""
        return self.agent("status", "--json", *options).body()

    def record(self) -> StatusRecord | None:
        """Return the state that the daemon has published; this costs no process."""
        return read_status(self.config.status_path)

    def until(self, condition: Callable[[StatusRecord], bool], what: str) -> StatusRecord:
        """Wait until the published state fulfils a condition; return it."""

        def look() -> StatusRecord | None:
            record = self.record()
            return record if record is not None and condition(record) else None

        return wait_until(look, f"{what}; the state is {self.record()}")

    def settled(self, *, standby: bool = True) -> StatusRecord:
        """Wait until a live worker serves, and its standby is warm where there is to be one."""
        return self.until(
            lambda record: (
                record.state is PublicState.SERVING
                and pid_alive(record.pid)
                and pid_alive(record.worker_pid or 0)
                and (not standby or pid_alive(record.standby_pid or 0))
            ),
            "the daemon serves",
        )

    def worker(self) -> int:
        """Return the pid of the worker that serves."""
        return self.settled(standby=False).worker_pid or 0

    def supervisor(self) -> int | None:
        """Return the pid of the process that holds the lock, None where none does."""
        reading = read_settled(self.config.pid_path)
        return reading.contents.pid if reading.locked and reading.contents else None

    def workers(self) -> list[int]:
        """Return the pids of the supervisor's children, whatever it says of them itself."""
        try:
            return [child.pid for child in psutil.Process(self.supervisor() or 0).children()]
        except psutil.NoSuchProcess:
            return []

    def files(self) -> set[str]:
        """Return the names in the directory of sockets."""
        return {path.name for path in self.config.pid_path.parent.iterdir()}

    def log(self) -> str:
        """Return the daemon's log and what it has printed, as far as they can be read."""
        texts = []
        for path in (self.config.log_path, self.config.stderr_path):
            with contextlib.suppress(OSError):
                texts.append(path.read_text(encoding="utf-8", errors="replace"))
        return "".join(texts)

    def events(self, name: str) -> list[dict[str, str]]:
        """Return the logged events of this name, the oldest first."""
        with contextlib.suppress(OSError):
            lines = self.config.log_path.read_text(encoding="utf-8").splitlines()
            return [event for line in lines if (event := parse_line(line))["event"] == name]
        return []

    def finish(self) -> None:
        """End what is left of the daemon, and only that; print its log for a failed test."""
        if self.root.is_dir():
            self.agent("stop", "--force", "--timeout", "1")
        for identity in self._supervisors:
            if identity.match() is Match.SAME:
                os.kill(identity.pid, signal.SIGKILL)
        wait_until(
            lambda: not any(identity.match() is Match.SAME for identity in self._supervisors),
            "no daemon of this test runs",
        )
        print(f"log of the daemon of {self.root}:\n{self.log()}")  # noqa: T201

    def _remember(self) -> None:
        """Note the process that holds the lock, to end it if the test does not."""
        with contextlib.suppress(OSError):
            pid = self.supervisor()
            # In another pid namespace, the number in the file means another process.
            if pid is not None and _holds(pid, self.config.pid_path):
                identity = ProcessIdentity.of(pid)
                self._supervisors |= {identity} if identity is not None else set()


def _holds(pid: int, path: Path) -> bool:
    """Return whether a process has a file open."""
    wanted = path.stat()
    descriptors = Path(f"/proc/{pid}/fd").iterdir()
    return any(os.path.samestat(descriptor.stat(), wanted) for descriptor in descriptors)
