"""Runs a command in the place of this process: its terminal, its signals, its exit code."""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
import signal
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import FrameType, TracebackType
from typing import Any, Final, Self

from heddle_client.visible import visible

NOT_EXECUTABLE: Final = 126
NOT_FOUND: Final = 127
_OF_A_SIGNAL: Final = 128
_FROM_TERMINAL: Final = frozenset({signal.SIGINT, signal.SIGQUIT})
_PASSED_ON: Final = (
    signal.SIGINT,
    signal.SIGQUIT,
    signal.SIGTERM,
    signal.SIGHUP,
    signal.SIGUSR1,
    signal.SIGUSR2,
)


class CommandError(Exception):
    """A command that cannot be run; the text is one line.

    Attributes:
        code: the exit code that shells have for it.
    """

    def __init__(self, text: str, code: int) -> None:
        super().__init__(text)
        self.code = code


class Child:
    """A command, for as long as a `with` block: until its end, signals are the command's.

    What a terminal sends reaches the command by itself, since it is in the same group of processes;
    what somebody sends to this process alone is passed on. While no command runs, the first signal
    is only noted, so that what was begun can be ended; a second one is a KeyboardInterrupt.

    Attributes:
        signalled: the last signal that has come; None for none.
    """

    def __init__(self) -> None:
        self.signalled: int | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self._idle_signals = 0
        self._before: dict[int, Any] = {}

    def __enter__(self) -> Self:
        for number in _PASSED_ON:
            # What nohup or a shell's background job ignores, the command is to ignore as well.
            if signal.getsignal(number) is not signal.SIG_IGN:
                self._before[number] = signal.signal(number, self._receive)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def run(self, command: Sequence[str], environment: Mapping[str, str]) -> int:
        """Run a command to its end; return its exit code as a shell does: 128+n for a signal.

        Raises:
            CommandError: it cannot be run.
        """
        try:
            self._process = subprocess.Popen(command, env=environment)  # noqa: S603 - no shell
        except OSError as error:
            raise _unable(command[0], error) from None
        if self._idle_signals and self.signalled is not None:
            # It came while the command was being started, which knows nothing of it.
            self._process.send_signal(self.signalled)
        self._idle_signals = 0
        try:
            code = self._process.wait()
        finally:
            self._process = None
        return _OF_A_SIGNAL - code if code < 0 else code

    def _receive(self, number: int, _frame: FrameType | None) -> None:
        self.signalled = number
        process = self._process
        if process is None:
            self._idle_signals += 1
            if self._idle_signals > 1:
                raise KeyboardInterrupt
        elif number not in _FROM_TERMINAL or not _in_foreground():
            # It may have ended without having been waited for; then its pid is still its own.
            with contextlib.suppress(ProcessLookupError):
                process.send_signal(number)


def require_command(name: str, path: str | None) -> None:
    """Require that a command can be found, before anything is done for it.

    Args:
        name: as it was typed.
        path: where to look, as `$PATH`; None for the system's default.

    Raises:
        CommandError: it is not there, or cannot be executed.
    """
    if not name:
        raise CommandError("the command's name is empty", NOT_FOUND)
    if shutil.which(name, path=path) is not None:
        return
    if os.sep in name and Path(name).exists():
        reason = "is a directory" if Path(name).is_dir() else "is not executable"
        raise CommandError(f"{visible(name)} {reason}", NOT_EXECUTABLE)
    raise CommandError(f"{visible(name)}: command not found", NOT_FOUND)


def _unable(name: str, error: OSError) -> CommandError:
    code = NOT_FOUND if error.errno in (errno.ENOENT, errno.ENOTDIR) else NOT_EXECUTABLE
    return CommandError(f"{visible(name)}: {error.strerror}", code)


def _in_foreground() -> bool:
    """Return whether the terminal, if there is one, sends its signals to this group."""
    try:
        terminal = os.open("/dev/tty", os.O_RDONLY | os.O_NOCTTY | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        return os.tcgetpgrp(terminal) == os.getpgrp()
    except OSError:
        return False
    finally:
        os.close(terminal)
