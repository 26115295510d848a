"""The directories of git's that a worktree has."""

from __future__ import annotations

import os
from pathlib import Path


def common_dir_of(git_dir: Path) -> Path:
    """Return the directory that a worktree's git directory shares with the repository's others."""
    try:
        link = (git_dir / "commondir").read_bytes()
    except FileNotFoundError:
        return git_dir
    return (git_dir / os.fsdecode(link.rstrip(b"\n"))).resolve()
