"""Whether a push has arrived in a repository of this machine."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import pygit2
from pygit2.enums import RepositoryOpenFlag

_FILE: Final = "file://"


def local_path(url: str, directory: Path) -> Path | None:
    """Return the path that a URL of git's means; `None` when it leads to another machine.

    Args:
        url: as git gives it to a hook.
        directory: in which git runs.
    """
    if url.startswith(_FILE):
        path = url.removeprefix(_FILE)
        return Path(path) if path.startswith("/") else None
    host, colon, _rest = url.partition(":")
    # As in `host:path`, but not in `./a:b`.
    is_elsewhere = not url or "://" in url or (colon and "/" not in host)
    return None if is_elsewhere else directory / url


def has_arrived(target: Path, refs: Mapping[str, bytes]) -> bool:
    """Return whether refs of a repository are what they were to become.

    Args:
        target: the repository's path, as it is given to git: the worktree's root, the git
            directory, or either without `.git` at its end.
        refs: raw ids by the refs' full names; empty for a ref that is to be gone.
    """
    for path in (target, target.with_name(f"{target.name}.git")):
        try:
            handle = pygit2.Repository(os.fspath(path), RepositoryOpenFlag.NO_SEARCH)
            return all(_value(handle, name) == value for name, value in refs.items())
        except (pygit2.GitError, ValueError, OSError):
            continue
    return False


def _value(handle: pygit2.Repository, name: str) -> bytes:
    try:
        target = handle.lookup_reference(name).target
    except KeyError:
        return b""
    return target.raw if isinstance(target, pygit2.Oid) else b""
