"""Finds out which states have come to a repository's branches."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from heddle_worker.limits import MAX_NEW_STATES
from heddle_worker.repository.new_states import new_states
from heddle_worker.repository.repository import Repository
from heddle_worker.repository.states import States
from heddle_worker.watching.watcher import Watcher

_PAUSE: Final = 2.0


@dataclass(frozen=True, slots=True)
class Moves:
    """What has become of the branches.

    Attributes:
        tips: the raw id of the state of each branch, by its name.
        states: raw ids of the states that have come, each after those that it is made from; with
            the branches that are there now, sorted.
    """

    tips: Mapping[str, bytes]
    states: tuple[tuple[bytes, tuple[str, ...]], ...] = ()


class BranchMoves:
    """Hears of moves, and looks at them. On the event loop's thread.

    Args:
        repository: whose branches they are.
        states: of the repository.
        watcher: hears when refs may have moved.
    """

    def __init__(self, repository: Repository, states: States, watcher: Watcher) -> None:
        self._repository = repository
        self._states = states
        self._watcher = watcher
        self._news = asyncio.Event()

    @contextlib.contextmanager
    def heard(self) -> Iterator[None]:
        """Hear of all moves within the context."""
        self._watcher.listeners.add(self._news.set)
        try:
            yield
        finally:
            self._watcher.listeners.discard(self._news.set)

    async def wait(self) -> None:
        """Wait until branches may have moved; see `heard`."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_PAUSE if self._watcher.has_given_up else None):
                await self._news.wait()
        self._news.clear()

    def tips(self) -> dict[str, bytes]:
        """Return the raw id of the state of each branch, by its name. On any thread; may block.

        Raises:
            RepositoryError: the branches cannot be read.
        """
        return self._states.branches()

    async def since(self, before: Mapping[str, bytes]) -> Moves:
        """Return what has happened since the branches were where they were before.

        A state that another branch was at already has not come now.

        Raises:
            RepositoryError: the branches cannot be read.
        """
        return await asyncio.to_thread(self._since, before)

    def _since(self, before: Mapping[str, bytes]) -> Moves:
        tips = self.tips()
        moved = {name: tip for name, tip in tips.items() if before.get(name) != tip}
        known = set(before.values())
        if not moved or known.issuperset(moved.values()):
            return Moves(tips)
        states = new_states(self._repository, moved.values(), sorted(known), MAX_NEW_STATES)
        names = {state: sorted(n for n, tip in moved.items() if tip == state) for state in states}
        return Moves(tips, tuple((state, tuple(names[state])) for state in states))
