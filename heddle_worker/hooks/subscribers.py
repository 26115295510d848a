"""Those who stay connected: what waits for them to take it, and the responses that are due."""

from __future__ import annotations

import asyncio
import contextlib
import time
import uuid
from collections import Counter, OrderedDict, deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from heddle_worker.failures import SubscriberTooSlowError
from heddle_worker.hooks.answers import SUBSCRIBER, Answer, Outcome, Response
from heddle_worker.hooks.events import EVENTS, Event, waits
from heddle_worker.hooks.signal_parsing import Signals
from heddle_worker.limits import MAX_WAITING_EVENTS

_REMEMBERED: Final = 1_024


@dataclass(frozen=True, slots=True)
class Sent:
    """An event on its way to one subscriber.

    Attributes:
        id: what the response has to name.
        name: of the event.
        payload: as JSON.
        at: when it was sent, in Unix seconds.
    """

    id: str
    name: str
    payload: str
    at: float


@dataclass(frozen=True, slots=True)
class Asked:
    """A question that is open.

    Attributes:
        id: what the response has to name.
        subscriber: who was asked.
        event: name of the event.
        began: when, on the monotonic clock.
        answered: called once with the answer.
    """

    id: str
    subscriber: Subscriber
    event: str
    began: float
    answered: Callable[[Answer], None]

    def answer(self, outcome: Outcome, detail: str = "", signals: Signals = ()) -> None:
        """Call `answered`."""
        seconds = time.monotonic() - self.began
        self.answered(Answer(SUBSCRIBER, self.event, outcome, detail, seconds, signals))


class Subscriber:
    """One stream of events. On the event loop's thread.

    Args:
        events: names of those that it wants.
        cut_off: ends its call with a status, whatever its client does.
    """

    def __init__(self, events: frozenset[str], cut_off: Callable[[Exception], None]) -> None:
        self.events = events
        self.is_gone = False
        self._cut_off = cut_off
        self._waiting: deque[Sent] = deque()
        self._news = asyncio.Event()

    async def next(self) -> Sent:
        """Wait for the next event, and take it."""
        while not self._waiting:
            self._news.clear()
            await self._news.wait()
        return self._waiting.popleft()

    def offer(self, sent: Sent) -> bool:
        """Keep an event until it is taken; return False if too many are kept, and end the call."""
        if len(self._waiting) >= MAX_WAITING_EVENTS:
            self.is_gone = True
            self._cut_off(SubscriberTooSlowError(MAX_WAITING_EVENTS))
            return False
        self._waiting.append(sent)
        self._news.set()
        return True


class Subscribers:
    """All subscribers of a worker, and the questions that are open. On the event loop's thread."""

    def __init__(self) -> None:
        self._present: dict[Subscriber, None] = {}
        self._open: dict[str, Asked] = {}
        # Whose response counted, for a client that asks again whether it did.
        self._counted: OrderedDict[str, str] = OrderedDict()

    def count(self) -> Counter[str]:
        """Return how many subscribers each event has. On any thread."""
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
            self._leave(subscriber)

    def ask(
        self,
        subscriber: Subscriber,
        event: Event,
        payload: str,
        answered: Callable[[Answer], None],
    ) -> Asked:
        """Send an event, whose payload is there as JSON, to a subscriber.

        `answered` is called when it has responded, or will not any more; until `give_up` is.
        """
        asked = Asked(str(uuid.uuid4()), subscriber, event.name, time.monotonic(), answered)
        self._open[asked.id] = asked
        if not subscriber.offer(Sent(asked.id, event.name, payload, time.time())):
            self._leave(subscriber)
        return asked

    def respond(self, event_id: str, response: Response, operation_id: str) -> bool:
        """Take a response; return whether it counts: the first one in time does.

        Under the same operation id, which is not empty, the same response may come again.
        """
        asked = self._open.pop(event_id, None)
        if asked is None:
            return bool(operation_id) and self._counted.get(event_id) == operation_id
        self._counted[event_id] = operation_id
        if len(self._counted) > _REMEMBERED:
            self._counted.popitem(last=False)
        asked.answer(response.outcome, response.reason, response.extra_signals)
        return True

    def expire(self, questions: Iterable[Asked]) -> None:
        """Answer those of the questions that are open still: their time is over."""
        for asked in questions:
            if self._open.pop(asked.id, None) is None:
                continue
            if waits(asked.event):
                asked.answer(Outcome.TIMED_OUT, "it did not reply in time")
            else:
                # Of what has happened already, no word is expected.
                asked.answer(Outcome.PASSED)

    def give_up(self, questions: Iterable[Asked]) -> None:
        """Wait for no answer any more."""
        for asked in questions:
            self._open.pop(asked.id, None)

    def _leave(self, subscriber: Subscriber) -> None:
        """Answer for one that is gone."""
        subscriber.is_gone = True
        theirs = [asked for asked in self._open.values() if asked.subscriber is subscriber]
        for asked in theirs:
            del self._open[asked.id]
            asked.answer(Outcome.FAILED, "its stream has ended")
