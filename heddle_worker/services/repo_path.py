"""The `repo_path` of a request: does it lie in the repository that is served?"""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

from heddle_worker.domain import Domain
from heddle_worker.failures import NotFoundError, PreconditionError


async def ensure_repo_path(domain: Domain, repo_path: str) -> None:
    """Do what `check_repo_path` does, in a thread; the empty path needs none.

    Raises:
        NotFoundError: as there.
    """
    if repo_path:
        await asyncio.to_thread(check_repo_path, domain, repo_path)


def worktree_root(domain: Domain, repo_path: str) -> Path:
    """Return the root of the worktree that a path lies in; the empty path is the one served.

    May block. `FieldChecks.text` has to have been passed.

    Raises:
        NotFoundError: as `check_repo_path` does.
        PreconditionError: the path lies in a git directory, or in a bare repository.
    """
    check_repo_path(domain, repo_path)
    path = Path(os.path.realpath(domain.root / repo_path))
    roots = {root.resolve() for root in domain.repository.worktrees}
    for place in (path, *path.parents):
        if place in roots:
            return place
        if os.path.lexists(place / "HEAD"):
            break
    raise PreconditionError(f"{repo_path or domain.root} has no worktree; name one as repo_path")


def head_root(domain: Domain, repo_path: str) -> Path:
    """Return the worktree whose `HEAD` a call is about: that of the path, or the one served.

    May block. `FieldChecks.text` has to have been passed.

    Raises:
        NotFoundError: as `check_repo_path` does.
    """
    if not repo_path:
        return domain.root
    try:
        root = worktree_root(domain, repo_path)
    except PreconditionError:
        return domain.root
    return domain.root if root == domain.root.resolve() else root


def check_repo_path(domain: Domain, repo_path: str) -> None:
    """Make sure that a path is in one of the repository's worktrees, or in its git directory.

    A relative path starts at the worktree that is served; the empty one is that worktree. May
    block. `FieldChecks.text` has to have been passed.

    Raises:
        NotFoundError: nothing is there, or it belongs to another repository, be it a nested one.
    """
    if repo_path and not _belongs(domain, Path(os.path.realpath(domain.root / repo_path))):
        raise NotFoundError(
            f"{repo_path} is not in the repository that this daemon serves, {domain.root}"
        )


def _belongs(domain: Domain, path: Path) -> bool:
    repository = domain.repository
    places = (domain.root, *repository.worktrees, repository.common_dir)
    ours = {place.resolve() for place in places}
    if not os.path.exists(path):  # noqa: PTH110 - a name too long is no name of anything either
        return False
    for place in (path, *path.parents):
        if place in ours:
            return True
        if os.path.lexists(place / ".git"):
            return False
    return False
