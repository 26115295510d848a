"""Places for what is only needed for a moment, and sweeping away those of killed processes."""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

SCRATCH: Final = "heddle-scratch-"
"""How the names of such directories, and of files of the same kind, begin."""

SCRATCH_REF: Final = "refs/heddle/scratch"
"""A ref that never comes to exist; it marks what `git fast-import` reports when it is cut off."""

_REPORTS: Final = "fast_import_crash_*"
# Its maker may not have locked it yet.
_YOUNG_SECONDS: Final = 60.0


@contextmanager
def scratch_directory(git_dir: Path) -> Iterator[Path]:
    """Give an empty directory, which is removed at the end; a `flock` on it says it is in use."""
    with tempfile.TemporaryDirectory(prefix=SCRATCH, dir=git_dir) as name:
        descriptor = os.open(name, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            yield Path(name)
        finally:
            os.close(descriptor)


def sweep(git_dir: Path) -> None:
    """Remove what killed processes have left in a git directory."""
    for path in git_dir.glob(f"{SCRATCH}*"):
        with contextlib.suppress(OSError):
            if path.stat().st_mtime < time.time() - _YOUNG_SECONDS:
                _remove_unless_in_use(path)
    for path in git_dir.glob(_REPORTS):
        with contextlib.suppress(OSError):
            if SCRATCH_REF.encode() in path.read_bytes():
                path.unlink()


def _remove_unless_in_use(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink()
    finally:
        os.close(descriptor)
