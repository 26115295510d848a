"""Asking everybody about one event: commands one after the other, subscribers beside them."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from heddle_worker.hooks.answers import Answer, Decision, Outcome
from heddle_worker.hooks.commands import Commands
from heddle_worker.hooks.events import Event, waits
from heddle_worker.hooks.policy import Policy
from heddle_worker.hooks.subscribers import Subscriber, Subscribers
from heddle_worker.store.hooks import RegisteredHook


@dataclass(frozen=True, slots=True)
class Question:
    """An event, and all who are to be asked about it.

    Attributes:
        event: what is about to happen.
        hooks: in the order of their registration.
        subscribers: in the order in which they came.
        policy: what it means that one of them fails.
        answers: by the place of who gave it.
    """

    event: Event
    hooks: Sequence[RegisteredHook]
    subscribers: Sequence[Subscriber]
    policy: Policy
    answers: dict[int, Answer] = field(default_factory=dict)

    def take(self, place: int, answer: Answer) -> Answer | None:
        """Note an answer; return it if it is a veto."""
        self.answers[place] = answer
        if not waits(self.event.name):
            return None
        failed = answer.outcome in (Outcome.FAILED, Outcome.TIMED_OUT)
        is_veto = answer.outcome is Outcome.VETOED or (failed and self.policy.is_closed)
        return answer if is_veto else None

    def in_order(self) -> tuple[Answer, ...]:
        """Return the answers so far, those of the hooks first."""
        return tuple(self.answers[place] for place in sorted(self.answers))


async def decide(
    question: Question, commands: Commands, subscribers: Subscribers, ended: asyncio.Future[None]
) -> Decision | None:
    """Return the first veto as soon as it is there, or the agreement of all.

    Whoever has not answered by then is not waited for; a command that runs is ended. When `ended`
    is done first, there is no decision.
    """
    payload = json.dumps(question.event.payload)
    asking = {
        asyncio.ensure_future(_ask_subscriber(question, subscribers, payload, number))
        for number in range(len(question.subscribers))
    }
    if question.hooks:
        asking.add(asyncio.ensure_future(_ask_hooks(question, commands)))
    left: set[asyncio.Future[Any]] = {ended, *asking}
    try:
        while len(left) > 1:
            done, left = await asyncio.wait(left, return_when=asyncio.FIRST_COMPLETED)
            for task in done & asking:
                veto = task.result()
                if veto is not None:
                    return _vetoed(question, veto)
            if ended in done:
                return None
    finally:
        await _end([task for task in asking if not task.done()])
    answers = question.in_order()
    signals = tuple(signal for answer in answers for signal in answer.extra_signals)
    return Decision(answers=answers, extra_signals=signals)


async def _end(tasks: Sequence[asyncio.Task[Answer | None]]) -> None:
    """Cancel tasks, and wait until they have cleared up."""
    for task in tasks:
        task.cancel()
    if tasks:
        await asyncio.wait(tasks)


async def _ask_hooks(question: Question, commands: Commands) -> Answer | None:
    for place, hook in enumerate(question.hooks):
        veto = question.take(place, await commands.ask(hook, question.event))
        if veto is not None:
            return veto
    return None


async def _ask_subscriber(
    question: Question, subscribers: Subscribers, payload: str, number: int
) -> Answer | None:
    subscriber, seconds = question.subscribers[number], question.policy.subscriber_seconds
    answer = await subscribers.ask(subscriber, question.event, payload, seconds)
    return question.take(len(question.hooks) + number, answer)


def _vetoed(question: Question, veto: Answer) -> Decision:
    reason = veto.detail
    if veto.outcome is not Outcome.VETOED:
        reason = f"it failed, and [hooks] on_failure is closed: {veto.detail}"
    return Decision(vetoed=True, reason=reason, author=veto.author, answers=question.in_order())
