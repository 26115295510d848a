"""Tells subscribers the signals of each new state, and of a worktree whenever its files change.

Whatever there is to tell is found out once for all subscribers, and nothing is while there are
none.
"""

from __future__ import annotations

import asyncio
import contextlib
import sys
from abc import ABC, abstractmethod
from collections import OrderedDict, deque
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from pathlib import Path
from typing import Final, Protocol

from heddle_worker.failures import ConfigurationError, FollowerTooSlowError
from heddle_worker.limits import MAX_UPDATES
from heddle_worker.repository.errors import RepositoryError
from heddle_worker.store.errors import StoreError
from heddle_worker.watching.branch_moves import BranchMoves
from heddle_worker.watching.watcher import Watcher
from heddle_worker.watching.worktree_watch import WorktreeWatch

_MOST_ANNOUNCED: Final = 10_000
_FAILURES: Final = (RepositoryError, StoreError, ConfigurationError, OSError, MemoryError)


class Source(Protocol):
    """What updates are made from. Its methods block, and raise what the repository raises."""

    def state_update(self, state: bytes, branches: Sequence[str]) -> bytes:
        """Return the update about a state, to which some branches have come."""

    def worktree_stamp(self, root: Path) -> bytes:
        """Return what is another when the worktree differs otherwise from its `HEAD`."""

    def worktree_update(self, root: Path) -> bytes:
        """Return the update about a worktree."""


class Subscriber:
    """One client's stream, and what waits for it; on the event loop's thread.

    Args:
        root: of the worktree that it is about; `None` for none.
        cut_off: ends the client's call with an error, whatever the client does.
    """

    def __init__(self, root: Path | None, cut_off: Callable[[Exception], None]) -> None:
        self.root = root
        self._cut_off = cut_off
        self._waiting: deque[bytes] = deque()
        self._news = asyncio.Event()

    async def next(self) -> bytes:
        """Wait for the next update; return it."""
        while not self._waiting:
            self._news.clear()
            await self._news.wait()
        return self._waiting.popleft()

    def offer(self, update: bytes) -> None:
        """Keep an update, unless so many wait that the client cannot be reading."""
        if len(self._waiting) < MAX_UPDATES:
            self._waiting.append(update)
            self._news.set()
        else:
            self.fail(
                FollowerTooSlowError(
                    f"{MAX_UPDATES} updates wait while none is taken; subscribe again and read on"
                )
            )

    def fail(self, error: Exception) -> None:
        """End the client's call: it would miss something."""
        self._cut_off(error)


class SignalUpdates:
    """The updates of one repository, for all subscribers; lives on the event loop's thread.

    Args:
        source: makes the updates.
        moves: finds the new states.
        watcher: hears when refs may have moved.
    """

    def __init__(self, source: Source, moves: BranchMoves, watcher: Watcher) -> None:
        self._source = source
        self._moves = moves
        self._watcher = watcher
        self._subscribers: dict[Subscriber, None] = {}
        self._branches: _Branches | None = None
        self._worktrees: dict[Path, _Worktree] = {}

    @contextlib.asynccontextmanager
    async def subscriber(
        self, root: Path | None, cut_off: Callable[[Exception], None]
    ) -> AsyncIterator[Subscriber]:
        """Let a subscriber in for the time of the context: what happens from now on is told.

        Args:
            root: of the worktree that it wants to hear of besides the branches.
            cut_off: ends its call with a status, whatever its client does.

        Raises:
            RepositoryError: the branches, or the worktree, cannot be read.
        """
        subscriber = Subscriber(root, cut_off)
        self._subscribers[subscriber] = None
        try:
            await self._begin(root)
            yield subscriber
        finally:
            del self._subscribers[subscriber]
            self._end_unwanted()

    async def _begin(self, root: Path | None) -> None:
        if self._branches is None:
            self._branches = _Branches(self._source, self._moves, self._audience(None))
            self._watcher.listeners.add(self._hear)
        if root is not None and root not in self._worktrees:
            self._worktrees[root] = _Worktree(self._source, root, self._audience(root))
        await self._branches.begun()
        if root is not None:
            await self._worktrees[root].begun()

    def _end_unwanted(self) -> None:
        wanted = {subscriber.root for subscriber in self._subscribers}
        for root in [root for root in self._worktrees if root not in wanted]:
            self._worktrees.pop(root).end()
        if not self._subscribers and self._branches is not None:
            self._watcher.listeners.discard(self._hear)
            self._branches.end()
            self._branches = None

    def _hear(self) -> None:
        for worktree in self._worktrees.values():
            worktree.watch.nudge()

    def _audience(self, root: Path | None) -> Callable[[], list[Subscriber]]:
        """Return what returns those who want to hear of a worktree, or all."""
        return lambda: [each for each in self._subscribers if root in (None, each.root)]


class _Task(ABC):
    """Something that goes on in the background, once it has taken stock of what there is.

    Args:
        audience: returns those who want to hear of it.
    """

    def __init__(self, audience: Callable[[], list[Subscriber]]) -> None:
        self._audience = audience
        self._said = ""
        self._ready: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._task = asyncio.ensure_future(self._guarded())

    async def begun(self) -> None:
        """Wait until it has begun.

        Raises:
            RepositoryError: it could not.
        """
        await asyncio.shield(self._ready)

    def end(self) -> None:
        """Go on no more."""
        self._task.cancel()
        if not self._ready.done():
            self._ready.cancel()

    async def _guarded(self) -> None:
        try:
            await self._run()
        except Exception as error:
            if not self._ready.done():
                self._ready.set_exception(error)
            for subscriber in self._audience():
                subscriber.fail(error)

    def _has_begun(self) -> None:
        if not self._ready.done():
            self._ready.set_result(None)

    def _say(self, text: str) -> None:
        """Say what is wrong, unless that is what was said last."""
        if text != self._said:
            self._said = text
            sys.stderr.write(f"{' '.join(text.split())}\n")

    def _tell(self, update: bytes) -> None:
        for subscriber in self._audience():
            subscriber.offer(update)

    @abstractmethod
    async def _run(self) -> None:
        """Go on until it is ended, and say by `_has_begun` when stock has been taken."""


class _Branches(_Task):
    """Finds the new states of all branches."""

    def __init__(
        self, source: Source, moves: BranchMoves, audience: Callable[[], list[Subscriber]]
    ) -> None:
        self._source = source
        self._moves = moves
        self._announced: OrderedDict[bytes, None] = OrderedDict()
        super().__init__(audience)

    async def _run(self) -> None:
        with self._moves.heard():
            tips: Mapping[str, bytes] = await asyncio.to_thread(self._moves.tips)
            self._has_begun()
            while True:
                await self._moves.wait()
                try:
                    tips = await self._look(tips)
                except _FAILURES as error:
                    self._say(f"cannot tell of new states: {error}")

    async def _look(self, before: Mapping[str, bytes]) -> Mapping[str, bytes]:
        """Tell of what is new since the branches were where they were before."""
        moves = await self._moves.since(before)
        for state, branches in moves.states:
            if state not in self._announced:
                self._announce(state)
                self._tell(await asyncio.to_thread(self._source.state_update, state, branches))
        return moves.tips

    def _announce(self, state: bytes) -> None:
        self._announced[state] = None
        if len(self._announced) > _MOST_ANNOUNCED:
            self._announced.popitem(last=False)


class _Worktree(_Task):
    """Finds out what a worktree has become."""

    def __init__(
        self, source: Source, root: Path, audience: Callable[[], list[Subscriber]]
    ) -> None:
        self.watch = WorktreeWatch(root)
        self._source = source
        self._root = root
        super().__init__(audience)

    async def _run(self) -> None:
        stamp = await asyncio.to_thread(self._source.worktree_stamp, self._root)
        self._has_begun()
        async with contextlib.aclosing(self.watch.changes()) as changes:
            async for _ in changes:
                try:
                    now = await asyncio.to_thread(self._source.worktree_stamp, self._root)
                    if now != stamp:
                        stamp = now
                        self._tell(
                            await asyncio.to_thread(self._source.worktree_update, self._root)
                        )
                except _FAILURES as error:
                    self._say(f"cannot tell of the worktree {self._root}: {error}")
