"""How trees differ, exactly as git says."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from heddle_worker.repository.diff import Diff, FileChange, FileVersion
from heddle_worker.repository.diff_process import DiffProcess
from heddle_worker.repository.diff_processes import DiffProcesses, Surroundings
from heddle_worker.repository.git_command import GitCommand
from heddle_worker.repository.repository import Repository
from heddle_worker.repository.signatures import signature_at
from heddle_worker.repository.state import State
from heddle_worker.repository.state_ids import commit_of
from heddle_worker.repository.touched import touched_files
from heddle_worker.repository.trees import find_file

EMPTY_TREE: Final = bytes.fromhex("4b825dc642cb6eb9a060e54bf8d69288fbee4904")


class TreeDiffs:
    """Compares trees of a repository. Its methods may be called from any thread.

    Renames, lines and hunks are those of `git diff -M` in the repository, attributes included;
    what people have configured for how git shows differences to them does not matter.
    """

    def __init__(self, repository: Repository) -> None:
        self._repository = repository
        root = repository.root if repository.root is not None else repository.git_dir
        self._surrounding_files = (
            *repository.configuration_files,
            repository.common_dir / "info" / "attributes",
            root / ".gitattributes",
        )
        git = GitCommand(repository.git_dir, repository.root)
        self._processes = DiffProcesses(lambda: DiffProcess(git), self._surroundings)

    def between(self, old_tree: bytes | None, new_tree: bytes) -> Diff:
        """Return how a tree differs from another.

        Args:
            old_tree: raw id of the tree to compare with; `None` for the empty one.
            new_tree: raw id of the tree.

        Raises:
            MissingObjectError: something that they consist of is missing.
            DiffTimeoutError: they differ in too much.
            GitFailedError: git cannot be run, or failed.
        """
        return self._processes.ask(old_tree or EMPTY_TREE, new_tree)

    def of_state(self, state: State) -> Diff:
        """Return how a state differs from its first parent; a root, from the empty tree.

        Files of a merge that are as in none of its parents, as `git diff-tree -c` tells them, are
        marked.

        Raises:
            RepositoryError: see `between`.
        """
        trees = [commit_of(self._repository, parent).tree_id.raw for parent in state.parents]
        diff = self.between(trees[0] if trees else None, state.tree)
        if len(trees) <= 1:
            return diff
        return replace(diff, files=tuple(self._marked(file, trees[1:]) for file in diff.files))

    def touched_by(self, state: State, most: int) -> list[FileVersion]:
        """Return the versions of files that `of_state` is going to tell of, in a part of its time.

        Args:
            state: the state.
            most: files; of a state that touches more, none are returned, nor of a root.

        Raises:
            RepositoryError: its parent is missing or cannot be read.
        """
        if not state.parents:
            return []
        prior = commit_of(self._repository, state.parents[0]).tree_id.raw
        return touched_files(self._repository, prior, state.tree, most)

    def close(self) -> None:
        """End the processes that compare. May block until one has answered."""
        self._processes.close()

    def _marked(self, file: FileChange, other_parents: Sequence[bytes]) -> FileChange:
        found = file.new
        by_merge = all(
            find_file(self._repository, parent, file.path) != found for parent in other_parents
        )
        return replace(file, by_merge=True) if by_merge else file

    def _surroundings(self) -> Surroundings:
        """Return what shows that git's configuration or attributes have changed."""
        return tuple(map(signature_at, self._surrounding_files))
