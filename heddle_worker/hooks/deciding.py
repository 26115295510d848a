"""Asking everybody about one event: commands one after the other, subscribers beside them."""

from __future__ import annotations

import asyncio
import functools
import json
from collections.abc import Sequence
from dataclasses import dataclass

from heddle_worker.hooks.answers import Answer, Decision, Outcome
from heddle_worker.hooks.commands import Commands
from heddle_worker.hooks.events import Event, waits
from heddle_worker.hooks.policy import Policy
from heddle_worker.hooks.subscribers import Asked, Subscriber, Subscribers
from heddle_worker.store.hooks import RegisteredHook


@dataclass(frozen=True, slots=True)
class Question:
    """An event, and all who are to be asked about it.

    Attributes:
        event: what is about to happen.
        hooks: in the order of their registration.
        subscribers: in the order in which they came.
        policy: what it means that one of them fails.
    """

    event: Event
    hooks: Sequence[RegisteredHook]
    subscribers: Sequence[Subscriber]
    policy: Policy

    def vetoes(self, answer: Answer) -> bool:
        """Return whether an answer stops what the event announces."""
        if not waits(self.event.name):
            return False
        failed = answer.outcome in (Outcome.FAILED, Outcome.TIMED_OUT)
        return answer.outcome is Outcome.VETOED or (failed and self.policy.is_closed)


class Asking:
    """One question on its way. On the event loop's thread.

    Args:
        question: who is asked about what.
        commands: runs commands.
        subscribers: has the subscribers.
    """

    def __init__(self, question: Question, commands: Commands, subscribers: Subscribers) -> None:
        self._question = question
        self._commands = commands
        self._subscribers = subscribers
        self._answers: dict[int, Answer] = {}
        self._left = len(question.subscribers) + bool(question.hooks)
        self._decided: asyncio.Future[Decision | None] = asyncio.get_running_loop().create_future()

    async def decision(self) -> Decision | None:
        """Return the first veto as soon as it is there, or the agreement of all.

        Whoever has not answered by then is not waited for; a command that runs is ended. `None`
        says that it was broken off.
        """
        question, loop = self._question, asyncio.get_running_loop()
        payload = json.dumps(question.event.payload)
        asked: list[Asked] = []
        for place, subscriber in enumerate(question.subscribers, len(question.hooks)):
            answered = functools.partial(self._take, place)
            asked.append(self._subscribers.ask(subscriber, question.event, payload, answered))
        timer = loop.call_later(question.policy.subscriber_seconds, self._subscribers.expire, asked)
        running = asyncio.ensure_future(self._run_commands()) if question.hooks else None
        try:
            return await self._decided
        finally:
            timer.cancel()
            self._subscribers.give_up(asked)
            if running is not None and not running.done():
                running.cancel()
                await asyncio.wait({running})

    def break_off(self) -> None:
        """Decide nothing any more."""
        if not self._decided.done():
            self._decided.set_result(None)

    async def _run_commands(self) -> None:
        try:
            for place, hook in enumerate(self._question.hooks):
                answer = await self._commands.ask(hook, self._question.event)
                self._answers[place] = answer
                if self._decided.done() or self._question.vetoes(answer):
                    break
            self._note(answer)
        except Exception as error:
            if not self._decided.done():
                self._decided.set_exception(error)

    def _take(self, place: int, answer: Answer) -> None:
        self._answers[place] = answer
        self._note(answer)

    def _note(self, answer: Answer) -> None:
        """Decide, if this answer is a veto or was the last one due."""
        self._left -= 1
        if self._decided.done():
            return
        if self._question.vetoes(answer):
            self._decided.set_result(self._vetoed(answer))
        elif self._left == 0:
            self._decided.set_result(Decision(answers=self._in_order()))

    def _vetoed(self, veto: Answer) -> Decision:
        reason = veto.detail
        if veto.outcome is not Outcome.VETOED:
            reason = f"it failed, and [hooks] on_failure is closed: {veto.detail}"
        return Decision(vetoed=True, reason=reason, author=veto.author, answers=self._in_order())

    def _in_order(self) -> tuple[Answer, ...]:
        """Return the answers so far, those of the hooks first."""
        return tuple(self._answers[place] for place in sorted(self._answers))
