"""git's own notes on an operation in progress: a merge, a rebase, a cherry-pick, a revert, an am.

They are plain files in the worktree's git directory, so that they can be kept and put back as such.
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

from heddle_worker.snapshots.errors import BisectInProgressError

_FILES: Final = (
    "AUTO_MERGE",
    "CHERRY_PICK_HEAD",
    "MERGE_AUTOSTASH",
    "MERGE_HEAD",
    "MERGE_MODE",
    "MERGE_MSG",
    "MERGE_RR",
    "ORIG_HEAD",
    "REBASE_HEAD",
    "REVERT_HEAD",
    "SQUASH_MSG",
)
_DIRECTORIES: Final = ("rebase-apply", "rebase-merge", "sequencer")
_BISECT: Final = "BISECT_LOG"
_TEMPORARY: Final = "heddle-note"
_OBJECT_ID: Final = re.compile(rb"\b[0-9a-f]{40}\b")


def read_notes(git_dir: Path) -> dict[bytes, bytes]:
    """Return the notes' contents, by their paths below the git directory.

    Raises:
        BisectInProgressError: a bisect is in progress, part of whose state are refs.
    """
    if (git_dir / _BISECT).exists():
        raise BisectInProgressError(
            "a bisect is in progress, which a snapshot cannot hold; run git bisect reset first"
        )
    notes = {}
    for path in _present(git_dir):
        # It may end at any moment.
        with contextlib.suppress(FileNotFoundError):
            notes[os.fsencode(path.relative_to(git_dir))] = path.read_bytes()
    return notes


def mentioned(notes: Mapping[bytes, bytes]) -> list[bytes]:
    """Return the hexadecimal ids of objects that notes speak of, each once."""
    return list(dict.fromkeys(i for text in notes.values() for i in _OBJECT_ID.findall(text)))


def write_notes(git_dir: Path, notes: Mapping[bytes, bytes]) -> None:
    """Make the notes those given, and no others."""
    for name in _DIRECTORIES:
        if not any(path.startswith(name.encode() + b"/") for path in notes):
            shutil.rmtree(git_dir / name, ignore_errors=True)
    for path in _present(git_dir):
        if os.fsencode(path.relative_to(git_dir)) not in notes:
            path.unlink(missing_ok=True)
    for note, content in notes.items():
        path = git_dir / os.fsdecode(note)
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary = git_dir / _TEMPORARY
        temporary.write_bytes(content)
        temporary.replace(path)


def _present(git_dir: Path) -> Iterator[Path]:
    for name in _FILES:
        if (git_dir / name).is_file():
            yield git_dir / name
    for name in _DIRECTORIES:
        yield from sorted(path for path in (git_dir / name).rglob("*") if path.is_file())
