"""States: finding them, and how they lie to each other in history."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

import pygit2
from pygit2.enums import BranchType

from heddle_worker.repository import trees
from heddle_worker.repository.diff import FileVersion
from heddle_worker.repository.display import displayed
from heddle_worker.repository.errors import MissingObjectError, damaged
from heddle_worker.repository.messages import parse_message
from heddle_worker.repository.repository import Repository
from heddle_worker.repository.state import State
from heddle_worker.repository.state_ids import commit_of, find_commit


class States:
    """The states of a repository. Its methods may be called from any thread.

    Each of them raises `MissingObjectError` when the repository lacks an object that it refers to
    and `DamagedRepositoryError` when one cannot be read.
    """

    def __init__(self, repository: Repository) -> None:
        self._repository = repository
        self._handle = repository.handle

    def resolve(self, state_id: bytes) -> State:
        """Return the state that a caller means.

        Args:
            state_id: a raw id, its 40 hexadecimal digits, or a revision in ASCII such as `HEAD~2`,
                a branch, a tag, or the beginning of an id.

        Raises:
            InvalidStateError: it can be none of them, or names something that is no commit.
            StateNotFoundError: there is no such state.
        """
        return _state(find_commit(self._repository, state_id))

    def get(self, commit: bytes) -> State:
        """Return the state of a commit's raw id, which came out of the repository itself."""
        return _state(commit_of(self._repository, commit))

    def first_parents(self, start: bytes, limit: int) -> list[State]:
        """Return a state and those before it along first parents, the newest first.

        Args:
            start: raw id of the newest.
            limit: the most states, the newest included.
        """
        found: list[State] = []
        following: bytes | None = start
        while following is not None and len(found) < limit:
            state = self.get(following)
            found.append(state)
            following = state.parents[0] if state.parents else None
        return found

    def merge_base(self, one: bytes, other: bytes) -> bytes | None:
        """Return the raw id of the best common ancestor of two; `None` when there is none."""
        with _whole_history(one, other):
            base = self._handle.merge_base(pygit2.Oid(raw=one), pygit2.Oid(raw=other))
        return base.raw if base is not None else None

    def is_ancestor(self, older: bytes, newer: bytes) -> bool:
        """Return whether a state is another, or lies in its history."""
        if older == newer:
            return True
        with _whole_history(older, newer):
            return self._handle.descendant_of(pygit2.Oid(raw=newer), pygit2.Oid(raw=older))

    def branches(self) -> dict[str, bytes]:
        """Return the raw id of the commit of each local branch, by its name."""
        tips = {
            displayed(name): self._repository.commit_at(f"refs/heads/{os.fsdecode(name)}")
            for name in self._handle.raw_listall_branches(BranchType.LOCAL)
        }
        return {name: tip for name, tip in tips.items() if tip}

    def tree_files(self, tree: bytes) -> list[FileVersion]:
        """Return the files of a tree and all below it, in the order of their paths."""
        return list(self.walk_files(tree))

    def walk_files(self, tree: bytes) -> Iterator[FileVersion]:
        """Yield the same one by one: a tree that is too large need not be walked to its end.

        Args:
            tree: raw id of the tree.
        """
        return trees.files_of(self._repository, tree)

    def file_at(self, tree: bytes, path: bytes) -> FileVersion | None:
        """Return a tree's file at a path; `None` when there is none, or a directory."""
        return trees.find_file(self._repository, tree, path)


@contextmanager
def _whole_history(*commits: bytes) -> Iterator[None]:
    shown = " and ".join(commit.hex() for commit in commits)
    try:
        yield
    except KeyError:
        raise MissingObjectError(
            f"a commit in the history of {shown} is missing from the repository; run git fsck"
        ) from None
    except (ValueError, pygit2.GitError) as error:
        raise damaged(f"the history of {shown}", error) from error


def _state(commit: pygit2.Commit) -> State:
    try:
        author = commit.author
        message = parse_message(commit.raw_message, commit.message_encoding)
        return State(
            id=commit.id.raw,
            tree=commit.tree_id.raw,
            parents=tuple(parent.raw for parent in commit.parent_ids),
            subject=message.subject,
            body=message.body,
            trailers=message.trailers,
            author_name=displayed(author.raw_name),
            author_email=displayed(author.raw_email),
            author_secs=author.time,
            committer_secs=commit.commit_time,
        )
    except (ValueError, pygit2.GitError) as error:
        raise damaged(f"the commit {commit.id}", error) from error
