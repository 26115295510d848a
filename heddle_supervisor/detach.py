"""Runs a daemon in the background, and waits until it serves or says why it does not.

Who starts it calls `start_detached`; what is started calls `report_start`.
"""

from __future__ import annotations

import contextlib
import json
import os
import select
import signal
import socket
import sys
import time
import traceback
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final, NoReturn

from heddle_supervisor.descriptors import close_all_but
from heddle_supervisor.errors import Ending, ExitCode, HeddleError
from heddle_supervisor.log_files import tail
from heddle_supervisor.peer_credentials import check_peer_uid_matches_self

_CHANNEL_VARIABLE: Final = "HEDDLE_START_FD"
"""Names, in the daemon's environment, the descriptor of the channel to who waits for it."""

_STDERR_MAX: Final = 1_048_576
_MESSAGE_MAX: Final = 65_536
# A start that is asked to end does so when its modules are imported.
_TERM_SECONDS: Final = 10.0
_PATIENCE: Final = 0.5


class DetachedStartError(HeddleError):
    """The daemon did not start.

    Attributes:
        exit_code, pid: those of the error that the daemon met.
    """

    def __init__(self, text: str, code: int = ExitCode.FAILURE, pid: int | None = None) -> None:
        super().__init__(text)
        self.exit_code = ExitCode.of(code)
        self.pid = pid


def start_detached(
    command: Sequence[str],
    *,
    stderr_path: Path,
    timeout: float,
    on_waiting: Callable[[], None] = lambda: None,
) -> int:
    """Run a command in a background process and return its pid once it serves.

    Args:
        command: the interpreter's arguments; what they run calls `report_start`.
        stderr_path: where its standard output and error go.
        timeout: seconds after which it is ended and counts as failed.
        on_waiting: called once if it takes longer than people wait without a word.

    Raises:
        DetachedStartError: it failed, or was not ready in time.
    """
    ours, theirs = socket.socketpair()
    written = _size(stderr_path)
    sys.stdout.flush()
    sys.stderr.flush()
    pid = os.fork()
    if pid == 0:
        ours.close()
        _execute_detached(command, theirs, stderr_path)
    theirs.close()
    with ours:
        check_peer_uid_matches_self(ours)
        try:
            message = _await_message(ours, timeout, on_waiting)
        except BaseException:
            _end_child(pid)
            raise
    if message is None:
        _end_child(pid)
        raise DetachedStartError(
            f"the daemon did not serve within {timeout:g} s{_last_words(stderr_path, written)}",
            ExitCode.TIMEOUT,
        )
    if "error" in message:
        _end_child(pid)
        raise DetachedStartError(message["error"], message["exit_code"], message.get("pid"))
    if "pid" not in message:
        _end_child(pid)
        raise DetachedStartError(
            f"the daemon died while it started{_last_words(stderr_path, written)}"
        )
    return pid


def _await_message(
    channel: socket.socket, timeout: float, on_waiting: Callable[[], None]
) -> dict[str, Any] | None:
    """Return what the daemon says, an empty object if it dies silently, None if time runs out."""
    deadline = time.monotonic() + timeout
    if not select.select([channel], [], [], min(_PATIENCE, timeout))[0]:
        on_waiting()
    if not select.select([channel], [], [], max(0.0, deadline - time.monotonic()))[0]:
        return None
    try:
        message: dict[str, Any] = json.loads(channel.recv(_MESSAGE_MAX) or b"{}")
    except (ValueError, ConnectionError):
        return {}
    return message


def _last_words(stderr_path: Path, written: int) -> str:
    """Return the daemon's last line, unless all that is there was written before it."""
    lines = tail(stderr_path, 1) if _size(stderr_path) != written else []
    return f": {lines[-1]} (see {stderr_path})" if lines else f"; see {stderr_path.parent}"


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0


def _end_child(pid: int) -> None:
    """End and reap our own child: asked first, then killed."""
    with contextlib.suppress(ProcessLookupError, ChildProcessError):
        os.kill(pid, signal.SIGTERM)
        deadline = time.monotonic() + _TERM_SECONDS
        while os.waitpid(pid, os.WNOHANG) == (0, 0):
            if time.monotonic() > deadline:
                os.kill(pid, signal.SIGKILL)
                os.waitpid(pid, 0)
                return
            time.sleep(0.01)


def _execute_detached(
    command: Sequence[str], channel: socket.socket, stderr_path: Path
) -> NoReturn:
    """Become the daemon. Never returns into the frames of the command that has forked."""
    try:
        # A pipe of the caller's, kept open here, would make the caller wait for the daemon's end.
        close_all_but([channel.fileno()])
        os.setsid()
        os.umask(0o077)
        _redirect_standard_streams(stderr_path)
        channel.set_inheritable(True)
        environment = {**os.environ, _CHANNEL_VARIABLE: str(channel.fileno())}
        os.execve(sys.executable, [sys.executable, *command], environment)  # noqa: S606
    except OSError as error:
        _tell(channel, Ending.of(error).as_json())
    finally:
        os._exit(ExitCode.FAILURE)


def was_detached() -> bool:
    """Return whether `start_detached` has started this process and waits for its report."""
    return _CHANNEL_VARIABLE in os.environ


def report_start(body: Callable[[Callable[[], None]], None]) -> int:
    """Run the daemon's body, tell who waits how that begins, and return the exit status.

    Args:
        body: the daemon; it is handed a function to call when it serves.
    """
    channel = socket.socket(fileno=int(os.environ.pop(_CHANNEL_VARIABLE)))
    channel.set_inheritable(False)
    # Everything has been found that may lie in the caller's directory: let go of it.
    os.chdir("/")
    status = ExitCode.FAILURE
    try:
        body(lambda: _tell(channel, {"pid": os.getpid()}))
        status = ExitCode.OK
    except (HeddleError, OSError) as error:
        ending = Ending.of(error)
        status = ending.exit_code
        _tell(channel, ending.as_json())
    except BaseException:
        traceback.print_exc()
    return status


def _tell(channel: socket.socket, message: dict[str, Any]) -> None:
    """Send the one message that the waiting command reads; it may be gone by now."""
    with contextlib.suppress(OSError):
        channel.sendall(json.dumps(message).encode())
    channel.close()


def _redirect_standard_streams(stderr_path: Path) -> None:
    """Let go of the terminal; a library's complaint must not raise for want of a stream."""
    with contextlib.suppress(OSError):
        if stderr_path.stat().st_size > _STDERR_MAX:
            stderr_path.replace(stderr_path.with_name(f"{stderr_path.name}.1"))
    null = os.open(os.devnull, os.O_RDWR)
    os.dup2(null, 0)
    flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC
    try:
        log = os.open(stderr_path, flags, 0o600)
    except OSError:
        log = null
    os.dup2(log, 1)
    os.dup2(log, 2)
    for descriptor in {null, log}:
        os.close(descriptor)
