"""One worker, seen from its parent: fork, reports, heartbeat, death."""

from __future__ import annotations

import contextlib
import enum
import faulthandler
import os
import signal
import sys
import tempfile
import time
import traceback
from dataclasses import dataclass
from pathlib import Path
from typing import Final, NoReturn

from heddle_supervisor.descriptors import close_all_but
from heddle_supervisor.heartbeat import Heartbeat, Part
from heddle_supervisor.prctl import die_with_parent
from heddle_supervisor.pulse import hold_pulse
from heddle_supervisor.upgrade import WorkerHandover
from heddle_supervisor.worker_link import Command, Message, Report, WorkerLink
from heddle_supervisor.worker_settings import EXIT_CANNOT_BOOT, WorkerEntry, WorkerSettings

_EXIT_CRASHED: Final = 70
_STACK_MAX: Final = 16_384
# Several reasons have to fit into the status file.
_REASON_MAX: Final = 1_000


class WorkerState(enum.Enum):
    """How far a worker has come in its life."""

    FORKED = "forked"
    WARM = "warm"
    ACTIVATING = "activating"
    ACTIVE = "active"
    RETIRING = "retiring"
    GONE = "gone"


@dataclass(frozen=True, slots=True)
class Death:
    """How a worker ended.

    Attributes:
        reason: one phrase for people, the worker's own error where it gave one.
        state: what it was doing.
        lasted: for how many seconds it had been doing that.
        cannot_boot: whether the worker said that trying again cannot help.
        stacks: the dump of its threads, where it crashed or was made to leave one.
    """

    reason: str
    state: WorkerState
    lasted: float
    cannot_boot: bool
    stacks: str


@dataclass(frozen=True, slots=True)
class _ParentEnds:
    """What ties a worker to its parent: link, shared page, the pulse, the file for its stacks."""

    link: WorkerLink
    heartbeat: Heartbeat
    pulse: int
    stacks: int

    def close(self) -> None:
        self.link.close()
        self.heartbeat.close()
        os.close(self.pulse)
        os.close(self.stacks)


class WorkerProcess:
    """A forked worker. Its state follows its reports; the supervisor decides what comes of it."""

    def __init__(
        self, pid: int, generation: int, socket_path: Path, state: WorkerState, ends: _ParentEnds
    ) -> None:
        self.pid = pid
        self.generation = generation
        self.socket_path = socket_path
        self.link = ends.link
        self.heartbeat = ends.heartbeat
        self.pulse = ends.pulse
        self.boot_error = ""
        self.hung = False
        self._killed = False
        self.silent_part = Part.EVENT_LOOP
        self.death: Death | None = None
        self._stacks = ends.stacks
        self.enter(state)

    @classmethod
    def fork(cls, settings: WorkerSettings, entry: WorkerEntry) -> WorkerProcess:
        """Fork a worker. The child runs `entry` and never returns from here.

        Raises:
            OSError: the system has no room for another process.
        """
        parent = os.getpid()
        sys.stdout.flush()
        sys.stderr.flush()
        with contextlib.ExitStack() as on_error:
            ours, theirs = WorkerLink.pair()
            on_error.callback(ours.close)
            on_error.callback(theirs.close)
            heartbeat = Heartbeat()
            on_error.callback(heartbeat.close)
            stacks = _stacks_file()
            on_error.callback(os.close, stacks)
            pulse, their_pulse = os.pipe()
            on_error.callback(os.close, pulse)
            on_error.callback(os.close, their_pulse)
            pid = os.fork()
            on_error.pop_all()
        if pid == 0:
            _run_child(settings, entry, _ParentEnds(theirs, heartbeat, their_pulse, stacks), parent)
        theirs.close()
        os.close(their_pulse)
        ends = _ParentEnds(ours, heartbeat, pulse, stacks)
        return cls(pid, settings.generation, settings.socket_path, WorkerState.FORKED, ends)

    @classmethod
    def adopt(cls, handover: WorkerHandover) -> WorkerProcess:
        """Take over a worker that the version before has forked in this same process."""
        ends = _ParentEnds(
            WorkerLink.adopt(handover.link),
            Heartbeat(handover.heartbeat),
            handover.pulse,
            handover.stacks,
        )
        for descriptor in (handover.link, handover.heartbeat, handover.pulse, handover.stacks):
            os.set_inheritable(descriptor, False)
        state = WorkerState(handover.state)
        return cls(handover.pid, handover.generation, Path(handover.socket_path), state, ends)

    def hand_over(self) -> WorkerHandover:
        """Return what the next version needs to adopt this worker."""
        return WorkerHandover(
            pid=self.pid,
            generation=self.generation,
            state=self.state.value,
            socket_path=str(self.socket_path),
            link=self.link.fileno(),
            pulse=self.pulse,
            stacks=self._stacks,
            heartbeat=self.heartbeat.fileno(),
        )

    def enter(self, state: WorkerState) -> None:
        """Note that the worker has come to another state."""
        self.state = state
        self.since = time.monotonic()

    def receive(self) -> tuple[list[Report], bool]:
        """Return the reports that have arrived, and whether the link has ended.

        Remembers the error of a worker that cannot boot.
        """
        reports: list[Report] = []

        def note(message: Message) -> None:
            if isinstance(message.kind, Report):
                reports.append(message.kind)
                if message.kind is Report.BOOT_FAILED:
                    self.boot_error = message.detail

        alive = self.link.receive(note)
        return reports, not alive

    def tell(self, command: Command, seconds: float = 0.0) -> None:
        """Send a command; a worker that is gone or does not read is found by other means."""
        self.link.send(Message(command, seconds=seconds))

    def last_beat(self) -> float:
        """Return when the part that has been silent longest beat last (monotonic seconds)."""
        beat, self.silent_part = self.heartbeat.last()
        return beat

    def kill(self) -> None:
        """End the worker at once."""
        self._killed = True
        self._send(signal.SIGKILL)

    def finish(self) -> None:
        """Make sure that a worker which has begun to die does so; it is not we who killed it."""
        self._send(signal.SIGKILL)

    def abort(self) -> None:
        """Make a hung worker leave a dump of its threads and die; a kill must still follow."""
        self.hung = True
        self._send(signal.SIGABRT)
        self._send(signal.SIGCONT)

    def _send(self, signum: signal.Signals) -> None:
        # A child's pid is not reused before its parent reaps it, and afterwards we send nothing.
        if self.death is None:
            os.kill(self.pid, signum)

    def reap(self) -> bool:
        """Return whether the worker has ended; from then on `death` says how."""
        pid, status = os.waitpid(self.pid, os.WNOHANG)
        if pid == 0:
            return False
        self.receive()
        code = os.waitstatus_to_exitcode(status)
        self.death = Death(
            reason=self._describe(code)[:_REASON_MAX],
            state=self.state,
            lasted=time.monotonic() - self.since,
            cannot_boot=code == EXIT_CANNOT_BOOT,
            stacks=self._read_stacks(),
        )
        return True

    def release(self) -> None:
        """Give back what the dead worker had: descriptors, memory, an unpublished socket."""
        self.enter(WorkerState.GONE)
        _ParentEnds(self.link, self.heartbeat, self.pulse, self._stacks).close()
        with contextlib.suppress(OSError):
            self.socket_path.unlink(missing_ok=True)

    def _describe(self, code: int) -> str:
        if self.boot_error:
            return self.boot_error
        return (
            f"worker {self.pid} {self._describe_hang() if self.hung else self._describe_end(code)}"
        )

    def _describe_hang(self) -> str:
        if self.state in (WorkerState.FORKED, WorkerState.ACTIVATING):
            return "did not come up in time"
        part = self.silent_part.name.lower().replace("_", " ")
        return f"hung: its {part} did not beat within the deadline"

    def _describe_end(self, code: int) -> str:
        if self._killed:
            return "was ended by the supervisor"
        if code == -signal.SIGKILL:
            return "was killed by SIGKILL (out of memory?)"
        return f"was killed by {signal.Signals(-code).name}" if code < 0 else f"exited with {code}"

    def _read_stacks(self) -> str:
        return os.pread(self._stacks, _STACK_MAX, 0).decode(errors="replace")


def _stacks_file() -> int:
    """Return the descriptor of a file without a name."""
    with tempfile.TemporaryFile() as file:
        return os.dup(file.fileno())


def _run_child(
    settings: WorkerSettings, entry: WorkerEntry, ends: _ParentEnds, parent: int
) -> NoReturn:
    """Run the worker and exit, whatever happens, without any of the parent's clean-up."""
    status = _EXIT_CRASHED
    try:
        _shed_the_parent({ends.link.fileno(), ends.pulse, ends.stacks}, parent)
        hold_pulse(ends.pulse)
        faulthandler.enable(ends.stacks, all_threads=True)
        status = entry(settings, ends.link, ends.heartbeat)
    except BaseException as error:
        traceback.print_exc()
        ends.link.send(
            Message(Report.BOOT_FAILED, f"{type(error).__name__}: {error}".splitlines()[0])
        )
    finally:
        with contextlib.suppress(Exception):
            sys.stdout.flush()
            sys.stderr.flush()
        os._exit(status)


def _shed_the_parent(keep: set[int], parent: int) -> None:
    """Give up all that the fork has copied: signal handling, descriptors, the pidfile's lock.

    The lock belongs to the open file, so it would outlive the supervisor if a worker kept the
    descriptor; and a sibling's link, kept here, would hide the supervisor's death from it.
    """
    os.environ.pop("NOTIFY_SOCKET", None)
    signal.set_wakeup_fd(-1)
    for signum in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(signum, signal.SIG_IGN)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    close_all_but(keep)
    die_with_parent()
    if os.getppid() != parent:
        os._exit(0)
