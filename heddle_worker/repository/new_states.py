"""Which states have come to a repository's branches."""

from __future__ import annotations

import itertools
from collections.abc import Iterable

import pygit2
from pygit2.enums import SortMode

from heddle_worker.repository.errors import damaged
from heddle_worker.repository.repository import Repository


def new_states(
    repository: Repository, tips: Iterable[bytes], known: Iterable[bytes], most: int
) -> list[bytes]:
    """Return the states that lie in the history of tips and not in that of others.

    Args:
        repository: that has them.
        tips: raw ids of commits.
        known: raw ids of those whose history is not of interest; one that is gone does not matter.
        most: how many of the newest to return.

    Returns:
        Raw ids, each state after those that it is made from.

    Raises:
        RepositoryError: the history cannot be read.
    """
    handle = repository.handle
    try:
        walker = handle.walk(None, SortMode.TOPOLOGICAL | SortMode.TIME)
        for tip in tips:
            walker.push(pygit2.Oid(raw=tip))
        for old in known:
            oid = pygit2.Oid(raw=old)
            if oid in handle:
                walker.hide(oid)
        found = [commit.id.raw for commit in itertools.islice(walker, most)]
    except (KeyError, ValueError, pygit2.GitError) as error:
        raise damaged("the history of the branches", error) from error
    return found[::-1]
