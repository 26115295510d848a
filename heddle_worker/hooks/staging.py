"""A copy of what is staged, for a command that wants to see the files that will be committed."""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import tempfile
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Final

from heddle_worker.hooks.keeping import Keeper, Order
from heddle_worker.hooks.plain_text import one_line
from heddle_worker.repository.git_process import clean_environment

_WRITABLE: Final = 0o222
_PREFIX: Final = "heddle-index-"


class StagingError(Exception):
    """The staged files cannot be shown; the text is one line that says why."""


@contextlib.asynccontextmanager
async def staged_tree(
    keeper: Keeper, root: Path, index: Path, deadline: float
) -> AsyncIterator[Path]:
    """Give a read-only copy of an index's files, which is removed at the end.

    The index itself is copied before git looks at it: neither it nor the worktree is written.

    Args:
        keeper: runs git, so that it takes no longer than the hook may.
        root: the worktree's.
        index: the index.
        deadline: on the monotonic clock.

    Raises:
        StagingError: there is no such copy.
    """
    place = Path(await asyncio.to_thread(tempfile.mkdtemp, prefix=_PREFIX))
    try:
        copy, tree = place / "index", place / "tree"
        await asyncio.to_thread(_prepare, index, copy, tree)
        words = ["git", "-c", "core.hooksPath=/dev/null", "-c", "core.fsmonitor=false"]
        words += ["checkout-index", "--all", "--quiet", f"--prefix={tree}/"]
        order = Order(
            words=words,
            environment={**clean_environment(), "GIT_INDEX_FILE": str(copy)},
            directory=root,
            given="",
            seconds=max(0.0, deadline - time.monotonic()),
        )
        ended = await keeper.run(order)
        if (ended.ending, ended.number) != ("exited", 0):
            said = one_line(ended.complaint.decode("utf-8", "replace"))
            raise StagingError(f"the staged files cannot be shown: {said or ended.ending}")
        await asyncio.to_thread(_protect, tree)
        yield tree
    finally:
        await asyncio.shield(asyncio.to_thread(_remove, place))


def _prepare(index: Path, copy: Path, tree: Path) -> None:
    tree.mkdir()
    try:
        shutil.copyfile(index, copy)
    except FileNotFoundError:
        # Nothing was ever staged.
        return
    except OSError as error:
        raise StagingError(f"the index cannot be read: {error.strerror}") from error


def _protect(tree: Path) -> None:
    """Take the right to write away from all that is there; links have none."""
    for directory, _names, files in os.walk(tree):
        for path in (Path(directory, name) for name in files):
            if not path.is_symlink():
                path.chmod(path.stat().st_mode & ~_WRITABLE)
        place = Path(directory)
        place.chmod(place.stat().st_mode & ~_WRITABLE)


def _remove(place: Path) -> None:
    for directory, _names, _files in os.walk(place):
        with contextlib.suppress(OSError):
            Path(directory).chmod(0o700)
    shutil.rmtree(place, ignore_errors=True)
