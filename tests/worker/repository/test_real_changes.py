"""The last changes of real repositories, which `HEDDLE_REPOSITORIES` names as `PATH` does."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from typing import Final

import pytest
from numstat import check_equal, run_git

from heddle_worker.repository.errors import MissingObjectError
from heddle_worker.repository.repository import Repository
from heddle_worker.repository.state import State
from heddle_worker.repository.states import States
from heddle_worker.repository.tree_diff import EMPTY_TREE, TreeDiffs

_COMMITS: Final = 300
_NAMED: Final = [
    Path(name) for name in os.environ.get("HEDDLE_REPOSITORIES", "").split(":") if name
]


@pytest.mark.skipif(not _NAMED, reason="HEDDLE_REPOSITORIES names none")
@pytest.mark.timeout(900)
@pytest.mark.parametrize("root", _NAMED, ids=str)
def test_the_last_changes_are_what_git_says(root: Path) -> None:
    repository = Repository.open(root)
    states, diffs = States(repository), TreeDiffs(repository)
    ids = run_git(root, "rev-list", "--topo-order", f"-n{_COMMITS}", "HEAD").split()
    for commit in ids:
        state = states.resolve(commit)
        check_message(root, state)
        check_change(root, states, diffs, state)
    diffs.close()


def check_message(root: Path, state: State) -> None:
    printed = run_git(root, "log", "-1", "--format=%s%x00%an%x00%at%x00%ct%x00%P", state.id.hex())
    subject, name, author_secs, committer_secs, parents = printed.removesuffix(b"\n").split(b"\0")
    assert state.subject.encode() == subject
    assert state.author_name.encode() == name
    assert (state.author_secs, state.committer_secs) == (int(author_secs), int(committer_secs))
    assert [parent.hex().encode() for parent in state.parents] == parents.split()
    message = run_git(root, "log", "-1", "--format=%B", state.id.hex())
    trailers = run_git(root, "interpret-trailers", "--parse", given=message)
    shown = [f"{token}: {value}".rstrip() for token, value in state.trailers]
    assert shown == [line.rstrip() for line in trailers.decode().splitlines()]


def check_change(root: Path, states: States, diffs: TreeDiffs, state: State) -> None:
    old = states.get(state.parents[0]).tree if state.parents else EMPTY_TREE
    try:
        run_git(root, "diff", "--numstat", "-M", old.hex(), state.tree.hex())
    except subprocess.CalledProcessError:
        # A clone that is not whole.
        with pytest.raises(MissingObjectError):
            diffs.of_state(state)
        return
    diff = diffs.of_state(state)
    check_equal(diff, root, old.hex(), state.tree.hex())
    if len(state.parents) > 1:
        words = ("-c", "-r", "-z", "--name-only", "--no-commit-id", state.id.hex())
        combined = set(run_git(root, "diff-tree", *words).split(b"\0")[:-1])
        listed = {file.path for file in diff.files}
        assert {file.path for file in diff.files if file.by_merge} == combined & listed
