"""Registered commands: how one is run, and what its end means."""

from __future__ import annotations

import contextlib
import errno
import json
import os
import re
import shlex
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Final

from heddle_worker.hooks.answers import Answer, Outcome, parse_response
from heddle_worker.hooks.events import Event, waits
from heddle_worker.hooks.keeping import Ended, Keeper, Order, signal_name
from heddle_worker.hooks.plain_text import cleaned, one_line
from heddle_worker.hooks.signal_parsing import BadResponseError, Signals
from heddle_worker.hooks.staging import StagingError, staged_tree
from heddle_worker.hooks.warden import MOST_OUTPUT
from heddle_worker.store.hooks import RegisteredHook

_FORM: Final = re.compile(r"(shell|index|shell\+index|index\+shell):\s*", re.ASCII)
_SHELL: Final = "/bin/sh"
# What a shell ends with when it cannot run the program.
_SHELL_CANNOT: Final = frozenset({126, 127})
_NOT_STARTED: Final = {
    errno.ENOENT: "was not found",
    errno.EACCES: "is not executable",
    errno.ENOEXEC: "is no program, and has no line that begins with #!",
    errno.EINVAL: "is empty or contains a NUL character",
}
_DEFAULT_PATH: Final = "/usr/local/bin:/usr/bin:/bin"


class Commands:
    """Runs registered commands. On the event loop's thread.

    Args:
        keeper: starts them.
        root: of the worktree that is served, or the bare repository.
        say: writes a line to the daemon's log.
    """

    def __init__(self, keeper: Keeper, root: Path, say: Callable[[str], None]) -> None:
        self._keeper = keeper
        self._root = root
        self._say = say

    async def prepare(self) -> None:
        """Have the process that starts commands ready.

        Raises:
            OSError: it cannot be started.
        """
        await self._keeper.start()

    async def ask(self, hook: RegisteredHook, event: Event) -> Answer:
        """Run a hook's command for an event; return what it says, or how it failed."""
        began = time.monotonic()
        outcome, detail = Outcome.FAILED, ""
        signals: Signals = ()
        try:
            ended, is_shell = await self._run(hook, event)
            self._keep_complaint(hook, ended)
            outcome, detail, signals = _meaning(ended, event, is_shell=is_shell)
        except BadResponseError as error:
            detail = f"{error}, although it ended with 0"
        except StagingError as error:
            detail = str(error)
        except ValueError as error:
            detail = f"the command cannot be taken apart: {error}"
        except OSError as error:
            detail = f"commands cannot be started: {error.strerror or error}"
        seconds = time.monotonic() - began
        if outcome is Outcome.FAILED or outcome is Outcome.TIMED_OUT:
            detail = one_line(detail)
            self._say(f"hook {one_line(hook.name)} for {event.name}: {outcome}: {detail}")
        return Answer(hook.name, event.name, outcome, detail, seconds, signals)

    async def _run(self, hook: RegisteredHook, event: Event) -> tuple[Ended, bool]:
        form, words = _words(hook.command)
        deadline = time.monotonic() + hook.timeout_ms / 1000
        directory = event.directory or self._root
        async with contextlib.AsyncExitStack() as stack:
            tree = None
            if "index" in form and event.index is not None:
                staged = staged_tree(self._keeper, directory, event.index, deadline)
                tree = await stack.enter_async_context(staged)
            order = Order(
                words=words,
                environment=self._environment(hook, event, directory, tree),
                directory=directory,
                given=json.dumps(event.payload),
                seconds=max(0.0, deadline - time.monotonic()),
            )
            return await self._keeper.run(order), "shell" in form

    def _environment(
        self, hook: RegisteredHook, event: Event, directory: Path, tree: Path | None
    ) -> dict[str, str]:
        environment = {
            "PATH": search_path(os.environ),
            "HOME": os.environ.get("HOME", "/"),
            "HEDDLE_REPO": str(directory),
            "HEDDLE_HOOK_PROTOCOL": "json",
            "HEDDLE_HOOK_EVENT": event.name,
            "HEDDLE_HOOK_NAME": hook.name,
        }
        if event.index is not None:
            environment["HEDDLE_INDEX_FILE"] = str(event.index)
        if tree is not None:
            environment["HEDDLE_INDEX_TREE"] = str(tree)
        return environment

    def _keep_complaint(self, hook: RegisteredHook, ended: Ended) -> None:
        text = one_line(ended.complaint.decode("utf-8", "replace"))
        if text:
            self._say(f"hook {one_line(hook.name)} said: {text}")


def search_path(environment: Mapping[str, str]) -> str:
    """Return the directories in which programs are looked for.

    A relative one would mean a directory of the repository's own.
    """
    places = environment.get("PATH", _DEFAULT_PATH).split(os.pathsep)
    return os.pathsep.join(place for place in places if place.startswith("/")) or _DEFAULT_PATH


def check_command(command: str) -> None:
    """Make sure that a command can be taken apart.

    Raises:
        ValueError: it cannot; the text says why.
    """
    _words(command)


def _words(command: str) -> tuple[str, Sequence[str]]:
    """Return a command's form and the words to run."""
    match = _FORM.match(command)
    form, text = (match[1], command[match.end() :]) if match else ("", command)
    words = [_SHELL, "-c", text] if "shell" in form else shlex.split(text)
    if not words or not text.strip():
        raise ValueError("there is no program in it")
    return form, words


def _meaning(ended: Ended, event: Event, *, is_shell: bool) -> tuple[Outcome, str, Signals]:
    """Return what the end of a command means: the outcome, why, and the extra signals.

    Raises:
        BadResponseError: it ended well, but its response makes no sense.
    """
    match ended.ending:
        case "exited" if ended.number == 0:
            response = parse_response(ended.output)
            return response.outcome, response.reason, response.extra_signals
        case "exited":
            said = cleaned(ended.complaint.decode("utf-8", "replace"))
            detail = said or f"exit status {ended.number}"
            cannot = is_shell and ended.number in _SHELL_CANNOT
            objects = waits(event.name) or event.name == "on_conflict"
            return (Outcome.VETOED if objects and not cannot else Outcome.FAILED), detail, ()
        case "signalled":
            detail = f"it was ended by {signal_name(ended.number)}"
        case "timed_out":
            return Outcome.TIMED_OUT, "it took longer than it may and was killed", ()
        case "too_much":
            detail = f"it wrote more than {MOST_OUTPUT} bytes to its standard output"
        case "not_started":
            what = _NOT_STARTED.get(ended.number, f"cannot be run: {os.strerror(ended.number)}")
            detail = f"the program {what}"
        case _:
            detail = "it was lost: the process that had started it has gone"
    return Outcome.FAILED, detail, ()
