"""What a worktree's `HEAD` says, read from git's files."""

from __future__ import annotations

import os
import re
from binascii import unhexlify
from pathlib import Path
from typing import Final

_LINK: Final = b"gitdir: "
_SYMBOLIC: Final = re.compile(rb"ref: refs/heads/([^\n]+)\n")
_DETACHED: Final = re.compile(rb"([0-9a-f]{40})\n")


def git_dir_of(directory: Path) -> Path:
    """Return the git directory of a worktree's root; a bare repository's directory is its own."""
    place = directory / ".git"
    if place.is_dir():
        return place
    try:
        content = place.read_bytes()
    except OSError:
        return directory
    return directory / os.fsdecode(content.removeprefix(_LINK).rstrip(b"\n"))


def branch_at(directory: Path) -> bytes:
    """Return the short name of the branch that a worktree is on; empty when `HEAD` is detached.

    The branch may have no commit yet.
    """
    try:
        match = _SYMBOLIC.match((git_dir_of(directory) / "HEAD").read_bytes())
    except OSError:
        return b""
    return match[1] if match else b""


def detached_at(git_dir: Path) -> bytes:
    """Return the raw id of what a git directory's `HEAD` is detached at; empty on a branch."""
    try:
        match = _DETACHED.match((git_dir / "HEAD").read_bytes())
    except OSError:
        return b""
    return unhexlify(match[1]) if match else b""


def is_rebasing(git_dir: Path) -> bool:
    """Return whether a rebase goes on, or has stopped, in the worktree of a git directory."""
    is_applying = (git_dir / "rebase-apply" / "applying").exists()
    return (git_dir / "rebase-merge").exists() or (
        (git_dir / "rebase-apply").exists() and not is_applying
    )
