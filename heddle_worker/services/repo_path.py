"""The `repo_path` of a request: where in the repository that is served does it lie?

`FieldChecks` has to have been passed before. A relative path starts at the worktree that is served,
and the empty one is that worktree.
"""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

from heddle_worker.domain import Domain
from heddle_worker.failures import NotFoundError, PreconditionError


async def ensure_repo_path(domain: Domain, repo_path: str) -> None:
    """Make sure that a path lies in the repository; which worktree it is in makes no difference.

    Raises:
        NotFoundError: as `find_worktree` does.
    """
    if repo_path:
        await asyncio.to_thread(find_worktree, domain, repo_path)


def head_root(domain: Domain, repo_path: str) -> Path:
    """Return the worktree whose `HEAD` a call is about: that of the path, or the one served.

    May block.

    Raises:
        NotFoundError: as `find_worktree` does.
    """
    return (find_worktree(domain, repo_path) if repo_path else None) or domain.root


def worktree_root(domain: Domain, repo_path: str) -> Path:
    """Return the root of the worktree that a path lies in. May block.

    Raises:
        NotFoundError: as `find_worktree` does.
        PreconditionError: the path lies in a git directory, or in a bare repository.
    """
    root = find_worktree(domain, repo_path)
    if root is None:
        raise PreconditionError(
            f"{repo_path or domain.root} has no worktree; name one as repo_path"
        )
    return root


def find_worktree(domain: Domain, repo_path: str) -> Path | None:
    """Return the root of the worktree that a path lies in; `None` when it is in a git directory.

    May block.

    Raises:
        NotFoundError: nothing is there, or it belongs to another repository, be it a nested one.
    """
    served = domain.root
    roots = {root.resolve() for root in domain.repository.worktrees}
    if not repo_path:
        return served if served in roots else None
    path = Path(os.path.realpath(served / repo_path))
    # A name that is too long is no name of anything either.
    is_there = os.path.exists(path)  # noqa: PTH110
    in_git_dir = False
    for place in (path, *path.parents) if is_there else ():
        if place in roots and not in_git_dir:
            return place
        if place in roots or place in (served, domain.repository.common_dir.resolve()):
            return None
        if os.path.lexists(place / ".git"):
            break
        in_git_dir |= os.path.lexists(place / "HEAD")
    raise NotFoundError(f"{repo_path} is not in the repository that this daemon serves, {served}")
