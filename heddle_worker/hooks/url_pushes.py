"""Pushes to a URL: git leaves no trace of them here, so the other repository is looked at.

That can be done without the person's credentials where it is on this machine, and only there.
"""

from __future__ import annotations

import asyncio
from binascii import unhexlify
from collections.abc import Callable
from typing import Final

from heddle_worker.hooks.events import Event
from heddle_worker.hooks.hub import HookHub
from heddle_worker.repository.errors import RepositoryError
from heddle_worker.repository.push_target import has_arrived, local_path
from heddle_worker.repository.ref_files import HEADS
from heddle_worker.repository.repository import Repository
from heddle_worker.store.errors import StoreError

_FIRST_PAUSE: Final = 0.1
_LONGEST_PAUSE: Final = 2.0
_SECONDS: Final = 60.0
"""So long the other repository is looked at."""

_MOST: Final = 16
"""Pushes that are waited for at the same time; of more, nothing is told."""


class UrlPushes:
    """Tells of pushes that were agreed to, once they have arrived. On the event loop's thread.

    Args:
        repository: from which it is pushed.
        hub: is told of the events.
        say: writes a line to the daemon's log.
    """

    def __init__(self, repository: Repository, hub: HookHub, say: Callable[[str], None]) -> None:
        self._repository = repository
        self._hub = hub
        self._say = say
        self._waiting: set[asyncio.Task[None]] = set()

    def expect(self, event: Event) -> None:
        """Wait, in the background, for the push that an event has announced."""
        if len(self._waiting) < _MOST:
            task = asyncio.ensure_future(self._wait(event))
            self._waiting.add(task)
            task.add_done_callback(self._waiting.discard)

    async def _wait(self, event: Event) -> None:
        try:
            await self._tell_of(event)
        except (RepositoryError, StoreError) as error:
            self._say(f"a push to a URL is not told of: {error}")

    async def _tell_of(self, event: Event) -> None:
        remote, url = event.payload["remote"], event.payload["url"]
        target = local_path(url, event.directory or self._repository.git_dir)
        if (
            target is None
            or not event.payload["refs"]
            or not await asyncio.to_thread(self._is_wanted, remote)
        ):
            return
        refs = {
            one["remote_ref"]: unhexlify(one["local_id"]) if one["local_id"].strip("0") else b""
            for one in event.payload["refs"]
        }
        loop = asyncio.get_running_loop()
        end, pause = loop.time() + _SECONDS, _FIRST_PAUSE
        while loop.time() < end:
            await asyncio.sleep(pause)
            pause = min(2 * pause, _LONGEST_PAUSE)
            if await asyncio.to_thread(has_arrived, target, refs):
                names = [ref.removeprefix(HEADS.decode()) for ref in refs]
                self._hub.tell(Event("post_push", {"remote": remote, "refs": names}))
                return

    def _is_wanted(self, remote: str) -> bool:
        """Return whether somebody wants to know, and nobody hears of it otherwise."""
        return remote not in self._repository.remotes and self._hub.is_heard(
            frozenset({"post_push"})
        )
