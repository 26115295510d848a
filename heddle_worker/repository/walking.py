"""Walking a tree of directories whose files are named after refs."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from heddle_worker.repository.signatures import signature_at


def ref_files(root: Path, seen: dict[Path, bytes] | None = None) -> Iterator[os.DirEntry[str]]:
    """Yield the files below `root`, locks left out.

    The signature of each directory is put into `seen` before the directory is listed.
    """
    waiting = [root]
    while waiting:
        directory = waiting.pop()
        if seen is not None:
            seen[directory] = signature_at(directory)
        try:
            entries = list(os.scandir(directory))
        except (FileNotFoundError, NotADirectoryError):
            # Git removes directories that became empty at any time.
            continue
        for entry in entries:
            if entry.is_dir(follow_symlinks=False):
                waiting.append(Path(entry.path))
            elif not entry.name.endswith(".lock"):
                yield entry
