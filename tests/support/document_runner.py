"""Runs what pages of the documentation show, in one shell, as a reader would."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from documents import Block, Step, matches

_END: Final = "\x1e"
_SECONDS: Final = 110.0
_PATIENCE: Final = "heddle: waiting for the worker to serve …\n"
"""What a start says besides, on a machine that is slow at the moment."""

_UNWANTED: Final = re.compile(r"GIT_|NOTIFY_|WATCHDOG_|FORCE_COLOR|COLUMNS|HEDDLE_|PYTHON")
_IDENTITY: Final = "[user]\n\tname = Ada\n\temail = ada@example.com\n"


@dataclass(frozen=True, slots=True)
class Ran:
    """One command that was run.

    Attributes:
        block: where it is shown.
        step: the command, and the output that is shown.
        printed: what it has really printed, standard error included.
        code: its exit code.
    """

    block: Block
    step: Step
    printed: str
    code: int

    def complaint(self) -> str:
        """Return what is wrong with the page, or nothing."""
        said = f"{self.block.place}\n$ {self.step.command}\n"
        if "Traceback (most recent call last)" in self.printed:
            return f"{said}fails:\n{self.printed}"
        if self.step.shown is None:
            return f"{said}ends with {self.code}:\n{self.printed}" if self.code else ""
        if matches(self.step.shown, self.printed):
            return ""
        return f"{said}prints\n{self.printed}\ninstead of\n{self.step.shown}"


def reader_environment(room: Path, scripts: Path | None = None) -> dict[str, str]:
    """Return the environment of Ada, whose home is `room`/home.

    On her path `scripts` comes first, which is where this environment's heddle is unless given.
    """
    places = {
        "HOME": room / "home",
        "XDG_STATE_HOME": room / "state",
        "XDG_RUNTIME_DIR": room / "run",
    }
    for place in places.values():
        place.mkdir(mode=0o700, exist_ok=True)
    (places["HOME"] / ".gitconfig").write_text(_IDENTITY)
    inherited = {name: value for name, value in os.environ.items() if not _UNWANTED.match(name)}
    ours = str(Path(sys.executable).parent)
    others = [place for place in os.environ["PATH"].split(os.pathsep) if place != ours]
    path = os.pathsep.join([str(scripts or ours), *others])
    found = {**inherited, **{name: str(place) for name, place in places.items()}}
    return {**found, "PATH": path, "GIT_CONFIG_NOSYSTEM": "1", "TERM": "dumb"}


def run_blocks(
    shown: Iterable[Block],
    directory: Path,
    environment: Mapping[str, str],
    seconds: float = _SECONDS,
) -> list[Ran]:
    """Run the commands of these blocks one after the other, in one shell."""
    steps = [(block, step) for block in shown for step in block.steps()]
    ends = run_commands([step.command for _, step in steps], directory, environment, seconds)
    return [Ran(block, step, *end) for (block, step), end in zip(steps, ends, strict=True)]


def run_commands(
    commands: Sequence[str],
    directory: Path,
    environment: Mapping[str, str],
    seconds: float = _SECONDS,
) -> list[tuple[str, int]]:
    """Run commands in one shell; return what each has printed, and its exit code.

    Raises:
        AssertionError: the shell itself has ended before the last of them.
    """
    script = "exec 2>&1\n" + "".join(
        # The exit code goes on to the next command, which may ask for it.
        f"{{\n{command}\n}} </dev/null\ncode=$?; printf '\\n{_END}%d{_END}' $code; (exit $code)\n"
        for command in commands
    )
    done = subprocess.run(
        ["bash", "--noprofile", "--norc", "-c", script],
        cwd=directory,
        env=dict(environment),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        timeout=seconds,
        check=False,
    )
    found = list(_pairs(done.stdout.decode("utf-8", "backslashreplace")))
    assert len(found) == len(commands), f"the shell has ended early:\n{done.stdout.decode()}"
    return found


def stop_daemons(environment: Mapping[str, str]) -> None:
    """End the daemons that a reader has started; the registry of this environment has no others."""
    subprocess.run(
        ["heddle", "agent", "stop", "--all", "--force", "--timeout", "2"],
        env=dict(environment),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        check=False,
    )


def _pairs(text: str) -> Iterator[tuple[str, int]]:
    parts = text.split(_END)
    for printed, code in zip(parts[:-1:2], parts[1::2], strict=True):
        yield printed.replace(_PATIENCE, "").removesuffix("\n").removesuffix("\n"), int(code)
