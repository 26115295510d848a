"""What following a way through history asks of commits, at the least cost."""

from __future__ import annotations

import functools
from typing import Final

from heddle_worker.repository.errors import MissingObjectError, RepositoryError
from heddle_worker.repository.repository import Repository
from heddle_worker.repository.state_ids import commit_of

_KEPT_TREES: Final = 8_192


class Ancestry:
    """The commits of a repository. Its methods may be called from any thread."""

    def __init__(self, repository: Repository) -> None:
        self._repository = repository
        self._tree = functools.lru_cache(_KEPT_TREES)(self._read_tree)

    def has(self, commit: bytes) -> bool:
        """Return whether a raw id is that of a commit which can be read, reachable or not."""
        try:
            return commit_of(self._repository, commit).id.raw == commit
        except (RepositoryError, ValueError):
            return False

    def parents(self, commit: bytes) -> tuple[bytes, ...]:
        """Return the raw ids of the parents, the first first.

        A commit that is missing has none: history ends there, as it does in a shallow clone.

        Raises:
            DamagedRepositoryError: the commit cannot be read.
        """
        try:
            return tuple(parent.raw for parent in commit_of(self._repository, commit).parent_ids)
        except MissingObjectError:
            return ()

    def tree(self, commit: bytes) -> bytes:
        """Return the raw id of a commit's tree.

        Raises:
            MissingObjectError: the commit is not there.
            DamagedRepositoryError: it cannot be read.
        """
        return self._tree(commit)

    def _read_tree(self, commit: bytes) -> bytes:
        return commit_of(self._repository, commit).tree_id.raw
