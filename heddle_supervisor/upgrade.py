"""Replacing the running code in place: same process, same lock, workers that go on serving.

When a reload finds that the installed package is not the one that was loaded, the supervisor first
tries the new code in a process of its own, and only if that can be imported executes itself anew.
What must survive the `execve(2)` is inherited as descriptors and described by a `Handover`.
"""

from __future__ import annotations

import dataclasses
import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Self

from heddle_supervisor import version
from heddle_supervisor.errors import HeddleError

HANDOVER_VARIABLE: Final = "HEDDLE_HANDOVER_FD"
"""Names, in the environment of the new image, the descriptor that describes what it inherits."""

_READ_MAX: Final = 1_048_576
HELD_SIGNALS: Final = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGCHLD)
"""Blocked during a start and across the exec: without a handler, three would end the process."""


class HandoverError(HeddleError):
    """What an older version has handed over cannot be understood."""


@dataclass(frozen=True, slots=True)
class WorkerHandover:
    """One worker that outlives the exec.

    Attributes:
        pid, generation: which one it is.
        state: a `WorkerState` value.
        socket_path: the name that it has bound.
        link, pulse, stacks, heartbeat: inherited descriptors.
    """

    pid: int
    generation: int
    state: str
    socket_path: str
    link: int
    pulse: int
    stacks: int
    heartbeat: int


@dataclass(frozen=True, slots=True)
class Handover:
    """All that a supervisor leaves to the newer version of itself.

    Attributes:
        guard: the descriptor of the locked pidfile.
        started_at: when the daemon took the lock, seconds since the epoch.
        generation: of the worker that was forked last.
        restarts, failures: as in `StatusRecord`.
        published: device and inode of the published socket.
        active: the worker that serves, if there is one.
        former: workers that are on their way out.
    """

    guard: int
    started_at: int
    generation: int
    restarts: int
    failures: int
    published: tuple[int, int]
    active: WorkerHandover | None
    former: tuple[WorkerHandover, ...]

    def descriptors(self) -> list[int]:
        """Return every descriptor that has to be inherited."""
        workers = [*self.former, *([self.active] if self.active else [])]
        return [
            self.guard,
            *(fd for w in workers for fd in (w.link, w.pulse, w.stacks, w.heartbeat)),
        ]

    def save(self) -> int:
        """Write this to a file without a name; return its descriptor."""
        with tempfile.TemporaryFile() as file:
            file.write(json.dumps(dataclasses.asdict(self)).encode())
            file.flush()
            return os.dup(file.fileno())

    @classmethod
    def load(cls, descriptor: int) -> Self:
        """Return what was saved, and close the descriptor.

        Raises:
            HandoverError: it is not what a supervisor writes.
        """
        try:
            body: dict[str, Any] = json.loads(os.pread(descriptor, _READ_MAX, 0))
            os.close(descriptor)
            body["published"] = tuple(body["published"])
            body["active"] = body["active"] and WorkerHandover(**body["active"])
            body["former"] = tuple(WorkerHandover(**worker) for worker in body["former"])
            return cls(**body)
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise HandoverError(f"cannot take over from the version before: {error}") from None


def inherited_handover() -> Handover | None:
    """Return what the version before has left to this process; None if it started by itself.

    Raises:
        HandoverError: it cannot be understood.
    """
    text = os.environ.pop(HANDOVER_VARIABLE, "")
    return Handover.load(int(text)) if text.isdigit() else None


class Upgrade:
    """The installed package, as against the one that was loaded into this process."""

    def __init__(self, command: Sequence[str], modules: Sequence[str]) -> None:
        """Remember what is installed now.

        Args:
            command: the arguments for the interpreter that run this daemon anew; empty where the
                daemon is a library call, which cannot be executed again.
            modules: what the new code must be able to import.
        """
        self._command = list(command)
        self._modules = ["heddle_supervisor.daemon_process", "heddle_supervisor.daemon", *modules]
        self._loaded = _stamp()
        self._trial: subprocess.Popen[bytes] | None = None

    @property
    def available(self) -> bool:
        """Whether another version than the loaded one is installed, and can be executed."""
        return bool(self._command) and _stamp() not in (None, self._loaded)

    @property
    def trial_pid(self) -> int | None:
        """The process of the trial under way, which nobody else may reap."""
        return self._trial.pid if self._trial else None

    def start_trial(self) -> None:
        """Import the installed package in a process of its own; `trial_result` says how it went.

        Raises:
            OSError: the process cannot be started.
        """
        if self._trial is not None:
            return
        self._trial = subprocess.Popen(  # noqa: S603 - our own interpreter and module names
            [sys.executable, "-P", "-c", f"import {', '.join(self._modules)}"],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
        )

    def trial_result(self) -> bool | None:
        """Return whether the trial has succeeded; None while it runs, or where there is none."""
        if self._trial is None or (status := self._trial.poll()) is None:
            return None
        self._trial = None
        return status == 0

    def abandon_trial(self) -> None:
        """End the trial under way, if there is one: nobody will ask how it went."""
        if self._trial is not None:
            self._trial.kill()
            self._trial.wait()
            self._trial = None

    def execute(self, handover: Handover, take_signals: Callable[[], Iterable[int]]) -> None:
        """Become the installed version. Returns only by raising.

        Args:
            handover: what it is to know.
            take_signals: gives the signals that have arrived and were not handled.

        Raises:
            OSError: the interpreter cannot be executed; this process goes on as it was.
        """
        signal.pthread_sigmask(signal.SIG_BLOCK, HELD_SIGNALS)
        try:
            # A stop that came a moment ago must not be forgotten: sent again while it is held, it
            # waits for the next version.
            for signum in take_signals():
                os.kill(os.getpid(), signum)
            saved = handover.save()
            for descriptor in (saved, *handover.descriptors()):
                os.set_inheritable(descriptor, True)
            environment = {**os.environ, HANDOVER_VARIABLE: str(saved)}
            os.execve(sys.executable, [sys.executable, *self._command], environment)  # noqa: S606
        finally:
            signal.pthread_sigmask(signal.SIG_UNBLOCK, HELD_SIGNALS)


def _stamp() -> tuple[int, int, bytes] | None:
    """Return what changes whenever the package is installed anew; None while it is not there."""
    path = Path(version.__file__)
    try:
        status = path.stat()
        return status.st_ino, status.st_mtime_ns, path.read_bytes()
    except OSError:
        return None
