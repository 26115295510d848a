"""Which of git's hooks reach heddle, and why others do not."""

from __future__ import annotations

import enum
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from heddle_client.hooks_directory import HooksDirectory
from heddle_client.shim import (
    EARLIER_SUFFIX,
    GIT_HOOKS,
    Interpreter,
    ShimState,
    look_at,
    renderings,
)
from heddle_client.visible import visible


class HookState(enum.Enum):
    """What becomes of one of git's hooks."""

    INSTALLED = "installed"
    NOT_INSTALLED = "not installed"
    """There is no hook of this name, and so git asks nobody."""
    NOT_OURS = "not ours"
    """A hook is there that heddle has not written."""
    ALTERED = "altered"
    """Somebody has changed the shim."""
    NOT_EXECUTABLE = "not executable"
    """The shim has lost its run bit, or lies where nothing is run: git passes it over."""
    OUTDATED = "outdated"
    """The shim is of another version of heddle, or of another interpreter."""


@dataclass(frozen=True, slots=True)
class HookReport:
    """One of git's hooks.

    Attributes:
        name: git's.
        state: what becomes of it.
        chained: whether a hook that was there before runs first.
    """

    name: str
    state: HookState
    chained: bool


def hook_reports(directory: HooksDirectory, interpreter: Interpreter) -> list[HookReport]:
    """Return a report of each of git's hooks.

    Args:
        directory: where git looks.
        interpreter: what shims would run that were installed now.

    Raises:
        OSError: a hook cannot be read.
    """
    return [
        HookReport(
            hook,
            _state(directory.path / hook, renderings(hook, interpreter)),
            os.path.lexists(directory.path / (hook + EARLIER_SUFFIX)),
        )
        for hook in GIT_HOOKS
    ]


def _state(path: Path, current: frozenset[bytes]) -> HookState:
    shim = look_at(path)
    if shim.state is ShimState.ABSENT:
        return HookState.NOT_INSTALLED
    if shim.state is ShimState.FOREIGN:
        return HookState.NOT_OURS
    if shim.state is ShimState.ALTERED:
        return HookState.ALTERED
    if not os.access(path, os.X_OK):
        return HookState.NOT_EXECUTABLE
    return HookState.INSTALLED if shim.content in current else HookState.OUTDATED


def problems(directory: HooksDirectory, reports: list[HookReport]) -> Iterator[str]:
    """Yield, one line each, why git does not run shims that are, or were, installed."""
    usual = directory.location.common_dir / "hooks"
    if directory.path != usual.resolve() and _has_shims(usual):
        yield (
            f"git looks for hooks in {visible(os.fspath(directory.path))}, by core.hooksPath from "
            f"{visible(directory.origin)}: the shims in {visible(os.fspath(usual))} do not run"
        )
    installed = any(report.state is HookState.INSTALLED for report in reports)
    for report in reports:
        match report.state:
            case HookState.NOT_EXECUTABLE:
                yield f"{report.name} is not executable: run `heddle hook install`"
            case HookState.OUTDATED:
                yield f"{report.name} is a shim of another heddle: run `heddle hook install`"
            case HookState.ALTERED:
                yield f"{report.name} is a shim that somebody has changed"
            case HookState.NOT_OURS if installed or report.chained:
                yield f"{report.name} has been put in the place of the shim by somebody else"
            case HookState.NOT_INSTALLED if installed:
                yield f"{report.name} has been removed: run `heddle hook install`"


def _has_shims(directory: Path) -> bool:
    return any(look_at(directory / hook).state is ShimState.OURS for hook in GIT_HOOKS)
