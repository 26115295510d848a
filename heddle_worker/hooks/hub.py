"""Where events come in, and those who registered or subscribed for them are told or asked."""

from __future__ import annotations

import asyncio
import contextlib
import enum
import json
import threading
import time
from collections.abc import AsyncIterator, Callable, Coroutine
from typing import Final

from heddle_worker.failures import (
    WorkerRetiredError,
    WorkerStoppingError,
    WorkerUnavailableError,
)
from heddle_worker.hooks.answers import Answer, Decision, Response
from heddle_worker.hooks.commands import Commands
from heddle_worker.hooks.deciding import Asking, Question
from heddle_worker.hooks.events import EVENTS, Event, waits
from heddle_worker.hooks.listening import ListeningFile
from heddle_worker.hooks.policy import PolicyFile
from heddle_worker.hooks.registry import Registry
from heddle_worker.hooks.subscribers import Subscriber, Subscribers
from heddle_worker.limits import MAX_TOLD_EVENTS
from heddle_worker.store.errors import StoreError
from heddle_worker.store.hooks import RegisteredHook

RETURN_SECONDS: Final = 1.0
"""So long a worker waits for the subscribers that its predecessor had."""


_FOLLOW_SECONDS: Final = 10.0


class _Phase(enum.Enum):
    """What the hub is to its repository."""

    CURRENT = enum.auto()
    REPLACED = enum.auto()
    OVER = enum.auto()


class HookHub:
    """Asks and tells on behalf of one worker. On the event loop's thread, unless said otherwise.

    Args:
        registry: has the hooks that may be run.
        commands: runs them.
        policy: says what failures mean.
        listening: tells git's hooks who listens.
        record: notes what became of an event in the operation log; does not block.
        say: writes a line to the daemon's log.

    Attributes:
        follows: set while what happens is followed.
        has_predecessor: another worker told before this one, as far as that is known by now.
    """

    def __init__(
        self,
        registry: Registry,
        commands: Commands,
        policy: PolicyFile,
        listening: ListeningFile,
        record: Callable[[Event, Decision], None],
        say: Callable[[str], None],
    ) -> None:
        self._registry = registry
        self._commands = commands
        self._policy = policy
        self._listening = listening
        self._record = record
        self._say = say
        self._phase = _Phase.CURRENT
        self._noting = threading.Lock()
        self._subscribers = Subscribers()
        self._asking: set[Asking] = set()
        self._returned = asyncio.Event()
        self._expected: dict[str, int] | None = None
        self._return_by = 0.0
        self.has_predecessor = False
        self.follows = asyncio.Event()
        self._told: asyncio.Queue[Event] = asyncio.Queue(MAX_TOLD_EVENTS)
        self._tasks: list[asyncio.Task[None]] = []
        self._loop: asyncio.AbstractEventLoop | None = None
        self._changed = asyncio.Event()
        self._has_written = False

    async def begin(self, *tellers: Coroutine[object, object, None]) -> None:
        """Be the one who tells, from now on.

        Args:
            tellers: what goes on for as long as it is.
        """
        self._recall()
        self._loop = asyncio.get_running_loop()
        self._tasks = [asyncio.ensure_future(one) for one in (self._tell_all(), *tellers)]
        if any(not waits(event) for event in self._subscribers.count()):
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_FOLLOW_SECONDS):
                    await self.follows.wait()
        await asyncio.to_thread(self.note_change)
        await self.prepare()

    async def prepare(self) -> None:
        """Have ready what commands need, so that the first one need not wait for it."""
        try:
            if await asyncio.to_thread(self._registry.registered):
                await self._commands.prepare()
        except (OSError, StoreError) as error:
            self._say(f"commands of hooks are not ready yet: {error}")

    def hand_over(self, *, to_successor: bool) -> None:
        """Tell and ask no more: another process does, or none."""
        if self._phase is not _Phase.CURRENT:
            return
        with self._noting:
            self._phase = _Phase.REPLACED if to_successor else _Phase.OVER
            # A worker that has only stood by leaves alone what another one has written.
            if self._phase is _Phase.OVER and self._has_written:
                self._listening.remove()
        for asking in self._asking:
            asking.break_off()
        for task in self._tasks:
            task.cancel()

    async def until_heard(self, wanted: bool) -> None:
        """Wait until somebody wants to know what has happened, or until nobody does.

        One at a time may wait.

        Raises:
            StoreError: the registered hooks cannot be read.
        """
        while True:
            self._changed.clear()
            events = await asyncio.to_thread(self._wanted)
            if any(not waits(event) for event in events) is wanted:
                return
            await self._changed.wait()

    def note_change(self) -> None:
        """Let git's hooks know who listens now. On any thread; may block."""
        self._recall()
        with self._noting:
            try:
                if self._phase is _Phase.CURRENT:
                    self._has_written = True
                    self._listening.write(self._wanted(), self._subscribers.count())
                elif self._phase is _Phase.REPLACED:
                    # What the subscribers of its successor want is not known here.
                    self._listening.add(self._wanted())
            except (OSError, StoreError) as error:
                self._say(f"git's hooks cannot be told that somebody listens: {error}")
        self._soon(self._changed.set)

    @contextlib.asynccontextmanager
    async def subscribed(
        self, events: frozenset[str], cut_off: Callable[[Exception], None]
    ) -> AsyncIterator[Subscriber]:
        """Let a subscriber in for the time of the context.

        Args:
            events: names of those that it wants.
            cut_off: ends its call with a status, whatever its client does.
        """
        self._recall()
        subscriber = Subscriber(events, cut_off)
        try:
            with self._subscribers.present(subscriber):
                self._changed.set()
                if any(not waits(event) for event in events):
                    # Known to be there, it misses nothing that happens from then on.
                    with contextlib.suppress(TimeoutError):
                        async with asyncio.timeout(_FOLLOW_SECONDS):
                            await self.follows.wait()
                await asyncio.to_thread(self.note_change)
                self._returned.set()
                yield subscriber
        finally:
            if self._phase is _Phase.CURRENT:
                # Its client has gone: nobody waits for this.
                asyncio.get_running_loop().run_in_executor(None, self.note_change)

    def reply(self, event_id: str, response: Response, operation_id: str = "") -> bool:
        """Take a subscriber's reply; see `Subscribers.reply`."""
        return self._subscribers.reply(event_id, response, operation_id)

    async def ask(self, event: Event) -> Decision:
        """Ask everybody about an event; return with the first veto, or when all have answered.

        Raises:
            WorkerUnavailableError: another worker has to be asked.
            StoreError: the registered hooks cannot be read.
        """
        await self._await_return(event)
        hooks = await self._hooks(event)
        self._check_current()
        subscribers = self._subscribers.of(event)
        if not hooks and not subscribers:
            return Decision()
        question = Question(event, hooks, subscribers, self._policy.current())
        asking = Asking(question, self._commands, self._subscribers)
        self._asking.add(asking)
        try:
            decision = await asking.decision()
        finally:
            self._asking.discard(asking)
        if decision is None:
            raise self._unavailable()
        self._record(event, decision)
        return decision

    def tell(self, event: Event) -> None:
        """Tell everybody of what has happened, without waiting for anybody.

        Subscribers get it at once; commands run one after the other, as they do for all events.
        """
        if self._phase is not _Phase.CURRENT:
            return
        seconds, payload = self._policy.current().subscriber_seconds, json.dumps(event.payload)
        asked = [
            self._subscribers.ask(subscriber, event, payload, _ignore)
            for subscriber in self._subscribers.of(event)
        ]
        asyncio.get_running_loop().call_later(seconds, self._subscribers.give_up, asked)
        try:
            self._told.put_nowait(event)
        except asyncio.QueueFull:
            self._say(f"{MAX_TOLD_EVENTS} events wait for their commands; {event.name} is dropped")

    def tell_soon(self, event: Event) -> None:
        """Do what `tell` does, on behalf of any thread."""
        self._soon(self.tell, event)

    def on_signal(self, state_id: bytes, kind: str) -> None:
        """Tell that a state has a new signal. On any thread.

        Args:
            state_id: the commit's raw id.
            kind: of the signal.
        """
        payload = {"state_id": state_id.hex(), "signal_kind": kind}
        self.tell_soon(Event("on_signal", payload))

    def _soon(self, function: Callable[..., None], *arguments: object) -> None:
        if self._loop is not None and self._phase is _Phase.CURRENT:
            with contextlib.suppress(RuntimeError):
                # The loop was closed meanwhile: nobody is left to be told.
                self._loop.call_soon_threadsafe(function, *arguments)

    async def _tell_all(self) -> None:
        """Run the commands for what has happened, one event after the other."""
        while True:
            event = await self._told.get()
            try:
                hooks = await self._hooks(event)
                answers = [await self._commands.ask(hook, event) for hook in hooks]
            except Exception as error:
                self._say(f"the commands for {event.name} are not run: {error}")
                continue
            if answers:
                self._record(event, Decision(answers=tuple(answers)))

    async def _hooks(self, event: Event) -> list[RegisteredHook]:
        registered = self._registry.known()
        if registered is None:
            registered = await asyncio.to_thread(self._registry.registered)
        return [hook for hook in registered if event.name in (hook.events or EVENTS)]

    def _wanted(self) -> set[str]:
        wanted = set(self._subscribers.count())
        for hook in self._registry.registered():
            wanted.update(hook.events or EVENTS)
        return wanted

    def _check_current(self) -> None:
        if self._phase is not _Phase.CURRENT:
            raise self._unavailable()

    def _unavailable(self) -> WorkerUnavailableError:
        return WorkerStoppingError() if self._phase is _Phase.OVER else WorkerRetiredError()

    def _recall(self) -> None:
        """Learn once which subscribers the worker before this one had. On any thread."""
        if self._expected is None:
            self.has_predecessor = self._listening.exists()
            self._return_by = time.monotonic() + RETURN_SECONDS
            self._expected = dict(self._listening.subscribers())

    async def _await_return(self, event: Event) -> None:
        """Give the subscribers of the worker before this one the time to come back."""
        self._recall()
        expected = (self._expected or {}).get(event.name, 0)
        left = self._return_by - time.monotonic()
        if left <= 0 or len(self._subscribers.of(event)) >= expected:
            return
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(left):
                while len(self._subscribers.of(event)) < expected:
                    self._returned.clear()
                    await self._returned.wait()
        self._check_current()


def _ignore(_answer: Answer) -> None:
    """Expect nothing."""
