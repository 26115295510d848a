"""A daemon ended from outside, or made to renew its worker. Typed results; the commands print them.

It is told by a signal, which is sent only to a process that is proven to be the daemon. So one of
any version can be stopped by any other.
"""

from __future__ import annotations

import contextlib
import signal
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from heddle_supervisor.config import ConfigError, LocalDaemonConfig
from heddle_supervisor.errors import ExitCode, HeddleError
from heddle_supervisor.inspection import DaemonStatus, look, read_settled, record_of
from heddle_supervisor.pidfile import (
    PidFileContents,
    PidFileKind,
    PidFileReading,
    hold_stale_pidfile,
    sweep_temporaries,
)
from heddle_supervisor.process_identity import (
    Match,
    ProcessHandle,
    ProcessIdentity,
    is_heddle_process,
    match_writer,
)
from heddle_supervisor.status_file import PublicState, read_status, remove_status

_KILL_SECONDS: Final = 5.0
_LOOK_SECONDS: Final = 0.01


class ControlError(HeddleError):
    """A daemon that cannot be controlled; nothing was signalled."""


class NotRunningError(HeddleError):
    """There is no daemon to talk to."""

    exit_code = ExitCode.NOT_RUNNING


class ReloadTimeoutError(HeddleError):
    """The daemon was told to reload, and no new worker has come up."""

    exit_code = ExitCode.TIMEOUT


class StopTimeoutError(HeddleError):
    """The daemon was told to stop and still runs."""

    exit_code = ExitCode.TIMEOUT


@dataclass(frozen=True, slots=True, kw_only=True)
class StopResult:
    """What `stop` has done.

    Attributes:
        stopped: whether there is a daemon less, or its remains have been swept.
        reason: why there was nothing to do; empty otherwise.
        swept_stale: whether only a dead daemon's files were found, and removed.
        forced: whether it had to be killed.
        pid: the daemon's.
    """

    stopped: bool
    reason: str = ""
    swept_stale: bool = False
    forced: bool = False
    pid: int | None = None

    def as_json(self) -> dict[str, Any]:
        """Return the object that `stop --json` prints."""
        if not self.stopped:
            return {"stopped": False, "reason": self.reason}
        body = {"stopped": True, "swept_stale": self.swept_stale, "pid": self.pid}
        return {**body, "forced": True} if self.forced else body


def stop(config: LocalDaemonConfig, *, timeout: float, force: bool) -> StopResult:
    """Stop the daemon of this configuration, and return when nothing of it is left.

    Args:
        config: whose daemon.
        timeout: seconds to wait after the signal.
        force: whether to kill it when it has not ended by then.

    Raises:
        ControlError: what the pidfile names is not provably the daemon; nothing was signalled.
        StopTimeoutError: it has not ended in time.
        OSError: its files may not be read or removed.
    """
    reading = read_settled(config.pid_path)
    if reading.kind is PidFileKind.ABSENT:
        return StopResult(stopped=False, reason="no pidfile")
    if reading.kind is not PidFileKind.OURS or reading.contents is None:
        problem = reading.problem or "states a pid alone"
        raise ControlError(f"pidfile {config.pid_path} {problem}: refusing to signal anything")
    pid = reading.contents.pid
    try:
        handle = ProcessHandle(pid)
    except ProcessLookupError:
        if reading.locked:
            raise ControlError(
                f"{config.pid_path} is locked, but no process {pid} is visible here: "
                "the daemon runs in another container"
            ) from None
        _sweep(config)
        return StopResult(stopped=True, swept_stale=True, pid=pid)
    with contextlib.closing(handle):
        # Identity is compared after the handle was taken: from here on it cannot change.
        _require_owner(config, reading, reading.contents)
        forced = _end(handle, timeout=timeout, force=force)
    # A daemon that was killed has left its files; one that has stopped has not.
    _sweep(config)
    return StopResult(stopped=True, pid=pid, forced=forced)


def reload(config: LocalDaemonConfig, *, timeout: float) -> DaemonStatus:
    """Have the daemon bring up a new worker, and return its state when that one serves.

    Raises:
        NotRunningError: no daemon runs.
        ControlError: the pidfile names what is not provably the daemon, or no worker came up.
        ReloadTimeoutError: no new worker served in time.
        OSError: the pidfile may not be read.
    """
    reading = read_settled(config.pid_path)
    before, known = look(config)
    if reading.contents is None or not reading.locked or before.pid is None:
        raise NotRunningError("no daemon runs here: start it with `heddle agent serve --detach`")
    with contextlib.closing(ProcessHandle(before.pid)) as handle:
        _require_owner(config, reading, reading.contents)
        # Two reloads may fail with the same words, so failures are counted.
        failures = known.failures if known is not None else 0
        handle.send(signal.SIGHUP)
        deadline = time.monotonic() + timeout
        while time.monotonic() < deadline and not handle.wait(_LOOK_SECONDS):
            now, record = look(config)
            if record is not None and record.failures > failures:
                raise ControlError(f"the reload failed: {record.last_error}")
            if now.generation > before.generation and now.state == PublicState.SERVING.value:
                return now
    raise ReloadTimeoutError(f"no new worker has served within {timeout:g} s")


def _require_owner(
    config: LocalDaemonConfig, reading: PidFileReading, contents: PidFileContents
) -> None:
    """Raise unless the live process that has the pid is the daemon; sweep where none can be.

    With the lock held, the process must be the one that the status file or the pidfile identifies.
    With the lock free, it can only be a daemon of another make, which locks nothing.
    """
    pid = contents.pid
    record = record_of(config, reading)
    if record is not None and reading.locked:
        match = ProcessIdentity(pid, record.boot, record.started_ticks).match()
    else:
        match = match_writer(pid, contents.started_at_secs)
    if match is Match.SAME and is_heddle_process(pid):
        return
    if not reading.locked:
        _sweep(config)
        raise ControlError(
            f"pid {pid} is not a heddle process and was not signalled; "
            f"the stale pidfile {config.pid_path} was removed"
        )
    raise ControlError(
        f"{config.pid_path} is locked, but pid {pid} is not provably the daemon: "
        "refusing to signal it"
    )


def _end(handle: ProcessHandle, *, timeout: float, force: bool) -> bool:
    """Send SIGTERM and wait; return whether it took SIGKILL in the end."""
    with contextlib.suppress(ProcessLookupError):
        handle.send(signal.SIGTERM)
    if handle.wait(timeout):
        return False
    if not force:
        raise StopTimeoutError(
            f"pid {handle.pid} has not stopped within {timeout:g} s: use --force to kill it"
        )
    # A proven supervisor's children are proven too. They normally follow it by themselves; one
    # that is stopped cannot, where the kernel does not do it for them.
    workers = _children(handle.pid)
    for process in (handle, *workers):
        with contextlib.suppress(ProcessLookupError):
            process.send(signal.SIGKILL)
    gone = [process.wait(_KILL_SECONDS) for process in (handle, *workers)]
    for process in workers:
        process.close()
    if not all(gone):
        raise StopTimeoutError(f"pid {handle.pid} or a worker of it survives SIGKILL")
    return True


def _children(pid: int) -> list[ProcessHandle]:
    import psutil

    handles = []
    with contextlib.suppress(psutil.Error):
        for child in psutil.Process(pid).children():
            with contextlib.suppress(ProcessLookupError):
                handles.append(ProcessHandle(child.pid))
    return handles


def _sweep(config: LocalDaemonConfig) -> None:
    """Remove what a dead daemon has left, unless a new one owns it already."""
    from heddle_supervisor.socket_publication import SocketPublication

    with hold_stale_pidfile(config.pid_path) as stale:
        if stale:
            record = read_status(config.status_path)
            used = config
            with contextlib.suppress(ConfigError):
                used = config.with_socket(Path(record.socket_path)) if record else config
            SocketPublication(used).sweep()
            remove_status(config.status_path)
            sweep_temporaries(config.pid_path)
            config.pid_path.unlink(missing_ok=True)
