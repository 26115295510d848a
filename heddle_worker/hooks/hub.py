"""Where events come in, and those who registered or subscribed for them are told or asked."""

from __future__ import annotations

import asyncio
import contextlib
import enum
import threading
from collections.abc import AsyncIterator, Callable, Collection
from typing import Final

from heddle_worker.failures import (
    WorkerRetiredError,
    WorkerStoppingError,
    WorkerUnavailableError,
)
from heddle_worker.hooks.answers import Decision, Response
from heddle_worker.hooks.commands import Commands
from heddle_worker.hooks.deciding import Asking, Question
from heddle_worker.hooks.events import EVENTS, Event
from heddle_worker.hooks.listening import ListeningFile
from heddle_worker.hooks.policy import PolicyFile
from heddle_worker.hooks.registry import Registry
from heddle_worker.hooks.returning import Returning
from heddle_worker.hooks.subscribers import Subscriber, Subscribers
from heddle_worker.hooks.telling import Teller, Telling
from heddle_worker.store.errors import StoreError
from heddle_worker.store.hooks import RegisteredHook

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
        returning: knows of the worker before this one.
        tellers: find out what has happened, from `begin` on.
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
        self.tellers: list[Teller] = []
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
        self.returning = Returning(listening, self._subscribers)
        self._telling = Telling(
            self._hooks, commands, self._subscribers, self.returning, policy, record, say
        )
        self._tasks: list[asyncio.Task[None]] = []
        self._loop: asyncio.AbstractEventLoop | None = None
        self._changed = asyncio.Event()
        self._has_written = False

    async def begin(self) -> None:
        """Be the one who tells, from now on."""
        self.returning.recall()
        self._loop = asyncio.get_running_loop()
        going_on = [self._telling.run(), *(teller.run() for teller in self.tellers)]
        self._tasks = [asyncio.ensure_future(one) for one in going_on]
        await self._until_followed(self._subscribers.count())
        await asyncio.to_thread(self.note_change)
        await self.prepare()

    @property
    def has_begun(self) -> bool:
        """Whether this worker is, or was, the one who tells. On any thread."""
        return self._loop is not None

    @property
    def tells(self) -> bool:
        """Whether it still is. On any thread."""
        return self.has_begun and self._phase is _Phase.CURRENT

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

    async def until_heard(self, names: frozenset[str], *, wanted: bool = True) -> None:
        """Wait until somebody wants some of these events, or until nobody wants any of them.

        Raises:
            StoreError: the registered hooks cannot be read.
        """
        while True:
            changed = self._changed
            if await asyncio.to_thread(self.is_heard, names) is wanted:
                return
            await changed.wait()

    def is_heard(self, names: frozenset[str]) -> bool:
        """Return whether somebody wants some of these events. On any thread; may block.

        Raises:
            StoreError: the registered hooks cannot be read.
        """
        return not names.isdisjoint(self._wanted())

    def note_change(self) -> None:
        """Let git's hooks know who listens now. On any thread; may block."""
        self.returning.recall()
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
        self._soon(self._note_heard)

    @contextlib.asynccontextmanager
    async def subscribed(
        self, events: frozenset[str], cut_off: Callable[[Exception], None]
    ) -> AsyncIterator[Subscriber]:
        """Let a subscriber in for the time of the context.

        Args:
            events: names of those that it wants.
            cut_off: ends its call with a status, whatever its client does.
        """
        self.returning.recall()
        subscriber = Subscriber(events, cut_off)
        try:
            with self._subscribers.present(subscriber):
                self._note_heard()
                # Known to be there, it misses nothing that happens from then on.
                await self._until_followed(events)
                await asyncio.to_thread(self.note_change)
                self.returning.note()
                yield subscriber
        finally:
            if self._phase is _Phase.CURRENT:
                # Its client has gone: nobody waits for this.
                asyncio.get_running_loop().run_in_executor(None, self.note_change)

    def respond(self, event_id: str, response: Response, operation_id: str) -> bool:
        """Take a subscriber's response; see `Subscribers.respond`."""
        return self._subscribers.respond(event_id, response, operation_id)

    async def ask(self, event: Event) -> Decision:
        """Ask everybody about an event; return with the first veto, or when all have answered.

        Raises:
            WorkerUnavailableError: another worker has to be asked.
            StoreError: the registered hooks cannot be read.
        """
        await self.returning.wait(event)
        self._check_current()
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

    def tell(self, event: Event) -> asyncio.Future[None]:
        """Tell everybody of what has happened; see `Telling.tell`.

        Where another process tells by now, the future is never done.
        """
        if self._phase is not _Phase.CURRENT:
            return asyncio.get_running_loop().create_future()
        return self._telling.tell(event)

    def tell_soon(self, event: Event, told: Callable[[], None]) -> None:
        """Do what `tell` does on behalf of any thread; call `told`, on the loop's, when it is."""
        self._soon(self._tell_then, event, told)

    def _tell_then(self, event: Event, told: Callable[[], None]) -> None:
        self.tell(event).add_done_callback(lambda _future: told())

    def _soon(self, function: Callable[..., None], *arguments: object) -> None:
        if self._loop is not None and self._phase is _Phase.CURRENT:
            with contextlib.suppress(RuntimeError):
                # The loop was closed meanwhile: nobody is left to be told.
                self._loop.call_soon_threadsafe(function, *arguments)

    def _note_heard(self) -> None:
        """Let whoever waits for listeners look again."""
        changed, self._changed = self._changed, asyncio.Event()
        changed.set()

    async def _until_followed(self, events: Collection[str]) -> None:
        """Wait, but not for ever, until those who tell of some events miss nothing."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_FOLLOW_SECONDS):
                for teller in self.tellers:
                    if not teller.names.isdisjoint(events):
                        await teller.follows.wait()

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
