"""Tells of what git did, as it gets into the operation log, while anybody wants to know."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final

from heddle_worker.hooks.ear import Ear
from heddle_worker.hooks.events import EVENTS, Event, waits
from heddle_worker.hooks.git_activity import capture, events_of
from heddle_worker.hooks.hub import HookHub
from heddle_worker.hooks.progress import Progress
from heddle_worker.hooks.rebases import DetachedRebases
from heddle_worker.hooks.resuming import follow_on
from heddle_worker.repository.repository import Repository
from heddle_worker.store import told
from heddle_worker.store.operation_query import OperationQuery, select
from heddle_worker.store.operations import Operation, newest_seq
from heddle_worker.store.readers import Readers
from heddle_worker.store.writer import Writer
from heddle_worker.streams.feed import Feed
from heddle_worker.watching.watcher import Watcher

NAMES: Final = frozenset(name for name in EVENTS if not waits(name)) - {"on_signal"}
"""The events that come out of the operation log, or with it."""

_MOST_BEHIND: Final = 4_096
"""Entries that a worker tells of which came while none told."""

_PUSH_SECONDS: Final = 0.5
"""A push moves its branches one by one; when none has moved for so long, it is over."""


@dataclass(frozen=True, slots=True)
class _Push:
    """What a push has moved up to now, by which entries, and when it counts as over."""

    refs: list[str]
    seqs: list[int]
    timer: asyncio.TimerHandle


class ActivityTeller:
    """Follows the operation log for one worker's hooks. On the event loop's thread.

    Args:
        feed: offers what the log gets.
        read_in: reads in what git did; may block.
        repository: in which git does it.
        watcher: hears when git has done something.
        writer, readers: of the store.
        hub: is told of the events.
        say: writes a line to the daemon's log.

    Attributes:
        names: of the events that it tells of.
        follows: set while it misses nothing.
    """

    def __init__(
        self,
        feed: Feed,
        read_in: Callable[[], None],
        repository: Repository,
        watcher: Watcher,
        writer: Writer,
        readers: Readers,
        hub: HookHub,
        say: Callable[[str], None],
    ) -> None:
        self.names = NAMES
        self.follows = asyncio.Event()
        self._feed = feed
        self._read_in = read_in
        self._repository = repository
        self._watcher = watcher
        self._writer = writer
        self._readers = readers
        self._hub = hub
        self._say = say
        self._progress = Progress(writer, say)
        self._rebases = DetachedRebases(repository.common_dir)
        self._pushes: dict[str, _Push] = {}

    async def run(self) -> None:
        """Tell of what happens, until cancelled."""
        await follow_on(
            self, self._hub, lambda error: self._say(f"cannot tell hooks of what git did: {error}")
        )

    async def follow(self) -> None:
        """Tell while anybody listens; what happened before is nobody's business."""
        ear = Ear()
        async with self._feed.member(ear):
            missed, newest = await asyncio.to_thread(self._catch_up)
            self._progress.begin(missed[0].seq - 1 if missed else newest)
            unwanted = asyncio.ensure_future(self._hub.until_heard(NAMES, wanted=False))
            self._watcher.listeners.add(ear.nudge)
            self.follows.set()
            try:
                await self._tell(missed)
                while (entries := await ear.more(unwanted)) is not None:
                    await self._tell([entry for entry in entries if entry.seq > newest])
            finally:
                self.follows.clear()
                self._watcher.listeners.discard(ear.nudge)
                unwanted.cancel()
        await self.forget()

    async def forget(self) -> None:
        """Begin anew, the next time, with what happens from then on."""
        await self._writer.submit_awaited(told.end_operations)

    def _catch_up(self) -> tuple[list[Operation], int]:
        """Read in what git did; return what was not told of up to now, and the last entry's `seq`.

        That somebody listens is noted in the store, unless it was.
        """
        self._read_in()
        with self._readers.snapshot() as connection:
            newest = newest_seq(connection)
            last = told.operations(connection)
            if last is not None:
                after = max(last, newest - _MOST_BEHIND)
                return list(select(connection, OperationQuery(after_seq=after))), newest
        self._writer.submit(partial(told.begin_operations, seq=newest)).result()
        return [], newest

    async def _tell(self, entries: Sequence[Operation]) -> None:
        if entries:
            remotes = await asyncio.to_thread(lambda: self._repository.remotes)
            for event in events_of(entries, remotes):
                self._progress.open(event.seq)
                if event.name == "post_push":
                    self._gather(event)
                else:
                    self._hub.tell(event).add_done_callback(partial(self._note_told, [event.seq]))
            for entry in entries:
                self._rebases.note(entry)
            self._progress.reach(entries[-1].seq)
        if self._rebases.is_waiting:
            for entry in await asyncio.to_thread(self._rebases.over):
                self._hub.tell(capture(entry))

    def _gather(self, event: Event) -> None:
        """Keep what a push has moved up to now, until it moves nothing more."""
        remote, refs, seqs = event.payload["remote"], event.payload["refs"], [event.seq]
        push = self._pushes.get(remote)
        if push is not None:
            push.timer.cancel()
            refs, seqs = [*push.refs, *refs], [*push.seqs, *seqs]
        timer = asyncio.get_running_loop().call_later(_PUSH_SECONDS, self._tell_push, remote)
        self._pushes[remote] = _Push(refs, seqs, timer)

    def _tell_push(self, remote: str) -> None:
        push = self._pushes.pop(remote)
        event = Event("post_push", {"remote": remote, "refs": list(dict.fromkeys(push.refs))})
        self._hub.tell(event).add_done_callback(partial(self._note_told, push.seqs))

    def _note_told(self, seqs: Sequence[int], _told: asyncio.Future[None]) -> None:
        for seq in seqs:
            self._progress.close(seq)
