"""Those who stay connected: what waits for them to take it, and the replies that are due."""

from __future__ import annotations

import asyncio
import contextlib
import time
import uuid
from collections import Counter, OrderedDict, deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

from heddle_worker.failures import SubscriberTooSlowError
from heddle_worker.hooks.answers import SUBSCRIBER, Answer, Outcome, Response, cleaned
from heddle_worker.hooks.events import EVENTS, Event, waits
from heddle_worker.limits import MAX_WAITING_EVENTS

_REMEMBERED: Final = 1_024


@dataclass(frozen=True, slots=True)
class Sent:
    """An event on its way to one subscriber.

    Attributes:
        id: what the reply has to name.
        name: of the event.
        payload: as JSON.
        at: when it was sent, in Unix seconds.
    """

    id: str
    name: str
    payload: str
    at: float


class Subscriber:
    """One stream of events. On the event loop's thread.

    Args:
        events: names of those that it wants.
        cut_off: ends its call with a status, whatever its client does.
    """

    def __init__(self, events: frozenset[str], cut_off: Callable[[Exception], None]) -> None:
        self.events = events
        self.questions: dict[str, asyncio.Future[Response]] = {}
        self._cut_off = cut_off
        self._waiting: deque[Sent] = deque()
        self._news = asyncio.Event()
        self.is_gone = False

    async def next(self) -> Sent:
        """Wait for the next event, and take it."""
        while not self._waiting:
            self._news.clear()
            await self._news.wait()
        return self._waiting.popleft()

    def offer(self, sent: Sent) -> None:
        """Keep an event until it is taken; end the stream if too many are."""
        if len(self._waiting) >= MAX_WAITING_EVENTS:
            self.leave()
            self._cut_off(SubscriberTooSlowError(MAX_WAITING_EVENTS))
            return
        self._waiting.append(sent)
        self._news.set()

    def leave(self) -> None:
        """Nothing more is said to it, nor heard of it."""
        self.is_gone = True
        for question in self.questions.values():
            if not question.done():
                question.set_exception(EOFError())
                # Nobody may be waiting for it any more.
                question.exception()


class Subscribers:
    """All subscribers of a worker, and the questions that are open. On the event loop's thread."""

    def __init__(self) -> None:
        self._present: dict[Subscriber, None] = {}
        self._asked: dict[str, Subscriber] = {}
        # Whose reply counted, for a client that asks again whether it did.
        self._counted: OrderedDict[str, str] = OrderedDict()

    def count(self) -> Counter[str]:
        """Return how many subscribers each event has."""
        return Counter(
            event for one in tuple(self._present) for event in EVENTS if event in one.events
        )

    def of(self, event: Event) -> list[Subscriber]:
        """Return the subscribers of an event, in the order in which they came."""
        return [one for one in self._present if event.name in one.events and not one.is_gone]

    @contextlib.contextmanager
    def present(self, subscriber: Subscriber) -> Iterator[None]:
        """Count one among them for the time of the context."""
        self._present[subscriber] = None
        try:
            yield
        finally:
            del self._present[subscriber]
            subscriber.leave()

    def reply(self, event_id: str, response: Response, operation_id: str) -> bool:
        """Take a reply; return whether it counts: the first one in time does.

        Under the same operation id, which is not empty, the same reply may come again.
        """
        subscriber = self._asked.get(event_id)
        question = subscriber.questions.get(event_id) if subscriber is not None else None
        if question is None or question.done():
            return bool(operation_id) and self._counted.get(event_id) == operation_id
        question.set_result(response)
        self._counted[event_id] = operation_id
        if len(self._counted) > _REMEMBERED:
            self._counted.popitem(last=False)
        return True

    async def ask(
        self, subscriber: Subscriber, event: Event, payload: str, seconds: float
    ) -> Answer:
        """Send an event, whose payload is there as JSON, to a subscriber and wait for its reply."""
        began = time.monotonic()
        event_id = str(uuid.uuid4())
        question = asyncio.get_running_loop().create_future()
        subscriber.questions[event_id] = question
        self._asked[event_id] = subscriber
        outcome, detail, signals = Outcome.PASSED, "", ()
        try:
            subscriber.offer(Sent(event_id, event.name, payload, time.time()))
            async with asyncio.timeout(seconds):
                response = await question
            signals = response.extra_signals
            detail = cleaned(response.abort)
            outcome = Outcome.VETOED if detail else Outcome.PASSED
        except EOFError:
            outcome, detail = Outcome.FAILED, "its stream has ended"
        except TimeoutError:
            # Of what has happened already, no word is expected.
            if waits(event.name):
                outcome, detail = Outcome.TIMED_OUT, "it did not reply in time"
        finally:
            del subscriber.questions[event_id], self._asked[event_id]
            question.cancel()
        return Answer(SUBSCRIBER, event.name, outcome, detail, time.monotonic() - began, signals)
