"""Whether every change of a ref or of `HEAD` is heard of, and nothing else."""

from __future__ import annotations

import select
from collections.abc import Iterator
from pathlib import Path

import pytest
from git_repository import GitRepository
from waiting import wait_until

from heddle_worker.watching.directory_watch import DirectoryWatch
from heddle_worker.watching.ref_places import REFS, ref_places


class Listener:
    """Hears of a repository as the watcher does."""

    def __init__(self, common_dir: Path) -> None:
        self.watch = DirectoryWatch(common_dir)
        self.common_dir = common_dir
        self.renew()

    def renew(self) -> None:
        self.watch.add(ref_places(self.common_dir))

    def heard(self) -> set[str]:
        """Return what has been told since the last time; git has ended, so all is there."""
        ready, _, _ = select.select([self.watch], [], [], 0)
        topics = self.watch.read() if ready else set()
        if self.watch.has_new_directories:
            self.renew()
        return topics


@pytest.fixture
def git(tmp_path: Path) -> GitRepository:
    """A repository with two commits on `main`, and one more on `side`, which was left again."""
    git = GitRepository.init(tmp_path / "repository")
    for text in ("first", "second"):
        git.write("story.txt", f"{text}\n")
        git.commit(text)
    git.git("switch", "-qc", "side")
    git.write("side.txt", "side\n")
    git.commit("side work")
    git.git("switch", "-q", "main")
    return git


@pytest.fixture
def listener(git: GitRepository) -> Iterator[Listener]:
    git.git("branch", "deep/er/branch")
    git.git("worktree", "add", "-q", "../linked", "side")
    listener = Listener(git.git_dir())
    yield listener
    listener.watch.close()


@pytest.mark.parametrize(
    "command",
    [
        "commit -q --allow-empty -m more",
        "commit -q --amend --allow-empty -m better",
        "switch -q deep/er/branch",
        "switch -q --detach",
        "switch -qc new",
        "branch new",
        "branch new/one",
        "branch deep/er/other",
        "branch -m deep/er/branch short",
        "branch -D deep/er/branch",
        "tag v1",
        "tag -am annotated v1",
        "update-ref refs/remotes/origin/main HEAD",
        "symbolic-ref HEAD refs/heads/unborn",
        "pack-refs --all",
        "worktree add -q ../more",
        "worktree remove ../linked",
        "-C ../linked commit -q --allow-empty -m there",
        "-C ../linked switch -q --detach",
    ],
)
def test_a_change_is_heard(git: GitRepository, listener: Listener, command: str) -> None:
    git.git(*command.split())
    assert listener.heard() == {REFS}


@pytest.mark.parametrize("command", ["status", "add new.txt", "gc -q --prune=now", "diff"])
def test_other_work_is_not_heard(git: GitRepository, command: str) -> None:
    git.git("gc", "-q")
    git.git("reflog", "expire", "--all")
    listener = Listener(git.git_dir())
    (git.root / "new.txt").write_text("text")
    (git.root / "story.txt").write_text("other")
    git.git(*command.split())
    heard = listener.heard()
    listener.watch.close()
    # Collecting garbage rewrites the logs and packs the refs, whether or not that is needed.
    assert heard == ({REFS} if command.startswith("gc") else set())


def test_what_was_deleted_and_made_again_is_heard(git: GitRepository, listener: Listener) -> None:
    for _ in range(3):
        git.git("branch", "a/b/c")
        assert listener.heard() == {REFS}
        git.git("commit", "-q", "--allow-empty", "-m", "more")
        git.git("update-ref", "refs/heads/a/b/c", "HEAD")
        assert listener.heard() == {REFS}
        git.git("pack-refs", "--all", "--prune")
        git.git("branch", "-D", "a/b/c")
        assert listener.heard() == {REFS}


def test_the_loss_of_the_repository_is_noticed(git: GitRepository, listener: Listener) -> None:
    assert listener.watch.has_root
    git.git_dir().rename(git.root / "moved")
    assert listener.heard() == {REFS}
    assert not listener.watch.has_root
    (git.root / "moved").rename(git.root / ".git")
    listener.renew()
    assert listener.watch.has_root
    git.commit()
    assert wait_until(listener.heard, "the commit is heard") == {REFS}
