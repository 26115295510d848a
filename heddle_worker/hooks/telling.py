"""Telling of what has happened: subscribers at once, and commands one event after the other."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Sequence
from typing import Protocol

from heddle_worker.hooks.answers import Answer, Decision
from heddle_worker.hooks.commands import Commands
from heddle_worker.hooks.events import Event
from heddle_worker.hooks.policy import PolicyFile
from heddle_worker.hooks.returning import Returning
from heddle_worker.hooks.subscribers import Subscribers
from heddle_worker.limits import MAX_TOLD_EVENTS
from heddle_worker.store.hooks import RegisteredHook


class Teller(Protocol):
    """Finds out what has happened while anybody wants to know.

    Attributes:
        names: of the events that it tells of.
        follows: set while it misses nothing.
    """

    names: frozenset[str]
    follows: asyncio.Event

    async def run(self) -> None:
        """Go on until cancelled."""


class Telling:
    """Brings events to all who want them, in their order. On the event loop's thread.

    Args:
        hooks_of: returns the hooks of an event.
        commands: runs them.
        subscribers: has the subscribers.
        returning: waits for those who are expected back.
        policy: says how long a subscriber's response counts.
        record: notes what became of an event in the operation log.
        say: writes a line to the daemon's log.
    """

    def __init__(
        self,
        hooks_of: Callable[[Event], Awaitable[Sequence[RegisteredHook]]],
        commands: Commands,
        subscribers: Subscribers,
        returning: Returning,
        policy: PolicyFile,
        record: Callable[[Event, Decision], None],
        say: Callable[[str], None],
    ) -> None:
        self._hooks_of = hooks_of
        self._commands = commands
        self._subscribers = subscribers
        self._returning = returning
        self._policy = policy
        self._record = record
        self._say = say
        self._new: asyncio.Queue[tuple[Event, asyncio.Future[None]]] = asyncio.Queue()
        self._offered: asyncio.Queue[tuple[Event, asyncio.Future[None]]] = asyncio.Queue()

    def tell(self, event: Event) -> asyncio.Future[None]:
        """Tell of an event; the future is done when subscribers have it and commands have ended.

        Of more events than may wait, the newest are dropped.
        """
        told: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        if self._new.qsize() + self._offered.qsize() < MAX_TOLD_EVENTS:
            self._new.put_nowait((event, told))
        else:
            self._say(f"{MAX_TOLD_EVENTS} events wait to be told; {event.name} is dropped")
            told.set_result(None)
        return told

    async def run(self) -> None:
        """Go on until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._offer_all())
            tasks.create_task(self._run_all())

    async def _offer_all(self) -> None:
        while True:
            event, told = await self._new.get()
            try:
                await self._offer(event)
            except Exception as error:
                self._say(f"subscribers are not told of {event.name}: {error}")
            self._offered.put_nowait((event, told))

    async def _offer(self, event: Event) -> None:
        await self._returning.wait(event)
        payload = json.dumps(event.payload)
        asked = [
            self._subscribers.ask(subscriber, event, payload, _ignore)
            for subscriber in self._subscribers.of(event)
        ]
        # What they respond changes nothing, but may be accepted.
        seconds = self._policy.current().subscriber_seconds
        asyncio.get_running_loop().call_later(seconds, self._subscribers.give_up, asked)

    async def _run_all(self) -> None:
        while True:
            event, told = await self._offered.get()
            await self._run(event)
            if not told.done():
                told.set_result(None)

    async def _run(self, event: Event) -> None:
        try:
            hooks = await self._hooks_of(event)
            answers = [await self._commands.ask(hook, event) for hook in hooks]
        except Exception as error:
            self._say(f"the commands for {event.name} are not run: {error}")
            return
        if answers:
            self._record(event, Decision(answers=tuple(answers)))


def _ignore(_answer: Answer) -> None:
    """Expect nothing."""
