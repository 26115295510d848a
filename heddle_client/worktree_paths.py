"""Paths as people type them, and as the daemon knows them."""

from __future__ import annotations

import os
from pathlib import Path

from heddle_client.visible import visible
from heddle_supervisor.errors import HeddleError


class OutsideWorktreeError(HeddleError):
    """A path that does not lie in the worktree."""


def from_root(path: str, root: Path) -> str:
    """Return a path, relative to where the command stands, as one from the worktree's root.

    Links in the directories above the worktree are followed, those in it are not: a link is a file
    of the worktree's like any other.

    Raises:
        OutsideWorktreeError: it lies elsewhere.
    """
    place = os.path.normpath(Path(os.path.realpath(os.curdir), path))
    inner = os.path.relpath(place, os.path.realpath(root))
    if inner == os.pardir or inner.startswith(os.pardir + os.sep):
        raise OutsideWorktreeError(f"{visible(path)} does not lie in {visible(str(root))}")
    return inner
