"""Watching a worktree, on an event loop of its own."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Coroutine
from pathlib import Path
from typing import Any

import pytest
from git_repository import GitRepository

from heddle_worker.failures import FollowerTooSlowError
from heddle_worker.limits import MAX_UPDATES
from heddle_worker.streams.signal_updates import Subscriber
from heddle_worker.watching.worktree_watch import WorktreeWatch

SECONDS = 60.0


@pytest.fixture
def git(tmp_path: Path) -> GitRepository:
    """A repository with a file in a directory."""
    git = GitRepository.init(tmp_path / "repository")
    git.write("src/a.py", "a\n")
    git.write(".gitignore", "ignored/\n")
    git.commit()
    return git


def run(scenario: Coroutine[Any, Any, None]) -> None:
    async def bounded() -> None:
        async with asyncio.timeout(SECONDS):
            await scenario

    asyncio.run(bounded())


@contextlib.asynccontextmanager
async def changes(watch: WorktreeWatch) -> AsyncIterator[AsyncGenerator[None, None]]:
    """Watch, and be over the first time, which comes at once."""
    async with contextlib.aclosing(watch.changes()) as found:
        await anext(found)
        yield found


@pytest.mark.parametrize(
    "edit",
    [
        lambda root: (root / "src" / "a.py").write_text("b\n"),
        lambda root: (root / "src" / "a.py").unlink(),
        lambda root: (root / "src" / "a.py").chmod(0o755),
        lambda root: (root / "src" / "a.py").rename(root.parent / "a.py"),
        lambda root: (root / "poetry.lock").write_text("locked\n"),
        lambda root: (root / "new").mkdir(),
    ],
)
def test_edits_are_heard_of(git: GitRepository, edit: Callable[[Path], object]) -> None:
    async def scenario() -> None:
        async with changes(WorktreeWatch(git.root)) as found:
            edit(git.root)
            await anext(found)

    run(scenario())


def test_a_directory_that_is_new_is_watched_too(git: GitRepository) -> None:
    async def scenario() -> None:
        async with changes(WorktreeWatch(git.root)) as found:
            (git.root / "new").mkdir()
            await anext(found)
            (git.root / "new" / "deep").mkdir()
            await anext(found)
            (git.root / "new" / "deep" / "b.py").write_text("b\n")
            await anext(found)

    run(scenario())


def test_many_edits_are_one(git: GitRepository) -> None:
    async def scenario() -> None:
        async with changes(WorktreeWatch(git.root)) as found:
            for number in range(100):
                (git.root / "src" / f"{number}.py").write_text("b\n")
            await anext(found)
            following = asyncio.ensure_future(anext(found))
            done, _ = await asyncio.wait({following}, timeout=0.5)
            assert not done
            following.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await following

    run(scenario())


def test_what_is_too_large_to_be_watched_is_looked_at(git: GitRepository) -> None:
    async def scenario() -> None:
        watch = WorktreeWatch(git.root, most=1)
        async with changes(watch) as found:
            watch.nudge()
            await anext(found)
            # And once more without any reason, after a pause.
            await anext(found)

    run(scenario())


def test_one_that_is_gone_for_a_while_is_watched_again(git: GitRepository) -> None:
    async def scenario() -> None:
        watch = WorktreeWatch(git.root)
        aside = git.root.with_name("aside")
        async with changes(watch) as found:
            git.root.rename(aside)
            await anext(found)
            aside.rename(git.root)
            watch.nudge()
            await anext(found)

    run(scenario())


def test_a_subscriber_that_takes_nothing_is_cut_off() -> None:
    async def scenario() -> None:
        failures: list[Exception] = []
        slow, quick = (Subscriber(None, failures.append) for _ in range(2))
        for number in range(MAX_UPDATES):
            slow.offer(b"%d" % number)
            quick.offer(b"%d" % number)
            assert await quick.next() == b"%d" % number
        assert failures == []
        slow.offer(b"one more")
        quick.offer(b"one more")
        (failure,) = failures
        assert isinstance(failure, FollowerTooSlowError)
        assert "subscribe again" in str(failure)
        assert await quick.next() == b"one more"

    run(scenario())
